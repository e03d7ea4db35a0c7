"""谁能看什么: every right of every role, worked out from the rights and gates themselves.

Nothing here decides anything: each cell asks `may` and `surface` for an
actor of the role and shows the answer with its reason.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from flask import Blueprint, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from admin.frame.context import actor
from admin.frame.printing import XLSX
from exports.tables.plain import Sheet, write_workbook
from models.core import audit
from models.core.actor import Actor
from models.core.boxes import CLERK, LEADERSHIP, OFFICE, ROLES, TEACHER, TEACHING, Box
from models.core.described import SECRECY
from models.core.errors import Denied
from models.core.fields import FieldSpec
from models.core.gates import HIDE, MASK, surface, treatment
from models.core.register import REGISTERS, Register, Scope, find, parent_register
from models.core.rights import VERBS, Decision, may

bp = Blueprint("permissions", __name__, url_prefix="/permissions")


# What a scope says of whose rows, by the name of the function that makes it.
SCOPES = {
    "everyone": "全部",
    "own_children": "自己的学生（今天结对或本班）",
    "own_children_or_own_acts": "自己的学生，以及自己做过的",
    "own_acts": "自己做过的",
    "own_staff": "写着自己的",
    "own_classes": "自己带的班",
    "own_notices": "发给自己的",
    "either": "自己做过的，以及写着自己的",
    "by_record": "随所属记录",
    "by_corrected_record": "随被更正的记录",
    "released_to_inspectors": "已发布给督查的",
}
SEALED_NOTE = "打开密封后看得到；别人都看不到"


class FieldRight(NamedTuple):
    """How one role meets one field: shown, masked or hidden; writable or not; and why."""

    spec: FieldSpec
    shown: str
    writable: bool
    reason: str


def acting_as(role: str, now: Any) -> Actor:
    """Return somebody of a role, for asking what the role may; a counsellor has opened the seal."""
    key = b"asked" if role == "counsellor" else None
    return Actor(role, now, user_id=0, staff_id=0, name=ROLES[role], sealed_key=key)


def rows_of(role: str, register: Register) -> str:
    """Return in words whose records of a register a role reads."""
    # Lines are seen with their record; where they have a scope of their own, it is the narrower.
    scope = _scope_of(role, register) or _scope_of(role, parent_register(register) or register)
    if scope is None:
        return "全部"
    name = getattr(scope, "__qualname__", "").split(".")[0]
    return SCOPES.get(name, "与自己有关的")


def _scope_of(role: str, register: Register) -> Scope | None:
    own = register.scope.get(role)
    return register.scope.get(TEACHER) if own is None and role in TEACHING else own


def verbs_of(role: str, register: Register, now: Any) -> dict[str, Decision]:
    """Return the decision on each verb."""
    asking = acting_as(role, now)
    return {verb: may(asking, verb, register) for verb in VERBS}


def fields_of(role: str, register: Register, now: Any) -> list[FieldRight]:
    """Return how the role meets each field, as the gates say."""
    asking = acting_as(role, now)
    if not may(asking, "read", register):
        return [
            FieldRight(spec, "看不到", False, "不能查看这项登记")
            for spec in register.fields.values()
        ]
    written = surface(asking, register, "form")
    enters = may(asking, "create", register) or may(asking, "edit", register)
    found = []
    for spec in register.fields.values():
        treated = treatment(asking, register, spec)
        on_form = written.get(spec.name)
        writable = bool(enters) and on_form is not None and on_form.writable
        shown = {HIDE: "看不到", MASK: "遮蔽"}.get(treated, "看得到")
        found.append(FieldRight(spec, shown, writable, _why(role, spec, treated, writable, enters)))
    return found


def _why(role: str, spec: FieldSpec, treated: str, writable: bool, enters: Decision) -> str:
    said = []
    if treated in (HIDE, MASK):
        said.append(SECRECY[spec.secret] or "保密")
    if treated == MASK and role in (CLERK, LEADERSHIP):
        said.append("可写明理由查看完整")
    if not writable and spec.readonly:
        said.append("由系统填写")
    elif not writable and not enters:
        said.append(enters.reason)
    return "；".join(said)


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show one role over all registers, or one register over all roles."""
    acting = _office()
    declared = find(request.args.get("register", ""))
    role = request.args.get("role", "")
    role = role if role in ROLES else TEACHER
    shared = {
        "roles": ROLES,
        "role": role,
        "declared": declared,
        "registers": [(box.title, _in_box(box)) for box in Box if _in_box(box)],
        "export_url": url_for("permissions.export"),
        "verbs": VERBS,
    }
    if declared is not None:
        return render_template(
            "permissions/register.html",
            page_title=f"谁能看“{declared.title}”",
            by_role=_by_role(declared, acting.now),
            by_field=_by_field(declared, acting.now),
            **shared,
        )
    return render_template(
        "permissions/role.html",
        page_title=f"{ROLES[role]}能看什么",
        groups=[(box.title, _by_register(role, box, acting.now)) for box in Box if _in_box(box)],
        **shared,
    )


