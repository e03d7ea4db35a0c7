"""The texts a record is found by, kept per level of secrecy, and the pinyin keys of names.

The three columns hold disjoint parts: what all may search, what only staff may, what only the
office may. In the open part the names of people linked to the record are masked, because an
inspector must not find by a name what is shown without it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import add
from typing import Any

from peewee import TextField

from models.core import pinyin, values
from models.core.converters import show
from models.core.fields import Secrecy
from models.core.gates import every_row, is_number_alone
from models.core.register import Register, find, line_registers, parent_register

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


def _child_links(register: Register) -> list[str]:
    """Return the names of a register's links to children that are columns."""
    child = find("child")
    columns = register.model._meta.fields
    return [
        spec.name
        for spec in register.links
        if child is not None and spec.target is child.model and spec.name in columns
    ]


def children_around(register: Register, records: Iterable[Any]) -> dict[int, set[int]]:
    """Return per record the children its free text may speak of: its own and those of its lines.

    A line's text may also speak of the children on the other lines of its record. At most one
    query.
    """
    chosen = list(records)
    found = {
        record.id: {getattr(record, f"{n}_id") for n in _child_links(register)} for record in chosen
    }
    if register.slug == "child":
        found = {record.id: {record.id} for record in chosen}
    home = parent_register(register) or register
    owners = {
        record.id: record.__data__[register.parent] if register.parent else record.id
        for record in chosen
    }
    parts = []
    for lines in line_registers(home) if owners else ():
        parent = getattr(lines.model, lines.parent)
        mine = every_row(lines).where(parent.in_(set(owners.values())))
        parts += [mine.select(parent, getattr(lines.model, name)) for name in _child_links(lines)]
    named: dict[int, set[int]] = {}
    for owner, child in reduce(add, parts).tuples() if parts else ():
        named.setdefault(owner, set()).add(child)
    return {
        one: (children | named.get(owners[one], set())) - {None} for one, children in found.items()
    }


def _speaks_of_lines(register: Register) -> bool:
    """Return whether the free texts may name children who stand on lines, saved after the text."""
    home = parent_register(register) or register
    return any(_child_links(lines) for lines in line_registers(home))


def refresh(register: Register, record: Any, names: list[str]) -> None:
    """Set the search and pinyin columns of a record from its present values.

    `names` are the names of the people linked to it.
    """
    parts: dict[str, list[str]] = {"search_open": [], "search_staff": [], "search_office": []}
    for spec in register.fields.values():
        if not spec.search or spec.secret not in _LEVEL or spec.target is not None:
            continue
        text = show(spec.field, getattr(record, spec.name))
        if spec.secret is not Secrecy.OPEN:
            parts[_LEVEL[spec.secret]].append(text)
            continue
        masked = text
        if not is_number_alone(spec):
            masked = values.mask_phones(values.mask_names_in(text, names))
        if isinstance(spec.field, TextField) and _speaks_of_lines(register):
            masked = ""
        parts["search_open"].append(masked)
        if masked != text:
            parts["search_staff"].append(text)
    for column, texts in parts.items():
        setattr(record, column, " ".join(text for text in texts if text).lower())
    if register.pinyin:
        name = getattr(record, register.pinyin) or ""
        record.pinyin_key = pinyin.sort_key(name)
        record.pinyin_search = pinyin.search_keys(name)
