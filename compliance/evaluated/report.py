"""A year's evaluation as plain data: what the command prints, one entry per member of staff."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from compliance.evaluated.facts import Facts, facts
from compliance.evaluated.score import Line, facts_score, final, half_up, lines, year_end
from compliance.evaluated.sheets import credits_of, lines_on, proposal
from compliance.evaluated.year import Year
from compliance.judged.verdict import State
from models.core.gates import directory
from models.core.register import register_of
from models.kept.evaluation import OF_DEPARTMENT, point_sums, year_end_share
from models.kept.staff import Staff
from models.school.evaluations import newest, state_of, year_row

# Of a sheet nobody made yet.
NO_SHEET = "未建考核表"


def report(year: Year, today: date, staff: int | None = None) -> dict[str, Any]:
    """Return the figures of every teacher of a year, or of one; for the command line."""
    settings = year_row(year.code)
    sheets = {
        one.teacher_id: one
        for one in newest(year.code)
        if one.kind != OF_DEPARTMENT and staff in (None, one.teacher_id)
    }
    live = facts(year, today, None if staff is None else [staff])
    names = dict(directory(register_of(Staff), Staff.id, Staff.name).tuples())
    points = point_sums(list(sheets.values()))
    tenths = year_end_share()
    return {
        "year": year.code,
        "year_title": year.title,
        "as_of": today.isoformat(),
        "opened_on": None if settings is None else settings.opened_on.isoformat(),
        "of": number(tenths * 10),
        "teachers": [
            {
                "staff": who,
                "name": names.get(who, ""),
                **_figures(live.get(who), sheets.get(who), settings, points, today, tenths),
            }
            for who in sorted({*live, *sheets})
        ],
    }


def _figures(
    live: Facts | None,
    sheet: Any | None,
    settings: Any | None,
    points: dict[int, int],
    today: date,
    tenths: int,
) -> dict[str, Any]:
    if sheet is None:
        own = lines(live, credits_of(settings)) if live is not None else []
        exact = facts_score(own)
        score, given, step, outcome = final(exact), 0, NO_SHEET, None
    else:
        own, exact = lines_on(sheet), facts_score(lines_on(sheet))
        given, outcome = points.get(sheet.id, 0), sheet.outcome
        settled = sheet.decided_on is not None
        score = sheet.score if settled else proposal(sheet, settings, given)
        step = state_of(sheet, settings, today)
    return {
        "facts": [entry(one) for one in own],
        "facts_score": number(None if exact is None else half_up(exact * 100)),
        "points": number(given),
        "score": number(score),
        "share": number(year_end(score, tenths)),
        "outcome": outcome,
        "step": step,
    }


def entry(line: Line) -> dict[str, Any]:
    """Return one duty of a sheet as plain data; credits and shares are exact fractions as text."""
    return {
        "duty": line.duty.code,
        "title": line.title,
        "weight": line.weight,
        "judged": line.counted.judged,
        "counts": {one.slug: n for one in State if (n := line.counted.of(one))},
        "credit": str(line.credit),
        "share": None if line.share is None else str(Fraction(line.share)),
    }


def number(hundredths: int | None) -> str | None:
    """Return a number of hundredths as it is written, "82.44"; None stays None."""
    if hundredths is None:
        return None
    sign, whole = "-" if hundredths < 0 else "", abs(hundredths)
    return f"{sign}{whole // 100}.{whole % 100:02}"
