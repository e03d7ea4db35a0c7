"""A condition on a record, and whether a field is filled, mean the same wherever they are asked.

The same record and the same condition are put to everybody who judges one: the form, the SQL twin
for incomplete records, the duties, the bundle, and the filters of a list.
"""

from __future__ import annotations

from collections import defaultdict

from peewee import (
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    IntegerField,
    TextField,
)

from compliance.ordered import conditions, needs
from exports.bundle.declaration import BOOK, BundleDeclaration, Part, Source
from exports.bundle.reach import Reach
from exports.bundle.selection import selected
from exports.bundle.survey import Surveyor
from models.core import calendar, listing, validation
from models.core.actor import system
from models.core.conditions import Asks, condition, faults, filled, holds, read
from models.core.converters import clean
from models.core.fields import DurationField, WordField, WordsField
from models.core.gates import every_row
from models.core.register import REGISTERS
from tests.bundle_school import SEMESTER
from tests.scratch import stored_values
from tests.world import NOON

OPEN = [one for one in REGISTERS.values() if not one.sealed]
# Registers without a date or a record above, so that every row is in the bundle of every semester.
SURVEYED = ("leadership-member", "regulation", "volunteer", "room", "child")
DAYS = {DateField, DateTimeField}
BLANKS = (None, "", " ", "　", "\n\t", "、", [], ["", " "])


def holds_something(value):
    """The one meaning of empty: no and nought are answers, and so is 无."""
    return value is not None and value != ""


def asked(spec):
    """The words a condition may ask a field for, as declarations and as data write them."""
    kind = spec.field
    if isinstance(kind, (WordsField, WordField)):
        first, last = kind.words[0], kind.words[-1]
        return [(first, first), (f"{first}|{last}", [first, last])]
    if isinstance(kind, BooleanField):
        return [("True", True), ("False", False)]
    if isinstance(kind, DurationField):
        return []
    if isinstance(kind, IntegerField) and spec.target is None:
        return [("0", 0), ("5", 5)]
    return []


def kinds(register):
    """The columns of a register, of each kind that conditions tell apart the first one."""
    known = register.model._meta.fields
    found = {}
    for spec in register.fields.values():
        if spec.name in known:
            asked_of = (bool(spec.show_if), bool(spec.wanted_if))
            kind = (type(spec.field), spec.field.null, spec.filter, spec.wanted, *asked_of)
            found.setdefault(kind, spec)
    return list(found.values())


class Rows:
    """A row per kind of field of a register and per value it may hold, the rest left empty."""

    def __init__(self, scratch, register):
        rows = scratch(register)
        self.register, self.model = register, register.model
        self.specs = kinds(register)
        self.values = {
            spec.name: {rows.add(**{spec.name: value}): value for value in stored_values(spec)}
            for spec in self.specs
        }
        self.records = {one.id: one for one in every_row(register)}

    def query(self, name):
        return every_row(self.register).where(self.model.id.in_(list(self.values[name])))

    def meet(self, name, condition):
        """Return which of a field's rows meet an SQL condition."""
        return {one for (one,) in self.query(name).where(condition).select(self.model.id).tuples()}

    def hold(self, name, where):
        """Return which of a field's rows meet a condition, record by record."""
        return {one for one in self.values[name] if holds(self.register, where, self.records[one])}

    def said(self, text):
        """Return the condition that a declaration writes as text."""
        return read(self.register, text)

    def asked(self, text):
        """Return the same in SQL."""
        return condition(self.register, self.said(text))

    def all(self, name):
        return set(self.values[name])

    def in_bundle(self, name, where):
        """Return the rows under the bundle's condition, None where semesters are told apart."""
        if self.register.happened or self.register.parent or "semester" in self.register.fields:
            return None
        chosen = selected(
            system(NOON),
            self.register,
            source(self.register, where),
            Reach((autumn(),)),
        )
        mine = chosen.where(self.model.id.in_(list(self.values[name])))
        return {one for (one,) in mine.select(self.model.id).tuples()}

    def in_list(self, spec, word):
        """Return the rows under the filter of their list, None where it has no such filter."""
        if not spec.filter or isinstance(spec.field, (DateField, DateTimeField)):
            return None
        asking = listing.ListRequest(filters={spec.name: word})
        query, problems = listing.selection(system(NOON), self.register, asking)
        if problems:
            return None
        mine = query.where(self.model.id.in_(list(self.values[spec.name])))
        return {one for (one,) in mine.select(self.model.id).tuples()}

    def differing(self, name, answers, expected=None):
        """Return who answers otherwise than the first, and for which values."""
        known = {who: rows for who, rows in answers.items() if rows is not None}
        right = next(iter(known.values())) if expected is None else expected
        return {
            who: [self.values[name][one] for one in rows ^ right]
            for who, rows in known.items()
            if rows != right
        }


