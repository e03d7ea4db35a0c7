"""Damage of the database is seen at the start and daily, told by table, and never a new school."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

import app as product
from admin.frame.settings import Settings
from admin.frame.tables import make_tables
from admin.work import damage, health, upkeep_work, worker
from compliance.judged.store import refresh
from compliance.judged.tables import StoredVerdict
from models.core import database as core
from models.core import jobs, soundness
from models.core.database import connected, database, open_database
from models.core.register import find
from tests.world import NOON


def spoil(folder, table):
    """Overwrite a leaf page of one table; what else is in the file stays sound."""
    database.close()
    path = folder / "records.db"
    with closing(sqlite3.connect(path)) as opened:
        opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = opened.execute("PRAGMA page_size").fetchone()[0]
        (page,) = opened.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)
        ).fetchone()
    with path.open("rb+") as file:
        file.seek((page - 1) * size + 100)
        file.write(b"\xff" * (size - 200))


@pytest.fixture
def at_rest(world, data_dir):
    yield data_dir
    database.connect(reuse_if_open=True)


def test_a_sound_database_is_sound_and_leaves_no_note(at_rest):
    for full in (False, True):
        assert damage.look(at_rest, NOON, full=full) == {}
    assert not (at_rest / soundness.NOTE).exists()


@pytest.mark.parametrize("slug", ["talk", "child", "home-visit"])
def test_damage_names_its_table_and_the_day_it_was_seen_first(at_rest, slug):
    spoil(at_rest, find(slug).table)
    assert damage.look(at_rest, NOON, full=False) == {find(slug).table: str(NOON)}
    found = damage.look(at_rest, NOON + timedelta(days=3), full=True)
    assert found == {find(slug).table: str(NOON)}
    text = damage.told(found)
    assert find(slug).title in text
    assert "2025-11-12 10:30 发现" in text
    assert "restore" in text


def test_damage_stands_on_the_offices_pages_and_in_health(client_as, at_rest):
    soundness._note(at_rest, {"talk": str(NOON)})
    assert "谈心" in client_as("clerk").get("/board/").text
    answer = client_as("clerk").get("/health")
    assert (answer.status_code, answer.json["troubles"]) == (503, ["数据库"])
    soundness._note(at_rest, {})
    assert client_as("clerk").get("/health").json == {"ok": True}


def test_doctor_tells_the_table(at_rest):
    spoil(at_rest, "talk")
    (one,) = [f for f in health.examine(Settings(at_rest), NOON) if f.name == "数据库"]
    assert one.level == health.ERROR
    assert find("talk").title in one.text


def test_damaged_verdicts_are_worked_out_anew(at_rest, world):
    refresh(NOON.date())
    before = sorted(StoredVerdict.select(StoredVerdict.duty, StoredVerdict.letters).tuples())
    assert before
    spoil(at_rest, "verdict")
    assert damage.look(at_rest, NOON, full=True) == {}
    open_database(at_rest)
    with connected():
        make_tables()
        refresh(NOON.date())
        query = StoredVerdict.select(StoredVerdict.duty, StoredVerdict.letters)
        assert sorted(query.tuples()) == before


def test_the_daily_upkeep_looks_at_everything(world, data_dir, clock, monkeypatch):
    asked = []
    monkeypatch.setattr(damage, "look", lambda *given, full: asked.append(full) or {})
    upkeep_work.ask_daily(NOON)
    worker.run_waiting(data_dir, clock)
    assert jobs.newest(upkeep_work.KIND).state == jobs.DONE
    assert asked == [True]


def test_a_missing_database_beside_photos_is_no_new_school(tmp_path, monkeypatch, capsys):
    (tmp_path / "files" / "ab").mkdir(parents=True)
    (tmp_path / "files" / "ab" / "x.jpg").write_bytes(b"x")
    assert run(tmp_path, monkeypatch, "duties") == 1
    told = capsys.readouterr().err
    assert "没有新建学校" in told
    assert not (tmp_path / "records.db").exists()


def run(folder, monkeypatch, *arguments):
    monkeypatch.setenv("SCHOOL_DATA", str(folder))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return product.main(arguments)


@pytest.mark.parametrize("harm", ["header", "cut", "text"])
@pytest.mark.parametrize("command", ["serve", "duties", "work"])
def test_a_header_or_length_that_is_wrong_is_one_sentence(
    built_school, tmp_path, monkeypatch, capsys, harm, command
):
    data = built_school.file.read_bytes()
    spoiled = {
        "header": b"\x00" * 100 + data[100:],
        "cut": data[: len(data) // 4096 // 2 * 4096 + 77],
        "text": b"no database at all " * 100,
    }[harm]
    (tmp_path / "records.db").write_bytes(spoiled)
    more = ["--once"] if command == "work" else []
    assert run(tmp_path, monkeypatch, command, *more) == 1
    told = capsys.readouterr().err.strip()
    assert len(told.splitlines()) == 1
    assert "restore" in told
    assert (tmp_path / "records.db").read_bytes() == spoiled


def test_a_page_that_meets_damage_says_what_to_do(client_as, at_rest, monkeypatch):
    browser = client_as("clerk")

    def torn(*_given):
        raise sqlite3.DatabaseError("database disk image is malformed")

    monkeypatch.setattr("admin.registers.view.view_list", core._told()(torn))
    page = browser.get("/r/talk/")
    assert page.status_code == 500
    assert "restore" in page.text
