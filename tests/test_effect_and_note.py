"""A job's effect and the note that it is done are one: whoever dies between leaves both or neither.

Generated over every kind of job; a new kind without an entry here fails the first test.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from admin.frame.context import Runtime
from admin.work import (
    backup_work,
    bundle_work,
    import_work,
    mail_work,
    names_work,
    print_work,
    upkeep_work,
    uploads,
    worker,
)
from compliance.ordered.papers import document_called
from models.core import calendar, jobs, receipts, service
from models.core.actor import SYSTEM
from models.core.gates import every_row, rows
from models.core.masking import KnownName
from models.core.register import find
from models.core.search_refresh import refresh_search_texts
from models.core.undo import undo
from models.intake.report import Choices
from models.photos import store
from models.school import backups, bundles, digest_mail
from tests.bundle_school import SEMESTER
from tests.serving import free_port
from tests.test_names_searched import parent
from tests.test_photo_store import jpeg
from tests.test_twice import roster
from tests.test_undo import TALK, in_a_batch
from tests.world import NOON, StandingClock


class Killed(BaseException):
    """The worker is gone."""


class Import:
    def __init__(self, world, data_dir):
        self.world = world
        self.upload = uploads.keep(
            data_dir, world.clerk.user_id, import_work.ROSTER, "名册.xlsx", roster(0, 1), NOON
        )
        self.job = import_work.ask_for(world.clerk, self.upload, Choices())

    def made(self):
        child = find("child").model
        return every_row(find("child")).where(child.name.in_(["孙一", "孙二"])).count() // 2

    def noted(self):
        return receipts.outcome_of(self.world.clerk, self.upload.token) is not None


class Bundle:
    def __init__(self, world, _data_dir):
        semester = find("semester").model(id=world.autumn, code=SEMESTER, title="")
        self.job = bundle_work.ask_for(world.clerk, semester, "inspection")

    def made(self):
        return rows(SYSTEM, bundles.bundle_register()).count()

    def noted(self):
        return jobs.job_of(self.job.id).state == jobs.DONE


class Backup:
    def __init__(self, world, data_dir):
        self.folder = data_dir / "backups"
        backup_work.ask_daily(NOON)
        self.job = jobs.newest(backup_work.KIND)

    def made(self):
        return len(backups.backups(self.folder))

    def noted(self):
        return any(one.manifest["job"] for one in backups.backups(self.folder))


class Upkeep(Bundle):
    def __init__(self, world, data_dir):
        before = replace(world.alice, now=NOON - timedelta(days=30))
        store.receive(
            before,
            jpeg(1),
            register=find("home-visit"),
            token="form-token-1",
            record_id=0,
            evidence="photo",
            storage_root=data_dir / "files",
        )
        upkeep_work.ask_daily(NOON)
        self.job = jobs.newest(upkeep_work.KIND)

    def made(self):
        return rows(SYSTEM, find("photo"), deleted=True).count()


class Names(Bundle):
    def __init__(self, world, _data_dir):
        service.create(
            world.clerk,
            TALK,
            {
                "child": world.child_a,
                "teacher": world.staff_alice,
                "topic": "欧阳石蕊说到学习",
                "talked_at": "2025-11-11 12:00",
            },
        )
        refresh_search_texts()
        parent(world)
        names_work.ask_where_needed(NOON)
        self.job = jobs.newest(names_work.KIND)

    def made(self):
        return int(not KnownName.select().where(~KnownName.searched).exists())


class Print(Bundle):
    def __init__(self, world, data_dir):
        self.asker, self.installed = world.clerk, Runtime(data_dir, StandingClock())
        semester = calendar.semester_called(SEMESTER)
        book = document_called("register-book")
        query = f"of={TALK.slug}"
        self.job = print_work.ask_for(
            world.clerk, book, semester, query, "谈心登记簿", self.installed
        )

    def made(self):
        return len(print_work.of_person(self.asker, self.installed))


class Mail(Bundle):
    """A mail server that is not there: the clerk is told in the transaction of the note."""

    def __init__(self, world, _data_dir):
        digest_mail.set_own_address(world.alice, "alice@school.example")
        self.job = jobs.ask(mail_work.KIND, "提醒邮件", {"day": "2025-11-12"}, NOON)

    def made(self):
        notice = find("notice")
        return every_row(notice).where(notice.model.title.contains("没有发出")).count()


SCENES = {
    import_work.KIND: Import,
    bundle_work.KIND: Bundle,
    backup_work.KIND: Backup,
    upkeep_work.KIND: Upkeep,
    names_work.KIND: Names,
    mail_work.KIND: Mail,
    print_work.KIND: Print,
}


def test_every_kind_of_job_is_tried_here():
    assert set(SCENES) == set(worker.KINDS)


def _die_before_the_note(monkeypatch, _kind):
    def end(*_given, **_more):
        raise Killed

    monkeypatch.setattr(jobs.Running, "end", end)


def _die_after_the_work(monkeypatch, kind):
    real, end = worker.KINDS[kind].handler, jobs.Running.end

    def handler(*given):
        real(*given)
        monkeypatch.setattr(jobs.Running, "end", lambda *_given, **_more: None)
        raise Killed

    monkeypatch.setitem(worker.KINDS, kind, worker.Kind(handler))
    return end


@pytest.mark.parametrize("die", [_die_before_the_note, _die_after_the_work])
@pytest.mark.parametrize("kind", sorted(SCENES))
def test_who_dies_between_effect_and_note_leaves_both_or_neither(
    kind, die, world, data_dir, clock, monkeypatch
):
    monkeypatch.setenv("SCHOOL_SMTP", f"smtp://127.0.0.1:{free_port()}")
    monkeypatch.setenv("SCHOOL_SMTP_FROM", "home@school.example")
    scene = SCENES[kind](world, data_dir)
    assert (scene.made(), scene.noted()) == (0, False)
    with pytest.MonkeyPatch.context() as patched:
        die(patched, kind)
        with pytest.raises(Killed):
            worker.run_waiting(data_dir, clock)
    first = scene.made()
    assert first == int(scene.noted())
    assert first == 1 or die is _die_before_the_note
    told = jobs.job_of(scene.job.id).found
    clock.advance(seconds=jobs.STALE_SECONDS + 1)
    worker.run_waiting(data_dir, clock)
    again = jobs.job_of(scene.job.id)
    assert (again.state, scene.made(), scene.noted()) == (jobs.DONE, 1, True)
    assert again.found
    assert not told or again.found == told


def test_a_batch_undone_twice_shows_what_the_first_time_did(client_as, world):
    batch = in_a_batch(world.clerk, (TALK, world.talk_a, {"topic": "改了"}))
    client = client_as("clerk")
    pages = [client.post(f"/imports/batches/{batch}/undo") for _time in range(2)]
    assert [page.status_code for page in pages] == [200, 200]
    assert all("1 条全部撤销了" in page.text for page in pages)


def test_an_undo_that_dies_before_its_note_has_undone_nothing(world, monkeypatch):
    batch = in_a_batch(world.clerk, (TALK, world.talk_a, {"topic": "改了"}))

    def dead(*_given):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(receipts, "keep", dead)
        with pytest.raises(Killed):
            undo(world.clerk, batch)
    assert rows(SYSTEM, TALK).where(TALK.model.id == world.talk_a).get().topic == "改了"
    assert undo(world.clerk, batch).undone == 1


def test_work_that_kills_its_worker_is_given_up_with_a_sentence(world, clock):
    job = jobs.ask("sums", "算", {}, NOON)
    for _try in range(jobs.MOST_TRIES):
        assert jobs.claim(job.id, clock.now())
        clock.advance(seconds=jobs.STALE_SECONDS + 1)
        jobs.requeue_stale(clock.now())
    ended = jobs.job_of(job.id)
    assert (ended.state, ended.message) == (jobs.FAILED, jobs.GIVEN_UP)


def test_a_silent_worker_is_told_within_ten_seconds(client_as, world, clock):
    job = jobs.ask("sums", "算", {}, clock.now(), world.clerk.user_id)
    jobs.claim(job.id, clock.now())
    page = client_as("clerk")
    assert page.get(f"/jobs/{job.id}.json").json["step"] == ""
    clock.advance(seconds=10)
    assert page.get(f"/jobs/{job.id}.json").json["step"] == jobs.SILENT
