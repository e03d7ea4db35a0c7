"""Whose the duties of school and office are: the department that answers for each.

The shipped list names usual departments by archive box; the school reassigns single duties in the
register 任务归口部门. A duty whose department the school does not have is unassigned, and listed.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time
from functools import cache
from pathlib import Path

from compliance.evaluated.facts import Count
from compliance.evaluated.score import Line
from compliance.evaluated.year import Year
from compliance.judged.store import totals
from compliance.judged.verdict import Credits, State
from compliance.ordered.catalogue import duties, duties_on
from compliance.ordered.duty import WEIGHED, Duty
from models.core import toml
from models.core.actor import system
from models.core.boxes import Box
from models.core.errors import BadDeclaration
from models.core.gates import every_row
from models.core.register import REGISTERS, register_of
from models.core.toml import Declared
from models.kept.evaluation import DutyDepartment
from models.kept.leadership import Department

DATA = Path(__file__).parent.parent / "data" / "departments.toml"


class DepartmentFile(Declared, frozen=True):
    """Usual departments by name, each with the numbers of the archive boxes it keeps."""

    departments: dict[str, tuple[str, ...]] = {}


@cache
def usual() -> dict[str, str]:
    """Return the usual department of each archive box by its number; BadDeclaration when wrong."""
    known = {box.number for box in Box}
    found: dict[str, str] = {}
    for name, numbers in toml.read(DATA, DepartmentFile).departments.items():
        for number in numbers:
            if number not in known or number in found:
                raise BadDeclaration(f"{DATA.name}：{name} 的档案盒 {number} 不存在或写了两次")
            found[number] = name
    return found


def _usual_for(duty: Duty) -> str:
    """The usual department of the box that the first register read for a duty stands in."""
    return usual().get(REGISTERS[duty.registers[0]].box.number, "")


def is_of_department(duty: Duty) -> bool:
    """Return whether a department may answer for a duty: one of school or office."""
    return duty.responsible in ("school", "office") and duty.responsible not in WEIGHED


def assigned() -> dict[str, int]:
    """Return per duty of school or office the id of the department answering for it."""
    named = {row.name: row.id for row in every_row(register_of(Department))}
    found = {
        duty.code: named[name]
        for duty in duties()
        if is_of_department(duty) and (name := _usual_for(duty)) in named
    }
    for row in every_row(register_of(DutyDepartment)):
        found[row.duty] = row.department_id
    return found


def unassigned() -> list[Duty]:
    """Return the duties of school and office in force that no department answers for."""
    known = assigned()
    return [duty for duty in duties_on() if is_of_department(duty) and duty.code not in known]


def department_lines(year: Year, today: date, credits_: Credits) -> dict[int, list[Line]]:
    """Return per department the duties it answers for with what was counted, each of weight 1."""
    from_duty = assigned()
    found: dict[int, dict[str, Line]] = {row.id: {} for row in every_row(register_of(Department))}
    actor = system(datetime.combine(today, time.max))
    for term in year.terms(today):
        sums = totals(actor, term.code)
        for duty in duties_on(term.code):
            department = from_duty.get(duty.code)
            if department not in found or duty.code not in sums or not is_of_department(duty):
                continue
            letters: Counter[str] = Counter()
            for counted in sums[duty.code].periods:
                letters.update(counted)
            letters.pop(State.NOT_DUE.value, None)
            count = Count(letters)
            before = found[department].get(duty.code)
            if before is not None:
                count += before.counted
            found[department][duty.code] = Line(duty, count, count.credit(credits_), 1, duty.title)
    return {department: list(own.values()) for department, own in found.items()}
