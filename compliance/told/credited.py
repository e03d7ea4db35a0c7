"""What others entered in a colleague's name: who is credited by another is told.

Nothing is kept: the records of the last days say it themselves, so that nobody gets a message for
each of thirty lines a clerk types from paper.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import add
from typing import Any, NamedTuple

from peewee import Value

from compliance.judged.sources import named_acting
from compliance.ordered.reading import day_of, day_text, tuples
from models.core.actor import Actor
from models.core.gates import rows
from models.core.register import REGISTERS, Register

# Told for so many days after it was written.
DAYS = 7


class Credited(NamedTuple):
    """One record that names the colleague as acting, and the day of the act."""

    register: Register
    record_id: int
    happened: date


def credited(actor: Actor) -> list[Credited]:
    """Return what others wrote lately that names the actor as acting, newest first; one query.

    Only what the actor may read: a supervision names colleagues who do not see it. Empty without a
    staff record.
    """
    if actor.staff_id is None or actor.user_id is None:
        return []
    since = datetime.combine(actor.today - timedelta(days=DAYS), time())
    parts: list[Any] = []
    for register in REGISTERS.values():
        if register.act_by and register.happened and not register.sealed and not register.parent:
            model = register.model
            happened = day_text(getattr(model, register.happened))
            by_others = rows(actor, register).where(
                # An edit may name a colleague later; what one touched oneself is known.
                model.changed_at >= since,
                model.entered_by != actor.user_id,
                model.changed_by != actor.user_id,
                named_acting(register, frozenset({actor.staff_id})),
            )
            parts.append(by_others.select(Value(register.slug), model.id, happened))
    found = [
        Credited(REGISTERS[slug], number, day_of(day))
        for slug, number, day in tuples(reduce(add, parts))
    ]
    return sorted(found, key=lambda one: (one.happened, one.record_id), reverse=True)
