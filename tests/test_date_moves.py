"""A record moved to another day is judged from the move, where that changes its period."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from compliance.judged.counting import entered_on
from compliance.judged.evaluation import Evaluation
from compliance.judged.judge import Judge
from compliance.judged.moves import Moves, stays_of
from compliance.judged.verdict import Rules, State
from compliance.ordered.catalogue import duty_called
from compliance.ordered.periods import Frequency, periods
from models.core import calendar, service
from models.core.batches import open_batch
from models.core.gates import every_row, row
from models.core.register import REGISTERS, find
from models.core.touches import DateMove
from models.core.undo import undo
from models.core.validation import happened_on
from tests.factory import Factory
from tests.test_duties import five_sets
from tests.world import NOON

__all__ = ["five_sets"]

AUTUMN = "2025-2026-1"
TALKS = find("talk")
REASON = "原来写错了日期"
# Made by their own steps, and never moved to another day.
STANDS = {"statistics-table", "evaluation", "incident"}


def span():
    return calendar.school_calendar().semester(AUTUMN)


def talk(world, day, now=NOON):
    raw = {
        "child": world.child_a,
        "teacher": world.staff_alice,
        "talked_at": f"{day} 12:00",
        "topic": "近况",
        "content": "最近作业写得快，和奶奶相处得好。",
    }
    return service.create(replace(world.clerk, now=now), TALKS, raw)


def moved(world, record, day, now=NOON):
    stored = row(world.clerk, TALKS, record.id)
    raw = {"talked_at": f"{day} 12:00", "late_reason": REASON}
    return service.update(replace(world.clerk, now=now), TALKS, record.id, raw, stored.version)


def week_of(world, day, code="talk-weekly"):
    """The state of the duty for child A in the period the day lies in."""
    duty = duty_called(code, AUTUMN)
    for one in Evaluation(span(), NOON.date()).judge(duty):
        if one.subject.child == world.child_a and one.subject.staff in (None, world.staff_alice):
            for verdict in one.verdicts:
                if verdict.period.first <= date.fromisoformat(day) <= verdict.period.last:
                    return verdict.state
    return None


# Wednesdays of the tenth and the fourth week: entered at once, and a month before NOON.
NOW_DAY, THEN, BESIDE = "2025-11-12", "2025-10-15", "2025-10-16"


@pytest.fixture
def empty_week(five_sets):
    """The week of `THEN` has no talk of child A yet."""
    assert week_of(five_sets, THEN) is State.MISSED
    return five_sets


def test_what_is_moved_into_another_week_is_back_filled_there(empty_week):
    world = empty_week
    # Entered no more than a week after the day it is moved to: the entry alone would be in time.
    record = talk(world, "2025-10-22", datetime(2025, 10, 22, 18, 0))
    moved(world, record, THEN)
    assert week_of(world, THEN) is State.BACK_FILLED


def test_what_was_entered_in_time_and_is_moved_within_its_week_stays_done(empty_week):
    world = empty_week
    record = talk(world, THEN, datetime(2025, 10, 15, 18, 0))
    assert week_of(world, THEN) is State.DONE
    moved(world, record, BESIDE)
    assert week_of(world, BESIDE) is State.DONE


def test_a_move_there_and_back_is_none(empty_week):
    world = empty_week
    record = talk(world, THEN, datetime(2025, 10, 15, 18, 0))
    moved(world, record, NOW_DAY)
    moved(world, record, BESIDE)
    assert week_of(world, THEN) is State.DONE


def test_a_move_within_the_days_of_grace_is_as_good_as_an_entry(empty_week):
    world = empty_week
    record = talk(world, "2025-10-22", datetime(2025, 10, 22, 18, 0))
    moved(world, record, THEN, datetime(2025, 10, 22, 19, 0))
    assert week_of(world, THEN) is State.DONE


def test_eight_days_after_it_is_none(empty_week):
    world = empty_week
    record = talk(world, "2025-10-22", datetime(2025, 10, 22, 18, 0))
    moved(world, record, THEN, datetime(2025, 10, 23, 19, 0))
    assert week_of(world, THEN) is State.BACK_FILLED


def test_a_duty_of_a_longer_period_does_not_mind_a_move_within_it(empty_week):
    world = empty_week
    record = talk(world, "2025-11-03", datetime(2025, 11, 3, 18, 0))
    moved(world, record, "2025-11-12")
    days = calendar.school_calendar()
    months = periods(Frequency.MONTH, span(), days)
    judge = Judge(Rules(), months, days, NOON.date())
    stays = "2025-11-03|2025-11-03|2025-11-12 2025-11-12"
    assert entered_on(judge, "2025-11-12", stays) == date(2025, 11, 3)


def test_undoing_a_move_undoes_its_trace(empty_week):
    world = empty_week
    record = talk(world, THEN, datetime(2025, 10, 15, 18, 0))
    with service.work(world.clerk) as current:
        batch = open_batch(world.clerk, "bulk", "改日期")
        current.batch = batch.id
        stored = row(world.clerk, TALKS, record.id)
        raw = {"talked_at": f"{NOW_DAY} 12:00"}
        service.update(world.clerk, TALKS, record.id, raw, stored.version, current=current)
    assert week_of(world, THEN) is State.MISSED
    undo(world.clerk, batch.id)
    assert week_of(world, THEN) is State.DONE


def test_a_line_moves_with_its_record(world):
    lines = find("home-visitor")
    visit = row(world.clerk, find("home-visit"), world.visit_a)
    day = happened_on(find("home-visit"), visit)
    later = f"{day + timedelta(days=1)} 16:00"
    raw = {"visited_at": later, "late_reason": REASON}
    service.update(world.clerk, find("home-visit"), visit.id, raw, visit.version)
    own = [one.id for one in every_row(lines).where(lines.model.visit == visit.id)]
    assert own
    (entered, *_rest) = Moves().entered(lines, own, ["2025-11-01"] * len(own))
    assert stays_of(entered) == (
        (day, date(2025, 11, 1)),
        (day + timedelta(days=1), NOON.date()),
    )
    assert Moves().entered(find("talk"), [1], ["2025-11-01"]) is None


@pytest.mark.parametrize(
    "slug",
    [
        r.slug
        for r in REGISTERS.values()
        if r.happened and not r.sealed and not r.parent and r.slug not in STANDS
    ],
)
def test_every_register_notes_that_its_day_was_moved_and_nothing_else(world, slug):
    register = find(slug)
    record = Factory(world.clerk).record(register)
    record = row(world.clerk, register, record)
    day = happened_on(register, record)
    if day is None:
        pytest.skip("has no day yet")
    writer = replace(world.clerk.as_product, now=NOON)
    given = {register.happened: getattr(record, register.happened) - timedelta(days=1)}
    for said in ({}, given):
        version = row(writer, register, record.id).version
        service.update(writer, register, record.id, {}, version, given=said)
    found = DateMove.select().where(DateMove.register == slug, DateMove.record_id == record.id)
    (move,) = found
    assert (move.from_day, move.to_day) == (day, day - timedelta(days=1))
    assert move.moved_on == NOON.date()
