"""An invented school with named people, made through the service: what every test starts from.

Alice 王爱丽 is paired with child A and leads 七（1）班; Bob 李博 is paired with child B, 七（2）班;
Charlie 赵强 teaches a subject and has neither; child C of 七（1）班 is paired with nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from models.core import school_calendar, service
from models.core.actor import Actor, system
from models.core.boxes import ROLES
from models.core.clock import Clock
from models.core.register import find
from models.school import accounts

TODAY = date(2025, 11, 12)
NOON = datetime(2025, 11, 12, 10, 30)
PASSWORD = "school-4321"
# Two weeks before "today": what was entered then is no longer fresh.
EARLIER = datetime(2025, 10, 29, 16, 0)

KIND_OF_DAY = {"休": "放假", "班": "补班"}


@dataclass
class StandingClock(Clock):
    """A clock that stands until a test moves it."""

    moment: datetime = NOON

    def now(self) -> datetime:
        return self.moment

    def advance(self, **span: float) -> None:
        self.moment += timedelta(**span)


@dataclass
class World:
    """Ids of the records and the people as actors, by short names."""

    ids: dict[str, int] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        """`world.alice` is an actor, `world.child_a` an id."""
        if name.startswith("__"):
            raise AttributeError(name)
        if name in self.actors:
            return self.actors[name]
        if name in self.ids:
            return self.ids[name]
        raise AttributeError(f"nobody and nothing is called {name} in the test world")

    def actor(self, name: str, **changed: Any) -> Actor:
        return replace(self.actors[name], **changed)


# name, role, member of staff, expiry
PEOPLE = (
    ("clerk", "clerk", "陈文员", None),
    ("leadership", "leadership", "周校长", None),
    ("alice", "teacher", "王爱丽", None),
    ("bob", "teacher", "李博", None),
    ("charlie", "teacher", "赵强", None),
    ("counsellor", "counsellor", "孙静", None),
    ("inspector", "inspector", None, "2026-12-31"),
)
# A role name means this person; Alice stands for the teachers.
PERSON_OF_ROLE = {"teacher": "alice"}

CHILDREN = (
    # name, sex, born, identity number, class, father away since, mother away since
    (
        "child_a",
        "张小雨",
        "女",
        "2012-05-06",
        "520624201205060020",
        "class_1",
        "2025-02-10",
        "2025-02-10",
    ),
    ("child_b", "曾思源", "男", "2012-08-15", "52062420120815003X", "class_2", "2024-09-01", None),
    (
        "child_c",
        "单明",
        "男",
        "2013-01-20",
        "520624201301200011",
        "class_1",
        "2025-03-01",
        "2025-03-01",
    ),
)


class Builder:
    """Makes records as the system, remembering their ids by name."""

    def __init__(self, world: World, now: datetime = EARLIER) -> None:
        self.world = world
        self.actor = system(now, "测试")

    def add(self, name: str, slug: str, /, lines: Any = None, by: str = "", **raw: Any) -> int:
        register = find(slug)
        assert register is not None, slug
        actor = self.world.actor(by, now=self.actor.now) if by else self.actor
        record = service.create(actor, register, raw, lines)
        self.world.ids[name] = record.id
        return int(record.id)


def build() -> World:
    """Fill the connected, empty database and return who and what is in it."""
    world = World()
    make = Builder(world)
    _school(make)
    _people(make)
    _classes(make)
    _children(make)
    _acts(make)
    return world


def _school(make: Builder) -> None:
    make.add("school", "school", name="云岭中学", adopted="四新中学", address="云岭镇学府路 1 号")
    make.add(
        "autumn",
        "semester",
        code="2025-2026-1",
        title="2025—2026学年第一学期",
        first_day="2025-09-01",
        last_day="2026-01-23",
    )
    make.add(
        "spring",
        "semester",
        code="2025-2026-2",
        title="2025—2026学年第二学期",
        first_day="2026-03-02",
        last_day="2026-07-03",
    )
    holiday = find("holiday")
    with service.work(make.actor) as current:
        for year in (2025, 2026):
            for day, kind, name in school_calendar.fill_holidays(year):
                raw = {"day": day, "kind": KIND_OF_DAY[kind], "name": name}
                service.create(make.actor, holiday, raw, current=current)


def _people(make: Builder) -> None:
    hashed = accounts.hash_password(PASSWORD)
    for name, role, staff_name, expires in PEOPLE:
        staff = None
        if staff_name:
            staff = make.add(
                f"staff_{name}", "staff", name=staff_name, sex="女", phone="13800138000"
            )
        user_id = make.add(
            f"user_{name}",
            "user",
            username=name,
            name=staff_name or "督查组",
            role=ROLES[role],
            staff=staff,
            expires_on=expires,
            password_hash=hashed,
            must_change=False,
            confirmed_at=EARLIER if role == "leadership" else None,
            confirmed_by="主机口令" if role == "leadership" else None,
        )
        make.world.actors[name] = Actor(
            role=role,
            now=NOON,
            user_id=user_id,
            staff_id=staff,
            name=staff_name or "督查组",
            origin="127.0.0.1",
        )


def _classes(make: Builder) -> None:
    for number in (1, 2):
        make.add(
            f"class_{number}",
            "school-class",
            name=f"七（{number}）班",
            grade=7,
            number=number,
            entry_year=2025,
            pupils=45,
        )
    make.add(
        "class_teacher",
        "class-teacher",
        school_class=make.world.class_1,
        staff=make.world.staff_alice,
        since="2025-09-01",
    )


def _children(make: Builder) -> None:
    for name, called, sex, born, number, school_class, father, mother in CHILDREN:
        child = make.add(
            name,
            "child",
            name=called,
            sex=sex,
            born_on=born,
            id_kind="居民身份证",
            id_number=number,
            identified_on="2025-09-05",
            boarding="住校",
            address="云岭镇大坪村 3 组",
            family_phone="13985671234",
        )
        make.add(
            f"enrolment_{name[-1]}",
            "enrolment",
            child=child,
            school_class=make.world.ids[school_class],
            since="2025-09-01",
        )
        for relation, since in (("父亲", father), ("母亲", mother)):
            _parent(make, name, called, relation, since)
        make.add(
            f"guardian_{name[-1]}",
            "guardian",
            child=child,
            name=f"{called[0]}奶奶",
            relation="祖母",
            age=66,
            phone="13985670001",
            since="2025-02-10",
        )
    for name, teacher, child in (
        ("pairing_a", "alice", "child_a"),
        ("pairing_b", "bob", "child_b"),
    ):
        make.add(
            name,
            "pairing",
            teacher=make.world.ids[f"staff_{teacher}"],
            child=make.world.ids[child],
            since="2025-09-01",
        )


def _parent(make: Builder, child: str, called: str, relation: str, away_since: str | None) -> None:
    letter, english = child[-1], "father" if relation == "父亲" else "mother"
    parent = make.add(
        f"{english}_{letter}",
        "parent",
        child=make.world.ids[child],
        relation=relation,
        name=f"{called[0]}{'建国' if english == 'father' else '秀英'}",
        phone="13985670002",
        workplace="东莞市某电子厂",
    )
    make.add(
        f"{english}_state_{letter}",
        "parent-state",
        child=make.world.ids[child],
        parent=parent,
        state="外出" if away_since else "在家",
        since=away_since or "2025-01-01",
        province="广东省" if away_since else None,
    )


def _acts(make: Builder) -> None:
    world = make.world
    make.add(
        "talk_a",
        "talk",
        by="alice",
        child=world.child_a,
        teacher=world.staff_alice,
        talked_at="2025-10-28 16:20",
        topic="开学适应",
        aspects="学习、情绪",
        content="张小雨说住校习惯了，周末想给妈妈打电话。",
        risk="无",
    )
    make.add(
        "talk_b",
        "talk",
        by="bob",
        child=world.child_b,
        teacher=world.staff_bob,
        talked_at="2025-10-27 12:40",
        topic="数学补差",
        content="曾思源想调座位。",
    )
    make.add(
        "visit_a",
        "home-visit",
        by="alice",
        lines={"home-visitor": [service.LineInput({"staff": world.staff_alice})]},
        child=world.child_a,
        visited_at="2025-10-25 10:00",
        manner="入户",
        met="祖父母",
        purpose="了解周末作息",
        findings="家里干净，奶奶能照顾。",
        at_school="上课专心，作业按时交。",
    )
    make.add(
        "call_a",
        "family-call",
        by="alice",
        child=world.child_a,
        begun_at="2025-10-28 18:30",
        callee="母亲",
        number="13985670002",
        matter_kind="问候",
        duty_teacher=world.staff_alice,
        ended_at="18:41",
        late_reason="当晚打的电话，第二天补记",
    )
    make.add(
        "meeting",
        "meeting",
        by="clerk",
        lines={"attendee": [service.LineInput({"staff": world.staff_alice})]},
        kind="例会",
        title="十月例会",
        held_at="2025-10-27 16:30",
        place="会议室",
        chair=world.staff_leadership,
        due=5,
        present=4,
        agenda="检查谈心进度",
    )
    make.add(
        "asset",
        "asset",
        by="clerk",
        number="ZC-001",
        kind="设备",
        name="亲情电话机",
        unit="台",
        quantity=2,
        unit_price="120.00",
        keeper=world.staff_charlie,
    )
