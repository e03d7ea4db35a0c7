"""An older school's database gains what a new version declares, and loses nothing."""

from __future__ import annotations

from admin.frame.tables import make_tables
from models.core import service
from models.core.database import database
from models.core.gates import row
from models.core.register import find
from models.core.upgrade import add_missing_columns

TALK = find("talk")


def as_older_version_left_it():
    database.execute_sql('DROP INDEX IF EXISTS "talk_judged"')
    for index in database.get_indexes("talk"):
        if "risk" in index.columns or "act" in index.columns:
            database.execute_sql(f'DROP INDEX "{index.name}"')
    database.execute_sql('ALTER TABLE "talk" DROP COLUMN "risk"')
    database.execute_sql('ALTER TABLE "talk" DROP COLUMN "act"')


def test_a_column_that_came_with_a_new_version_is_added_and_old_rows_stay(world):
    as_older_version_left_it()
    make_tables()
    talk = row(world.clerk, TALK, world.talk_a)
    assert talk is not None
    assert (talk.risk, talk.act) == (None, None)
    changed = service.update(world.clerk, TALK, talk.id, {"risk": "关注"}, talk.version)
    assert row(world.clerk, TALK, changed.id).risk == "关注"


def test_a_database_of_this_version_is_left_alone(world):
    assert add_missing_columns([TALK.model]) == []


def test_a_column_with_a_default_comes_to_a_table_that_others_point_to(world):
    """A child has enrolments, parents and talks: its table cannot be made anew."""
    child = find("child")
    database.execute_sql('ALTER TABLE "child" DROP COLUMN "version"')
    make_tables()
    assert row(world.clerk, child, world.child_a).version == 1
