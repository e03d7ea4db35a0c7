"""The strip of one child's duties over the weeks, for the child's page."""

from __future__ import annotations

from typing import Any

from flask import url_for

from admin.board_page import period_of_week, weeks
from compliance.catalogue import duty_called
from compliance.evaluation import periods_of
from compliance.periods import Period
from compliance.store import Verdict, verdicts
from compliance.verdict import GRAVEST
from models import calendar
from models.actor import Actor
from models.school_calendar import SemesterSpan

# Duties shown at once; the others open below them.
STRIP_ROWS = 8


def child_strip(actor: Actor, child_id: int) -> dict[str, Any] | None:
    """Return what `boards/child_strip.html` shows: this semester's duties of one child by weeks.

    None when there is no semester or nothing is asked for the child within the actor's sight.
    """
    school_calendar = calendar.school_calendar()
    current = calendar.current_semester(actor.today)
    semester = school_calendar.semester(current.code) if current is not None else None
    if semester is None:
        return None
    found = verdicts(actor, semester.code, children=[child_id])
    made = [_row(one, semester, actor) for one in sorted(found, key=_gravest)]
    if not made:
        return None
    return {
        "title": semester.title,
        "columns": weeks(actor, semester),
        "rows": made[:STRIP_ROWS],
        "more": made[STRIP_ROWS:],
    }


def _gravest(verdict: Verdict) -> int:
    """Return the place of a verdict's gravest state, so that what is missed comes first."""
    states = [verdict.state(index) for index in range(len(verdict.counts))]
    return min((GRAVEST.index(state) for state in states if state in GRAVEST), default=99)


def _row(verdict: Verdict, semester: SemesterSpan, actor: Actor) -> dict[str, Any]:
    duty = duty_called(verdict.duty)
    assert duty is not None
    school_calendar = calendar.school_calendar()
    spans = periods_of(duty, semester, school_calendar)
    here: dict[str, Any] = {"code": duty.code, "subject": verdict.subject}
    cells = []
    for number in range(1, school_calendar.weeks(semester) + 1):
        index = period_of_week(spans, school_calendar.week_span(semester, number), actor)
        cells.append(_cell(verdict, spans, index, here))
    return {
        "title": duty.title,
        "url": url_for("boards.subject", **here),
        "cells": cells,
    }


def _cell(
    verdict: Verdict, spans: tuple[Period, ...], index: int | None, here: dict[str, Any]
) -> dict[str, Any]:
    if index is None:
        return {"state": "not-due", "title": "还没到，或这一周不要求"}
    state, period = verdict.state(index), spans[index]
    return {
        "state": state.slug,
        "title": f"{period.title}：{state.word}，{verdict.counts[index]} 次",
        "url": url_for("boards.subject", period=period.code, **here),
    }
