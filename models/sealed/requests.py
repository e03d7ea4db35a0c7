"""What about sealed counselling needs a second person, and who is told: requests and notices.

Neither ever holds content: case code, date, names of staff and a ground from a closed list are all.
The reason for breaking confidentiality stays in the sealed payload; the leadership hears it from
the counsellor.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from peewee import AutoField, BooleanField, CharField, DateTimeField, IntegerField

from models.core import audit, service
from models.core.actor import Actor
from models.core.boxes import CLERK, COUNSELLOR, LEADERSHIP
from models.core.database import Base
from models.core.errors import Denied, Invalid, NotFound
from models.core.gates import every_row
from models.core.register import register_of
from models.kept.users import User
from models.sealed import leaders
from models.sealed.leaders import ALONE, Asked, Paper
from models.sealed.messages import people, tell, tell_counsellors

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
    """One request and its decision; `subject_id` is an account (role) or a session.

    `alone` marks what the only leader asked for: `outside` names who approved it outside the school
    (name, unit), `scan` is the file of the signed paper below the originals, with its SHA-256.
    """

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
    alone = BooleanField(default=False)
    outside = CharField(default="")
    scan = CharField(default="")
    scan_sha256 = CharField(default="")

    class Meta:
        table_name = "sealed_request"

    @property
    def asked(self) -> Asked:
        """Who asked, and when."""
        return Asked(self.requester_id, self.requester_staff_id, self.asked_at, self.alone)

    @property
    def title(self) -> str:
        """What is asked for, in words."""
        return KINDS[self.kind].title + (f"（{ALONE}）" if self.alone else "")

    @property
    def state_word(self) -> str:
        """Where it stands, in words."""
        return STATES[self.state]


def ask(
    actor: Actor,
    kind: str,
    *,
    subject_id: int = 0,
    subject: str = "",
    ground: str = "",
    paper: Paper | None = None,
) -> Any:
    """Ask for something that needs a second person and return the request.

    The same open request is not made twice. What the only leader of a school asks comes with the
    `paper` somebody outside it signed. Raises Denied for a role that cannot ask this, Invalid for a
    ground outside the list or a paper that is missing.
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
    paper = leaders.paper_of(actor, paper)
    said = {"alone": True, **asdict(paper)} if paper is not None else {}
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
            **said,
        )
        note(current, "ask", made)
        if made.alone:
            waits = f"校外批准人：{made.outside}；{made.asked.ready_at:%m-%d %H:%M} 起才能办理"
            asked = f"{actor.name}申请：{made.title}{f'（{subject}）' if subject else ''}"
            tell_counsellors(f"{asked}，{waits}", actor.now, "request")
        others = [person for person in people(LEADERSHIP, actor.now) if person.id != actor.user_id]
        told = f"{actor.name}申请：{made.title}{f'（{subject}）' if subject else ''}，等您批准"
        tell(others, "request", told, actor.now)
    return made


def note(current: service.Work, action: str, request: Any) -> None:
    """Put a step of a request into the audit chain."""
    told = {"kind": request.kind, "subject": request.subject, "ground": request.ground}
    if request.alone:
        told |= {"alone": ALONE, "outside": request.outside, "scan": request.scan_sha256}
    current.pending.append(audit.Pending(action, "sealed-request", request.id, 0, told))


def open_request(actor: Actor, request_id: int) -> Any:
    """Return a waiting request the actor may decide; Denied for the requester's own.

    The only leader of a school decides the own one after its time, approved on paper outside.
    """
    leaders.demand(actor)
    request = SealedRequest.get_or_none(
        SealedRequest.id == request_id, SealedRequest.state == WAITING
    )
    if request is None:
        raise NotFound("这项申请已经办过，或者不存在")
    if request.kind == ROLE and leaders.is_same_person(actor, request.subject_id):
        raise Denied("不能批准关于自己的申请，请另一位领导小组成员办理")
    leaders.demand_second(actor, request.asked)
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


def granted_alone(user_ids: Iterable[int]) -> set[int]:
    """Return which of the accounts were made a counsellor's by the only leader's approval."""
    query = SealedRequest.select(SealedRequest.subject_id, SealedRequest.alone).where(
        SealedRequest.kind == ROLE,
        SealedRequest.state == SPENT,
        SealedRequest.subject_id.in_(list(user_ids)),
    )
    # The newest one counts.
    newest: Any = query.order_by(SealedRequest.id).tuples()
    return {user for user, alone in dict(newest).items() if alone}


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
