"""A full disk, a locked database: readers go on, who writes is told and keeps what was typed."""

from __future__ import annotations

import errno
import io
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from admin.commands import serve
from admin.frame.settings import Settings
from admin.work import health, worker
from models.core import audit, jobs, service
from models.core import database as core
from models.core.audit import AccessLog
from models.core.database import connected, database
from models.core.errors import Busy, DiskFull
from models.core.register import find
from tests.test_twice import count, once_of, talk
from tests.world import NOON

TALK = find("talk")
FULL = sqlite3.OperationalError("database or disk is full")


@pytest.fixture(autouse=True)
def no_looks_of_another_test():
    yield
    audit._unwritten.clear()


@pytest.fixture
def full(monkeypatch):
    """Every write at the driver's edge finds no place."""

    @contextmanager
    def filled():
        with monkeypatch.context() as patched:
            real = database.obj.cursor

            class Cursor:
                def __init__(self):
                    self.real = real()

                def execute(self, sql, *params):
                    if re.match(r"(INSERT|UPDATE|DELETE|COMMIT)", sql.lstrip()):
                        raise FULL
                    return self.real.execute(sql, *params)

                def executemany(self, *_params):
                    raise FULL

                def __getattr__(self, name):
                    return getattr(self.real, name)

            patched.setattr(database.obj, "cursor", lambda *_named: Cursor())
            yield

    return filled


@pytest.fixture
def locked(data_dir, monkeypatch):
    """Another process holds the write lock."""
    monkeypatch.setattr(core, "WRITER_WAITS", 0.2)
    monkeypatch.setattr("app.WRITER_WAITS", 0.2)
    with closing(sqlite3.connect(data_dir / "records.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


def test_a_full_disk_says_what_is_full_and_keeps_what_was_typed(client_as, world, full):
    browser = client_as("alice")
    once = once_of(browser.get("/r/talk/new"))
    typed = talk(world, once, "一句只写了一遍的话，不能丢") | {"content": "长\n文"}
    with full():
        page = browser.post("/r/talk/new", data=typed)
    assert page.status_code == 503
    assert "磁盘满了" in page.text
    assert "腾出空间" in page.text
    for text in (typed["topic"], "长\n文", once):
        assert text in page.text
    again = browser.post(
        re.search(r'<form method="post" action="([^"]+)" class="stack"', page.text).group(1),
        data=typed,
    )
    assert again.status_code == 302
    assert count(typed["topic"]) == 1


def test_nothing_is_saved_half_on_a_full_disk(client_as, world, full):
    before = audit.head()
    browser = client_as("alice")
    with full():
        browser.post("/r/talk/new", data=talk(world, "", "半条"))
    assert audit.head() == before
    assert count("半条") == 0


def test_pages_are_read_on_a_full_disk_and_looks_are_kept(client_as, world, full):
    browser = client_as("inspector")
    with full():
        assert browser.get("/r/talk/").status_code == 200
        assert browser.get("/board/").status_code == 200
    waiting = len(audit._unwritten)
    assert waiting
    known = AccessLog.select().count()
    browser.get("/r/talk/")
    assert AccessLog.select().count() == known + waiting + 1
    assert not audit._unwritten


def test_nobody_looks_where_no_look_can_be_noted_any_more(client_as, full, monkeypatch):
    monkeypatch.setattr(audit, "MOST_UNWRITTEN", 2)
    browser = client_as("inspector")
    with full():
        statuses = [browser.get("/r/talk/").status_code for _time in range(3)]
    assert statuses == [200, 200, 503]


def test_a_password_is_never_written_back_into_a_page(client_as, full):
    browser = client_as("alice")
    with full():
        page = browser.post("/password", data={"old": "geheim-1", "password": "geheim-2"})
    assert "geheim" not in page.text


def test_a_script_is_told_too(client_as, world, full):
    browser = client_as("alice")
    with full():
        answer = client_as_json(browser, talk(world, "", "x"))
    assert answer.status_code == 503
    assert "磁盘满了" in answer.json["message"]
    assert "kept" not in answer.json


def client_as_json(browser, data):
    return browser.post("/r/talk/new", data=data, headers={"Accept": "application/json"})


def test_a_full_disk_met_by_a_file_is_told_as_one(client_as, world, monkeypatch):
    def no_place(*_given):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("admin.work.uploads.write_whole", no_place)
    page = client_as("clerk").post("/imports/roster", data={"file": (io.BytesIO(b"x"), "a.xlsx")})
    assert page.status_code == 503
    assert "磁盘满了" in page.text
    assert "附的文件要重新选" in page.text


def test_little_space_stands_on_the_offices_pages_and_in_health(client_as, monkeypatch):
    usage = type("Usage", (), {"free": 10**6})()
    monkeypatch.setattr(health.shutil, "disk_usage", lambda _folder: usage)
    assert "随时会存不进去" in client_as("clerk").get("/board/").text
    assert "随时会存不进去" not in client_as("alice").get("/today").text
    answer = client_as("clerk").get("/health")
    assert answer.status_code == 503
    assert answer.json == {"ok": False, "troubles": ["磁盘"]}


def test_the_worker_waits_on_a_full_disk_instead_of_dying(world, data_dir, clock, full):
    job = jobs.ask("sums", "算", {}, NOON)
    with full():
        assert worker.run_waiting(data_dir, clock) == 0
    assert jobs.job_of(job.id).state == jobs.WAITING


def test_a_worker_that_dies_at_once_is_started_ever_more_rarely(tmp_path, monkeypatch):
    pauses = []

    class Dead:
        stdin = type("Pipe", (), {"close": lambda _self: None})()

        def wait(self):
            return 1

        def poll(self):
            return 1

    kept = serve.Worker(Settings(tmp_path), start=lambda *_given, **_more: Dead())

    def wait(seconds):
        pauses.append(seconds)
        if len(pauses) == 9:
            kept._stopping.set()

    monkeypatch.setattr(kept._stopping, "wait", wait)
    kept._watch()
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60, 60]


def test_readers_do_not_wait_for_a_writer(client_as, world, locked):
    for name, page in (("alice", "/today"), ("clerk", "/board/"), ("inspector", "/r/talk/")):
        began = time.monotonic()
        assert client_as_quick(client_as, name, locked).get(page).status_code == 200
        assert time.monotonic() - began < 3
    audit._unwritten.clear()


def client_as_quick(client_as, name, locked):
    """Sign in while nobody writes, then let the other process write again."""
    locked.execute("ROLLBACK")
    browser = client_as(name)
    locked.execute("BEGIN IMMEDIATE")
    return browser


def test_a_writer_is_told_and_keeps_what_was_typed(client_as, world, locked):
    browser = client_as_quick(client_as, "alice", locked)
    typed = talk(world, "", "等了很久的一条")
    page = browser.post("/r/talk/new", data=typed)
    assert page.status_code == 503
    assert "还没轮到" in page.text
    assert typed["topic"] in page.text
    locked.execute("ROLLBACK")
    assert browser.post("/r/talk/new", data=typed).status_code == 302


def test_few_of_the_threads_wait_long_for_a_writer_that_does_not_end(world, data_dir, monkeypatch):
    monkeypatch.setattr(core, "SHORT_WAIT", 0.05)
    holding, done = threading.Event(), threading.Event()

    def hold():
        with connected(), core.transaction():
            holding.set()
            done.wait(5)

    def wait():
        began = time.monotonic()
        with connected(), pytest.raises(Busy), core.transaction():
            pass
        return time.monotonic() - began

    holder = threading.Thread(target=hold)
    holder.start()
    holding.wait()
    with ThreadPoolExecutor(16) as threads:
        late = [threads.submit(_patient_wait, wait) for _n in range(16)]
        times = sorted(one.result() for one in late)
    done.set()
    holder.join()
    assert sum(1 for one in times if one < 0.4) == 16 - core.MOST_WAITING
    assert all(0.4 <= one < 3 for one in times[16 - core.MOST_WAITING :])


def _patient_wait(wait):
    core._patience.set(0.5)
    return wait()


def test_fifty_who_save_at_once_are_not_refused(world, data_dir):
    raw = {name: value for name, value in talk(world, "").items() if name != "once"}

    def save(_number):
        with connected():
            service.create(world.alice, TALK, raw)

    database.close()
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(save, range(50)))
    database.connect(reuse_if_open=True)
    assert count("一次") == 50


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (sqlite3.OperationalError("database or disk is full"), DiskFull),
        (sqlite3.OperationalError("database is locked"), Busy),
        (OSError(errno.ENOSPC, "x"), DiskFull),
        (OSError(errno.EACCES, "x"), type(None)),
        (sqlite3.OperationalError("no such table: x"), type(None)),
    ],
)
def test_what_an_error_of_the_host_means(error, kind):
    assert type(core.trouble_of(error)) is kind


