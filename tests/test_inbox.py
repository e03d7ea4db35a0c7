"""A leader's inbox: each kind stands there for whoever may decide it, and goes when done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

import pytest

from compliance.told.corrections import mark_done, verify
from compliance.told.inbox import SOURCES, inbox
from models.core.database import database
from models.core.gates import row
from models.core.register import find
from models.school import bundles, evaluations, passwords, semester_close
from models.sealed import decisions, leaders, requests
from tests.spoiled import Spoiler
from tests.test_evaluation_steps import Procedure
from tests.test_leaders import LEADER, actor_of, deputy_of


class Case(NamedTuple):
    """How something comes to wait, whom for, and how it is decided."""

    kind: str
    begin: Callable[[Any], Any]
    decide: Callable[[Any, Any, Any], Any]


def semester(world):
    return row(world.clerk, find("semester"), world.autumn)


def ask_full(world):
    return bundles.ask_full(world.clerk, semester(world), "移交", "村委会").id


def ask_role(world):
    return decisions.ask_role(world.clerk, world.alice.user_id).id


def make_leader(world):
    raw = {"username": "fu", "name": "李副校长", "role": LEADER, "staff": world.staff_bob}
    return passwords.create_account(world.clerk, raw)[0].id


def put_right(world):
    made = Spoiler(world)
    said = {"problem": "图书室插座松动", "deadline": "2025-11-10", "responsible": world.staff_bob}
    round_ = made.add("supervision", {"rectification": [said]}, supervised_on="2025-11-03")
    problem = made.line("rectification", round_)
    mark_done(world.clerk, problem, "2025-11-11", "电工已更换")
    return problem


CASES = (
    Case(
        "完整版资料包",
        ask_full,
        lambda _world, leader, made: bundles.decide_full(leader, made, approve=True),
    ),
    Case(
        "授予心理辅导教师身份",
        ask_role,
        lambda _world, leader, made: decisions.approve(leader, made),
    ),
    Case(
        "领导账号待确认",
        make_leader,
        lambda _world, leader, made: leaders.confirm(leader, made),
    ),
    Case("整改待验收", put_right, lambda _world, leader, made: verify(leader, made)),
)


def kinds(actor):
    return [one.kind for one in inbox(actor)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind)
def test_what_waits_is_there_until_it_is_decided_and_leads_to_its_page(world, client_as, case):
    before = kinds(world.leadership)
    made = case.begin(world)
    assert kinds(world.leadership).count(case.kind) == before.count(case.kind) + 1
    browser = client_as("leadership")
    page = browser.get("/inbox")
    assert case.kind in page.text
    assert browser.get("/").location.endswith("/inbox")
    case.decide(world, world.leadership, made)
    assert kinds(world.leadership).count(case.kind) == before.count(case.kind)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind)
def test_nobody_but_a_leader_whose_approval_counts_has_an_inbox(world, case):
    case.begin(world)
    for who in ("clerk", "alice", "counsellor", "inspector"):
        assert inbox(world.actors[who]) == []
    raw = {"username": "xin", "name": "新领导", "role": LEADER, "staff": world.staff_charlie}
    user, _password = passwords.create_account(world.clerk, raw)
    assert inbox(actor_of(user)) == []


def test_the_own_request_waits_for_the_other_leader_alone(world):
    second = actor_of(deputy_of(world))
    bundles.ask_full(world.leadership, semester(world), "移交", "村委会")
    requests.ask(world.leadership, requests.ROLE, subject_id=world.alice.user_id, subject="王")
    assert "完整版资料包" not in kinds(world.leadership)
    assert "授予心理辅导教师身份" not in kinds(world.leadership)
    assert {"完整版资料包", "授予心理辅导教师身份"} <= set(kinds(second))


def test_a_second_account_of_the_own_waits_for_the_other_leader_alone(world):
    other = actor_of(deputy_of(world))
    raw = {"username": "mine", "name": "周校长", "role": LEADER}
    passwords.create_account(world.clerk, raw | {"staff": world.staff_leadership})
    assert "领导账号待确认" not in kinds(world.leadership)
    assert "领导账号待确认" in kinds(other)


def test_whoever_put_it_right_is_not_asked_to_verify_it(world):
    put_right(world)
    own = world.actor("leadership", staff_id=world.staff_bob)
    assert "整改待验收" not in kinds(own)


def test_a_semester_waits_from_the_day_after_its_last_until_it_is_closed(world):
    last = semester(world).last_day

    def leader(day):
        return replace(world.leadership, now=datetime.combine(day, time(9)))

    assert "学期可以封存" not in kinds(leader(last))
    after = leader(last + timedelta(days=1))
    assert "学期可以封存" in kinds(after)
    numbers = semester_close.Numbers(records=5, lacking=1)
    semester_close.close(after, world.autumn, "学期结束", numbers)
    assert "学期可以封存" not in kinds(after)


def test_sheets_wait_by_what_is_next_and_the_own_one_for_somebody_else(world):
    made = Procedure(world)
    made.opened().assessed().shown()
    alice = made.sheet(world.staff_alice)
    evaluations.contest(made.actor("alice"), alice.id, "家访补登过", "")
    waiting = {one.kind: one.about for one in inbox(made.leader)}
    assert waiting["考核：答复申诉"].endswith("1 份考核表")
    evaluations.answer(made.leader, alice.id, "已核对")
    waiting = {one.kind: one.about for one in inbox(made.leader)}
    assert "考核：答复申诉" not in waiting
    assert waiting["考核：作决定"].endswith("1 份考核表")
    made.decided(world.staff_alice)
    assert "考核：签署" in kinds(made.leader)
    own = made.actor("leadership")
    assert "考核：签署" not in kinds(replace(own, staff_id=world.staff_alice))


def test_a_half_signed_sheet_waits_for_whoever_has_not_signed(world):
    made = Procedure(world)
    made.opened(second_signature=True).assessed().shown()
    made.now += timedelta(days=8)
    one = made.decided(world.staff_alice)
    evaluations.sign(made.leader, one.id, {})
    assert "考核：第二人签署" not in kinds(made.leader)
    assert "考核：第二人签署" in kinds(replace(made.second, now=made.now))


def test_the_bell_counts_what_waits(world, client_as):
    ask_full(world)
    browser = client_as("leadership")
    number = len(inbox(world.leadership))
    assert f"通知 {number} 条" in browser.get("/inbox").text


def test_an_inbox_costs_no_more_for_many_than_for_one(world):
    def cost():
        before = database.obj.query_count
        inbox(world.leadership)
        return database.obj.query_count - before

    ask_full(world)
    one = cost()
    for number in range(3):
        bundles.ask_full(world.clerk, semester(world), "移交", f"村委会{number}")
    assert cost() <= one + 3
    assert one <= 22


def test_every_source_is_asked():
    assert len(SOURCES) == 6
