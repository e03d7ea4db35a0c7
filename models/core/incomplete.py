"""Which records lack something, as a condition of a query: the SQL twin of `missing_wanted`."""

from __future__ import annotations

from functools import reduce
from operator import and_, or_
from typing import Any

from models.core.conditions import condition, filled, read
from models.core.database import EVERYTHING, NOTHING
from models.core.register import Register, asked_field


def may_lack(register: Register) -> bool:
    """Return whether a record of the register can be incomplete: it wants a field or evidence."""
    return bool(register.wants) or any(spec.wanted for spec in register.fields.values())


def incomplete(register: Register, *, evidence: bool = True) -> Any:
    """Return the condition that a record lacks a wanted field or, with `evidence`, wanted evidence.

    Sealed values are no columns; what they lack cannot be asked here.
    """
    parts = [
        reduce(and_, (_met(register, said) for said in spec.conditions), ~filled(register, name))
        for name, spec in register.fields.items()
        if spec.wanted and _is_column(register, name)
    ]
    parts += [
        ~filled(register, kind) & _met(register, said)
        for kind, said in (register.wants.items() if evidence else ())
    ]
    return reduce(or_, parts, NOTHING)


def _met(register: Register, said: str) -> Any:
    """Return a declared condition; one that asks a sealed field is taken for met."""
    open_to_sql = not said or _is_column(register, asked_field(said))
    return condition(register, read(register, said)) if open_to_sql else EVERYTHING


def _is_column(register: Register, name: str) -> bool:
    return name in register.model._meta.fields
