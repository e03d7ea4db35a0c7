"""The judge: worked cases, the slow second judge, and what verdicts add up to."""

from __future__ import annotations

import tomllib
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from verdict_oracle import state_of
from weighing import SUBJECT, Entry, found, judge, judged

from compliance.judged.counting import count
from compliance.judged.judge import Judge, judge_event
from compliance.judged.verdict import (
    Credits,
    PeriodVerdict,
    Rules,
    State,
    letters,
    standing,
    tally,
)
from compliance.ordered.duty import MeasureKind
from compliance.ordered.periods import Frequency, Thresholds, event_period, periods
from models.core.school_calendar import SchoolCalendar, SemesterSpan

DATA = tomllib.loads((Path(__file__).parent / "data" / "verdicts.toml").read_text(encoding="utf-8"))
NOON = time(12)
# Thousands under `HYPOTHESIS_PROFILE=full`; both judges are quick.
EXAMPLES = max(300, settings.default.max_examples)


def days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def calendar_from(raw: dict) -> SchoolCalendar:
    return SchoolCalendar(
        semesters=tuple(SemesterSpan(**semester) for semester in raw["semesters"]),
        day_off=frozenset(day for span in raw["off"] for day in days_between(*span)),
        day_on=frozenset(raw["on"]),
    )


CALENDARS = {name: calendar_from(raw) for name, raw in DATA["calendar"].items()}
SCHOOL = CALENDARS["school"]
AUTUMN, SPRING = SCHOOL.semesters


def spans_from(raw: list) -> tuple:
    return tuple((span[0], span[1] if len(span) > 1 else None) for span in raw)


def entry(happened: date, entered: date | None = None, **rest) -> Entry:
    return Entry(happened, datetime.combine(entered or happened, NOON), **rest)


def case_arguments(case: dict) -> tuple:
    calendar = CALENDARS[case.get("calendar", "school")]
    semester = calendar.semester(case.get("semester", "2025-2026-1"))
    rules = Rules(
        kind=MeasureKind(case.get("kind", "count")),
        leasts=tuple(case.get("parts", [case.get("least", 1)])),
        most=case.get("most"),
        on=case.get("on", True),
    )
    found = periods(
        Frequency(case["every"]), semester, calendar, deadline_weeks=case.get("deadline_weeks")
    )
    return (
        rules,
        spans_from(case.get("active", [])),
        spans_from(case.get("excuses", [])),
        [entry(**record) for record in case.get("records", [])],
        found,
        calendar,
        case["as_of"],
    )


@pytest.mark.parametrize("case", DATA["case"], ids=lambda case: case["name"])
def test_a_worked_case_is_judged_as_written_down(case):
    verdicts = judge(*case_arguments(case))
    states = {verdict.period.code: verdict.state.slug for verdict in verdicts}
    assert {code: states.get(code) for code in case["expect"]} == case["expect"]
    if case.get("no_subject"):
        assert standing([]) is State.NO_DATA


@pytest.mark.parametrize("case", DATA["case"], ids=lambda case: case["name"])
def test_the_second_judge_agrees_with_the_worked_cases(case):
    rules, spans, excuses, records, found, calendar, as_of = case_arguments(case)
    states = {
        period.code: state_of(rules, spans, excuses, records, period, calendar, as_of).slug
        for period in found
    }
    assert {code: states.get(code) for code in case["expect"]} == case["expect"]


def test_an_act_of_two_colleagues_is_one_act_for_a_child_and_one_for_each_of_them():
    twice = [entry(date(2025, 11, 4))] * 2
    prepared = Judge(Rules(), periods(Frequency.WEEK, AUTUMN, SCHOOL), SCHOOL, AUTUMN.last)
    for once, number in ((True, 1), (False, 2)):
        cells = count(prepared, [found(twice, numbers=[5, 5], once=once)])
        assert cells[SUBJECT][9] == [number] * 3


