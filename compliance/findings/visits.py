"""Findings of boxes 06 and 07: visits, talks and calls that contradict each other or the rules."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from peewee import SQL, TextField, fn

from compliance.findings.look import (
    Check,
    Hit,
    Look,
    children,
    days_between,
    empty,
    living,
    of_child,
    with_photo,
)
from compliance.judged.sources import known_text
from compliance.ordered.reading import day, day_text, tuples
from models.core.fields import WordsField
from models.core.gates import every_row
from models.core.register import REGISTERS, Register, register_of
from models.kept.calls import FamilyCall
from models.kept.children import Child
from models.kept.meetings import Attendee, Meeting
from models.kept.talks import HomeVisit, HomeVisitor, Talk

AT_HOME = "入户"


def acts() -> list[Register]:
    """Return the registers in which a colleague enters own acts, but the sealed ones."""
    return [
        register
        for register in REGISTERS.values()
        if register.happened
        and not register.sealed
        and any("." not in name for name in register.act_by)
    ]


def written(register: Register) -> list[str]:
    """Return the fields in which somebody's own words stand, not words chosen from a list."""
    return [
        name
        for name, spec in register.fields.items()
        if isinstance(spec.field, TextField) and not isinstance(spec.field, WordsField)
    ]


# Words that should differ from child to child, and acts that are entered in time, are looked at in
# the visits too, whose colleagues stand on lines of their own.
VISITS = "home-visit"


def _visits(look: Look, *conditions: Any) -> Any:
    query = every_row(register_of(HomeVisit)).select(HomeVisit.id, HomeVisit.child)
    return query.where(HomeVisit.manner == AT_HOME, look.this_semester(HomeVisit.visited_at)).where(
        *conditions
    )


def visit_without_photo(look: Look) -> Iterable[Hit]:
    """A visit at home has no photo (Q08-4)."""
    bare = HomeVisit.id.not_in(with_photo("home-visit", "photo"))
    return of_child("home-visit", _visits(look, bare)) if look.semester else []


def visit_on_holiday(look: Look) -> Iterable[Hit]:
    """A visit lies on a public holiday."""
    holidays = sorted(one.isoformat() for one in look.calendar.day_off)
    on = day_text(HomeVisit.visited_at)
    query = _visits(look, on.in_(holidays)).select(HomeVisit.id, HomeVisit.child, on)
    return [Hit("home-visit", one, (("child", child),), when) for one, child, when in tuples(query)]


class Presence(NamedTuple):
    """Somebody was somewhere: with which record, about which child, at which address."""

    staff: int
    at: datetime
    slug: str
    id: int
    child: int
    place: str


def two_places(look: Look) -> Iterable[Hit]:
    """A teacher visits one home while visiting another, or while at a meeting."""
    span = timedelta(minutes=look.number("minutes"))
    by_staff: dict[int, list[Presence]] = {}
    for one in sorted((*_visiting(look), *_meeting(look)), key=lambda found: found[:2]):
        by_staff.setdefault(one.staff, []).append(one)
    for staff, presences in by_staff.items():
        for earlier, later in pairwise(presences):
            visit = next((p for p in (later, earlier) if p.slug == "home-visit"), None)
            if visit is None or later.at - earlier.at >= span or _same_place(earlier, later):
                continue
            note = f"{earlier.at:%m-%d %H:%M} 和 {later.at:%H:%M} 各在一处"
            yield Hit("home-visit", visit.id, (("staff", staff), ("child", visit.child)), note)


def _same_place(one: Presence, other: Presence) -> bool:
    return one.slug == other.slug and bool(one.place) and one.place == other.place


def _visiting(look: Look) -> Iterable[Presence]:
    query = every_row(register_of(HomeVisitor)).select(
        HomeVisitor.staff,
        HomeVisit.visited_at,
        HomeVisit.id,
        HomeVisit.child,
        HomeVisit.address,
        HomeVisit.act,
    )
    visits = every_row(register_of(HomeVisit)).select(HomeVisit.id)
    query = query.join(HomeVisit, on=(HomeVisitor.visit == HomeVisit.id)).where(
        HomeVisit.id.in_(visits),
        HomeVisit.manner == AT_HOME,
        look.this_semester(HomeVisit.visited_at),
    )
    for staff, at, visit, child, address, act in tuples(query):
        yield Presence(staff, _moment(at), "home-visit", visit, child, act or address or "")


