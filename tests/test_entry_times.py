"""How long short forms are open: measured without naming anybody, used once enough were."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest

from admin.boards.burden import ESTIMATE
from compliance.told.burden import burden
from models.core import calendar
from models.core.database import database
from models.school import entry_times
from models.school.entry_times import ENOUGH, EntryTime, measured
from tests.test_boards import text_of
from tests.world import NOON


def opened(page):
    return re.search(r'name="opened" value="(\d+)"', page)[1]


def enter(client, world, clock, seconds, address="/r/talk/new", **more):
    page = client.get(address).text
    clock.advance(seconds=seconds)
    data = {
        "child": world.child_a,
        "teacher": world.staff_alice,
        "talked_at": f"{clock.moment:%Y-%m-%dT%H:%M}",
        "topic": f"近况 {clock.moment:%M%S}",
        "content": "学习",
        "categories": "学习",
        "opened": opened(page),
        **more,
    }
    return client.post(address, data=data)


def kept():
    return [(one.register, one.seconds) for one in EntryTime.select().order_by(EntryTime.id)]


def test_from_opened_to_saved_is_measured(client_as, world, clock):
    alice = client_as("alice")
    assert enter(alice, world, clock, 42).status_code in (302, 303)
    assert kept() == [("talk", 42)]


def test_a_refused_form_goes_on_being_the_one_that_was_opened(client_as, world, clock):
    alice = client_as("alice")
    refused = enter(alice, world, clock, 30, topic="")
    assert refused.status_code == 422
    assert kept() == []
    first = opened(refused.text)
    clock.advance(seconds=20)
    page = alice.get("/r/talk/new").text
    assert int(opened(page)) - int(first) == 50


@pytest.mark.parametrize("seconds", [2, 20 * 60 + 1, 3600 * 5])
def test_what_is_no_measure_is_left_out(client_as, world, clock, seconds):
    enter(client_as("alice"), world, clock, seconds)
    assert kept() == []


@pytest.mark.parametrize("said", ["", "x", "-1", "99999999999999999999", "１２"])
def test_a_form_that_does_not_say_when_it_was_opened_is_saved_all_the_same(
    client_as, world, clock, said
):
    assert enter(client_as("alice"), world, clock, 30, opened=said).status_code in (302, 303)
    assert kept() == []


def test_editing_is_not_measured(client_as, world, clock):
    page = client_as("alice").get(f"/r/talk/{world.talk_a}/edit").text
    assert 'name="opened"' not in page


def test_nothing_kept_names_a_person_a_record_or_a_moment(client_as, world, clock):
    enter(client_as("alice"), world, clock, 30)
    columns = {one.name for one in database.get_columns("entry_time")}
    assert columns == {"id", "register", "seconds", "month"}
    assert EntryTime.get().month == "2025-11"


def measure(number, seconds, register="talk"):
    for _ in range(number):
        entry_times.note(register, seconds, 1, NOON.date())


def test_the_median_takes_the_estimates_place_once_enough_were_measured(client_as, world, all_sets):
    term = calendar.current_span(world.clerk.today)

    def each():
        items = burden(world.clerk, term).of(world.staff_alice).items
        return {one.minutes / one.entries for one in items if one.register == "talk"}

    measure(ENOUGH - 1, 150)
    assert measured() == {}
    assert each() == {Fraction(1)}
    page = text_of(client_as("clerk").get("/board/burden"))
    assert ESTIMATE in page
    measure(1, 900)
    assert measured()["talk"].minutes == Fraction(150, 60)
    assert each() == {Fraction(5, 2)}
    page = text_of(client_as("clerk").get("/board/burden"))
    assert "谈心记录 2.5 分钟（20 次）" in page
    assert ESTIMATE not in page


def test_only_the_newest_of_a_register_count_and_are_kept(world):
    measure(entry_times.KEPT, 300)
    measure(ENOUGH, 200, "home-visit")
    measure(entry_times.KEPT, 60)
    assert measured()["talk"] == (Fraction(1), entry_times.KEPT)
    assert entry_times.forget_old() == entry_times.KEPT
    assert measured()["talk"] == (Fraction(1), entry_times.KEPT)
    assert measured()["home-visit"].number == ENOUGH
    assert entry_times.forget_old() == 0


def test_several_children_at_once_share_the_time(world):
    entry_times.note("talk", 90, 3, NOON.date())
    assert kept() == [("talk", 30)]
