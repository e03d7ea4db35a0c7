"""The school calendar as the code reads it: semesters and days off from their registers.

Kept in memory between requests, because every page needs it; a write to one of the registers it
is made of drops it, and another process's write is seen when the registers' newest change moved.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from models.gates import every_row
from models.register import register_of
from models.school import Holiday, School, Semester
from models.school_calendar import SchoolCalendar, SemesterSpan

SOURCES = frozenset({"semester", "holiday", "school"})

_kept: dict[str, Any] = {}


def forget() -> None:
    """Drop what is kept; the next reader reads the registers again."""
    _kept.clear()


def semesters() -> list[Any]:
    """Return the semester records, oldest first."""
    if "semesters" not in _kept:
        query = every_row(register_of(Semester)).order_by(Semester.first_day)
        _kept["semesters"] = list(query)
    return list(_kept["semesters"])


def school_calendar() -> SchoolCalendar:
    """Return the calendar of school days, weeks and semesters."""
    if "calendar" not in _kept:
        _kept["calendar"] = _build()
    calendar: SchoolCalendar = _kept["calendar"]
    return calendar


def _build() -> SchoolCalendar:
    spans = tuple(SemesterSpan(s.code, s.first_day, s.last_day, s.title) for s in semesters())
    days = list(every_row(register_of(Holiday)).select(Holiday.day, Holiday.kind).tuples())
    return SchoolCalendar(
        semesters=spans,
        day_off=frozenset(day for day, kind in days if kind == "放假"),
        day_on=frozenset(day for day, kind in days if kind == "补班"),
        overrides={day: kind == "本校上课" for day, kind in days if kind.startswith("本校")},
    )


def school() -> Any | None:
    """Return the school's settings record, None before set-up."""
    if "school" not in _kept:
        _kept["school"] = every_row(register_of(School)).first()
    return _kept["school"]


def semester_on(day: date) -> Any | None:
    """Return the semester record that holds `day`, None in the holidays."""
    return next((s for s in semesters() if s.first_day <= day <= s.last_day), None)


def current_semester(day: date) -> Any | None:
    """Return the semester of `day`, in the holidays the one just ended, before all the first."""
    begun = [s for s in semesters() if s.first_day <= day]
    return begun[-1] if begun else next(iter(semesters()), None)


def closed_semester_on(day: date) -> str | None:
    """Return the title of the closed semester that holds `day`, else None."""
    found = semester_on(day)
    return str(found.title) if found is not None and found.closed_on is not None else None
