"""One person in several roles: each an account of its own, entered by its own password."""

from __future__ import annotations

import re

import pytest

from models.core import audit, service
from models.core.actor import system
from models.core.audit import AuditEntry
from models.core.boxes import CLERK, LEADERSHIP, ROLES, TEACHER
from models.core.database import database
from models.core.gates import every_row, row
from models.core.register import find
from models.school import accounts, passwords
from models.school.accounts import Session
from tests.conftest import signed_in
from tests.test_boards import talk, text_of
from tests.world import NOON, PASSWORD

OTHER = "pingan-2025"


@pytest.fixture
def as_clerk(world):
    """Alice, a class teacher, is clerk as well, by an account of her own."""
    raw = {
        "username": "alice-clerk",
        "name": "王爱丽",
        "role": ROLES[CLERK],
        "staff": world.staff_alice,
        "password_hash": accounts.hash_password(OTHER),
        "must_change": "0",
    }
    return service.create(system(NOON), find("user"), raw)


def switch(client, account, password=OTHER):
    return client.post("/account/hat", data={"account": account, "password": password})


def test_a_person_goes_on_in_the_other_role_and_the_first_session_ends(client_as, world, as_clerk):
    alice = client_as("alice")
    page = text_of(alice.get("/account"))
    assert f"换成{ROLES[CLERK]}" in page
    assert alice.get("/accounts").status_code == 403
    assert switch(alice, as_clerk.id).status_code == 303
    assert alice.get("/accounts").status_code == 200
    left = Session.select().where(Session.user_id == world.alice.user_id)
    assert [one.ended_at is not None for one in left] == [True]
    # And back, with the password of that account.
    assert switch(alice, world.alice.user_id, OTHER).status_code == 403
    assert switch(alice, world.alice.user_id, PASSWORD).status_code == 303
    assert alice.get("/accounts").status_code == 403


def test_every_page_says_in_which_role_one_is(client_as, world, as_clerk):
    alice = client_as("alice")
    menu = re.compile(r'<summary aria-label="王爱丽 (\S+)，账号">')
    assert menu.search(alice.get("/r/talk/").text)[1] == "教师"
    switch(alice, as_clerk.id)
    page = alice.get("/r/talk/").text
    assert menu.search(page)[1] == "文员"
    assert 'href="/account#hat"' in page


def test_rights_never_add_up(client_as, app, clock, world, as_clerk):
    """In each role exactly what such an account reads, whatever the person may elsewhere."""
    alice = client_as("alice")
    address = f"/r/child/{world.child_b}"
    assert alice.get(address).status_code == 404
    switch(alice, as_clerk.id)
    assert alice.get(address).status_code == 200
    switch(alice, world.alice.user_id, PASSWORD)
    assert alice.get(address).status_code == 404
    assert alice.get("/inbox").status_code == 403


@pytest.mark.parametrize("account", ["bob", "nobody", "own", "", "9" * 30])
def test_nobody_takes_another_persons_hat(client_as, world, as_clerk, account):
    alice = client_as("alice")
    number = {"bob": world.bob.user_id, "nobody": 99999, "own": world.alice.user_id}
    assert switch(alice, number.get(account, account), PASSWORD).status_code == 404
    assert switch(client_as("bob"), as_clerk.id).status_code == 404
    assert switch(client_as("inspector"), as_clerk.id).status_code == 404


@pytest.mark.parametrize("ended", [{"disabled": "1"}, {"expires_on": "2025-11-11"}])
def test_an_account_that_ended_is_no_hat_any_more(client_as, as_clerk, ended):
    kept = row(system(NOON), find("user"), as_clerk.id)
    service.update(system(NOON), find("user"), as_clerk.id, ended, kept.version)
    alice = client_as("alice")
    assert "换成" not in text_of(alice.get("/account"))
    assert switch(alice, as_clerk.id).status_code == 404


def test_guessing_the_other_roles_password_is_slowed_down(client_as, as_clerk):
    alice = client_as("alice")
    answers = [switch(alice, as_clerk.id, f"wrong-{n}").status_code for n in range(12)]
    assert answers[0] == 403
    assert answers[-1] == 429


def test_a_leader_nobody_confirmed_decides_nothing_in_that_hat_either(client_as, world):
    raw = {"username": "alice-lead", "name": "王爱丽", "role": ROLES[LEADERSHIP]}
    made, given = passwords.create_account(world.clerk, raw | {"staff": world.staff_alice})
    alice = client_as("alice")
    assert switch(alice, made.id, given).status_code == 303
    assert alice.get("/inbox").status_code == 303
    assert "/inbox" not in alice.get("/inbox").location


def enter(client, world, day):
    data = {"child": world.child_a, "teacher": world.staff_alice, "talked_at": f"{day}T12:00"}
    more = {"topic": "近况", "content": "学习", "categories": "学习", "late_reason": "补登"}
    answer = client.post("/r/talk/new", data=data | more)
    assert answer.status_code in (302, 303), answer.text
    return int(re.search(r"/r/talk/(\d+)", answer.location)[1])


def test_each_act_is_recorded_with_its_hat(client_as, world, as_clerk):
    alice = client_as("alice")
    taught = enter(alice, world, "2025-11-10")
    switch(alice, as_clerk.id)
    kept = enter(alice, world, "2025-11-11")
    hats = [audit.entries_of("talk", one)[0].hat for one in (taught, kept)]
    assert hats == [TEACHER, CLERK]
    assert "王爱丽（教师）" in text_of(alice.get(f"/r/talk/{taught}/history"))
    assert "王爱丽（文员）" in text_of(alice.get(f"/r/talk/{kept}/history"))


def test_what_the_product_does_for_a_person_bears_the_persons_hat(world):
    assert world.clerk.as_product.hat == CLERK
    assert world.clerk.as_product.as_product.hat == CLERK
    assert system(NOON).hat == "system"


def test_a_noted_hat_can_neither_be_changed_nor_taken_away(world):
    talk(world, world.child_a, world.staff_alice)
    newest = AuditEntry.select().order_by(AuditEntry.id.desc()).get()
    for other in (CLERK, None, ""):
        with database.atomic() as taken_back:
            changed = AuditEntry.update(hat=other).where(AuditEntry.id == newest.id)
            changed.execute()
            assert audit.verify().broken_at == newest.id, other
            taken_back.rollback()
    assert audit.verify().intact


def test_a_link_from_before_hats_were_noted_still_holds(world):
    """What an earlier version wrote has no hat, and its hash covers none."""
    newest = AuditEntry.select().order_by(AuditEntry.id.desc()).get()
    data = {name: getattr(newest, name) for name in AuditEntry._meta.fields}
    before = audit._link(newest.previous, data | {"hat": None})
    assert before != newest.hash
    AuditEntry.update(hat=None, hash=before).where(AuditEntry.id == newest.id).execute()
    report = audit.verify()
    assert report.broken_at in (None, newest.id + 1)


def test_accounts_without_a_member_of_staff_are_nobodys_hats(world):
    users = list(every_row(find("user")))
    for user in users:
        if user.staff_id is None:
            assert accounts.hats(user, NOON.date()) == []


def test_the_page_of_the_account_does_not_grow_with_the_school(app, world, clock, as_clerk):
    client = signed_in(app, world.alice, clock)
    client.get("/account")
    before = database.obj.query_count
    client.get("/account")
    assert database.obj.query_count - before <= 5
