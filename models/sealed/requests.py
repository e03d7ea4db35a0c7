"""What about sealed counselling needs a second person, and who is told: requests and notices.

Neither ever holds content: case code, date, names of staff and a ground from a closed list are all.
The reason for breaking confidentiality stays in the sealed payload; the leadership hears it from
the counsellor.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from peewee import AutoField, CharField, DateTimeField, IntegerField, TextField

from models.core import audit, service
from models.core.actor import Actor
from models.core.boxes import CLERK, COUNSELLOR, LEADERSHIP, ROLES
from models.core.database import Base
from models.core.errors import Denied, Invalid, NotFound
from models.core.gates import every_row
from models.core.register import register_of
from models.kept.users import User, is_active

WAITING, APPROVED, REFUSED, SPENT = "waiting", "approved", "refused", "spent"
STATES: dict[str, str] = {
    WAITING: "等待批准",
    APPROVED: "已批准",
    REFUSED: "未批准",
    SPENT: "已办结",
}
# An approval is used within this time or asked for again.
GOOD_FOR = timedelta(days=7)


@dataclass(frozen=True)
class Kind:
    """One kind of request: what it is called, and who asks for it."""

    title: str
    asked_by: tuple[str, ...]


ROLE, RECOVERY, DISCLOSURE, TAKEOVER, LOST = "role", "recovery", "disclosure", "takeover", "lost"
KINDS: dict[str, Kind] = {
    ROLE: Kind("授予心理辅导教师身份", (CLERK, LEADERSHIP)),
    RECOVERY: Kind("使用恢复密钥", (COUNSELLOR,)),
    DISCLOSURE: Kind("突破保密", (COUNSELLOR,)),
    TAKEOVER: Kind("接管个案", (COUNSELLOR,)),
    LOST: Kind("声明密钥遗失，另立新密钥", (COUNSELLOR,)),
}
# Why confidentiality may be broken; chosen, not written, because the request is not sealed.
GROUNDS = ("有伤害自己的危险", "有伤害他人的危险", "疑似受到侵害，须强制报告", "司法机关依法调查")


class SealedRequest(Base):
    """One request and its decision; `subject_id` is an account (role) or a session."""

    id = AutoField()
    kind = CharField()
    state = CharField(default=WAITING, index=True)
    requester_id = IntegerField(index=True)
    requester_staff_id = IntegerField(null=True)
    requester = CharField()
    subject_id = IntegerField(default=0)
    subject = CharField(default="")
    ground = CharField(default="")
    asked_at = DateTimeField()
    decided_by = IntegerField(null=True)
    decided_staff_id = IntegerField(null=True)
    decider = CharField(default="")
    decided_at = DateTimeField(null=True)

    class Meta:
        table_name = "sealed_request"

    @property
    def title(self) -> str:
        """What is asked for, in words."""
        return KINDS[self.kind].title

    @property
    def state_word(self) -> str:
        """Where it stands, in words."""
        return STATES[self.state]


class SealedNotice(Base):
    """One message to one person; stays on top of the pages until it is marked as read."""

    id = AutoField()
    user_id = IntegerField(index=True)
    at = DateTimeField()
    kind = CharField()
    text = TextField()
    read_at = DateTimeField(null=True)

    class Meta:
        table_name = "sealed_notice"


def people(role: str, now: datetime) -> list[Any]:
    """Return the active accounts of a role."""
    query = every_row(register_of(User)).where(User.role == ROLES[role]).order_by(User.id)
    return [user for user in query if is_active(user, now.date())]


def tell(users: Iterable[Any], kind: str, text: str, now: datetime) -> None:
    """Leave the same message for each of the users."""
    rows = [{"user_id": user.id, "at": now, "kind": kind, "text": text} for user in users]
    if rows:
        SealedNotice.insert_many(rows).execute()


def tell_counsellors(text: str, now: datetime, kind: str = "key") -> None:
    """Leave a message for every counsellor, the one it is about included."""
    tell(people(COUNSELLOR, now), kind, text, now)


def notices_of(actor: Actor) -> list[Any]:
    """Return the actor's unread messages, newest first."""
    query = SealedNotice.select().where(
        SealedNotice.user_id == actor.user_id, SealedNotice.read_at.is_null(True)
    )
    return list(query.order_by(SealedNotice.id.desc()).limit(50))


def unread(actor: Actor) -> int:
    """Return how many messages the actor has not read."""
    query = SealedNotice.select().where(
        SealedNotice.user_id == actor.user_id, SealedNotice.read_at.is_null(True)
    )
    return int(query.count())


