"""Accounts for the staff in one step: all or none, each with a slip, taken back while unused."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from models.core import service
from models.core.actor import system
from models.core.database import database
from models.core.errors import Denied, Invalid
from models.core.gates import every_row
from models.core.register import find
from models.school import accounts, many_accounts
from tests.world import NOON

TODAY = NOON.date()


def hire(name, **more):
    raw = {"name": name, "sex": "女", **more}
    return service.create(system(NOON), find("staff"), raw).id


@pytest.fixture
def newcomers(world):
    return [hire("周小慧"), hire("周晓惠"), hire("吕萍")]


def names(actor):
    return [one.name for one in many_accounts.without_account(actor)]


def test_who_is_there_and_has_no_account_is_listed(world, newcomers):
    hire("钱离校", left_on=str(TODAY - timedelta(days=1)))
    hire("孙今天走", left_on=str(TODAY))
    listed = names(world.clerk)
    assert {"周小慧", "周晓惠", "吕萍", "孙今天走"} <= set(listed)
    assert "钱离校" not in listed
    assert world.alice.name not in listed


def test_each_gets_a_login_name_of_its_own_and_a_password_that_opens_once(world, newcomers):
    slips = many_accounts.make_accounts(world.clerk, [str(one) for one in newcomers])
    assert {one.username for one in slips} == {"zhouxiaohui", "zhouxiaohui2", "lvping"}
    assert len({one.password for one in slips}) == 3
    for slip in slips:
        user = accounts.sign_in(slip.username, slip.password, NOON, "127.0.0.1").user
        assert (user.id, user.role, user.must_change) == (slip.user_id, "教师", True)
    assert not set(names(world.clerk)) & {"周小慧", "周晓惠", "吕萍"}


def test_no_password_is_kept_anywhere(world, newcomers):
    slips = many_accounts.make_accounts(world.clerk, newcomers)
    kept = "\n".join(database.connection().iterdump())
    assert "zhouxiaohui" in kept
    assert not [slip for slip in slips if slip.password in kept]


@pytest.mark.parametrize("wrong", ["nobody", "gone", "twice", "many"])
def test_all_are_made_or_none(world, newcomers, wrong, monkeypatch):
    chosen = list(newcomers)
    if wrong == "nobody":
        chosen = ["", "x"]
    elif wrong == "gone":
        chosen.append(hire("钱离校", left_on=str(TODAY - timedelta(days=1))))
    elif wrong == "twice":
        many_accounts.make_accounts(world.clerk, newcomers[:1])
    else:
        monkeypatch.setattr(many_accounts, "AT_ONCE", 2)
    before = every_row(find("user")).count()
    with pytest.raises(Invalid):
        many_accounts.make_accounts(world.clerk, chosen)
    assert every_row(find("user")).count() == before


def test_what_was_made_by_mistake_is_shut_as_far_as_nobody_used_it(world, newcomers):
    slips = many_accounts.make_accounts(world.clerk, newcomers)
    user = find("user").model
    used = every_row(find("user")).where(user.id == slips[0].user_id).get()
    service.update(
        world.clerk.as_product, find("user"), used.id, {"must_change": False}, used.version
    )
    assert many_accounts.take_back(world.clerk, [one.user_id for one in slips]) == 2
    shut = every_row(find("user")).where(user.disabled).select(user.id).tuples()
    assert {number for (number,) in shut} >= {slips[1].user_id, slips[2].user_id}
    assert every_row(find("user")).where(user.id == used.id).get().disabled is False
    assert many_accounts.take_back(world.clerk, [world.bob.user_id]) == 0


@pytest.mark.parametrize("person", ["alice", "leadership"])
def test_nobody_but_the_clerk_makes_or_takes_back(world, newcomers, person):
    acting = getattr(world, person)
    for step in (many_accounts.make_accounts, many_accounts.take_back):
        with pytest.raises(Denied):
            step(acting, newcomers)


def test_the_slips_stand_in_one_answer_only(client_as, world, newcomers):
    browser = client_as("clerk")
    page = browser.get("/accounts/many").text
    assert "周小慧" in page
    posted = {"staff": [str(one) for one in newcomers]}
    answer = browser.post("/accounts/many", data=posted)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.text.count('class="slip"') == 3
    assert "/sign-in" in answer.text
    # The QR code is drawn from what is written beside it.
    assert '<path d="M' in answer.text
    passwords = re.findall(r'<dd class="slip__secret">([a-z2-9]{10})</dd>', answer.text)
    again = browser.post("/accounts/many", data=posted)
    assert again.status_code == 422
    assert "核对名单" in again.text
    assert not [one for one in passwords if one in again.text]


def test_who_forgot_to_tick_is_told_and_nothing_is_ticked_anew(client_as, world, newcomers):
    page = client_as("clerk").post("/accounts/many", data={})
    assert page.status_code == 422
    assert "请先勾选" in page.text
    assert "checked" not in page.text


def test_a_reset_password_is_a_slip_too(client_as, world):
    page = client_as("clerk").post(f"/accounts/{world.bob.user_id}/password").text
    assert page.count('class="slip"') == 1
    assert "/sign-in" in page
