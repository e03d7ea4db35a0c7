"""Reading many rows fast: plain tuples as the database gives them, dates turned over once each."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Any

from peewee import SQL, fn

from models.core.database import database


def tuples(query: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a query as the database gives them, without peewee's conversions.

    The query still passes the guard; a date may come as text or as a date, see `day`.
    """
    found: list[tuple[Any, ...]] = database.execute(query).fetchall()
    return found


def day_text(column: Any) -> Any:
    """Return the SQL expression of a date or a moment as text `2025-09-01`.

    Its numbers are written out: PostgreSQL takes an expression that is selected and grouped by for
    two, when each has parameters of its own.
    """
    return fn.SUBSTR(column.cast("TEXT"), SQL("1"), SQL("10"))


@lru_cache(maxsize=20_000)
def day(value: str | date | None) -> date | None:
    """Return the date the database gave, None when there is none; the same few come up again."""
    if isinstance(value, datetime):
        return value.date()
    if value is None or isinstance(value, date):
        return value
    return date.fromisoformat(value[:10])


def day_of(value: str | date | None) -> date:
    """Return the date the database gave, the beginning of time when there is none."""
    return day(value) or date.min
