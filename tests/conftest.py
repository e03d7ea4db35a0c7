"""What all tests share: one app and one built school per worker, a fresh copy of it per test."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from _pytest.nodeid import coerce_node_id
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from itsdangerous import URLSafeTimedSerializer

from admin.commands.demo import SMALLEST
from admin.frame import security
from admin.frame.tables import make_tables
from app import create_app, main
from compliance.ordered import catalogue
from compliance.ordered.duty import load_duties
from compliance.told.clause_state import clause_states
from exports.documents.forms import declare_forms
from models.core import calendar, gates, installation, service
from models.core.actor import system
from models.core.database import GuardedSqlite, connected, database, let_go, open_database
from models.core.gates import every_row
from models.core.register import find
from models.core.search_refresh import refresh_search_texts
from models.school import accounts
from tests import (
    costs,  # noqa: F401 - makes passwords cheap
    postgres,
)
from tests import world as school
from tests.examples import ORDINARY
from tests.matrix_school import plant
from tests.matrix_time import copy_of, plant_time
from tests.meeting_founding import AUTUMN
from tests.meeting_lists import ListedSchool
from tests.scratch import past_all_rules
from tests.whose_rows import Facts

GuardedSqlite.guarded = True
# Tests are made for every document while they are collected, before any app starts.
declare_forms()
# One key for all folders: tests copy databases from one to the other.
installation.secret_key = lambda _folder: b"k" * 32

# The same examples every time, so that a change is judged by what it changed; `full` looks further.
settings.register_profile(
    "default",
    max_examples=ORDINARY,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "full", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or "default")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Keep the tests of one group on one worker.

    pytest-xdist 3.8 writes the group where pytest 9.2 no longer reads it, and would make one demo
    school, one server and one browser per worker.
    """
    if not getattr(config.option, "loadgroup", False):
        return
    for item in items:
        groups = sorted(str(mark.args[0]) for mark in item.iter_markers("xdist_group"))
        if groups and "@" not in item.nodeid.rpartition("]")[2]:
            item._id = coerce_node_id(f"{item.nodeid}@{'_'.join(groups)}")


@dataclass(frozen=True)
class BuiltSchool:
    """The database file every test copies, and who and what is in it."""

    file: Path
    world: school.World


@pytest.fixture(scope="session")
def built_school(tmp_path_factory):
    folder = tmp_path_factory.mktemp("school")
    open_school(folder)
    with connected():
        make_tables()
        calendar.forget()
        world = school.build()
        refresh_search_texts()
        if not postgres.SERVER:
            # All in one file: the write-ahead log would have to be copied too.
            database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return BuiltSchool(folder / "records.db", world)


def open_school(folder):
    """Open the folder's database: a file, or with TEST_DATABASE_URL one of that server."""
    opened = open_database(folder, postgres.url_of(folder))
    type(opened).guarded = True


def copy_school(file, folder):
    """Give a folder a copy of a built school and open it."""
    if postgres.SERVER:
        postgres.copy(file.parent, folder)
    else:
        shutil.copy(file, folder / "records.db")
    open_school(folder)


@pytest.fixture(scope="session")
def built_demo(tmp_path_factory, worker_id):
    """The smallest demo school in a week of school, made by the worker that asks first."""
    own = tmp_path_factory.getbasetemp()
    folder = (own if worker_id == "master" else own.parent) / "built-demo"
    with locked(folder.with_suffix(".lock")):
        if not folder.exists():
            begun = folder.with_suffix(".begun")
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("SCHOOL_DATA", str(begun))
                patch.delenv("DATABASE_URL", raising=False)
                words = ("demo", "--no-serve", "--size", str(SMALLEST), "--today", "2025-12-10")
                assert main(list(words)) == 0
            let_go()
            begun.rename(folder)
    calendar.forget()
    return folder


