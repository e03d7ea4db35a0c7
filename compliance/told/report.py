"""The duties of a semester as plain data, for the command line and for whoever reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any

from compliance.judged.evaluation import periods_of
from compliance.judged.naming import has_records, names, standing_of
from compliance.judged.store import STATES, DutySum, Verdict, totals_of, verdicts_as_of
from compliance.judged.verdict import State
from compliance.ordered.catalogue import is_on
from compliance.ordered.duty import Duty
from models.core import calendar
from models.core.actor import Actor
from models.core.school_calendar import SemesterSpan


def report(
    actor: Actor, semester: SemesterSpan, as_of: date, duties: Iterable[Duty]
) -> dict[str, Any]:
    """Return all duties with their subjects, judged as of a day; only JSON types inside."""
    asked = list(duties)
    found = verdicts_as_of(actor, semester, as_of, asked)
    sums = totals_of(found)
    called = names(actor, found, as_of)
    grouped: dict[str, list[Verdict]] = {duty.code: [] for duty in asked}
    for verdict in found:
        grouped[verdict.duty].append(verdict)
    return {
        "as_of": as_of.isoformat(),
        "semester": semester.code,
        "semester_title": semester.title,
        "duties": [
            _told(duty, semester, sums.get(duty.code), grouped[duty.code], called) for duty in asked
        ],
    }


def _told(
    duty: Duty,
    semester: SemesterSpan,
    summed: DutySum | None,
    found: list[Verdict],
    called: dict[tuple[str, int], str],
) -> dict[str, Any]:
    periods = periods_of(duty, semester, calendar.school_calendar())
    summed = summed or DutySum(0, [Counter() for _ in periods])
    met, judged = summed.share()
    state = standing_of(duty, summed, has_records=has_records(duty))
    return {
        "code": duty.code,
        "title": duty.title,
        "clauses": list(duty.clauses),
        "on": is_on(duty, semester.code),
        "subject": duty.subject,
        "responsible": duty.responsible,
        "every": duty.every.value,
        "weight": duty.weight,
        "state": state.slug,
        "state_word": state.word,
        "met": met,
        "judged": judged,
        "share": round(met / judged, 4) if judged else None,
        "counts": _counts(sum(summed.periods, Counter())),
        "periods": [
            {
                "code": period.code,
                "title": period.title,
                "first": period.first.isoformat(),
                "last": period.last.isoformat(),
                "counts": _counts(counted),
            }
            for period, counted in zip(periods, summed.periods, strict=False)
        ],
        "subjects": [
            _subject(verdict, [period.code for period in periods], called) for verdict in found
        ],
    }


def _subject(
    verdict: Verdict, codes: list[str], called: dict[tuple[str, int], str]
) -> dict[str, Any]:
    return {
        "id": verdict.subject,
        "name": called[verdict.duty, verdict.subject],
        "child": verdict.child,
        "teacher": verdict.staff,
        "states": {
            code: STATES[letter].slug for code, letter in zip(codes, verdict.letters, strict=True)
        },
        "counted": dict(zip(codes, verdict.counts, strict=True)),
    }


def _counts(counted: Counter[str]) -> dict[str, int]:
    return {state.slug: counted[state.value] for state in State if counted[state.value]}
