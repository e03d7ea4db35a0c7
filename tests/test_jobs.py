"""The Job table is the truth: a lost wake-up, a killed worker or a click on stop lose nothing."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest

from admin.frame.context import Runtime
from admin.work import worker
from models.core import jobs
from models.core.errors import BadFile
from tests.world import NOON, StandingClock


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


def test_what_fails_behind_its_effect_is_done_all_the_same(ask, does, data_dir, clock):
    def handler(given, running, installed):
        with running.effect() as outcome:
            outcome["sum"] = 3
        raise BadFile("后面的一步没有做成")

    does(handler)
    job = ask()
    work(data_dir, clock)
    done = jobs.job_of(job.id)
    assert (done.state, done.found, done.message) == (jobs.DONE, {"sum": 3}, "")


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


def test_jobs_are_done_in_the_order_they_were_asked_for(ask, does, data_dir, clock):
    done = []

    def handler(given, running, installed):
        done.append(given["a"])
        if given["a"] == 1:
            ask(a=4)  # What is asked for meanwhile is done in the same round.
        return {}

    does(handler)
    for number in (3, 1, 2):
        ask(a=number)
    assert work(data_dir, clock) == 4
    assert done == [3, 1, 2, 4]


def test_work_that_ended_or_is_to_stop_may_be_asked_for_again(ask, does, data_dir, clock):
    does(lambda *_: {})
    first = ask(a=1)
    work(data_dir, clock)
    second = ask(a=1)
    assert second.id != first.id
    jobs.claim(second.id, NOON)
    assert ask(a=1).id == second.id
    jobs.cancel(second.id, NOON)
    assert ask(a=1).id != second.id


def test_the_same_arguments_of_another_kind_are_other_work(ask):
    assert ask(a=1).id != ask(kind="other", a=1).id


def test_a_silent_worker_that_was_asked_to_stop_is_not_followed_by_another(
    ask, does, data_dir, clock
):
    does(lambda *_: pytest.fail("begun again"))
    job = ask()
    jobs.claim(job.id, NOON)
    jobs.cancel(job.id, NOON)
    clock.advance(seconds=jobs.STALE_SECONDS + 1)
    assert work(data_dir, clock) == 0
    ended = jobs.job_of(job.id)
    assert (ended.state, ended.finished_at) == (jobs.CANCELLED, clock.now())


@pytest.mark.parametrize(
    ("heartbeat", "revived"),
    [
        (NOON, 0),
        (NOON - timedelta(seconds=jobs.STALE_SECONDS), 0),
        (NOON - timedelta(seconds=jobs.STALE_SECONDS + 1), 1),
        # The clock of a demo may have been set back.
        (NOON + timedelta(seconds=jobs.STALE_SECONDS), 0),
        (NOON + timedelta(seconds=jobs.STALE_SECONDS + 1), 1),
        (None, 1),
    ],
)
def test_a_job_goes_back_into_the_queue_when_its_heart_was_not_heard(ask, heartbeat, revived):
    job = ask()
    jobs.claim(job.id, NOON)
    jobs.Running(job.id, StandingClock()).progress("走到一半", 5, 10)
    jobs.Job.update(heartbeat=heartbeat).where(jobs.Job.id == job.id).execute()
    assert jobs.requeue_stale(NOON) == revived
    now = jobs.job_of(job.id)
    if revived:
        assert (now.state, now.step, now.done, now.total) == (jobs.WAITING, "", 0, 0)
    else:
        assert (now.state, now.done) == (jobs.RUNNING, 5)


@pytest.mark.parametrize(("seconds", "silent"), [(-9, True), (-8, False), (8, False), (9, True)])
def test_a_worker_is_silent_when_its_heart_was_not_heard_or_beats_ahead_of_the_clock(
    ask, seconds, silent
):
    job = ask()
    assert not job.is_silent(NOON)
    assert jobs.claim(job.id, NOON - timedelta(seconds=seconds))
    assert jobs.job_of(job.id).is_silent(NOON) is silent


def test_a_finished_job_is_neither_stopped_nor_taken_up_again(ask, does, data_dir, clock):
    does(lambda *_: {})
    job = ask()
    work(data_dir, clock)
    jobs.cancel(job.id, NOON)
    clock.advance(hours=2)
    assert jobs.requeue_stale(clock.now()) == 0
    ended = jobs.job_of(job.id)
    assert (ended.state, ended.cancel, ended.finished_at) == (jobs.DONE, False, NOON)


def test_progress_is_noted_once_a_moment_within_a_step_and_always_at_its_end(ask, clock):
    job = ask()
    jobs.claim(job.id, NOON)
    running = jobs.Running(job.id, clock)

    def noted(step, done, total):
        running.progress(step, done, total)
        found = jobs.job_of(job.id)
        return found.step, found.done

    assert noted("数", 1, 3) == ("数", 1)
    assert noted("数", 2, 3) == ("数", 1)
    assert noted("数", 3, 3) == ("数", 3)
    assert noted("写", 1, 3) == ("写", 1)
    clock.advance(seconds=1)
    assert noted("写", 2, 3) == ("写", 2)


def test_a_job_whose_row_is_gone_stops_at_its_next_step(ask, clock):
    job = ask()
    jobs.claim(job.id, NOON)
    jobs.Job.delete().where(jobs.Job.id == job.id).execute()
    with pytest.raises(jobs.JobCancelled):
        jobs.Running(job.id, clock).progress("一步")


def test_a_worker_that_was_too_slow_does_nothing(ask, does, data_dir, clock):
    does(lambda *_: pytest.fail("done twice"))
    job = ask()
    jobs.claim(job.id, NOON)
    assert worker.run_job(job.id, Runtime(data_dir, clock)) is False


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


@pytest.mark.parametrize("name", ["counsellor", "inspector", "bob"])
def test_the_work_of_other_people_is_not_there(client_as, world, name):
    job = jobs.ask("sums", "算一算", {}, NOON, world.alice.user_id)
    client = client_as(name)
    assert client.get(f"/jobs/{job.id}.json").status_code == 404
    assert client.post(f"/jobs/{job.id}/cancel").status_code == 404
    assert jobs.job_of(job.id).state == jobs.WAITING


@pytest.mark.parametrize("name", ["alice", "clerk", "leadership"])
def test_the_one_who_asked_and_the_office_see_and_stop_work(client_as, world, name):
    job = jobs.ask("sums", "算一算", {}, NOON, world.alice.user_id)
    client = client_as(name)
    assert client.get(f"/jobs/{job.id}.json").status_code == 200
    assert client.post(f"/jobs/{job.id}/cancel").status_code == 302
    assert jobs.job_of(job.id).state == jobs.CANCELLED


def test_a_failed_job_tells_its_message_and_no_result(ask, does, client_as, data_dir, clock):
    def handler(given, running, installed):
        raise BadFile("照片打不开")

    does(handler)
    job = ask()
    work(data_dir, clock)
    told = client_as("clerk").get(f"/jobs/{job.id}.json").json
    assert (told["state"], told["message"], told["url"]) == ("failed", "照片打不开", "")


def test_a_failed_bundle_is_told_on_the_page_of_its_semester_until_another_is_made(
    client_as, world, data_dir, clock, monkeypatch
):
    def handler(given, running, installed):
        raise BadFile("第 3 张照片打不开")

    client, real = client_as("clerk"), worker.KINDS["bundle"]
    monkeypatch.setitem(worker.KINDS, "bundle", worker.Kind(handler))
    monkeypatch.setattr("admin.inspection.bundles.wake", lambda *_where: None)
    page = "/bundles/?semester=2025-2026-1"
    client.post("/bundles/build", data={"semester": "2025-2026-1"})
    assert "排队等候" in client.get(page).text
    work(data_dir, clock)
    assert "第 3 张照片打不开" in client.get(page).text
    assert "第 3 张照片打不开" not in client.get("/bundles/?semester=2025-2026-2").text
    monkeypatch.setitem(worker.KINDS, "bundle", real)
    client.post("/bundles/build", data={"semester": "2025-2026-1"})
    assert "第 3 张照片打不开" not in client.get(page).text


@pytest.mark.parametrize("number", ["0", "999999", str(2**63), "abc"])
def test_a_job_that_is_not_there_is_not_found(client_as, number):
    assert client_as("clerk").get(f"/jobs/{number}.json").status_code == 404


def test_waking_the_worker_leaves_news_in_the_queue(data_dir, clock):
    from admin.work import wake

    wake.wake(Runtime(data_dir, clock))
    queue, _task = wake._queue(Runtime(data_dir, clock))
    try:
        assert len(queue) == 1
    finally:
        queue.storage.close()


def test_a_queue_that_cannot_be_written_stops_nobody(data_dir, clock, monkeypatch):
    from admin.work import wake

    met = []

    def broken(*_):
        met.append("queue")
        raise sqlite3.OperationalError("disk full")

    monkeypatch.setattr(wake, "_queue", broken)
    wake.wake(Runtime(data_dir, clock))
    assert met == ["queue"]
