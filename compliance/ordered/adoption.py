"""Deciding what a school follows: documents, clauses set aside, numbers of its own — with reasons.

Every decision is a row from a semester on, written through the service and never changed; what
held before stays readable. A closed semester keeps the numbers it was judged by.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from compliance.ordered import needs as completeness
from compliance.ordered.burden_plan import entry_minutes, is_entered_by_teachers
from compliance.ordered.catalogue import as_set, duties, source_register
from compliance.ordered.duty import WEIGHED, Duty, MeasureKind
from compliance.ordered.in_force import (
    FREQUENCIES,
    NEEDED,
    STANDARD_FIELDS,
    in_force,
    is_clause,
    needs_in,
)
from compliance.ordered.periods import Frequency, Thresholds
from compliance.ordered.regulations import clauses
from models.core import service, toml
from models.core.actor import Actor
from models.core.errors import BadDeclaration, Invalid
from models.core.gates import every_row
from models.core.register import register_of
from models.core.toml import Declared, Slug, Text
from models.kept.school import ENTRY_MINUTES, REGULATION_SETS, STANDARDS, Adoption, DutySetting

CONFLICTS = Path(__file__).parent.parent / "data" / "conflicts.toml"
# Not every number may be set to anything: what is asked for at all cannot be less than one.
LEAST = {"权重": 0, "时限（天）": 0}
HEAVIEST = 5
# How many periods of a frequency a school year has, to tell which of two asks for more.
A_YEAR = {
    Frequency.SCHOOL_DAY: 200,
    Frequency.WEEK: 40,
    Frequency.TWO_WEEKS: 20,
    Frequency.HALF_MONTH: 20,
    Frequency.MONTH: 10,
    Frequency.QUARTER: 4,
    Frequency.SEMESTER: 2,
    Frequency.SCHOOL_YEAR: 1,
}


class Number(NamedTuple):
    """One number of a duty that may be set: its own value, and the school's with the reason."""

    what: str
    part: str
    shipped: str
    value: str
    reason: str = ""

    @property
    def is_own(self) -> bool:
        """Whether the school set it."""
        return bool(self.reason)


class Conflict(NamedTuple):
    """Adopted duties that bind the same act; `strictest` is None where ranges exclude each other.

    Then the school names the one that counts and sets the other clauses aside.
    """

    title: str
    duties: tuple[Duty, ...]
    strictest: Duty | None


def adopt(actor: Actor, what: str, semester: int, reason: str, *, adopted: bool = True) -> Any:
    """Adopt a document or a clause from a semester on, or set it aside.

    Raises Invalid when there is no such document or clause, no reason, or the semester is closed.
    """
    if what not in REGULATION_SETS and not (is_clause(what) and what in clauses()):
        raise Invalid({"what": "没有这份制度文本或这一条款，请从列表中选择"})
    raw = {"what": what, "adopted": adopted, "semester": semester, "reason": _said(reason)}
    return _decide(actor, Adoption, raw)


def set_number(
    actor: Actor, code: str, what: str, value: str, semester: int, reason: str, part: str = ""
) -> Any:
    """Set a number of a duty, or with an empty code a standard of judging, from a semester on.

    Raises Invalid when there is no such duty or number, the value makes no sense, or no reason is
    given.
    """
    if code:
        duty = next((one for one in duties() if one.code == code), None)
        known = (
            {(number.what, number.part) for number in numbers(duty)} if duty is not None else set()
        )
        if duty is None or (what, part) not in known:
            raise Invalid({"what": "这项任务没有这个数字，请从列表中选择"})
        _check_value(duty, what, value.strip())
    else:
        if what not in STANDARDS:
            raise Invalid({"what": "没有这个标准，请从列表中选择"})
        _whole(value.strip(), 0, 60)
    raw = {
        "duty": code or None,
        "part": part or None,
        "what": what,
        "value": value.strip(),
        "semester": semester,
        "reason": _said(reason),
    }
    return _decide(actor, DutySetting, raw)


def _decide(actor: Actor, model: Any, raw: dict[str, Any]) -> Any:
    return service.create(actor, register_of(model), {**raw, "decided_on": actor.today})


def _said(reason: str) -> str:
    if not reason.strip():
        raise Invalid({"reason": "请写明理由"})
    return reason.strip()


def _check_value(duty: Duty, what: str, value: str) -> None:
    if what == "频次":
        if value not in FREQUENCIES or FREQUENCIES[value] not in A_YEAR:
            raise Invalid({"value": "频次请从列表中选择"})
        return
    if what == NEEDED:
        _check_needs(duty, value)
        return
    _whole(value, LEAST.get(what, 1), HEAVIEST if what == "权重" else 1000)


def _check_needs(duty: Duty, value: str) -> None:
    for source in duty.sources:
        try:
            completeness.check(duty.code, source_register(source), needs_in(value))
        except BadDeclaration as error:
            raise Invalid({"value": str(error)}) from error


