"""Records a maker reads besides those it is asked about: within the reader's rows, as masked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from models.core.actor import Actor
from models.core.display import Page
from models.core.gates import rows
from models.core.register import register_of
from models.core.spans import between


@dataclass(frozen=True)
class Looked:
    """Some records of one register, and the page that tells their texts."""

    page: Page
    records: tuple[Any, ...]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.records)

    def __len__(self) -> int:
        return len(self.records)

    def text(self, record: Any | None, name: str) -> str:
        """Return what the reader sees in a field, "" when there is no record."""
        return self.page.text(record, name) if record is not None else ""

    @property
    def first(self) -> Any | None:
        """The first record, None when there is none."""
        return self.records[0] if self.records else None


def looked(reader: Actor, model: Any, *conditions: Any, order: Any = None) -> Looked:
    """Return the records of a model that the reader sees and that meet the conditions, in order.

    What happened after the reader's day is not known on it (docs/rules.md, Verdicts).
    """
    register = register_of(model)
    query = rows(reader, register)
    if register.happened and not register.planned:
        happened = getattr(model, register.happened)
        query = query.where(between(happened, date.min, reader.today))
    if conditions:
        query = query.where(*conditions)
    by = (order,) if order is not None else ()
    found = tuple(query.order_by(*by, model.id))
    return Looked(Page(reader, register, found, "pdf"), found)
