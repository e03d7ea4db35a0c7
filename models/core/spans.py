"""Days: when a dated row holds, and what lies between two days. Both ends are always included.

A row holds from its first day to its last one, the two fields its register declares as `span`. An
empty last day leaves it open; an empty first day, as of a telephone line whose opening nobody
remembers, lets it hold from the beginning of time. What ended and began again keeps its ended
stretches in a register of their own, declared as `earlier`: it holds on their days too.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from peewee import DateTimeField, fn

from models.core.database import all_of, any_of, living, within
from models.core.register import REGISTERS, register_of


def holds_on(model: Any, day: Any) -> Any:
    """Return the condition that a dated row holds on a day, which may also be a column."""
    return holds_within(model, day, day)


def not_over(model: Any, day: Any) -> Any:
    """Return the condition that a dated row has not ended before a day, whenever it began."""
    column = getattr(model, register_of(model).span[1])
    return column.is_null(True) | (column >= day)


def holds_within(model: Any, first: Any, last: Any) -> Any:
    """Return the condition that a dated row holds on some day between two."""
    since, until = register_of(model).span
    parts = []
    if since:
        column = getattr(model, since)
        begun = column <= last
        parts.append(column.is_null(True) | begun if column.null else begun)
    if until:
        parts.append(not_over(model, first))
    before = _earlier(model, first, last)
    return all_of(parts) if before is None else any_of([all_of(parts), before])


def _earlier(model: Any, first: Any, last: Any) -> Any | None:
    """The condition that one of a row's ended stretches lies there; None where it keeps none."""
    if not register_of(model).earlier:
        return None
    stretch, whose = _stretches(model)
    return within(model.id, living(stretch, whose, holds_within(stretch, first, last)))


def _stretches(model: Any) -> tuple[Any, Any]:
    """The table of a row's ended stretches, and its column that says whose they are."""
    stretches = REGISTERS[register_of(model).earlier]
    whose = next(getattr(stretches.model, s.name) for s in stretches.links if s.target is model)
    return stretches.model, whose


def first_day(model: Any) -> Any | None:
    """Return the first day a row ever held, as an expression; None where none is declared."""
    declared = register_of(model)
    if not declared.span[0]:
        return None
    since = getattr(model, declared.span[0])
    if not declared.earlier:
        return since
    stretch, whose = _stretches(model)
    began = getattr(stretch, register_of(stretch).span[0])
    # One row at most, so that a join never multiplies: the earliest of the ended ones.
    return fn.COALESCE(living(stretch, fn.MIN(began), whose == model.id), since)


def is_valid(since: date | None, until: date | None, day: date) -> bool:
    """Return whether a row with these ends holds on a day: `holds_on` for a row in memory."""
    return (since is None or since <= day) and (until is None or until >= day)


def between(column: Any, first: date, last: date) -> Any:
    """Return the condition that a date or moment lies between two days, the ends of time open."""
    moments = isinstance(column, DateTimeField)
    parts = []
    if first > date.min:
        parts.append(column >= (datetime.combine(first, time()) if moments else first))
    if last < date.max:
        after = last + timedelta(days=1)
        parts.append(column < (datetime.combine(after, time()) if moments else after))
    return all_of(parts)
