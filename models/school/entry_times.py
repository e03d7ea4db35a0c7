"""How long short forms are open until they are saved: measured per register, nobody named.

A row holds the register, the seconds and the month; neither the person, the record nor the moment
is kept, so that nobody can be judged by it. Once enough were measured, their median stands in the
place of the estimate of what an entry costs (`compliance/told/burden.py`).
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from statistics import median_high
from typing import Any, NamedTuple

from peewee import AutoField, CharField, IntegerField

from models.core.database import Base

# Below, a form was filled in beforehand; above, it was left open over something else.
LEAST, MOST = 5, 20 * 60
# So many make a median, and so many of a register are kept.
ENOUGH, KEPT = 20, 400


class EntryTime(Base):
    """One form that was opened and saved: of which register, seconds per record, the month."""

    id = AutoField()
    register = CharField(max_length=40, index=True)
    seconds = IntegerField()
    month = CharField(max_length=7)

    class Meta:
        table_name = "entry_time"


class Measured(NamedTuple):
    """The median of a register's forms, in minutes, and of how many."""

    minutes: Fraction
    number: int


def note(register: str, seconds: float, records: int, day: date) -> None:
    """Note how long a form was open that made some records; what is no measure is left out."""
    each = round(seconds / max(records, 1))
    if each >= LEAST and seconds <= MOST:
        EntryTime.create(register=register, seconds=each, month=f"{day:%Y-%m}")


def measured() -> dict[str, Measured]:
    """Return the median of every register of which enough forms were measured; one query."""
    found: dict[str, list[int]] = {}
    newest: Any = EntryTime.select(EntryTime.register, EntryTime.seconds)
    for register, seconds in newest.order_by(EntryTime.id.desc()).tuples():
        taken = found.setdefault(register, [])
        if len(taken) < KEPT:
            taken.append(seconds)
    return {
        register: Measured(Fraction(median_high(taken), 60), len(taken))
        for register, taken in found.items()
        if len(taken) >= ENOUGH
    }


def forget_old() -> int:
    """Let go of all but the newest of each register; return how many."""
    gone = 0
    registers: Any = EntryTime.select(EntryTime.register).distinct().tuples()
    for (register,) in list(registers):
        own = EntryTime.register == register
        newest: Any = EntryTime.select(EntryTime.id).where(own).order_by(EntryTime.id.desc())
        kept = [one for (one,) in newest.limit(KEPT).tuples()]
        gone += EntryTime.delete().where(own, EntryTime.id < min(kept)).execute()
    return gone
