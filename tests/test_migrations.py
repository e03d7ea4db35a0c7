"""A database of any earlier release opens: copied aside first, then brought up to date.

`tests/fixtures` keeps one dump per released schema, the test school as that release wrote it. A new
one is made by `sqlite3 records.db .dump | xz -9` when tables change in a release.
"""

from __future__ import annotations

import lzma
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from admin.frame.tables import all_tables, make_tables
from models.core import audit, service
from models.core.database import connected, database, open_database
from models.core.gates import every_row, row
from models.core.register import find
from models.core.upgrade import lacking
from models.school import backups
from models.school.backups import NotBackedUp
from tests.world import NOON

FIXTURES = sorted((Path(__file__).parent / "fixtures").glob("*.sql.xz"))
TALK = find("talk")


def test_there_is_a_fixture():
    assert FIXTURES
    assert sum(path.stat().st_size for path in FIXTURES) < 10**6


@pytest.fixture
def older(world, data_dir, tmp_path, request):
    """A data folder as an earlier release left it; after the test the usual one is open again."""
    folder = tmp_path / "older"
    folder.mkdir()
    database.close()
    with closing(sqlite3.connect(folder / "records.db")) as made:
        made.executescript(lzma.decompress(request.param.read_bytes()).decode())
    open_database(folder)
    with connected():
        yield folder
    open_database(data_dir).connect(reuse_if_open=True)


every = pytest.mark.parametrize("older", FIXTURES, indirect=True, ids=lambda path: path.stem)


@every
def test_a_database_of_an_earlier_release_opens_with_all_its_records(older, world):
    entries, head = audit.head()
    with closing(sqlite3.connect(older / "records.db")) as beside:
        count = 'SELECT COUNT(*) FROM "talk" WHERE deleted_at IS NULL'
        before = beside.execute(count).fetchone()
    make_tables()
    assert lacking(all_tables()) == []
    assert audit.verify(head).intact
    assert every_row(TALK).count() == before[0] > 0
    made = service.update(world.clerk, TALK, world.talk_a, {"topic": "升级以后"}, 1)
    assert row(world.clerk, TALK, made.id).topic == "升级以后"
    assert audit.head()[0] > entries
    assert database.execute_sql("PRAGMA integrity_check").fetchone() == ("ok",)


def up_to_date(older):
    """Give an older database what came since, and forget the copy that was made before."""
    make_tables()
    shutil.rmtree(older / backups.BEFORE_UPGRADE, ignore_errors=True)


def without_a_column():
    for index in database.get_indexes("talk"):
        if "risk" in index.columns:
            database.execute_sql(f'DROP INDEX "{index.name}"')
    database.execute_sql('DROP INDEX IF EXISTS "talk_judged"')
    database.execute_sql('ALTER TABLE "talk" DROP COLUMN "risk"')


@every
def test_what_is_about_to_change_is_copied_aside_first(older, world):
    up_to_date(older)
    make_tables()
    assert not (older / backups.BEFORE_UPGRADE).exists()
    without_a_column()
    make_tables()
    (kept,) = (older / backups.BEFORE_UPGRADE).glob("records-*.db")
    with closing(sqlite3.connect(kept)) as opened:
        columns = {name for _n, name, *_more in opened.execute('PRAGMA table_info("talk")')}
        assert "risk" not in columns
        assert opened.execute('SELECT COUNT(*) FROM "talk"').fetchone()[0] > 0
    assert "risk" in {column.name for column in database.get_columns("talk")}


@every
def test_nothing_is_changed_when_the_copy_cannot_be_made(older, world):
    up_to_date(older)
    without_a_column()
    (older / backups.BEFORE_UPGRADE).write_text("in the way", "utf-8")
    with pytest.raises(NotBackedUp, match="没有改"):
        make_tables()
    assert "risk" not in {column.name for column in database.get_columns("talk")}


@every
def test_only_the_last_copies_are_kept(older, world):
    for hour in range(6):
        backups.keep_before_upgrade(older, NOON.replace(hour=hour))
    kept = sorted(path.name for path in (older / backups.BEFORE_UPGRADE).iterdir())
    assert len(kept) == backups.UPGRADES_KEPT
    assert kept[-1] == "records-20251112-053000.db"
