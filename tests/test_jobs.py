"""The Job table is the truth: a lost wake-up, a killed worker or a click on stop lose nothing."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest

from admin.work import worker
from models.core import jobs
from models.core.errors import BadFile
from tests.world import NOON


@pytest.fixture
def ask(world):
    def put(kind="sums", **given):
        return jobs.ask(kind, "算一算", given, NOON, world.clerk.user_id)

    return put


@pytest.fixture
def does(monkeypatch):
    def install(handler):
        monkeypatch.setitem(worker.KINDS, "sums", worker.Kind(handler))

    return install


def work(data_dir, clock):
    return worker.run_waiting(data_dir, clock)


def test_a_waiting_job_is_done_and_keeps_its_result(ask, does, data_dir, clock):
    does(lambda given, running, installed: {"sum": given["a"] + given["b"]})
    job = ask(a=1, b=2)
    assert work(data_dir, clock) == 1
    done = jobs.job_of(job.id)
    assert (done.state, done.found) == (jobs.DONE, {"sum": 3})


def test_the_same_work_is_not_queued_twice(ask):
    assert ask(a=1).id == ask(a=1).id
    assert ask(a=1).id != ask(a=2).id


def test_a_job_tells_how_far_it_is(ask, does, data_dir, clock):
    seen = []

    def handler(given, running, installed):
        running.progress("正在数", 3, 10)
        job = jobs.job_of(running.job_id)
        seen.append((job.step, job.done, job.total, job.state))
        return {}

    does(handler)
    ask()
    work(data_dir, clock)
    assert seen == [("正在数", 3, 10, jobs.RUNNING)]


def test_a_running_job_stops_at_its_next_step_when_asked(ask, does, data_dir, clock):
    reached = []

    def handler(given, running, installed):
        running.progress("第一步")
        jobs.cancel(running.job_id, NOON)
        running.progress("第二步")
        reached.append("too far")
        return {}

    does(handler)
    job = ask()
    work(data_dir, clock)
    assert jobs.job_of(job.id).state == jobs.CANCELLED
    assert not reached


def test_a_waiting_job_that_is_stopped_is_never_begun(ask, does, data_dir, clock):
    does(lambda *_: pytest.fail("begun"))
    job = ask()
    jobs.cancel(job.id, NOON)
    assert work(data_dir, clock) == 0
    assert jobs.job_of(job.id).state == jobs.CANCELLED


def test_a_failure_is_told_in_the_jobs_own_words(ask, does, data_dir, clock):
    def handler(given, running, installed):
        raise BadFile("照片打不开")

    does(handler)
    job = ask()
    work(data_dir, clock)
    failed = jobs.job_of(job.id)
    assert (failed.state, failed.message) == (jobs.FAILED, "照片打不开")


def test_an_unforeseen_failure_is_noted_and_reaches_the_log(ask, does, data_dir, clock):
    does(lambda *_: {}["nothing"])
    job = ask()
    with pytest.raises(KeyError):
        work(data_dir, clock)
    failed = jobs.job_of(job.id)
    assert failed.state == jobs.FAILED
    assert "nothing" not in failed.message


def test_a_job_of_an_unknown_kind_fails_with_a_sentence(ask, data_dir, clock):
    job = ask("from-a-newer-version")
    work(data_dir, clock)
    assert jobs.job_of(job.id).state == jobs.FAILED


def test_two_workers_never_take_the_same_job(ask, clock):
    job = ask()
    assert jobs.claim(job.id, NOON)
    assert not jobs.claim(job.id, NOON)


def test_the_work_of_a_killed_worker_is_taken_up_again(ask, does, data_dir, clock):
    does(lambda *_: {"again": True})
    job = ask()
    jobs.claim(job.id, NOON)
    assert work(data_dir, clock) == 0
    clock.advance(seconds=jobs.STALE_SECONDS + 1)
    assert work(data_dir, clock) == 1
    assert jobs.job_of(job.id).found == {"again": True}


def test_a_living_worker_keeps_its_job(ask, does, data_dir, clock):
    job = ask()
    jobs.claim(job.id, NOON)
    assert jobs.requeue_stale(NOON + timedelta(seconds=jobs.STALE_SECONDS - 1)) == 0
    assert jobs.job_of(job.id).state == jobs.RUNNING


def test_the_heart_beats_while_one_step_takes_long(ask, clock):
    job = ask()
    jobs.claim(job.id, NOON)
    clock.advance(seconds=30)
    running = jobs.Running(job.id, clock)
    with jobs.beating(running, seconds=0.01):
        for _ in range(500):
            if jobs.job_of(job.id).heartbeat > NOON:
                break
    assert jobs.job_of(job.id).heartbeat == NOON + timedelta(seconds=30)


def test_the_progress_bar_gets_what_it_asks_for(ask, client_as):
    job = ask(semester="2025-2026-1")
    answer = client_as("clerk").get(f"/jobs/{job.id}.json")
    assert set(answer.json) == {"state", "step", "done", "total", "message", "url"}
    assert answer.json["state"] == "waiting"


def test_a_teacher_cannot_see_or_stop_the_offices_work(ask, client_as):
    job = ask()
    client = client_as("alice")
    assert client.get(f"/jobs/{job.id}.json").status_code == 404
    assert client.post(f"/jobs/{job.id}/cancel").status_code == 404
    assert jobs.job_of(job.id).state == jobs.WAITING


@pytest.mark.parametrize("number", ["0", "999999", str(2**63), "abc"])
def test_a_job_that_is_not_there_is_not_found(client_as, number):
    assert client_as("clerk").get(f"/jobs/{number}.json").status_code == 404


def test_waking_the_worker_leaves_news_in_the_queue(data_dir, clock):
    from admin.work import wake

    wake.wake(data_dir, clock)
    queue, _task = wake._queue(data_dir, clock)
    try:
        assert len(queue) == 1
    finally:
        queue.storage.close()


def test_a_queue_that_cannot_be_written_stops_nobody(data_dir, clock, monkeypatch):
    from admin.work import wake

    def broken(*_):
        raise sqlite3.OperationalError("disk full")

    monkeypatch.setattr(wake, "_queue", broken)
    wake.wake(data_dir, clock)
