"""A deadline turns at once: open on its last day, not met on the day after, whatever period it is.

Tried over every duty that ships with a deadline; the expected days are reckoned here from what the
declaration says, and not with the engine.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from types import SimpleNamespace

import pytest
from weighing import Entry, judged

from admin.boards.today import sum_up
from compliance.judged import events
from compliance.judged.evaluation import Evaluation, periods_of
from compliance.judged.judge import Judge
from compliance.judged.verdict import Rules, State
from compliance.ordered.catalogue import duties
from compliance.ordered.duty import MeasureKind
from compliance.ordered.periods import Frequency
from compliance.told.owing import Mark, first_owed
from models.core import calendar
from tests.test_judge import AUTUMN, SCHOOL
from tests.world import NOON

DAY = timedelta(days=1)
HAPPENED = date(2025, 10, 15)
SAID = date(2025, 10, 31)
WITH_DEADLINE = [duty for duty in duties() if duty.deadline or duty.measure.minutes]
IN_PERIOD = [duty for duty in WITH_DEADLINE if duty.every is not Frequency.EVENT]
PER_EVENT = [duty for duty in WITH_DEADLINE if duty.every is Frequency.EVENT]


def last_day(duty):
    """The last day on which the duty may still be done in time, by the calendar on the wall."""
    limit = duty.deadline
    if duty.measure.minutes:
        return HAPPENED
    if limit.semester_end:
        return AUTUMN.last
    if limit.weeks:
        monday = AUTUMN.first - timedelta(days=AUTUMN.first.weekday())
        return monday + timedelta(weeks=limit.weeks) - DAY
    return SAID if limit.field else HAPPENED + timedelta(days=limit.days)


def whole(duty, day):
    """Records of one day that meet every part of the duty."""
    leasts = tuple(part.least for part in duty.parts) or (duty.measure.least,)
    at = datetime.combine(day, time(9))
    return [Entry(day, at, part=part) for part, least in enumerate(leasts) for _ in range(least)]


@pytest.mark.parametrize("duty", IN_PERIOD, ids=lambda duty: duty.code)
def test_a_duty_of_a_period_turns_the_day_after_its_deadline(duty):
    last = last_day(duty)
    (period,) = periods_of(duty, AUTUMN, SCHOOL)
    always = ((AUTUMN.first, None),)

    def state(as_of, *records):
        judge = Judge(Rules.of(duty), [period], SCHOOL, as_of)
        ((found),) = (one.state for one in judged(judge, always, records=records))
        return found

    assert [state(last - DAY), state(last), state(last + DAY)] == [
        State.DUE,
        State.DUE,
        State.MISSED,
    ]
    # Done on the last day it is in time; the day after, it is late and no longer missed.
    assert state(last + DAY, *whole(duty, last)) is State.DONE
    assert state(last + DAY, *whole(duty, last + DAY)) is State.DONE_LATE


@pytest.mark.parametrize("duty", PER_EVENT, ids=lambda duty: duty.code)
def test_a_duty_per_event_turns_the_day_after_its_deadline(duty):
    last = last_day(duty)
    (period,) = periods_of(duty, AUTUMN, SCHOOL)
    at = datetime.combine(HAPPENED, time(10))
    said = datetime.combine(SAID, time()) if duty.deadline and duty.deadline.field else None

    def state(as_of, answered=None):
        event = events._event(duty, at, said, answered)
        return events.verdict(period, [event], [], as_of).state

    assert [state(last), state(last + DAY)] == [State.DUE, State.MISSED]
    if last > HAPPENED:
        assert state(last - DAY) is State.DUE
    late = datetime.combine(last + DAY, time())
    assert state(last + DAY, late) is State.DONE_LATE
    in_time = at if duty.measure.minutes else late - timedelta(seconds=1)
    assert state(last + DAY, in_time) is State.DONE


def test_every_kind_of_deadline_is_tried():
    limits = [duty.deadline for duty in WITH_DEADLINE if duty.deadline]
    assert {bool(one.weeks) for one in limits} == {True, False}
    assert any(one.semester_end for one in limits)
    assert any(one.field for one in limits)
    assert any(duty.measure.kind is MeasureKind.COMPLETE for duty in IN_PERIOD)
    assert len(WITH_DEADLINE) >= 20


def test_a_school_sees_a_passed_deadline_the_next_morning(world):
    """The same through the whole engine, within the world's semester, which goes on for months."""
    code = "semester-plan"
    code_of = calendar.current_semester(NOON.date()).code
    span = calendar.school_calendar().semester(code_of)
    (duty,) = (one for one in duties() if one.code == code)
    monday = span.first - timedelta(days=span.first.weekday())
    last = monday + timedelta(weeks=duty.deadline.weeks) - DAY
    assert last + DAY < span.last

    def state(day):
        (judged,) = Evaluation(span, day).judge(duty)
        return judged.verdicts[0].state

    assert [state(last), state(last + DAY)] == [State.DUE, State.MISSED]


def test_what_can_still_be_made_up_stays_on_the_teachers_list():
    (duty,) = (one for one in duties() if one.code == "census")
    (period,) = periods_of(duty, AUTUMN, SCHOOL)
    late = Mark("学期摸底", State.MISSED, duty.every, duty, None, period)
    assert late.open
    assert sum_up([late], has_children=True) == (
        "本学期还差 1 次学期摸底",
        "期限 9月28日已过，请补办",
    )
    open_ = late._replace(state=State.DUE)
    assert sum_up([open_], has_children=True)[1] == "截止 9月28日"
    done = late._replace(state=State.DONE_LATE)
    assert not done.open
    # Nothing is made up where a period simply has too much (a teacher with too many children).
    (load,) = (one for one in duties() if one.code == "load-staff")
    (now,) = periods_of(load, AUTUMN, SCHOOL)
    assert not Mark("师生结对", State.MISSED, load.every, load, None, now).open


def test_what_is_past_its_deadline_speaks_first_as_its_button_does():
    """The headline of the day and the first card's button name the same act."""
    weekly = SimpleNamespace(
        noun="谈心",
        open=True,
        overdue=False,
        every=Frequency.WEEK,
        period=SimpleNamespace(due_until=date(2025, 11, 16)),
    )
    late = SimpleNamespace(
        noun="学期摸底",
        open=True,
        overdue=True,
        every=Frequency.SEMESTER,
        period=SimpleNamespace(due_until=date(2025, 10, 8)),
    )
    told, by = sum_up([weekly, late, late], has_children=True)
    assert (told, by) == ("本学期还差 2 次学期摸底", "期限 10月8日已过，请补办")
    assert first_owed([weekly, late]) is late
    assert sum_up([weekly], has_children=True)[0] == "本周还差 1 次谈心"
