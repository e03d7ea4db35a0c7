"""The declarations as plain data: what the documentation and `registers --json` are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from models.core.actor import Actor
from models.core.boxes import ROLES
from models.core.fields import FieldSpec, Link, Secrecy
from models.core.register import REGISTERS, Register, register_of
from models.core.rights import VERBS, may

# A date is needed to name an actor; no verb depends on it.
_SOME_DAY = datetime(2000, 1, 1)
TYPES = {
    "AutoField": "编号",
    "BooleanField": "是否",
    "CharField": "文字",
    "DateField": "日期",
    "DateTimeField": "日期时间",
    "DurationField": "用时",
    "ExactMomentField": "日期时间（到秒）",
    "IdNumberField": "身份证件号",
    "IntegerField": "整数",
    "Link": "关联",
    "MinutesField": "分钟",
    "MoneyField": "金额",
    "MonthField": "月份",
    "PersonNameField": "姓名",
    "PhoneField": "电话",
    "ScaledField": "小数",
    "SchoolNumberField": "学籍号",
    "TextField": "长文字",
    "TimeField": "时间",
    "TitledField": "名称",
    "WordField": "单选",
    "WordsField": "多选",
}
NEEDS = {"required": "必填", "wanted": "应填", "optional": "可填", "computed": "自动"}
SECRECY = {
    Secrecy.OPEN: "",
    Secrecy.NAME: "督查遮蔽",
    Secrecy.ADDRESS: "督查遮蔽到村",
    Secrecy.PHONE: "电话",
    Secrecy.IDENTITY: "人人遮蔽",
    Secrecy.PRIVATE: "督查看不到",
    Secrecy.INTERNAL: "不显示",
    Secrecy.SEALED: "密封",
}


def need_of(spec: FieldSpec) -> str:
    """Return required, wanted, optional, or computed for what nobody types."""
    if spec.computed is not None or spec.readonly:
        return "computed"
    if spec.required or (spec.never_empty and not spec.field.null):
        return "required" if spec.required else "optional"
    return "wanted" if spec.wanted else "optional"


def type_of(spec: FieldSpec) -> str:
    """Return the name of the field's type, e.g. WordField."""
    return "Link" if isinstance(spec.field, Link) else type(spec.field).__name__


def field_data(spec: FieldSpec) -> dict[str, Any]:
    """Return one field as plain data."""
    data: dict[str, Any] = {
        "name": spec.name,
        "label": spec.label,
        "type": type_of(spec),
        "need": need_of(spec),
        "required": spec.required,
        "secrecy": spec.secret.value,
    }
    if spec.target is not None:
        data["target"] = register_of(spec.target).slug
    words = getattr(spec.field, "words", None)
    if words:
        data["choices"] = list(words)
    for key in ("help", "unit", "show_if", "wanted_if"):
        if getattr(spec, key):
            data[key] = getattr(spec, key)
    return data


def verbs_of(register: Register) -> dict[str, list[str]]:
    """Return per role the verbs it has on the register as a whole."""
    return {
        role: [verb for verb in VERBS if may(Actor(role=role, now=_SOME_DAY), verb, register)]
        for role in ROLES
    }


def register_data(register: Register, systems: Sequence[str]) -> dict[str, Any]:
    """Return one register as plain data, fields in declared order, with who asks for it."""
    return {
        "slug": register.slug,
        "title": register.title,
        "box": register.box.number,
        "box_title": register.box.title,
        "purpose": register.purpose,
        "systems": list(systems),
        "parent": register.parent and register_of(register.fields[register.parent].target).slug,
        "menu": register.menu,
        "sealed": register.sealed,
        "happened": register.happened,
        "evidence": dict(register.evidence),
        "derived": [{"name": derived.name, "label": derived.label} for derived in register.derived],
        "rules": [_said(rule) for rule in (*register.rules, *register.whole_rules)],
        "fields": [field_data(spec) for spec in register.fields.values()],
        "verbs": verbs_of(register),
    }


def _said(rule: Any) -> str:
    return (rule.__doc__ or "").strip().split("\n")[0]


def registers_data(systems: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """Return every register as plain data, box by box in the order of the boxes.

    `systems` names per register the regulations that ask for it: the clauses know, not it.
    """
    boxes = list(type(next(iter(REGISTERS.values())).box))
    ordered = sorted(REGISTERS.values(), key=lambda register: boxes.index(register.box))
    return [register_data(register, systems.get(register.slug, ())) for register in ordered]
