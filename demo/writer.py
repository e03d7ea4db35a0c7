"""Writing many invented records in one transaction, by the same path as an import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from demo.roll import Ref, Roll
from models.core import service
from models.core.actor import Actor, system
from models.core.boxes import SYSTEM_ROLE
from models.core.bulk import Draft, Drafts
from models.core.register import Register, find

NAME = "示例学校"
# When the day's records are entered.
EVENING = time(20, 30)


@dataclass
class Row:
    """One record to be made, with its lines and what is filled in on later days.

    `staff` enters it. `alone` rows go through the service one by one, because a line's computed
    values ask the sheet it belongs to.
    """

    slug: str
    values: dict[str, Any]
    staff: int = 0
    lines: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    later: list[tuple[date, dict[str, Any]]] = field(default_factory=list)
    alone: bool = False
    ref: Ref = field(default_factory=lambda: Ref(0))


@dataclass
class Change:
    """Values filled in later on a record made before."""

    slug: str
    ref: Ref
    values: dict[str, Any]


def registered(slug: str) -> Register:
    """Return the register called `slug`."""
    declared = find(slug)
    if declared is None:
        raise LookupError(f"no register is called {slug}")
    return declared


def acting(roll: Roll, day: date, staff: int = 0, at: time = EVENING) -> Actor:
    """Return the system writing in the name of a member of staff on the evening of `day`."""
    return Actor(
        role=SYSTEM_ROLE,
        now=datetime.combine(day, at),
        user_id=roll.users.get(staff),
        staff_id=staff or None,
        name=NAME,
        origin=NAME,
    )


class Pen:
    """One transaction's records; add them register by register, then write."""

    def __init__(self, roll: Roll, actor: Actor) -> None:
        self.roll = roll
        self.actor = actor
        self.drafts = Drafts(actor)
        self._open: list[tuple[Draft, Ref]] = []

    def change(self, changes: Sequence[Change]) -> None:
        """Prepare what is filled in on records made earlier."""
        by_slug: dict[str, list[Change]] = {}
        for change in changes:
            by_slug.setdefault(change.slug, []).append(change)
        for slug, group in by_slug.items():
            wanted = [(change.ref.record, change.values) for change in group]
            for found, change in zip(
                self.drafts.changed(registered(slug), wanted), group, strict=True
            ):
                if found is not None:
                    _demand(found, slug, change.values)

    def add(self, slug: str, rows: Sequence[Row]) -> None:
        """Prepare new records of one register, then their lines."""
        made = self.drafts.new(registered(slug), [_settled(row.values) for row in rows])
        by_line: dict[str, list[dict[str, Any]]] = {}
        for found, row in zip(made, rows, strict=True):
            draft = _demand(found, slug, row.values)
            draft.record.entered_by = draft.record.changed_by = self.roll.users.get(row.staff)
            row.ref.number, row.ref.record = draft.number, draft.record
            self._open.append((draft, row.ref))
            for line, values in row.lines:
                parent = registered(line).parent
                by_line.setdefault(line, []).append({**values, parent: draft.number})
        for line, raws in by_line.items():
            for found, raw in zip(self.drafts.new(registered(line), raws), raws, strict=True):
                _demand(found, line, raw)

    def write(self, current: service.Work) -> None:
        """Write all that was prepared."""
        self.drafts.write(current)
        for draft, ref in self._open:
            ref.number = self.drafts.number_of(draft)
        self._open = []


def _settled(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with the numbers of the records of the same work."""
    return {name: v.number if isinstance(v, Ref) else v for name, v in values.items()}


def _demand(found: Any, slug: str, values: Mapping[str, Any]) -> Draft:
    """Return the draft; an invented record that is refused is a mistake in the data."""
    if isinstance(found, Draft):
        return found
    told = getattr(found, "errors", None) or found
    raise ValueError(f"the demo data of {slug} is refused: {told}; {dict(values)}")


def write_alone(roll: Roll, day: date, row: Row, current: service.Work) -> None:
    """Write one record with its lines through the service."""
    lines: dict[str, list[service.LineInput]] = {}
    for slug, values in row.lines:
        lines.setdefault(slug, []).append(service.LineInput(values))
    actor = acting(roll, day, row.staff)
    record = service.create(actor, registered(row.slug), row.values, lines, current=current)
    row.ref.number, row.ref.record = record.id, record


def founder(day: date) -> Actor:
    """Return the system on the morning the school began to keep its registers."""
    return system(datetime.combine(day, time(8, 0)), NAME)
