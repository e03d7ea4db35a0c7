"""Bringing an older school's tables up to the declarations: columns that came with a new version.

Only additions are made by themselves. A new column is empty in old rows also where new rows must
fill it: validation demands it at the next edit, and the self-inspection lists it till then.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from peewee import Field, SqliteDatabase
from playhouse.migrate import PostgresqlMigrator, SqliteMigrator, migrate

from models.core.database import database


def lacking(models: Iterable[Any]) -> list[str]:
    """Return the tables and columns ("table.column") a database that holds records lacks.

    An empty database lacks nothing: it is no older school.
    """
    present = set(database.get_tables())
    if not present:
        return []
    found: list[str] = []
    for model in models:
        table = model._meta.table_name
        if table not in present:
            found.append(table)
        else:
            found += [f"{table}.{field.column_name}" for field in _lacking(model)]
    return found


def add_missing_columns(models: Iterable[Any]) -> list[str]:
    """Add every declared column an existing table lacks; return them as "table.column"."""
    present = set(database.get_tables())
    missing = [
        (model._meta.table_name, field)
        for model in models
        if model._meta.table_name in present
        for field in _lacking(model)
    ]
    if missing:
        migrator = _migrator()
        migrate(*(migrator.add_column(t, f.column_name, _emptied(f)) for t, f in missing))
        filled = [(t, f) for t, f in missing if f.default is not None]
        migrate(*(migrator.apply_default(t, f.column_name, f) for t, f in filled))
    return [f"{table}.{field.column_name}" for table, field in missing]


def _lacking(model: Any) -> list[Field]:
    names = {column.name for column in database.get_columns(model._meta.table_name)}
    return [field for field in model._meta.sorted_fields if field.column_name not in names]


def _emptied(field: Field) -> Field:
    """Return the field as it can be added: empty at first, without an index yet.

    A column that may not be empty would be added by making the table anew, which no table that
    others point to survives.
    """
    copy = field.clone()
    copy.null = True
    copy.index = copy.unique = False
    return copy


def _migrator() -> Any:
    real = database.obj
    return SqliteMigrator(real) if isinstance(real, SqliteDatabase) else PostgresqlMigrator(real)
