"""Names added later: what the inspector finds before and after search texts are masked anew."""

from __future__ import annotations

import pytest

from admin.work import names_work, worker
from models.core import jobs, listing, masking, service
from models.core.actor import SYSTEM
from models.core.gates import every_row, rows
from models.core.listing import ListRequest
from models.core.masking import KnownName
from models.core.register import REGISTERS, find
from models.core.search_refresh import refresh_search_texts
from tests.test_matrix import school
from tests.world import NOON

__all__ = ["school"]

TALKS = find("talk")


def hits(actor, typed, register=TALKS):
    return listing.listed(actor, register, ListRequest(search=typed)).total


@pytest.fixture
def told(world):
    """A talk that names somebody nobody has heard of yet."""
    raw = {"content": "邻居 欧阳 石蕊也在，学了刺绣", "topic": "邻居"}
    service.update(world.clerk, TALKS, world.talk_a, raw, 1)
    return world


def parent(world, name="欧阳石蕊"):
    raw = {"child": world.child_b, "relation": "继母或养母", "name": name, "phone": "13985670009"}
    return service.create(world.clerk, find("parent"), raw)


def test_a_new_name_is_found_by_no_masked_reader_before_and_after_the_texts_are_masked(
    client_as, told
):
    assert hits(told.inspector, "石蕊") == 1
    parent(told)
    for typed in ("欧阳石蕊", "石蕊", "蕊", "刺绣 石"):
        assert hits(told.inspector, typed) == 0, typed
    page = client_as("inspector").get("/search?q=石蕊").text
    assert "一分钟后才能查找" in page
    # What shares no character with the name is found all the time.
    assert hits(told.inspector, "刺绣") == 1
    assert hits(told.clerk, "石蕊") == 1
    assert refresh_search_texts() == 1
    assert hits(told.inspector, "石蕊") == 0
    assert hits(told.inspector, "刺绣") == 1
    assert hits(told.clerk, "石蕊") == 1
    assert "石蕊" not in every_row(TALKS).where(TALKS.model.id == told.talk_a).get().search_open


def test_the_worker_looks_for_names_and_masks_them(told, data_dir, clock):
    assert not names_work.ask_where_needed(NOON)
    parent(told)
    assert names_work.ask_where_needed(NOON)
    assert names_work.ask_where_needed(NOON)
    assert worker.run_waiting(data_dir, clock) == 1
    assert jobs.newest(names_work.KIND).found == {"texts": 1}
    assert not names_work.ask_where_needed(NOON)


def test_a_deleted_and_a_restored_record_hold_no_new_name_either(told):
    service.delete(told.clerk, TALKS, told.talk_a)
    parent(told)
    refresh_search_texts()
    service.restore(told.clerk, TALKS, told.talk_a)
    assert hits(told.inspector, "石蕊") == 0
    assert hits(told.inspector, "刺绣") == 1


def test_a_school_that_kept_records_before_learns_todays_names_and_earlier_ones(told):
    earlier = parent(told, "欧阳石蕊")
    service.update(told.clerk, find("parent"), earlier.id, {"name": "欧阳蕊"}, earlier.version)
    known = {(one.name, one.child_id) for one in KnownName.select()}
    assert {("欧阳石蕊", told.child_b), ("欧阳蕊", told.child_b)} <= known
    KnownName.delete().execute()
    masking.fill()
    assert {(one.name, one.child_id) for one in KnownName.select()} == known
    refresh_search_texts()
    assert hits(told.inspector, "石蕊") == 0


def test_every_search_text_of_the_school_is_masked_as_a_page_would_be(planted, school):
    """A text that is masked once more does not change."""
    again = []
    for slug, register in REGISTERS.items():
        for record in rows(SYSTEM, register):
            if masking.for_search(record.search_open, ()) != record.search_open:
                again.append((slug, record.id))
    assert again == []
