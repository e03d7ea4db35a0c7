"""The duties that ship, checked against the registers, and which of them a school has to keep."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from compliance import conditions, needs
from compliance.duty import Duty, MeasureKind, Source, load_duties
from models import calendar
from models.errors import BadDeclaration
from models.register import Register, find
from models.registers import REGISTERS
from models.school import REGULATION_SETS

DATA = Path(__file__).parent / "data"

# The letter that the clauses of a set begin with, in the order of models.school.REGULATION_SETS.
SET_LETTERS = dict(zip(REGULATION_SETS, "SGQHZ", strict=True))


@cache
def duties() -> tuple[Duty, ...]:
    """Return all duties that ship; raises BadDeclaration naming duty, register and field."""
    loaded = load_duties(sorted((DATA / "duties").glob("*.toml")))
    for duty in loaded:
        check(duty)
    return loaded


def duty_called(code: str) -> Duty | None:
    """Return the duty of that code, or None."""
    return next((duty for duty in duties() if duty.code == code), None)


def check(duty: Duty) -> None:
    """Refuse a duty that names a register, field, word or need that is not declared."""
    for source in duty.sources:
        _check_source(duty, source, duty.needs)
    for part in duty.parts:
        for source in part.sources:
            _check_source(duty, source, (*duty.needs, *part.needs))


def _check_source(duty: Duty, source: Source, needed: Iterable[str]) -> None:
    register = find(source.register)
    if register is None:
        raise BadDeclaration(f"任务 {duty.code} 引用的登记 {source.register} 不存在")
    conditions.check(duty.code, register, source.where)
    needs.check(duty.code, register, needed)
    for name in duty.measure.fields:
        if name not in register.fields:
            conditions.refuse(duty.code, register, name, "登记里没有这个字段")
    amount = duty.measure.field
    if amount and amount not in register.fields and duty.measure.kind is not MeasureKind.EVENT:
        conditions.refuse(duty.code, register, amount, "登记里没有这个字段")


def source_register(source: Source) -> Register:
    """Return the register a checked source reads."""
    return REGISTERS[source.register]


def adopted_letters() -> frozenset[str]:
    """Return the letters of the sets the school adopted; all while it has not chosen yet."""
    school = calendar.school()
    chosen = (school.adopted or "") if school is not None else ""
    letters = frozenset(letter for word, letter in SET_LETTERS.items() if f"、{word}、" in chosen)
    return letters or frozenset(SET_LETTERS.values())


def is_on(duty: Duty) -> bool:
    """Return whether one of the duty's clauses is adopted."""
    letters = adopted_letters()
    return any(clause[0] in letters for clause in duty.clauses)


def duties_on() -> tuple[Duty, ...]:
    """Return the duties that an adopted clause asks for, in the order they are declared."""
    return tuple(duty for duty in duties() if is_on(duty))


def fingerprint() -> str:
    """Return a short text that changes when a duty or the adoption changes."""
    said = repr((duties(), sorted(adopted_letters())))
    return hashlib.sha256(said.encode()).hexdigest()[:16]
