"""What makes a record complete for a duty: attachments, filled fields, lines.

A need is a kind of attachment of the register, or a field of it; what is more than that stands in
`data/needs.toml`, what another record meets in `compliance.special_needs`. Needs never block
saving.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache, reduce
from operator import and_, or_
from pathlib import Path
from typing import Any, Literal

from compliance.ordered import conditions
from compliance.ordered.declaration import Filter
from compliance.ordered.special_needs import SPECIAL
from models.core import toml
from models.core.conditions import Asks, filled, refuse
from models.core.database import EVERYTHING
from models.core.register import Register, find, line_registers
from models.core.toml import Declared, FieldName, Slug, Text

NEEDS = Path(__file__).parent.parent / "data" / "needs.toml"


class Need(Declared, frozen=True):
    """The ways in which one need of one register can be met; any of them is enough.

    `fields` is met by any of them filled in, `where` by values of the record itself, `lines` by a
    line, of those of `lines_where` where that is given. `told` says it in a sentence, where the
    names of all the ways would be too long.
    """

    evidence: Text | Literal[""] = ""
    fields: tuple[FieldName, ...] = ()
    where: Filter = {}
    lines: Slug | Literal[""] = ""
    lines_where: Filter = {}
    elsewhere: tuple[str, ...] = ()
    told: Text | Literal[""] = ""

    @property
    def registers(self) -> tuple[str, ...]:
        """The registers whose rows are looked at besides the record's own."""
        return tuple(filter(None, ("photo" if self.evidence else "", self.lines, *self.elsewhere)))


@cache
def written() -> Mapping[str, Mapping[str, Need]]:
    """Return the needs of the data file, by register and name."""
    return toml.read(NEEDS, dict[str, dict[str, Need]])


def need(register: Register, name: str) -> Need:
    """Return how need `name` is met in `register`; nothing at all when it cannot be."""
    special = SPECIAL.get((register.slug, name))
    if special is not None:
        return Need(elsewhere=special.registers, told=special.told)
    own = written().get(register.slug, {}).get(name)
    if own is not None:
        return own
    if name in register.evidence:
        return Need(evidence=name)
    if any(lines.slug == name for lines in line_registers(register)):
        return Need(lines=name)
    field = name.replace("-", "_")
    return Need(fields=(field,)) if field in register.fields else Need()


def complete(
    register: Register, needs: Iterable[str], fields: Iterable[str] = (), on: date = date.max
) -> Any:
    """Return the SQL condition that a record meets all needs and has all fields filled in."""
    parts = [_meets(register, name, on) for name in needs]
    parts += [filled(register, name) for name in fields]
    return reduce(and_, parts, EVERYTHING)


def _meets(register: Register, name: str, on: date) -> Any:
    special = SPECIAL.get((register.slug, name))
    return special.met(on) if special is not None else _met(register, need(register, name))


def _met(register: Register, asked: Need) -> Any:
    ways = [filled(register, name) for name in (asked.evidence, *asked.fields) if name]
    if asked.lines:
        line = Asks(filled=True, where=dict(asked.lines_where))
        ways.append(conditions.condition(register, {asked.lines: line}))
    ways += [conditions.condition(register, asked.where)] if asked.where else []
    return reduce(or_, ways)


def check(said_by: str, register: Register, needs: Iterable[str]) -> None:
    """Refuse a need that the register has no way to meet."""
    for name in needs:
        asked = need(register, name)
        if asked == Need():
            refuse(said_by, register, name, "既没有这种附件，也没有这个字段")
        for field in asked.fields:
            if field not in register.fields:
                refuse(said_by, register, field, "登记里没有这个字段")
        conditions.check(said_by, register, asked.where)
        if asked.evidence and asked.evidence not in register.evidence:
            refuse(said_by, register, asked.evidence, "登记里没有这种附件")
        lines = find(asked.lines) if asked.lines else None
        if asked.lines and (lines is None or not lines.parent):
            refuse(said_by, register, asked.lines, "没有这样的明细登记")
        if lines is not None:
            conditions.check(said_by, lines, asked.lines_where)
