"""What compliance keeps: verdict rows, their sums per duty, and what they were worked out from."""

from __future__ import annotations

from peewee import AutoField, CharField, DateField, IntegerField, TextField

from models.core.database import Base


class StoredVerdict(Base):
    """The verdicts of one subject for one duty in one semester.

    `letters` has one state letter and `counts` one number (joined by commas) per period, in the
    order of the duty's periods. `term` is the semester's code; `child`, `staff` and `school_class`
    say who may see it. `minimums` has what each period asked for where that is not the duty's own
    number, as with events; elsewhere it is empty.
    """

    id = AutoField()
    term = CharField(max_length=11)
    duty = CharField(max_length=40)
    subject = IntegerField()
    child = IntegerField(null=True, column_name="child_id")
    staff = IntegerField(null=True, column_name="staff_id")
    school_class = IntegerField(null=True, column_name="class_id")
    letters = TextField()
    counts = TextField()
    minimums = TextField(default="")

    class Meta:
        table_name = "verdict"
        indexes = ((("term", "duty", "subject"), True),)


# Most rows name a child or a colleague and not both; at full size a cold run writes 100,000 of
# them, and every entry spared is time spared.
for _column in (StoredVerdict.child, StoredVerdict.staff):
    StoredVerdict.add_index(StoredVerdict.index(_column, where=_column.is_null(False)))


class DutyTotal(Base):
    """How many subjects have which state, per period of one duty in one semester.

    `totals` is a JSON list, one object {letter: subjects} per period.
    """

    id = AutoField()
    term = CharField(max_length=11)
    duty = CharField(max_length=40)
    subjects = IntegerField()
    totals = TextField()

    class Meta:
        table_name = "duty_total"
        indexes = ((("term", "duty"), True),)


class VerdictState(Base):
    """What the stored verdicts of a semester were worked out for; `revision` grows each time."""

    id = AutoField()
    term = CharField(max_length=11, unique=True)
    as_of = DateField()
    fingerprint = CharField(max_length=16)
    revision = IntegerField(default=0)

    class Meta:
        table_name = "verdict_state"


class TeacherFact(Base):
    """What the stored verdicts of a semester add up to for one member of staff.

    `body` is JSON: duty → calendar year of the period's last day → letters and partial credit
    (`compliance.evaluated.facts`). An empty body waits to be added up anew. `NOBODY` in `staff`
    says that the others of the semester are complete.
    """

    id = AutoField()
    term = CharField(max_length=11)
    staff = IntegerField(column_name="staff_id")
    body = TextField(default="")

    class Meta:
        table_name = "teacher_fact"
        indexes = ((("term", "staff"), True),)


NOBODY = 0


# For `models.school.schema.create_tables`, which knows nothing of the upper layers.
TABLES = (StoredVerdict, DutyTotal, VerdictState, TeacherFact)