def _office() -> Actor:
    acting = actor()
    if acting.role not in OFFICE:
        raise Denied("“谁能看什么”由文员和领导小组查看")
    return acting


def _in_box(box: Box) -> list[Register]:
    return [register for register in REGISTERS.values() if register.box is box]


def _by_register(role: str, box: Box, now: Any) -> list[dict[str, Any]]:
    found = []
    for register in _in_box(box):
        decided = verbs_of(role, register, now)
        hidden = [one.spec.label for one in fields_of(role, register, now) if one.shown == "看不到"]
        masked = [one.spec.label for one in fields_of(role, register, now) if one.shown == "遮蔽"]
        reads = bool(decided["read"])
        found.append(
            {
                "title": register.title,
                "url": url_for("permissions.index", register=register.slug),
                "reads": reads,
                "rows": rows_of(role, register) if reads else decided["read"].reason,
                "verbs": [word for verb, word in VERBS.items() if verb != "read" and decided[verb]],
                "enters": bool(decided["create"] or decided["edit"]),
                "masked": masked if reads else [],
                "hidden": hidden if reads else [],
            }
        )
    return found


def _by_role(declared: Register, now: Any) -> list[dict[str, Any]]:
    return [
        {
            "role": word,
            "rows": rows_of(role, declared),
            "verbs": [
                {"word": VERBS[verb], "allowed": bool(one), "reason": one.reason}
                for verb, one in verbs_of(role, declared, now).items()
            ],
        }
        for role, word in ROLES.items()
    ]


def _by_field(declared: Register, now: Any) -> list[dict[str, Any]]:
    per_role = {role: fields_of(role, declared, now) for role in ROLES}
    return [
        {"label": spec.label, "cells": [per_role[role][place] for role in ROLES]}
        for place, spec in enumerate(declared.fields.values())
    ]


@bp.get("/export.xlsx")
def export() -> ResponseReturnValue:
    """Send everything as a workbook: a sheet of verbs and a sheet of fields."""
    acting = _office()
    sheets = [
        Sheet(
            "登记权限",
            ("身份", "类别", "登记", "看哪些记录", "办理", "可以", "依据"),
            list(_verb_lines(acting.now)),
        ),
        Sheet(
            "栏目权限",
            ("身份", "登记", "栏目", "查看", "填写", "依据"),
            list(_field_lines(acting.now)),
        ),
    ]
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "rights.xlsx"
        write_workbook(target, sheets, title="谁能看什么", made_at=acting.now, made_by=acting.name)
        data = target.read_bytes()
    audit.log_access(acting, "export", "permissions", detail="谁能看什么")
    name = f"谁能看什么-{acting.today:%Y%m%d}.xlsx"
    return send_file(BytesIO(data), XLSX, as_attachment=True, download_name=name)


def _verb_lines(now: Any) -> Iterator[tuple[str, ...]]:
    for role, word in ROLES.items():
        for register in REGISTERS.values():
            decided = verbs_of(role, register, now)
            rows = rows_of(role, register) if decided["read"] else "—"
            for verb, one in decided.items():
                yes = "可以" if one else "不可以"
                yield word, register.box.title, register.title, rows, VERBS[verb], yes, one.reason


def _field_lines(now: Any) -> Iterator[tuple[str, ...]]:
    for role, word in ROLES.items():
        for register in REGISTERS.values():
            for one in fields_of(role, register, now):
                written = "可填" if one.writable else "不可填"
                yield word, register.title, one.spec.label, one.shown, written, one.reason
