"""Five numbers instead of one: work done, texts, equipment, permissions, plain records.

A text on a wall is no talk with a child, and what the product itself sees to is nobody's work; so
clauses are counted apart by what checks them. A clause checked in several ways is in several.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from compliance.checklists.hardware import POSTING, line_called
from compliance.judged.verdict import RECORDED, State
from compliance.ordered.catalogue import duty_called
from compliance.ordered.duty import Duty
from compliance.told.clause_state import (
    DUTY,
    LIST,
    ORDER,
    REGISTER,
    RIGHT,
    TEXT,
    Check,
    ClauseState,
)
from compliance.told.progress import Line
from models.core.register import register_of
from models.kept.regulations import Regulation

WORK, TEXTS, THINGS, RIGHTS, RECORDS = "work", "texts", "things", "rights", "records"
FIVE = (WORK, TEXTS, THINGS, RIGHTS, RECORDS)
# Done in time, and done late or entered late: told apart.
IN_TIME = frozenset({State.DONE})
LATE = frozenset({State.DONE_LATE, State.BACK_FILLED})


def kind_of(check: Check) -> str:
    """Return which of the five a check belongs to, "" for a document, which nothing judges."""
    if check.kind == TEXT:
        return TEXTS
    if check.kind == DUTY:
        duty = duty_called(check.code)
        return TEXTS if duty is not None and _asks_texts(duty) else WORK
    if check.kind == LIST:
        line = line_called(check.code)
        # A line of the archive list is work filed; what hangs on a wall is a text.
        return WORK if line is None else TEXTS if line.counted == POSTING else THINGS
    if check.kind == REGISTER:
        return RECORDS if check.records is not None else ""
    return RIGHTS if check.kind == RIGHT else ""


def _asks_texts(duty: Duty) -> bool:
    """Whether a duty asks for nothing but documents on file."""
    return set(duty.registers) == {register_of(Regulation).slug}


class Standing(NamedTuple):
    """One clause under one of the five: the slug of its state, and how it was met."""

    clause: ClauseState
    slug: str

    @property
    def met(self) -> bool:
        """Whether it was done in any way, or has records where it only keeps them."""
        return self.slug in MET_SLUGS

    @property
    def late(self) -> bool:
        """Whether it was done, but late or entered late."""
        return self.slug in {state.slug for state in LATE}


MET_SLUGS = frozenset({state.slug for state in IN_TIME | LATE} | {RECORDED})


def standings(found: Iterable[ClauseState], kind: str) -> dict[str, Standing]:
    """Return per adopted clause that belongs to one of the five how it stands there."""
    told = {}
    for clause_state in found:
        checks = [check for check in clause_state.checks if kind_of(check) == kind]
        if clause_state.adopted and checks:
            told[clause_state.clause.id] = Standing(clause_state, _slug(checks, kind))
    return told


def _slug(checks: list[Check], kind: str) -> str:
    if kind == RECORDS:
        some = any(check.records for check in checks)
        return RECORDED if some else State.NO_DATA.slug
    states = {check.state for check in checks}
    return next(state.slug for state in ORDER if state in states)


class Number(NamedTuple):
    """One of the five: of so many clauses so many met, of these so many late; and the states."""

    asked: int
    met: int
    late: int
    by_slug: Mapping[str, int]


def number(found: Mapping[str, Standing]) -> Number:
    """Return the sum of the clauses of one kind."""
    listed = found.values()
    return Number(
        len(found),
        sum(standing.met for standing in listed),
        sum(standing.late for standing in listed),
        Counter(standing.slug for standing in listed),
    )


class Due(NamedTuple):
    """What falls due next: the day, and the duties of that day with something open."""

    day: date
    duties: tuple[Duty, ...]


def next_due(lines: Iterable[Line], today: date) -> Due | None:
    """Return the nearest day on which something still open falls due, None when nothing is open."""
    open_: dict[date, list[Duty]] = {}
    for line in lines:
        if line.open and line.running is not None:
            open_.setdefault(line.periods[line.running].due_until, []).append(line.duty)
    days = [day for day in open_ if day >= today]
    return Due(min(days), tuple(open_[min(days)])) if days else None
