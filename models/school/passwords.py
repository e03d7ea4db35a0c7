"""Giving out accounts and passwords: what the clerk does, and what each person does for oneself."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from werkzeug.security import check_password_hash

from models.core import service
from models.core.actor import Actor
from models.core.errors import Denied, Invalid, NotFound, TooOften
from models.core.gates import every_row, row
from models.core.register import register_of
from models.core.rights import may
from models.core.tries import passed, take_try
from models.kept.users import User
from models.school.accounts import (
    check_password_rules,
    end_all_sessions,
    hash_password,
)

# No look-alikes: a given password is read out or copied from paper.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
GIVEN_LENGTH = 10


def given_password() -> str:
    """Return a random first password."""
    return "".join(secrets.choice(LETTERS) for _ in range(GIVEN_LENGTH))


def first_secret() -> tuple[str, dict[str, Any]]:
    """Return a first password, and what a new account keeps of it."""
    password = given_password()
    return password, {
        "password_hash": hash_password(password),
        "must_change": True,
        "confirmed_at": None,
        "confirmed_by": None,
    }


def confirm_password(user: Any, password: str, now: datetime) -> None:
    """Check the password of somebody signed in, before a step that needs it again.

    Raises Invalid at the field "old". Wrong ones are counted apart from those at the door, or a
    stranger could keep somebody who is inside from signing.
    """
    name = f" inside {user.username}"
    try:
        take_try(name, "", now)
    except TooOften as error:
        raise Invalid({"old": str(error)}) from error
    if not user.password_hash or not check_password_hash(user.password_hash, password):
        raise Invalid({"old": "现在的密码不对，请再输一遍"})
    passed(name, "")


def set_own_password(actor: Actor, user: Any, password: str, session_id: int) -> None:
    """Store the password a person chose and sign the person's other browsers out."""
    check_password_rules(password, user.username)
    _store(actor, user.id, password, given=False)
    end_all_sessions(user.id, actor.now, but=session_id)


def create_account(actor: Actor, raw: Mapping[str, Any]) -> tuple[Any, str]:
    """Make an account with a given password and return both; the password is kept nowhere else.

    Raises Denied without the right, Invalid with a message per field.
    """
    register = register_of(User)
    allowed = may(actor, "create", register)
    if not allowed:
        raise Denied
    password, secret = first_secret()
    return service.create(actor.as_product, register, {**raw, **secret}), password


def reset_password(actor: Actor, user_id: Any) -> tuple[Any, str]:
    """Give somebody a new first password, sign the person out everywhere, and return both."""
    user = account(actor, user_id)
    password = given_password()
    _store(actor, user.id, password, given=True)
    end_all_sessions(user.id, actor.now)
    return user, password


def set_disabled(actor: Actor, user_id: Any, disabled: bool) -> Any:
    """Shut an account or open it again; shutting signs the person out at once."""
    user = account(actor, user_id)
    changed = service.update(
        actor, register_of(User), user.id, {"disabled": disabled}, user.version
    )
    if disabled:
        end_all_sessions(user.id, actor.now)
    return changed


def account(actor: Actor, user_id: Any) -> Any:
    """Return an account the actor may manage; Denied or NotFound otherwise."""
    register = register_of(User)
    if not may(actor, "edit", register):
        raise Denied
    user = row(actor, register, user_id)
    if user is None:
        raise NotFound
    return user


def _store(actor: Actor, user_id: int, password: str, *, given: bool) -> None:
    register = register_of(User)
    values = {"password_hash": hash_password(password), "must_change": given}
    current = every_row(register).where(User.id == user_id).get()
    service.update(actor.as_product, register, user_id, values, current.version)
