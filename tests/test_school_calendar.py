"""The school's calendar: school days, teaching weeks, semesters (docs/rules.md, Calendar)."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.core.errors import BadValue
from models.core.school_calendar import (
    DAY_OFF,
    DAY_ON,
    SchoolCalendar,
    SemesterSpan,
    fill_holidays,
    semester_title,
)

AUTUMN = SemesterSpan("2025-2026-1", date(2025, 9, 1), date(2026, 1, 21))
SPRING = SemesterSpan("2025-2026-2", date(2026, 3, 2), date(2026, 7, 8))
OFF = frozenset(date(2025, 10, day) for day in range(1, 9))
ON = frozenset({date(2025, 9, 28), date(2025, 10, 11)})
CALENDAR = SchoolCalendar((SPRING, AUTUMN), OFF, ON)


def test_a_semester_is_titled_as_officials_write_it():
    assert AUTUMN.title == "2025—2026学年第一学期"
    assert SPRING.title == "2025—2026学年第二学期"


@pytest.mark.parametrize("code", ["2025-2027-1", "2025-2026", "2025-2026-0", "二-三-一", ""])
def test_a_semester_code_of_another_shape_is_refused(code):
    with pytest.raises(BadValue, match="学期编号"):
        semester_title(code)


def test_a_semester_that_ends_before_it_begins_is_refused():
    with pytest.raises(BadValue, match="早于"):
        SemesterSpan("2025-2026-1", date(2026, 1, 1), date(2025, 9, 1))


def test_overlapping_semesters_are_refused():
    with pytest.raises(BadValue, match="重叠"):
        SchoolCalendar((AUTUMN, SemesterSpan("2025-2026-2", date(2026, 1, 21), date(2026, 7, 8))))


def test_semesters_are_put_in_order():
    assert CALENDAR.semesters == (AUTUMN, SPRING)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2025, 9, 1), True),  # Monday
        (date(2025, 9, 6), False),  # Saturday
        (date(2025, 9, 28), True),  # make-up Sunday
        (date(2025, 10, 1), False),  # National Day
        (date(2025, 10, 11), True),  # make-up Saturday
        (date(2026, 2, 5), False),  # a Thursday in the winter holiday
        (date(2025, 8, 29), False),  # a Friday before the first semester
    ],
)
def test_a_school_day_is_a_working_day_within_a_semester(day, expected):
    assert CALENDAR.is_school_day(day) is expected


def test_the_schools_own_word_goes_before_everything():
    sports_day, holiday, camp = date(2025, 11, 8), date(2025, 10, 1), date(2025, 11, 7)
    calendar = SchoolCalendar((AUTUMN,), OFF, ON, {sports_day: True, holiday: True, camp: False})
    assert calendar.is_school_day(sports_day)
    assert calendar.is_school_day(holiday)
    assert not calendar.is_school_day(camp)
    assert calendar.school_days(date(2025, 11, 3), date(2025, 11, 9)) == 5


@given(
    st.dates(date(2025, 8, 1), date(2026, 8, 31)),
    st.integers(-30, 400),
)
def test_school_days_are_counted_as_if_day_by_day(first, length):
    last = first + timedelta(days=length)
    days = [first + timedelta(days=number) for number in range(length + 1)]
    listed = [day for day in days if CALENDAR.is_school_day(day)]
    assert CALENDAR.school_days(first, last) == len(listed)
    assert list(CALENDAR.list_school_days(first, last)) == listed


def test_school_days_of_endless_spans_are_counted():
    whole = CALENDAR.school_days(date.min, date.max)
    assert whole == CALENDAR.school_days(AUTUMN.first, SPRING.last)
    assert SchoolCalendar(()).school_days(date.min, date.max) == 0


def test_week_one_is_the_week_of_the_first_class_day():
    # Registration on Sunday 1 March, lessons from Monday: the Sunday is in no teaching week.
    semester = SemesterSpan("2025-2026-2", date(2026, 3, 1), date(2026, 7, 8))
    calendar = SchoolCalendar((semester,))
    assert calendar.week_one(semester) == date(2026, 3, 2)
    assert calendar.teaching_week(date(2026, 3, 1)) is None
    assert calendar.teaching_week(date(2026, 3, 8)) == 1


def test_a_semester_that_begins_on_wednesday_has_a_short_first_week():
    semester = SemesterSpan("2025-2026-1", date(2025, 9, 3), date(2026, 1, 21))
    calendar = SchoolCalendar((semester,))
    assert calendar.week_span(semester, 1) == (date(2025, 9, 1), date(2025, 9, 7))
    assert calendar.teaching_week(date(2025, 9, 8)) == 2


@pytest.mark.parametrize(
    ("last", "weeks"),
    [
        (date(2025, 9, 14), 2),
        (date(2025, 9, 15), 3),
        (date(2025, 9, 21), 3),
        (date(2025, 9, 22), 4),
    ],
)
def test_a_week_that_has_a_single_day_is_one(last, weeks):
    semester = SemesterSpan("2025-2026-1", date(2025, 9, 1), last)
    assert SchoolCalendar((semester,)).weeks(semester) == weeks


def test_teaching_weeks_are_numbered_through_the_holidays():
    assert CALENDAR.teaching_week(date(2025, 10, 1)) == 5
    assert CALENDAR.teaching_week(date(2025, 10, 6)) == 6
    assert CALENDAR.weeks(AUTUMN) == 21
    assert CALENDAR.teaching_week(date(2026, 1, 21)) == 21
    assert CALENDAR.teaching_week(date(2026, 2, 5)) is None
    assert CALENDAR.teaching_week(date(2026, 3, 2)) == 1


def test_a_visit_in_the_holiday_counts_for_the_semester_just_ended():
    assert CALENDAR.semester_on(date(2026, 2, 5)) is None
    assert CALENDAR.semester_for_visit(date(2026, 2, 5)) == AUTUMN
    assert CALENDAR.semester_for_visit(date(2026, 3, 2)) == SPRING
    assert CALENDAR.semester_for_visit(date(2026, 8, 1)) == SPRING
    assert CALENDAR.semester_for_visit(date(2025, 8, 31)) is None


def test_a_year_without_data_counts_monday_to_friday():
    semester = SemesterSpan("2030-2031-1", date(2030, 9, 2), date(2031, 1, 17))
    calendar = SchoolCalendar((semester,), years_without_data=frozenset({2030, 2031}))
    assert calendar.is_school_day(date(2030, 10, 1))
    assert not calendar.is_school_day(date(2030, 10, 5))
    assert calendar.years_without_data == {2030, 2031}


def test_the_library_fills_the_holidays_and_make_up_days_of_2026():
    filled = fill_holidays(2026)
    assert (date(2026, 2, 17), DAY_OFF, "春节") in filled
    assert (date(2026, 2, 14), DAY_ON, "春节") in filled
    assert (date(2026, 10, 10), DAY_ON, "国庆节") in filled
    off = [day for day, kind, _ in filled if kind == DAY_OFF]
    assert [day for day in off if day.month == 2] == [date(2026, 2, day) for day in range(15, 24)]
    assert filled == sorted(filled)


def test_a_year_the_library_does_not_know_fills_nothing():
    assert fill_holidays(2099) == []


def test_the_holiday_library_is_loaded_only_where_it_is_used():
    script = "import sys, models.core.school_calendar; sys.exit('chinese_calendar' in sys.modules)"
    root = Path(__file__).resolve().parents[1]
    assert subprocess.run([sys.executable, "-c", script], cwd=root, check=False).returncode == 0
