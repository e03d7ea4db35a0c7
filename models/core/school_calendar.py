"""The school's calendar: semesters, school days, teaching weeks (docs/rules.md, Calendar).

The calendar is built from the Semester and Holiday tables, which the school edits; nothing here
reads a database or the clock. The library of public holidays is read once, at set-up, by
`fill_holidays`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import accumulate, pairwise

from models.core.errors import BadValue

SATURDAY = 5
WEEK = timedelta(days=7)
DAY = timedelta(days=1)
ORDINALS = "一二三"

DAY_OFF = "休"
DAY_ON = "班"
# What a village point does on days of its own.
POINT_SHUT, POINT_OPEN = "停课", "上课"


def semester_title(code: str) -> str:
    """The semester's title as officials write it: `2025-2026-1` is 2025—2026学年第一学期.

    Raises BadValue when the code has another shape or the two years do not follow each other.
    """
    parts = code.split("-")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
        raise BadValue(f"学期编号“{code}”不对，请写成 2025-2026-1 的样子")
    start, end, number = (int(part) for part in parts)
    if end != start + 1 or not 1 <= number <= len(ORDINALS):
        raise BadValue(f"学期编号“{code}”不对，学年应是相连的两年，学期应是 1 或 2")
    return f"{year_title(f'{start}-{end}')}第{ORDINALS[number - 1]}学期"


def year_title(code: str) -> str:
    """The school year's title as officials write it: `2025-2026` is 2025—2026学年."""
    return f"{code.replace('-', '—')}学年"


@dataclass(frozen=True)
class SemesterSpan:
    """One semester: `first` and `last` are the first and last day, both included."""

    code: str
    first: date
    last: date
    title: str = ""

    def __post_init__(self) -> None:
        """Fill the title from the code; refuse a semester that ends before it begins."""
        title = semester_title(self.code)
        if self.last < self.first:
            raise BadValue(f"{self.code} 学期的结束日期早于开始日期，请改正")
        if not self.title:
            object.__setattr__(self, "title", title)

    @property
    def school_year(self) -> str:
        """The code of the school year, as `2025-2026`."""
        return self.code.rpartition("-")[0]

    @property
    def place(self) -> str:
        """Which semester of its school year it is, as 第一学期."""
        return f"第{ORDINALS[int(self.code.rpartition('-')[2]) - 1]}学期"

    def __contains__(self, day: date) -> bool:
        """Whether the day lies within the semester."""
        return self.first <= day <= self.last


