"""The invented school's people: staff, classes, children with their families, pairings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from models import codes, service
from models.actor import Actor, system
from models.boxes import ROLES
from models.demo.names import PLACES, TRADES, People
from models.register import find
from models.values import class_label

SUBJECTS = ("语文", "数学", "英语", "物理", "历史", "地理", "生物", "体育", "音乐", "美术")
GRADES = (7, 8, 9)
# Chosen so that every demo account can be read out over a table.
DEMO_PASSWORD = "liushou-2025"  # noqa: S105  the invented school's, printed at start


@dataclass
class Roll:
    """Who is in the invented school: ids by role in the story."""

    staff: list[int] = field(default_factory=list)
    users: dict[int, int] = field(default_factory=dict)
    classes: list[int] = field(default_factory=list)
    class_teacher: dict[int, int] = field(default_factory=dict)
    children: list[int] = field(default_factory=list)
    child_class: dict[int, int] = field(default_factory=dict)
    teacher_of: dict[int, int] = field(default_factory=dict)
    parents_of: dict[int, list[tuple[str, str, str]]] = field(default_factory=dict)
    diligence: dict[int, float] = field(default_factory=dict)


class Builder:
    """Builds the people through the service; one instance builds one school."""

    def __init__(self, people: People, today: date, opened: date, size: int) -> None:
        self.people = people
        self.random = people.random
        self.today = today
        self.opened = opened
        self.size = size
        self.roll = Roll()
        self.actor = system(datetime.combine(opened, time(8, 0)), "示例学校")

    def add(self, slug: str, values: dict[str, Any], current: service.Work) -> Any:
        """Create one record as the system on the opening day."""
        declared = find(slug)
        assert declared is not None
        return service.create(self.actor, declared, values, current=current)

    def build(self) -> Roll:
        """Make staff, classes, children and pairings in one transaction each."""
        with service.work(self.actor) as current:
            self._staff(current)
            self._classes(current)
        with service.work(self.actor) as current:
            for number in range(self.size):
                self._child(number, current)
        with service.work(self.actor) as current:
            self._pair(current)
        return self.roll

    def _staff(self, current: service.Work) -> None:
        count = max(6, self.size // 5)
        for number in range(count):
            girl = self.people.chance(0.5)
            record = self.add(
                "staff",
                {
                    "name": self.people.name(girl),
                    "sex": "女" if girl else "男",
                    "phone": self.people.phone(),
                    "address": self.people.address(),
                    "subject": SUBJECTS[number % len(SUBJECTS)],
                    "post": "校长" if number == 0 else "副校长" if number == 1 else "教师",
                    "joined_on": self.opened - timedelta(days=400 + number * 30),
                },
                current,
            )
            self.roll.staff.append(record.id)
            self.roll.diligence[record.id] = self.random.choice((0.97, 0.92, 0.85, 0.7))

    def _classes(self, current: service.Work) -> None:
        per_grade = max(1, min(6, self.size // 50))
        leaders = iter(self.roll.staff[2:] * 3)
        for grade in GRADES:
            for number in range(1, per_grade + 1):
                pupils = self.random.randrange(38, 52)
                record = self.add(
                    "school-class",
                    {
                        "name": class_label(grade, number),
                        "grade": grade,
                        "number": number,
                        "pupils": pupils,
                        "boys": pupils // 2,
                    },
                    current,
                )
                leader = next(leaders)
                self.roll.classes.append(record.id)
                self.roll.class_teacher[record.id] = leader
                given = {"school_class": record.id, "staff": leader, "since": self.opened}
                self.add("class-teacher", given, current)

    def _child(self, number: int, current: service.Work) -> None:
        girl = self.people.chance(0.48)
        place = self.roll.classes[number % len(self.roll.classes)]
        grade_index = (number % len(self.roll.classes)) * len(GRADES) // len(self.roll.classes)
        born_on = self.people.birthday(12 + grade_index, self.opened)
        surname = self.people.name(girl)[0]
        id_number = self.people.id_number(born_on, girl)
        address = self.people.address()
        record = self.add(
            "child",
            {
                "name": self.people.name(girl, surname),
                "sex": "女" if girl else "男",
                "born_on": born_on,
                "ethnic": self.random.choice(("汉族", "汉族", "土家族", "苗族")),
                "id_kind": "居民身份证",
                "id_number": id_number,
                "school_number": f"G{id_number}" if self.people.chance(0.9) else None,
                "boarding": self.random.choice(("走读", "住校")),
                "registered_at": address,
                "address": address,
                "lives_with": "祖父母",
                "guardianship": self._guardianship(),
                "family_size": self.random.randrange(3, 7),
                "economy": self.random.choice(("一般", "一般", "困难", "较好")),
                "care_class": self.random.choice(("平稳", "一般关注", "重点关注")),
                "identified_on": self.opened,
                "health": codes.HEALTH.choices[0][1],
            },
            current,
        )
        self.roll.children.append(record.id)
        self.roll.child_class[record.id] = place
        given = {"child": record.id, "school_class": place, "since": self.opened}
        self.add("enrolment", given, current)
        self._family(record.id, surname, address, current)

    def _guardianship(self) -> str:
        return self.random.choice(("祖父母监护", "祖父母监护", "外祖父母监护", "母亲监护"))

    def _family(self, child: int, surname: str, address: str, current: service.Work) -> None:
        both = self.people.chance(0.6)
        parents = []
        for relation, girl in (("父亲", False), ("母亲", True)):
            name = self.people.name(girl, "" if girl else surname)
            phone = self.people.phone() if self.people.chance(0.93) else None
            away = both or relation == "父亲"
            parent = self.add(
                "parent",
                {
                    "child": child,
                    "relation": relation,
                    "name": name,
                    "phone": phone,
                    "trade": self.random.choice(TRADES) if away else None,
                    "returns": "每年春节" if away else None,
                },
                current,
            )
            parents.append((relation, name, phone or ""))
            self._state(child, parent.id, away, current)
        self.roll.parents_of[child] = parents
        self._guardian(child, surname, address, current)
        if self.people.chance(0.9):
            given = {
                "child": child,
                "purpose": "照片存档",
                "given_on": self.opened,
                "given_by": parents[1][1],
            }
            self.add("consent", given, current)

    def _state(self, child: int, parent: int, away: bool, current: service.Work) -> None:
        province, city = self.random.choice(PLACES)
        self.add(
            "parent-state",
            {
                "child": child,
                "parent": parent,
                "state": "外出" if away else "在家",
                "since": self.opened - timedelta(days=self.random.randrange(150, 900)),
                "province": province if away else None,
                "city": city if away else None,
                "able_to_guard": True,
            },
            current,
        )

    def _guardian(self, child: int, surname: str, address: str, current: service.Work) -> None:
        if self.people.chance(0.02):
            return  # a child without a guardian is what the self-inspection must find
        girl = self.people.chance(0.5)
        age = self.random.randrange(52, 76)
        self.add(
            "guardian",
            {
                "child": child,
                "name": self.people.name(girl, surname),
                "relation": "祖母" if girl else "祖父",
                "age": age,
                "phone": self.people.phone() if self.people.chance(0.94) else None,
                "address": address,
                "entrusted": True,
                "since": self.opened,
                "excluded": "已核查，无禁止情形",
                "assessment": self.random.choice(("较好", "一般", "一般", "差")),
            },
            current,
        )

    def _pair(self, current: service.Work) -> None:
        teachers = self.roll.staff[2:]
        for number, child in enumerate(self.roll.children):
            if number % 97 == 96:
                continue  # unpaired: the board must show it
            teacher = teachers[number % len(teachers)]
            self.roll.teacher_of[child] = teacher
            given = {
                "teacher": teacher,
                "child": child,
                "kind": "代理家长" if number % 3 == 0 else "结对教师",
                "since": self.opened,
            }
            self.add("pairing", given, current)


def accounts(actor: Actor, roll: Roll, password_hash: str) -> dict[str, str]:
    """Make one account per role and one per member of staff; return {login: role word}."""
    declared = find("user")
    assert declared is not None
    shown: dict[str, str] = {}
    named = (
        ("wenyuan", "文员示例", "clerk", roll.staff[-1]),
        ("lingdao", "领导示例", "leadership", roll.staff[0]),
        ("jiaoshi", "教师示例", "teacher", roll.staff[2]),
        ("xinli", "心理教师示例", "counsellor", roll.staff[3]),
        ("ducha", "督查示例", "inspector", None),
    )
    with service.work(actor) as current:
        for username, name, role, staff in named:
            user = service.create(
                actor,
                declared,
                {
                    "username": username,
                    "name": name,
                    "role": ROLES[role],
                    "staff": staff,
                    "expires_on": actor.today + timedelta(days=30) if role == "inspector" else None,
                    "must_change": False,
                    "password_hash": password_hash,
                },
                current=current,
            )
            shown[username] = ROLES[role]
            if staff is not None:
                roll.users[staff] = user.id
    return shown
