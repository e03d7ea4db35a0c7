"""A request leaves its connection to the next one, and nothing of its own with it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading

import pytest

from app import create_app
from models.core import kept_connections
from models.core.database import close_for_now, database, open_database, transaction

pytestmark = pytest.mark.skipif(
    bool(os.environ.get("TEST_DATABASE_URL")), reason="PostgreSQL keeps its own"
)


@pytest.fixture
def opened(tmp_path):
    """A database with a table of two rows, not connected."""
    made = open_database(tmp_path)
    with made.connection_context():
        made.execute_sql("CREATE TABLE note (said TEXT)")
        made.execute_sql("INSERT INTO note VALUES ('a'), ('b')")
    yield made
    if not made.is_closed():
        made.close()
    made.close_all()


def said():
    return [one for (one,) in database.execute_sql("SELECT said FROM note").fetchall()]


def used():
    """The connection of a request that has come and gone."""
    database.connect()
    held = database.connection()
    said()
    close_for_now()
    assert database.is_closed()
    return held


def test_the_next_request_has_the_same_connection(opened):
    first = used()
    assert used() is first


def test_two_at_once_have_two(opened):
    database.connect()
    mine, others = database.connection(), []
    thread = threading.Thread(target=lambda: others.append(used()))
    thread.start()
    thread.join()
    assert others[0] is not mine
    assert said() == ["a", "b"]


def test_what_was_half_read_does_not_hold_the_next_one_back(opened, tmp_path):
    database.connect()
    half = database.execute_sql("SELECT said FROM note")
    assert half.fetchone() == ("a",)
    close_for_now()
    with sqlite3.connect(tmp_path / "records.db") as other:
        other.execute("INSERT INTO note VALUES ('c')")
    other.close()
    database.connect()
    assert said() == ["a", "b", "c"]
    with transaction():
        database.execute_sql("INSERT INTO note VALUES ('d')")
    assert said() == ["a", "b", "c", "d"]
    del half


def test_another_file_in_its_place_is_opened_anew(opened, tmp_path):
    first = used()
    with sqlite3.connect(tmp_path / "restored.db") as other:
        other.execute("CREATE TABLE note (said TEXT)")
        other.execute("INSERT INTO note VALUES ('restored')")
    other.close()
    database.connect()
    shutil.move(tmp_path / "restored.db", tmp_path / "records.db")
    close_for_now()
    database.connect()
    assert database.connection() is not first
    assert said() == ["restored"]


def test_an_open_transaction_is_not_left_to_the_next(opened):
    database.connect()
    database.execute_sql("BEGIN IMMEDIATE")
    database.execute_sql("INSERT INTO note VALUES ('lost')")
    close_for_now()
    database.connect()
    assert said() == ["a", "b"]


def test_patience_of_one_request_is_not_the_next_ones(opened):
    database.connect()
    database.execute_sql("PRAGMA busy_timeout=300")
    close_for_now()
    database.connect()
    assert database.execute_sql("PRAGMA busy_timeout").fetchone() == (10_000,)


def test_only_a_few_are_kept_and_all_are_closed_at_the_end(opened, monkeypatch):
    monkeypatch.setattr(kept_connections, "MOST_KEPT", 2)
    gate = threading.Barrier(4)
    held = []

    def request():
        database.connect()
        held.append(database.connection())
        said()
        gate.wait()
        close_for_now()

    threads = [threading.Thread(target=request) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    def is_open(connection):
        try:
            connection.execute("SELECT 1")
        except sqlite3.ProgrammingError:
            return False
        return True

    assert sum(map(is_open, held)) == 2
    database.close_all()
    assert not any(map(is_open, held))


def test_the_pages_are_served_this_way_after_an_error_too(tmp_path):
    app = create_app(tmp_path / "data")
    held = []

    @app.after_request
    def broken(response):
        if not held:
            held.append(database.execute_sql("SELECT 1 UNION SELECT 2"))
            raise LookupError
        return response

    client = app.test_client()
    client.get("/health")
    with pytest.raises(sqlite3.ProgrammingError):
        held[0].fetchone()
    assert len(database._kept._idle) == 1
    client.get("/health")
    assert len(database._kept._idle) == 1
    database.close_all()
