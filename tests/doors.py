"""The doors through which a record is written, and what each of them must refuse.

A door writes one actor's values by one of the product's entrances: the service, the form, the
import, a bulk step, several children at once, a line in its record's form. A fault is one value a
healthy record may not have, and the field it is told at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from peewee import (
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    IntegerField,
    TextField,
    TimeField,
    fn,
)
from werkzeug.datastructures import MultiDict

from admin.registers import actions
from admin.registers.form import form_page
from admin.registers.save import save_changes, save_new, save_roll_call
from models.core import audit, service
from models.core.actor import SYSTEM
from models.core.batches import Batch, BatchBefore
from models.core.bulk import Drafts, Refused
from models.core.database import database, writing
from models.core.errors import Invalid, RecordsError
from models.core.fields import (
    DurationField,
    MonthField,
    PhoneField,
    SchoolNumberField,
    Secrecy,
    WordField,
    WordsField,
)
from models.core.gates import every_row, row, rows
from models.core.register import REGISTERS, line_registers, parent_register, register_of
from models.core.service import LineInput
from models.core.touches import Touch
from models.school.pupils import Pupil
from tests.factory import Factory

NONSENSE = "看不懂的字"
NOBODY = "987654"
TEXTS = (CharField, TextField)
# Written by the product alone, or sealed: nobody types one of these into an ordinary form.
NOT_TYPED = {"photo", "photo-child", "bundle", "correction", "school", "semester-close"}
# What a procedure alone writes.
NOT_TYPED |= {slug for slug, declared in REGISTERS.items() if declared.procedure}
NOT_TYPED |= {"evaluation-point"}
TYPED = [s for s, r in REGISTERS.items() if s not in NOT_TYPED and not r.sealed]


@dataclass(frozen=True)
class Fault:
    """One value no door may let in: what it is called, what is typed, where it is told.

    `first` marks the first of its kind among a register's fields of one type.
    """

    name: str
    raw: dict
    field: str
    first: bool = True


@dataclass(frozen=True)
class Door:
    """One way in: its name, and what writes the values that come through it.

    `fields` are those a door offers at all, None for every one. Every fault is tried at a
    `thorough` door, at the others the first of each kind.
    """

    name: str
    write: Callable[[dict], object]
    fields: frozenset[str] | None = None
    thorough: bool = False

    def takes(self, fault):
        offered = self.fields is None or set(fault.raw) <= self.fields
        return offered and (self.thorough or fault.first)


class LeftOut(RecordsError):
    """A bulk step left the record out, for the reason given."""


def told_at(error):
    """The names of the fields an error is told at; of other errors the name of their kind."""
    if isinstance(error, Refused):
        return {name for one in error.errors.values() for name in told_at(one)}
    if isinstance(error, Invalid):
        return {key.rpartition(".")[2] for key in error.errors}
    return {type(error).__name__}


def newest(register):
    """The record of the register that was saved last."""
    return every_row(register).order_by(register.model.id.desc()).first()


def traces(register):
    """Everything a write leaves anywhere: rows, chain, touches, batches and what they keep."""
    around = {register, parent_register(register) or register}
    around |= {lines for one in list(around) for lines in line_registers(one)}
    tables = [_rows_of(one.model) for one in sorted(around, key=lambda one: one.slug)]
    return (
        audit.head(),
        *(table.select().count() for table in (Touch, Batch, BatchBefore)),
        *tables,
    )


def _rows_of(model):
    """How many rows a register's table has, and sums that move when one of them is written."""
    query = rows(SYSTEM, register_of(model), deleted=None)
    numbers = (fn.COUNT(model.id), fn.SUM(model.version), fn.MAX(model.changed_at))
    return query.select(*numbers, fn.COUNT(model.deleted_at)).tuples().get()


