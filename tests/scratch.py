"""One row of any register with its columns set past all rules: for questions put to the columns.

Rows that point to nothing are allowed while the fixture `scratch` of `conftest` holds.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date, time
from itertools import count

from peewee import BooleanField, DateField, DateTimeField, ForeignKeyField, IntegerField, TimeField

from models.core.database import database, insert_all, writing
from models.core.fields import WordField, WordsField
from models.core.gates import every_row
from tests.world import NOON

SOME_DAY = date(2025, 10, 30)
# Far from the numbers of the school's own records, and never twice.
NUMBERS = count(777_001)


def stored_values(spec):
    """What a column of the kind may hold: nothing, what looks like nothing, something."""
    kind = spec.field
    if isinstance(kind, WordsField):
        values = [None, "", f"、{kind.words[0]}、", f"、{'、'.join(kind.words[:2])}、"]
    elif isinstance(kind, WordField):
        values = [None, *kind.words[:2]]
    elif isinstance(kind, BooleanField):
        values = [False, True]
    elif isinstance(kind, ForeignKeyField):
        values = [None, 1]
    elif isinstance(kind, IntegerField):
        values = [None, 0, 5]
    elif isinstance(kind, DateTimeField):
        values = [None, NOON]
    elif isinstance(kind, DateField):
        values = [None, SOME_DAY]
    elif isinstance(kind, TimeField):
        values = [None, time(9)]
    else:
        values = [None, "", "无", "甲"]
    return [value for value in values if value is not None or kind.null]


class Scratch:
    """Rows of one register; what is not said stays empty where it may, else holds something."""

    def __init__(self, register):
        self.register, self.model = register, register.model
        self.last = 0

    def add(self, **said):
        """Write one row and return its number."""
        self.last = next(NUMBERS)
        row = {name: self._something(field) for name, field in self.model._meta.fields.items()}
        with writing():
            insert_all(self.model, [row | {"id": self.last, "deleted_at": None} | said])
        return self.last

    def _something(self, field):
        if field.null:
            return None
        if field.default is not None and not callable(field.default):
            return field.default
        spec = getattr(field, "spec", None)
        return stored_values(spec)[-1] if spec else "x"

    def put(self, **said):
        """Set columns of the last row."""
        with writing():
            self.model.update(said).where(self.mine).execute()

    @property
    def mine(self):
        return self.model.id == self.last

    @property
    def query(self):
        return every_row(self.register).where(self.mine)

    def record(self):
        return self.query.get()


@contextmanager
def past_all_rules():
    """Let rows point to nothing and repeat their keys, and take them all back at the end."""
    database.execute_sql("PRAGMA foreign_keys = OFF")
    with database.atomic() as transaction:
        unique = "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE UNIQUE%'"
        for (name,) in database.execute_sql(unique).fetchall():
            database.execute_sql(f'DROP INDEX "{name}"')
        yield Scratch
        transaction.rollback()
    database.execute_sql("PRAGMA foreign_keys = ON")
