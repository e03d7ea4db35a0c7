"""What is nearest to what was typed stands first, and only a sure match is proposed."""

from __future__ import annotations

import pytest

from admin.registers import search as search_page
from admin.registers.picker import pick
from admin.registers.search import search
from models.core import service
from models.core.register import find
from tests.test_query_counts import queries

CHILDREN = find("child")
ASKED = {
    "sex": "女",
    "identified_on": "2025-09-05",
    "no_id_reason": "户口正在办理",
    "born_on": "2013-03-03",
}
# 重 and 曾 are read in two ways: zm stands in the keys of each, first only in those of 郑梅.
NAMES = ("郑梅", "曹重敏", "重敏", "赵铭远", "郑梅花")


@pytest.fixture
def named(world):
    for name in NAMES:
        service.create(world.clerk, CHILDREN, ASKED | {"name": name})


def picked(actor, typed):
    found = pick(actor, CHILDREN, "family-call.child", typed)
    return [one["text"] for one in found["results"]], found["sure"]


@pytest.mark.parametrize("typed", ["郑梅", "zm", "ZM", "zhengmei", " zheng mei "])
def test_the_name_itself_comes_before_a_name_that_holds_the_letters(world, named, typed):
    names, _sure = picked(world.clerk, typed)
    assert names[0] == "郑梅"


def test_the_surnames_reading_comes_before_another_reading(world, named):
    names, sure = picked(world.clerk, "zm")
    assert names[:3] == ["郑梅", "赵铭远", "郑梅花"]
    assert "重敏" in names
    assert sure


def test_a_match_that_only_begins_or_holds_is_not_proposed_beside_others(world, named):
    names, sure = picked(world.clerk, "zhen")
    assert set(names) == {"郑梅", "郑梅花"}
    assert not sure
    assert picked(world.clerk, "梅花") == (["郑梅花"], True)


def test_two_of_one_name_are_not_proposed(world, named):
    service.create(world.clerk, CHILDREN, ASKED | {"name": "郑梅"})
    names, sure = picked(world.clerk, "郑梅")
    assert names[:2] == ["郑梅", "郑梅"]
    assert not sure


def test_nothing_typed_proposes_nobody(world):
    assert not picked(world.clerk, "")[1]


def test_the_search_tells_the_nearest_child_first(world, named, app):
    with app.test_request_context():
        found = search(world.clerk, "zm")
    assert found[0]["title"] == CHILDREN.title
    assert found[0]["items"][0]["label"] == "郑梅"


def test_whoever_reads_names_masked_learns_nothing_from_the_order(world, named, app):
    with app.test_request_context():
        assert search(world.inspector, "zm") == []
    assert picked(world.inspector, "郑梅") == ([], False)


def test_beyond_the_first_kinds_the_search_only_tells_how_many(world, client_as, monkeypatch):
    monkeypatch.setattr(search_page, "OPEN", 1)
    page = client_as("clerk").get("/search?q=张小雨").text
    child, others = page.split("还在这些登记里")
    assert f'href="/r/child/{world.child_a}"' in child
    assert f'href="/r/talk/{world.talk_a}"' not in page
    assert "/r/talk/?q=" in others


@pytest.mark.usefixtures("as_served")
def test_a_search_asks_as_much_for_many_records_as_for_few(world, client_as):
    clerk = client_as("clerk")
    few = queries(clerk, "/search?q=小雨")
    for number in range(12):
        service.create(
            world.clerk, CHILDREN, ASKED | {"name": f"小雨{'甲乙丙丁戊己庚辛壬癸子丑'[number]}"}
        )
    assert queries(clerk, "/search?q=小雨") <= few
