"""When things happen at the invented school: a spec's periods cut into days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import groupby
from random import Random

from models.core.school_calendar import SchoolCalendar, SemesterSpan

Days = tuple[date, ...]
# Periods with fewer school days than this are left to the holidays (docs/rules.md, Calendar).
FEWEST = {"week": 3, "fortnight": 5, "month": 5}
HOLIDAY_DAYS = 40


def periods(every: str, calendar: SchoolCalendar, span: SemesterSpan) -> list[Days]:
    """Return the days of each period `every` makes of a semester, oldest first.

    `every` is day, week, fortnight, month, semester, or holiday: the days after the semester.
    """
    if every == "holiday":
        return [_holiday(calendar, span)]
    days = calendar.list_school_days(span.first, span.last)
    if every == "semester":
        return [days]
    monday = calendar.week_one(span)
    keys: dict[str, Callable[[date], object]] = {
        "day": lambda day: day,
        "week": lambda day: (day - monday).days // 7,
        "fortnight": lambda day: (day - monday).days // 14,
        "month": lambda day: (day.year, day.month),
    }
    found = [tuple(group) for _key, group in groupby(days, key=keys[every])]
    return [period for period in found if len(period) >= FEWEST.get(every, 1)]


def _holiday(calendar: SchoolCalendar, span: SemesterSpan) -> Days:
    following = calendar.following(span)
    until = following.first if following else span.last + timedelta(days=HOLIDAY_DAYS)
    return tuple(span.last + timedelta(days=n) for n in range(1, (until - span.last).days))


def pick(random: Random, days: Days, window: Sequence[float]) -> date:
    """Return a day of the period within the window, given as shares of its length."""
    last = len(days) - 1
    low, high = round(window[0] * last), round(window[1] * last)
    return days[random.randint(low, high)]
