"""发布版: names nobody of the children, and shows only photos with leave for publicity."""

from __future__ import annotations

import re

import pytest

from models.core import service
from models.core.actor import system
from models.core.gates import row
from models.core.register import find
from tests.bundle_school import add_photo, consent
from tests.factory import Factory
from tests.world import NOON

TEXT = "张小雨在活动里朗读了信，她奶奶的电话是13812345678。\n全校都来了。"
PUBLICITY = {"purpose": "对外宣传"}


def made(world, slug, **said):
    raw = Factory(world.clerk).minimal(find(slug)) | said
    return service.create(world.clerk, find(slug), raw)


@pytest.fixture
def news(world):
    return made(world, "news-item", title="张小雨朗读书信", text=TEXT)


def pictures(page):
    return {int(n) for n in re.findall(r"/photos/(\d+)/display", page.split("paper-desk")[1])}


@pytest.mark.parametrize("person", ["clerk", "leadership", "alice"])
def test_published_news_names_no_child_whoever_opens_it(client_as, news, person):
    page = client_as(person).get(f"/documents/published-news?for={news.id}").text
    paper = page.split("paper-desk")[1]
    assert "朗读了信" in paper
    assert "全校都来了" in paper
    assert "小雨" not in paper
    assert "小雨" not in re.search(r"<title>.*?</title>", page, re.DOTALL)[0]
    assert "13812345678" not in page


def test_a_published_arrangement_names_no_child(client_as, world):
    plan = made(world, "plan", kind="周安排", title="第十周", week=10, text="周三张小雨家访。")
    page = client_as("clerk").get(f"/documents/published-arrangement?for={plan.id}").text
    assert "家访" in page.split("paper-desk")[1]
    assert "小雨" not in page.split("paper-desk")[1]


def test_only_photos_with_leave_for_publicity_are_published(client_as, world, data_dir, news):
    both = add_photo(data_dir, "news-item", news.id, [world.child_a, world.child_b], "#111111")
    alone = add_photo(data_dir, "news-item", news.id, [world.child_a], "#222222")
    add_photo(data_dir, "news-item", news.id, [], "#333333")
    nobody = add_photo(data_dir, "news-item", news.id, [], "#444444", mark="无人脸")
    add_photo(data_dir, "news-item", news.id, [], "#555555", mark="法定留存")
    url = f"/documents/published-news?for={news.id}"

    def shown():
        return pictures(client_as("clerk").get(url).text)

    consent(world.child_a)
    consent(world.child_b)
    assert shown() == {nobody}  # kept on photos is not yet published
    given = consent(world.child_a, **PUBLICITY)
    assert shown() == {nobody, alone}
    consent(world.child_b, **PUBLICITY)
    assert shown() == {nobody, alone, both}
    register = find("consent")
    kept = row(system(NOON), register, given.id)
    service.update(world.clerk, register, kept.id, {"withdrawn_on": "2025-11-10"}, kept.version)
    assert shown() == {nobody}


def test_who_withdrew_the_consent_to_photos_is_not_published(client_as, world, data_dir, news):
    add_photo(data_dir, "news-item", news.id, [world.child_a])
    consent(world.child_a, **PUBLICITY)
    url = f"/documents/published-news?for={news.id}"
    assert len(pictures(client_as("clerk").get(url).text)) == 1
    consent(world.child_a, withdrawn_on="2025-11-01")
    assert not pictures(client_as("clerk").get(url).text)


def test_the_photos_of_the_activity_it_tells_of_come_along(client_as, world, data_dir):
    activity = made(world, "activity")
    item = made(world, "news-item", text="活动", activity=activity.id)
    photo = add_photo(data_dir, "activity", activity.id, [], mark="无人脸")
    page = client_as("clerk").get(f"/documents/published-news?for={item.id}").text
    assert pictures(page) == {photo}
    assert "可以直接复制" in page


def test_an_inspector_has_no_published_edition(client_as, news):
    assert client_as("inspector").get(f"/documents/published-news?for={news.id}").status_code == 403