@contextmanager
def locked(path):
    """Hold what the workers of one run share; the others wait. Windows has no xdist run of ours."""
    fcntl = pytest.importorskip("fcntl")
    with path.open("w", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="module")
def small_demo(built_demo, tmp_path_factory):
    """A copy of that school: its data folder."""
    folder = tmp_path_factory.mktemp("small") / "data"
    shutil.copytree(built_demo, folder)
    return folder


@pytest.fixture(scope="session")
def planted(built_school, tmp_path_factory):
    """The marked school of the matrix, built once per worker; whoever uses it takes back writes."""
    folder = tmp_path_factory.mktemp("matrix")
    copy_school(built_school.file, folder)
    calendar.forget()
    with connected():
        planted = plant(built_school.world, folder)
        refresh_search_texts()
        return planted


@pytest.fixture(scope="session")
def time_school(planted, tmp_path_factory):
    """The marked school with time in it, built once per worker."""
    folder = tmp_path_factory.mktemp("time")
    for kept in planted.folder.iterdir():
        if kept.is_dir():
            shutil.copytree(kept, folder / kept.name)
    copy_of(planted.folder / "records.db", folder / "records.db")
    open_database(folder)
    calendar.forget()
    with connected():
        return plant_time(planted, folder)


@pytest.fixture(scope="session")
def facts(time_school):
    """Every row of the school in time, read past the gates."""
    return Facts.of_file(time_school.folder / "records.db")


@pytest.fixture(scope="session")
def worker_app(tmp_path_factory):
    return create_app(tmp_path_factory.mktemp("app"), clock=school.StandingClock(), testing=True)


@pytest.fixture
def clock():
    return school.StandingClock()


@pytest.fixture
def data_dir(built_school, tmp_path):
    """A data folder of its own with a copy of the school; its database is connected."""
    folder = tmp_path / "data"
    folder.mkdir()
    copy_school(built_school.file, folder)
    calendar.forget()
    with connected():
        yield folder
    calendar.forget()
    if postgres.SERVER:
        postgres.drop(folder)


@pytest.fixture
def world(built_school, data_dir):
    return built_school.world


@pytest.fixture
def scratch(world, data_dir):
    """`scratch(register)` writes rows past all rules; the school is as it was after the test."""
    with past_all_rules() as rows:
        yield rows


@pytest.fixture
def app(worker_app, data_dir, clock):
    running = worker_app.extensions["runtime"]
    running.data_dir, running.clock, running.tls, running.demo = data_dir, clock, False, False
    worker_app.extensions["set_up"] = True
    security.limiter.reset()
    return worker_app


@pytest.fixture
def with_a_point(monkeypatch):
    """The school has a village point, so that every field there is has its place."""
    monkeypatch.setattr(gates, "places", lambda _register: {1: "石门教学点"})


@pytest.fixture
def as_served(app):
    """What stands in the school's way is looked at twice a minute; tests look at every page."""
    app.testing = False
    yield
    app.testing = True


class Browser(FlaskClient):
    """A test client that sends the token of its own pages with every post."""

    def post(self, *args, **kwargs):
        headers = dict(kwargs.pop("headers", None) or {})
        headers.setdefault("X-CSRFToken", self.token())
        return super().post(*args, headers=headers, **kwargs)

    def post_without_token(self, *args, **kwargs):
        return super().post(*args, **kwargs)

    def token(self):
        with self.session_transaction() as session:
            raw = session.setdefault("csrf_token", "a" * 40)
        key = self.application.secret_key
        return URLSafeTimedSerializer(key, salt="wtf-csrf-token").dumps(raw)


@pytest.fixture
def browser(app):
    """A browser nobody has signed in with."""
    return Browser(app)


@pytest.fixture
def client_as(app, world, clock):
    """`client_as("alice")` or `client_as("clerk")` is a browser signed in as that person."""

    def client(name):
        person = school.PERSON_OF_ROLE.get(name, name)
        return signed_in(app, world.actors[person], clock)

    return client


