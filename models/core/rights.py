"""Which verb an actor has on a register, and on one record of it; denied unless said here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from models.core.actor import Actor
from models.core.boxes import CLERK, COUNSELLOR, INSPECTOR, LEADERSHIP, TEACHER, TEACHING
from models.core.conditions import applies
from models.core.register import Register, parent_register
from models.core.scopes import own_ids

VERBS: dict[str, str] = {
    "read": "查看",
    "create": "新增",
    "edit": "修改",
    "delete": "删除",
    "restore": "恢复",
    "bulk": "批量处理",
    "import": "导入",
    "export": "导出",
    "print": "打印",
}
# What may be done with rows that a procedure alone writes.
KEPT_BY_PROCEDURE = frozenset({"read", "export", "print"})


@dataclass(frozen=True)
class Decision:
    """An answer with its reason, so that the permission page can explain every one."""

    allowed: bool
    reason: str

    def __bool__(self) -> bool:
        return self.allowed


PERMANENT = Decision(False, "这项登记只修改或停用，不删除")


def role_in(actor: Actor, roles: Any) -> bool:
    """Return whether the actor's role is among `roles`; a counsellor also counts as a teacher."""
    return actor.role in roles or (actor.role == COUNSELLOR and TEACHER in roles)


def may(actor: Actor, verb: str, register: Register) -> Decision:
    """Decide `verb` for the register as a whole."""
    # Asked before who it is: nobody deletes these, the product itself included.
    if verb == "delete" and register.permanent:
        return PERMANENT
    if actor.is_system:
        return Decision(True, "系统自身")
    return _may_person(actor, verb, register)


def _may_person(actor: Actor, verb: str, register: Register) -> Decision:
    if actor.role in register.hidden_from:
        return Decision(False, "这项登记不对该角色开放")
    if register.sealed:
        return _may_sealed(actor, verb)
    if actor.role == CLERK:
        return _clerk_may(verb, register)
    if verb == "read":
        return _may_read(actor, register)
    if actor.role == INSPECTOR:
        return Decision(False, "督查人员只读")
    if verb in ("create", "edit", "delete"):
        return _may_write(actor, register)
    if verb in ("export", "print") and actor.role == LEADERSHIP:
        return Decision(True, "领导小组可以导出和打印")
    if verb == "print" and actor.role in TEACHING:
        return Decision(bool(_may_read(actor, register)), "教师可以打印自己范围内的记录")
    return Decision(False, "导入、批量修改和恢复由文员办理")


def _may_sealed(actor: Actor, verb: str) -> Decision:
    """Decide about a sealed register: the office reads its index, the counsellor does the rest."""
    if verb == "read" and actor.role in (CLERK, LEADERSHIP, INSPECTOR, COUNSELLOR):
        if actor.role == COUNSELLOR:
            return Decision(True, "自己的咨询；内容要用口令打开密封后才看得到")
        return Decision(True, "密封登记，只看到编号、日期和件数")
    if actor.role != COUNSELLOR or verb in ("import", "export", "bulk", "print"):
        return Decision(False, "密封登记，只有心理辅导教师可以填写，内容不导出、不打印")
    if actor.sealed_key is None:
        return Decision(False, "密封还没有打开，请从“心理咨询”页面用口令打开")
    return Decision(True, "心理辅导教师已打开密封")


def _clerk_may(verb: str, register: Register) -> Decision:
    procedure = _procedure(register)
    if procedure and verb not in KEPT_BY_PROCEDURE:
        return Decision(False, procedure)
    return Decision(True, "文员对未密封的登记有全部权限")


def _procedure(register: Register) -> str:
    """Where the register's rows, or those its lines belong to, are made step by step."""
    return (parent_register(register) or register).procedure


def _may_write(actor: Actor, register: Register) -> Decision:
    if procedure := _procedure(register):
        return Decision(False, procedure)
    parent = parent_register(register)
    if role_in(actor, parent.creates if parent else register.creates):
        return Decision(True, "登记表列明的填写角色")
    return Decision(False, "该角色不填写这项登记")


def _may_read(actor: Actor, register: Register) -> Decision:
    if actor.role == LEADERSHIP:
        return Decision(True, "领导小组可以查看全部未密封的登记")
    if actor.role == INSPECTOR:
        return Decision(True, "督查人员可以查看，个人信息遮蔽")
    scoped = parent_register(register) or register
    if actor.role in TEACHING and role_in(actor, scoped.scope):
        return Decision(True, "教师只看到自己范围内的记录")
    return Decision(False, "该角色没有这项登记的查看范围")


def is_own_act(actor: Actor, register: Register, record: Any) -> bool:
    """Return whether the record is the actor's own: entered by, or naming, the actor."""
    return record.id in own_ids(actor, register, [record])


def may_on(
    actor: Actor,
    verb: str,
    register: Register,
    record: Any,
    own: Collection[int] | None = None,
) -> Decision:
    """Decide `verb` on one record that is already within the actor's rows.

    Who asks for a page of records hands in which are `own_ids`, looked up once for all.
    """
    decided = may(actor, verb, register)
    if not decided or actor.is_system or actor.role == CLERK or verb not in ("edit", "delete"):
        return decided
    if register.sealed:
        return decided
    if record.id not in (own_ids(actor, register, [record]) if own is None else own):
        return Decision(False, "只能修改自己登记的记录")
    if verb == "delete":
        same_day = record.entered_at.date() == actor.today
        return Decision(same_day, "只能在登记当天删除，之后请联系文员")
    if left_to_finish(register, record):
        return Decision(True, "还没有办结，可以继续填写")
    in_time = is_in_time(actor, register, record)
    return Decision(in_time, f"登记满 {actor.edit_days} 天后不能修改，可以补一条更正说明")


def is_in_time(actor: Actor, register: Register, record: Any) -> bool:
    """Return whether the days in which the actor edits a whole own act are not over."""
    if actor.is_system or actor.role == CLERK or register.sealed:
        return True
    return bool(actor.now - record.entered_at <= timedelta(days=actor.edit_days))


def left_to_finish(register: Register, record: Any) -> frozenset[str]:
    """Return what an unfinished record still takes (`Register.finishing`), else nothing.

    A record is finished when the field it stays open until is filled, or is not asked of it: a
    safety check without a fault has nothing to put right.
    """
    if not register.open_until or getattr(record, register.open_until) is not None:
        return frozenset()
    spec = register.fields[register.open_until]
    asked = applies(register, spec, record)
    return frozenset(register.finishing) if asked else frozenset()
