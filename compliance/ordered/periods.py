"""Periods: the stretches of time in which a duty must be met (docs/rules.md, Calendar).

A period belongs to one semester. A month or quarter that reaches into two semesters is judged
once, with the semester of its last school day; a school year is shown in both of its semesters
under one code, so whoever adds up a year counts each code once.
"""

from __future__ import annotations

import calendar as gregorian
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from models.core.school_calendar import DAY, WEEK, SchoolCalendar, SemesterSpan


class Frequency(StrEnum):
    """How often a duty falls due."""

    SCHOOL_DAY = "school-day"
    WEEK = "week"
    TWO_WEEKS = "two-weeks"
    HALF_MONTH = "half-month"
    MONTH = "month"
    QUARTER = "quarter"
    SEMESTER = "semester"
    SCHOOL_YEAR = "school-year"
    ONCE = "once"
    EVENT = "event"
    NOW = "now"

    @property
    def word(self) -> str:
        """The Chinese word shown to users."""
        return WORDS[self]


WORDS = {
    Frequency.SCHOOL_DAY: "每个上课日",
    Frequency.WEEK: "每周",
    Frequency.TWO_WEEKS: "每两周",
    Frequency.HALF_MONTH: "每半月",
    Frequency.MONTH: "每月",
    Frequency.QUARTER: "每季度",
    Frequency.SEMESTER: "每学期",
    Frequency.SCHOOL_YEAR: "每学年",
    Frequency.ONCE: "一次",
    Frequency.EVENT: "每次发生",
    Frequency.NOW: "随时保持",
}


@dataclass(frozen=True)
class Thresholds:
    """The school's settings for verdicts, all in days.

    A period up to a month with fewer school days is excused; a quarter, semester or year asks for
    `active_days` school days on which the subject was active; a record entered more than
    `backfill_days` days after it happened is back-filled (补录).
    """

    week_days: int = 3
    two_weeks_days: int = 5
    half_month_days: int = 5
    month_days: int = 10
    active_days: int = 20
    backfill_days: int = 7


@dataclass(frozen=True)
class Period:
    """One stretch of time a duty is judged for; all dates are included.

    `first` and `last` bound the period: after `last` it is over, and the class teacher of `last`
    answers for it. A record belongs to the period when it happened from `counts_from` to
    `counts_until`, which reach further where a holiday counts. `needed` is the least number of
    school days; `whole` says that the subject must be active on all of them. `deadline` lies
    inside a period that asks to be early.
    """

    code: str
    title: str
    first: date
    last: date
    counts_from: date
    counts_until: date
    school_days: int
    needed: int
    whole: bool
    frequency: Frequency
    deadline: date | None = None

    @property
    def due_until(self) -> date:
        """The last day on which the duty is still open: the deadline where there is one."""
        return self.last if self.deadline is None else min(self.last, self.deadline)


def periods(
    frequency: Frequency,
    semester: SemesterSpan,
    calendar: SchoolCalendar,
    thresholds: Thresholds | None = None,
    deadline_weeks: int | None = None,
) -> tuple[Period, ...]:
    """The periods of a duty in one semester, in order of time.

    `deadline_weeks` sets the deadline to the Sunday of that teaching week. A duty per event has
    none here: `event_period` makes one for each event.
    """
    made = tuple(_made(frequency, semester, calendar, thresholds or Thresholds()))
    if deadline_weeks is None:
        return made
    deadline = calendar.week_span(semester, deadline_weeks)[1]
    return tuple(replace(period, deadline=deadline) for period in made)


def event_period(code: str, happened: date, days: int) -> Period:
    """The period of one event that must be answered within `days` days; a later answer is late."""
    last = happened + timedelta(days=days)
    return Period(
        code=code,
        title=f"{happened.year}年{happened.month}月{happened.day}日起{days}天内",
        first=happened,
        last=last,
        counts_from=happened,
        counts_until=date.max,
        school_days=0,
        needed=0,
        whole=False,
        frequency=Frequency.EVENT,
        deadline=last,
    )


def _made(
    frequency: Frequency, semester: SemesterSpan, calendar: SchoolCalendar, limits: Thresholds
) -> Iterator[Period]:
    """The periods of one frequency, without deadline."""
    match frequency:
        case Frequency.SCHOOL_DAY:
            return _school_days(semester, calendar)
        case Frequency.WEEK:
            return _weeks(semester, calendar, 1, limits.week_days)
        case Frequency.TWO_WEEKS:
            return _weeks(semester, calendar, 2, limits.two_weeks_days)
        case Frequency.HALF_MONTH | Frequency.MONTH | Frequency.QUARTER:
            return _calendar_periods(frequency, semester, calendar, limits)
        case Frequency.SEMESTER:
            return _semester(semester, calendar, limits)
        case Frequency.SCHOOL_YEAR:
            return _school_year(semester, calendar, limits)
        case Frequency.ONCE:
            return _once(semester, calendar, limits)
        case Frequency.NOW:
            return _now(semester, calendar)
        case Frequency.EVENT:
            return iter(())


def _school_days(semester: SemesterSpan, calendar: SchoolCalendar) -> Iterator[Period]:
    for day in calendar.list_school_days(semester.first, semester.last):
        yield Period(
            code=day.isoformat(),
            title=f"{day.month}月{day.day}日",
            first=day,
            last=day,
            counts_from=day,
            counts_until=day,
            school_days=1,
            needed=1,
            whole=True,
            frequency=Frequency.SCHOOL_DAY,
        )


