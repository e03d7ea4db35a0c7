"""Whose record it is: the child a row is about, and all children it names.

One register holds the children themselves (`about="id"`). A row of another is about the child of
its first link to them, unless its declaration names another link or, with "", none: a group that
one child leads is not about that child.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.core.fields import FieldSpec
from models.core.register import OWN_ROW, REGISTERS, Register


def children_register() -> Register | None:
    """Return the register of the children themselves, None before it is declared."""
    return next((register for register in REGISTERS.values() if register.about == OWN_ROW), None)


def child_links(register: Register) -> list[FieldSpec]:
    """Return the fields of a register that name a child, sealed ones included, in order."""
    children = children_register()
    model = children.model if children is not None else None
    return [spec for spec in register.links if spec.target is model]


def about(register: Register) -> str:
    """Return the field that says whose a row is: a link, "id" for the children, "" for none."""
    if register.about is not None:
        return register.about
    return next((spec.name for spec in child_links(register)), "")


def child_column(register: Register) -> Any | None:
    """Return the column of the child a row is about; None without one, or where it is sealed."""
    name = about(register)
    if name == OWN_ROW:
        return register.model.id
    return getattr(register.model, name) if name in register.model._meta.fields else None


def child_of(register: Register, values: Mapping[str, Any]) -> int | None:
    """Return the child a row is about, read from its values by field name; None without one."""
    found = values.get(about(register))
    return int(found) if found else None


def children_named(register: Register, values: Mapping[str, Any]) -> set[int]:
    """Return every child a row names itself, in any of its columns, or is."""
    if about(register) == OWN_ROW:
        return {int(values[OWN_ROW])} if values.get(OWN_ROW) else set()
    columns = register.model._meta.fields
    names = [spec.name for spec in child_links(register) if spec.name in columns]
    return {int(found) for name in names if (found := values.get(name))}