def mark_read(actor: Actor, notice_id: int) -> None:
    """Put an own message away."""
    SealedNotice.update(read_at=actor.now).where(
        SealedNotice.id == notice_id, SealedNotice.user_id == actor.user_id
    ).execute()


def ask(
    actor: Actor, kind: str, *, subject_id: int = 0, subject: str = "", ground: str = ""
) -> Any:
    """Ask for something that needs a second person and return the request.

    The same open request is not made twice. Raises Denied for a role that cannot ask this, Invalid
    for a ground outside the list.
    """
    if actor.role not in KINDS[kind].asked_by or actor.user_id is None:
        raise Denied("您不能提出这项申请，需要时请联系文员")
    if kind == DISCLOSURE and ground not in GROUNDS:
        raise Invalid({"ground": "请选择突破保密的依据"})
    same = (
        (SealedRequest.kind == kind)
        & (SealedRequest.requester_id == actor.user_id)
        & (SealedRequest.subject_id == subject_id)
        & (SealedRequest.subject == subject)
    )
    twin = SealedRequest.get_or_none(same, SealedRequest.state == WAITING)
    if twin is not None:
        return twin
    with service.work(actor) as current:
        made = SealedRequest.create(
            kind=kind,
            requester_id=actor.user_id,
            requester_staff_id=actor.staff_id,
            requester=actor.name,
            subject_id=subject_id,
            subject=subject,
            ground=ground,
            asked_at=actor.now,
        )
        note(current, "ask", made)
        others = [one for one in people(LEADERSHIP, actor.now) if one.id != actor.user_id]
        told = f"{actor.name}申请：{made.title}{f'（{subject}）' if subject else ''}，等您批准"
        tell(others, "request", told, actor.now)
    return made


def note(current: service.Work, action: str, request: Any) -> None:
    """Put a step of a request into the audit chain."""
    told = {"kind": request.kind, "subject": request.subject, "ground": request.ground}
    current.pending.append(audit.Pending(action, "sealed-request", request.id, 0, told))


def open_request(actor: Actor, request_id: int) -> Any:
    """Return a waiting request the actor may decide; Denied for the requester's own."""
    if actor.role != LEADERSHIP:
        raise Denied("只有领导小组成员可以批准")
    request = SealedRequest.get_or_none(
        SealedRequest.id == request_id, SealedRequest.state == WAITING
    )
    if request is None:
        raise NotFound("这项申请已经办过，或者不存在")
    same_person = actor.staff_id is not None and actor.staff_id == request.requester_staff_id
    about_self = request.kind == ROLE and request.subject_id == actor.user_id
    if request.requester_id == actor.user_id or same_person or about_self:
        raise Denied("不能批准自己提出的或关于自己的申请，请另一位领导小组成员办理")
    return request


def decide(current: service.Work, request: Any, state: str) -> None:
    """Write the decision of the acting leadership member."""
    actor = current.actor
    request.state, request.decided_by, request.decider = state, actor.user_id, actor.name
    request.decided_staff_id, request.decided_at = actor.staff_id, actor.now
    request.save()
    note(current, "approve" if state != REFUSED else "refuse", request)
    requester = every_row(register_of(User)).where(User.id == request.requester_id)
    answer = "没有批准" if state == REFUSED else "已批准"
    tell(requester, "decision", f"{actor.name}{answer}您的申请：{request.title}", actor.now)


def granted(actor: Actor, kind: str, subject_id: int = 0) -> Any | None:
    """Return the actor's approved request that may still be used, else None."""
    query = SealedRequest.select().where(
        SealedRequest.kind == kind,
        SealedRequest.state == APPROVED,
        SealedRequest.requester_id == actor.user_id,
        SealedRequest.subject_id == subject_id,
        SealedRequest.decided_at >= actor.now - GOOD_FOR,
    )
    return query.order_by(SealedRequest.id.desc()).first()


def spend(current: service.Work, request: Any) -> None:
    """Mark an approval as used."""
    request.state = SPENT
    request.save()
    note(current, "use", request)


def requests_for(actor: Actor) -> list[Any]:
    """Return the requests the actor sees: leadership all, others their own; newest first."""
    query = SealedRequest.select().order_by(SealedRequest.id.desc()).limit(100)
    if actor.role != LEADERSHIP:
        query = query.where(SealedRequest.requester_id == actor.user_id)
    return list(query)
