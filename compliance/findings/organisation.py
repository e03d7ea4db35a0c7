"""Findings of boxes 01 to 03: the leadership group, the posts, the documents, the calendar."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import reduce
from operator import add
from typing import Any

from peewee import Value

from compliance.checklists.hardware import WALL_TOPICS
from compliance.findings.look import Check, Hit, Look, at_record, ids, living, with_photo
from compliance.ordered.catalogue import adopted_letters, duty_called, is_on
from compliance.ordered.reading import tuples
from models.core import calendar
from models.core.actor import SYSTEM
from models.core.gates import every_row
from models.core.register import REGISTERS
from models.core.spans import holds_on
from models.kept.assets import Room
from models.kept.staff import ClassTeacher
from models.school.merging import likely_twins

# Who must sit in the leadership group, by the first letter of the set that says so (Q03-1, H01-1).
OFFICES = {
    "教导处": "QH",
    "政教处": "QH",
    "总务处": "Q",
    "关工委": "Q",
    "安全办": "H",
    "后勤处": "H",
    "团队": "H",
}
POSTS = ("之家管理员", "档案管理员", "资产保管", "信息员", "法制辅导员", "心理辅导教师")
# What must be on file, by the sets that ask for it (S03, S05, S06, S09, Q11, Q12, Q23).
TOPICS = {
    "资产管理制度": "S",
    "电话电脑使用制度": "S",
    "定期活动制度": "S",
    "联席会议制度": "S",
    "考核奖惩制度": "S",
    "信息报送制度": "S",
    "领导机构": "S",
    "领导小组工作制度": "S",
    "工作职责": "S",
    "组织网络图": "S",
    "协调小组名单": "S",
    "建设与管理办法": "S",
    "考核奖励办法": "S",
    "留守学生管理办法": "Q",
    "学校社会家庭责任制度": "GQZ",
    "学习制度": "S",
    "生活制度": "S",
    "之家活动制度": "S",
    "安全生活卫生制度": "Q",
    "学习制度（思渠中学）": "Q",
}
# How many children per teacher: the ranges exclude each other (duty, clause, least, most, kind).
LOADS: tuple[tuple[str, str, int, int | None, str], ...] = (
    ("load-acting-parent", "Q02-3", 4, 7, "代理家长"),
    ("load-staff", "Q04-0", 1, 2, ""),
    ("load-teacher-min", "Q07-6", 5, None, ""),
    ("load-teacher-one", "H02-1", 1, 1, ""),
)


def adopted(letters: str) -> bool:
    """Return whether the school adopted one of the sets of these letters."""
    return bool(adopted_letters() & set(letters))


def offices_missing(look: Look) -> Iterable[Hit]:
    """An office that belongs into the leadership group has nobody there (Q03-1, H01-1)."""
    model, query = living("leadership-member")
    members = tuples(query.select(model.office, model.staff, model.position).where(_now(look)))
    named = {office for office, _staff, _position in members}
    if not any(position == "组长" for _o, _s, position in members):
        yield Hit("leadership-member", None, (), "没有组长")
    for office, letters in OFFICES.items():
        if adopted(letters) and office not in named:
            yield Hit("leadership-member", None, (), f"{office}没有人")
    if adopted("QH"):
        inside = {staff for _office, staff, _position in members}
        _, leads = living("class-teacher")
        query = leads.select(ClassTeacher.staff).where(holds_on(ClassTeacher, look.today))
        for staff in sorted(set(ids(query)) - inside):
            yield Hit("staff", staff, (("staff", staff),), "班主任没有进组")


def _now(look: Look) -> Any:
    model, _ = living("leadership-member")
    return holds_on(model, look.today)


def posts_empty(look: Look) -> Iterable[Hit]:
    """One of the six posts is held by nobody."""
    model, query = living("post")
    held = {kind for (kind,) in tuples(query.select(model.kind).where(holds_on(model, look.today)))}
    return [Hit("post", None, (), f"{kind}没有人") for kind in POSTS if kind not in held]


def members_without_duties(look: Look) -> Iterable[Hit]:
    """A member's duties are not written down."""
    model, query = living("leadership-member")
    found = query.select(model.id, model.staff).where(
        holds_on(model, look.today), model.duties.is_null(True) | (model.duties == "")
    )
    return [Hit("leadership-member", one, (("staff", staff),)) for one, staff in tuples(found)]


