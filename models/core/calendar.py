"""The school calendar as the code reads it: semesters and days off from their registers.

Kept in memory between requests, because every page needs it. A write to one of the registers it
is made of drops it and moves the stamp, one row that is read along with every session, so that
another process sees the write at its next request without a query of its own.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from peewee import IntegerField

from models.core.database import Base
from models.core.errors import NotFound
from models.core.gates import every_row
from models.core.register import Register, register_of
from models.core.remembered import forget, notice, remember
from models.core.school_calendar import POINT_OPEN, SchoolCalendar, SemesterSpan

__all__ = [
    "STAMP_ROW",
    "CalendarStamp",
    "closed_semester_on",
    "current_semester",
    "current_span",
    "forget",
    "move_stamp",
    "notice",
    "points_from",
    "read_from",
    "refresh",
    "remember",
    "school",
    "school_calendar",
    "semester_called",
    "semester_link",
    "semester_on",
    "semesters",
    "stamp",
]

STAMP_ROW = 1


class CalendarStamp(Base):
    """One row that moves with every write to a source of the calendar."""

    id = IntegerField(primary_key=True)
    version = IntegerField(default=0)

    class Meta:
        table_name = "calendar_stamp"


class _Sources:
    """The registers the calendar is read from; their own file names them (`read_from`)."""

    school: Any = None
    semester: Any = None
    holiday: Any = None
    point_day: Any = None


def read_from(*, school: Any, semester: Any, holiday: Any) -> None:
    """Say which models hold the school's settings, its semesters and its days off."""
    _Sources.school, _Sources.semester, _Sources.holiday = school, semester, holiday


def points_from(point_day: Any) -> None:
    """Say which model holds the days on which a village point differs from the school."""
    _Sources.point_day = point_day


def stamp() -> Any:
    """Return the sub-query that reads the stamp, for joining into another query."""
    return CalendarStamp.select(CalendarStamp.version).where(CalendarStamp.id == STAMP_ROW)


def refresh() -> None:
    """Notice other processes' writes; for jobs, which have no session to read the stamp with."""
    notice(stamp().scalar())


def move_stamp() -> None:
    """Tell other processes that a source changed; runs inside the transaction of the change."""
    CalendarStamp.update(version=CalendarStamp.version + 1).where(
        CalendarStamp.id == STAMP_ROW
    ).execute()


def semesters() -> list[Any]:
    """Return the semester records, oldest first."""
    model = _Sources.semester
    query = every_row(register_of(model)).order_by(model.first_day)
    return list(remember("semesters", lambda: list(query)))


def school_calendar() -> SchoolCalendar:
    """Return the calendar of school days, weeks and semesters."""
    calendar: SchoolCalendar = remember("calendar", _build)
    return calendar


def _build() -> SchoolCalendar:
    spans = _apart([SemesterSpan(s.code, s.first_day, s.last_day, s.title) for s in semesters()])
    holiday = _Sources.holiday
    days = list(every_row(register_of(holiday)).select(holiday.day, holiday.kind).tuples())
    known = {day.year for day, _kind in days}
    years = {year for span in spans for year in (span.first.year, span.last.year)}
    return SchoolCalendar(
        semesters=spans,
        day_off=frozenset(day for day, kind in days if kind == "放假"),
        day_on=frozenset(day for day, kind in days if kind == "补班"),
        overrides={day: kind == "本校上课" for day, kind in days if kind.startswith("本校")},
        years_without_data=frozenset(years - known),
        points=_own_days(),
    )


def _own_days() -> dict[int, dict[date, bool]]:
    """Return per village point the days of its own: True for a day with school."""
    model = _Sources.point_day
    if model is None:
        return {}
    found: dict[int, dict[date, bool]] = {}
    for row in every_row(register_of(model)).order_by(model.id):
        days = (row.until - row.since).days + 1
        own = {row.since + timedelta(days=n): row.kind == POINT_OPEN for n in range(days)}
        found.setdefault(row.point_id, {}).update(own)
    return found


def _apart(spans: list[SemesterSpan]) -> tuple[SemesterSpan, ...]:
    """Leave out a semester that overlaps an earlier one.

    The register's rule refuses it, but one brought back from the recycle bin must not take every
    page down.
    """
    kept: list[SemesterSpan] = []
    for span in spans:
        if not kept or span.first > kept[-1].last:
            kept.append(span)
    return tuple(kept)


def school() -> Any | None:
    """Return the school's settings record, None before set-up."""
    return remember("school", lambda: every_row(register_of(_Sources.school)).first())


def semester_on(day: date) -> Any | None:
    """Return the semester record that holds `day`, None in the holidays."""
    return next((s for s in semesters() if s.first_day <= day <= s.last_day), None)


def current_semester(day: date) -> Any | None:
    """Return the semester of `day`, in the holidays the one just ended, before all the first."""
    begun = [s for s in semesters() if s.first_day <= day]
    return begun[-1] if begun else next(iter(semesters()), None)


def current_span(day: date) -> SemesterSpan | None:
    """Return the span of the semester `current_semester` gives, None before there is any."""
    found = current_semester(day)
    return school_calendar().semester(found.code) if found is not None else None


def semester_link(register: Register) -> str:
    """Return the field by which a register's records name a semester, "" when they name none."""
    links = (spec.name for spec in register.links if spec.target is _Sources.semester)
    return next(links, "")


def semester_called(code: str) -> SemesterSpan:
    """Return the semester of that code; NotFound, naming those there are."""
    found = school_calendar().semester(code)
    if found is None:
        known = "、".join(semester.code for semester in school_calendar().semesters) or "还没有学期"
        raise NotFound(f"没有学期 {code}，请从这些学期中选：{known}")
    return found


def closed_semester_on(day: date) -> str | None:
    """Return the title of the closed semester that holds `day`, else None."""
    found = semester_on(day)
    return str(found.title) if found is not None and found.closed_on is not None else None