def autumn():
    return calendar.semester_called(SEMESTER)


def source(register, where, needs=()):
    return Source(
        title="一件",
        make=BOOK,
        register=register.slug,
        where=where,
        at_least=1,
        needs=needs,
        supplier="文员",
    )


def surveyed(rows):
    """Return per field the rows that the bundle's survey finds filled."""
    surveyor = Surveyor(system(NOON), Reach((autumn(),)), None, NOON.date())
    needed = tuple(source(rows.register, {}, (spec.name,)) for spec in rows.specs)
    found = surveyor.survey(BundleDeclaration((Part(1, "", "", needed),), ()))
    (part,) = found.parts
    lacking = defaultdict(set)
    for spec, state in zip(rows.specs, part.sources, strict=True):
        lacking[spec.name] = {one.record_id for one in state.missing}
    return {name: rows.all(name) - lacking[name] for name in lacking}


def test_whether_a_field_is_filled_is_answered_alike_everywhere(scratch):
    wrong = []
    for register in OPEN:
        rows = Rows(scratch, register)
        told = surveyed(rows) if register.slug in SURVEYED else {}
        for spec in rows.specs:
            name, every = spec.name, rows.all(spec.name)
            full = {one for one, value in rows.values[name].items() if holds_something(value)}
            answers = {
                "duties": rows.meet(name, filled(register, name)),
                "needs": rows.meet(name, needs.complete(register, (), (name,))),
                "lists": rows.meet(name, rows.asked(f"{name}!=")),
                "lists, empty": every - rows.meet(name, rows.asked(f"{name}=")),
                "form": rows.hold(name, rows.said(f"{name}!=")),
                "form, empty": every - rows.hold(name, rows.said(f"{name}=")),
                "survey": told.get(name),
            }
            if spec.wanted and not (spec.show_if or spec.wanted_if):
                answers["wanted"] = {
                    one
                    for one in every
                    if spec not in validation.missing_wanted(register, rows.records[one])
                }
            if not isinstance(spec.field, BooleanField):
                empty = rows.meet(name, conditions.condition(register, {name: False}))
                in_bundle, in_list = rows.in_bundle(name, {name: False}), rows.in_list(spec, "-")
                answers |= {
                    "where": rows.meet(name, conditions.condition(register, {name: True})),
                    "where, empty": every - empty,
                    "bundle": rows.in_bundle(name, {name: True}),
                    "bundle, empty": None if in_bundle is None else every - in_bundle,
                    "list, empty": None if in_list is None else every - in_list,
                }
            differing = rows.differing(name, answers, full)
            if differing:
                wrong.append((register.slug, name, differing))
    assert wrong == []


def test_a_condition_on_a_record_is_answered_alike_everywhere(scratch):
    wrong = []
    for register in OPEN:
        rows = Rows(scratch, register)
        for spec in rows.specs:
            name, every = spec.name, rows.all(spec.name)
            for text, data in asked(spec):
                other = rows.meet(name, rows.asked(f"{name}!={text}"))
                answers = {
                    "duties": rows.meet(name, conditions.condition(register, {name: data})),
                    "lists": rows.meet(name, rows.asked(f"{name}={text}")),
                    "lists, not": every - other,
                    "form": rows.hold(name, rows.said(f"{name}={text}")),
                    "form, not": every - rows.hold(name, rows.said(f"{name}!={text}")),
                    "bundle": rows.in_bundle(name, {name: data}),
                    "filter": None if "|" in text else rows.in_list(spec, text),
                }
                differing = rows.differing(name, answers)
                if differing:
                    wrong.append((register.slug, name, text, differing))
    assert wrong == []