class Doors:
    """The doors of one register for one actor, in the app given."""

    def __init__(self, app, actor, register):
        self.app, self.actor, self.register = app, actor, register
        self.parent = parent_register(register)
        self.factory = Factory(actor)
        self.healthy = self.factory.minimal(register)
        self.lines = self.factory.lines(register)
        self.owner = self.factory.save(self.parent) if self.parent else None

    # ---- new records

    def new(self):
        """The doors for a record that is not there yet."""
        if self.parent is not None:
            return [
                Door("a line of a new record", self._line_of_new),
                Door("a line added", self._line_added, thorough=True),
                Door("a line in the form", self._line_in_form),
                Door("a line imported", self._imported),
            ]
        doors = [
            Door("created", self._created, thorough=True),
            Door("typed", self._typed),
            Door("imported", self._imported),
        ]
        if self.register.many:
            doors += [Door("several children", self._several), Door("roll-call", self._roll_call)]
        return doors

    def _created(self, raw):
        return service.create(self.actor, self.register, raw, self.lines)

    def _typed(self, raw):
        page, request = self._posted({**self._flat_lines(), **raw})
        return save_new(self.actor, page, request)[0][0]

    def _several(self, raw):
        """The values for two children at once; a fault in the child stands in the second."""
        field = self.register.many
        children = [self.factory.record(REGISTERS["child"], 2), raw[field]]
        # An empty place among the children is none: only where all are empty one is missing.
        children = children if raw[field] else [""]
        page, request = self._posted({**self._flat_lines(), **raw, field: children})
        return save_new(self.actor, page, request)[0][0]

    def _roll_call(self, raw):
        page, request = self._posted({**self._flat_lines(), **raw})
        pupils = [Pupil(raw[self.register.many], "甲")]
        batch = save_roll_call(self.actor, page, request, pupils, ("", {}))
        model = self.register.model
        return every_row(self.register).where(model.batch == batch.id).first()

    def _imported(self, raw):
        drafts = Drafts(self.actor)
        if self.parent is not None:
            raw = {**raw, self.register.parent: self.owner.id}
        draft = self._good(drafts.new(self.register, [raw]))
        for slug, lines in self.lines.items():
            owned = REGISTERS[slug]
            for line in lines:
                self._good(drafts.new(owned, [{**line.values, owned.parent: draft.number}]))
        with service.work(self.actor) as current:
            drafts.write(current)
        return row(SYSTEM, self.register, drafts.number_of(draft))

    def _line_of_new(self, raw):
        lines = dict(self.factory.lines(self.parent))
        lines[self.register.slug] = [*lines.get(self.register.slug, ()), LineInput(raw)]
        service.create(self.actor, self.parent, self.factory.minimal(self.parent), lines)
        return newest(self.register)

    def _line_added(self, raw):
        self._owner_saved({self.register.slug: [LineInput(raw)]})
        return newest(self.register)

    def _line_in_form(self, raw):
        self._owner_posted(raw)
        return newest(self.register)

    # ---- records on file

    def change(self, record):
        """The doors for a record on file."""
        if self.parent is not None:
            return [
                Door("a line changed", lambda raw: self._line_changed(record, raw), thorough=True),
                Door("a line changed in the form", lambda raw: self._line_posted(record, raw)),
                Door("a line changed by import", lambda raw: self._imported_over(record, raw)),
            ]
        doors = [
            Door("edited", lambda raw: self._edited(record, raw), thorough=True),
            Door("edited in the form", lambda raw: self._retyped(record, raw)),
        ]
        if self.actor.role == "clerk":
            offered = actions._settable(self.actor, self.register)
            doors += [
                Door("changed by import", lambda raw: self._imported_over(record, raw)),
                Door(
                    "bulk step",
                    lambda raw: self._bulk(record, raw),
                    frozenset(one.name for one in offered),
                ),
            ]
        return doors

    def _edited(self, record, raw):
        number, version = record.id, self._stored(record).version
        return service.update(self.actor, self.register, number, raw, version)

    def _retyped(self, record, raw):
        stored = self._stored(record)
        page, request = self._posted({**raw, "version": stored.version}, stored)
        return save_changes(self.actor, page, request)

    def _imported_over(self, record, raw):
        drafts = Drafts(self.actor)
        self._good(drafts.changed(self.register, [(self._stored(record), raw)]))
        with service.work(self.actor) as current:
            drafts.write(current)
        return self._stored(record)

    def _bulk(self, record, raw):
        ((name, value),) = raw.items()
        step = {"action": "set", "field": name, "value": value, "confirm": "1"}
        posted = MultiDict(step | {"ids": f"{record.id}:{self._stored(record).version}"})
        with self.app.test_request_context():
            shown = actions.bulk(self.actor, self.register, posted)
        for _label, reason in shown["left"]:
            raise LeftOut(reason)
        return self._stored(record)

    def _line_changed(self, record, raw):
        version = self._stored(record).version
        self._owner_saved({self.register.slug: [LineInput(raw, record.id, version)]}, record)
        return self._stored(record)

    def _line_posted(self, record, raw):
        stored = self._stored(record)
        self._owner_posted({**raw, "id": stored.id, "version": stored.version}, record)
        return self._stored(record)

    # ---- what they share

    def _good(self, made):
        (found,) = made
        if isinstance(found, RecordsError):
            raise found
        return found

    def _stored(self, record):
        return row(SYSTEM, self.register, record.id)

    def _owner_of(self, record):
        number = record.__data__[self.register.parent] if record else self.owner.id
        return row(SYSTEM, self.parent, number)

    def _owner_saved(self, lines, record=None):
        owner = self._owner_of(record)
        return service.update(self.actor, self.parent, owner.id, {}, owner.version, lines)

    def _owner_posted(self, values, record=None):
        owner = self._owner_of(record)
        typed = {f"lines-{self.register.slug}-0-{name}": v for name, v in values.items()}
        page, request = self._posted({**typed, "version": owner.version}, owner, self.parent)
        return save_changes(self.actor, page, request)

    def _flat_lines(self):
        return {
            f"lines-{slug}-{place}-{name}": value
            for slug, lines in self.lines.items()
            for place, line in enumerate(lines)
            for name, value in line.values.items()
        }

    def _posted(self, values, record=None, register=None):
        # A tick of a form is posted as True.
        ticks = {
            spec.name
            for one in (self.register, self.parent)
            if one is not None
            for spec in one.fields.values()
            if isinstance(spec.field, BooleanField)
        }
        pairs = [
            (name, "True" if name.rpartition("-")[2] in ticks and one == "1" else str(one))
            for name, value in values.items()
            for one in (value if isinstance(value, list) else [value])
        ]
        request = self.app.test_request_context(method="POST", data=MultiDict(pairs)).request
        page = form_page(self.actor, register or self.register, record=record, posted=request.form)
        return page, request


