"""Which records of a register belong to a semester, and when they last changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from peewee import fn

from exports.bundle.declaration import SCHOOL_YEAR, Source
from exports.bundle.reach import Reach
from models.core import calendar
from models.core.actor import Actor
from models.core.audit import last_change
from models.core.conditions import condition
from models.core.gates import rows
from models.core.listing import in_parts, sorted_by
from models.core.register import Register, find, register_of
from models.core.semester_records import in_semester
from models.core.spans import holds_within
from models.core.whose import child_column
from models.kept.school import School, Semester

CHUNK = 500
# What of the settings is printed, or decides what is printed of a child.
PRINTED_SETTINGS = frozenset({"name", "home_name", "away_months"})
PRINTED_TERM = frozenset({"code", "title", "first_day", "last_day"})


def selected(actor: Actor, register: Register, source: Source, reach: Reach) -> Any:
    """Return the query of the actor's rows of one register that a source takes."""
    query = rows(actor, register)
    terms = source.within(reach).terms
    semester = terms[-1]
    if source.during:
        until = calendar.school_calendar().counts_until(semester)
        query = query.where(holds_within(register.model, terms[0].first, until))
    else:
        year = calendar.school_calendar().first_of_year(semester)
        back_to = year if source.per == SCHOOL_YEAR else terms[0]
        query = query.where(in_semester(register, semester, reaching_back_to=back_to))
    return query.where(condition(register, source.where))


def chunks(query: Any, order: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield a query's records in order, some hundred at a time, so that memory stays flat."""
    found = query.select(query.model.id).order_by(*order)
    yield from in_parts(query, [number for (number,) in found.tuples()], CHUNK)


def book_order(reader: Actor, register: Register) -> list[Any]:
    """Return the order of a bound book: as declared, but by date from first to last."""
    name, _direction = sorted_by(reader, register, "")
    return [getattr(register.model, name), register.model.id]


def newest(query: Any) -> datetime | None:
    """Return when the newest change among a query's records was made, None without records."""
    model = query.model
    found: datetime | str | None = query.select(fn.MAX(model.changed_at)).scalar()
    return datetime.fromisoformat(found) if isinstance(found, str) else found


def newest_behind(
    actor: Actor, slugs: Iterable[str], register: Register, query: Any
) -> datetime | None:
    """Return when what a query's derived columns are worked out from changed last.

    `slugs` are registers about children; of them only the rows of the query's children count.
    """
    children = child_column(register)
    if not register.derived or children is None:
        return None
    registers = [declared for slug in slugs if (declared := find(slug)) is not None]
    # A query of its own for the numbers: columns cannot be added to one that is run elsewhere.
    ids = query.clone().select(children)
    return latest(
        newest(rows(actor, declared).where(column.in_(ids)))
        for declared in registers
        if (column := child_column(declared)) is not None
    )


def newest_setting(actor: Actor, reach: Reach) -> datetime | None:
    """Return when names and days of school and semesters, or what counts as away, changed last.

    The next semester's first day ends the holidays that belong to the one before it.
    """
    school, semester = register_of(School), register_of(Semester)
    known = rows(actor, semester).order_by(Semester.first_day)
    own = known.where(Semester.code.in_([term.code for term in reach.terms]))
    nearest = known.where(Semester.first_day > reach.last).limit(1)
    found = [
        last_change(school.slug, one.id, PRINTED_SETTINGS)
        for one in rows(actor, school).select(School.id)
    ]
    found += [last_change(semester.slug, row.id, PRINTED_TERM) for row in own]
    found += [last_change(semester.slug, row.id, frozenset({"first_day"})) for row in nearest]
    return latest(found)


def latest(moments: Iterable[datetime | None]) -> datetime | None:
    """Return the latest of the moments there are."""
    return max((moment for moment in moments if moment is not None), default=None)