def questions(register, spec):
    """What the longer form of a condition may ask of a field."""
    kind = spec.field
    if isinstance(kind, IntegerField) and not isinstance(kind, DurationField):
        yield from (Asks(at_least=0), Asks(at_most=0), Asks(at_least=1, at_most=9))
    if isinstance(kind, (WordField, WordsField)):
        yield from (Asks(none_of=kind.words[:1]), Asks(any_of=kind.words[:2], filled=True))
    if isinstance(kind, (CharField, TextField)):
        yield from (Asks(contains="甲"), Asks(filled=False))
    for other in register.fields.values():
        if type(other.field) is type(kind) or {type(other.field), type(kind)} <= DAYS:
            yield from (Asks(equal_to=other.name), Asks(other_than=other.name))
            if isinstance(kind, DateField | DateTimeField):
                yield from (Asks(not_before=other.name), Asks(not_after=other.name))


def test_the_longer_form_of_a_condition_is_answered_alike_in_sql_and_in_memory(scratch):
    wrong, tried = [], 0
    for register in OPEN:
        rows = Rows(scratch, register)
        for spec in rows.specs:
            for asked in questions(register, spec):
                where = {spec.name: asked}
                assert list(faults(register, where)) == []
                answers = (
                    rows.hold(spec.name, where),
                    rows.meet(spec.name, condition(register, where)),
                )
                tried += 0 < len(answers[0]) < len(rows.values[spec.name])
                if answers[0] != answers[1]:
                    wrong.append((register.slug, spec.name, asked))
    assert wrong == []
    assert tried > 100


def test_days_and_moments_are_compared_by_their_day(scratch):
    incident = REGISTERS["incident"]
    names = [n for n, s in incident.fields.items() if isinstance(s.field, DateTimeField)]
    row = scratch(incident)
    first, second = names[:2]
    for early, late, told in ((NOON, NOON, True), (NOON, NOON.replace(hour=13), True)):
        row.add(**{first: early, second: late})
        for where, expected in (
            ({second: Asks(not_before=first)}, told),
            ({first: Asks(not_before=second)}, early == late),
        ):
            assert holds(incident, where, row.record()) is expected
            assert row.query.where(condition(incident, where)).exists() is expected


def test_lines_and_attachments_are_counted_alike_in_sql_and_in_memory(scratch):
    meeting, attendee = REGISTERS["meeting"], REGISTERS["attendee"]
    row, line, photo = scratch(meeting), scratch(attendee), scratch(REGISTERS["photo"])
    number = row.add()
    counted = [Asks(at_least=2), Asks(at_most=1), Asks(at_least=1, at_most=2), True, False]
    expected = {0: (0, 1, 0, 0, 1), 1: (0, 1, 1, 1, 0), 2: (1, 0, 1, 1, 0), 3: (1, 0, 0, 1, 0)}
    for have, answers in expected.items():
        for name in ("attendee", "sign-in"):
            for asked, told in zip(counted, answers, strict=True):
                where = {name: asked}
                assert list(faults(meeting, where)) == []
                assert holds(meeting, where, row.record()) is bool(told), (have, where)
                assert row.query.where(condition(meeting, where)).exists() is bool(told)
        line.add(meeting=number, staff=1)
        photo.add(register="meeting", record_id=number, evidence="sign-in")
    of_staff = {"attendee": Asks(at_least=4, where={"staff": True})}
    of_nobody = {"attendee": Asks(where={"staff": False})}
    for where, told in ((of_staff, True), (of_nobody, False)):
        assert holds(meeting, where, row.record()) is told
        assert row.query.where(condition(meeting, where)).exists() is told


def test_what_a_register_cannot_answer_is_told():
    meeting = REGISTERS["meeting"]
    wrong = [
        {"nothing": True},
        {"kind": "没有这种会"},
        {"kind": Asks(at_least=3)},
        {"kind": Asks(equal_to="nothing")},
        {"kind__name": "甲"},
        {"attendee": "甲"},
        {"attendee": Asks(where={"nothing": True})},
        {"sign-in": Asks(where={"staff": True})},
        {"held_on": Asks(contains="甲")},
    ]
    assert [where for where in wrong if not list(faults(meeting, where))] == []


def test_nothing_said_is_stored_as_nothing_in_every_field():
    """Spaces, an empty list and a lone 、 never reach a table: SQL need not look for them."""
    wrong = [
        (register.slug, name, blank)
        for register in REGISTERS.values()
        for name, spec in register.fields.items()
        for blank in BLANKS
        if isinstance(spec.field, WordsField) or blank != "、"
        if clean(spec.field, blank) not in (None, "")
    ]
    assert wrong == []
