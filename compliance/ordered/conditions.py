"""The `where` of duties, clauses, lists and documents: `models.core.conditions`, as of a day.

Besides what that language asks of a record, a name may be one worked out for the day (`derived`).
"""

from __future__ import annotations

from datetime import date
from functools import reduce
from operator import and_
from typing import Any

from compliance.ordered.declaration import Filter
from compliance.ordered.derived import derived
from models.core import conditions
from models.core.register import Register


def condition(register: Register, where: Filter, on: date = date.max) -> Any:
    """Return the SQL condition that a record of `register` meets `where` on a day."""
    stored = {name: asked for name, asked in where.items() if not derived(register, name)}
    parts = [
        worked_out.condition(_words(asked), on)
        for name, asked in where.items()
        if (worked_out := derived(register, name)) is not None
    ]
    return reduce(and_, parts, conditions.condition(register, stored))


def check(said_by: str, register: Register, where: Filter) -> None:
    """Refuse a filter on a field or a word the register does not have, naming all three."""
    stored = {name: asked for name, asked in where.items() if not derived(register, name)}
    conditions.check(said_by, register, stored)
    for name in where.keys() - stored.keys():
        worked_out = derived(register, name)
        assert worked_out is not None
        for word in _words(where[name]):
            if word not in worked_out.words:
                conditions.refuse(said_by, register, name, f"没有“{word}”这个选项")


def _words(asked: Any) -> list[Any]:
    return asked if isinstance(asked, list) else [asked]
