"""The invented school's people: staff, classes, children with their families, pairings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from demo.names import PLACES, SUBJECTS, TRADES, People
from demo.roll import ChildFacts, ClassFacts, Kin, Pair, Ref, Roll
from demo.writer import Pen, Row, founder, registered
from models.core import service
from models.core.actor import Actor
from models.core.boxes import ROLES
from models.core.values import class_label

GRADES = (7, 8, 9)
# Chosen so that every demo account can be read out over a table.
DEMO_PASSWORD = "liushou-2025"  # noqa: S105  the invented school's, printed at start
DILIGENCE = (0.99, 0.97, 0.97, 0.95, 0.92)
LAZY = 0.45
SMALLEST_STAFF = 8
# One child in so many is paired with nobody, and one without a guardian: the board must show it.
UNPAIRED_EVERY = 97
UNGUARDED_EVERY = 60
# For so many children a teacher stands in for the parents (Q02-3), for others as their teacher.
AS_PARENT = 4
# Two of the children are siblings, by their places among all.
SIBLINGS = (-4, -1)
# Children of the teacher whose account is shown.
OWN_CHILDREN = 5


class Builder:
    """Builds the people through the service; one instance builds one school."""

    def __init__(self, people: People, opened: date, size: int, today: date) -> None:
        self.people = people
        self.random = people.random
        self.opened = opened
        self.today = today
        self.size = size
        self.roll = Roll()
        self._elder: dict[int, int] = {}
        self.actor = founder(opened)

    def build(self) -> Roll:
        """Make staff, classes, children and pairings in one transaction each."""
        self._staff()
        self._classes()
        self._children()
        self._pair()
        return self.roll

    def _write(self, many: Mapping[str, list[Row]]) -> None:
        with service.work(self.actor) as current:
            pen = Pen(self.roll, self.actor)
            for slug, rows in many.items():
                pen.add(slug, rows)
            pen.write(current)
        for slug, rows in many.items():
            self.roll.made.setdefault(slug, []).extend(row.ref for row in rows)

    def _staff(self) -> None:
        rows = [Row("staff", self._member(n)) for n in range(max(SMALLEST_STAFF, self.size // 5))]
        self._write({"staff": rows})
        for row in rows:
            number = row.ref.number
            self.roll.staff.append(number)
            self.roll.staff_name[number] = row.values["name"]
            self.roll.subject_of[number] = row.values["subject"]
            self.roll.diligence[number] = self.random.choice(DILIGENCE)
        self.roll.diligence[self.roll.hero] = DILIGENCE[0]
        self.roll.diligence[self.roll.lazy] = LAZY

    def _member(self, number: int) -> dict[str, Any]:
        girl = self.people.chance(0.5)
        posts = {0: ("校长", "校长室"), 1: ("副校长", "校长室"), 6: ("政教主任", "政教处")}
        posts |= {5: ("教导主任", "教导处"), 7: ("总务主任", "总务处")}
        post, office = posts.get(number, ("教师", "教研组"))
        return {
            "name": self.people.name(girl),
            "sex": "女" if girl else "男",
            "phone": self.people.phone(),
            "address": self.people.address(),
            "subject": SUBJECTS[number % len(SUBJECTS)],
            "post": post,
            "office": office,
            "party_member": self.people.chance(0.3),
            "joined_on": self.opened - timedelta(days=400 + number * 97),
        }

    def _classes(self) -> None:
        per_grade = max(1, min(6, self.size // 50))
        leaders = self.roll.teachers * 3
        rows, grades = [], [(grade, n) for grade in GRADES for n in range(1, per_grade + 1)]
        for grade, number in grades:
            pupils = self.random.randrange(38, 52)
            said: dict[str, Any] = {"name": class_label(grade, number), "grade": grade}
            said["number"] = number
            # Who is in the ninth grade now came two years before the running school year.
            year = (self.today - timedelta(days=240)).year - (grade - GRADES[0])
            boys = pupils // 2 + self.random.randrange(-2, 3)
            said |= {"entry_year": year, "pupils": pupils, "boys": boys}
            rows.append(Row("school-class", said))
        self._write({"school-class": rows})
        for row, leader in zip(rows, leaders, strict=False):
            said = row.values
            self.roll.classes[row.ref.number] = ClassFacts(
                row.ref.number, said["name"], said["grade"], leader, said["pupils"], said["boys"]
            )
        led = [
            Row("class-teacher", {"school_class": c.id, "staff": c.leader, "since": self.opened})
            for c in self.roll.classes.values()
        ]
        self._write({"class-teacher": led, "teaching-post": list(self._taught())})

    def _taught(self) -> Iterator[Row]:
        """The class teacher's own subject and that of two colleagues, in each class."""
        teachers = self.roll.teachers
        for place, one in enumerate(self.roll.classes.values()):
            colleagues = (teachers[(place * 2 + step) % len(teachers)] for step in (3, 4))
            for staff in dict.fromkeys((one.leader, *colleagues)):
                given = {"school_class": one.id, "staff": staff, "since": self.opened}
                yield Row("teaching-post", given | {"subject": self.roll.subject_of[staff]})

    def _children(self) -> None:
        classes = list(self.roll.classes.values())
        many = {"child": [Row("child", self._child(classes, n)) for n in range(self.size)]}
        self._same_name([row.values for row in many["child"]])
        elder, younger = many["child"][SIBLINGS[0]], many["child"][SIBLINGS[1]]
        self._one_home(elder.values, younger.values)
        self._write(many)
        self._elder = {younger.ref.number: elder.ref.number}
        families: dict[str, list[Row]] = {
            slug: [] for slug in ("enrolment", "parent", "parent-state", "guardian", "consent")
        }
        for number, row in enumerate(many["child"]):
            school_class = classes[number % len(classes)]
            facts = _facts(row, school_class.id)
            self.roll.children[facts.id] = facts
            place = {"child": facts.id, "school_class": school_class.id, "since": self.opened}
            families["enrolment"].append(Row("enrolment", place))
            self._family(facts, number, families)
        self._write(families)
        self._remember_kin(families)

    def _same_name(self, children: list[dict[str, Any]]) -> None:
        """Two children of one name and sex, in different classes, as every school has."""
        others = children[OWN_CHILDREN:]
        twins = [child for child in others if child["sex"] == others[0]["sex"]][:2]
        twins[-1]["name"] = twins[0]["name"]

    def _one_home(self, elder: dict[str, Any], younger: dict[str, Any]) -> None:
        """Make two children siblings: one surname, one home, one telephone."""
        younger["name"] = elder["name"][0] + younger["name"][1:]
        for said in ("address", "registered_at", "family_phone", "lives_with", "guardianship"):
            younger[said] = elder[said]

    def _child(self, classes: list[ClassFacts], number: int) -> dict[str, Any]:
        girl = self.people.chance(0.48)
        grade = classes[number % len(classes)].grade
        born_on = self.people.birthday(5 + grade, self.opened)
        id_number = self.people.id_number(born_on, girl)
        address = self.people.address()
        boards = self.people.chance(0.55)
        draw = self.random.choice
        with_whom = draw(("祖父母", "祖父母", "外祖父母"))
        return {
            "name": self.people.name(girl),
            "sex": "女" if girl else "男",
            "born_on": born_on,
            "ethnic": draw(("汉族", "汉族", "土家族", "苗族")),
            "id_kind": "居民身份证",
            "id_number": id_number,
            "school_number": f"G{id_number}" if self.people.chance(0.9) else None,
            "boarding": "住校" if boards else "走读",
            **self._way_to_school(boards),
            "registered_at": address,
            "address": address,
            "lives_with": with_whom,
            "guardianship": f"{with_whom}监护",
            "income": self.random.sample(("打工", "种养"), self.random.randint(1, 2)),
            "family_phone": self.people.phone() if self.people.chance(0.98) else None,
            "family_size": self.random.randrange(3, 7),
            "economy": draw(("一般", "一般", "一般", "困难", "较好")),
            "hardship": draw(([], [], [], ["低保"], ["脱贫户"])),
            "disability": "无残疾",
            "identified_on": self.opened,
            "care_class": draw(("平稳", "平稳", "一般关注", "重点关注")),
        }

    def _way_to_school(self, boards: bool) -> dict[str, Any]:
        draw, number = self.random.choice, self.random.randrange
        return {
            "bed": f"{number(1, 5)}0{number(1, 9)}室{number(1, 9)}床" if boards else None,
            "travel": "公共交通" if boards else draw(("步行", "步行", "公共交通", "家长接送")),
            "distance": f"{number(5, 140) / 10:.1f}",
            "health": draw(("健康或良好",) * 6 + ("一般或较弱",)),
            "talents": draw(("画画", "篮球", "唱歌", "看书", "下象棋", "跑步", None)),
        }

    def _family(self, facts: ChildFacts, number: int, families: dict[str, list[Row]]) -> None:
        both = self.people.chance(0.6)
        for relation, girl in (("父亲", False), ("母亲", True)):
            away = both or relation == "父亲"
            parent = self._as_of_elder(
                "parent", self._parent(facts, relation, girl, away), families
            )
            row = Row("parent", {key: said for key, said in parent.items() if said is not None})
            families["parent"].append(row)
            families["parent-state"].append(
                Row("parent-state", self._state(facts.id, row.ref, away))
            )
        if number % UNGUARDED_EVERY != UNGUARDED_EVERY // 4:
            guardian = self._as_of_elder("guardian", self._guardian(facts), families)
            families["guardian"].append(Row("guardian", guardian))
        for purpose, share in (("照片存档", 0.92), ("志愿者帮扶", 0.4), ("对外宣传", 0.2)):
            # The children of the account that is shown have photos, which asks for consent.
            if self.people.chance(share) or (purpose == "照片存档" and number < 2 * OWN_CHILDREN):
                families["consent"].append(Row("consent", self._consent(facts.id, purpose, row)))

    def _as_of_elder(
        self, slug: str, said: dict[str, Any], families: Mapping[str, list[Row]]
    ) -> dict[str, Any]:
        """Return an adult's row, of a younger sibling that of the elder one's."""
        elder = self._elder.get(said["child"])
        for row in families[slug]:
            alike = slug == "guardian" or row.values["relation"] == said["relation"]
            if alike and row.values["child"] == elder:
                return {**row.values, "child": said["child"]}
        return said

    def _consent(self, child: int, purpose: str, mother: Row) -> dict[str, Any]:
        given = {"child": child, "purpose": purpose, "given_on": self.opened}
        return {**given, "given_by": mother.values["name"], "text_version": "第2版"}

    def _parent(self, facts: ChildFacts, relation: str, girl: bool, away: bool) -> dict[str, Any]:
        draw = self.random.choice
        trade = draw(TRADES)
        return {
            "child": facts.id,
            "relation": relation,
            "name": self.people.name(girl, "" if girl else facts.name[0]),
            "phone": self.people.phone() if self.people.chance(0.985) else None,
            "trade": trade[0] if away else "务农",
            "workplace": draw(trade[1]) if away else "本村",
            "workplace_address": f"工业路{self.random.randrange(1, 200)}号"
            if away
            else facts.address,
            "workplace_phone": self.people.landline()
            if away and self.people.chance(0.97)
            else None,
            "returns": draw(("每年春节", "春节和农忙", "春节和暑假")) if away else None,
            "marriage": "已婚" if self.people.chance(0.85) else "离婚",
            "education": draw(("小学", "初中", "初中", "高中")),
        }

    def _state(self, child: int, parent: Ref, away: bool) -> dict[str, Any]:
        province, city, county = self.random.choice(PLACES)
        return {
            "child": child,
            "parent": parent,
            "state": "外出" if away else "在家",
            "since": self.opened - timedelta(days=self.random.randrange(150, 900)),
            "province": province if away else None,
            "city": city if away else None,
            "county": county if away and self.people.chance(0.9) else None,
            "able_to_guard": True,
        }

    def _guardian(self, facts: ChildFacts) -> dict[str, Any]:
        girl = self.people.chance(0.5)
        draw = self.random.choice
        return {
            "child": facts.id,
            "name": self.people.name(girl, "" if girl or facts.mothers_side else facts.name[0]),
            "relation": ("外" if facts.mothers_side else "") + ("祖母" if girl else "祖父"),
            "age": self.random.randrange(52, 76),
            "education": draw(("小学", "小学", "初中", "文盲或半文盲")),
            "health": draw(("健康或良好", "一般或较弱", "有慢性病")),
            "trade": "务农",
            "phone": self.people.phone() if self.people.chance(0.97) else None,
            "address": facts.address,
            "entrusted": True,
            "entrusted_from": self.opened,
            "told_school_on": self.opened,
            "since": self.opened,
            "excluded": "已核查，无禁止情形",
            "assessment": draw(("较好", "较好", "一般", "一般", "差")),
            "assessed_on": self.opened,
        }

    def _remember_kin(self, families: Mapping[str, list[Row]]) -> None:
        for slug in ("parent", "guardian"):
            for row in families[slug]:
                said = row.values
                facts = self.roll.children[said["child"]]
                kin = Kin(row.ref.number, said["relation"], said["name"], said.get("phone"))
                if slug == "parent":
                    facts.parents.append(kin)
                else:
                    facts.guardian = kin
                    facts.guardian_age = said["age"]
                    facts.guardian_schooling = said["education"]

    def _pair(self) -> None:
        rows: list[Row] = []
        others = [one for one in self.roll.teachers if one != self.roll.hero]
        for number, child in enumerate(self.roll.children):
            if number % UNPAIRED_EVERY == UNPAIRED_EVERY - 1:
                continue
            own = number < OWN_CHILDREN
            teacher = self.roll.hero if own else others[number % len(others)]
            mine = sum(row.values["teacher"] == teacher for row in rows)
            kind = "代理家长" if mine < AS_PARENT else "结对教师"
            given = {"teacher": teacher, "child": child, "kind": kind, "since": self.opened}
            given["proximity"] = self.random.choice(("就近", "就近", "就亲"))
            given["consulted_on"] = self.opened
            rows.append(Row("pairing", given))
        self._write({"pairing": rows})
        for row in rows:
            said = row.values
            self.roll.pairs[said["child"]] = Pair(
                row.ref.number, said["teacher"], said["child"], said["kind"]
            )


