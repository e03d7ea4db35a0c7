"""Batches: an import, a roll-call or a bulk step whose records belong, and can be undone, together.

The state before a batch's updates is kept here and not read back from the audit, whose secrets are
masked; it is erased when the batch is undone or can no longer be.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from peewee import AutoField, CharField, DateTimeField, IntegerField, TextField

from models.core.actor import Actor
from models.core.database import Base, insert_all

# The kind of a batch that came from a workbook.
IMPORT = "import"
# The kind of a batch that entered one act for many children; its maker may undo it the same day.
ROLL_CALL = "roll-call"
# The kind of a batch that is a sheet of paper, typed into a grid.
PAPER = "paper"
# The kind of a batch that made two rows of one person one.
MERGE = "merge"
# The kind of a batch that is one task of the school year: a roll-over, a colleague who leaves.
YEAR = "year"


class Batch(Base):
    """One batch; `counts` is JSON {"created": n, "updated": n, "skipped": n, …}."""

    id = AutoField()
    kind = CharField()
    title = CharField()
    at = DateTimeField()
    user_id = IntegerField(null=True)
    who = CharField(default="")
    counts = TextField(default="{}")
    undone_at = DateTimeField(null=True)

    class Meta:
        table_name = "batch"


class BatchBefore(Base):
    """A record's declared values before a batch changed it, as JSON."""

    id = AutoField()
    batch = IntegerField(index=True)
    register = CharField()
    record_id = IntegerField()
    values = TextField()

    class Meta:
        table_name = "batch_before"


def open_batch(actor: Actor, kind: str, title: str) -> Any:
    """Add a batch row and return it; call inside the transaction that fills it."""
    return Batch.create(kind=kind, title=title, at=actor.now, user_id=actor.user_id, who=actor.name)


def close_batch(batch: Any, counts: dict[str, int]) -> None:
    """Note what the batch did."""
    Batch.update(counts=json.dumps(counts)).where(Batch.id == batch.id).execute()


def before_row(batch: int, register: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return the row that keeps one record's state before the batch."""
    return {
        "batch": batch,
        "register": register,
        "record_id": values["id"],
        "values": json.dumps(values, ensure_ascii=False, default=_plain),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, (date, datetime, time)):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be kept")


def keep(rows: Sequence[dict[str, Any]]) -> None:
    """Write the states before."""
    insert_all(BatchBefore, rows)


def befores_of(batch_id: int) -> dict[tuple[str, int], dict[str, Any]]:
    """Return the first kept state per (register, record) of a batch."""
    kept: dict[tuple[str, int], dict[str, Any]] = {}
    for row in BatchBefore.select().where(BatchBefore.batch == batch_id).order_by(BatchBefore.id):
        kept.setdefault((row.register, row.record_id), json.loads(row.values))
    return kept


def forget_befores(batch_id: int) -> None:
    """Erase the kept states of a batch."""
    BatchBefore.delete().where(BatchBefore.batch == batch_id).execute()


def recent(limit: int = 50, kind: str = "") -> list[Any]:
    """Return the newest batches first, of one kind or of all."""
    found = Batch.select().order_by(Batch.id.desc())
    return list((found.where(Batch.kind == kind) if kind else found).limit(limit))
