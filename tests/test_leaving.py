"""A colleague leaves: children and classes are handed over, the account closes, all taken back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from models.core import service, undo
from models.core.boxes import ROLES
from models.core.errors import Denied, Invalid
from models.core.gates import every_row
from models.core.register import find
from models.school import leaving, passwords
from tests.world import TODAY


def leave(world, clerk, last, successor=None):
    held = leaving.held(clerk, world.staff_alice, last)
    return leaving.Leave(world.staff_alice, last, {one.key: successor for one in held if successor})


def standing():
    found = {}
    for slug in ("pairing", "class-teacher", "teaching-post", "staff", "user"):
        names = list(find(slug).fields)
        for record in every_row(find(slug)):
            found[slug, record.id] = [str(record.__data__.get(name)) for name in names]
    return found


YESTERDAY = TODAY - timedelta(days=1)


def accounts(world):
    model = find("user").model
    return list(every_row(find("user")).where(model.staff == world.staff_alice))


@pytest.mark.parametrize("last", [YESTERDAY, date(2026, 1, 23)])
def test_the_children_go_to_the_successor_the_day_after_and_every_account_closes(world, last):
    second = {"username": "ailaoshi", "name": "王爱丽", "role": ROLES["clerk"]}
    passwords.create_account(world.clerk, second | {"staff": world.staff_alice})
    before = standing()
    order = leave(world, world.clerk, last, world.staff_charlie)
    assert leaving.preview(world.clerk, order).problems == []
    assert standing() == before
    done = leaving.let_go(world.clerk, order)
    model = find("pairing").model
    (taken,) = every_row(find("pairing")).where(
        model.child == world.child_a, model.teacher == world.staff_charlie
    )
    assert taken.since == last + timedelta(days=1)
    leads = find("class-teacher").model
    led = every_row(find("class-teacher")).where(leads.school_class == world.class_1)
    assert {one.staff_id for one in led if one.until is None} == {world.staff_charlie}
    assert len(accounts(world)) == 2
    for user in accounts(world):
        assert user.disabled if last < TODAY else user.expires_on == last
    report = undo.undo(world.clerk, done.batch)
    assert report.left == []
    assert standing() == before


def test_nobody_takes_over_from_oneself(world):
    order = leave(world, world.clerk, TODAY, world.staff_alice)
    with pytest.raises(Invalid, match="不能是离校的教师本人"):
        leaving.let_go(world.clerk, order)


def test_a_teacher_lets_nobody_go(world):
    with pytest.raises(Denied):
        leaving.preview(world.bob, leave(world, world.clerk, TODAY))


def offices(world, clerk):
    """Alice is of the leadership group, keeps the files, heads a department, stands in for Bob."""
    made = {}
    for slug, raw in {
        "leadership-member": {"position": "副组长", "office": "政教处", "duties": "管结对"},
        "post": {"kind": "档案管理员", "until": "2026-07-03"},
    }.items():
        raw |= {"staff": world.staff_alice, "since": "2025-09-01"}
        made[slug] = service.create(clerk, find(slug), raw).id
    raw = {"name": "政教处", "head": world.staff_alice}
    made["department"] = service.create(clerk, find("department"), raw).id
    for name, teacher, substitute, since in (
        ("running", "bob", "alice", "2025-11-10"),
        ("coming", "bob", "alice", "2025-12-01"),
        ("absence", "alice", "bob", "2025-12-20"),
    ):
        raw = {"teacher": world.ids[f"staff_{teacher}"], "since": since}
        raw |= {"substitute": world.ids[f"staff_{substitute}"], "until": since[:8] + "28"}
        made[name] = service.create(clerk, find("substitution"), raw).id
    return made


def rows_of(slug, **wanted):
    model = find(slug).model
    said = [getattr(model, name) == value for name, value in wanted.items()]
    return list(every_row(find(slug)).where(*said))


def test_posts_and_days_of_standing_in_go_to_the_successor_and_come_back(world):
    made = offices(world, world.clerk)
    slugs = ("leadership-member", "post", "department", "substitution")
    before = {slug: [one.__data__ for one in rows_of(slug)] for slug in slugs}
    order = leave(world, world.clerk, TODAY, world.staff_charlie)
    done = leaving.let_go(world.clerk, order)
    charlie, next_day = world.staff_charlie, TODAY + timedelta(days=1)
    (seat,) = rows_of("leadership-member", staff=charlie)
    assert (seat.position, seat.office, seat.since) == ("副组长", "政教处", next_day)
    (post,) = rows_of("post", staff=charlie)
    assert (post.kind, post.since, post.until) == ("档案管理员", next_day, date(2026, 7, 3))
    (department,) = rows_of("department")
    assert department.head_id == charlie
    running, coming = rows_of("substitution", substitute=charlie)
    assert {running.since, coming.since} == {next_day, date(2025, 12, 1)}
    assert {one.until for one in (running, coming)} == {date(2025, 11, 28), date(2025, 12, 28)}
    (ended,) = rows_of("substitution", id=made["running"])
    assert ended.until == TODAY
    assert rows_of("substitution", id=made["absence"]) == []
    assert undo.undo(world.clerk, done.batch).left == []
    after = {slug: [one.__data__ for one in rows_of(slug)] for slug in slugs}
    kept = ("staff", "head", "teacher", "substitute", "since", "until", "position", "kind")
    for slug in slugs:
        for one, other in zip(before[slug], after[slug], strict=True):
            assert {k: one.get(k) for k in kept} == {k: other.get(k) for k in kept}


def test_without_a_successor_posts_end_and_coming_days_of_standing_in_go(world):
    made = offices(world, world.clerk)
    leaving.let_go(world.clerk, leave(world, world.clerk, TODAY))
    assert {one.until for one in rows_of("leadership-member")} == {TODAY}
    assert rows_of("department")[0].head_id is None
    assert rows_of("substitution", id=made["coming"]) == []


def test_who_is_of_the_group_leaves_the_old_seat_for_the_new_one(world):
    offices(world, world.clerk)
    raw = {"staff": world.staff_charlie, "position": "成员", "since": "2025-09-01"}
    old = service.create(world.clerk, find("leadership-member"), raw)
    leaving.let_go(world.clerk, leave(world, world.clerk, TODAY, world.staff_charlie))
    seats = {one.id: one for one in rows_of("leadership-member", staff=world.staff_charlie)}
    assert seats.pop(old.id).until == TODAY
    assert [one.position for one in seats.values()] == ["副组长"]


def test_the_stand_in_of_another_is_no_successor_to_oneself(world):
    """Bob cannot stand in for himself: the reason is told and nothing is written."""
    offices(world, world.clerk)
    before = standing()
    with pytest.raises(Invalid, match="代理人不能是缺岗教师本人"):
        leaving.let_go(world.clerk, leave(world, world.clerk, TODAY, world.staff_bob))
    assert standing() == before
