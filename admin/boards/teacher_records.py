"""What a teacher recorded in a semester, register by register, and what was excused."""

from __future__ import annotations

from datetime import date
from functools import reduce
from operator import add
from typing import Any

from flask import url_for
from peewee import Select, Value, fn

from compliance.judged.sources import named_acting
from compliance.ordered.reading import day, day_text
from models.core.actor import Actor
from models.core.database import database
from models.core.display import Page
from models.core.gates import rows, surface
from models.core.register import REGISTERS, Register, register_of
from models.core.rights import may
from models.core.school_calendar import SemesterSpan
from models.core.semester_records import in_semester
from models.core.spans import holds_within
from models.kept.pairings import Excuse, Pairing

# Columns of an excuse on the page; its own page has the rest.
EXCUSE_COLUMNS = 7


def records_of(actor: Actor, semester: SemesterSpan, staff: int) -> list[dict[str, Any]]:
    """Return per register how many acts of the semester name the teacher; one query."""
    parts: list[Any] = []
    for register in REGISTERS.values():
        if not register.happened or not register.act_by or register.sealed or register.parent:
            continue
        if not may(actor, "read", register):
            continue
        parts.append(_counted(actor, register, semester, staff, len(parts)))
    if not parts:
        return []
    found = [one for one in reduce(add, parts).bind(database).tuples() if one[1]]
    found.sort(key=lambda one: -one[1])
    return [_told(actor, REGISTERS[slug], staff, count, day(last)) for slug, count, last in found]


def _counted(
    actor: Actor, register: Register, semester: SemesterSpan, staff: int, number: int
) -> Any:
    acts = rows(actor, register).where(
        named_acting(register, frozenset({staff})), in_semester(register, semester, actor.today)
    )
    happened = getattr(register.model, register.happened)
    chosen = acts.select(day_text(happened).alias("day")).alias(f"acts{number}")
    return Select((chosen,), (Value(register.slug), fn.COUNT(chosen.c.day), fn.MAX(chosen.c.day)))


def _told(
    actor: Actor, register: Register, staff: int, count: int, last: date | None
) -> dict[str, Any]:
    """Return one line; the count leads to the list where the list can be filtered by teacher."""
    plain = [name for name in register.act_by if "." not in name]
    by = next((name for name in plain if name in surface(actor, register, "filter")), "")
    filtered: dict[str, Any] = {f"f.{by}": staff} if by else {}
    return {
        "url": url_for(f"{register.slug}.index_view", **filtered),
        "cells": [register.title, count, last.isoformat() if last else ""],
    }


def excuses_of(actor: Actor, semester: SemesterSpan, staff: int) -> dict[str, Any]:
    """Return the excuses of the teacher and of the pairings that touch the semester, as a table."""
    register = register_of(Excuse)
    paired = rows(actor, register_of(Pairing)).select(Pairing.id).where(Pairing.teacher == staff)
    found = rows(actor, register).where(
        (Excuse.teacher == staff) | Excuse.pairing.in_(paired),
        holds_within(Excuse, semester.first, semester.last),
    )
    page = Page(actor, register, list(found.order_by(Excuse.first.desc())), "list")
    columns = page.columns()[:EXCUSE_COLUMNS]
    return {
        "columns": [
            {"label": label, "card": min(place, 3)}
            for place, (_, label) in enumerate(columns, start=1)
        ],
        "rows": [
            {
                "url": url_for("excuse.detail", rid=record.id),
                "cells": [page.text(record, name) for name, _ in columns],
            }
            for record in page.records
        ],
    }
