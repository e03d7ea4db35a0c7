"""The mark a change leaves of the whole record, so that a later change behind the service shows.

A mark is a keyed digest over the record's values, kept in the audit entry. Which fields it covers
is named by a `MarkedFields` row: a field added later is not among them, and a value is written the
same way from either database, so that neither an upgrade nor a move alarms anybody.
"""

from __future__ import annotations

import hmac
from datetime import date, datetime, time
from typing import Any

from peewee import AutoField, CharField, TextField

from models.core import installation
from models.core.audit import canonical
from models.core.database import Base
from models.core.register import Register

# What a mark says besides the declared fields: whose row it is, and whether it is in the bin.
_KEPT = ("act", "batch", "deleted_at", "deleted_by", "entered_at", "entered_by", "late_reason")
_SEALED = ("child_hash", "payload")


class MarkedFields(Base):
    """The fields that marks of one register cover; the names stand sorted, comma between."""

    id = AutoField()
    register = CharField(index=True)
    names = TextField()

    class Meta:
        table_name = "marked_fields"


def fields_of(register: Register) -> str:
    """Return the names of the columns a mark made today covers."""
    stored = register.model._meta.fields
    names = {*register.fields, *_KEPT, *_SEALED} & set(stored)
    return ",".join(sorted(names))


def named_fields(register: Register) -> tuple[int, str]:
    """Return today's fields and the number they are named under, noting them where new."""
    names = fields_of(register)
    row: Any = MarkedFields.get_or_create(register=register.slug, names=names)[0]  # type: ignore[no-untyped-call]
    return int(row.id), names


def mark(register: Register, record: Any, names: str) -> str:
    """Return the mark of a record as it stands, over the named fields."""
    values = [_written(record, name) for name in names.split(",")]
    text = canonical([register.slug, record.id, record.version, names, values])
    return installation.sign("row", text)[:32]


def holds(register: Register, record: Any, names: str, marked: str) -> bool:
    """Return whether a record read from the database is as it was when it was marked."""
    if not set(names.split(",")) <= set(register.model._meta.fields):
        return False
    return hmac.compare_digest(mark(register, record, names), marked)


def _written(record: Any, name: str) -> str:
    """Return a value as both databases give it back."""
    field = type(record)._meta.fields[name]
    value = record.__data__.get(name)
    if value is None or value == "":
        return ""
    value = field.python_value(field.db_value(value))
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, datetime):
        return value.replace(microsecond=0).isoformat(" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value)
