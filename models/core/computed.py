"""Values worked out of a record, set right where the stored one is not what the record says.

Every save works them out anew; a new version of the program that reckons otherwise, an undo or a
repair by hand leaves the stored ones behind. The nightly upkeep looks at them all. What is marked
`as_saved` is left alone: it says what was true of other records when it was saved.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from models.core import service
from models.core.actor import system
from models.core.fields import FieldSpec
from models.core.gates import every_row
from models.core.history import snapshot
from models.core.register import REGISTERS, Register

CHUNK = 1000


def reckoned(register: Register) -> list[FieldSpec]:
    """Return the fields of a register that follow from the record alone."""
    specs = register.fields.values()
    return [spec for spec in specs if spec.computed is not None and not spec.as_saved]


def set_right(now: datetime) -> int:
    """Write every such value that is not what its record says; return of how many records.

    Nothing of what somebody typed changes, so the lock of a closed semester is not asked: a wrong
    sum in it would stay wrong for ever. Each is noted in the chain as written by the product.
    """
    count = 0
    for register in REGISTERS.values():
        specs = [] if register.sealed else reckoned(register)
        if not specs:
            continue
        for stale in _stale(register, specs):
            count += _write(register, specs, stale, now)
    return count


def _stale(register: Register, specs: list[FieldSpec]) -> Iterator[list[int]]:
    """Yield the ids of records with a value that is not what the record says."""
    model, last = register.model, 0
    while True:
        query = every_row(register).where(model.id > last).order_by(model.id)
        part = list(query.limit(CHUNK))
        if not part:
            return
        last = part[-1].id
        stale = [row.id for row in part if _wrong(specs, row)]
        if stale:
            yield stale


def _wrong(specs: list[FieldSpec], record: Any) -> set[str]:
    return {
        spec.name
        for spec in specs
        if spec.computed is not None and spec.computed(record) != record.__data__.get(spec.name)
    }


def _write(register: Register, specs: list[FieldSpec], ids: list[int], now: datetime) -> int:
    """Write the values of some records anew; who was quicker has put them right already."""
    model, count = register.model, 0
    with service.work(system(now)) as current:
        for record in every_row(register).where(model.id.in_(ids)):
            names = _wrong(specs, record)
            before = snapshot(register, record)
            for spec in specs:
                if spec.computed is not None and spec.name in names:
                    setattr(record, spec.name, spec.computed(record))
            if names:
                service.write_dirty(current, register, record, names)
                after = snapshot(register, record)
                changes = {name: [before[name], after[name]] for name in sorted(names)}
                current.note("update", register, record, {"changes": changes})
                current.touch(register, before, after)
                count += 1
    return count
