"""The homes of a school with village points: its own, and one at each point in use."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from peewee import SQL

from models.core import service
from models.core.actor import Actor
from models.core.database import database
from models.core.gates import every_row, rows
from models.core.places import MAIN
from models.core.register import register_of
from models.core.spans import holds_within
from models.kept.staff import SchoolClass, VillagePoint

POINTS, CLASSES = register_of(VillagePoint), register_of(SchoolClass)
# The column in which version 0.1 kept a class's point as typed text.
TYPED = "school_point"


class Home(NamedTuple):
    """A home: the number of its village point, None for the school's own; its name and days."""

    point: int | None
    name: str
    since: date = date.min
    until: date = date.max


def homes(first: date, last: date) -> list[Home]:
    """Return the school's own home and those of the points in use between two days, by name.

    A school without points has its own alone, and nobody calls it 本部 there.
    """
    query = every_row(POINTS).where(holds_within(VillagePoint, first, last))
    points = [
        Home(row.id, row.name, row.since, row.until or date.max)
        for row in query.order_by(VillagePoint.name)
    ]
    return [Home(None, MAIN if points else ""), *points]


def at(column: Any, point: int | None) -> Any:
    """Return the condition that a column names a point, the school's own home where it is None."""
    return column.is_null(True) if point is None else column == point


def take_over(actor: Actor) -> list[str]:
    """Make points of the names an older version kept with the classes; return them.

    Once only: where there is or was a point, the school has begun to keep them itself.
    """
    table = CLASSES.table
    present = {column.name for column in database.get_columns(table)}
    if TYPED not in present or rows(actor, POINTS, deleted=None).exists():
        return []
    typed = every_row(CLASSES).select(SchoolClass.id, SQL(f'"t1"."{TYPED}"')).tuples()
    named: dict[str, list[int]] = {}
    for school_class, name in typed:
        if name and name.strip() not in ("", MAIN):
            named.setdefault(name.strip(), []).append(school_class)
    if not named:
        return []
    with service.work(actor) as current:
        for name, classes in named.items():
            raw = {"name": name, "since": actor.today}
            point = service.create(actor, POINTS, raw, current=current)
            for row in rows(actor, CLASSES).where(SchoolClass.id.in_(classes)):
                change = {"point": point.id}
                service.update(actor, CLASSES, row.id, change, row.version, current=current)
    return list(named)
