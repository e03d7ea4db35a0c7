"""Who is in, until when exactly: sessions, accounts, passwords and reveals at their edges."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from models.core import service
from models.core.actor import Actor
from models.core.audit import AccessLog
from models.core.boxes import ROLES
from models.core.errors import Denied, Invalid, NotFound, TooOften
from models.core.fields import Secrecy
from models.core.gates import every_row
from models.core.register import REGISTERS, find
from models.core.tries import Attempt, seconds_to_wait, take_try
from models.kept.users import User, is_active
from models.school import accounts, passwords, reveals
from models.school.accounts import Session
from models.sealed import decisions
from tests import costs, matrix
from tests.test_masked_everywhere import records_of, school
from tests.world import NOON, PASSWORD

__all__ = ["school"]

USERS = find("user")
SECOND = timedelta(seconds=1)
OFFICE_ROLES, PHONE_ROLES = ("clerk", "leadership", "inspector"), ("alice", "counsellor")


def user_of(world, name):
    return every_row(USERS).where(User.id == world.actors[name].user_id).get()


def stored_session(token):
    return Session.get(Session.token == accounts._hashed(token))


def still_in(token, moment):
    return accounts.session_of(token, moment) is not None


# ---- sessions -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OFFICE_ROLES)
def test_an_office_session_lives_thirty_minutes_from_its_last_use_to_the_second(world, name):
    half_hour = timedelta(minutes=30)
    assert half_hour == accounts.OFFICE_IDLE
    token = accounts.open_session(world.actors[name].user_id, NOON, "127.0.0.1")
    assert not still_in(token, NOON + half_hour + SECOND)
    assert still_in(token, NOON + half_hour)
    # That was a use: another half hour begins.
    assert still_in(token, NOON + 2 * half_hour)
    assert not still_in(token, NOON + 3 * half_hour + SECOND)


@pytest.mark.parametrize("name", PHONE_ROLES)
def test_a_phone_session_lives_thirty_days_from_its_beginning_however_it_is_used(world, name):
    month = timedelta(days=30)
    token = accounts.open_session(world.actors[name].user_id, NOON, "127.0.0.1")
    for days in (1, 12, 29):
        assert still_in(token, NOON + timedelta(days=days))
    assert still_in(token, NOON + month)
    assert not still_in(token, NOON + month + SECOND)


@pytest.mark.parametrize("name", [*OFFICE_ROLES, *PHONE_ROLES])
def test_an_account_is_good_through_its_last_day_and_not_a_second_longer(world, name):
    user = user_of(world, name)
    user = service.update(
        world.actor("clerk", role="system"), USERS, user.id, {"expires_on": "2025-11-12"}, 1
    )
    late = NOON.replace(hour=23, minute=59, second=59)
    token = accounts.open_session(user.id, late, "127.0.0.1")
    assert is_active(user, late.date())
    assert still_in(token, late)
    assert not still_in(token, late + SECOND)
    with pytest.raises(Denied, match="已到期"):
        accounts.sign_in(name, PASSWORD, late + SECOND, "10.0.0.5")
    assert accounts.sign_in(name, PASSWORD, late, "10.0.0.6").user.id == user.id


def test_a_known_place_is_one_the_account_itself_came_in_from(world):
    accounts.open_session(world.user_alice, NOON, "10.0.0.9")
    alice, bob = world.user_alice, world.user_bob
    assert accounts.known_place(alice, "10.0.0.9") == "10.0.0.9"
    assert accounts.known_place(alice, "10.0.0.8") == accounts.known_place(bob, "10.0.0.9") == ""


def test_a_use_is_noted_at_most_once_a_minute(world):
    token = accounts.open_session(world.clerk.user_id, NOON, "127.0.0.1")
    still_in(token, NOON + 59 * SECOND)
    assert stored_session(token).seen_at == NOON
    still_in(token, NOON + 60 * SECOND)
    assert stored_session(token).seen_at == NOON + 60 * SECOND


def test_ending_sessions_ends_those_of_one_person_and_leaves_the_one_named(world):
    mine = [accounts.open_session(world.clerk.user_id, NOON, "127.0.0.1") for _time in range(3)]
    other = accounts.open_session(world.bob.user_id, NOON, "127.0.0.1")
    kept = stored_session(mine[1]).id
    assert accounts.end_all_sessions(world.clerk.user_id, NOON, but=kept) == 2
    assert [still_in(one, NOON) for one in (*mine, other)] == [False, True, False, True]
    assert [one.id for one in accounts.sessions_of(world.clerk.user_id, NOON)] == [kept]
    accounts.end_session(mine[1], NOON)
    assert [still_in(one, NOON) for one in (*mine, other)] == [False, False, False, True]
    assert accounts.end_all_sessions(world.clerk.user_id, NOON) == 0


def test_of_several_sessions_still_signed_in_only_the_living_are_named(world):
    tokens = {
        name: accounts.open_session(world.actors[name].user_id, NOON, "127.0.0.1")
        for name in ("clerk", "alice", "bob", "counsellor")
    }
    ids = {name: stored_session(token).id for name, token in tokens.items()}
    accounts.end_session(tokens["bob"], NOON)
    user = user_of(world, "alice")
    service.update(world.clerk, USERS, user.id, {"disabled": True}, user.version)
    found = accounts.still_signed_in(list(ids.values()), NOON + timedelta(hours=1))
    assert {number: one.username for number, one in found.items()} == {
        ids["counsellor"]: "counsellor"
    }


def test_what_is_long_over_is_cleared_away_and_nothing_else(world):
    token = accounts.open_session(world.alice.user_id, NOON, "127.0.0.1")
    ended = accounts.open_session(world.bob.user_id, NOON, "127.0.0.1")
    accounts.end_session(ended, NOON)
    for time in range(5):
        take_try("alice", "10.0.0.5", NOON + time * 3 * SECOND)
    take_try("bob", "10.0.0.5", NOON)
    # A count without a wait is forgotten at the next clearing, one with a wait a day after it.
    assert accounts.forget_old(NOON + timedelta(days=1)) == 1
    assert accounts.forget_old(NOON + timedelta(days=1, seconds=17)) == 1
    assert Attempt.select().count() == 0
    assert accounts.forget_old(NOON + timedelta(days=30)) == 0
    assert accounts.forget_old(NOON + timedelta(days=30, seconds=1)) == 1
    assert stored_session(token)
    assert accounts.forget_old(NOON + timedelta(days=60)) == 0
    assert accounts.forget_old(NOON + timedelta(days=60, seconds=1)) == 1


# ---- coming in ----------------------------------------------------------------------------------


def test_a_wait_belongs_to_one_account_at_one_address_and_ends_with_success(world):
    for address in ("10.0.0.5", "10.0.0.6"):
        accounts.open_session(world.clerk.user_id, NOON, address)
    for _time in range(4):
        take_try("clerk", "10.0.0.5", NOON)
    take_try("bob", "", NOON)
    assert seconds_to_wait("clerk", "10.0.0.5", NOON) == 2
    assert seconds_to_wait("clerk", "10.0.0.6", NOON) == 0
    assert seconds_to_wait("bob", "", NOON) == 0
    with pytest.raises(TooOften):
        accounts.sign_in("clerk", PASSWORD, NOON + SECOND, "10.0.0.5")
    assert accounts.sign_in("clerk", PASSWORD, NOON, "10.0.0.6")
    with pytest.raises(TooOften):
        accounts.sign_in(" clerk ", PASSWORD, NOON + SECOND, "10.0.0.5")
    assert accounts.sign_in("clerk", PASSWORD, NOON + 2 * SECOND, "10.0.0.5")
    # The other one's count stays, and this one begins anew.
    assert [one.username for one in Attempt.select()] == ["bob"]
    take_try("clerk", "10.0.0.5", NOON)
    assert seconds_to_wait("clerk", "10.0.0.5", NOON) == 0


def test_an_unknown_account_costs_the_same_hash_and_says_the_same(world, monkeypatch):
    asked = []
    real = accounts.check_password_hash
    monkeypatch.setattr(accounts, "check_password_hash", lambda s, t: asked.append(s) or real(s, t))
    user = user_of(world, "bob")
    service.update(world.clerk, USERS, user.id, {"disabled": True}, user.version)
    told = set()
    for name in ("nobody-at-all", "clerk", "bob"):
        with pytest.raises(Denied) as met:
            accounts.sign_in(name, "wrong-one", NOON, "10.0.0.5")
        told.add(str(met.value))
    assert len(told) == 1
    assert len(asked) == 3
    assert all(stored.startswith("scrypt:") for stored in asked)
    assert len({stored.split("$")[0] for stored in asked}) == 1


def test_a_refused_account_counts_no_failure_and_opens_no_session(world):
    user = user_of(world, "bob")
    service.update(world.clerk, USERS, user.id, {"disabled": True}, user.version)
    with pytest.raises(Denied, match="已停用"):
        accounts.sign_in("bob", PASSWORD, NOON, "10.0.0.5")
    assert Session.select().count() == Attempt.select().count() == 0


@pytest.mark.parametrize(
    "password",
    ["", "a1b2c3d", "12345678", "88888888", "password", "aaaaaaaaaa", "wangaili8", "        "],
)
def test_a_password_that_is_short_common_or_the_name_is_refused(password):
    with pytest.raises(Invalid):
        accounts.check_password_rules(password, "wangaili8")


def test_a_password_of_eight_letters_will_do_and_is_kept_as_a_salted_hash(monkeypatch):
    monkeypatch.setattr(accounts, "HASH_COST", costs.PASSWORD)
    accounts.check_password_rules("a1b2c3d4", "wangaili8")
    first, second = accounts.hash_password("a1b2c3d4"), accounts.hash_password("a1b2c3d4")
    assert first != second
    assert first.startswith("scrypt:32768:8:1$")
    assert "a1b2c3d4" not in first


# ---- given passwords ----------------------------------------------------------------------------


def test_a_given_password_is_long_random_and_easily_read_out():
    given = {passwords.given_password() for _time in range(50)}
    assert len(given) == 50
    assert {len(one) for one in given} == {10}
    assert not set("".join(given)) & set("il1o0IO")


def test_a_given_password_must_be_changed_and_a_chosen_one_must_not(world):
    user, given = passwords.reset_password(world.clerk, world.bob.user_id)
    assert user_of(world, "bob").must_change
    token = accounts.sign_in("bob", given, NOON, "10.0.0.5").token
    other = accounts.sign_in("bob", given, NOON, "10.0.0.6").token
    mine = stored_session(token).id
    passwords.set_own_password(world.bob, user, "ein-neues-wort", mine)
    assert not user_of(world, "bob").must_change
    assert [still_in(one, NOON) for one in (token, other)] == [True, False]
    with pytest.raises(Denied):
        accounts.sign_in("bob", given, NOON, "10.0.0.5")
    with pytest.raises(Invalid):
        passwords.set_own_password(world.bob, user, "kurz", mine)
    passwords.reset_password(world.clerk, world.bob.user_id)
    assert user_of(world, "bob").must_change
    assert not still_in(token, NOON)


@pytest.mark.parametrize("name", ["leadership", "alice", "counsellor", "inspector"])
def test_nobody_but_the_clerk_makes_resets_shuts_or_even_finds_an_account(world, name):
    actor = world.actors[name]
    for step in (
        lambda: passwords.create_account(actor, {"username": "neu", "name": "吴新"}),
        lambda: passwords.reset_password(actor, world.bob.user_id),
        lambda: passwords.set_disabled(actor, world.bob.user_id, True),
        lambda: passwords.account(actor, actor.user_id),
    ):
        with pytest.raises(Denied):
            step()
    for wrong in ("0", "abc", 99999, None):
        with pytest.raises(NotFound):
            passwords.account(world.clerk, wrong)


def test_a_deleted_clerk_does_not_open_the_set_up_again(world):
    assert accounts.is_set_up()
    system = replace(world.clerk, role="system")
    with service.work(system) as current:
        service.mark_deleted(current, USERS, user_of(world, "clerk"))
    assert accounts.find_user("clerk") is None
    assert accounts.first_clerk() is None
    assert accounts.is_set_up()


def test_a_leader_whom_the_clerk_made_approves_nothing_the_clerk_asked(world):
    user, _given = passwords.create_account(
        world.clerk, {"username": "made", "name": "新领导", "role": ROLES["leadership"]}
    )
    made = Actor(role="leadership", now=NOON, user_id=user.id, name=user.name)
    request = decisions.ask_role(world.clerk, world.alice.user_id)
    with pytest.raises(Denied):
        decisions.approve(made, request.id)


# ---- reveals ------------------------------------------------------------------------------------


def looks():
    query = AccessLog.select().where(AccessLog.action == "reveal").order_by(AccessLog.id)
    return [(one.who, one.register, one.record_id, one.detail) for one in query]


def test_every_identity_number_is_revealed_to_the_office_alone_with_a_reason_and_logged(school):
    """Every register, field and person: value, refusal and what the log says."""
    tried = 0
    for slug, register in REGISTERS.items():
        for spec in register.fields.values():
            if spec.secret is not Secrecy.IDENTITY:
                continue
            for number, record in records_of(school, slug).items():
                value = record.__data__[spec.name]
                tried += bool(value)
                for person in matrix.PEOPLE[:-1]:
                    actor, before = school.world.actors[person], looks()
                    if person not in matrix.OFFICE:
                        with pytest.raises(Denied):
                            reveals.reveal(actor, slug, number, spec.name, "核对")
                        with pytest.raises(Denied):
                            reveals.label_of_masked(actor, slug, number, spec.name)
                        assert looks() == before
                        continue
                    with pytest.raises(Invalid):
                        reveals.reveal(actor, slug, number, spec.name, " 看 ")
                    assert looks() == before
                    said = reveals.reveal(actor, slug, number, spec.name, " 核对学籍 ")
                    assert said == (spec.label, value), (slug, spec.name)
                    (look,) = looks()[len(before) :]
                    assert look == (actor.name, slug, number, f"{spec.label}：核对学籍")
    assert tried >= 8


def test_what_is_not_masked_or_not_there_is_not_revealed(school):
    """Every other field of every register, for both who may reveal: nothing to reveal there."""
    tried = 0
    for slug, register in REGISTERS.items():
        numbers = [*records_of(school, slug)][:1]
        for spec in register.fields.values():
            if spec.secret is Secrecy.IDENTITY or not numbers:
                continue
            tried += 1
            for person in matrix.OFFICE:
                with pytest.raises(NotFound):
                    reveals.reveal(school.world.actors[person], slug, numbers[0], spec.name, "核对")
    assert tried > 500
    assert looks() == []
    binned = school.ids["child", "alice"] + 100_000
    for number in (binned, "1; drop", "", -1, 2**63):
        with pytest.raises(NotFound):
            reveals.reveal(school.world.clerk, "child", number, "id_number", "核对")


def test_a_record_in_the_bin_is_not_revealed_and_a_long_reason_is_cut(world):
    raw = {"name": "田禾", "sex": "男", "born_on": "2012-12-12", "identified_on": "2025-09-05"}
    raw["no_id_reason"] = "户口正在办理"
    child = service.create(world.clerk, find("child"), raw | {"id_number": ""})
    assert reveals.reveal(world.clerk, "child", child.id, "id_number", "核对" * 200)[1] == ""
    assert len(looks()[0][3]) <= 220
    service.delete(world.clerk, find("child"), child.id)
    with pytest.raises(NotFound):
        reveals.reveal(world.clerk, "child", child.id, "id_number", "核对")
    assert len(looks()) == 1
