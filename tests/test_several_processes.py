"""Several real processes of one school on one PostgreSQL, one worker, news through a real Redis."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest

from admin.commands import serve
from admin.frame import settings
from admin.frame.context import Runtime
from admin.work import health, wake
from models.core import installation, jobs
from models.core.clock import Clock
from models.core.gates import every_row
from models.core.register import find
from models.kept.counselling import SESSIONS
from models.school import accounts
from tests import postgres
from tests.sealed_people import PASSPHRASE, session, started
from tests.serving import free_port
from tests.test_counselling import _no_key_is_left
from tests.world import NOON, TODAY

__all__ = ["_no_key_is_left"]

ROOT = Path(__file__).parent.parent
# Seconds a process may take to start, or a job to be done, before the test gives up.
PATIENCE = 90
on_postgres = pytest.mark.skipif(not postgres.SERVER, reason="several processes need PostgreSQL")


@pytest.fixture
def redis_url(tmp_path):
    """A Redis of the test's own."""
    if shutil.which("redis-server") is None:
        if os.environ.get("CI"):
            pytest.fail("no redis-server found, and CI requires it")
        pytest.skip("no redis-server found: what goes through Redis did NOT run")
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with running([*command, "--appendonly", "no", "--dir", str(tmp_path)], {}):
        url = f"redis://127.0.0.1:{port}/3"
        wait_for(lambda: ping(url))
        yield url


