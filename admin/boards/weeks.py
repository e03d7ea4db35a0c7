"""Weeks and the periods that end in them: the columns of a map of duties, and a cell's state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from compliance.judged.verdict import State
from compliance.ordered.periods import Period
from compliance.told.progress import Line, Share, share_of
from models.core import calendar
from models.core.actor import Actor
from models.core.school_calendar import SemesterSpan

NOT_ASKED = "还没到，或这一周不要求"


def day(moment: date) -> str:
    """Return a day as a person says it, 12月14日."""
    return f"{moment.month}月{moment.day}日"


def weeks(actor: Actor, semester: SemesterSpan) -> list[dict[str, Any]]:
    """Return the columns of the heat map: the teaching weeks."""
    return [
        {
            "label": str(number),
            "title": f"第{number}周，{day(monday)} 至 {day(sunday)}",
            "current": monday <= actor.today <= sunday,
        }
        for number, (monday, sunday) in enumerate(_spans(semester), start=1)
    ]


def periods_by_week(
    periods: Sequence[Period], actor: Actor, semester: SemesterSpan
) -> list[int | None]:
    """Return per teaching week the number of the period it ends in; weeks to come have none."""
    return [_period_of(periods, week, actor.today) for week in _spans(semester)]


def state_in(line: Line, index: int | None) -> tuple[State, str, Share | None]:
    """Return the state of one duty in a period, in words, and the share met where one is asked."""
    if index is None:
        return State.NOT_DUE, NOT_ASKED, None
    period, counted = line.periods[index], line.summed.periods[index]
    share = share_of(counted)
    if share.percent is None:
        state = State.EXCUSED if counted[State.EXCUSED.value] else State.NOT_DUE
        return state, f"{period.title}：{state.word}", None
    state = whole_state(counted[State.DUE.value], share)
    return state, f"{period.title}：{state.word}，{share.met} / {share.asked}", share


def whole_state(open_ones: int, share: Share) -> State:
    """Return what many subjects show together: all met, still running, or not met by all."""
    if share.met == share.asked:
        return State.DONE
    return State.MISSED if share.missed or not open_ones else State.DUE


def _spans(semester: SemesterSpan) -> list[tuple[date, date]]:
    school_calendar = calendar.school_calendar()
    count = school_calendar.weeks(semester)
    return [school_calendar.week_span(semester, number) for number in range(1, count + 1)]


def _period_of(periods: Sequence[Period], week: tuple[date, date], today: date) -> int | None:
    monday, sunday = week
    if monday > today:
        return None
    until = min(sunday, today)
    inside = [i for i, one in enumerate(periods) if one.first <= until and monday <= one.last]
    return inside[-1] if inside else None
