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
from models.core.register import Register, register_of
from models.core.spans import holds_on
from models.kept.children import Child
from models.kept.pairings import Pairing
from models.kept.staff import ClassTeacher, SchoolClass, Staff, TeachingPost
from models.kept.users import User, is_active
from models.school.accounts import end_all_sessions
from models.school.roll_over import demand

_REASON = "教师离校"
# Whose rows are handed over, in the order they are shown.
POSTS: tuple[Any, ...] = (Pairing, ClassTeacher, TeachingPost)


@dataclass(frozen=True)
class Leave:
    """Who leaves, the last day, and who takes over which row: successors by (register, row)."""

    staff: int
    last: date
    successors: Mapping[tuple[str, int], int] = field(default_factory=dict)


@dataclass
class Held:
    """One row the leaver holds after the last day, and whom or what it is about."""

    register: Register
    record: Any
    about: str

    @property
    def key(self) -> tuple[str, int]:
        """What names the row among all."""
        return self.register.slug, self.record.id


@dataclass
class Left:
    """What a leave did, or in a preview would do."""

    handed: list[tuple[str, str, str]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    account: str = ""
    problems: list[str] = field(default_factory=list)
    batch: int | None = None


class _Enough(Exception):
    """A preview has seen all it wants: everything is rolled back."""


def held(actor: Actor, staff: int, last: date) -> list[Held]:
    """Return the pairings, classes and lessons a colleague has on the last day."""
    found: list[tuple[Register, Any]] = []
    for model in POSTS:
        register = register_of(model)
        column = model.teacher if model is Pairing else model.staff
        query = rows(actor, register).where(column == staff, holds_on(model, last))
        found += [(register, record) for record in query.order_by(model.id)]
    children = [record.child_id for register, record in found if register.model is Pairing]
    classes = [
        record.school_class_id for register, record in found if register.model is not Pairing
    ]
    names = {
        ("child", one.id): one.name
        for one in rows(actor, register_of(Child)).where(Child.id.in_(children))
    } | {
        ("class", one.id): one.name
        for one in rows(actor, register_of(SchoolClass)).where(SchoolClass.id.in_(classes))
    }
    told = []
    for register, record in found:
        if register.model is Pairing:
            about = f"{names.get(('child', record.child_id), '')}（{record.kind}）"
        else:
            about = names.get(("class", record.school_class_id), "")
            if register.model is TeachingPost:
                about = f"{about} {record.subject}"
        told.append(Held(register, record, about))
    return told


def preview(actor: Actor, leave: Leave) -> Left:
    """Return what a leave would do; it is done and rolled back. Raises as `let_go`."""
    left: Left | None = None
    try:
        with service.work(actor) as current:
            current.batch = batches.open_batch(actor, batches.YEAR, "预览").id
            left = _leave(current, actor, leave)
            raise _Enough
    except _Enough:
        pass
    assert left is not None
    return left


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
            _hand_over(current, actor, leave.last, item, successor)
        except (Invalid, Locked) as error:
            left.problems.append(f"{item.about}：{error}")
            continue
        left.counts["结束"] += 1
        left.counts["接手"] += successor is not None
        left.handed.append((item.register.title, item.about, names.get(successor or 0, "")))
    try:
        raw = {"left_on": leave.last}
        service.update(actor, register_of(Staff), staff.id, raw, staff.version, current=current)
        left.account = _close_accounts(current, actor, leave)
    except (Invalid, Locked) as error:
        left.problems.append(f"{staff.name}：{error}")
    left.counts["离校"] += 1
    return left


def _hand_over(
    current: service.Work, actor: Actor, last: date, item: Held, successor: int | None
) -> None:
    """End a row on the last day, and open the successor's the day after."""
    register, record = item.register, item.record
    paired = register.model is Pairing
    until = last if record.until is None else min(record.until, last)
    raw = {"until": until} | ({"reason": _REASON} if paired else {})
    service.update(actor, register, record.id, raw, record.version, current=current)
    if successor is None:
        return
    fresh: dict[str, Any] = {"since": last + timedelta(days=1)}
    if paired:
        fresh |= {"teacher": successor, "child": record.child_id, "kind": record.kind}
    else:
        fresh |= {"staff": successor, "school_class": record.school_class_id}
        if register.model is TeachingPost:
            fresh["subject"] = record.subject
    service.create(actor, register, fresh, current=current)


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