def test_a_value_is_told_apart_once_whichever_source_it_comes_from():
    prepared = Judge(
        Rules(MeasureKind.DISTINCT, (2,)), periods(Frequency.SEMESTER, AUTUMN, SCHOOL), SCHOOL,
        AUTUMN.last,
    )  # fmt: skip
    late = entry(date(2025, 11, 4), date(2025, 12, 24), amount="安全")
    first, second = entry(date(2025, 11, 5), amount="安全"), entry(date(2025, 11, 6), amount="心理")
    cells = count(prepared, [found([late, second]), found([first])])
    # Of two different values in all, both are also told promptly.
    assert cells[SUBJECT][0] == [2, 2, 2]
    assert count(prepared, [found([late, second])])[SUBJECT][0] == [2, 2, 1]


days = st.dates(date(2025, 8, 20), date(2026, 8, 10))


@st.composite
def span(draw):
    first = draw(days)
    last = draw(st.none() | st.integers(0, 200))
    return first, None if last is None else first + timedelta(days=last)


@st.composite
def record(draw):
    happened = draw(days)
    delay = draw(st.sampled_from([0, 0, 1, 6, 7, 8, 30]))
    entered = datetime.combine(happened + timedelta(days=delay), draw(st.times()))
    amount = draw(st.integers(1, 3))
    return Entry(happened, entered, draw(st.booleans()), amount, draw(st.integers(0, 1)))


@st.composite
def rules(draw):
    kind = draw(st.sampled_from([kind for kind in MeasureKind if kind is not MeasureKind.EVENT]))
    if kind is MeasureKind.RANGE:
        least = draw(st.integers(0, 3))
        return Rules(kind, (least,), least + draw(st.integers(0, 3)))
    several = kind in (MeasureKind.COUNT, MeasureKind.SUM, MeasureKind.COMPLETE)
    leasts = draw(st.lists(st.integers(1, 3), min_size=1, max_size=2 if several else 1))
    return Rules(kind, tuple(leasts), on=draw(st.integers(0, 9)) > 0)


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    rules(),
    st.lists(span(), max_size=3).map(tuple) | st.just(((date(2025, 9, 1), None),)),
    st.lists(span(), max_size=2).map(tuple) | st.just(()),
    st.lists(record(), max_size=25),
    st.sampled_from([frequency for frequency in Frequency if frequency is not Frequency.EVENT]),
    st.sampled_from([AUTUMN, SPRING]),
    st.none() | st.integers(1, 6),
    days,
)
def test_the_judge_agrees_with_the_slow_second_judge(
    duty_rules, spans, excuses, records, frequency, semester, deadline_weeks, as_of
):
    found = periods(frequency, semester, SCHOOL, deadline_weeks=deadline_weeks)
    verdicts = judge(duty_rules, spans, excuses, records, found, SCHOOL, as_of)
    expected = [
        state_of(duty_rules, spans, excuses, records, period, SCHOOL, as_of) for period in found
    ]
    assert [verdict.state for verdict in verdicts] == expected


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    rules(),
    st.lists(span(), max_size=3).map(tuple),
    st.lists(record(), max_size=25),
    st.sampled_from([frequency for frequency in Frequency if frequency is not Frequency.EVENT]),
    st.none() | st.integers(1, 6),
    days,
)
def test_what_a_judge_remembers_of_one_subject_is_not_told_of_another(
    duty_rules, spans, records, frequency, deadline_weeks, as_of
):
    made = periods(frequency, AUTUMN, SCHOOL, deadline_weeks=deadline_weeks)
    prepared = Judge(duty_rules, made, SCHOOL, as_of)
    always = ((AUTUMN.first, None),)
    for whose, theirs in ((always, records), (spans, records), (always, ()), (spans, records[:3])):
        fresh = judge(duty_rules, whose, (), theirs, made, SCHOOL, as_of)
        assert judged(prepared, whose, (), theirs) == fresh


def test_too_many_in_an_excused_period_stay_excused_where_a_range_begins_at_nothing():
    at_most_none = Rules(MeasureKind.RANGE, (0,), 0)
    found = periods(Frequency.WEEK, AUTUMN, SCHOOL)
    spans, ill = ((date(2025, 9, 1), None),), ((date(2025, 11, 1), date(2025, 11, 30)),)
    late = date(2026, 1, 31)
    talks = [entry(date(2025, 11, 4))]
    index = next(n for n, one in enumerate(found) if one.first <= date(2025, 11, 4) <= one.last)
    expected = ((ill, State.EXCUSED), ((), State.MISSED))
    for excuses, state in expected:
        verdicts = judge(at_most_none, spans, excuses, talks, found, SCHOOL, late)
        assert verdicts[index].state is state
        assert (
            judge(at_most_none, spans, excuses, [], found, SCHOOL, late)[index].state is State.DONE
        )


