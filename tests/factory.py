"""Values for every kind of field, so that one valid record of any register can be made.

`minimal` gives what a clerk would have to type: the required fields, and what the register's own
rules ask for on top. `records` remembers what was made, so that links have something to point to.
"""

from __future__ import annotations

from datetime import timedelta

from peewee import (
    BooleanField,
    DateField,
    DateTimeField,
    IntegerField,
    TimeField,
)

from models.core import service
from models.core.fields import (
    DurationField,
    IdNumberField,
    MonthField,
    PhoneField,
    SchoolNumberField,
    WordField,
    WordsField,
)
from models.core.gates import every_row
from models.core.register import REGISTERS, parent_register, register_of
from models.core.service import LineInput

# What the rules of a register ask for beyond the required fields; "@slug" is a record of it.
ASKED = {
    "semester": {"code": "2029-2030-1", "first_day": "2029-09-03", "last_day": "2030-01-18"},
    "class-teacher": {"since": "2020-03-01", "until": "2020-07-01"},
    "enrolment": {"since": "2020-03-01", "until": "2020-07-01"},
    "identification": {"since": "2020-03-01", "until": "2020-07-01"},
    # Of days long past, so that it shows nobody anything today.
    "substitution": {
        "teacher": "@staff",
        "substitute": "@staff.2",
        "since": "2020-03-01",
        "until": "2020-07-01",
    },
    "parent": {"relation": "继父或养父"},
    "guardian": {"rank": "2"},
    "home-visitor": {"staff": "@staff.2"},
    "child": {"no_id_reason": "户口正在办理"},
    "post": {"staff": "@staff"},
    "volunteer-service": {"organisation": "县法院"},
    "plan": {"kind": "学期工作计划"},
    "summary": {"semester": "@semester"},
    "agreement": {"child": "@child"},
    "hand-in": {"teacher": "@staff", "week": "3"},
    "interview": {"interviewee_role": "教师", "interviewee_staff": "@staff"},
    "parent-contact": {"teacher": "@staff"},
    "activity": {"kind": "文体"},
    "activity-participant": {"child": "@child"},
    "lecture-participant": {"child": "@child"},
    "meeting": {"kind": "例会"},
    "attendee": {"name": "刘大伯"},
    "award": {"staff": "@staff"},
    "behaviour": {"kind": "好人好事"},
    "subsidy": {"amount": "625.00"},
    "incident-person": {"child": "@child"},
    "safety-check": {"room": "@room"},
    "evaluation": {"teacher": "@staff"},
    "evaluation-year": {"school_year": "2025-2026"},
    "evaluation-point": {"basis": "F601"},
    "evaluation-ballot": {"school_year": "2025-2026"},
    "award-bar": {"teacher": "@staff"},
    "pairing-check": {"checked_by": "@staff.2"},
    "document-issue": {"child": "@child"},
    "notice": {"recipient_role": "教师"},
    "excuse": {"child": "@child"},
    "family-call": {"duty_teacher": "@staff", "late_reason": "停电，事后补记"},
    "asset-move": {"quantity": "1"},
    "equipment-use": {"quantity": "1"},
    "user": {"role": "文员（档案管理员）"},
    "adoption": {"what": "回龙学校"},
    "finding-silence": {"finding": "F601", "at": "home-visit"},
    "duty-setting": {"duty": "talk-weekly", "what": "次数", "value": "2"},
}
# Records that only the product makes: a workbook may change them, not add any.
MADE_BY_PRODUCT = {"photo", "photo-child", "bundle", "school", "correction", "semester-close"}
MADE_BY_PRODUCT |= {"evaluation", "evaluation-point", "evaluation-year", "award-bar"}
MADE_BY_PRODUCT |= {"statistics-table"}
# Lines a register cannot be saved without.
LINES = {"home-visit": {"home-visitor": [{"staff": "@staff"}]}}


class Factory:
    """Makes records as one actor; what a link needs is found in the school or made first."""

    def __init__(self, actor):
        self.actor = actor
        self.made = 0

    def value(self, spec):
        """Return a raw value, as typed, that the field accepts."""
        field = spec.field
        if spec.target is not None:
            return self.record(register_of(spec.target))
        if isinstance(field, (WordField, WordsField)):
            return field.words[0]
        for kind, made in self._by_type():
            if isinstance(field, kind):
                return made
        self.made += 1
        return f"样例{self.made}"

    def _by_type(self):
        today = self.actor.today
        return (
            (IdNumberField, "11010519491231002X"),
            (SchoolNumberField, "G11010519491231002X"),
            (PhoneField, "13985671234"),
            (MonthField, f"{today:%Y-%m}"),
            (DurationField, "3'25\""),
            (BooleanField, "1"),
            (IntegerField, "2"),
            (DateTimeField, f"{today} 08:00"),
            (DateField, str(today)),
            (TimeField, "08:00"),
        )

    def record(self, register, number=1):
        """Return the id of the numbered record of a register, made when the school has none."""
        query = every_row(register).order_by(register.model.id).limit(number)
        found = [row.id for row in query]
        if len(found) >= number:
            return found[number - 1]
        return self.save(register).id

    def meant(self, raw):
        if not isinstance(raw, str) or not raw.startswith("@"):
            return raw
        slug, _, number = raw[1:].partition(".")
        return self.record(REGISTERS[slug], int(number or 1))

    def minimal(self, register):
        """Return the raw values of a minimal valid record."""
        asked = {name: self.meant(raw) for name, raw in ASKED.get(register.slug, {}).items()}
        raw = {
            name: self.value(spec)
            for name, spec in register.fields.items()
            if spec.required and name not in asked and name != register.parent
        }
        return {**raw, **asked}

    def lines(self, register):
        """Return the lines a record of the register cannot be without."""
        wanted = LINES.get(register.slug, {})
        return {
            slug: [
                LineInput({name: self.meant(raw) for name, raw in line.items()}) for line in rows
            ]
            for slug, rows in wanted.items()
        }

    def save(self, register):
        """Save a minimal record; a line is saved with a record it belongs to."""
        parent = parent_register(register)
        if parent is None:
            return service.create(
                self.actor, register, self.minimal(register), self.lines(register)
            )
        owner = self.save(parent)
        lines = {register.slug: [LineInput(self.minimal(register))]}
        service.update(self.actor, parent, owner.id, {}, owner.version, lines)
        column = getattr(register.model, register.parent)
        return (
            every_row(register).where(column == owner.id).order_by(register.model.id.desc()).first()
        )


def day(actor, days):
    """Return a day before (negative) or after the actor's as text."""
    return str(actor.today + timedelta(days=days))
