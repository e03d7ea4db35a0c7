"""The search box proposes names: the nearest first, within the rows, nothing chosen beforehand."""

from __future__ import annotations

import pytest

from models.core import service
from models.core.gates import row
from models.core.register import find
from tests.test_nearness import ASKED, named

__all__ = ["named"]


def proposed(client, typed):
    answer = client.get("/search/suggest", query_string={"q": typed})
    assert answer.status_code == 200
    return answer.json["results"]


def test_children_come_first_and_the_surnames_reading_before_another(client_as, named):
    found = proposed(client_as("clerk"), "zm")
    assert found[0]["text"] == "郑梅"
    children = [one["url"].startswith("/r/child/") for one in found]
    assert children == sorted(children, reverse=True)
    assert [one["text"] for one in found][:4] == ["郑梅", "赵铭远", "郑梅花", "重敏"]


def test_each_leads_to_a_page_that_opens(client_as, named):
    clerk = client_as("clerk")
    found = proposed(clerk, "张小雨") + proposed(clerk, "王爱丽")
    assert len(found) >= 2
    for one in found:
        assert clerk.get(one["url"]).status_code == 200


def test_nobody_is_proposed_outside_the_own_rows(client_as, world):
    assert [one["text"] for one in proposed(client_as("clerk"), "zsy")] == ["曾思源"]
    assert proposed(client_as("alice"), "zsy") == []
    assert proposed(client_as("alice"), "zxy")[0]["url"] == f"/r/child/{world.child_a}"


def test_who_reads_names_masked_finds_nobody_by_them(client_as, world):
    for typed in ("张小雨", "zxy", "张"):
        assert proposed(client_as("inspector"), typed) == []


def test_a_deleted_child_is_not_proposed_and_a_restored_one_again(client_as, world):
    clerk, register = client_as("clerk"), find("child")
    child = service.create(world.clerk, register, ASKED | {"name": "郑梅"})
    assert proposed(clerk, "郑梅")
    service.delete(world.clerk, register, row(world.clerk, register, child.id))
    assert proposed(clerk, "郑梅") == []
    service.restore(world.clerk, register, row(world.clerk, register, child.id, deleted=True))
    assert proposed(clerk, "郑梅")


@pytest.mark.parametrize("typed", ["", "   ", "%_'", "a" * 500])
def test_odd_text_proposes_nobody(client_as, world, typed):
    assert proposed(client_as("clerk"), typed) == []


def test_without_signing_in_nothing_is_told(browser, world):
    answer = browser.get("/search/suggest?q=zxy", headers={"Accept": "application/json"})
    assert answer.status_code == 401


def test_the_search_says_first_how_many_children(client_as, world):
    page = client_as("clerk").get("/search?q=张小雨").text
    assert "“张小雨”找到学生 1 名" in page
    assert page.index(f'href="/r/child/{world.child_a}"') < page.index("<h2>父母登记</h2>")
