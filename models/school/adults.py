"""An adult's own particulars changed once: the rows of siblings, of parent and guardian follow.

Only what said the same before follows, in the same transaction and under the same actor, also where
that teacher does not see the sibling: it is the same telephone. A cleared cell does not follow, and
whoever was given another name is another person, whose other rows stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from models.core.gates import every_row
from models.core.history import snapshot, written_changes
from models.core.lookups import chunks
from models.core.register import Register, register_of
from models.core.service import Work, watches, write_dirty
from models.kept.adults import OWN, Values, is_same_adult
from models.kept.children import Guardian, Parent

REGISTERS = (register_of(Parent), register_of(Guardian))


def _note(current: Work, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Remember an adult whose own particulars changed; whoever has another name is another."""
    if not before or not after or before["name"] != after["name"]:
        return
    changed = {n: after[n] for n in OWN if after.get(n) not in (None, "", before.get(n))}
    if changed:
        current.at_end(_follow, (before, changed))


for _register in REGISTERS:
    watches(_register)(_note)


def _follow(current: Work, told: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    """Change what an adult's other rows said alike; what stood otherwise there is left alone."""
    by_name: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = {}
    for before, changed in told:
        by_name.setdefault(before["name"], []).append((before, changed))
    for register in REGISTERS:
        for part in chunks(sorted(by_name)):
            for record in list(every_row(register).where(register.model.name.in_(part))):
                for before, changed in by_name[record.name]:
                    if is_same_adult(before, record.__data__):
                        _change(current, register, record, before, changed)


def _change(
    current: Work, register: Register, record: Any, before: Values, changed: Values
) -> None:
    standing = snapshot(register, record)
    limit = current.lock.limit(register, record)
    if limit is not None and limit.shut:
        return
    for name, value in changed.items():
        if name in register.fields and record.__data__.get(name) == before[name]:
            record.__data__[name] = value
    changes = written_changes(register, standing, record)
    if changes:
        write_dirty(current, register, record, set(changes))
        current.note("update", register, record, {"changes": changes})
        current.touch(register, standing, snapshot(register, record))
