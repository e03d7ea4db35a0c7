"""The board: four figures, duties by weeks, and the duties with their share met."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import url_for

from admin.boards.missed import count_missed
from admin.boards.trend import compared_with, said
from admin.boards.weeks import day, periods_by_week, state_in, weeks
from compliance.judged.naming import has_records, standing_of
from compliance.ordered.periods import Frequency
from compliance.told.progress import WEEKLY, Line, Share, lines, owed, running_share
from compliance.told.trend import Comparison, comparison
from models.core import calendar
from models.core.actor import Actor
from models.core.boxes import INSPECTOR, TEACHING
from models.core.school_calendar import SemesterSpan

# Rows of a heat map shown at once; the others open below it.
HEAT_ROWS = 12
# What comes round within a month shows its rhythm in weeks; the rest is in the list below.
RHYTHMS = frozenset(
    {
        Frequency.SCHOOL_DAY,
        Frequency.WEEK,
        Frequency.TWO_WEEKS,
        Frequency.HALF_MONTH,
        Frequency.MONTH,
    }
)

TILES = (
    ("本周", WEEKLY),
    ("本月", (Frequency.HALF_MONTH, Frequency.MONTH)),
    ("本学期", (Frequency.QUARTER, Frequency.SEMESTER, Frequency.SCHOOL_YEAR)),
)


# The ways to look at the same duties, by the word in the address.
VIEWS = (
    ("", "总览"),
    ("box", "按档案盒"),
    ("regulation", "按制度"),
    ("heat", "周次热力图"),
)


def board(actor: Actor, semester: SemesterSpan) -> dict[str, Any]:
    """Return what the board shows to this actor for a semester."""
    found = lines(actor, semester)
    compared = comparison(actor, semester, found)
    regular = sorted((one for one in found if one.duty.every in RHYTHMS), key=least_met)
    heat = [heat_row(line, actor, semester) for line in regular]
    listed = sorted((told(line, semester, compared) for line in found), key=worst_first)
    return frame(actor, semester, found, compared, "") | {
        "page_title": title(actor, found),
        "tiles": tiles(actor, found, semester),
        "weeks": weeks(actor, semester),
        "heat": heat[:HEAT_ROWS],
        "heat_more": heat[HEAT_ROWS:],
        "lines": [one for one in listed if not is_met(one)],
        "met": [one for one in listed if is_met(one)],
        "years_without_data": sorted(calendar.school_calendar().years_without_data),
        "may_enter": actor.role != INSPECTOR,
    }


def shown_lines(actor: Actor, semester: SemesterSpan) -> list[Line]:
    """Return the lines a view groups: all for the school, for a teacher those with own subjects."""
    found = lines(actor, semester)
    return [line for line in found if line.summed.subjects] if actor.role in TEACHING else found


def frame(
    actor: Actor, semester: SemesterSpan, found: list[Line], compared: Comparison, view: str
) -> dict[str, Any]:
    """Return what every view of the board begins with: the tabs, the share met, the comparison."""
    whole = sum((line.share() for line in found), Share(0, 0))
    previous = compared.previous
    return {
        "page_note": note(semester),
        "semester": semester,
        "views": [
            {
                "title": word,
                "url": url_for("boards.index", view=slug or None, semester=semester.code),
                "active": slug == view,
            }
            for slug, word in VIEWS
        ]
        + [
            {"title": "按班级", "url": url_for("boards.classes", semester=semester.code)},
            {"title": "按教师", "url": url_for("boards.teachers", semester=semester.code)},
        ],
        "whole": {"percent": whole.percent, "met": whole.met, "asked": whole.asked},
        "whole_trend": said(compared.whole()),
        "compared": compared_with(compared, actor.role),
        "previous_url": ""
        if previous is None
        else url_for("boards.index", view=view or None, semester=previous.code),
    }


def title(actor: Actor, found: list[Line]) -> str:
    """Return the answer to the board's question: what is still open, or how complete it all is."""
    if actor.role == INSPECTOR:
        whole = sum((line.share() for line in found), Share(0, 0)).percent
        return "本学期还没有应办的任务" if whole is None else f"本学期各项任务完成 {whole}%"
    if not found:
        return "还没有采用制度，所以没有应办的任务"
    return owed(found) or "眼下该做的都做了"


