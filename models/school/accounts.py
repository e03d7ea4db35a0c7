"""Who may come in: user accounts, passwords, server-side sessions.

Sessions are rows, so that signing out everywhere and an inspector's expiry take effect at once.
Tokens and passwords are stored as hashes only.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any

from peewee import (
    AutoField,
    CharField,
    DateTimeField,
    IntegerField,
    TextField,
    fn,
)
from werkzeug.security import check_password_hash, generate_password_hash

from models.core import calendar
from models.core.actor import SYSTEM, Actor
from models.core.boxes import CLERK, INSPECTOR, ROLES, TEACHING
from models.core.database import Base, database
from models.core.errors import Denied, Invalid, NotNow
from models.core.gates import every_row, rows
from models.core.register import register_of
from models.core.tries import forget_tries, passed, take_try
from models.kept.users import User, is_active
from models.school import browsers

PHONE_SESSION = timedelta(days=30)
OFFICE_IDLE = timedelta(minutes=30)
# An ended session is kept this long, so that one can see where one was signed in.
KEPT_AFTER = timedelta(days=30)
PASSWORD_MIN = 8
# How much work a guess costs, as the hash itself names it: about a tenth of a second.
HASH_COST = "scrypt:32768:8:1"
# The most common given passwords; a longer list would not stop more people here.
_WEAK = frozenset({"12345678", "123456789", "88888888", "password", "11111111", "00000000"})


class Session(Base):
    """One signed-in browser; `token` is a hash of what the cookie carries."""

    id = AutoField()
    token = CharField(unique=True)
    user_id = IntegerField(index=True)
    created_at = DateTimeField()
    seen_at = DateTimeField()
    origin = CharField(default="")
    browser = CharField(default="")
    ended_at = DateTimeField(null=True)

    class Meta:
        table_name = "session"


class Unmask(Base):
    """A drawn child the clerk has unmasked for one inspector until a moment."""

    id = AutoField()
    child_id = IntegerField()
    inspector_id = IntegerField(index=True)
    until = DateTimeField()
    granted_by = IntegerField()
    reason = TextField(default="")

    class Meta:
        table_name = "unmask"


def check_password_rules(password: str, username: str = "") -> None:
    """Raise Invalid when a new password is too weak."""
    if len(password) < PASSWORD_MIN:
        raise Invalid({"password": f"密码至少 {PASSWORD_MIN} 位"})
    if password in _WEAK or password == username or re.fullmatch(r"(.)\1+", password):
        raise Invalid({"password": "这个密码太容易猜到，请换一个"})


def hash_password(password: str) -> str:
    """Return the salted scrypt hash of a password."""
    return generate_password_hash(password, HASH_COST)


def find_user(username: str) -> Any | None:
    """Return the living account called `username`, else None."""
    return every_row(register_of(User)).where(User.username == username.strip()).first()


@dataclass(frozen=True)
class SignIn:
    """A successful sign-in: the user and the token for the cookie."""

    user: Any
    token: str


def sign_in(
    username: str,
    password: str,
    now: datetime,
    origin: str,
    browser: str = "",
    cookies: Mapping[str, str] = MappingProxyType({}),
) -> SignIn:
    """Check a password and open a session; TooOften or Denied with a sentence otherwise.

    There is no limit per address: a whole school sits behind one router. `cookies` are the
    browser's; one of them may tell that the account came in from it before.

    The answer does not tell whether the account exists.
    """
    # Trimmed once: "alice " must not count as another account than "alice".
    username = username.strip()[:40]
    user = find_user(username)
    marked = browsers.place_of(user, cookies) if user is not None else ""
    place = marked or known_place(user.id if user is not None else 0, origin)
    take_try(username, place, now)
    # The hash is computed either way, so that timing does not tell which accounts exist.
    stored = user.password_hash if user is not None else ""
    right = check_password_hash(stored or _DUMMY_HASH, password)
    if user is None or not user.password_hash or not right:
        raise Denied("登录名或密码不对，请再试一次；忘记密码请找文员重设")
    if not is_active(user, now.date()):
        passed(username, place)
        raise Denied("这个账号已停用或已到期，请联系文员")
    passed(username, place)
    return SignIn(user, open_session(user.id, now, origin, browser))


def hats(user: Any, today: date) -> list[Any]:
    """Return the other living accounts of the same member of staff that may be used today.

    Each role of a person is an account of its own, with its own password and rights; whoever works
    in a small school as clerk, leader and class teacher goes from one to the other.
    """
    if user.staff_id is None:
        return []
    query = every_row(register_of(User)).where(User.staff == user.staff_id, User.id != user.id)
    return [row for row in query.order_by(User.id) if is_active(row, today)]


def known_place(user_id: int, origin: str) -> str:
    """Return the address if the account came in from it before, else "" for all other addresses.

    Where somebody has signed in before is counted apart, so that nobody who guesses elsewhere can
    keep that person out.
    """
    came = Session.select().where(Session.user_id == user_id, Session.origin == origin)
    return origin if came.exists() else ""


_DUMMY_HASH = hash_password("no account has this password")


def open_session(user_id: int, now: datetime, origin: str, browser: str = "") -> str:
    """Open a session and return the token its cookie carries."""
    token = secrets.token_urlsafe(32)
    Session.create(
        token=_hashed(token),
        user_id=user_id,
        created_at=now,
        seen_at=now,
        origin=origin,
        browser=browser[:120],
    )
    return token


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True)
class Presence:
    """A living session: its row's id, its user, and whether a child is unmasked for the user."""

    session_id: int
    user: Any
    has_unmasked: bool


