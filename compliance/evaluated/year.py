"""The year a teacher is judged for, and which periods of which semesters belong to it.

A school year is written `2025-2026`, a calendar year `2026`. A period belongs to the year its last
day lies in; a duty once a school year is looked at in the last semester of it that has begun.
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from compliance.ordered.duty import Duty
from compliance.ordered.periods import Frequency
from models.core import calendar
from models.core.school_calendar import SemesterSpan, year_title
from models.kept.school import CALENDAR_YEAR, SCHOOL_YEAR

SHAPE = re.compile(r"(\d{4})(?:-(\d{4}))?")
# Looked at once, in whichever semester; the last one knows best.
ONCE_A_YEAR = frozenset({Frequency.SCHOOL_YEAR, Frequency.ONCE})


class Year(NamedTuple):
    """A year of evaluation by its code."""

    code: str

    @property
    def is_calendar_year(self) -> bool:
        """Whether it runs from January to December."""
        return "-" not in self.code

    @property
    def first(self) -> date:
        """Its first day; a school year begins on 1 September."""
        return date(int(self.code[:4]), 1 if self.is_calendar_year else 9, 1)

    @property
    def last(self) -> date:
        """Its last day; a school year ends on 31 August (docs/rules.md)."""
        if self.is_calendar_year:
            return date(int(self.code), 12, 31)
        return date(int(self.code[-4:]), 8, 31)

    @property
    def title(self) -> str:
        """How it is written on a page."""
        if self.is_calendar_year:
            return f"{self.code}年"
        return year_title(self.code)

    def terms(self, today: date) -> list[SemesterSpan]:
        """Return its semesters that have begun, oldest first."""
        begun = [
            semester for semester in calendar.school_calendar().semesters if semester.first <= today
        ]
        if not self.is_calendar_year:
            return [semester for semester in begun if semester.school_year == self.code]
        number = int(self.code)
        return [
            semester for semester in begun if number in (semester.first.year, semester.last.year)
        ]

    def counts(
        self, duty: Duty, term: SemesterSpan, ends_in: int, terms: list[SemesterSpan]
    ) -> bool:
        """Return whether the periods of a duty in a semester that end then belong to this year."""
        if duty.every in ONCE_A_YEAR and term != [t for t in terms if _alike(t, term)][-1]:
            return False
        return not self.is_calendar_year or str(ends_in) == self.code


def _alike(one: SemesterSpan, other: SemesterSpan) -> bool:
    return one.school_year == other.school_year


def year_called(code: str) -> Year | None:
    """Return the year of that code, None when it is no year."""
    match = SHAPE.fullmatch(code)
    if match is None or (match[2] and int(match[2]) != int(match[1]) + 1):
        return None
    return Year(code)


def running_year(today: date) -> Year:
    """Return the year the day lies in, by the school's setting: school year or calendar year."""
    school = calendar.school()
    by = school.evaluation_year if school is not None else SCHOOL_YEAR
    return year_of(today, calendar_year=by == CALENDAR_YEAR)


def year_of(day: date, *, calendar_year: bool = False) -> Year:
    """Return the year a day lies in."""
    if calendar_year:
        return Year(str(day.year))
    begins = day.year if day.month >= 9 else day.year - 1
    return Year(f"{begins}-{begins + 1}")