SMALL_DISK = """
import sys
from datetime import datetime
from pathlib import Path
import models.kept
from models.core import audit, service
from models.core.actor import Actor
from models.core.database import connected, database, open_database
from models.core.errors import DiskFull
from models.core.register import find
open_database(Path(sys.argv[1]))
child, staff, user = map(int, sys.argv[2:5])
actor = Actor(role="teacher", now=datetime(2025, 11, 12, 10, 30), user_id=user, staff_id=staff)
made = 0
with connected():
    try:
        while True:
            raw = {"child": child, "teacher": staff, "talked_at": "2025-11-11 12:00",
                   "topic": f"第{made}次", "content": "很长的话" * 400}
            service.create(actor, find("talk"), raw)
            made += 1
    except DiskFull as error:
        print(made, str(error)[:9], audit.verify().intact)
        print(*database.execute_sql("PRAGMA integrity_check").fetchone())
"""


def test_a_real_disk_that_is_full_is_told_and_keeps_what_was_saved(built_school, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    size = built_school.file.stat().st_size + 3 * 2**20
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(disk)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no right to mount a small disk here")
    try:
        world = built_school.world
        shutil.copy(built_school.file, disk / "records.db")
        ids = [str(n) for n in (world.child_a, world.staff_alice, world.alice.user_id)]
        command = [sys.executable, "-c", SMALL_DISK, str(disk), *ids]
        root = Path(__file__).parent.parent
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120)
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    first, second = done.stdout.splitlines()
    assert re.fullmatch(r"[1-9]\d* 放记录的磁盘满了， (True|False)", first), first
    assert second == "ok"
