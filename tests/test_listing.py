"""Long lists: counting that stops, pages behind the count, the order by a linked name."""

import pytest

from models.core import listing, service
from models.core.database import database
from models.core.listing import ListRequest, listed
from models.core.register import find

TALK = find("talk")


@pytest.fixture
def talks(world, monkeypatch):
    """Sixty talks more than the counted fifty, alternately with two children."""
    monkeypatch.setattr(listing, "COUNT_CAP", 50)
    actor = world.clerk
    with service.work(actor) as current:
        for number in range(110):
            raw = {
                "child": world.child_b if number % 2 else world.child_a,
                "teacher": world.staff_bob if number % 2 else world.staff_alice,
                "talked_at": f"2025-11-{number % 7 + 5:02d} 12:{number % 60:02d}",
                "topic": f"第{number}次",
            }
            service.create(actor, TALK, raw, current=current)
    return world


def walked(actor, **asked):
    """The ids of every page of the list, one page after the other."""
    found, page = [], 1
    while True:
        shown = listed(actor, TALK, ListRequest(page=page, **asked))
        found += [record.id for record in shown.records]
        if shown.page == shown.pages:
            return found
        page += 1


def test_a_page_behind_the_counted_ones_is_shown_with_its_own_number(talks):
    shown = listed(talks.clerk, TALK, ListRequest(page=5))
    assert (shown.page, shown.total, shown.capped, len(shown.records)) == (5, 50, True, 20)
    assert shown.pages == 6


@pytest.mark.parametrize("sort", ["", "talked_at", "-talked_at", "child", "-child", "-teacher"])
@pytest.mark.parametrize("who", ["clerk", "alice"])
def test_walking_all_pages_meets_every_record_once_in_the_order_of_the_export(talks, who, sort):
    actor = talks.actor(who)
    exported = [r.id for part in listing.every(actor, TALK, ListRequest(sort=sort)) for r in part]
    assert walked(actor, sort=sort) == exported
    assert len(exported) == len(set(exported)) > 50


def test_a_page_beyond_the_end_shows_the_last_page_of_a_short_list(talks):
    shown = listed(talks.clerk, TALK, ListRequest(page=99, search="第7次"))
    assert (shown.page, shown.pages, len(shown.records)) == (1, 1, 1)


def test_a_teachers_list_is_found_by_indexes_not_by_reading_the_table(talks):
    asked = ListRequest()
    query, _problems = listing.selection(talks.bob, TALK, asked)
    found = query.select(TALK.model.id).limit(50)
    sql, values = found.sql()
    plan = [row[3] for row in database.execute_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert "MULTI-INDEX OR" in plan
    assert not [step for step in plan if step.startswith("SCAN") and "talk" in step]


@pytest.mark.parametrize("term", ["单小满", "sxm", "shanxiaoman"])
def test_the_bin_is_searched_by_the_name_of_a_child_that_is_there_itself(world, term):
    clerk = world.clerk
    born = {"sex": "女", "born_on": "2012-03-03", "no_id_reason": "户口正在办理"}
    child = service.create(
        clerk, find("child"), {"name": "单小满", "identified_on": "2025-09-05", **born}
    )
    said = {"child": child.id, "teacher": world.staff_alice, "talked_at": "2025-11-11 12:00"}
    talk = service.create(clerk, TALK, {**said, "topic": "转学"})
    service.delete(clerk, TALK, talk.id)
    for gone in (False, True):
        if gone:
            service.delete(clerk, find("child"), child.id)
        found = listed(clerk, TALK, ListRequest(search=term, deleted=True))
        assert [record.id for record in found.records] == [talk.id]