@dataclass(frozen=True)
class SchoolCalendar:
    """All semesters and every day that is not what its weekday says.

    `day_off` holds public holidays, `day_on` make-up days, `overrides` the school's own word on
    single days (True: a school day), which goes before everything else. `years_without_data` are
    years for which the Holiday table is still empty: Monday to Friday count, and every board says
    so. `points` has per village point the days on which it differs from the school.
    """

    semesters: tuple[SemesterSpan, ...]
    day_off: frozenset[date] = frozenset()
    day_on: frozenset[date] = frozenset()
    overrides: Mapping[date, bool] = field(default_factory=dict)
    years_without_data: frozenset[int] = frozenset()
    points: Mapping[int, Mapping[date, bool]] = field(default_factory=dict)
    _base: int = field(default=0, init=False, repr=False, compare=False)
    _before: tuple[int, ...] = field(default=(0,), init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sort the semesters, refuse overlaps, and count the school days once."""
        ordered = tuple(sorted(self.semesters, key=lambda span: span.first))
        for earlier, later in pairwise(ordered):
            if later.first <= earlier.last:
                raise BadValue(f"{earlier.title}与{later.title}的日期有重叠，请改正")
        object.__setattr__(self, "semesters", ordered)
        edges = [day for span in ordered for day in (span.first, span.last)] + list(self.overrides)
        if edges:
            days = _days(min(edges), max(edges))
            counts = accumulate((int(self.is_school_day(day)) for day in days), initial=0)
            object.__setattr__(self, "_base", min(edges).toordinal())
            object.__setattr__(self, "_before", tuple(counts))

    def is_school_day(self, day: date) -> bool:
        """Whether children are at school: the override, else a working day within a semester."""
        override = self.overrides.get(day)
        if override is not None:
            return override
        if day in self.day_off or self.semester_on(day) is None:
            return False
        return day in self.day_on or day.weekday() < SATURDAY

    def at(self, point: int) -> SchoolCalendar:
        """Return the calendar of a village point: the school's, but for the point's own days."""
        own = self.points.get(point)
        return replace(self, overrides={**self.overrides, **own}, points={}) if own else self

    def anywhere(self) -> SchoolCalendar:
        """Return the calendar in which a day with school at any village point is one."""
        opened = {day for own in self.points.values() for day, is_open in own.items() if is_open}
        if not opened:
            return self
        return replace(self, overrides={**self.overrides, **dict.fromkeys(opened, True)})

    def school_days(self, first: date, last: date) -> int:
        """The number of school days from `first` to `last`, both included; 0 when reversed."""
        top = len(self._before) - 1
        low = min(max(first.toordinal() - self._base, 0), top)
        high = min(max(last.toordinal() - self._base + 1, 0), top)
        return max(self._before[high] - self._before[low], 0)

    def list_school_days(self, first: date, last: date) -> tuple[date, ...]:
        """The school days from `first` to `last`, both included."""
        return tuple(day for day in _days(first, last) if self.is_school_day(day))

    def first_school_day(self, semester: SemesterSpan) -> date:
        """The first class day; the semester's first day when it has no school day at all."""
        days = (day for day in _days(semester.first, semester.last) if self.is_school_day(day))
        return next(days, semester.first)

    def last_school_day(self, first: date, last: date) -> date | None:
        """The last school day from `first` to `last`, or None when there is none."""
        day = last
        while day >= first:
            if self.is_school_day(day):
                return day
            day -= DAY
        return None

    def semester(self, code: str) -> SemesterSpan | None:
        """The semester of that code, or None."""
        return next((span for span in self.semesters if span.code == code), None)

    def semester_on(self, day: date) -> SemesterSpan | None:
        """The semester in which the day lies, or None in the holidays."""
        span = self.semester_for_visit(day)
        return span if span is not None and day <= span.last else None

    def semester_for_visit(self, day: date) -> SemesterSpan | None:
        """The semester a visit of that day counts for: in the holidays, the one just ended.

        None before the first semester the school has entered.
        """
        index = bisect_right(self.semesters, day, key=lambda span: span.first)
        return self.semesters[index - 1] if index else None

    def following(self, semester: SemesterSpan) -> SemesterSpan | None:
        """The semester after this one, or None while the school has not entered it."""
        return next((span for span in self.semesters if span.first > semester.last), None)

    def of_year(self, code: str) -> tuple[SemesterSpan, ...]:
        """The semesters entered of a school year, as `2025-2026`."""
        return tuple(span for span in self.semesters if span.school_year == code)

    def first_of_year(self, semester: SemesterSpan) -> SemesterSpan:
        """The first semester entered of the school year that the semester belongs to."""
        return next(iter(self.of_year(semester.school_year)), semester)

    def counts_until(self, semester: SemesterSpan) -> date:
        """The last day whose acts count for the semester: the last of the holiday after it.

        Open while the school has not entered the next semester.
        """
        following = self.following(semester)
        return date.max if following is None else following.first - DAY

    def week_one(self, semester: SemesterSpan) -> date:
        """The Monday of teaching week 1: the Monday-to-Sunday week of the first class day."""
        first = self.first_school_day(semester)
        return first - timedelta(days=first.weekday())

    def week_span(self, semester: SemesterSpan, number: int) -> tuple[date, date]:
        """Monday and Sunday of a teaching week."""
        monday = self.week_one(semester) + (number - 1) * WEEK
        return monday, monday + WEEK - DAY

    def weeks(self, semester: SemesterSpan) -> int:
        """The number of teaching weeks, the last one perhaps cut short by the semester's end."""
        return (semester.last - self.week_one(semester)).days // 7 + 1

    def teaching_week(self, day: date) -> int | None:
        """The number of the teaching week the day lies in, or None outside all teaching weeks.

        The days of a Monday-to-Sunday week around a semester's first or last day belong to it too.
        """
        for semester in self.semesters:
            number = (day - self.week_one(semester)).days // 7 + 1
            if 1 <= number <= self.weeks(semester):
                return number
        return None


def fill_holidays(year: int) -> list[tuple[date, str, str]]:
    """The public holidays (休) and make-up days (班) of a year as (date, kind, Chinese name).

    Read once, at set-up, to fill the Holiday table. An empty list means that the library does not
    know the year yet: the notice of the State Council comes about November of the year before.
    """
    # The library is loaded only here, because it is needed once a year and start-up is measured.
    from chinese_calendar import constants

    names = {holiday.value: holiday.chinese for holiday in constants.Holiday}
    entries = [
        (day, kind, names.get(name, name))
        for kind, days in ((DAY_OFF, constants.holidays), (DAY_ON, constants.workdays))
        for day, name in days.items()
        if day.year == year
    ]
    return sorted(entries)


def _days(first: date, last: date) -> Iterator[date]:
    """Every day from `first` to `last`, both included."""
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(ordinal)
