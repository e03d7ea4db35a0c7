"""Lifting a mask: one value for clerk and leadership, one drawn child for an inspector. Logged."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from models.core.actor import Actor
from models.core.audit import log_access
from models.core.boxes import CLERK, INSPECTOR, OFFICE, ROLES
from models.core.converters import show
from models.core.errors import Denied, Invalid, NotFound
from models.core.gates import MASK, every_row, row, rows, treatment
from models.core.register import Register, find, register_of
from models.core.rights import may
from models.kept.children import Child
from models.kept.users import User, is_active
from models.school.accounts import Unmask

UNMASKED_FOR = timedelta(hours=2)
REASON_MIN = 2


def reveal(actor: Actor, slug: str, record_id: Any, name: str, reason: str) -> tuple[str, str]:
    """Return (label, plain value) of one masked field of one record; the look is logged.

    Only clerk and leadership may, within their rows, with a reason: Denied, NotFound, Invalid.
    """
    register, record = _masked(actor, slug, record_id, name)
    said = _reason(reason)
    spec = register.spec(name)
    log_access(actor, "reveal", register.slug, record.id, f"{spec.label}：{said}")
    return spec.label, show(spec.field, record.__data__.get(name))


def label_of_masked(actor: Actor, slug: str, record_id: Any, name: str) -> str:
    """Return what the field is called that might be revealed, on the same terms."""
    register, _record = _masked(actor, slug, record_id, name)
    return register.spec(name).label


def _masked(actor: Actor, slug: str, record_id: Any, name: str) -> tuple[Register, Any]:
    if actor.role not in OFFICE:
        raise Denied("证件号只有文员和领导小组可以查看，需要时请联系文员")
    register = find(slug)
    if register is None or not may(actor, "read", register):
        raise NotFound
    spec = register.fields.get(name)
    if spec is None or treatment(actor, register, spec) != MASK:
        raise NotFound
    record = row(actor, register, record_id)
    if record is None:
        raise NotFound
    return register, record


def _reason(reason: str) -> str:
    said = reason.strip()
    if len(said) < REASON_MIN:
        raise Invalid({"reason": "请写明为什么要看，例如“核对学籍系统”"})
    return said[:200]


def unmask(actor: Actor, child_id: Any, inspector_id: Any, reason: str) -> Any:
    """Let one inspector read one drawn child without masks for two hours, and log it.

    Clerk only; raises Denied, or Invalid with a message per field.
    """
    _demand_clerk(actor)
    child = row(actor, register_of(Child), child_id)
    inspector = row(actor, register_of(User), inspector_id)
    errors = {}
    if child is None:
        errors["child"] = "没有找到这名学生，请从查找结果中点选"
    if inspector is None or inspector.role_code != INSPECTOR:
        errors["inspector"] = "请选择一位督查人员"
    elif not is_active(inspector, actor.today):
        errors["inspector"] = "这个督查账号已停用或已到期"
    if errors:
        raise Invalid(errors)
    said = _reason(reason)
    granted = Unmask.create(
        child_id=child.id,
        inspector_id=inspector.id,
        until=actor.now + UNMASKED_FOR,
        granted_by=actor.user_id,
        reason=said,
    )
    log_access(actor, "unmask", "child", child.id, f"对{inspector.name}显示两小时：{said}")
    return granted


def mask_again(actor: Actor, unmask_id: Any) -> None:
    """End an unmasking before its time, and log it."""
    _demand_clerk(actor)
    found = next((one for one in living(actor) if str(one.id) == str(unmask_id)), None)
    if found is None:
        raise NotFound
    Unmask.update(until=actor.now).where(Unmask.id == found.id).execute()
    log_access(actor, "mask", "child", found.child_id, "提前恢复遮蔽")


def living(actor: Actor) -> list[Any]:
    """Return the unmaskings that still hold, the newest first."""
    _demand_clerk(actor)
    return list(Unmask.select().where(Unmask.until > actor.now).order_by(Unmask.id.desc()))


def inspectors(actor: Actor) -> list[Any]:
    """Return the inspectors' accounts that may be used today."""
    _demand_clerk(actor)
    query = every_row(register_of(User)).where(User.role == ROLES[INSPECTOR]).order_by(User.name)
    return [user for user in query if is_active(user, actor.today)]


def children_named(actor: Actor, ids: set[int]) -> dict[int, str]:
    """Return the names of the children among the actor's rows."""
    register = register_of(Child)
    model = register.model
    query = rows(actor, register).select(model.id, model.name).where(model.id.in_(ids))
    return dict(query.tuples())


def _demand_clerk(actor: Actor) -> None:
    if actor.role != CLERK:
        raise Denied("抽查显示由文员办理")