def signed_in(app, actor, clock):
    """Return a browser with a session of the actor's account."""
    client = Browser(app)
    token = accounts.open_session(actor.user_id, clock.now(), "127.0.0.1", "test")
    with client.session_transaction() as session:
        session["_user_id"] = token
        session["_fresh"] = True
    return client


@pytest.fixture(scope="session")
def built_meeting(tmp_path_factory):
    """The school that meets every duty, built once: its file, who made it, its clauses."""
    folder = tmp_path_factory.mktemp("meeting")
    open_database(folder)
    with connected():
        database.execute_sql("PRAGMA synchronous=OFF")
        make_tables()
        calendar.forget()
        made = ListedSchool()
        made.build()
        before = clause_states(made.actor, calendar.school_calendar().semester(AUTUMN))
        database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    calendar.forget()
    return folder / "records.db", made, before


@pytest.fixture
def meeting(built_meeting, tmp_path):
    """A copy of that school of one's own: who made it, and how its clauses stood."""
    file, made, before = built_meeting
    folder = tmp_path / "meeting"
    folder.mkdir()
    shutil.copy(file, folder / "records.db")
    open_database(folder)
    calendar.forget()
    with connected():
        database.execute_sql("PRAGMA synchronous=OFF")
        yield made, before
    calendar.forget()


@pytest.fixture
def three_duties(monkeypatch):
    """Only a weekly talk, a visit with photo and a monthly meeting are ordered."""
    few = load_duties([Path(__file__).parent / "data" / "slice.toml"])
    monkeypatch.setattr(catalogue, "duties", lambda: few)
    calendar.forget()
    yield
    calendar.forget()


def pytest_sessionfinish():
    """Leave no pooled connection to the warnings at the end."""
    let_go()


def pytest_terminal_summary(terminalreporter):
    """Print how many cases the matrix of rights had for each register that was tried."""
    counted = Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, value in getattr(report, "user_properties", []):
                if name == "matrix" and report.when == "call":
                    counted[value[0]] += value[1]
    if counted:
        cases = "  ".join(f"{slug} {number}" for slug, number in sorted(counted.items()))
        terminalreporter.section(f"matrix of rights: {counted.total()} cases")
        terminalreporter.write_line(cases)


@contextmanager
def taken_back(folder, app, clock):
    """The app on a planted school, inside a transaction that is rolled back."""
    running = app.extensions["runtime"]
    running.data_dir, running.clock, running.tls, running.demo = folder, clock, False, False
    app.extensions["set_up"] = True
    security.limiter.reset()
    open_school(folder)
    calendar.forget()
    with connected(), database.atomic() as transaction:
        yield
        transaction.rollback()
    calendar.forget()


@pytest.fixture
def all_sets(world):
    """The small school that adopts every set, so that all duties are on."""
    record = every_row(find("school")).get()
    adopted = {"adopted": "四新中学、思渠中学、回龙学校"}
    service.update(system(school.NOON), find("school"), record.id, adopted, record.version)
    return world


@pytest.fixture
def timed_client(time_school, worker_app, clock):
    """`timed_client("alice")` is a browser signed in on the school in time."""
    with taken_back(time_school.folder, worker_app, clock):
        yield lambda name: signed_in(worker_app, time_school.world.actors[name], clock)


@pytest.fixture(scope="module")
def chromium():
    playwright = pytest.importorskip("playwright.sync_api")
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    # Another browser than the machine's: what old phones carry (docs/operations.md).
    chosen, *options = os.environ.get("SCHOOL_TESTS_BROWSER", "").split() or [""]
    path = chosen or next(filter(None, map(shutil.which, names)), None)
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium found, and CI requires the browser tests")
        pytest.skip("no Chromium found: browser tests did NOT run")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--lang=zh-CN", *options]
        )
        yield started
        started.close()
