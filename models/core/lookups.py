"""Looking up at once what checking many records would ask one by one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from models.core import validation
from models.core.actor import Actor
from models.core.gates import directory, every_row, rows
from models.core.known import Known
from models.core.register import Register, register_of

# How many values one query names.
CHUNK = 400


def chunks(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """Return the values in parts small enough for one query."""
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))


def look_up(actor: Actor, register: Register, records: Sequence[Any], known: Known) -> None:
    """Look up in a few queries what checking these records would ask one by one."""
    for spec in register.links:
        ids = {record.__data__.get(spec.name) for record in records} - {None}
        if spec.name != register.parent and ids:
            _look_up_links(actor, register, spec, ids, known)
    for key in register.key:
        _look_up_keys(register, key, records, known)


def _look_up_links(
    actor: Actor, register: Register, spec: Any, ids: set[int], known: Known
) -> None:
    target = register_of(spec.target)
    model = target.model
    allowed = known.links.setdefault((register.slug, spec.name), set())
    owners = known.owners.setdefault((register.slug, spec.name), {})
    allowed |= {number for number in ids if number < 0}
    from_directory = validation.picks_from_directory(actor, register, spec)
    for part in chunks(sorted(n for n in ids - allowed if n > 0)):
        if from_directory:
            query = directory(target, model.id).where(model.deleted_at.is_null(True))
        else:
            query = rows(actor, target).select(model.id)
        allowed |= {found for (found,) in query.where(model.id.in_(part)).tuples()}
        if spec.of:
            owner = getattr(model, spec.of)
            pairs = every_row(target).select(model.id, owner).where(model.id.in_(part))
            owners.update(pairs.tuples())


def _look_up_keys(
    register: Register, key: tuple[str, ...], records: Sequence[Any], known: Known
) -> None:
    model = register.model
    held = known.keys.setdefault((register.slug, key), {})
    first = key[0]
    wanted = {record.__data__.get(first) for record in records} - {None, ""}
    columns = [getattr(model, name) for name in key]
    for part in chunks(sorted(wanted, key=str)):
        query = every_row(register).select(model.id, *columns).where(columns[0].in_(part))
        for number, *values in query.tuples():
            held.setdefault(tuple(values), number)
