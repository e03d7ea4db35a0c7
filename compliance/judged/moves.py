"""Records that were moved to another day: since when each has stood where (duties.md, back-filled).

A record counts from its first entry; where it was moved into another period of a duty, it counts
for that period from the move. So what was written in time for one week does not fill another week
afterwards as if it had been. A move there and back is none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from compliance.ordered.reading import day_of, tuples
from models.core.gates import every_row
from models.core.register import Register, parent_register
from models.core.touches import DateMove


class Stay(NamedTuple):
    """One day a record has said it happened on, and since when it did."""

    happened: date
    since: date


class Moves:
    """All moves of the school, read once; few records were ever moved."""

    def __init__(self) -> None:
        move = DateMove
        query = move.select(
            move.register, move.record_id, move.from_day, move.to_day, move.moved_on
        )
        self._moved: defaultdict[str, defaultdict[int, list[str]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for slug, record, from_day, to_day, moved_on in tuples(query.order_by(move.id)):
            stays = self._moved[slug][record]
            if not stays:
                stays.append(f"{day_of(from_day)}")
            stays.append(f"{day_of(to_day)} {day_of(moved_on)}")

    def entered(
        self, register: Register, records: Iterable[int], days: Iterable[str]
    ) -> list[str] | None:
        """Return the days of entry with the stays of the moved records behind them, or None.

        None says that no record of the register was moved. A line moves with its record.
        """
        moved = self._of(register)
        if not moved:
            return None
        return [
            "|".join((day, *moved[record])) if record in moved else day
            for record, day in zip(records, days, strict=True)
        ]

    def _of(self, register: Register) -> dict[int, list[str]]:
        above = None if register.happened else parent_register(register)
        if above is None:
            return self._moved.get(register.slug, {})
        moved = self._of(above)
        if not moved:
            return {}
        parent = getattr(register.model, register.parent)
        lines = every_row(register).select(register.model.id, parent)
        return {line: moved[up] for line, up in tuples(lines.where(parent.in_(list(moved))))}


@lru_cache(maxsize=20_000)
def stays_of(entered: str) -> tuple[Stay, ...]:
    """Return where a record has stood, from the text `Moves.entered` gives; () if never moved."""
    day, *later = entered.split("|")
    if not later:
        return ()
    first, *moves = later
    found = [Stay(day_of(first), day_of(day))]
    for move in moves:
        to_day, moved_on = move.split(" ")
        found.append(Stay(day_of(to_day), day_of(moved_on)))
    return tuple(found)