def _meeting(look: Look) -> Iterable[Presence]:
    meetings = every_row(register_of(Meeting)).select(Meeting.id)
    query = every_row(register_of(Attendee)).select(Attendee.staff, Meeting.held_at, Meeting.id)
    query = query.join(Meeting, on=(Attendee.meeting == Meeting.id)).where(
        Meeting.id.in_(meetings),
        Attendee.staff.is_null(False),
        Attendee.signed,
        look.this_semester(Meeting.held_at),
    )
    for staff, at, meeting in tuples(query):
        yield Presence(staff, _moment(at), "meeting", meeting, 0, f"{meeting}")


def _moment(value: str | datetime) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def hand_of(register: Register) -> Any:
    """Return the column that says whose act a record is, else who entered it."""
    direct = next((name for name in register.act_by if "." not in name), "")
    return getattr(register.model, direct) if direct else register.model.entered_by


def same_words(look: Look) -> Iterable[Hit]:
    """One teacher wrote the very same text about several children or days."""
    for register, name in _texts():
        model, hand = register.model, hand_of(register)
        column = getattr(model, name)
        # Rows of one act may share their text: they are one act.
        acts = fn.COUNT(fn.DISTINCT(fn.COALESCE(model.act, model.id.cast("TEXT"))))
        query = every_row(register).select(hand, fn.MAX(model.id), acts)
        query = query.where(
            look.this_semester(getattr(model, register.happened)),
            fn.LENGTH(column) >= look.number("length_at_least"),
        )
        found = query.group_by(hand, column).having(acts >= look.number("same_text_at_least"))
        for who, one, count in tuples(found):
            note = f"{count} 条{register.title}文字相同"
            yield Hit(register.slug, one, _who(register, who), note)


def _texts() -> Iterable[tuple[Register, str]]:
    for register in (*acts(), REGISTERS[VISITS]):
        for name in written(register):
            yield register, name


def _who(register: Register, who: int | None) -> tuple[tuple[str, int], ...]:
    """Return the colleague whose acts they are; who merely entered them is not named."""
    direct = any("." not in name for name in register.act_by)
    return (("staff", who),) if direct and who is not None else ()


def entered_late(look: Look) -> Iterable[Hit]:
    """Records were entered long after they happened (补录), told per teacher."""
    for register in (*(act for act in acts() if act.locks), REGISTERS[VISITS]):
        model, hand = register.model, hand_of(register)
        happened = getattr(model, register.happened)
        late = days_between(known_text(register), day_text(happened))
        query = every_row(register).select(hand, fn.MAX(model.id), fn.COUNT(model.id), fn.MAX(late))
        query = query.where(look.this_semester(happened), late > look.number("days"))
        for who, one, count, most in tuples(query.group_by(hand)):
            note = f"{register.title} {count} 条，最晚迟 {int(most)} 天"
            yield Hit(register.slug, one, _who(register, who), note)


def visited_twice(look: Look) -> Iterable[Hit]:
    """Two visits of one day to one child are entered."""
    on = day_text(HomeVisit.visited_at)
    query = _visits(look).select(fn.MAX(HomeVisit.id), HomeVisit.child, on)
    query = query.group_by(HomeVisit.child, on).having(fn.COUNT(HomeVisit.id) > 1)
    return [Hit("home-visit", one, (("child", child),), when) for one, child, when in tuples(query)]


def visit_incomplete(look: Look) -> Iterable[Hit]:
    """A visit does not say whom it met or where."""
    missing = empty(HomeVisit.met) | empty(HomeVisit.address)
    return of_child("home-visit", _visits(look, missing))


