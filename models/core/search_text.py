"""The texts a record is found by, kept per level of secrecy, and the pinyin keys of names.

The three columns hold disjoint parts: what all may search, what only staff may, what only the
office may. In the open part the names of people linked to the record are masked, because an
inspector must not find by a name what is shown without it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

from peewee import SQL

from models.core import pinyin, search_blocks
from models.core.converters import show
from models.core.fields import Secrecy
from models.core.gates import every_row, is_free_text
from models.core.masking import for_search, name_fields
from models.core.register import Register, line_registers, parent_register
from models.core.whose import child_links, children_named

_LEVEL = {
    Secrecy.OPEN: "search_open",
    Secrecy.NAME: "search_staff",
    Secrecy.ADDRESS: "search_staff",
    Secrecy.PRIVATE: "search_staff",
    Secrecy.PHONE: "search_office",
}


@dataclass(frozen=True)
class Around:
    """Whom the free texts of a record may speak of: children, and names typed on it by hand."""

    children: frozenset[int]
    names: frozenset[str]


NOBODY = Around(frozenset(), frozenset())


def children_around(register: Register, records: Iterable[Any]) -> dict[int, set[int]]:
    """Return per record the children its free text may speak of: its own and those of its lines."""
    return {one: set(around.children) for one, around in people_around(register, records).items()}


def people_around(register: Register, records: Iterable[Any]) -> dict[int, Around]:
    """Return per record the people its free text may speak of: its own and those of its lines.

    A line's text may also speak of those on the other lines of its record. At most one query.
    """
    chosen = list(records)
    home = parent_register(register) or register
    owners = {
        record.id: record.__data__[register.parent] if register.parent else record.id
        for record in chosen
    }
    parts = [part for lines in line_registers(home) for part in _on_lines(lines, owners.values())]
    people: dict[int, tuple[set[Any], set[Any]]] = {
        record.id: (children_named(register, record.__data__), _own_names(register, record))
        for record in chosen
    }
    of_owner: dict[int, list[int]] = {}
    for one, owner in owners.items():
        of_owner.setdefault(owner, []).append(one)
    for owner, child, name in reduce(add, parts).tuples() if parts and owners else ():
        for one in of_owner[owner]:
            people[one][0].add(child)
            people[one][1].add(name)
    return {
        one: Around(frozenset(children - {None}), frozenset(names - {None, ""}))
        for one, (children, names) in people.items()
    }


def _on_lines(lines: Register, owners: Iterable[int]) -> Iterable[Any]:
    """Return the queries of (record, child, name) of the lines of some records."""
    model = lines.model
    parent = getattr(model, lines.parent)
    mine = every_row(lines).where(parent.in_(set(owners)))
    nothing = SQL("NULL")
    for spec in child_links(lines):
        column = getattr(model, spec.name)
        yield mine.select(parent.alias("owner"), column.alias("child"), nothing)
    for spec in name_fields(lines):
        yield mine.select(parent.alias("owner"), nothing, getattr(model, spec.name).alias("name"))


def _own_names(register: Register, record: Any) -> set[Any]:
    return {record.__data__.get(spec.name) for spec in name_fields(register)}


def refresh(register: Register, record: Any) -> None:
    """Set the search and pinyin columns of a record from its present values."""
    parts: dict[str, list[str]] = {"search_open": [], "search_staff": [], "search_office": []}
    children = children_named(register, record.__data__)
    names = [name for name in _own_names(register, record) if name]
    for spec in register.fields.values():
        if not spec.search or spec.secret not in _LEVEL or spec.target is not None:
            continue
        text = show(spec.field, getattr(record, spec.name))
        if spec.secret is not Secrecy.OPEN:
            parts[_LEVEL[spec.secret]].append(text)
            continue
        masked = text
        if is_free_text(spec):
            masked = for_search(text, children, names)
        parts["search_open"].append(masked)
        if masked != text:
            parts["search_staff"].append(text)
    for column, texts in parts.items():
        setattr(record, column, " ".join(text for text in texts if text).lower())
    search_blocks.note(register, record)
    if register.pinyin:
        name = getattr(record, register.pinyin) or ""
        record.pinyin_key = pinyin.sort_key(name)
        record.pinyin_search = pinyin.search_keys(name)