def _whole(value: str, least: int, most: int) -> None:
    if not (value.isascii() and value.isdigit()) or not least <= int(value) <= most:
        raise Invalid({"value": f"请写 {least} 到 {most} 的整数"})


def numbers(duty: Duty, semester: str = "") -> list[Number]:
    """Return the numbers of a duty that a school may set, with those it did set."""
    own = {(one.what, one.part): one for one in in_force(semester).settings.get(duty.code, ())}
    ours = dict(_numbers(duty))
    now = dict(_numbers(as_set(duty, semester)))
    found = []
    for key, shipped in ours.items():
        setting = own.get(key)
        reason = setting.reason if setting is not None else ""
        # What judges nobody is no part of the duty; the school's own word is the value.
        said = setting.value if setting and setting.what == ENTRY_MINUTES else None
        found.append(Number(*key, shipped, said or now.get(key, shipped), reason))
    return found


def _numbers(duty: Duty) -> Iterable[tuple[tuple[str, str], str]]:
    """What a duty says now, per number and part."""
    measure, limit = duty.measure, duty.deadline
    if duty.proposed and duty.every in A_YEAR:
        yield ("频次", ""), duty.every.word
    yield from _least(duty)
    optional = (
        # None allowed is no number to choose.
        ("上限", measure.most or None),
        ("时限（分钟）", measure.minutes),
        ("时限（天）", limit.days if limit is not None else None),
        ("时限（周）", limit.weeks if limit is not None else None),
        ("权重", duty.weight if duty.responsible in WEIGHED else None),
    )
    for what, number in optional:
        if number is not None:
            yield (what, ""), str(number)
    if duty.sources and duty.event is None:
        yield (NEEDED, ""), "、".join(duty.needs) or "无"
    if is_entered_by_teachers(duty):
        yield (ENTRY_MINUTES, ""), str(entry_minutes(duty))


def _least(duty: Duty) -> Iterable[tuple[tuple[str, str], str]]:
    kind = duty.measure.kind
    if duty.parts and kind is MeasureKind.COUNT:
        for part in duty.parts:
            yield ("次数", part.title), str(part.least)
    elif kind in (MeasureKind.COUNT, MeasureKind.SUM, MeasureKind.RANGE) and duty.measure.most != 0:
        yield ("次数", ""), str(duty.measure.least)


def standards(semester: str = "") -> list[Number]:
    """Return the standards of judging that hold for all duties, in days."""
    force, shipped = in_force(semester), Thresholds()
    rows = [row for row in history(None) if row.what in STANDARDS]
    reasons = {row.what: row.reason for row in reversed(rows)}
    return [
        Number(
            what,
            "",
            str(getattr(shipped, name)),
            str(getattr(force.thresholds, name)),
            reasons.get(what, ""),
        )
        for what, name in STANDARD_FIELDS.items()
    ]


def history(duty: Duty | None) -> list[Any]:
    """Return the decisions about a duty's numbers, or about the standards, newest first."""
    query = every_row(register_of(DutySetting)).order_by(DutySetting.id.desc())
    code = DutySetting.duty
    return list(query.where(code.is_null(True) if duty is None else code == duty.code))


def adoptions() -> list[Any]:
    """Return the decisions about documents and clauses, newest first."""
    return list(every_row(register_of(Adoption)).order_by(Adoption.id.desc()))


class Group(Declared, frozen=True):
    """Duties that bind the same act."""

    title: Text
    duties: tuple[Slug, ...]


class ConflictFile(Declared, frozen=True):
    """The file of the acts that several documents bind."""

    conflict: tuple[Group, ...]


@cache
def groups() -> tuple[Group, ...]:
    """The acts that several documents bind; every code is a duty's."""
    known = {duty.code for duty in duties()}
    found = toml.read(CONFLICTS, ConflictFile).conflict
    for group in found:
        unknown = sorted(set(group.duties) - known)
        if unknown:
            raise BadDeclaration(f"{CONFLICTS.name}：{group.title} 的 duties 没有任务 {unknown[0]}")
    return found


def conflicts(semester: str = "") -> list[Conflict]:
    """Return where adopted clauses bind the same act differently, the strictest named."""
    force = in_force(semester)
    on = {duty.code: force.apply(duty) for duty in duties() if force.asks(duty)}
    found = []
    for group in groups():
        bound = tuple(on[code] for code in group.duties if code in on)
        if len(bound) > 1:
            found.append(Conflict(group.title, bound, strictest(bound)))
    return found


def strictest(bound: Iterable[Duty]) -> Duty | None:
    """Return the duty that asks for most; None where no number can satisfy all of them."""
    listed = list(bound)
    most = [duty.measure.most for duty in listed if duty.measure.most is not None]
    if most and max(duty.measure.least for duty in listed) > min(most):
        return None
    return max(listed, key=_demand)


def _demand(duty: Duty) -> tuple[int, int, int]:
    """How much a duty asks for: acts in a year, then how narrow the range, then its needs."""
    a_year = A_YEAR.get(duty.every, 1) * duty.measure.least
    return a_year, -(duty.measure.most or 1000), len(duty.needs)
