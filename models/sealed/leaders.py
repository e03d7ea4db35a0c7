"""Whose approval counts: leaders' accounts that another leader, or the console, made sure of.

An account that the clerk made, renamed, handed to somebody else, opened again or gave a new
password to empowers nobody (`models.kept.users.still_confirmed`) until a leader confirms it. All
leaders are told of every such step.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from models.core import audit, service
from models.core.actor import Actor
from models.core.boxes import COUNSELLOR, LEADERSHIP, ROLES
from models.core.errors import Denied, Invalid, NotFound
from models.core.gates import every_row, row
from models.core.register import register_of
from models.kept.users import User, is_active
from models.sealed.messages import people, tell

USERS = register_of(User)
# So long a step on an account of the leadership stands beside every request to be approved.
RECENT = timedelta(days=30)
# So long waits what the only leader asks for, and this word stands wherever it is spoken of.
ALONE_WAITS = timedelta(hours=24)
ALONE = "单人批准"


@dataclass(frozen=True)
class Paper:
    """What somebody outside the school signed: who (name, unit), the file and its SHA-256."""

    outside: str
    scan: str
    scan_sha256: str


@dataclass(frozen=True)
class Asked:
    """Who stood behind a request when it was made: account, member of staff, the hour.

    `alone` says that the only leader asked, with a paper from outside.
    """

    user_id: int
    staff_id: int | None
    at: datetime
    alone: bool

    @property
    def ready_at(self) -> datetime:
        """When it may be decided at the earliest."""
        return self.at + ALONE_WAITS if self.alone else self.at


def demand(actor: Actor) -> Any:
    """Return the actor's account; Denied unless it is a leader's whose approval counts."""
    user = row(actor.as_product, USERS, actor.user_id or 0)
    if actor.role != LEADERSHIP or user is None or user.role != ROLES[LEADERSHIP]:
        raise Denied("只有领导小组成员可以批准")
    if user.confirmed_at is None or not is_active(user, actor.today):
        raise Denied("这个领导小组账号还没有由另一位领导确认，不能批准、封存或签署")
    return user


def counting(now: datetime) -> list[Any]:
    """Return the leaders' accounts whose approval counts."""
    return people(LEADERSHIP, now)


def is_alone(actor: Actor) -> bool:
    """Return whether the only leader whose approval counts is the actor, in whatever account."""
    found = counting(actor.now)
    return len(found) == 1 and is_same_person(actor, found[0].id)


def paper_of(actor: Actor, paper: Paper | None) -> Paper | None:
    """Return the paper that the actor's request needs: the only leader's, None for anybody else's.

    Raises Invalid when the only leader brings none, and for an account without a member of staff:
    nobody could tell whether another person decides.
    """
    if actor.staff_id is None:
        told = "您的账号没有对应教职工，分不清批准的是不是另一个人；请先在账号管理里补上"
        raise Invalid({"": told})
    if not is_alone(actor):
        return None
    if paper is None:
        raise Invalid({"paper": "您是唯一的领导小组成员，请写明校外批准人，并附签字的扫描件"})
    return paper


def demand_second(actor: Actor, asked: Asked) -> None:
    """Raise Denied unless this leader may decide what somebody asked: another person does.

    The caller has asked `demand` whether the leader's approval counts at all.
    The only leader of a school decides the own request after its time, approved on paper outside.
    Who stood behind the asking account then counts as well as who stands behind it now.
    """
    own = is_same_person(actor, asked.user_id, asked.staff_id)
    if own and not asked.alone:
        raise Denied("不能批准自己提出的申请，请另一位领导小组成员办理")
    if own and not is_alone(actor):
        raise Denied("学校现在有另一位领导小组成员，这项申请请那一位办理")
    if asked.alone and actor.now < asked.ready_at:
        raise Denied(f"{ALONE}的申请要等满 24 小时，{asked.ready_at:%m-%d %H:%M} 起可以办理")


def decider(name: str, *, alone: bool) -> str:
    """Return who decided as it is written down; a single approval says so."""
    return f"{name[:30]}（{ALONE}）" if alone else name


def is_same_person(actor: Actor, user_id: int, staff_id: int | None = None) -> bool:
    """Return whether an account is the actor's, or belongs to the same member of staff."""
    if user_id == actor.user_id:
        return True
    other = every_row(USERS).where(User.id == user_id).first()
    staff = {staff_id, other.staff_id if other is not None else None} - {None}
    return actor.staff_id is not None and actor.staff_id in staff


