"""Days: when a dated row holds, and what lies between two days. Both ends are always included.

A row holds from its first day to its last one, the two fields its register declares as `span`. An
empty last day leaves it open; an empty first day, as of a telephone line whose opening nobody
remembers, lets it hold from the beginning of time.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from peewee import DateTimeField

from models.core.database import all_of
from models.core.register import register_of


def holds_on(model: Any, day: Any) -> Any:
    """Return the condition that a dated row holds on a day, which may also be a column."""
    return holds_within(model, day, day)


def holds_within(model: Any, first: Any, last: Any) -> Any:
    """Return the condition that a dated row holds on some day between two."""
    since, until = register_of(model).span
    parts = []
    if since:
        column = getattr(model, since)
        begun = column <= last
        parts.append(column.is_null(True) | begun if column.null else begun)
    if until:
        column = getattr(model, until)
        parts.append(column.is_null(True) | (column >= first))
    return all_of(parts)


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
