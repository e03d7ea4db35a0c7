"""Which records belong to a semester (duties.md): asked by every page, list, table and bundle."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from models.core import calendar
from models.core.actor import Actor
from models.core.database import EVERYTHING, within
from models.core.gates import every_row, rows
from models.core.listing import in_parts, ordering
from models.core.register import Register, parent_register
from models.core.school_calendar import SemesterSpan
from models.core.spans import between


def in_semester(
    register: Register,
    semester: SemesterSpan,
    as_of: date = date.max,
    *,
    reaching_back_to: SemesterSpan | None = None,
) -> Any:
    """Return the condition that a record belongs to a semester, as it stood on a day.

    A record that names a semester belongs to that one, whenever it happened. Others belong by the
    day they happened; acts in a holiday count for the semester just ended. A line belongs with its
    record; what has neither day nor semester, to every semester. `reaching_back_to` adds an
    earlier semester and those in between: a school year, up to the one asked about.
    """
    above = parent_register(register)
    if above is not None and not register.happened:
        inside = in_semester(above, semester, as_of, reaching_back_to=reaching_back_to)
        records = every_row(above).where(inside).select(above.model.id)
        return within(getattr(register.model, register.parent), records)
    begins = reaching_back_to or semester
    happened = getattr(register.model, register.happened) if register.happened else None
    named = calendar.semester_link(register)
    if not named:
        if happened is None:
            return EVERYTHING
        until = min(as_of, calendar.school_calendar().counts_until(semester))
        return between(happened, begins.first, until)
    column = getattr(register.model, named)
    numbers = [
        one.id for one in calendar.semesters() if begins.first <= one.first_day <= semester.first
    ]
    if happened is None:
        return column.in_(numbers)
    until = calendar.school_calendar().counts_until(semester)
    belongs = column.in_(numbers) | (column.is_null(True) & between(happened, begins.first, until))
    return belongs & between(happened, date.min, as_of)


def belongs_to_semesters(register: Register) -> bool:
    """Whether a register's records belong to one semester; else each belongs to every one."""
    above = parent_register(register)
    if above is not None and not register.happened:
        return belongs_to_semesters(above)
    return bool(register.happened or calendar.semester_link(register))


def semester_in_parts(
    actor: Actor, register: Register, semester: SemesterSpan | None
) -> Iterator[list[Any]]:
    """Yield the actor's records of a semester, of all time without one, in order of their list."""
    model, query = register.model, rows(actor, register)
    if semester is not None:
        query = query.where(in_semester(register, semester))
    found = query.select(model.id).order_by(*ordering(actor, register, ""))
    yield from in_parts(rows(actor, register), [number for (number,) in found.tuples()])