def accounts(now: datetime) -> list[Any]:
    """Return every account of the leadership, those whose approval counts first."""
    found = list(every_row(USERS).where(User.role == ROLES[LEADERSHIP]).order_by(User.id))
    return sorted(found, key=lambda user: (not is_active(user, now.date()), not user.confirmed_at))


def confirm(actor: Actor, user_id: Any) -> Any:
    """Make sure of another leader's account and return it; the caller asked for the password.

    Raises Denied for anybody but a leader whose approval counts, and for the own account; Invalid
    for an account that cannot be used or belongs to no member of staff.
    """
    demand(actor)
    writer = actor.as_product
    user = row(writer, USERS, user_id)
    if user is None or user.role != ROLES[LEADERSHIP]:
        raise NotFound("没有找到这个领导小组账号")
    if is_same_person(actor, user.id):
        raise Denied("不能确认自己的账号，请另一位领导办理")
    if user.staff_id is None:
        raise Invalid({"": "这个账号没有对应教职工，请文员先补上，再来确认"})
    if not is_active(user, actor.today):
        raise Invalid({"": "这个账号已停用或已到期，请文员先启用，再来确认"})
    given = {"confirmed_at": actor.now, "confirmed_by": actor.name}
    return service.update(writer, USERS, user.id, {}, user.version, given=given)


@service.watches(USERS)
def tell_leaders(current: service.Work, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Tell all leaders of a step on a leader's account; with none left, the counsellors."""
    if ROLES[LEADERSHIP] not in (before.get("role"), after.get("role")):
        return
    what = step(before, after)
    if not what:
        return
    now, name = current.actor.now, (after or before)["name"]
    told = f"{current.actor.name}{what}：领导小组账号“{name}”"
    if after.get("role") == ROLES[LEADERSHIP] and after.get("confirmed_at") is None:
        told += "；确认以前不能批准任何事项"
    # Who acts knows, and who is new has nobody to tell.
    known = {current.actor.user_id, None if before else after["id"]}
    others = [person for person in people(LEADERSHIP, now) if person.id not in known]
    tell(others or people(COUNSELLOR, now), "account", told, now)


# What a change of a field is called, the weightiest first.
_STEPS = {
    "confirmed_at": "确认了账号",
    "password_hash": "重设了密码",
    "disabled": "停用或重新启用了账号",
    "role": "改了身份",
    "staff": "改了对应教职工",
    "name": "改了姓名",
    "username": "改了登录名",
    "expires_on": "改了到期日期",
}


def step(before: dict[str, Any], after: dict[str, Any]) -> str:
    """Return what was done to an account, "" for nothing that concerns others."""
    if not before:
        return "新建了账号"
    if not after:
        return "删除了账号"
    if before.get("confirmed_at") is None and after.get("confirmed_at") is not None:
        return _STEPS["confirmed_at"]
    changed = {name for name in before if before[name] != after.get(name)} - {"confirmed_at"}
    # The own new password concerns nobody else.
    if not after["must_change"]:
        changed.discard("password_hash")
    return "、".join(word for name, word in _STEPS.items() if name in changed)


def recent_steps(now: datetime) -> list[str]:
    """Return what was done to accounts of the leadership of late, newest first, as sentences."""
    named = {user.id: user.name for user in accounts(now)}
    entry = audit.AuditEntry
    entries = entry.select().where(
        entry.register == USERS.slug, entry.record_id.in_(list(named)), entry.at >= now - RECENT
    )
    found = []
    for one in entries.order_by(entry.id.desc()).limit(50):
        changes = json.loads(one.payload or "{}").get("changes", {})
        words = "新建了账号" if one.action == "create" else _words(changes)
        if words:
            found.append(f"{one.at:%m-%d %H:%M} {one.who}{words}：{named[one.record_id]}")
    return found


def _words(changes: dict[str, Any]) -> str:
    if changes.get("confirmed_at", [None, None])[1] is not None:
        return _STEPS["confirmed_at"]
    own = "must_change" in changes and not changes["must_change"][1]
    names = set(changes) - {"confirmed_at"} - ({"password_hash"} if own else set())
    return "、".join(word for name, word in _STEPS.items() if name in names)