def _facts(row: Row, school_class: int) -> ChildFacts:
    said = row.values
    return ChildFacts(
        id=row.ref.number,
        name=said["name"],
        girl=said["sex"] == "女",
        born_on=said["born_on"],
        school_class=school_class,
        boarding=said["boarding"] == "住校",
        economy=said["economy"],
        address=said["address"],
        mothers_side=said["lives_with"] == "外祖父母",
    )


def accounts(actor: Actor, roll: Roll, password_hash: str) -> dict[str, str]:
    """Make one account per role to show and one per other teacher; return {login: role word}."""
    named: list[tuple[str, str, int | None]] = [
        ("wenyuan", "clerk", roll.clerk),
        ("lingdao", "leadership", roll.principal),
        ("jiaoshi", "teacher", roll.hero),
        ("xinli", "counsellor", roll.counsellor),
        ("ducha", "inspector", None),
    ]
    shown = {username: ROLES[role] for username, role, _staff in named}
    # Nobody signs the own sheet, so there are two leaders; the second is not among those shown.
    named.append(("fuxiao", "leadership", roll.vice))
    taken = {staff for *_said, staff in named}
    others = [staff for staff in roll.staff if staff not in taken]
    named += [(f"t{number:03d}", "teacher", staff) for number, staff in enumerate(others, start=1)]
    with service.work(actor) as current:
        for username, role, staff in named:
            given = {
                "username": username,
                "name": roll.staff_name[staff] if staff else "督查示例",
                "role": ROLES[role],
                "staff": staff,
                "expires_on": actor.today + timedelta(days=30) if role == "inspector" else None,
                "must_change": False,
                "password_hash": password_hash,
                "confirmed_at": actor.now if role == "leadership" else None,
                "confirmed_by": "主机口令" if role == "leadership" else None,
            }
            user = service.create(actor, registered("user"), given, current=current)
            if staff is not None:
                roll.users[staff] = user.id
    return shown
