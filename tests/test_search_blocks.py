"""The index of large tables only proposes: with it the same is found as without, by everybody."""

from __future__ import annotations

import pytest

from admin.registers import search
from admin.work import upkeep_work, worker
from models.core import calendar, search_blocks, service
from models.core.actor import SYSTEM
from models.core.database import database
from models.core.gates import every_row, rows, search_columns
from models.core.listing import ListRequest, listed
from models.core.register import REGISTERS, find
from models.core.rights import may
from models.core.search_blocks import SearchBlocks, catch_up

TALK = find("talk")
READERS = ("clerk", "leadership", "alice", "counsellor", "inspector")


@pytest.fixture
def small_blocks(monkeypatch):
    """Every table is large, every few records are a block, every few blocks a row."""
    monkeypatch.setattr(search_blocks, "LARGE", 1)
    monkeypatch.setattr(search_blocks, "BLOCK", 2)
    monkeypatch.setattr(search_blocks, "BITS", 3)
    monkeypatch.setattr(search_blocks, "STEP", 1)


@pytest.fixture
def indexed(small_blocks, world):
    """The school's index, announced and read."""
    catch_up()
    assert catch_up() > 0
    return world


def create(world, content):
    raw = {"child": world.child_a, "teacher": world.staff_alice, "topic": "近况"}
    raw |= {"content": content, "talked_at": "2025-11-10 12:00"}
    return service.create(world.clerk, TALK, raw)


def ids(actor, register, term):
    return [record.id for record in listed(actor, register, ListRequest(search=term)).records]


def terms_of(register):
    """Pieces of what the texts of a register hold, whatever their level, and of linked names."""
    pieces = {"不存在的词", "王", "wang", "zz", "张三"}
    for row in rows(SYSTEM, register, deleted=None).limit(12):
        for name in search_blocks.TEXTS:
            text = getattr(row, name)
            pieces |= {text[at : at + length] for at, length in ((0, 2), (1, 3), (3, 4), (5, 2))}
    return sorted(piece.strip() for piece in pieces if piece.strip())


def test_with_the_index_everybody_finds_the_same_as_without_in_every_register(indexed, monkeypatch):
    proposed = 0
    for register in REGISTERS.values():
        for name in READERS:
            actor = indexed.actors[name]
            if not may(actor, "read", register) or not search_columns(actor, register):
                continue
            for term in terms_of(register):
                proposed += search_blocks.proposed(register, term) is not None
                with_index = ids(actor, register, term)
                with monkeypatch.context() as patch:
                    patch.setattr(search_blocks, "reach", dict)
                    assert with_index == ids(actor, register, term), (register.slug, name, term)
    assert proposed > 100


def hits(actor, typed, caplog):
    """What the search page finds, with the statement that asks all registers."""
    registers = [one for one in REGISTERS.values() if search._searchable(actor, one)]
    caplog.clear()
    with caplog.at_level("DEBUG", "peewee"):
        found = search._hits(actor, registers, typed)
    return found, max((record.msg[0] for record in caplog.records), key=len)


def test_the_page_over_all_registers_finds_the_same_and_looks_where_the_index_says(
    indexed, monkeypatch, caplog
):
    narrowed = 0
    for name in READERS:
        for term in (*terms_of(TALK)[::3], "王 学习"):
            with_index, asked = hits(indexed.actors[name], term, caplog)
            narrowed += " BETWEEN " in asked
            with monkeypatch.context() as patch:
                patch.setattr(search_blocks, "reach", dict)
                without, plainly = hits(indexed.actors[name], term, caplog)
            assert with_index == without, (name, term)
            assert " BETWEEN " not in plainly
    assert narrowed > 10


def test_only_the_blocks_with_every_pair_are_proposed(indexed):
    """The blocks of what is nowhere are none; what was entered later is always looked at."""
    through, _goal = search_blocks.reach()["talk"]
    query = every_row(TALK)
    assert not query.where(search_blocks.proposed(TALK, "从没写过")).exists()
    made = create(indexed, "彩虹跑道")
    assert made.id > through
    assert ids(indexed.clerk, TALK, "彩虹跑道") == [made.id]


def test_what_is_changed_later_is_found(indexed):
    (first, *_rest) = every_row(TALK).order_by(TALK.model.id)
    service.update(
        indexed.clerk, TALK, first.id, {"content": "去了彩虹跑道"}, version=first.version
    )
    assert ids(indexed.clerk, TALK, "彩虹跑道") == [first.id]
    service.update(indexed.clerk, TALK, first.id, {"content": "没有去"}, version=first.version + 1)
    assert ids(indexed.clerk, TALK, "彩虹跑道") == []


def test_what_is_changed_between_announcement_and_reading_is_found(
    small_blocks, world, monkeypatch
):
    (first, *_rest) = every_row(TALK).order_by(TALK.model.id)
    assert catch_up() == 0
    service.update(world.clerk, TALK, first.id, {"content": "去了彩虹跑道"}, version=first.version)
    # As if the reading still saw the old text: the change has left its own mark.
    with monkeypatch.context() as patch:
        patch.setattr(search_blocks, "pairs_in", lambda _texts: set())
        assert catch_up() > 0
    assert ids(world.clerk, TALK, "彩虹跑道") == [first.id]


def test_a_masked_reader_finds_by_the_index_no_more_than_he_reads(indexed):
    child = every_row(find("child")).where(find("child").model.id == indexed.child_a).get()
    (first, *_rest) = every_row(TALK).order_by(TALK.model.id)
    told = {"content": f"{child.name}去了彩虹跑道"}
    service.update(indexed.clerk, TALK, first.id, told, version=first.version)
    assert ids(indexed.inspector, TALK, "彩虹跑道") == [first.id]
    assert first.id in ids(indexed.clerk, TALK, child.name)
    assert first.id not in ids(indexed.inspector, TALK, child.name)


def test_a_small_school_has_no_index_and_asks_none(world):
    catch_up()
    assert catch_up() == 0
    assert not SearchBlocks.select().exists()
    calendar.forget()
    ids(world.clerk, TALK, "近况")
    before = database.query_count
    ids(world.clerk, TALK, "近况")
    assert database.query_count - before <= 2


@pytest.mark.parametrize(("term", "asks"), [("é学", False), ("x", False), ("学习", True)])
def test_nothing_is_proposed_for_one_letter_or_for_letters_databases_read_differently(
    indexed, term, asks
):
    assert (search_blocks.proposed(TALK, term) is not None) == asks


def test_the_upkeep_brings_the_index_on(small_blocks, world, data_dir, clock):
    for _day in range(2):
        upkeep_work.ask_daily(clock.now())
        assert worker.run_waiting(data_dir, clock) >= 1
        clock.advance(seconds=86400)
    assert search_blocks.reach()["talk"][0] > 0
