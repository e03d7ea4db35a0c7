"""Signing in and out, sessions that end, passwords that must be changed."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pytest

from models.core import service
from models.core.actor import system
from models.core.database import connected, database
from models.core.errors import Denied, TooOften
from models.core.gates import every_row, row
from models.core.register import find
from models.core.tries import FREE, Attempt, seconds_to_wait
from models.school import accounts, browsers, passwords
from models.school.accounts import Session
from tests.conftest import Browser
from tests.world import NOON, PASSWORD

WRONG = "登录名或密码不对"


def sign_in(browser, username="clerk", password=PASSWORD, address="10.0.0.5", **more):
    return browser.post(
        "/sign-in",
        data={"username": username, "password": password},
        environ_base={"REMOTE_ADDR": address},
        **more,
    )


def user_record(world, name):
    return row(system(NOON), find("user"), world.actors[name].user_id)


def change(world, name, **values):
    record = user_record(world, name)
    service.update(system(NOON), find("user"), record.id, values, record.version)


# ---- coming in ---------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/account", "/r/child/", "/r/child/1", "/no-such-page"])
def test_nobody_gets_in_without_signing_in(browser, world, address):
    assert "/sign-in" in browser.get(address).location


def test_a_script_without_a_session_is_told_so_in_json(browser, world):
    answer = browser.get("/account", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert "重新登录" in answer.json["error"]


def test_the_clerk_signs_in_and_out(browser, world):
    assert sign_in(browser).status_code == 303
    assert "陈文员" in browser.get("/account").text
    out = browser.post("/sign-out")
    assert 'name="drafts-clear"' in browser.get(out.location).text
    assert browser.get("/account").status_code == 303


def test_the_sign_out_form_tells_the_browser_to_forget_drafts(client_as):
    assert "data-sign-out" in client_as("clerk").get("/account").text


def test_a_browser_that_timed_out_keeps_its_drafts(browser, world):
    assert "drafts-clear" not in browser.get("/sign-in").text


def test_signing_in_leads_back_to_the_page_that_was_asked_for(browser, world):
    asked = browser.get("/account?x=1").location
    answer = browser.post(asked, data={"username": "clerk", "password": PASSWORD})
    assert answer.location == "/account?x=1"


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "\n/x"],
)
def test_signing_in_never_leads_to_another_host(browser, world, target):
    answer = sign_in(browser, query_string={"next": target})
    assert answer.location == "/"


@pytest.mark.parametrize(
    ("username", "password"), [("clerk", "wrong-one"), ("nobody", PASSWORD), ("", "")]
)
def test_a_wrong_sign_in_does_not_tell_which_part_was_wrong(browser, world, username, password):
    answer = sign_in(browser, username, password)
    assert answer.status_code == 403
    assert WRONG in answer.text
    assert browser.get("/account").status_code == 303


def test_an_account_without_a_password_cannot_be_entered(browser, world):
    raw = {"username": "empty", "name": "空账号", "role": "文员（档案管理员）"}
    service.create(system(NOON), find("user"), raw)
    assert WRONG in sign_in(browser, "empty", "").text


def test_the_cookie_of_before_signing_in_is_not_carried_over(browser, world):
    with browser.session_transaction() as session:
        session["planted"] = "x"
    sign_in(browser)
    with browser.session_transaction() as session:
        assert "planted" not in session


def test_what_the_cookie_carries_is_not_what_the_database_keeps(browser, world):
    sign_in(browser)
    with browser.session_transaction() as session:
        token = session["_user_id"]
    assert Session.select().where(Session.token == token).count() == 0


# ---- the throttle ------------------------------------------------------------------------------


def test_after_three_wrong_tries_one_has_to_wait_longer_and_longer_but_a_minute_at_most(
    browser, world, clock
):
    waits = []
    for _ in range(12):
        sign_in(browser, password="wrong-one")
        wait = seconds_to_wait("clerk", "", clock.now())
        waits.append(wait)
        clock.advance(seconds=wait)
    assert waits == [0, 0, 0, 2, 4, 8, 16, 32, 60, 60, 60, 60]


def test_while_waiting_even_the_right_password_is_refused_then_it_works(browser, world, clock):
    for _ in range(4):
        sign_in(browser, password="wrong-one")
    refused = sign_in(browser)
    assert refused.status_code == 429
    assert "请 2 秒后再试" in refused.text
    clock.advance(seconds=2)
    assert sign_in(browser).status_code == 303
    assert Attempt.select().count() == 0


def test_who_guesses_elsewhere_does_not_shut_out_an_address_that_came_in_before(
    browser, app, world
):
    sign_in(browser)
    browser.post("/sign-out")
    other = Browser(app)
    answers = [sign_in(other, password="wrong-one", address=f"10.0.1.{n}") for n in range(9)]
    # All addresses without a success count together: changing it buys no tries.
    assert [one.status_code for one in answers] == [403] * (FREE + 1) + [429] * 5
    assert sign_in(Browser(app)).status_code == 303


def test_who_guesses_behind_the_same_router_does_not_shut_out_the_own_browser(browser, app, world):
    """A pupil at the principal's own address: counted apart from the browser that came in."""
    sign_in(browser)
    browser.post("/sign-out")
    pupil = Browser(app)
    answers = [sign_in(pupil, password="wrong-one").status_code for _ in range(9)]
    assert answers == [403] * (FREE + 1) + [429] * 5
    assert sign_in(Browser(app)).status_code == 429
    assert sign_in(browser).status_code == 303


