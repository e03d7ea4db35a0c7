"""What a colleague holds, and its way to another: a pairing, a class, a post, a stand-in.

A held row ends on a last day; the successor's begins the day after and says what the old one said.
What only begins later is given to the successor as it stands, or taken back where nobody takes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from models.core import service
from models.core.actor import Actor
from models.core.errors import Invalid
from models.core.gates import rows
from models.core.register import Register, register_of
from models.core.spans import holds_on, holds_within
from models.kept.children import Child
from models.kept.leadership import Department, LeadershipMember, Post
from models.kept.pairings import Pairing, Substitution
from models.kept.staff import ClassTeacher, SchoolClass, Staff, TeachingPost

# The field that names who holds a row.
HOLDER: dict[Any, str] = {
    Pairing: "teacher",
    ClassTeacher: "staff",
    TeachingPost: "staff",
    LeadershipMember: "staff",
    Post: "staff",
    Department: "head",
    Substitution: "substitute",
}
# How a row ended, or was agreed on, says nothing of the next one.
_OWN = ("since", "until", "reason", "consulted_on")
# These end on a day of their own, which the successor's keeps.
_DATED = (Substitution, Post, LeadershipMember)


@dataclass
class Held:
    """One row somebody holds after the last day, and whom or what it is about."""

    register: Register
    record: Any
    about: str

    @property
    def key(self) -> tuple[str, int]:
        """What names the row among all."""
        return self.register.slug, self.record.id


def held_by(actor: Actor, staff: int, last: date, models: Sequence[Any]) -> list[Held]:
    """Return the rows of these registers a colleague holds on the last day or, dated, after it."""
    found: list[tuple[Register, Any]] = []
    for model in models:
        register = register_of(model)
        query = rows(actor, register).where(getattr(model, HOLDER[model]) == staff)
        if model is Substitution:
            query = query.where(holds_within(model, last, date.max))
        elif register.span != ("", ""):
            query = query.where(holds_on(model, last))
        found += [(register, record) for record in query.order_by(model.id)]
    return described(actor, found)


def described(actor: Actor, found: Sequence[tuple[Register, Any]]) -> list[Held]:
    """Return rows with whom or what each is about."""
    names = _names(actor, [record for _register, record in found])
    return [Held(register, record, _about(names, record)) for register, record in found]


_Names = dict[tuple[str, int], str]


def _names(actor: Actor, records: list[Any]) -> _Names:
    asked = (
        ("child", Child, "child"),
        ("school_class", SchoolClass, "class"),
        ("teacher", Staff, "staff"),
    )
    found: _Names = {}
    for field, model, word in asked:
        ids = {record.__data__.get(field) for record in records} - {None}
        query = rows(actor, register_of(model)).where(model.id.in_(ids))
        found |= {(word, row.id): row.name for row in query}
    return found


def _about(names: _Names, record: Any) -> str:
    told = record.__data__
    child = names.get(("child", told.get("child") or 0), "")
    school_class = names.get(("class", told.get("school_class") or 0), "")
    if isinstance(record, Pairing):
        return f"{child}（{record.kind}）"
    if isinstance(record, TeachingPost):
        return f"{school_class} {record.subject}"
    if isinstance(record, LeadershipMember):
        return f"{record.position}{f'（{record.office}）' if record.office else ''}"
    if isinstance(record, Post):
        return f"{record.kind}{f'（{record.programme}）' if record.programme else ''}"
    if isinstance(record, Department):
        return f"{record.name}负责人"
    if isinstance(record, Substitution):
        until = f"到 {record.until}" if record.until else "起"
        return f"代理{names.get(('staff', told.get('teacher') or 0), '')}，{record.since} {until}"
    return school_class


def hand_over(
    current: service.Work,
    actor: Actor,
    last: date,
    item: Held,
    successor: int | None,
    reason: str,
) -> None:
    """End a row on the last day, and open the successor's the day after."""
    register, record, model = item.register, item.record, item.register.model
    holder = HOLDER[model]
    later = "since" in register.fields and record.since > last
    if model is Department or (later and successor is not None):
        raw: dict[str, Any] = {holder: successor}
        service.update(actor, register, record.id, raw, record.version, current=current)
        return
    if later:
        service.delete(actor, register, record.id, current=current)
        return
    until = last if record.until is None else min(record.until, last)
    raw = {"until": until} | ({"reason": reason} if model is Pairing else {})
    ends = record.until
    written = [n for n, spec in register.fields.items() if not spec.readonly and n not in _OWN]
    fresh = {name: record.__data__.get(name) for name in written}
    service.update(actor, register, record.id, raw, record.version, current=current)
    if successor is None or (ends is not None and ends <= last):
        return
    if model is LeadershipMember:
        _step_up(current, actor, successor, last)
    fresh |= {holder: successor, "since": last + timedelta(days=1)}
    if model in _DATED:
        fresh["until"] = ends
    service.create(actor, register, fresh, current=current)


def _step_up(current: service.Work, actor: Actor, staff: int, last: date) -> None:
    """Who is of the leadership group already leaves the old seat for the new one."""
    register = register_of(LeadershipMember)
    seats = rows(actor, register).where(
        LeadershipMember.staff == staff, holds_on(LeadershipMember, last + timedelta(days=1))
    )
    for seat in list(seats):
        if seat.since > last:
            raise Invalid({"staff": "接任的人那天起在领导小组里另有职务，请先改那一条"})
        service.update(actor, register, seat.id, {"until": last}, seat.version, current=current)