def _last(look: Look, slug: str, *conditions: Any) -> dict[int, date]:
    """Return the day of this semester's last act per child; one grouped query."""
    register = REGISTERS[slug]
    happened = getattr(register.model, register.happened)
    # Grouped by a sum, so that the semester is read by date and not child by child.
    child = register.model.child + SQL("0")
    query = every_row(register).select(child, fn.MAX(happened))
    query = query.where(look.this_semester(happened), *conditions)
    return {one: day(when) or date.min for one, when in tuples(query.group_by(child))}


def long_forgotten(look: Look) -> Iterable[Hit]:
    """Nobody has talked to, visited or called a child for long."""
    if look.semester is None:
        return
    acts = (
        ("谈心", "talk_days", _last(look, "talk")),
        ("家访", "visit_days", _last(look, "home-visit", HomeVisit.manner == AT_HOME)),
        ("通话", "call_days", _last(look, "family-call")),
    )
    query = children(look.today).select(Child.id, Child.identified_on)
    for child, identified in tuples(query):
        start = max(day(identified) or look.today, look.semester.first)
        told = []
        for word, name, last in acts:
            days = (look.today - max(last.get(child, start), start)).days
            if days > look.number(name):
                told.append(f"{days} 天没有{word}")
        if told:
            yield Hit("child", child, (("child", child),), "；".join(told))


def risk_without_measure(look: Look) -> Iterable[Hit]:
    """A talk found a risk and nothing was done about it."""
    query = every_row(register_of(Talk)).select(Talk.id, Talk.child)
    found = query.where(
        look.this_semester(Talk.talked_at),
        Talk.risk.in_(("转心理", "强制报告")),
        empty(Talk.measure),
    )
    return of_child("talk", found)


def _calls(look: Look, *conditions: Any) -> Any:
    query = every_row(register_of(FamilyCall)).select(FamilyCall.id, FamilyCall.child)
    return query.where(look.this_semester(FamilyCall.begun_at), *conditions)


def call_entered_after(look: Look) -> Iterable[Hit]:
    """Calls from the home were entered after they were made (S09-1), told per duty teacher."""
    # Whole seconds: of a fraction of a day the last digit would decide who is late by the minute.
    gap = fn.ROUND(days_between(FamilyCall.entered_at, FamilyCall.begun_at) * 24 * 60 * 60)
    at_once = FamilyCall.paper_on.is_null(True)  # on paper it may well have stood before
    query = _calls(look, at_once, FamilyCall.place == "之家", gap > look.number("minutes") * 60)
    query = query.select(FamilyCall.duty_teacher, fn.MAX(FamilyCall.id), fn.COUNT(FamilyCall.id))
    return [
        Hit("family-call", one, (("staff", staff),) if staff else (), f"{count} 次")
        for staff, one, count in tuples(query.group_by(FamilyCall.duty_teacher))
    ]


def callee_not_allowed(look: Look) -> Iterable[Hit]:
    """A call from the home went to somebody who is neither parent nor guardian (S09-2)."""
    other = (FamilyCall.place == "之家") & (FamilyCall.callee == "其他人")
    return of_child("family-call", _calls(look, other))


def call_not_ended(look: Look) -> Iterable[Hit]:
    """A call was entered and never finished."""
    open_ = FamilyCall.ended_at.is_null(True) & (FamilyCall.begun_at < look.today)
    return of_child("family-call", _calls(look, open_))


def unanswered_enquiry(look: Look) -> Iterable[Hit]:
    """A parent's question over the hotline was not answered in time (Q02-7)."""
    model, query = living("hotline")
    found = query.select(model.id).where(
        model.caller.in_(("家长", "监护人")),
        model.answered_on.is_null(True),
        model.called_at < look.now - timedelta(days=look.number("days")),
    )
    return [Hit("hotline", one) for (one,) in tuples(found)]


CHECKS: tuple[tuple[str, Check], ...] = (
    ("F601", visit_without_photo),
    ("F602", visit_on_holiday),
    ("F603", two_places),
    ("F604", same_words),
    ("F605", entered_late),
    ("F606", visited_twice),
    ("F607", visit_incomplete),
    ("F608", long_forgotten),
    ("F609", risk_without_measure),
    ("F701", call_entered_after),
    ("F702", callee_not_allowed),
    ("F703", call_not_ended),
    ("F1102", unanswered_enquiry),
)
