"""The strip of one child's duties over the weeks, for the child's page."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import url_for

from admin.boards.missed import since_last
from admin.boards.weeks import NOT_ASKED, periods_by_week, weeks
from admin.registers.short_forms import next_step
from compliance.judged.evaluation import periods_of
from compliance.judged.store import Verdict, verdicts
from compliance.judged.verdict import GRAVEST, State
from compliance.ordered.catalogue import duty_called
from compliance.ordered.duty import Duty
from compliance.ordered.periods import Frequency, Period
from compliance.told.progress import Share, latest, noun, share_of
from models.core import calendar
from models.core.actor import Actor
from models.core.school_calendar import SemesterSpan

# Duties shown at once; the others are a step away.
STRIP_ROWS = 8
# Acts named as the next to do.
OWED = 6
RHYTHM = tuple(Frequency)


def child_strip(actor: Actor, child_id: int, *, every: bool = False) -> dict[str, Any] | None:
    """Return what `boards/child_strip.html` shows: this semester's duties of one child by weeks.

    None when there is no semester or nothing is asked for the child within the actor's sight.
    The gravest duties stand first; unless `every` is asked for, they alone.
    """
    semester = calendar.current_span(actor.today)
    if semester is None:
        return None
    found = verdicts(actor, semester.code, children=[child_id])
    if not found:
        return None
    chosen = sorted(found, key=_gravest)[: None if every else STRIP_ROWS]
    return {
        "title": semester.title,
        "columns": weeks(actor, semester),
        "rows": [_row(verdict, semester, actor) for verdict in chosen],
        "left_out": len(found) - len(chosen),
        "share": _share(found),
        "owed": _owed(actor, semester, found),
        "around": _around(actor, child_id),
    }


def _share(found: list[Verdict]) -> Share:
    """Return the share met of all that was asked for the child in the semester so far."""
    return share_of(Counter("".join(verdict.letters for verdict in found)))


def _owed(actor: Actor, semester: SemesterSpan, found: list[Verdict]) -> list[dict[str, Any]]:
    """Return what is missed or open now, missed first and short rhythms first, one per act."""
    school_calendar = calendar.school_calendar()
    shown: dict[str, dict[str, Any]] = {}
    listed = []
    for verdict in found:
        duty = duty_called(verdict.duty)
        assert duty is not None
        spans = periods_of(duty, semester, school_calendar)
        index = latest(spans, actor.today)
        if index is not None and verdict.state(index) in (State.MISSED, State.DUE):
            listed.append((duty, verdict, spans[index], verdict.state(index)))
    listed.sort(key=lambda one: (GRAVEST.index(one[3]), RHYTHM.index(one[0].every)))
    for duty, verdict, period, state in listed:
        shown.setdefault(noun(duty), _step(actor, duty, verdict, period, state))
    return list(shown.values())[:OWED]


def _step(
    actor: Actor, duty: Duty, verdict: Verdict, period: Period, state: State
) -> dict[str, Any]:
    step = next_step(actor, duty, verdict)
    return {
        "state": state.slug,
        "text": duty.title,
        "note": period.title,
        "url": url_for(
            "boards.subject", code=duty.code, subject=verdict.subject, period=period.code
        ),
        "action_url": step["url"] if step else "",
        "action_word": step["word"] if step else "",
    }


def _around(actor: Actor, child_id: int) -> list[dict[str, Any]]:
    """Return how long ago each act was, as facts."""
    words, ago = since_last(actor, [child_id])
    return [
        {"label": f"上次{word}", "value": one}
        for word, one in zip(words, ago[child_id], strict=True)
    ]


def _gravest(verdict: Verdict) -> int:
    """Return the place of a verdict's gravest state, so that what is missed comes first."""
    states = [verdict.state(index) for index in range(len(verdict.counts))]
    return min((GRAVEST.index(state) for state in states if state in GRAVEST), default=99)


def _row(verdict: Verdict, semester: SemesterSpan, actor: Actor) -> dict[str, Any]:
    duty = duty_called(verdict.duty)
    assert duty is not None
    spans = periods_of(duty, semester, calendar.school_calendar())
    here: dict[str, Any] = {"code": duty.code, "subject": verdict.subject}
    return {
        "title": duty.title,
        "url": url_for("boards.subject", **here),
        "cells": [
            _cell(verdict, spans, index, here) for index in periods_by_week(spans, actor, semester)
        ],
    }


def _cell(
    verdict: Verdict, spans: tuple[Period, ...], index: int | None, here: dict[str, Any]
) -> dict[str, Any]:
    if index is None:
        return {"state": "not-due", "title": NOT_ASKED}
    state, period = verdict.state(index), spans[index]
    return {
        "state": state.slug,
        "title": f"{period.title}：{state.word}，{verdict.counts[index]} 次",
        "url": url_for("boards.subject", period=period.code, **here),
    }
