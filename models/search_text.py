"""The texts a record is found by, kept per level of secrecy, and the pinyin keys of names.

The three columns hold disjoint parts: what all may search, what only staff may, what only the
office may. In the open part the names of people linked to the record are masked, because an
inspector must not find by a name what is shown without it.
"""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import Any

from models import pinyin, values
from models.converters import show
from models.fields import Secrecy
from models.gates import every_row
from models.register import Register, find

_LEVEL = {
    Secrecy.OPEN: "search_open",
    Secrecy.NAME: "search_staff",
    Secrecy.ADDRESS: "search_staff",
    Secrecy.PRIVATE: "search_staff",
    Secrecy.PHONE: "search_office",
}


def names_around(child_ids: list[int]) -> dict[int, list[str]]:
    """Return per child the names of the child, the parents and the guardians."""
    names: dict[int, list[str]] = {child_id: [] for child_id in child_ids}
    parts = []
    for slug, key in (("child", "id"), ("parent", "child"), ("guardian", "child")):
        declared = find(slug)
        if declared is None or not child_ids:
            continue
        model = declared.model
        column = getattr(model, key)
        parts.append(every_row(declared).select(column, model.name).where(column.in_(child_ids)))
    if not parts:
        return names
    # One query for the three: peewee's + is UNION ALL.
    for child_id, name in reduce(add, parts).tuples():
        if name:
            names[child_id].append(name)
    return names


def child_of(register: Register, record: Any) -> int | None:
    """Return the id of the child a record is about, None when it is about none."""
    if register.slug == "child":
        return int(record.id) if record.id else None
    return getattr(record, "child_id", None) if "child" in register.fields else None


def refresh(register: Register, record: Any, names: list[str]) -> None:
    """Set the search and pinyin columns of a record from its present values.

    `names` are the names of the people linked to it.
    """
    parts: dict[str, list[str]] = {"search_open": [], "search_staff": [], "search_office": []}
    for spec in register.fields.values():
        if not spec.search or spec.secret not in _LEVEL or spec.target is not None:
            continue
        text = show(spec.field, getattr(record, spec.name))
        masked = values.mask_names_in(text, names)
        parts[_LEVEL[spec.secret]].append(masked if spec.secret is Secrecy.OPEN else text)
        if spec.secret is Secrecy.OPEN and masked != text:
            parts["search_staff"].append(text)
    for column, texts in parts.items():
        setattr(record, column, " ".join(text for text in texts if text).lower())
    if register.pinyin:
        name = getattr(record, register.pinyin) or ""
        record.pinyin_key = pinyin.sort_key(name)
        record.pinyin_search = pinyin.search_keys(name)
