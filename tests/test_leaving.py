"""A colleague leaves: children and classes are handed over, the account closes, all taken back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from models.core import undo
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