def documents_missing(look: Look) -> Iterable[Hit]:
    """A document that must be on file is not there."""
    model, query = living("regulation")
    kept = query.where(holds_on(model, look.today))
    there = {topic for (topic,) in tuples(kept.select(model.topic).distinct())}
    return [
        Hit("regulation", None, (), topic)
        for topic, letters in TOPICS.items()
        if topic not in there and adopted(letters)
    ]


def walls_without_photo(look: Look) -> Iterable[Hit]:
    """A document that hangs, or should hang, on a wall has no photo of it there (S01-3, S02-3)."""
    model, query = living("wall-posting")
    regulation, _ = living("regulation")
    rooms = dict(tuples(every_row(REGISTERS["room"]).select(Room.id, Room.kind)))
    topics = dict(tuples(_documents().select(regulation.id, regulation.topic)))
    photographed = set(ids(with_photo("wall-posting", "photo")))
    hanging = set()
    current = query.where(holds_on(model, look.today))
    for one, document, room in tuples(current.select(model.id, model.document, model.room)):
        hanging.add((topics.get(document), rooms.get(room)))
        if one not in photographed:
            yield Hit("wall-posting", one, (("regulation", document),), rooms.get(room, ""))
    if adopted("S"):
        for kind in ("留守儿童之家", "文体活动室"):
            for topic in WALL_TOPICS:
                if (topic, kind) not in hanging:
                    yield Hit("regulation", None, (), f"{kind}墙上没有{topic}")


def _documents() -> Any:
    return every_row(REGISTERS["regulation"])


def loads_on(kind: str = "") -> list[tuple[str, int, int | None]]:
    """Return the numbers of children per teacher that are in force: (clause, least, most)."""
    found = []
    for code, clause, least, most, of_kind in LOADS:
        duty = duty_called(code)
        in_force = adopted(clause[0]) if duty is None else is_on(duty)
        if in_force and of_kind == kind:
            found.append((clause, least, most))
    return found


def regulations_disagree(_look: Look) -> Iterable[Hit]:
    """Two adopted clauses want different numbers of children per teacher."""
    ranges = loads_on()
    if len({(least, most) for _clause, least, most in ranges}) > 1:
        told = "、".join(clause for clause, _least, _most in ranges)
        yield Hit("regulation", None, (), f"每名教师结对几人，{told} 各不相同")


def dates_outside_semesters(look: Look) -> Iterable[Hit]:
    """A record's date lies before the first semester or long after the last one; one query."""
    semesters = look.calendar.semesters
    if not semesters:
        return []
    latest = semesters[-1].last + timedelta(days=look.number("holiday_days"))
    parts = []
    for register in REGISTERS.values():
        if register.happened and register.locks and not register.sealed:
            column = getattr(register.model, register.happened)
            outside = (column < semesters[0].first) | (column >= latest + timedelta(days=1))
            query = every_row(register).select(Value(register.slug), register.model.id)
            parts.append(query.where(outside))
    return [Hit(slug, one) for slug, one in tuples(reduce(add, parts))]


def years_without_holidays(look: Look) -> Iterable[Hit]:
    """The table of holidays holds nothing for a year with a semester."""
    years = sorted(look.calendar.years_without_data)
    return [Hit("holiday", None, (), f"{year} 年") for year in years]


def no_semester_entered(_look: Look) -> Iterable[Hit]:
    """No semester is entered, so that nothing can be counted."""
    return [] if calendar.semesters() else [Hit("semester", None)]


def undated_documents(look: Look) -> Iterable[Hit]:
    """A document has neither its text nor a file."""
    model, query = living("regulation")
    bare = query.select(model.id).where(
        model.text.is_null(True) | (model.text == ""),
        holds_on(model, look.today),
        model.id.not_in(with_photo("regulation", "file")),
    )
    return at_record("regulation", bare)


def staff_maybe_twice(_look: Look) -> Iterable[Hit]:
    """Two members of staff of one name may be one person entered twice."""
    groups = likely_twins(SYSTEM, REGISTERS["staff"])
    return [Hit("staff", record.id) for group in groups for record in group[1:]]


CHECKS: tuple[tuple[str, Check], ...] = (
    ("F101", offices_missing),
    ("F102", posts_empty),
    ("F103", members_without_duties),
    ("F104", staff_maybe_twice),
    ("F201", documents_missing),
    ("F202", walls_without_photo),
    ("F203", regulations_disagree),
    ("F204", undated_documents),
    ("F301", dates_outside_semesters),
    ("F302", years_without_holidays),
    ("F303", no_semester_entered),
)
