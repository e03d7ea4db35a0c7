"""Indexes that hold whatever the duties read of a register, so that a verdict reads nothing else.

Text columns make the rows of acts wide: read from such an index, a semester of records takes a
third of the time it takes from the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from peewee import TextField

from compliance.judged.questions import duty_register
from compliance.judged.sources import link_to, staff_columns
from compliance.ordered import needs as completeness
from compliance.ordered.catalogue import duties
from compliance.ordered.derived import derived
from compliance.ordered.duty import Duty, MeasureKind, Source
from models.core.register import REGISTERS, Register


def judged_indexes() -> Iterator[str]:
    """Yield the statement that makes the index, per register of acts for a child."""
    read: dict[str, set[str]] = {}
    for duty in duties():
        for part, source, needs in duty.asked:
            read.setdefault(source.register, set()).update(_fields(duty, part, source, needs))
    for slug, names in read.items():
        register = REGISTERS[slug]
        fields = register.model._meta.fields
        wide = any(isinstance(fields.get(name), TextField) for name in names)
        # Only acts for single children come in such numbers; a sealed child is no column.
        if register.happened in fields and "child" in fields and not wide:
            columns = dict.fromkeys(_columns(register, sorted(names)))
            yield _statement(register, columns)


def _fields(duty: Duty, part: int, source: Source, needs: Iterable[str]) -> Iterator[str]:
    """The names of all fields that one source of a duty looks at."""
    register = REGISTERS[source.register]
    yield from (name.partition("__")[0] for name in source.where if not derived(register, name))
    for name in needs:
        asked = completeness.need(register, name)
        yield from (*asked.fields, *asked.where)
    yield from (duty.measure.field, source.date, *register.span)
    yield link_to(register, duty_register(duty)).partition("__")[0]
    if duty.measure.kind is MeasureKind.COMPLETE:
        yield from (duty.parts[part].fields if duty.parts else ()) or duty.measure.fields


def _columns(register: Register, names: Iterable[str]) -> Iterator[str]:
    fields = register.model._meta.fields
    wanted = (register.happened, "child", *names)
    yield from (fields[name].column_name for name in wanted if name in fields)
    yield from (column.column_name for column in staff_columns(register))
    # The condition of the index is looked at again when it is used, so it stands in it too.
    yield from (register.paper,) if register.paper else ()
    yield from ("entered_at", "deleted_at")


def _statement(register: Register, columns: Iterable[str]) -> str:
    listed = ", ".join(f'"{name}"' for name in columns)
    return (
        f'CREATE INDEX IF NOT EXISTS "{register.table}_judged" ON "{register.table}" ({listed}) '
        'WHERE "deleted_at" IS NULL'
    )
