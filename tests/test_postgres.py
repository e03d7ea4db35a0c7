"""What only PostgreSQL refuses, the inspection above all; and moving a school between databases."""

from __future__ import annotations

import psycopg
import pytest

from admin.commands.copy import copy_school
from admin.frame.tables import all_tables, make_tables
from compliance.findings.catalogue import examine
from compliance.told.clause_state import clause_states
from models.core import database as core
from models.core import service
from models.core.audit import AuditHead
from models.core.calendar import school_calendar
from models.core.copying import NotCopied, differing, facts_of_all, read_all, write_all
from models.core.database import connected, database, open_database, writing
from models.core.errors import Busy
from models.core.register import find
from models.kept.assets import ROOM_KINDS
from tests import postgres
from tests.world import TODAY


def test_every_finding_of_the_inspection_is_asked_of_this_database(world):
    assert examine(world.clerk)


def test_every_clause_is_judged_on_this_database(world):
    semester = school_calendar().semester_on(TODAY)
    assert clause_states(world.clerk, semester)


def test_the_inspection_and_the_systems_are_pages(client_as):
    for person in ("clerk", "leadership", "inspector"):
        browser = client_as(person)
        for address in ("/inspection/", "/regulations/"):
            assert browser.get(address).status_code in (200, 403), (person, address)
    assert client_as("clerk").get("/inspection/").status_code == 200


@pytest.mark.skipif(not postgres.SERVER, reason="what another writer holds on PostgreSQL")
def test_who_waits_for_another_writer_is_told(world, data_dir, monkeypatch):
    monkeypatch.setattr(core, "WRITER_WAITS", 0.3)
    database.close()
    open_database(data_dir, postgres.url_of(data_dir))
    raw = {
        "child": str(world.child_a),
        "teacher": str(world.staff_alice),
        "talked_at": "2025-11-11 12:00",
        "topic": "等",
    }
    with psycopg.connect(postgres.url_of(data_dir)) as other, connected():
        other.execute("LOCK TABLE audit_head IN EXCLUSIVE MODE")
        # A lost patience would wait for ever: the server ends that as an error of another name.
        database.execute_sql("SET statement_timeout = 5000")
        with pytest.raises(Busy):
            service.create(world.alice, find("talk"), raw)
    with connected():
        assert service.create(world.alice, find("talk"), raw)


def test_a_process_that_starts_locks_no_table_of_those_who_write(world, monkeypatch):
    made, real = [], type(database.obj)
    execute = real.execute_sql

    def told(self, sql, *rest):
        made.extend([sql] if sql.lstrip().startswith("CREATE") else [])
        return execute(self, sql, *rest)

    monkeypatch.setattr(real, "execute_sql", told)
    make_tables()
    assert made == []
    database.execute_sql('DROP INDEX "talk_order"')
    make_tables()
    (again,) = made
    assert '"talk_order"' in again


def test_a_school_is_copied_with_every_row_and_number(world, data_dir, tmp_path):
    """On PostgreSQL to a file and back again, on SQLite to another file."""
    source, target = postgres.url_of(data_dir), tmp_path / "other"
    rows = read_school()
    if postgres.SERVER:
        here, there = copy_school(data_dir, source, None)
        assert differing(here, there) == []
        here, there = copy_school(data_dir, None, postgres.url_of(target))
        open_database(data_dir, postgres.url_of(target))
    else:
        open_database(target)
        with connected():
            make_tables()
            write_all(all_tables(), rows)
            there = facts_of_all(all_tables())
        open_database(data_dir)
        with connected():
            here = facts_of_all(all_tables())
        open_database(target)
    assert differing(here, there) == []
    assert there["child"].count == 3
    database.connect(reuse_if_open=True)
    # The next record gets a number of its own.
    made = service.create(world.clerk, find("room"), {"name": "谈心室", "kind": ROOM_KINDS[0]})
    assert made.id


def test_a_changed_row_is_told_as_a_difference(world):
    before = facts_of_all(all_tables())
    with writing():
        AuditHead.update(entries=1).execute()
    assert differing(before, facts_of_all(all_tables())) == ["audit_head"]


def test_nothing_is_copied_over_a_school(world):
    rows = read_school()
    with pytest.raises(NotCopied):
        write_all(all_tables(), rows)
    assert read_school() == rows


def read_school():
    return read_all(all_tables())
