"""The days of every period: first and last, what counts for it, how many school days it asks.

The table `data/periods.txt` was checked by hand against docs/rules.md for one school year. The
second judge reads the periods it is given and cannot tell when one of them ends a day too late.
"""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from pathlib import Path

import pytest

from compliance.judged.evaluation import as_of_in, periods_of
from compliance.ordered.duty import duty_from
from compliance.ordered.periods import Frequency, Thresholds, periods
from models.core.school_calendar import SchoolCalendar, SemesterSpan
from tests.test_duty_declarations import TALK
from tests.test_judge import AUTUMN, CALENDARS, SCHOOL, SPRING

DATA = Path(__file__).parent / "data"
DAY = timedelta(days=1)
TABLE = [
    line.split()
    for line in (DATA / "periods.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
SHARED = tomllib.loads((DATA / "shared_months.toml").read_text(encoding="utf-8"))["case"]


def day(text: str) -> date:
    return {"always": date.min, "ever": date.max}.get(text) or date.fromisoformat(text)


def told(one) -> tuple:
    days = (one.first, one.last, one.counts_from, one.counts_until)
    return (one.code, *days, one.school_days, one.needed, one.whole)


@pytest.mark.parametrize("semester", SCHOOL.semesters, ids=lambda one: one.code)
@pytest.mark.parametrize(
    "frequency", [one for one in Frequency if one not in (Frequency.SCHOOL_DAY, Frequency.EVENT)]
)
def test_the_periods_of_a_semester_are_those_written_down(frequency, semester):
    expected = [
        (row[2], *map(day, row[3:7]), int(row[7]), int(row[8]), row[9] == "whole")
        for row in TABLE
        if row[:2] == [semester.code, frequency]
    ]
    found = periods(frequency, semester, SCHOOL)
    assert [told(one) for one in found] == expected
    assert {(one.frequency, one.deadline) for one in found} == {(frequency, None)}


def test_every_school_day_of_the_semester_is_a_period_of_its_own():
    found = periods(Frequency.SCHOOL_DAY, AUTUMN, SCHOOL)
    days = [AUTUMN.first + n * DAY for n in range((AUTUMN.last - AUTUMN.first).days + 1)]
    expected = [
        (f"{one}", one, one, one, one, 1, 1, True) for one in days if SCHOOL.is_school_day(one)
    ]
    assert [told(one) for one in found] == expected
    assert (found[0].first, found[-1].first) == (AUTUMN.first, AUTUMN.last)


@pytest.mark.parametrize("case", SHARED, ids=lambda case: case["name"])
def test_a_month_two_semesters_share_goes_to_the_one_of_its_last_school_day(case):
    autumn = SemesterSpan("2025-2026-1", date(2025, 9, 1), case["ends"])
    spring = SemesterSpan("2025-2026-2", case["begins"], date(2026, 7, 8))
    calendar = SchoolCalendar(
        (autumn, spring), frozenset(case.get("off", [])), frozenset(case.get("on", []))
    )
    for every, expected in case["expect"].items():
        last = periods(Frequency(every), autumn, calendar)[-1]
        first = periods(Frequency(every), spring, calendar)[0]
        assert (last.code, last.last) == tuple(expected["autumn"]), every
        assert (first.code, first.school_days) == tuple(expected["spring"]), every


def test_the_deadline_in_weeks_is_the_sunday_of_the_teaching_week():
    for weeks, sunday in ((1, date(2025, 9, 7)), (4, date(2025, 9, 28))):
        (one,) = periods(Frequency.SEMESTER, AUTUMN, SCHOOL, deadline_weeks=weeks)
        assert (one.deadline, one.last) == (sunday, AUTUMN.last)


def test_a_duty_due_by_the_semesters_end_has_its_last_day_as_deadline():
    raw = TALK | {"every": "semester", "deadline": {"semester_end": True}}
    (one,) = periods_of(duty_from(raw), AUTUMN, SCHOOL)
    assert (one.deadline, one.counts_until) == (AUTUMN.last, SPRING.first - DAY)
    (one,) = periods_of(duty_from(raw | {"deadline": {"weeks": 2}}), AUTUMN, SCHOOL)
    assert one.deadline == date(2025, 9, 14)


def test_an_event_is_judged_with_the_semester_it_happens_in():
    raw = TALK | {"by": "anyone", "every": "event", "deadline": {"days": 7}}
    (one,) = periods_of(duty_from(raw), AUTUMN, SCHOOL)
    assert (one.frequency, one.first, one.last) == (Frequency.EVENT, AUTUMN.first, AUTUMN.last)


@pytest.mark.parametrize(
    ("frequency", "setting"),
    [
        (Frequency.WEEK, "week_days"),
        (Frequency.TWO_WEEKS, "two_weeks_days"),
        (Frequency.HALF_MONTH, "half_month_days"),
        (Frequency.MONTH, "month_days"),
        (Frequency.QUARTER, "active_days"),
        (Frequency.SEMESTER, "active_days"),
        (Frequency.SCHOOL_YEAR, "active_days"),
        (Frequency.ONCE, "active_days"),
    ],
)
def test_each_frequency_asks_for_the_days_of_its_own_setting(frequency, setting):
    plain, moved = Thresholds(), Thresholds(**{setting: 17})
    needed = {one.needed for one in periods(frequency, AUTUMN, SCHOOL, plain)}
    assert needed == {getattr(plain, setting)}
    assert {one.needed for one in periods(frequency, AUTUMN, SCHOOL, moved)} == {17}


def test_a_semester_is_looked_at_to_the_day_before_the_next_one_begins():
    for today, seen in (
        (date(2026, 1, 10), date(2026, 1, 10)),
        (date(2026, 2, 10), date(2026, 2, 10)),
        (SPRING.first - DAY, SPRING.first - DAY),
        (SPRING.first, SPRING.first - DAY),
        (date(2026, 5, 1), SPRING.first - DAY),
    ):
        assert as_of_in(AUTUMN, today, SCHOOL) == seen
    assert as_of_in(SPRING, date(2026, 9, 30), SCHOOL) == date(2026, 9, 30)


def test_titles_name_the_period_as_a_teacher_would():
    titles = {
        Frequency.SCHOOL_DAY: "9月1日",
        Frequency.WEEK: "第1周",
        Frequency.TWO_WEEKS: "第1—2周",
        Frequency.HALF_MONTH: "2025年9月上半月",
        Frequency.MONTH: "2025年9月",
        Frequency.QUARTER: "2025年第3季度",
        Frequency.SEMESTER: "2025—2026学年第一学期",
        Frequency.SCHOOL_YEAR: "2025—2026学年",
        Frequency.ONCE: "一次",
        Frequency.NOW: "现状",
    }
    for frequency, title in titles.items():
        assert periods(frequency, AUTUMN, SCHOOL)[0].title == title
    assert periods(Frequency.HALF_MONTH, AUTUMN, SCHOOL)[1].title == "2025年9月下半月"


def test_a_semester_of_one_week_has_one_of_each():
    alone = SemesterSpan("2025-2026-1", date(2025, 9, 1), date(2025, 9, 7))
    calendar = SchoolCalendar((alone,))
    for frequency in (Frequency.WEEK, Frequency.TWO_WEEKS, Frequency.HALF_MONTH, Frequency.MONTH):
        (one,) = periods(frequency, alone, calendar)
        assert (one.first, one.last, one.school_days) == (alone.first, alone.last, 5)


def test_the_standards_of_the_documents_are_the_plain_ones():
    plain = Thresholds()
    assert (plain.week_days, plain.two_weeks_days, plain.half_month_days) == (3, 5, 5)
    assert (plain.month_days, plain.active_days, plain.backfill_days) == (10, 20, 7)


def test_a_quarter_is_due_by_its_last_school_day():
    off = frozenset({date(2025, 12, 30), date(2025, 12, 31)})
    calendar = SchoolCalendar((AUTUMN, SPRING), off)
    *_, one = periods(Frequency.QUARTER, AUTUMN, calendar)
    assert (one.last, one.counts_until) == (date(2025, 12, 29), date(2025, 12, 31))


def test_a_semester_without_any_school_day_asks_for_none():
    alone = SemesterSpan("2025-2026-1", date(2025, 9, 1), date(2025, 9, 14))
    off = frozenset(alone.first + n * DAY for n in range(14))
    for frequency in Frequency:
        found = periods(frequency, alone, SchoolCalendar((alone,), off))
        assert all(one.school_days == 0 for one in found), frequency


def test_a_school_year_is_that_of_its_own_semesters():
    years = [
        SemesterSpan("2024-2025-1", date(2024, 9, 2), date(2025, 1, 17)),
        SemesterSpan("2024-2025-2", date(2025, 2, 24), date(2025, 7, 4)),
        *SCHOOL.semesters,
        SemesterSpan("2026-2027-1", date(2026, 9, 1), date(2027, 1, 20)),
    ]
    calendar = SchoolCalendar(tuple(years))
    (year,) = periods(Frequency.SCHOOL_YEAR, SPRING, calendar)
    assert (year.code, year.first, year.counts_until) == (
        "2025-2026",
        AUTUMN.first,
        date(2026, 8, 31),
    )


def test_a_school_year_ends_on_the_last_of_august_whatever_semesters_are_entered():
    for calendar in (SCHOOL, CALENDARS["spring"]):
        (year,) = periods(Frequency.SCHOOL_YEAR, calendar.semesters[-1], calendar)
        assert year.last == date(2026, 8, 31)
