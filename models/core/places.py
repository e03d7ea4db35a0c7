"""Where a record stands: at the school itself, or at one of its village points (校点).

A room and a class say it by a link declared with `place`; what happens in a room, or with a thing
kept there, stands where the room does, and a child where the class of the day does. Most schools
have no such points: no page shows the link then (`models.core.gates.places`).
"""

from __future__ import annotations

from functools import cache
from typing import Any

from peewee import fn

from models.core.database import living
from models.core.fields import FieldSpec
from models.core.register import REGISTERS, Register, register_of

# What the school itself is called beside its points.
MAIN = "本部"
# A use is of a thing, the thing stands in a room, the room is at a point: nothing lies further.
FURTHEST = 3


def place_link(register: Register) -> FieldSpec | None:
    """Return the link by which a register's own rows say where they stand."""
    return next((spec for spec in register.links if spec.place), None)


def place_register() -> Register | None:
    """Return the register of the places themselves, None before it is declared."""
    links = (place_link(register) for register in REGISTERS.values())
    return next((register_of(spec.target) for spec in links if spec is not None), None)


@cache
def way(register: Register) -> tuple[str, ...]:
    """Return the shortest chain of links from a register to its place, () where none leads there.

    A screening leads to its opening, that to the room, and the room to the point.
    """
    chains: list[tuple[tuple[str, ...], Register]] = [((), register)]
    for _ in range(FURTHEST):
        for chain, reached in chains:
            place = place_link(reached)
            if place is not None:
                return (*chain, place.name)
        chains = [
            ((*chain, spec.name), register_of(spec.target))
            for chain, reached in chains
            for spec in reached.links
        ]
    return ()


def place_of(register: Register, chain: tuple[str, ...]) -> Any:
    """Return the expression of the place at the end of a chain; 0 is the school itself."""
    return fn.COALESCE(_end_of(register, chain), 0)


def _end_of(register: Register, chain: tuple[str, ...]) -> Any:
    first, *rest = chain
    column = getattr(register.model, first)
    if not rest:
        return column
    target = register_of(register.spec(first).target)
    return living(target.model, _end_of(target, tuple(rest)), target.model.id == column)
