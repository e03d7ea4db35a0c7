"""`docs/registers.md`: the reference of all registers, written from their declarations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from models.core.boxes import ROLES
from models.core.described import NEEDS, SECRECY, TYPES, registers_data
from models.core.fields import Secrecy
from models.core.register import REGISTERS
from models.core.rights import VERBS

HEAD = """# Registers

Written from the declarations by `python app.py registers --docs`; do not edit by hand.

必填 = cannot be saved without · 应填 = may be missing, then the record is incomplete · 可填 =
optional · 自动 = worked out or written by the product. The roles' verbs are those on the register
as a whole; whose rows a teacher sees is said by the register's scope.
"""


def registers_text(systems: Mapping[str, Sequence[str]]) -> str:
    """Return the whole reference page; `systems` as for `registers_data`."""
    parts = [HEAD]
    for (number, title), registers in groupby(
        registers_data(systems), key=lambda data: (data["box"], data["box_title"])
    ):
        parts.append(f"\n## {number} {title}\n")
        parts.extend(_register_text(data) for data in registers)
    return "".join(parts)


def _register_text(data: dict[str, Any]) -> str:
    lines = [f"\n### {data['title']} `{data['slug']}`\n", f"{data['purpose']}。\n"]
    about = _about(data)
    if about:
        lines.append(f"{about}\n")
    lines.append(
        "| 字段 | 名称 | 类型 | 要求 | 保密 | 说明 |\n| --- | --- | --- | --- | --- | --- |"
    )
    lines.extend(_row(field) for field in data["fields"])
    lines.append("")
    for one in data["derived"]:
        lines.append(f"- 推算：{one['label']} `{one['name']}`")
    if data["evidence"]:
        kinds = "、".join(f"{label} `{kind}`" for kind, label in data["evidence"].items())
        lines.append(f"- 附件：{kinds}")
    lines.extend(f"- 规则：{rule}" for rule in data["rules"])
    lines.append(f"- 权限：{_rights(data['verbs'])}\n")
    return "\n".join(lines)


def _about(data: dict[str, Any]) -> str:
    said = []
    if data["systems"]:
        said.append(f"Counts for {' '.join(data['systems'])}.")
    if data["parent"]:
        said.append(f"Lines of {REGISTERS[data['parent']].title}.")
    if data["sealed"]:
        said.append("Sealed.")
    if data["happened"]:
        said.append(f"Happened: `{data['happened']}`.")
    return " ".join(said)


def _row(field: dict[str, Any]) -> str:
    kind = TYPES.get(field["type"], field["type"])
    if "target" in field:
        kind = f"→ {REGISTERS[field['target']].title}"
    secrecy = SECRECY[Secrecy(field["secrecy"])]
    cells = (
        f"`{field['name']}`",
        field["label"],
        kind,
        NEEDS[field["need"]],
        secrecy,
        _notes(field),
    )
    return "| " + " | ".join(cells) + " |"


def _notes(field: dict[str, Any]) -> str:
    notes = []
    if field.get("choices"):
        words = field["choices"]
        more = f" … 共 {len(words)} 项" if len(words) > 12 else ""
        notes.append("、".join(words[:12]) + more)
    if field.get("unit"):
        notes.append(f"单位 {field['unit']}")
    for key in ("show_if", "wanted_if"):
        if field.get(key):
            notes.append(f"{key} `{field[key]}`".replace("|", "\\|"))
    if field.get("help"):
        notes.append(field["help"])
    return "；".join(notes).replace("\n", " ")


def _rights(verbs: dict[str, list[str]]) -> str:
    told = [
        f"{ROLES[role]} {'、'.join(VERBS[verb] for verb in given)}"
        for role, given in verbs.items()
        if given
    ]
    return "；".join(told)