def mark_of(browser, world, name="clerk"):
    return browser.get_cookie(f"came-in-{world.actors[name].user_id}", path="/sign-in")


@pytest.mark.parametrize("kind", ["forged", "another's", "before a reset", "own"])
def test_only_the_accounts_own_mark_of_this_password_counts_apart(kind, app, browser, world):
    sign_in(browser, "leadership" if kind == "another's" else "clerk")
    mark = mark_of(browser, world, "leadership" if kind == "another's" else "clerk").value
    if kind == "forged":
        mark = f"another{mark}"
    if kind == "before a reset":
        passwords.reset_password(world.clerk, world.user_clerk)
    name = browsers.cookie_of(world.user_clerk)
    user = accounts.find_user("clerk")
    place = browsers.place_of(user, {name: mark})
    assert bool(place) == (kind == "own")


def test_the_mark_is_hidden_from_scripts_and_renewed_with_the_own_password(browser, world):
    sign_in(browser)
    first = mark_of(browser, world)
    assert first.http_only
    assert first.max_age > 300 * 24 * 3600
    said = {"old": PASSWORD, "password": "新的口令 2025", "again": "新的口令 2025"}
    assert browser.post("/account/password", data=said).status_code == 303
    second = mark_of(browser, world)
    user = accounts.find_user("clerk")
    assert browsers.place_of(user, {browsers.cookie_of(user.id): second.value})
    assert not browsers.place_of(user, {browsers.cookie_of(user.id): first.value})


def test_an_address_that_came_in_before_has_no_more_tries_than_others(browser, world):
    sign_in(browser)
    browser.post("/sign-out")
    answers = [sign_in(browser, password="wrong-one").status_code for _ in range(6)]
    assert answers == [403] * (FREE + 1) + [429] * 2


