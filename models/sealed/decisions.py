"""What an approval does: grants the role, hands a case over, ends a lost key."""

from __future__ import annotations

from typing import Any

from models.core import service
from models.core.actor import Actor
from models.core.boxes import COUNSELLOR, ROLES
from models.core.errors import Invalid, NotFound
from models.core.gates import every_row
from models.core.register import register_of
from models.kept.users import User
from models.sealed import counselling, keys, leaders, messages, requests


def ask_role(actor: Actor, user_id: int, paper: leaders.Paper | None = None) -> Any:
    """Ask that an account be made a counsellor's; Invalid for one that cannot be.

    `paper` is what a school's only leader brings from outside (`requests.ask`).
    """
    user = every_row(register_of(User)).where(User.id == user_id).first()
    if user is None:
        raise NotFound("没有找到这个账号")
    if user.staff_id is None:
        raise Invalid({"user": "这个账号没有对应教职工，请先在账号管理里补上"})
    if user.role_code == COUNSELLOR:
        raise Invalid({"user": "这个账号已经是心理辅导教师"})
    kind, subject = requests.ROLE, user.name
    return requests.ask(actor, kind, subject_id=user.id, subject=subject, paper=paper)


def approve(actor: Actor, request_id: int) -> Any:
    """Approve a request and do at once what needs nobody else; returns the request."""
    request = requests.open_request(actor, request_id)
    # What was approved is the product's own to do.
    writer = actor.as_product
    with service.work(writer) as current:
        if request.kind == requests.ROLE:
            _grant_role(current, request)
        elif request.kind == requests.TAKEOVER:
            _take_over(current, request)
        elif request.kind == requests.LOST:
            keys.retire(current)
        used = request.kind in (requests.ROLE, requests.TAKEOVER, requests.LOST)
        requests.decide(current, request, requests.SPENT if used else requests.APPROVED)
        told = f"{request.requester}申请、{actor.name}批准：{request.title}"
        subject = f"（{request.subject}）" if request.subject else ""
        messages.tell_counsellors(told + subject, actor.now)
    return request


def refuse(actor: Actor, request_id: int) -> Any:
    """Refuse a request and tell who asked."""
    request = requests.open_request(actor, request_id)
    with service.work(actor) as current:
        requests.decide(current, request, requests.REFUSED)
    return request


def _grant_role(current: service.Work, request: Any) -> None:
    declared = register_of(User)
    user = every_row(declared).where(User.id == request.subject_id).first()
    if user is None:
        raise NotFound("这个账号已被删除")
    raw = {"role": ROLES[COUNSELLOR]}
    service.update(current.actor, declared, user.id, raw, user.version, current=current)


def _take_over(current: service.Work, request: Any) -> None:
    if not counselling.take_over(current, request.subject, request.requester_id):
        raise NotFound(f"没有个案号为 {request.subject} 的记录，请核对后重新申请")
