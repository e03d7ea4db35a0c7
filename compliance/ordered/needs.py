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
from compliance.ordered.conditions import condition, filled, refuse
from compliance.ordered.declaration import Filter
from compliance.ordered.special_needs import SPECIAL
from models.core import toml
from models.core.conditions import EVERYTHING
from models.core.database import within
from models.core.gates import every_row
from models.core.register import Register, find, register_of
from models.core.toml import Declared, FieldName, Slug, Text
from models.kept.photos import Photo

NEEDS = Path(__file__).parent.parent / "data" / "needs.toml"


class Need(Declared, frozen=True):
    """The ways in which one need of one register can be met; any of them is enough.

    `fields` is met by any of them filled in, `where` by values of the record itself.
    """

    evidence: Text | Literal[""] = ""
    fields: tuple[FieldName, ...] = ()
    where: Filter = {}
    lines: Slug | Literal[""] = ""
    elsewhere: tuple[str, ...] = ()

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
        return Need(elsewhere=special.registers)
    own = written().get(register.slug, {}).get(name)
    if own is not None:
        return own
    if name in register.evidence:
        return Need(evidence=name)
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
    model = register.model
    ways = []
    if asked.evidence:
        photos = every_row(register_of(Photo)).select(Photo.record_id)
        ways.append(
            within(
                model.id,
                photos.where(Photo.register == register.slug, Photo.evidence == asked.evidence),
            )
        )
    ways += [filled(register, name) for name in asked.fields]
    if asked.where:
        ways.append(condition(register, asked.where))
    if asked.lines:
        lines = find(asked.lines)
        assert lines is not None
        inside = every_row(lines).select(getattr(lines.model, lines.parent))
        ways.append(within(model.id, inside))
    return reduce(or_, ways)


def check(code: str, register: Register, needs: Iterable[str]) -> None:
    """Refuse a need that the register has no way to meet."""
    for name in needs:
        asked = need(register, name)
        if asked == Need():
            refuse(code, register, name, "既没有这种附件，也没有这个字段")
        for field in asked.fields:
            if field not in register.fields:
                refuse(code, register, field, "登记里没有这个字段")
        conditions.check(code, register, asked.where)
        if asked.evidence and asked.evidence not in register.evidence:
            refuse(code, register, asked.evidence, "登记里没有这种附件")
        lines = find(asked.lines) if asked.lines else None
        if asked.lines and (lines is None or not lines.parent):
            refuse(code, register, asked.lines, "没有这样的明细登记")
