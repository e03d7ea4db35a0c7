"""The duties that ship, checked against the registers, and which of them a school has to keep."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache

from compliance.ordered import conditions, needs, regulations
from compliance.ordered.duty import Duty, Source, written_duties
from compliance.ordered.in_force import in_force
from models.core import calendar
from models.core.conditions import refuse
from models.core.errors import BadDeclaration
from models.core.register import Register, find
from models.core.titles import given_by
from models.kept import REGISTERS


@cache
def duties() -> tuple[Duty, ...]:
    """Return all duties that ship; raises BadDeclaration naming duty, register and field."""
    for duty in written_duties():
        check(duty)
    return written_duties()


given_by("duty", lambda: {duty.code: duty.title for duty in written_duties()})


def duty_called(code: str, semester: str = "") -> Duty | None:
    """Return the duty of that code with the numbers of a semester, or None."""
    found = next((duty for duty in duties() if duty.code == code), None)
    return None if found is None else as_set(found, semester)


def check(duty: Duty) -> None:
    """Refuse a duty that names a register, field, word or need that is not declared."""
    odd = [clause for clause in duty.clauses if clause not in regulations.clauses()]
    if odd:
        raise BadDeclaration(f"任务 {duty.code} 的 clauses 里没有条款 {'、'.join(odd)}")
    for number, source, needed in duty.asked:
        filled = duty.parts[number].fields if duty.parts else duty.measure.fields
        _check_source(duty, source, needed, filled)
    if duty.event is not None:
        _check_source(duty, duty.event, (), _deadline_fields(duty))


def _deadline_fields(duty: Duty) -> tuple[str, ...]:
    named = duty.deadline.field if duty.deadline is not None else ""
    return (named,) if named else ()


def _check_source(duty: Duty, source: Source, needed: Iterable[str], filled: Iterable[str]) -> None:
    register = find(source.register)
    if register is None:
        raise BadDeclaration(f"任务 {duty.code} 引用的登记 {source.register} 不存在")
    conditions.check(f"任务 {duty.code}", register, source.where)
    needs.check(f"任务 {duty.code}", register, needed)
    for name in (*filled, *filter(None, [source.date])):
        if name not in register.fields:
            refuse(f"任务 {duty.code}", register, name, "登记里没有这个字段")
    amount = duty.measure.field
    if amount and amount not in register.fields and source in duty.sources:
        refuse(f"任务 {duty.code}", register, amount, "登记里没有这个字段")


def source_register(source: Source) -> Register:
    """Return the register a checked source reads."""
    return REGISTERS[source.register]


@cache
def systems_of_registers() -> Mapping[str, tuple[str, ...]]:
    """Return per register the ids of the systems with a clause that reads or names it, in order."""
    of_duty = {duty.code: duty.registers for duty in duties()}
    asking: dict[str, dict[str, None]] = defaultdict(dict)
    for clause in regulations.clauses().values():
        read = set(clause.registers).union(*(of_duty[code] for code in clause.duties))
        for slug in read:
            asking[slug][clause.system] = None
    return {slug: tuple(systems) for slug, systems in asking.items()}


def adopted_letters(semester: str = "") -> frozenset[str]:
    """Return the letters of the sets in force; all while the school has not chosen yet."""
    return in_force(semester).letters


def is_on(duty: Duty, semester: str = "") -> bool:
    """Return whether one of the duty's clauses is adopted in a semester."""
    return in_force(semester).asks(duty)


def duties_on(semester: str = "") -> tuple[Duty, ...]:
    """Return the duties an adopted clause asks for in a semester, with the school's numbers.

    They stand in the order they are declared.
    """
    found: tuple[Duty, ...] = calendar.remember(f"duties {semester}", lambda: _on(semester))
    return found


def _on(semester: str) -> tuple[Duty, ...]:
    force = in_force(semester)
    return tuple(force.apply(duty) for duty in duties() if force.asks(duty))


def as_set(duty: Duty, semester: str = "") -> Duty:
    """Return a duty with the numbers the school set for a semester, whether it is on or not."""
    return in_force(semester).apply(duty)


def fingerprint(semester: str = "") -> str:
    """Return a short text that changes when a duty in force in a semester changes."""
    found: str = calendar.remember(f"fingerprint {semester}", lambda: _fingerprint(semester))
    return found


def _fingerprint(semester: str) -> str:
    force = in_force(semester)
    said = repr((duties_on(semester), force.thresholds))
    return hashlib.sha256(said.encode()).hexdigest()[:16]
