"""A colleague leaves: pairings and classes handed over, the account closed, as one batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from models.core import batches, service
from models.core.actor import Actor
from models.core.errors import Invalid, Locked, NotFound
from models.core.gates import row, rows
from models.core.register import register_of
from models.core.spans import holds_within
from models.kept.leadership import Department, LeadershipMember, Post
from models.kept.pairings import Pairing, Substitution
from models.kept.staff import ClassTeacher, Staff, TeachingPost
from models.kept.users import User, is_active
from models.school.accounts import end_all_sessions
from models.school.handing_over import Held, hand_over, held_by
from models.school.roll_over import demand

_REASON = "教师离校"
# Whose rows are handed over, in the order they are shown.
POSTS: tuple[Any, ...] = (
    Pairing,
    ClassTeacher,
    TeachingPost,
    LeadershipMember,
    Post,
    Department,
    Substitution,
)


@dataclass(frozen=True)
class Leave:
    """Who leaves, the last day, and who takes over which row: successors by (register, row)."""

    staff: int
    last: date
    successors: Mapping[tuple[str, int], int] = field(default_factory=dict)


@dataclass
class Left:
    """What a leave did, or in a preview would do."""

    handed: list[tuple[str, str, str]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    account: str = ""
    problems: list[str] = field(default_factory=list)
    batch: int | None = None


def held(actor: Actor, staff: int, last: date) -> list[Held]:
    """Return what a colleague holds on the last day, and the days of standing in still to come."""
    return held_by(actor, staff, last, POSTS)


def stood_in_for(actor: Actor, staff: int, last: date) -> list[Any]:
    """Return the days after the last one on which others were to stand in for the colleague."""
    register = register_of(Substitution)
    query = rows(actor, register).where(
        Substitution.teacher == staff,
        holds_within(Substitution, last + timedelta(days=1), date.max),
    )
    return list(query.order_by(Substitution.id))


def preview(actor: Actor, leave: Leave) -> Left:
    """Return what a leave would do; it is done and rolled back. Raises as `let_go`."""
    return service.rehearsed(actor, lambda current: _leave(current, actor, leave), batches.YEAR)


def let_go(actor: Actor, leave: Leave, *, token: str = "") -> Left:
    """Let a colleague leave, as one batch that can be undone.

    Raises Denied, NotFound, AlreadyDone, and Invalid with the reasons where it cannot be whole.
    """
    with service.work(actor, token=token) as current:
        name = _colleague(actor, leave.staff).name
        batch = batches.open_batch(actor, batches.YEAR, f"教师离校：{name}")
        current.batch = batch.id
        left = _leave(current, actor, leave)
        if left.problems:
            raise Invalid({"": f"没有办理：{'；'.join(left.problems[:5])}"})
        made = left.counts["接手"]
        batches.close_batch(batch, {"created": made, "updated": left.counts.total() - made})
        left.batch = batch.id
        current.outcome = {"batch": batch.id}
    return left


def _colleague(actor: Actor, number: int) -> Any:
    demand(actor)
    found = row(actor, register_of(Staff), number)
    if found is None:
        raise NotFound("没有找到这位教职工")
    return found


def _leave(current: service.Work, actor: Actor, leave: Leave) -> Left:
    staff, left = _colleague(actor, leave.staff), Left()
    if staff.left_on is not None:
        left.problems.append(f"{staff.name}已登记 {staff.left_on} 离校")
        return left
    names = {one.id: one.name for one in rows(actor, register_of(Staff))}
    for item in held(actor, leave.staff, leave.last):
        successor = leave.successors.get(item.key)
        if successor == leave.staff:
            left.problems.append(f"{item.about}：接手的人不能是离校的教师本人")
            continue
        try:
            hand_over(current, actor, leave.last, item, successor, _REASON)
        except (Invalid, Locked) as error:
            left.problems.append(f"{item.about}：{error}")
            continue
        left.counts["结束"] += 1
        left.counts["接手"] += successor is not None
        left.handed.append((item.register.title, item.about, names.get(successor or 0, "")))
    try:
        left.counts["结束"] += _end_stand_ins(current, actor, leave)
        raw = {"left_on": leave.last}
        service.update(actor, register_of(Staff), staff.id, raw, staff.version, current=current)
        left.account = _close_accounts(current, actor, leave)
    except (Invalid, Locked) as error:
        left.problems.append(f"{staff.name}：{error}")
    left.counts["离校"] += 1
    return left


def _end_stand_ins(current: service.Work, actor: Actor, leave: Leave) -> int:
    """Nobody stands in any more for who has left; returns how many rows that ended."""
    register, found = register_of(Substitution), stood_in_for(actor, leave.staff, leave.last)
    for one in found:
        if one.since > leave.last:
            service.delete(actor, register, one.id, current=current)
        else:
            raw = {"until": leave.last}
            service.update(actor, register, one.id, raw, one.version, current=current)
    return len(found)


def _close_accounts(current: service.Work, actor: Actor, leave: Leave) -> str:
    """Shut every account of the colleague at once, or at the end of a last day still to come.

    Returns what was done; "" where nobody could sign in anyway.
    """
    register = register_of(User)
    done = []
    for user in rows(actor, register).where(User.staff == leave.staff).order_by(User.id):
        if not is_active(user, actor.today):
            continue
        if leave.last >= actor.today:
            raw: dict[str, Any] = {"expires_on": leave.last}
            done.append(f"账号 {user.username} 用到 {leave.last}")
        else:
            raw = {"disabled": True}
            done.append(f"账号 {user.username} 停用")
            end_all_sessions(user.id, actor.now)
        service.update(actor, register, user.id, raw, user.version, current=current)
    return "，".join(done)