def note(semester: SemesterSpan) -> str:
    """Return which semester the board is about, and from when to when."""
    return f"{semester.title} · {day(semester.first)} 至 {day(semester.last)}"


def tiles(actor: Actor, found: list[Line], semester: SemesterSpan) -> list[dict[str, Any]]:
    """Return week, month, semester and the children nobody has talked to."""
    made = [tile(word, kinds, found, actor) for word, kinds in TILES]
    return [
        *made,
        {
            "title": "还没顾到",
            "figure": count_missed(actor),
            "of": "名学生",
            "note": "本周一到今天没有人谈过心，结没结对都算",
            "url": url_for("boards.missed"),
        },
    ]


def tile(word: str, kinds: Iterable[Frequency], found: list[Line], actor: Actor) -> dict[str, Any]:
    """Return the share met in the running periods of some frequencies."""
    whole = running_share(kinds, found, actor.today)
    if whole.percent is None:
        return {"title": word, "figure": "—", "note": "这段时间没有应办的任务"}
    rhythms = "、".join(kind.word for kind in kinds)
    return {
        "title": word,
        "figure": f"{whole.percent}%",
        "of": f"{whole.met} / {whole.asked} 项",
        "percent": whole.percent,
        "note": f"{rhythms}的任务，眼下这一期：做到的 ÷ 应做的",
        # What is still running is not yet bad, however little of it is done.
        "tone": "partly" if whole.percent < 100 and not whole.missed else "",
        "url": "#duties",
    }


def heat_row(line: Line, actor: Actor, semester: SemesterSpan) -> dict[str, Any]:
    """Return one duty over the weeks; a week shows the period in which it ends."""
    percent = line.share().percent
    return {
        "title": line.duty.title,
        "url": url_for("boards.duty", code=line.duty.code, semester=semester.code),
        "cells": [
            _cell(line, index, semester) for index in periods_by_week(line.periods, actor, semester)
        ],
        "number": "—" if percent is None else f"{percent}%",
    }


def _cell(line: Line, index: int | None, semester: SemesterSpan) -> dict[str, Any]:
    state, title, share = state_in(line, index)
    cell = {"state": state.slug, "title": title}
    if index is None or share is None:
        return cell
    period = line.periods[index].code
    url = url_for("boards.duty", code=line.duty.code, period=period, semester=semester.code)
    return cell | {
        "text": None if share.percent == 100 else share.percent,
        "url": url,
    }


def told(line: Line, semester: SemesterSpan, compared: Comparison) -> dict[str, Any]:
    """Return one duty for the list of duties, with what it is against last semester."""
    share = line.share()
    standing = standing_of(
        line.duty, line.summed, has_records=bool(share.met) or has_records(line.duty)
    )
    return {
        "code": line.duty.code,
        "title": line.duty.title,
        "url": url_for("boards.duty", code=line.duty.code, semester=semester.code),
        "state": standing.slug,
        "every": line.duty.every.word,
        "clauses": "、".join(line.duty.clauses),
        "proposed": line.duty.proposed,
        "percent": share.percent,
        "met": share.met,
        "asked": share.asked,
        "missed": share.missed,
        "open": line.open,
        "subjects": line.summed.subjects,
        "trend": said(compared.duties[line.duty.code]),
    }


def is_met(one: dict[str, Any]) -> bool:
    """Return whether nothing of a duty is missed or open; a duty without data is not met."""
    return bool(one["percent"] == 100)


def least_met(line: Line) -> tuple[bool, int]:
    """Return the place of a duty among others: least met first, what has no data last."""
    percent = line.share().percent
    return percent is None, percent or 0


def worst_first(one: dict[str, Any]) -> tuple[bool, int]:
    """Return the place of a told duty: least met first, what has no data last."""
    return one["percent"] is None, one["percent"] or 0