# ---- faults


def faults(doors):
    """Every fault of single values the register's declaration lets one think of."""
    seen = set()
    for spec in doors.register.fields.values():
        if spec.readonly or spec.name == doors.register.parent or spec.secret is Secrecy.INTERNAL:
            continue
        for kind, value in _of_field(spec):
            first = (kind, type(spec.field)) not in seen
            seen.add((kind, type(spec.field)))
            yield Fault(f"{spec.name}: {kind}", {spec.name: value}, spec.name, first)


def _of_field(spec):
    made = spec.field
    if spec.required:
        yield "left empty", ""
    if spec.target is not None:
        yield "nonsense", NONSENSE
        yield "points to nothing", NOBODY
        yield "points into the bin", str(ghost(register_of(spec.target)))
        return
    if isinstance(made, BooleanField):
        return
    if isinstance(made, (WordField, WordsField)):
        yield "another word", NONSENSE
        return
    limit = getattr(made, "max_length", None)
    if type(made) in TEXTS:
        if limit:
            yield "too long", "长" * (limit + 1)
        return
    yield "nonsense", "？" if limit is None else "？" * (limit + 1)


def ghost(register):
    """Return the number of a record of the register that lies in the recycle bin."""
    alike = Factory(SYSTEM).record(register)
    kept = row(SYSTEM, register, alike).__data__
    model = register.model
    with database.atomic(), writing():
        values = {name: value for name, value in kept.items() if name != "id"}
        return model.insert(**{**values, "deleted_at": "2025-11-12 09:00:00"}).execute()


def later(actor, register, days):
    """Return the register's date that many days from the actor's, as typed."""
    day = actor.today + timedelta(days=days)
    moment = isinstance(register.spec(register.happened).field, DateTimeField)
    return f"{day} 08:00" if moment else str(day)


# Where another value of a key has to fit other fields of the record.
ELSE = {
    "child.id_number": "520624201205060047",
    "semester.code": "2030-2031-1",
}
_OTHERS = {
    MonthField: "2019-03",
    PhoneField: "13985671299",
    SchoolNumberField: "G440524188001010014",
    DurationField: "4'05\"",
    TimeField: "08:30",
}


def otherwise(factory, register, name, value):
    """Return another value of the field than the one given, as typed."""
    spec = register.spec(name)
    made = spec.field
    if f"{register.slug}.{name}" in ELSE:
        return ELSE[f"{register.slug}.{name}"]
    if spec.target is not None:
        target = register_of(spec.target)
        numbers = (factory.record(target, place) for place in (2, 3, 1))
        return next(number for number in numbers if str(number) != str(value))
    if isinstance(made, (WordField, WordsField)):
        return next(word for word in made.words if word != value)
    if isinstance(made, (DateTimeField, DateField)):
        day = factory.actor.today if value is None else date.fromisoformat(str(value)[:10])
        before = day - timedelta(days=1)
        return f"{before} 08:00" if isinstance(made, DateTimeField) else str(before)
    if isinstance(made, BooleanField):
        return "" if value else "1"
    for kind, other in _OTHERS.items():
        if isinstance(made, kind):
            return other
    if isinstance(made, IntegerField):
        return str(int(value or 0) + 1)
    return f"{value or ''}二"