def test_forty_guesses_at_one_time_pass_no_more_often_than_one_after_the_other(world, clock):
    """Each thread has a connection of its own, as in the server."""
    start, outcomes = threading.Barrier(40), []

    def guess():
        with connected():
            start.wait()
            try:
                accounts.sign_in("clerk", "wrong-one", clock.now(), "10.0.0.5")
            except TooOften:
                outcomes.append("wait")
            except Denied:
                outcomes.append("looked at")

    threads = [threading.Thread(target=guess) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert Counter(outcomes) == {"looked at": FREE + 1, "wait": 40 - FREE - 1}


def test_a_clock_put_back_keeps_nobody_out(browser, world, clock):
    for _ in range(9):
        sign_in(browser, password="wrong-one")
        clock.advance(minutes=1)
    sign_in(browser, password="wrong-one")
    clock.advance(days=-3)
    assert sign_in(browser).status_code == 303


@pytest.mark.parametrize("spelling", [" clerk", "clerk ", "clerk\u3000"])
def test_blanks_around_a_name_do_not_buy_more_tries(browser, world, clock, spelling):
    for _ in range(4):
        sign_in(browser, spelling, "wrong-one")
    assert seconds_to_wait("clerk", "", clock.now()) > 0


def test_invented_names_stop_nobody_at_the_same_address(browser, world, monkeypatch):
    real = accounts.check_password_hash
    monkeypatch.setattr(accounts, "check_password_hash", lambda _stored, _typed: False)
    answers = {sign_in(browser, f"name{n}", "x").status_code for n in range(130)}
    assert answers == {403}
    monkeypatch.setattr(accounts, "check_password_hash", real)
    assert sign_in(browser).status_code == 303


# ---- sessions that end -------------------------------------------------------------------------


def test_an_office_session_ends_after_thirty_idle_minutes(client_as, clock):
    clerk = client_as("clerk")
    clock.advance(minutes=29)
    assert clerk.get("/account").status_code == 200
    clock.advance(minutes=29)
    assert clerk.get("/account").status_code == 200
    clock.advance(minutes=31)
    assert clerk.get("/account").status_code == 303


def test_a_teachers_phone_stays_signed_in_for_thirty_days(client_as, clock):
    alice = client_as("alice")
    clock.advance(days=29, hours=23)
    assert alice.get("/account").status_code == 200
    clock.advance(hours=2)
    assert alice.get("/account").status_code == 303


def test_an_inspectors_access_ends_with_the_day_of_expiry(client_as, world, clock):
    inspector = client_as("inspector")
    assert inspector.get("/account").status_code == 200
    change(world, "inspector", expires_on=clock.today() - timedelta(days=1))
    assert inspector.get("/account").status_code == 303


@pytest.mark.parametrize("name", ["inspector", "alice"])
def test_a_shut_account_is_out_at_once(client_as, world, name):
    browser = client_as(name)
    change(world, name, disabled=True)
    assert browser.get("/account").status_code == 303


def test_a_changed_role_counts_at_once(client_as, world):
    browser = client_as("leadership")
    change(world, "leadership", role="督查人员", expires_on="2026-12-31")
    assert "只读" in browser.get("/account").text


def test_an_expired_account_cannot_sign_in(browser, world):
    change(world, "inspector", expires_on="2025-11-11")
    assert "已到期" in sign_in(browser, "inspector").text


def test_signing_out_everywhere_ends_the_other_browsers_too(client_as):
    office, home = client_as("clerk"), client_as("clerk")
    assert office.post("/account/sign-out-everywhere").status_code == 303
    assert home.get("/account").status_code == 303


def test_a_stolen_cookie_is_worth_nothing_after_signing_out(client_as, app):
    clerk = client_as("clerk")
    with clerk.session_transaction() as session:
        stolen = dict(session)
    clerk.post("/sign-out")
    thief = Browser(app)
    with thief.session_transaction() as session:
        session.update(stolen)
    assert thief.get("/account").status_code == 303


def test_a_post_after_the_session_ended_is_not_lost_silently(client_as, clock):
    clerk = client_as("clerk")
    clock.advance(hours=1)
    answer = clerk.post("/account/password", data={})
    assert "还没有保存" in clerk.get(answer.location).text


def test_knowing_who_asks_costs_one_query(client_as, clock):
    clerk = client_as("clerk")
    clerk.get("/account")
    before = database.obj.query_count
    clerk.get("/sign-in")
    assert database.obj.query_count - before == 1


# ---- passwords ---------------------------------------------------------------------------------


@pytest.fixture
def newcomer(browser, world):
    """A browser signed in with a password the clerk gave."""
    _user, given = passwords.reset_password(world.clerk, world.actors["bob"].user_id)
    sign_in(browser, "bob", given)
    browser.given = given
    return browser


def new_password(browser, old, password, again=None):
    data = {"old": old, "password": password, "again": again or password}
    return browser.post("/account/password", data=data)


@pytest.mark.parametrize("address", ["/", "/account", "/r/child/"])
def test_a_given_password_opens_nothing_but_the_page_to_change_it(newcomer, address):
    assert newcomer.get(address).location == "/account/password"


def test_after_changing_the_given_password_the_way_is_free(newcomer):
    assert new_password(newcomer, newcomer.given, "water-and-tea").location == "/"
    assert newcomer.get("/account").status_code == 200


def test_one_may_sign_out_instead_of_changing_the_given_password(newcomer):
    assert newcomer.post("/sign-out").status_code == 303


@pytest.mark.parametrize(
    ("password", "again", "told"),
    [
        ("short", None, "至少 8 位"),
        ("88888888", None, "太容易猜到"),
        ("aaaaaaaaaa", None, "太容易猜到"),
        ("water-and-tea", "water-and-te", "不一样"),
        (PASSWORD, None, "不能和现在的一样"),
    ],
)
def test_a_poor_new_password_is_refused(client_as, password, again, told):
    answer = new_password(client_as("clerk"), PASSWORD, password, again)
    assert answer.status_code == 422
    assert told in answer.text


def test_changing_the_password_asks_for_the_old_one(client_as):
    clerk = client_as("clerk")
    assert "现在的密码不对" in new_password(clerk, "not-this-one", "water-and-tea").text


def test_the_old_password_cannot_be_guessed_from_inside_either(client_as, clock):
    clerk = client_as("clerk")
    for _ in range(5):
        answer = new_password(clerk, "not-this-one", "water-and-tea")
    assert "秒后再试" in answer.text


def test_a_new_password_signs_the_persons_other_browsers_out(client_as):
    here, elsewhere = client_as("clerk"), client_as("clerk")
    assert new_password(here, PASSWORD, "water-and-tea").status_code == 303
    assert here.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 303


def test_neither_password_nor_hash_is_ever_written_to_the_record_of_changes(client_as, world):
    from models.core.audit import AuditEntry

    new_password(client_as("clerk"), PASSWORD, "water-and-tea")
    stored = every_row(find("user")).where(find("user").model.username == "clerk").get()
    payloads = [entry.payload for entry in AuditEntry.select()]
    assert not any(stored.password_hash in p or "water-and-tea" in p for p in payloads)
    assert AuditEntry.select().order_by(AuditEntry.id.desc()).get().who == "陈文员"
