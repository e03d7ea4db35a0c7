"""What takes longer than two seconds is printed by a job: progress, stop, one owner, some days."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta

import pytest
from openpyxl import load_workbook

from admin.frame.context import Runtime
from admin.frame.printing import XLSX
from admin.registers import exports
from admin.work import print_work, upkeep_work, worker
from compliance.ordered import papers
from exports.documents import books
from models.core import jobs, rights, service
from models.core.audit import AccessLog
from models.core.gates import row
from models.core.jobs import Job
from models.core.register import find
from tests.factory import Factory
from tests.test_book_of import pdf_text


@pytest.fixture
def long_from_one(monkeypatch):
    """Every book, and every paper of records, counts as long."""
    monkeypatch.setattr(books, "ROWS_AT_ONCE", 0)
    monkeypatch.setattr(books, "SHEETS_AT_ONCE", 0)
    monkeypatch.setattr(papers, "AT_ONCE", 0)


@pytest.fixture
def made(client_as, data_dir, clock, long_from_one):
    """Ask for something as somebody, let the worker do it; returns the job."""

    def asked(person="clerk", url="/r/talk/book.pdf"):
        answer = client_as(person).get(url)
        assert answer.status_code == 302, answer.text
        worker.run_waiting(data_dir, clock)
        return jobs.newest("print")

    return asked


def page(job):
    return f"/documents/prints/{job.id}"


def test_a_short_book_is_made_while_the_page_is_awaited(client_as):
    assert client_as("clerk").get("/r/talk/book.pdf").mimetype == "application/pdf"
    assert jobs.newest("print") is None


@pytest.mark.parametrize("url", ["/r/talk/book.pdf", "/documents/talk-record/pdf?for={talk}"])
def test_a_long_print_is_a_job_and_then_fetched_by_whoever_asked(
    client_as, made, world, data_dir, url
):
    job = made(url=url.format(talk=world.talk_a))
    assert (job.state, job.message) == (jobs.DONE, "")
    clerk = client_as("clerk")
    assert f"{page(job)}/file" in clerk.get(page(job)).text
    assert job.title in clerk.get("/documents/").text
    sent = clerk.get(f"{page(job)}/file")
    assert sent.mimetype == "application/pdf"
    assert "下载" in pdf_text(sent.data)
    assert hashlib.sha256(sent.data).hexdigest() == job.found["sha256"]
    noted = AccessLog.select().where(AccessLog.action == "print").order_by(AccessLog.id)
    assert [entry.register for entry in noted] == ["talk", "talk"]
    assert not list((data_dir / "cache" / "print").iterdir())


def test_nobody_but_its_owner_sees_a_print(client_as, made):
    job = made("alice")
    for person in ("bob", "clerk", "leadership", "inspector"):
        for url in (page(job), f"{page(job)}/file"):
            assert client_as(person).get(url).status_code in (403, 404), (person, url)
        assert job.title not in client_as(person).get("/documents/").text
    assert client_as("bob").get(f"/jobs/{job.id}.json").status_code == 404
    assert client_as("bob").post(f"/jobs/{job.id}/cancel").status_code == 404


def test_a_print_that_waits_is_nobody_elses_either(client_as, long_from_one):
    client_as("alice").get("/r/talk/book.pdf")
    waiting = page(jobs.newest("print"))
    assert client_as("alice").get(waiting).status_code == 200
    for person in ("bob", "clerk", "leadership"):
        assert client_as(person).get(waiting).status_code == 404


def test_a_print_holds_what_its_owner_sees_and_nothing_else(client_as, made):
    job = made("bob", "/r/child/book.pdf")
    assert "张小雨" not in pdf_text(client_as("bob").get(f"{page(job)}/file").data)


def test_a_print_of_a_record_its_owner_no_longer_sees_is_not_handed_out(client_as, made, world):
    job = made("alice")
    mine = client_as("alice")
    assert mine.get(f"{page(job)}/file").status_code == 200
    service.delete(world.clerk, find("talk"), job.found["ids"][0])
    answer = mine.get(f"{page(job)}/file")
    assert answer.status_code == 404
    assert print_work.CHANGED in answer.text


def test_the_progress_is_told_and_the_print_can_be_stopped(
    client_as, long_from_one, monkeypatch, data_dir, clock
):
    client_as("clerk").get("/r/talk/book.pdf")
    job = jobs.newest("print")
    clerk = client_as("clerk")
    assert f"/jobs/{job.id}.json" in clerk.get(page(job)).text
    seen, progress = [], jobs.Running.progress

    def stopped(running, step, done=0, total=0):
        seen.append((step, done, total))
        clock.advance(seconds=1)
        if len(seen) == 2:
            clerk.post(f"/jobs/{job.id}/cancel")
        progress(running, step, done, total)

    monkeypatch.setattr(jobs.Running, "progress", stopped)
    worker.run_waiting(data_dir, clock)
    assert jobs.job_of(job.id).state == jobs.CANCELLED
    assert seen[0][0] == "正在汇总记录"
    assert seen[1][2] > 0
    assert "已按要求停下" in clerk.get(page(job)).text
    assert clerk.get(f"{page(job)}/file").status_code == 404
    assert not list((data_dir / "cache").rglob("*.pdf"))


def test_the_same_print_serves_again_until_something_is_written(made, world):
    first = made()
    assert made().id == first.id
    service.create(world.clerk, find("talk"), Factory(world.clerk).minimal(find("talk")))
    again = made()
    assert again.id != first.id
    assert len(again.found["ids"]) == len(first.found["ids"]) + 1


def test_another_persons_print_of_the_same_is_another(made):
    assert made("alice").id != made("bob").id


def test_whose_account_was_closed_gets_no_print(client_as, long_from_one, world, data_dir, clock):
    client_as("alice").get("/r/talk/book.pdf")
    user = row(world.clerk, find("user"), world.alice.user_id)
    service.update(world.clerk, find("user"), user.id, {"disabled": True}, user.version)
    worker.run_waiting(data_dir, clock)
    job = jobs.newest("print")
    assert (job.state, "停用" in job.message) == (jobs.FAILED, True)


def test_a_print_is_gone_after_its_days(client_as, made, data_dir, clock):
    job = made()
    file = data_dir / "cache" / "prints" / f"{job.found['sha256']}.pdf"
    installed = Runtime(data_dir, clock)
    before = job.finished_at + print_work.KEPT
    assert print_work.forget_old(before, installed) == 0
    assert file.is_file()
    assert print_work.forget_old(before + timedelta(seconds=1), installed) == 1
    assert not file.exists()
    answer = client_as("clerk").get(f"{page(job)}/file")
    assert answer.status_code == 404
    assert print_work.GONE in answer.text
    assert job.title not in client_as("clerk").get("/documents/").text


def test_the_daily_upkeep_takes_old_prints_away(made, data_dir, clock):
    made()
    Job.update(finished_at=clock.now() - timedelta(days=8)).where(Job.kind == "print").execute()
    upkeep_work.ask_daily(clock.now())
    worker.run_waiting(data_dir, clock)
    assert not list((data_dir / "cache" / "prints").iterdir())


# ---- a long list as a workbook -----------------------------------------------------------------


@pytest.fixture
def workbook(made, monkeypatch):
    monkeypatch.setattr(exports, "ROWS_AT_ONCE", 0)
    return lambda url="/export/child.xlsx?f.sex=男&sort=-name": made(url=url)


def cells(data):
    return list(load_workbook(io.BytesIO(data)).active.iter_rows(values_only=True))


def test_a_long_workbook_is_a_job_and_holds_what_the_short_one_does(
    client_as, workbook, monkeypatch
):
    job = workbook()
    clerk = client_as("clerk")
    assert "下载（Excel）" in clerk.get(page(job)).text
    sent = clerk.get(f"{page(job)}/file")
    assert (sent.mimetype, sent.headers["Cache-Control"]) == (XLSX, "no-store")
    assert sent.headers["Content-Disposition"].startswith("attachment")
    monkeypatch.setattr(exports, "ROWS_AT_ONCE", 3000)
    at_once = clerk.get("/export/child.xlsx?f.sex=男&sort=-name", buffered=True)
    assert cells(sent.data) == cells(at_once.data)
    assert len(job.found["ids"]) == 2
    noted = AccessLog.select().where(AccessLog.action == "export").order_by(AccessLog.id)
    assert [entry.register for entry in noted] == ["child"] * 3


def test_a_long_workbook_is_its_owners_alone_and_of_what_is_still_seen(client_as, workbook, world):
    job = workbook("/export/talk.xlsx")
    for person in ("alice", "bob", "leadership", "inspector", "counsellor"):
        assert client_as(person).get(f"{page(job)}/file").status_code in (403, 404), person
    for person in ("alice", "inspector"):
        assert client_as(person).get("/export/talk.xlsx").status_code == 403
    service.delete(world.clerk, find("talk"), job.found["ids"][0])
    answer = client_as("clerk").get(f"{page(job)}/file")
    assert (answer.status_code, print_work.CHANGED in answer.text) == (404, True)
    assert (
        'href="/export/talk.xlsx?'
        in client_as("clerk").get(page(workbook("/export/talk.xlsx"))).text
    )


def test_a_workbook_asked_for_by_whoever_may_not_export_any_more_is_not_made(
    client_as, workbook, world, data_dir, clock, monkeypatch
):
    monkeypatch.setattr(print_work, "may", lambda *_: rights.Decision(False, "不能导出"))
    job = workbook("/export/talk.xlsx")
    assert (job.state, "不能导出" in job.message) == (jobs.FAILED, True)
    assert not list((data_dir / "cache").rglob("*.xlsx"))