@contextlib.contextmanager
def running(command, more):
    """A process that ends with the block; nothing of this one's settings reaches it."""
    own = {name: said for name, said in os.environ.items() if not name.startswith("SCHOOL_")}
    process = subprocess.Popen(
        command, cwd=ROOT, env=own | more, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def wait_for(found):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if answer := found():
            return answer
        time.sleep(0.1)
    raise AssertionError("waited in vain")


def redis_of(url):
    from redis import Redis

    return Redis.from_url(url)


def ping(url):
    from redis import RedisError

    with redis_of(url) as asked, contextlib.suppress(RedisError):
        return asked.ping()


class Stays(HTTPRedirectHandler):
    def redirect_request(self, *_given):
        return None


class Visitor:
    """A browser with one cookie that may turn to any of the processes."""

    def __init__(self, cookie):
        self.cookie = cookie
        self.opener = build_opener(Stays())

    def ask(self, port, path, data=None):
        """Return status, text and address led to."""
        headers = {"Cookie": self.cookie, "X-Forwarded-For": "10.1.2.3"}
        headers |= {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "localhost"}
        headers |= {"Referer": "https://localhost/"}
        sent = urlencode(data).encode() if data is not None else None
        asked = Request(f"http://127.0.0.1:{port}{path}", sent, headers)
        try:
            with self.opener.open(asked, timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode(), answer.headers.get("Location", "")
        except HTTPError as answer:
            return answer.code, answer.read().decode(), answer.headers.get("Location", "")

    def post(self, port, path, data=None, *, form):
        """Post with the token of a page of that process."""
        _status, page, _to = self.ask(port, form)
        token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
        assert token, (_status, _to, page[:2000])
        return self.ask(port, path, {"csrf_token": token[1]} | (data or {}))


def is_served(port):
    with contextlib.suppress(OSError):
        return Visitor("").ask(port, "/health")[0] == 200


@pytest.fixture
def two_processes(app, world, data_dir, redis_url, monkeypatch):
    """The ports of two serving processes beside one worker; and a visitor by name."""
    # The processes sign with the key in their folder, as tests do with theirs.
    monkeypatch.setattr(app, "secret_key", installation.secret_key(data_dir))
    (data_dir / installation.KEY_FILE).write_bytes(app.secret_key)
    (data_dir / settings.DEMO_NOTES).write_text(json.dumps({"fixed_day": TODAY.isoformat()}))
    first, second = free_port(), free_port()
    more = {
        "SCHOOL_DATA": str(data_dir),
        "DATABASE_URL": postgres.url_of(data_dir),
        "SCHOOL_REDIS": redis_url,
        "SCHOOL_PROXY": "127.0.0.1",
        "SCHOOL_SEALED_PORT": str(first),
    }
    program = [sys.executable, str(ROOT / "app.py")]

    def visitor(name):
        now = Clock(fixed_day=TODAY).now()
        token = accounts.open_session(world.actors[name].user_id, now, "10.1.2.3", "test")
        with app.test_client() as signing:
            with signing.session_transaction() as kept:
                kept["_user_id"], kept["_fresh"] = token, True
                kept["csrf_token"] = "a" * 40
            cookie = signing.get_cookie(app.config["SESSION_COOKIE_NAME"])
        return Visitor(f"{cookie.key}={cookie.value}")

    with contextlib.ExitStack() as stack:
        stack.enter_context(running([*program, "work"], more))
        for port in (first, second):
            stack.enter_context(running(program, more | {"SCHOOL_PORT": str(port)}))
        for port in (first, second):
            wait_for(lambda port=port: is_served(port))
        yield first, second, visitor


@on_postgres
def test_two_processes_and_one_worker_are_one_school(two_processes, world, redis_url):
    first, second, visitor = two_processes
    clerk, alice = visitor("clerk"), visitor("alice")

    # A job asked for in one process is done once, by the worker, and seen in the other.
    page = "/bundles/?semester=2025-2026-1"
    asked = {"semester": "2025-2026-1"}
    answer = clerk.post(first, "/bundles/build", asked, form=page)
    assert answer[0] == 302, answer
    clerk.post(second, "/bundles/build", asked, form=page)
    job = wait_for(lambda: jobs.newest("bundle"))
    shown = wait_for(lambda: ended(clerk.ask(second, f"/jobs/{job.id}.json")[1]))
    assert shown["state"] == jobs.DONE, shown
    done = list(jobs.Job.select().where(jobs.Job.kind == "bundle"))
    # The second asking found the first one's job, or came after its end; neither was done twice.
    assert {one.tries for one in done} == {1}
    with redis_of(redis_url) as asked_redis:
        said = asked_redis.info("commandstats")
        # Two askings and the worker's own first look came by Redis, and are all fetched.
        assert said["cmdstat_lpush"]["calls"] >= 3
        assert asked_redis.llen("huey.redis.school") == 0

    # What one process wrote another shows; a second editor is told there.
    (talk, *_rest) = every_row(find("talk"))
    at = f"/r/talk/{talk.id}/edit"
    form = clerk.ask(second, at)[1]
    answer = clerk.post(first, at, fields(form) | {"topic": "甲处改的"}, form=at)
    assert answer[0] == 302, answer
    assert "甲处改的" in clerk.ask(second, f"/r/talk/{talk.id}")[1]
    status, text, _to = clerk.post(second, at, fields(form) | {"topic": "乙处改的"}, form=at)
    assert status in (200, 409)
    assert "甲处改的" in text
    kept = find("talk").model.id == talk.id
    assert every_row(find("talk")).where(kept).get().topic == "甲处改的"

    # What is unlocked by way of the second is open in the first, which alone has the key.
    actor, _recovery = started(world)
    kept = session(world, actor)
    counsellor = visitor("counsellor")
    sealed = f"/sealed/{SESSIONS.slug}/{kept.id}"
    assert "想妈妈" not in counsellor.ask(first, sealed)[1]
    unlock = {"step": "unlock", "passphrase": PASSPHRASE}
    assert counsellor.post(second, "/sealed/keys", unlock, form="/sealed/keys")[0] in (302, 303)
    assert "想妈妈" in counsellor.ask(first, sealed)[1]
    assert "想妈妈" in counsellor.ask(second, sealed)[1]

    # Signed out in one is out in both.
    assert alice.post(first, "/sign-out", form="/account")[0] in (302, 303)
    assert "/sign-in" in alice.ask(second, "/r/talk/")[2]


@on_postgres
def test_wrong_passwords_and_uploads_are_counted_together(two_processes, redis_url):
    first, second, visitor = two_processes
    guess = {"username": "clerk", "password": "nonsense-1"}
    nobody = Visitor("")
    for port in (first, second, first, second):
        nobody = Visitor("")
        nobody.cookie = cookie_of(port)
        text = nobody.post(port, "/sign-in", guess, form="/sign-in")[1]
    # Three are free; each process alone would have counted two.
    nobody.cookie = cookie_of(first)
    assert "秒" in nobody.post(first, "/sign-in", guess, form="/sign-in")[1], text
    alice = visitor("alice")
    for port in (first, second):
        alice.post(port, "/photos/upload", form="/account")
    with redis_of(redis_url) as asked:
        counted = [int(asked.get(key)) for key in asked.scan_iter("LIMITS*")]
    assert counted == [2]


def cookie_of(port):
    """The cookie a process gives with its sign-in page, for the token's sake."""
    with build_opener(Stays()).open(
        Request(
            f"http://127.0.0.1:{port}/sign-in",
            headers={"X-Forwarded-Host": "localhost", "X-Forwarded-Proto": "https"},
        )
    ) as answer:
        return answer.headers["Set-Cookie"].partition(";")[0]


def ended(text):
    told = json.loads(text)
    return told if told["state"] not in jobs.OPEN_STATES else None


def fields(page):
    """The hidden and filled fields of a form's page that a browser would send."""
    form = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name = re.search(r'name="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name and value and 'type="file"' not in tag and 'type="checkbox"' not in tag:
            form[name[1]] = value[1]
    for name, inside in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'<option[^>]*value="([^"]*)"[^>]*selected', inside)
        chosen = chosen or re.search(r'<option[^>]*selected[^>]*value="([^"]*)"', inside)
        form[name] = chosen[1] if chosen else ""
    for name, inside in re.findall(
        r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', page, re.S
    ):
        form[name] = inside
    form.pop("csrf_token", None)
    return form


def test_news_goes_through_redis_and_a_dead_one_stops_nobody(data_dir, clock, redis_url):
    installed = Runtime(data_dir, clock, redis=redis_url)
    wake.wake(installed)
    with redis_of(redis_url) as asked:
        assert asked.llen("huey.redis.school") == 1
        queue, _task = wake._queue(installed)
        assert queue.dequeue().name == "look"
        queue.storage.pool.disconnect()
    assert not (data_dir / wake.QUEUE_FILE).exists()
    gone = Runtime(data_dir, clock, redis=f"redis://127.0.0.1:{free_port()}/0")
    wake.wake(gone)


def test_a_worker_whose_queue_is_silent_looks_by_itself(monkeypatch):
    looked, waited = [], []

    class Timer:
        """One that rings at once, four times."""

        def __init__(self, pause, ring, given):
            waited.append(pause)
            self.ring = lambda: ring(*given)

        def start(self):
            if len(waited) < 4:
                with contextlib.suppress(ValueError):
                    self.ring()

    def look():
        looked.append(len(waited))
        raise ValueError("one job failed")

    monkeypatch.setattr(wake.threading, "Timer", Timer)
    wake._look_later(look)
    assert looked == [1, 2, 3]
    assert waited == [jobs.STALE_SECONDS + 1, *[wake.LOOKS_EVERY] * 3]


def test_a_silent_queue_is_told_once_a_minute():
    def record(words, second):
        made = logging.LogRecord("huey.consumer.Worker", logging.ERROR, "", 0, words, None, None)
        made.created = second
        return made

    said = wake.OnceAMinute()
    heard = [s for s in range(0, 130, 10) if said.filter(record("Error reading from queue", s))]
    assert heard == [0, 60, 120]
    assert said.filter(record("Error reading schedule.", 121))


def test_redis_is_named_beside_postgresql_alone(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("SCHOOL_REDIS", "redis://127.0.0.1:6379/0")
    with pytest.raises(settings.BadSettings, match="DATABASE_URL"):
        settings.from_environment()
    monkeypatch.setenv("DATABASE_URL", "postgresql://school@127.0.0.1/school")
    assert settings.from_environment().redis == "redis://127.0.0.1:6379/0"
    monkeypatch.setenv("SCHOOL_REDIS", "127.0.0.1")
    with pytest.raises(settings.BadSettings, match="SCHOOL_REDIS"):
        settings.from_environment()


def test_doctor_asks_redis(tmp_path, redis_url):
    def told(url):
        return list(health._redis(settings.Settings(tmp_path, redis=url), NOON))

    assert told("") == []
    assert [one.level for one in told(redis_url)] == [health.GOOD]
    (dead,) = told(f"redis://127.0.0.1:{free_port()}/0")
    assert dead.level == health.WARNING
    assert "没有回音" in dead.text


@pytest.mark.parametrize("shared", ["", "redis://127.0.0.1:1/0"])
def test_who_meets_others_in_redis_starts_no_worker(app, data_dir, monkeypatch, shared):
    class Started(Exception):
        pass

    class Kept:
        def __init__(self, _said):
            raise Started

    monkeypatch.setattr(serve, "Worker", Kept)
    server = type("Server", (), {"run": lambda self: None, "port": 1})
    monkeypatch.setattr(serve, "school_server", lambda *_given, **_more: server())
    said = settings.Settings(data_dir, redis=shared)
    if shared:
        assert serve._serve(app, said, with_worker=True) == 0
    else:
        with pytest.raises(Started):
            serve._serve(app, said, with_worker=True)
