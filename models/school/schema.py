"""Making and upgrading the tables, and the indexes that the declarations imply."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from models.core.audit import AccessLog, AuditEntry, AuditHead, begin_chain
from models.core.batches import Batch, BatchBefore
from models.core.calendar import STAMP_ROW, CalendarStamp
from models.core.database import database, writing
from models.core.jobs import Job
from models.core.masking import KnownName, fill
from models.core.receipts import Receipt
from models.core.register import Register
from models.core.row_marks import MarkedFields
from models.core.search_blocks import SearchBlocks, SearchReach
from models.core.touches import DateMove, Touch
from models.core.tries import Attempt
from models.core.upgrade import add_missing_columns
from models.kept import REGISTERS
from models.kept.archive import NoticeRead
from models.school.accounts import Session, Unmask
from models.school.digest_mail import DigestMail
from models.school.draws import Draw
from models.school.entry_times import EntryTime
from models.school.evaluations import SheetOpening
from models.school.rescue import RescueCode
from models.sealed.keys import SealedKey
from models.sealed.messages import SealedNotice
from models.sealed.requests import SealedRequest

PLAIN_TABLES: tuple[Any, ...] = (
    AuditEntry,
    AuditHead,
    MarkedFields,
    AccessLog,
    Session,
    Attempt,
    Unmask,
    CalendarStamp,
    Touch,
    DateMove,
    Job,
    Batch,
    BatchBefore,
    Receipt,
    SealedKey,
    SealedRequest,
    SealedNotice,
    NoticeRead,
    DigestMail,
    EntryTime,
    Draw,
    KnownName,
    SheetOpening,
    RescueCode,
    SearchReach,
    SearchBlocks,
)


def create_tables(*more: Any) -> None:
    """Create every missing table, column and index; what is there stays as it is.

    `more` are the tables that upper layers keep (verdicts, bundles).
    """
    with database.atomic(), writing():
        tables = [*(r.model for r in REGISTERS.values()), *PLAIN_TABLES, *more]
        # Before the indexes, which may be on a new column.
        added = add_missing_columns(tables)
        standing = set(database.get_tables()) | _standing_indexes()
        database.create_tables(
            [table for table in tables if not _stands(table, standing)], safe=True
        )
        make_indexes(
            statement for declared in REGISTERS.values() for statement in _indexes(declared)
        )
        begin_chain(upgraded="audit_head.signature" in added)
        if CalendarStamp.get_or_none(CalendarStamp.id == STAMP_ROW) is None:
            CalendarStamp.create(id=STAMP_ROW)
        fill()


def make_indexes(statements: Iterable[str]) -> None:
    """Execute those CREATE INDEX statements whose index does not stand.

    PostgreSQL locks the table before it looks whether the index is there: a process that starts
    while another writes would wait for it, and it for the process.
    """
    standing = _standing_indexes()
    for statement in statements:
        if statement.split('"')[1] not in standing:
            database.execute_sql(statement)


def _stands(model: Any, standing: set[str]) -> bool:
    """Return whether a table and all its own indexes are among the names that stand."""
    indexes = {index._name for index in model._meta.fields_to_index()}
    return standing >= {model._meta.table_name, *indexes}


def _standing_indexes() -> set[str]:
    asked = (
        "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()"
        if database.for_update
        else "SELECT name FROM sqlite_master WHERE type = 'index'"
    )
    return {name for (name,) in database.execute_sql(asked).fetchall()}


def _indexes(declared: Register) -> list[str]:
    """Return the CREATE INDEX statements of a register's business keys and list order."""
    table = declared.table
    statements = []
    for key in declared.key:
        columns = [declared.model._meta.fields[name].column_name for name in key]
        listed = ", ".join(f'"{column}"' for column in columns)
        present = " AND ".join(f'"{column}" IS NOT NULL' for column in columns)
        statements.append(
            f'CREATE UNIQUE INDEX IF NOT EXISTS "{table}_key_{"_".join(columns)}" '
            f'ON "{table}" ({listed}) WHERE "deleted_at" IS NULL AND {present}'
        )
    order = declared.order.lstrip("-")
    column = declared.model._meta.fields[order].column_name
    if order != "id":
        # Living rows and the recycle bin apart: counting and paging then read the index alone.
        for name, state in (("order", "IS NULL"), ("bin", "IS NOT NULL")):
            statements.append(
                f'CREATE INDEX IF NOT EXISTS "{table}_{name}" ON "{table}" ("{column}", "id") '
                f'WHERE "deleted_at" {state}'
            )
    if declared.scope:
        # Own acts: with one branch of the condition unindexed the whole table would be read.
        statements.append(
            f'CREATE INDEX IF NOT EXISTS "{table}_entered_by" ON "{table}" ("entered_by")'
        )
    child = declared.fields.get("child")
    # A sealed child is no column.
    stored = "child" in declared.model._meta.fields
    if declared.happened and stored and child is not None and child.target is not None:
        happened = declared.model._meta.fields[declared.happened].column_name
        statements.append(
            f'CREATE INDEX IF NOT EXISTS "{table}_child_happened" '
            f'ON "{table}" ("child_id", "{happened}")'
        )
    return statements
