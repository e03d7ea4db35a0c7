"""The daily upkeep: asked for once a day, and what it clears away."""

import json
from datetime import timedelta

from admin.frame import settings
from admin.work import upkeep_work, worker
from models.core import jobs
from models.core.gates import every_row
from models.core.register import find
from models.core.tries import Attempt, take_try
from models.school import accounts
from models.school.accounts import Session
from tests.world import NOON


def test_the_upkeep_is_asked_for_once_a_day(world):
    assert upkeep_work.ask_daily(NOON)
    assert not upkeep_work.ask_daily(NOON + timedelta(hours=3))
    assert upkeep_work.ask_daily(NOON + timedelta(days=1))


def test_the_upkeep_clears_old_doors_and_lists_what_time_brought(world, data_dir, clock):
    fresh = accounts.open_session(world.alice.user_id, NOON, "127.0.0.1")
    old = accounts.open_session(world.bob.user_id, NOON - timedelta(days=90), "127.0.0.1")
    accounts.end_session(old, NOON - timedelta(days=80))
    take_try("alice", "127.0.0.1", NOON - timedelta(days=3))
    clock.advance(days=930)  # past a sixteenth birthday
    accounts.open_session(world.alice.user_id, clock.now(), "127.0.0.1")
    upkeep_work.ask_daily(clock.now())
    assert worker.run_waiting(data_dir, clock) == 1
    done = jobs.newest(upkeep_work.KIND)
    assert done.state == jobs.DONE
    assert done.found["tasks"] > 0
    assert every_row(find("review-task")).count() == done.found["tasks"]
    assert Session.select().count() == 1
    assert Attempt.select().count() == 0
    assert fresh


def test_a_living_session_outlives_the_upkeep(world):
    token = accounts.open_session(world.alice.user_id, NOON, "127.0.0.1")
    accounts.forget_old(NOON + timedelta(days=29))
    assert accounts.session_of(token, NOON + timedelta(days=29)) is not None


def test_server_and_worker_of_a_demo_stand_on_the_same_day(tmp_path):
    assert settings.clock_in(tmp_path).fixed_day is None
    (tmp_path / settings.DEMO_NOTES).write_text(json.dumps({"fixed_day": "2026-01-15"}), "utf-8")
    assert str(settings.clock_in(tmp_path).today()) == "2026-01-15"
