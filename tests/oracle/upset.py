"""A school turned upside down: its records moved, emptied, given to others, taken out.

What comes of it need not be what a form lets through; both calculations are to say the same of it.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from peewee import BooleanField, DateField, DateTimeField

from models.core import calendar
from models.core.database import writing
from models.core.fields import Link, WordField, WordsField
from models.core.gates import every_row
from models.core.register import find, register_of
from tests.scratch import Scratch

# Worked out at every save from what stands beside them, and looked at by no filter of their own.
COMPUTED = {
    "minutes",
    "headings",
    "pair",
    "by_principal",
    "abnormal",
    "several_sides",
    "difference",
}
# Nobody on whom records depend is ever deleted.
PEOPLE = {"child", "staff", "school-class"}
LEFT_ALONE = {"semester", "holiday", "school", "user", "adoption", "duty-setting"}


class Upset:
    """Changes a school by a random generator, some records of every register named."""

    def __init__(self, random, slugs):
        self.random = random
        self.slugs = sorted({*slugs} - LEFT_ALONE)

    def turn(self, share=0.3):
        """Change about that share of the records once each."""
        for slug in self.slugs:
            for record in list(every_row(find(slug))):
                if self.random.random() < share:
                    self._change(find(slug), record)
        self._away()
        calendar.forget()

    def _change(self, register, record):
        specs = [
            spec
            for spec in register.fields.values()
            if spec.name in record.__data__
            and spec.name not in COMPUTED
            and spec.name != register.parent
        ]
        changes = {}
        for spec in self.random.sample(specs, min(len(specs), self.random.choice((1, 1, 2, 3)))):
            value = self._other(spec, record)
            if value is not None or spec.field.null:
                changes[spec.name] = value
        if self.random.random() < 0.15:
            changes["entered_at"] = record.entered_at + timedelta(self.random.choice((5, 9, 30)))
        if self.random.random() < 0.05 and register.slug not in PEOPLE:
            changes["deleted_at"] = record.entered_at
        if changes:
            with writing():
                register.model.update(changes).where(register.model.id == record.id).execute()

    def _other(self, spec, record):
        """Another value of a field: nothing, another day, another word, somebody else."""
        kind, now = spec.field, record.__data__.get(spec.name)
        if kind.null and self.random.random() < 0.4:
            return None
        if isinstance(kind, Link):
            there = list(every_row(register_of(spec.target)).select(spec.target.id))
            return self.random.choice(there).id if there else now
        if isinstance(kind, (DateField, DateTimeField)):
            moved = timedelta(self.random.choice((-120, -40, -9, -3, -1, 1, 2, 8, 30, 90)))
            return now + moved if now is not None else self._day(kind)
        if isinstance(kind, WordsField):
            return f"、{'、'.join(self.random.sample(kind.words, 1))}、"
        if isinstance(kind, WordField):
            return self.random.choice(kind.words)
        if isinstance(kind, BooleanField):
            return not now
        return now

    def _day(self, kind):
        day = date(2025, 9, 1) + timedelta(self.random.randrange(120))
        return (
            datetime(day.year, day.month, day.day, 12) if isinstance(kind, DateTimeField) else day
        )

    def _away(self):
        """Some are excused, of one duty or of all, and some have others stand in for them."""
        people = {slug: self._numbers(slug) for slug in ("child", "staff", "pairing")}
        for _ in range(4):
            first = self._day(None)
            for whom, slug in (("child", "child"), ("teacher", "staff"), ("pairing", "pairing")):
                days = {"first": first, "last": first + timedelta(self.random.choice((3, 20)))}
                duty = self.random.choice((None, "talk-weekly", "registration", "child-paired"))
                Scratch(find("excuse")).add(
                    **{whom: self.random.choice(people[slug])}, **days, duty=duty
                )
            teacher, substitute = self.random.sample(people["staff"], 2)
            days = {"since": first, "until": first + timedelta(30)}
            Scratch(find("substitution")).add(teacher=teacher, substitute=substitute, **days)

    def _numbers(self, slug):
        return [one.id for one in every_row(find(slug)).order_by(find(slug).model.id)]
