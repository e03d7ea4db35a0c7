"""The way back in for the only clerk or the only leader: a one-time code shown on the host alone.

The same code makes sure of the first leader of a school, for whom there is no other leader yet.
Every use stands in the audit and is told to everybody.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from peewee import AutoField, CharField, DateTimeField, IntegerField
from werkzeug.security import check_password_hash, generate_password_hash

from models.core import service
from models.core.actor import Actor, system
from models.core.boxes import CLERK, LEADERSHIP
from models.core.database import Base
from models.core.errors import Denied, Invalid, NotFound
from models.core.gates import every_row
from models.core.register import register_of
from models.kept.archive import NOTICE_ROLES, Notice
from models.kept.users import User
from models.school.accounts import check_password_rules, end_all_sessions, find_user, hash_password
from models.sealed.messages import people

USERS = register_of(User)
GOOD_FOR = timedelta(minutes=15)
# Eight digits may be guessed at this often; then a new code is to be made on the host.
TRIES = 5
CONSOLE = "主机口令"


class RescueCode(Base):
    """The one code that is good; a new one takes its place. Only a hash of it is kept."""

    id = AutoField()
    user_id = IntegerField(index=True)
    code_hash = CharField()
    made_at = DateTimeField()
    tries = IntegerField(default=0)

    class Meta:
        table_name = "rescue_code"


@dataclass(frozen=True)
class Rescue:
    """A code for somebody, and until when it is good."""

    user: Any
    code: str
    until: datetime


def begin(now: datetime, username: str) -> Rescue:
    """Make a code for the only clerk, or where no other leader's approval counts for a leader.

    Raises NotFound for an unknown account, Denied where a colleague can help instead.
    """
    user = find_user(username)
    if user is None:
        raise NotFound(f"没有登录名为“{username}”的账号")
    _demand_alone(user, now)
    if user.role_code == LEADERSHIP and user.staff_id is None:
        raise Denied("这个领导小组账号没有对应教职工，请文员先在账号里补上")
    number = f"{secrets.randbelow(10**8):08d}"
    RescueCode.delete().execute()
    RescueCode.create(user_id=user.id, code_hash=generate_password_hash(number), made_at=now)
    return Rescue(user, f"{number[:4]}-{number[4:]}", now + GOOD_FOR)


def _demand_alone(user: Any, now: datetime) -> None:
    if user.role_code not in (CLERK, LEADERSHIP):
        raise Denied("只有唯一的文员或领导小组账号用主机口令；其他账号请找文员重设密码")
    others = [person for person in people(user.role_code, now) if person.id != user.id]
    if others:
        names = "、".join(other.name for other in others)
        helps = "重设密码" if user.role_code == CLERK else "确认这个账号"
        raise Denied(f"还有{names}可以登录，请那一位{helps}，不用主机口令")


def finish(now: datetime, origin: str, username: str, code: str, password: str) -> Any:
    """Set the password that goes with a right code, open the account and return it.

    A leader's account is made sure of by it. Raises Invalid at "code" or "password", Denied where
    meanwhile a colleague can help.
    """
    user = _account_of(now, username, code)
    _demand_alone(user, now)
    check_password_rules(password, user.username)
    actor = system(now, f"{CONSOLE} {origin}")
    raw = {
        "password_hash": hash_password(password),
        "must_change": False,
        "disabled": False,
        "expires_on": None,
    }
    given: dict[str, Any] = {}
    if user.role_code == LEADERSHIP:
        given = {"confirmed_at": now, "confirmed_by": CONSOLE}
    with service.work(actor) as current:
        saved = service.update(
            actor, USERS, user.id, raw, user.version, given=given, current=current
        )
        RescueCode.delete().execute()
        _tell_all(current, saved)
    end_all_sessions(user.id, now)
    return saved


def _account_of(now: datetime, username: str, code: str) -> Any:
    """Return the account a code was made for; a wrong one counts."""
    wrong = Invalid({"code": "口令不对或已过期，请在主机上重新运行 python app.py rescue"})
    made = RescueCode.select().order_by(RescueCode.id.desc()).first()
    if made is None or now - made.made_at > GOOD_FOR:
        raise wrong
    # Counted before it is looked at, in the database: guesses made at one time all count.
    counted = RescueCode.update(tries=RescueCode.tries + 1).where(
        RescueCode.id == made.id, RescueCode.tries < TRIES
    )
    if not counted.execute():
        raise wrong
    user = every_row(USERS).where(User.id == made.user_id).first()
    number = "".join(ch for ch in code if ch.isascii() and ch.isdigit())
    if user is None or user.username != username.strip():
        raise wrong
    if not check_password_hash(made.code_hash, number):
        raise wrong
    return user


def _tell_all(current: service.Work, user: Any) -> None:
    """Leave a notice for everybody: whose account was opened from the host, and when."""
    actor: Actor = current.actor
    text = (
        f"{actor.now:%Y-%m-%d %H:%M} 在主机上用一次性口令重设了{user.role}账号“{user.name}”的密码"
    )
    for role in NOTICE_ROLES:
        raw = {
            "title": "账号用主机口令重设",
            "text": f"{text}。如果不是您知道的事，请马上报告学校领导。",
            "recipient_role": role,
            "sent_at": actor.now,
        }
        service.create(actor, register_of(Notice), raw, current=current)
