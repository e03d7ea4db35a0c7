"""What a write touched, left for compliance to read: models know nothing of duties.

The service adds one row per written record inside its transaction; compliance recomputes the
verdicts of exactly those subjects and removes the rows it has dealt with. That a record was moved
to another day stays: what was entered in time for one week was not therefore in time for another.
"""

from __future__ import annotations

from peewee import AutoField, CharField, DateField, IntegerField, TextField

from models.core.database import Base


class Touch(Base):
    """One written record: its register, every record it links or linked to, and its dates.

    `links` is JSON {field: [ids before and after]}; `first` and `last` bound the happened dates
    before and after (null for master data, which may touch everything).
    """

    id = AutoField()
    register = CharField()
    record_id = IntegerField()
    links = TextField()
    first = DateField(null=True)
    last = DateField(null=True)

    class Meta:
        table_name = "touch"


class DateMove(Base):
    """One change of the day a record says it happened on, and the day it was changed."""

    id = AutoField()
    register = CharField()
    record_id = IntegerField()
    from_day = DateField()
    to_day = DateField()
    moved_on = DateField()

    class Meta:
        table_name = "date_move"
        indexes = ((("register", "record_id"), False),)
