"""A post goes to another from a day on with what belongs to it; days stood in are arranged."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from models.core import service
from models.core.errors import AlreadyDone, Denied, Invalid, NotFound
from models.core.gates import every_row
from models.core.register import find
from models.school import posts as offices
from tests.world import TODAY

YESTERDAY = TODAY - timedelta(days=1)


def standing(slug, **wanted):
    model = find(slug).model
    said = [getattr(model, name) == value for name, value in wanted.items()]
    return list(every_row(find(slug)).where(*said))


@pytest.fixture
def head(world):
    raw = {"staff": world.staff_leadership, "position": "组长", "since": "2025-09-01"}
    made = service.create(world.clerk, find("leadership-member"), raw)
    pair = {"teacher": world.staff_leadership, "child": world.child_c, "since": "2025-09-01"}
    service.create(world.clerk, find("pairing"), pair | {"kind": "领导"})
    service.create(world.clerk, find("pairing"), pair | {"child": world.child_a})
    return "leadership-member", made.id


def change(world, post, successor, day=TODAY, **more):
    moved = more.pop("moved", ())
    return offices.changing(world.clerk, offices.Change(post, successor, day, moved, **more))


def test_only_a_leaders_own_pairings_go_with_the_post(world, head):
    found = offices.post_called(world.clerk, head, TODAY)
    with_it = offices.belongs(world.clerk, found[0].id, found[1], TODAY)
    assert [one.about for one in with_it] == ["单明（领导）"]
    moved = [one.key for one in with_it]
    offices.do(
        world.clerk, "岗位变动", change(world, head, world.staff_bob, moved=moved), token="a"
    )
    assert [one.until for one in standing("pairing", child=world.child_c)] == [YESTERDAY, None]
    (kept,) = standing("pairing", child=world.child_a, teacher=world.staff_leadership)
    assert kept.until is None
    old, new = standing("leadership-member")
    assert (old.until, new.staff_id, new.since) == (YESTERDAY, world.staff_bob, TODAY)
    with pytest.raises(AlreadyDone):
        offices.do(world.clerk, "岗位变动", change(world, head, world.staff_bob), token="a")


def test_a_preview_writes_nothing(world, head):
    found = offices.preview(world.clerk, change(world, head, world.staff_bob, new_title="校长"))
    assert found.problems == []
    assert len(found.written) == 2
    assert len(standing("leadership-member")) == 1
    assert standing("staff", post="校长") == []


def test_nobody_follows_oneself_and_a_post_nobody_holds_is_not_found(world, head):
    with pytest.raises(Invalid, match="不能是原任本人"):
        offices.do(world.clerk, "岗位变动", change(world, head, world.staff_leadership))
    with pytest.raises(NotFound):
        offices.do(world.clerk, "岗位变动", change(world, head, world.staff_bob, date(2025, 9, 1)))


def test_who_has_neither_children_nor_class_needs_nobody_in_place(world):
    raw = {"teacher": world.staff_charlie, "substitute": world.staff_bob, "since": TODAY}
    with pytest.raises(Invalid, match="不用代理"):
        offices.do(world.clerk, "代理", offices.standing_in(world.clerk, raw))
    assert standing("substitution") == []


def test_two_do_not_stand_in_for_one_at_a_time(world):
    raw = {"teacher": world.staff_alice, "substitute": world.staff_bob, "since": TODAY}
    offices.do(world.clerk, "代理", offices.standing_in(world.clerk, raw))
    raw |= {"substitute": world.staff_charlie}
    found = offices.preview(world.clerk, offices.standing_in(world.clerk, raw))
    assert "已经安排了代理" in found.problems[0]


def test_only_the_clerk_changes_posts(world, head):
    for name in ("leadership", "alice", "inspector"):
        acting = world.actor(name)
        with pytest.raises(Denied):
            offices.posts(acting, TODAY)
        write = offices.changing(acting, offices.Change(head, world.staff_bob, TODAY))
        with pytest.raises(Denied):
            offices.do(acting, "岗位变动", write)


def test_a_title_without_days_is_not_written_for_a_day_to_come(client_as, world, head):
    day = TODAY + timedelta(days=3)
    said = {"post": "/".join(map(str, head)), "day": str(day), "successor": world.staff_bob}
    said |= {"new_title": "校长", "step": "do", "once": "one"}
    assert client_as("clerk").post("/year/post", data=said).status_code == 303
    assert standing("staff", post="校长") == []
    assert standing("leadership-member", staff=world.staff_bob)[0].since == day


def test_who_left_is_led_to_the_own_evaluation_sheet(client_as, world):
    staff = standing("staff", id=world.staff_alice)[0]
    raw = {"left_on": YESTERDAY}
    service.update(world.clerk, find("staff"), staff.id, raw, staff.version)
    page = client_as("clerk").get("/year/").text
    assert "王爱丽" in page
    assert "先开始本年考核" in page