def _weeks(
    semester: SemesterSpan, calendar: SchoolCalendar, together: int, needed: int
) -> Iterator[Period]:
    """Teaching weeks, singly or in pairs; an odd last week stands alone."""
    in_all = calendar.weeks(semester)
    for start in range(1, in_all + 1, together):
        end = min(start + together - 1, in_all)
        first = calendar.week_span(semester, start)[0]
        sunday = first + (end - start + 1) * WEEK - DAY
        last = min(sunday, semester.last)
        one = start == end
        yield Period(
            code=f"w{start:02}" if one else f"w{start:02}-{end:02}",
            title=f"第{start}周" if one else f"第{start}—{end}周",
            first=first,
            last=last,
            counts_from=first,
            counts_until=sunday,
            school_days=calendar.school_days(first, last),
            needed=needed,
            whole=True,
            frequency=Frequency.WEEK if together == 1 else Frequency.TWO_WEEKS,
        )


def _calendar_periods(
    frequency: Frequency, semester: SemesterSpan, calendar: SchoolCalendar, limits: Thresholds
) -> Iterator[Period]:
    """Half months, months and quarters whose last school day lies in this semester."""
    opening = calendar.first_school_day(semester)
    closing = calendar.last_school_day(semester.first, semester.last) or semester.last
    following = calendar.following(semester)
    for code, title, first, end in _spans(frequency, opening, closing):
        if following is not None and calendar.first_school_day(following) <= end:
            continue
        last = min(end, semester.last)
        if frequency is Frequency.QUARTER:
            last = calendar.last_school_day(first, last) or last
        yield Period(
            code=code,
            title=title,
            first=first,
            last=last,
            counts_from=first,
            counts_until=end,
            school_days=calendar.school_days(first, last),
            needed={
                Frequency.HALF_MONTH: limits.half_month_days,
                Frequency.MONTH: limits.month_days,
            }.get(frequency, limits.active_days),
            whole=frequency is not Frequency.QUARTER,
            frequency=frequency,
        )


def _spans(
    frequency: Frequency, opening: date, closing: date
) -> Iterator[tuple[str, str, date, date]]:
    """Code, title, first and last day of each calendar period from `opening` to `closing`."""
    step = 3 if frequency is Frequency.QUARTER else 1
    # Months are counted from year 0, so a quarter begins at each multiple of three.
    index = (opening.year * 12 + opening.month - 1) // step * step
    while index <= closing.year * 12 + closing.month - 1:
        for span in _spans_begun(frequency, index // 12, index % 12 + 1):
            if span[2] <= closing and span[3] >= opening:
                yield span
        index += step


def _spans_begun(frequency: Frequency, year: int, month: int) -> list[tuple[str, str, date, date]]:
    """The half months, the month, or the quarter that begin with one calendar month."""
    code, title, first = f"{year}-{month:02}", f"{year}年{month}月", date(year, month, 1)
    if frequency is Frequency.QUARTER:
        quarter = (month + 2) // 3
        end = _month_end(year, month + 2)
        return [(f"{year}q{quarter}", f"{year}年第{quarter}季度", first, end)]
    if frequency is Frequency.MONTH:
        return [(code, title, first, _month_end(year, month))]
    middle = date(year, month, 15)
    return [
        (f"{code}a", f"{title}上半月", first, middle),
        (f"{code}b", f"{title}下半月", middle + DAY, _month_end(year, month)),
    ]


def _month_end(year: int, month: int) -> date:
    """The last day of a month."""
    return date(year, month, gregorian.monthrange(year, month)[1])


def _semester(
    semester: SemesterSpan, calendar: SchoolCalendar, limits: Thresholds
) -> Iterator[Period]:
    """The semester is over on its last day; what happens in the holiday after it still counts."""
    yield Period(
        code=semester.code,
        title=semester.title,
        first=semester.first,
        last=semester.last,
        counts_from=semester.first,
        counts_until=calendar.counts_until(semester),
        school_days=calendar.school_days(semester.first, semester.last),
        needed=limits.active_days,
        whole=False,
        frequency=Frequency.SEMESTER,
    )


def _school_year(
    semester: SemesterSpan, calendar: SchoolCalendar, limits: Thresholds
) -> Iterator[Period]:
    """The school year, to 31 August whatever semesters are entered (docs/rules.md)."""
    code = semester.school_year
    own = [span for span in calendar.semesters if span.school_year == code]
    first = own[0].first
    last = max(date(int(code[-4:]), 8, 31), own[-1].last)
    yield Period(
        code=code,
        title=semester.title.partition("第")[0],
        first=first,
        last=last,
        counts_from=first,
        counts_until=max(last, calendar.counts_until(own[-1])),
        school_days=calendar.school_days(first, own[-1].last),
        needed=limits.active_days,
        whole=False,
        frequency=Frequency.SCHOOL_YEAR,
    )


def _once(semester: SemesterSpan, calendar: SchoolCalendar, limits: Thresholds) -> Iterator[Period]:
    """Once for ever, looked at in this semester: any earlier record will do."""
    found = next(_semester(semester, calendar, limits))
    yield replace(found, code="once", title="一次", counts_from=date.min, frequency=Frequency.ONCE)


def _now(semester: SemesterSpan, calendar: SchoolCalendar) -> Iterator[Period]:
    """A state that must hold on every day; judged on the day asked, of a past semester its last.

    That is the last day before the next one begins.
    """
    yield Period(
        code="now",
        title="现状",
        first=semester.first,
        last=semester.last,
        counts_from=date.min,
        counts_until=calendar.counts_until(semester),
        school_days=calendar.school_days(semester.first, semester.last),
        needed=0,
        whole=False,
        frequency=Frequency.NOW,
    )
