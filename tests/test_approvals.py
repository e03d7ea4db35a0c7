"""Whoever approves or signs types the own password again: every step, and no page forgets it."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from compliance.told.corrections import mark_done
from models.core.gates import row
from models.core.register import REGISTERS, find
from models.school import bundles, passwords
from models.sealed import decisions, leaders, requests
from tests.spoiled import Spoiler
from tests.test_leaders import LEADER
from tests.test_matrix import stored
from tests.world import NOON, PASSWORD

ADMIN = Path(__file__).parent.parent / "admin"
# The steps that bind a second person, as the pages call them.
APPROVING = {
    ("bundles", "decide_full"),
    ("corrections", "verify"),
    ("decisions", "approve"),
    ("decisions", "refuse"),
    ("leaders", "confirm"),
    ("semester_close", "close"),
    ("semester_close", "reopen"),
    ("evaluations", "sign"),
    ("signing", "sign"),
}


def called_in(function):
    """Every `module.function` and plain function called somewhere inside."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
                yield node.func.value.id, node.func.attr
            elif isinstance(node.func, ast.Name):
                yield "", node.func.id


def test_no_page_approves_without_asking_for_the_password():
    met, forgot = set(), []
    for file in sorted(ADMIN.rglob("*.py")):
        if "commands" in file.parts:
            continue
        functions = (
            node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if hasattr(node, "args")
        )
        for function in (one for one in functions if isinstance(one, ast.FunctionDef)):
            calls = set(called_in(function))
            steps = calls & APPROVING
            met |= steps
            asks = calls & {("", "demand_password"), ("", "_confirm")}
            if steps and not asks:
                forgot.append(f"{file.name}: {function.name}")
    assert not forgot
    assert met == APPROVING


def ask_full(world):
    semester = row(world.clerk, find("semester"), world.autumn)
    return bundles.ask_full(world.clerk, semester, "移交", "村委会").id


def ask_role(world):
    return decisions.ask_role(world.clerk, world.alice.user_id).id


def make_leader(world):
    raw = {"username": "fu", "name": "李副校长", "role": LEADER, "staff": world.staff_bob}
    return passwords.create_account(world.clerk, raw)[0].id


def put_right(world):
    made = Spoiler(world)
    said = {"problem": "插座松动", "deadline": "2025-11-10", "responsible": world.staff_bob}
    round_ = made.add("supervision", {"rectification": [said]}, supervised_on="2025-11-03")
    problem = made.line("rectification", round_)
    mark_done(world.clerk, problem, "2025-11-11", "电工已更换")
    return problem


# How it comes to wait, the address that decides it, and what is sent besides the password.
STEPS = {
    "approve a full edition": (ask_full, "/bundles/{}/approve", {}),
    "refuse a full edition": (ask_full, "/bundles/{}/refuse", {}),
    "approve a request": (ask_role, "/sealed-office/request/{}", {"decision": "approve"}),
    "refuse a request": (ask_role, "/sealed-office/request/{}", {"decision": "refuse"}),
    "verify a correction": (put_right, "/inspection/corrections/{}/verify", {}),
    "confirm a leader": (make_leader, "/leaders/{}/confirm", {}),
    "close a semester": (lambda world: world.autumn, "/semesters/{}/close", {"reason": "结束"}),
    "sign the statistics": (lambda world: "statistics-table", "/documents/{}/sign", {}),
    "reopen a semester": (lambda world: world.autumn, "/semesters/{}/reopen", {"reason": "补"}),
}


def everything():
    held = {slug: stored(slug) for slug, register in REGISTERS.items() if not register.sealed}
    return held, [one.state for one in requests.SealedRequest.select()]


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("typed", [{}, {"old": ""}, {"old": f"{PASSWORD}?"}])
def test_without_the_own_password_nothing_is_decided(world, client_as, name, typed):
    begin, address, said = STEPS[name]
    made = begin(world)
    browser = client_as("leadership")
    before = everything()
    answer = browser.post(address.format(made), data=said | typed)
    assert answer.status_code == 422
    # A semester that runs has no form to be closed by; its page says nothing of passwords.
    assert "密码" in answer.text or "semester" in name
    assert everything() == before


# Where each step is taken.
PAGES = {
    "approve a full edition": "/bundles/",
    "approve a request": "/sealed-office/",
    "verify a correction": "/inspection/corrections/",
    "confirm a leader": "/leaders",
    "close a semester": "/semesters/{}",
    "sign the statistics": "/documents/{}",
}


@pytest.mark.parametrize("name", PAGES)
def test_every_page_that_asks_the_password_shows_what_was_done_to_leaders_accounts(
    world, client_as, clock, name
):
    begin, _address, _said = STEPS[name]
    if name == "close a semester":
        clock.moment = NOON.replace(year=2026, month=3)
    made = begin(world)
    other = make_leader(world) if name != "confirm a leader" else made
    leaders.confirm(world.leadership, other)
    passwords.reset_password(replace(world.clerk, now=clock.now()), other)
    page = client_as("leadership").get(PAGES[name].format(made)).text
    assert 'name="old"' in page
    assert "重设了密码：李副校长" in page
