"""What a record can tell about its photos: caption elements, and the children probably on them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from models.core.actor import Actor
from models.core.converters import show
from models.core.fields import Secrecy
from models.core.gates import every_row
from models.core.register import Register, line_registers
from models.core.values import mask_address
from models.core.whose import children_named

# What a person may say about a photo: the six elements and a remark.
CAPTION_FIELDS = ("matter", "taken_at", "place", "people", "background", "photographer", "note")


def said_caption(said: Mapping[str, str]) -> dict[str, str]:
    """Return of what was posted about a photo only what belongs to a caption."""
    return {name: str(said[name]) for name in CAPTION_FIELDS if name in said}


def proposed_caption(actor: Actor, register: Register, record: Any) -> dict[str, Any]:
    """Return the caption elements a record itself can tell.

    Names and addresses stay out: a caption is read further than the record is.
    """
    open_words = [
        show(spec.field, record.__data__.get(spec.name))
        for spec in (register.fields[name] for name in register.label)
        if spec.target is None and spec.secret is Secrecy.OPEN and spec.name != register.happened
    ]
    title = re.sub(r"(记录|登记)$", "", register.title)
    place = getattr(record, "place", None) if "place" in register.fields else None
    if not place and "address" in register.fields:
        place = mask_address(record.address or "")
    return {
        "matter": " ".join([title, *filter(None, open_words)])[:80],
        "taken_at": _happened_at(register, record),
        "place": (place or "")[:60],
        "photographer": actor.name[:40],
    }


def _happened_at(register: Register, record: Any) -> datetime | None:
    value = getattr(record, register.happened) if register.happened else None
    if isinstance(value, datetime):
        return value
    return datetime.combine(value, time()) if isinstance(value, date) else None


def children_of(register: Register, record: Any) -> set[int]:
    """Return the ids of the children a record's photo probably shows: its own and its lines'.

    A line that names a child's parent or guardian stands for that grown-up, not for the child.
    """
    found = children_named(register, record.__data__)
    for lines in line_registers(register):
        column = getattr(lines.model, lines.parent)
        for line in every_row(lines).where(column == record.id):
            relatives = [line.__data__.get(name) for name in ("parent", "guardian")]
            if not any(relatives):
                found |= children_named(lines, line.__data__)
    return found