@pytest.mark.parametrize("frequency", Frequency)
def test_the_periods_of_a_frequency_follow_each_other_without_overlap(frequency):
    for semester in SCHOOL.semesters:
        found = periods(frequency, semester, SCHOOL)
        assert len({period.code for period in found}) == len(found)
        for period in found:
            assert period.counts_from <= period.first <= period.last <= period.counts_until
        for earlier, later in pairwise(found):
            assert earlier.counts_until < later.counts_from


@pytest.mark.parametrize("frequency", [Frequency.MONTH, Frequency.HALF_MONTH, Frequency.QUARTER])
def test_a_calendar_period_belongs_to_one_semester_only(frequency):
    autumn, spring = (periods(frequency, semester, SCHOOL) for semester in SCHOOL.semesters)
    assert not {period.code for period in autumn} & {period.code for period in spring}


def test_a_month_shared_by_two_semesters_is_judged_with_the_second():
    early = SemesterSpan("2025-2026-1", date(2025, 9, 1), date(2026, 2, 6))
    late = SemesterSpan("2025-2026-2", date(2026, 2, 23), date(2026, 7, 8))
    calendar = SchoolCalendar((early, late))
    assert periods(Frequency.MONTH, early, calendar)[-1].code == "2026-01"
    february = periods(Frequency.MONTH, late, calendar)[0]
    assert (february.code, february.school_days) == ("2026-02", 10)


def test_a_school_year_is_one_period_to_the_end_of_august_from_either_semester():
    for own, calendar in ((AUTUMN, SchoolCalendar((AUTUMN,))), (AUTUMN, SCHOOL), (SPRING, SCHOOL)):
        (year,) = periods(Frequency.SCHOOL_YEAR, own, calendar)
        assert (year.last, year.title) == (date(2026, 8, 31), "2025—2026学年")


def test_thresholds_are_settings():
    found = periods(Frequency.WEEK, AUTUMN, SCHOOL, Thresholds(week_days=2))
    always = ((date(2025, 9, 1), None),)
    national_day_week = judge(Rules(), always, (), (), found, SCHOOL, date(2025, 10, 6))[4]
    assert (national_day_week.period.code, national_day_week.state) == ("w05", State.MISSED)


def test_an_event_answered_after_its_days_is_done_late():
    period = event_period("finding-1", date(2025, 11, 3), 7)
    assert period.deadline == date(2025, 11, 10)

    def state(as_of: date, *records: Entry) -> State:
        return judge(Rules(), ((date(2025, 11, 3), None),), (), records, [period], SCHOOL, as_of)[
            0
        ].state

    answered_late = entry(date(2025, 11, 12))
    assert state(date(2025, 11, 10)) is State.DUE
    assert state(date(2025, 11, 11), answered_late) is State.MISSED
    assert state(date(2025, 11, 12), answered_late) is State.DONE_LATE
    assert state(date(2025, 11, 12), entry(date(2025, 11, 10))) is State.DONE
    assert state(date(2025, 11, 2)) is State.NOT_DUE


@pytest.mark.parametrize(
    ("answered", "seen", "expected"),
    [
        (None, 29, State.DUE),
        (None, 30, State.DUE),
        (None, 31, State.MISSED),
        (30, 40, State.DONE),
        (31, 40, State.DONE_LATE),
        (20, 20, State.DONE),
        (40, 40, State.DONE_LATE),
        (None, 0, State.DUE),
        (50, 40, State.MISSED),
        (None, -1, State.NOT_DUE),
    ],
)
def test_an_incident_is_judged_by_the_minute(answered, seen, expected):
    start = datetime(2025, 11, 3, 9, 0)
    minutes = [None if n is None else start + timedelta(minutes=n) for n in (answered, seen)]
    assert judge_event(start, timedelta(minutes=30), *minutes) is expected


