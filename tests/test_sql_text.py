"""Queries are written faster than peewee writes them, and to the same text."""

from __future__ import annotations

from datetime import date

import peewee
import pytest
from peewee import Context, fn

from models.core.database import database, within
from models.core.gates import every_row, rows
from models.core.register import REGISTERS, find, model_of
from models.core.sql_text import Writer
from tests.world import PERSON_OF_ROLE

ROLES = ("clerk", "leadership", "alice", "counsellor", "inspector")
CHILD, TALK = model_of("child"), model_of("talk")


def texts(query):
    """What peewee makes of a query, and what we do."""
    options = database.get_context_options()
    return [kind(**options).sql(query).query() for kind in (Context, Writer)]


@pytest.mark.parametrize("role", ROLES)
def test_the_rows_of_every_register_read_the_same(world, data_dir, role):
    for register in REGISTERS.values():
        theirs, ours = texts(rows(world.actors[PERSON_OF_ROLE.get(role, role)], register))
        assert ours == theirs, register.slug


def alias_of_itself():
    other = CHILD.alias()
    return CHILD.select(CHILD, other.name).join(other, on=(other.id == CHILD.id))


ODD = {
    "nothing": lambda: CHILD.select().where(CHILD.name >> None),
    "something": lambda: CHILD.select().where(CHILD.name.is_null(False), ~(CHILD.id == 3)),
    "none": lambda: CHILD.select().where(CHILD.id.in_([])),
    "some": lambda: CHILD.select().where(CHILD.id.in_([1, 2]), CHILD.name.in_(["a", "b"])),
    "within": lambda: CHILD.select().where(within(CHILD.id, TALK.select(TALK.child))),
    "peewee's in": lambda: CHILD.select().where(CHILD.id.in_(TALK.select(TALK.child))),
    "words": lambda: CHILD.select().where(CHILD.name.contains("王_%"), CHILD.name ** "a%"),
    "range": lambda: CHILD.select().where(CHILD.born_on.between(date(2010, 1, 1), "2012-01-01")),
    "two columns": lambda: CHILD.select(CHILD.id).where(CHILD.changed_at > CHILD.entered_at),
    "an object": lambda: TALK.select().where(TALK.child == CHILD(id=7)),
    "sums": lambda: TALK.select(TALK.child, fn.COUNT(TALK.id).alias("n")).group_by(TALK.child),
    "having": lambda: TALK.select(TALK.child).group_by(TALK.child).having(fn.COUNT(TALK.id) > 2),
    "order": lambda: CHILD.select().order_by(CHILD.name.desc(), CHILD.id).limit(5).offset(2),
    "case": lambda: CHILD.select(peewee.Case(None, [(CHILD.id > 5, "a")], "b")),
    "union": lambda: CHILD.select(CHILD.id) | TALK.select(TALK.child).where(TALK.child > 5),
    "alias": alias_of_itself,
    "literals": lambda: peewee.ValueLiterals(CHILD.name == "it's"),
    "true": lambda: CHILD.select().where((CHILD.id == True) & (CHILD.name != "")),  # noqa: E712
    "update": lambda: CHILD.update(name="a", version=CHILD.version + 1).where(CHILD.id == 1),
    "insert": lambda: CHILD.insert_many([{"name": one, "born_on": None} for one in "ab"]),
    "delete": lambda: CHILD.delete().where(CHILD.id << [1, 2]),
}


@pytest.mark.parametrize("odd", ODD)
def test_odd_queries_read_the_same(world, data_dir, odd):
    theirs, ours = texts(ODD[odd]())
    assert ours == theirs


def test_the_database_writes_this_way(world, data_dir):
    assert database.context_class is Writer
    theirs, ours = texts(every_row(find("child")))
    assert every_row(find("child")).sql() == tuple(ours) == tuple(theirs)


def test_every_statement_of_pages_reads_the_same(client_as, monkeypatch):
    seen = []

    class Both(Writer):
        __slots__ = ("asked",)

        def sql(self, obj):
            if not self._sql and not self.stack:
                self.asked = obj
            return super().sql(obj)

        def query(self):
            written = super().query()
            if hasattr(self, "asked") and isinstance(self.asked, peewee.Query):
                theirs = Context(**self.state.settings).sql(self.asked).query()
                seen.append(written)
                assert written == theirs
            return written

    monkeypatch.setattr(type(database.obj), "context_class", Both)
    for role in ROLES:
        client = client_as(role)
        for address in ("/today", "/board/", "/r/talk/", "/r/child/1", "/missed", "/search?q=王"):
            client.get(address)
    assert len(seen) > 200
