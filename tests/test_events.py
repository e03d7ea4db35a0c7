"""Duties per event: open to the end of the day of the deadline, missed from the next day on."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from compliance.judged import events
from compliance.judged.events import Event, verdict
from compliance.judged.sources import Window
from compliance.judged.verdict import State
from compliance.ordered.catalogue import duty_called
from compliance.ordered.periods import Frequency, periods
from models.core import service
from models.core.actor import system
from models.core.register import find
from tests.spoiled import Spoiler
from tests.test_judge import AUTUMN, SCHOOL
from tests.world import NOON, TODAY

(SEMESTER,) = periods(Frequency.SEMESTER, AUTUMN, SCHOOL)
HAPPENED = datetime(2025, 11, 3, 9, 0)
LIMIT = datetime.combine(date(2025, 11, 10), time.max)


def november(day):
    return date(2025, 11, day)


# the deadline, the day of the answer, the day looked from, the excuse, what became of it
CASES = [
    (LIMIT, None, 10, None, State.DUE),
    (LIMIT, None, 11, None, State.MISSED),
    (LIMIT, 10, 10, None, State.DONE),
    (LIMIT, 10, 30, None, State.DONE),
    (LIMIT, 10, 9, None, State.DUE),
    (LIMIT, 11, 10, None, State.DUE),
    (LIMIT, 11, 11, None, State.DONE_LATE),
    (LIMIT, 12, 11, None, State.MISSED),
    (None, None, 30, None, State.DUE),
    (None, 29, 30, None, State.DONE),
    # Excused by the day it happened on, and not by that of the deadline.
    (LIMIT, None, 11, (3, 3), State.EXCUSED),
    (LIMIT, None, 11, (1, None), State.EXCUSED),
    (LIMIT, None, 11, (1, 2), State.MISSED),
    (LIMIT, None, 11, (4, 20), State.MISSED),
    (LIMIT, 11, 11, (3, 3), State.DONE_LATE),
]


@pytest.mark.parametrize(("until", "answered", "seen", "excuse", "expected"), CASES)
def test_an_event_is_open_to_the_end_of_its_day(until, answered, seen, excuse, expected):
    at = None if answered is None else datetime.combine(november(answered), time(12))
    spans = []
    if excuse is not None:
        spans = [(november(excuse[0]), excuse[1] and november(excuse[1]))]
    told = verdict(SEMESTER, [Event(HAPPENED, until, at)], spans, november(seen))
    assert told.state is expected
    assert (told.counted, told.minimum) == (int(answered is not None and answered <= seen), 1)


def event(answered=None, until=LIMIT):
    return Event(HAPPENED, until, answered)


IN_TIME, LATE = datetime(2025, 11, 4, 12), datetime(2025, 11, 12, 12)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([event(IN_TIME), event(), event(LATE)], State.MISSED),
        ([event(IN_TIME), event(until=None), event(LATE)], State.DUE),
        ([event(IN_TIME), event(LATE)], State.DONE_LATE),
        ([event(IN_TIME), event(IN_TIME)], State.DONE),
    ],
)
def test_of_several_events_the_gravest_tells(found, expected):
    told = verdict(SEMESTER, found, [], november(20))
    assert told.state is expected
    assert told.counted == len([one for one in found if one.answered])
    assert told.minimum == len(found)


def test_an_excused_event_is_no_shadow_on_one_that_was_answered():
    found = [event(IN_TIME), Event(datetime(2025, 11, 5, 9), LIMIT, None)]
    told = verdict(SEMESTER, found, [(november(5), november(5))], november(20))
    assert (told.state, told.counted, told.minimum) == (State.DONE, 1, 2)


def test_nothing_is_asked_before_the_semester():
    told = verdict(SEMESTER, [event()], [], date(2025, 8, 31))
    assert told.state is State.NOT_DUE


# ---- read from the records ---------------------------------------------------------------------


def read(code, day=TODAY):
    return events.happened(duty_called(code), Window(date(2025, 9, 1), day))


def test_the_first_notice_that_reached_somebody_answers(world):
    made = Spoiler(world)
    notices = [
        {"recipient_kind": kind, "notified_at": f"2025-11-11 {at}", "reached": "1"}
        for kind, at in (
            ("监护人", "10:50"),
            ("监护人", "10:30"),
            ("监护人", "10:40"),
            ("父母", "10:05"),
            ("监护人", "10:20"),
        )
    ]
    lines = {"notification": [{**one, "staff": world.staff_bob} for one in notices]}
    told = made.add("incident", lines, occurred_at="2025-11-11 10:00", in_school="1")
    made.put("notification", made.line("notification", told), reached=False)
    (one,) = read("incident-30")[told]
    start = datetime(2025, 11, 11, 10)
    assert one == Event(start, start.replace(minute=30), start.replace(minute=30))
    (one,) = read("incident-120a")[told]
    assert one == Event(start, start.replace(hour=12), None)
    assert told not in read("incident-30", date(2025, 11, 10))


def test_days_run_from_the_day_of_the_event_to_the_end_of_the_last(world):
    made = Spoiler(world)
    said = {"child": world.child_b, "tested_on": "2025-11-03", "abnormal": "异常"}
    said |= {"abnormal_note": "视力下降", "treatment": "到医院验光配镜"}
    made.add("fitness-test", **said, guardian_told_on="2025-11-10")
    ((one,),) = read("fitness-followed").values()
    day = datetime(2025, 11, 10)
    assert one == Event(datetime(2025, 11, 3), datetime.combine(day, time.max), day)


def test_an_opinion_has_the_deadline_it_was_given(world):
    made = Spoiler(world)
    lines = {"opinion": [{"content": "多开放图书室", "deadline": "2025-11-20"}]}
    meeting = made.add("meeting", lines, held_at="2025-11-01 15:00")
    opinion = made.line("opinion", meeting)
    (one,) = read("opinion-handled")[opinion]
    assert (one.until, one.answered) == (datetime.combine(date(2025, 11, 20), time.max), None)
    made.put("opinion", opinion, deadline=None, answered_on="2025-11-05", answer="已开放")
    (one,) = read("opinion-handled")[opinion]
    assert (one.until, one.answered) == (None, datetime(2025, 11, 5))


def test_the_clock_runs_from_the_discovery_where_the_school_chose_it(world):
    made = Spoiler(world)
    said = {"occurred_at": "2025-11-11 10:00", "discovered_at": "2025-11-11 10:40"}
    told = made.add("incident", **said, in_school="1")
    without = made.add("incident", occurred_at="2025-11-11 08:00", in_school="1")
    assert read("incident-30")[told][0].happened == datetime(2025, 11, 11, 10)
    school = find("school")
    service.update(system(NOON), school, world.school, {"clock_from": "发现时间"}, 1)
    assert read("incident-30")[told][0].happened == datetime(2025, 11, 11, 10, 40)
    assert read("incident-30")[without][0].happened == datetime(2025, 11, 11, 8)