@pytest.mark.parametrize(
    ("days", "until", "excused", "expected"),
    [
        (-1, 0, False, State.MISSED),
        (0, 0, False, State.MISSED),
        (0, 0, True, State.EXCUSED),
        # In the holiday: whoever left with the last day of class is asked no more.
        (1, 0, False, State.NOT_DUE),
        (1, 1, False, State.MISSED),
        (30, 30, False, State.MISSED),
        (30, 30, True, State.EXCUSED),
        (30, 29, False, State.NOT_DUE),
    ],
)
def test_a_state_of_a_past_semester_is_judged_on_one_day(days, until, excused, expected):
    """Subject, excuse and records on the day looked from (docs/rules.md, Verdicts)."""
    day = AUTUMN.last + timedelta(days=days)
    found = periods(Frequency.NOW, AUTUMN, SCHOOL)
    spans = ((AUTUMN.first, AUTUMN.last + timedelta(days=until)),)
    ill = ((day, day),) if excused else ()
    (verdict,) = judge(Rules(), spans, ill, [], found, SCHOOL, day)
    assert verdict.state is expected


def test_excused_open_and_not_due_periods_are_in_neither_sum():
    records = [entry(date(2025, 9, 2)), entry(date(2025, 9, 9), date(2025, 9, 30))]
    found = periods(Frequency.WEEK, AUTUMN, SCHOOL)
    verdicts = judge(
        Rules(), ((date(2025, 9, 1), None),), (), records, found, SCHOOL, date(2025, 10, 7)
    )
    assert letters(verdicts) == "DBMMEO" + "N" * 15
    added = tally(verdicts)
    assert (added.met, added.judged, added.share) == (2, 4, Fraction(1, 2))
    assert added.counts[State.EXCUSED] == 1
    assert sum(added.counts.values()) == len(verdicts)


def verdicts_of(**counts: int) -> list[PeriodVerdict]:
    period = periods(Frequency.WEEK, AUTUMN, SCHOOL)[0]
    return [
        PeriodVerdict(period, State[name.upper()], 0, 1)
        for name, number in counts.items()
        for _ in range(number)
    ]


def test_credits_are_those_of_the_worked_evaluation():
    # Talk: 36 due, 30 done, 2 late, 4 missed at nothing; visit: 3 of 4; weights 2 and 3.
    talk = tally(verdicts_of(done=30, done_late=2, missed=4, excused=5, due=1))
    visit = tally(verdicts_of(done=3, missed=1))
    assert talk.credit_share == Fraction(31, 36)
    score = 100 * (2 * talk.credit_share + 3 * visit.credit_share) / 5
    assert f"{float(score):.2f}" == "79.44"


def test_a_missed_period_earns_its_part_and_the_credits_are_settings():
    period = periods(Frequency.WEEK, AUTUMN, SCHOOL)[0]
    missed = [PeriodVerdict(period, State.MISSED, 3, 4)]
    assert tally(missed).credit_share == Fraction(3, 4)
    late = tally(verdicts_of(done_late=1), Credits(done_late=Fraction(1, 4)))
    assert late.credit_share == Fraction(1, 4)


def test_nothing_judged_has_no_share():
    empty = tally(verdicts_of(excused=3, due=1, not_due=2))
    assert empty.share is None
    assert empty.credit_share is None


def test_an_empty_duty_is_never_a_pass():
    assert standing([]) is State.NO_DATA
    assert standing([verdicts_of(done=1)], has_records=False) is State.NO_DATA
    assert standing([verdicts_of(done=3), verdicts_of(missed=1)]) is State.MISSED
    assert standing([verdicts_of(done=3), verdicts_of(not_due=1)]) is State.DONE
    assert standing([verdicts_of(excused=1, not_due=1)]) is State.EXCUSED


def test_every_state_has_its_own_letter_word_and_shape():
    for face in ("value", "word", "shape", "slug"):
        assert len({getattr(state, face) for state in State}) == len(State)


def test_what_one_part_has_too_much_of_does_not_make_up_for_another():
    rules = Rules(leasts=(2, 2))
    records = [entry(date(2025, 11, 4), part=part) for part in (0, 0, 0, 1)]
    week = judge(
        rules, ((AUTUMN.first, None),), (), records, periods(Frequency.WEEK, AUTUMN, SCHOOL),
        SCHOOL, AUTUMN.last,
    )[9]  # fmt: skip
    assert (week.counted, week.minimum, week.state) == (3, 4, State.MISSED)
