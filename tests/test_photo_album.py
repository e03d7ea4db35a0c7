"""The photos as pictures: counted by what they belong to, narrowed, searched; as a table too."""

from __future__ import annotations

import re

import pytest

from tests.test_boards import text_of
from tests.test_publications import add_photo

PLACE = re.compile(r'<a class="chip[^"]*" href="([^"]+)"[^>]*>([^<]+?) (\d+)</a>')


@pytest.fixture
def photos(world, data_dir):
    for colour in ("#111111", "#222222"):
        add_photo(data_dir, "talk", world.talk_a, [world.child_a], colour)
    add_photo(data_dir, "talk", world.talk_b, [world.child_b], "#333333")
    add_photo(data_dir, "child", world.child_a, [world.child_a], "#444444")


def places(page):
    return {title: (url.replace("&amp;", "&"), int(n)) for url, title, n in PLACE.findall(page)}


def pictures(page):
    return len(re.findall(r'<figure class="photo">', page))


def test_the_list_of_photos_shows_them_counted_by_what_they_belong_to(client_as, photos):
    clerk = client_as("clerk")
    page = clerk.get("/r/photo/").text
    found = places(page)
    assert {title: n for title, (_url, n) in found.items()} == {"谈心记录": 3, "留守儿童登记": 1}
    assert pictures(page) == 4
    for url, number in found.values():
        narrowed = clerk.get(url).text
        assert pictures(narrowed) == number
        assert 'aria-current="true"' in narrowed.partition("album-places")[2].partition("</nav>")[0]
    # Pressed again, the place shows all photos.
    narrowed = clerk.get(found["谈心记录"][0]).text
    assert pictures(clerk.get(places(narrowed)["谈心记录"][0]).text) == 4


def test_a_teacher_counts_only_what_a_teacher_sees(client_as, photos):
    found = places(client_as("alice").get("/r/photo/").text)
    assert {title: n for title, (_url, n) in found.items()} == {"谈心记录": 2, "留守儿童登记": 1}


def test_the_inspector_sees_no_picture_kept_from_inspectors(client_as, photos):
    page = client_as("inspector").get("/r/photo/").text
    assert pictures(page) == page.count("photo__frame--withheld") > 0


def test_many_are_marked_at_once_in_the_table(client_as, photos):
    clerk = client_as("clerk")
    page = clerk.get("/r/photo/?as=table").text
    assert pictures(page) == 0
    assert page.count('name="ids"') == 4
    assert "看成图片" in text_of(clerk.get("/r/photo/?as=table"))
    assert places(page)
    assert pictures(clerk.get("/r/photo/?size=50").text) == 4


def test_a_deleted_photo_is_counted_no_more(client_as, photos):
    clerk = client_as("clerk")
    (first, *_rest) = re.findall(r'href="/photos/(\d+)"', clerk.get("/r/photo/").text)
    before = sum(n for _url, n in places(clerk.get("/r/photo/").text).values())
    clerk.post(f"/photos/{first}/delete")
    assert sum(n for _url, n in places(clerk.get("/r/photo/").text).values()) == before - 1
