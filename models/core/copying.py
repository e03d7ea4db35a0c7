"""Moving a whole school from one database to another, SQLite or PostgreSQL, row by row.

Every row of every table is carried as it stands, numbers, salts, hashes and recycle bin included:
what is copied is a school, not what somebody may see of one. Afterwards both sides are read again
and compared, table by table, by count and digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import AutoField, sort_models  # type: ignore[attr-defined]

from models.core import audit
from models.core.database import database, insert_all, mark, writing
from models.core.errors import RecordsError

PIECE = 2000


class NotCopied(RecordsError):
    """The target holds records already, or differs from the source after the copying."""


@dataclass(frozen=True)
class TableFacts:
    """How many rows a table holds, and the digest of them all in whatever order they come."""

    count: int
    digest: str


def _values(model: Any) -> Iterator[list[Any]]:
    """Yield the rows of a table of the open database as values of Python, in order of the key."""
    fields = model._meta.sorted_fields
    table = model._meta.table_name
    key = model._meta.get_primary_keys()
    query = model.select(*fields).where(mark(table)).order_by(*key).tuples()
    for row in database.execute(query).fetchall():
        yield [field.python_value(value) for field, value in zip(fields, row, strict=True)]


def facts_of(model: Any) -> TableFacts:
    """Return count and digest of one table, the same on either database."""
    # Sorted by digest: the databases sort a key that is a text each in its own way.
    lines = sorted(
        hashlib.sha256(audit.canonical([_told(value) for value in row]).encode()).digest()
        for row in _values(model)
    )
    return TableFacts(len(lines), hashlib.sha256(b"".join(lines)).hexdigest())


def _told(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def facts_of_all(models: Iterable[Any]) -> dict[str, TableFacts]:
    """Return the facts of every table by its name."""
    return {model._meta.table_name: facts_of(model) for model in models}


def read_all(models: Iterable[Any]) -> dict[str, list[list[Any]]]:
    """Return all rows of the open database, in one transaction, so that they belong together."""
    with database.atomic():
        if database.for_update:
            database.execute_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return {model._meta.table_name: list(_values(model)) for model in models}


def write_all(models: Sequence[Any], rows: dict[str, list[list[Any]]]) -> None:
    """Fill the open database, whose tables were just made, in one transaction.

    NotCopied when it holds records of a school already; then nothing is changed.
    """
    if audit.AuditEntry.select().exists():
        raise NotCopied("目标数据库里已有记录，没有复制；请给一个空的数据库")
    ordered = sort_models(models)
    if not database.for_update:
        database.execute_sql("PRAGMA foreign_keys=OFF")
    try:
        with database.atomic(), writing():
            for model in reversed(ordered):
                model.delete().execute()
            for model in ordered:
                _write(model, rows[model._meta.table_name])
    finally:
        if not database.for_update:
            database.execute_sql("PRAGMA foreign_keys=ON")


def _write(model: Any, rows: list[list[Any]]) -> None:
    fields = model._meta.sorted_fields
    names = [field.name for field in fields]
    for start in range(0, len(rows), PIECE):
        piece = rows[start : start + PIECE]
        insert_all(model, [dict(zip(names, row, strict=True)) for row in piece])
    key = model._meta.primary_key
    if database.for_update and isinstance(key, AutoField) and rows:
        # The numbers were given, so the sequence does not know them.
        table, column = model._meta.table_name, key.column_name
        last = max(row[fields.index(key)] for row in rows)
        database.execute_sql(
            "SELECT setval(pg_get_serial_sequence(%s, %s), %s)", (f'"{table}"', column, last)
        )


def differing(here: dict[str, TableFacts], there: dict[str, TableFacts]) -> list[str]:
    """Return the tables whose count or digest is not the same on both sides."""
    return sorted(name for name in here.keys() | there.keys() if here.get(name) != there.get(name))