def session_of(token: str, now: datetime) -> Presence | None:
    """Return who a living session belongs to, else None, and note that it was used.

    Session, user and the calendar's stamp are one query, because every page asks it. Teachers
    stay signed in for 30 days; office roles until 30 idle minutes have passed.
    """
    found = _signed_in(_hashed(token), now)
    if found is None:
        return None
    user, session, stamp, has_unmasked = found
    calendar.notice(stamp)
    if not is_active(user, now.date()) or _stale(session, user, now):
        return None
    # One write a minute is enough to measure idleness.
    if now - session.seen_at >= timedelta(minutes=1):
        with suppress(NotNow):  # The next page notes it; who only looks is not turned away.
            Session.update(seen_at=now).where(Session.id == session.id).execute()
    return Presence(session.id, user, has_unmasked)


# What stands in the query for the moment and the token until they are known.
_NOW, _TOKEN = datetime(1, 1, 1), "token"


def _signed_in(hashed: str, now: datetime) -> tuple[Any, Any, int | None, bool] | None:
    """Return (user, session, the calendar's stamp, is a child unmasked) of a living session."""
    sql, params, columns = _signed_in_query(type(database.obj).__name__)
    asked = {_NOW: now, _TOKEN: hashed}
    row = database.execute_sql(sql, [asked.get(one, one) for one in params]).fetchone()
    if row is None:
        return None
    values: dict[Any, dict[str, Any]] = {User: {}, Session: {}}
    for column, value in zip(columns, row, strict=False):
        values[column.model][column.name] = column.python_value(value)
    return User(**values[User]), Session(**values[Session]), row[-2], bool(row[-1])


@cache
def _signed_in_query(_kind: str) -> tuple[str, list[Any], list[Any]]:
    """Return the query of `_signed_in` as the database's SQL, its values, and its columns.

    Every page asks it, and putting it together takes longer than asking it: it is done once for
    each kind of database, and the moment and the token are put in their places afterwards.
    """
    unmasked = Unmask.select(fn.COUNT(Unmask.id)).where(
        Unmask.inspector_id == User.id, Unmask.until > _NOW
    )
    columns = [*User._meta.sorted_fields, *Session._meta.sorted_fields]
    query = (
        every_row(register_of(User))
        .select(*columns, calendar.stamp(), unmasked)
        .join(Session, on=(Session.user_id == User.id))
        .where(Session.token == _TOKEN, Session.ended_at.is_null(True))
    )
    sql, params = query.sql()
    return sql, list(params), columns


def still_signed_in(session_ids: Collection[int], now: datetime) -> dict[int, Any]:
    """Return {session id: user} of those of the sessions that still let their users in at `now`."""
    query = (
        every_row(register_of(User))
        .select(User, Session)
        .join(Session, on=(Session.user_id == User.id), attr="session")
        .where(Session.id.in_(list(session_ids)), Session.ended_at.is_null(True))
    )
    return {
        user.session.id: user
        for user in query
        if is_active(user, now.date()) and not _stale(user.session, user, now)
    }


def _stale(session: Any, user: Any, now: datetime) -> bool:
    if user.role_code in TEACHING:
        return bool(now - session.created_at > PHONE_SESSION)
    return bool(now - session.seen_at > OFFICE_IDLE)


def end_session(token: str, now: datetime) -> None:
    """Sign one browser out."""
    Session.update(ended_at=now).where(Session.token == _hashed(token)).execute()


def end_all_sessions(user_id: int, now: datetime, but: int = 0) -> int:
    """Sign the user out everywhere, `but` in one session, and return how many sessions ended."""
    living = Session.update(ended_at=now).where(
        Session.user_id == user_id, Session.ended_at.is_null(True), Session.id != but
    )
    return int(living.execute())


def sessions_of(user_id: int, now: datetime) -> list[Any]:
    """Return the user's living sessions, the one used last first."""
    query = Session.select().where(Session.user_id == user_id, Session.ended_at.is_null(True))
    return list(query.where(Session.seen_at >= now - PHONE_SESSION).order_by(-Session.seen_at))


def forget_old(now: datetime) -> int:
    """Clear away sessions that are long over and failed sign-ins of other days; return how many.

    Who came in and when stays in the access log.
    """
    over = (Session.ended_at < now - KEPT_AFTER) | (
        Session.seen_at < now - PHONE_SESSION - KEPT_AFTER
    )
    return int(Session.delete().where(over).execute()) + forget_tries(now)


def unmasked_children(user_id: int, now: datetime) -> frozenset[int]:
    """Return the children unmasked for an inspector at the moment."""
    query = Unmask.select(Unmask.child_id).where(Unmask.inspector_id == user_id, Unmask.until > now)
    found: Any = query.tuples()
    return frozenset(row[0] for row in found)


def actor_of(user: Any, now: datetime, origin: str, *, has_unmasked: bool = True) -> Actor:
    """Return the user as an actor at `now`; `has_unmasked` False spares the look for children."""
    role = user.role_code
    looks = has_unmasked and role == INSPECTOR
    settings = calendar.school()
    return Actor(
        role=role,
        now=now,
        user_id=user.id,
        staff_id=user.staff_id,
        name=user.name,
        origin=origin,
        unmasked=unmasked_children(user.id, now) if looks else frozenset(),
        edit_days=settings.edit_days if settings else 7,
    )


def first_clerk() -> Any | None:
    """Return the first living clerk account, None before set-up."""
    query = every_row(register_of(User)).where(User.role == ROLES[CLERK])
    return query.order_by(User.id).first()


def is_set_up() -> bool:
    """Return whether there ever was a clerk: a deleted account does not open set-up again."""
    return bool(
        rows(SYSTEM, register_of(User), deleted=None).where(User.role == ROLES[CLERK]).exists()
    )
