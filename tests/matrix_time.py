"""The matrix school with time in it: what began, ended, is still to come, was deleted, came back.

One child (and where it is about a class, one class) per way of being Alice's and state in time,
with a record about it in every register that names a child; and in every register one record per
way of being somebody's act. All as they would stand at NOON of the tests' day; asked on other days
the same rows are in other states.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from peewee import BooleanField, CharField, DateField, DateTimeField, IntegerField, TextField

from models.core import service
from models.core.actor import SYSTEM, system
from models.core.database import insert_all, transaction, writing
from models.core.fields import MonthField, WordField, WordsField
from models.core.gates import rows
from models.core.register import REGISTERS, find
from tests.whose_rows import CHILDREN, CHILDREN_AND_ACTS, RECORD, parent_slug, rule_of
from tests.world import EARLIER, NOON, TODAY, Builder, World

BEGAN = date(2025, 9, 1)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
# In which state a dated row is today: its terms, from when to when.
TERMS = {
    "running": [(BEGAN, None)],
    "ended yesterday": [(BEGAN, YESTERDAY)],
    "on its last day": [(BEGAN, TODAY)],
    "on its first day": [(TODAY, None)],
    "beginning tomorrow": [(TOMORROW, None)],
    "between two terms": [(BEGAN, TODAY - timedelta(days=2)), (TOMORROW, None)],
    "in the second term": [(BEGAN, date(2025, 9, 30)), (date(2025, 11, 1), None)],
    "deleted": [(BEGAN, None)],
    "restored": [(BEGAN, None)],
    "deleted and written anew as ended": [(BEGAN, None), (BEGAN, YESTERDAY)],
}
# Bob follows on the day after where a term ended.
FOLLOWED = ("ended yesterday", "on its last day")
PAIRED, LED, PLACED = "paired", "of a class led", "enrolled in the class"
WAYS = (PAIRED, LED, PLACED)

# What became of a line that credits Alice, and of its record.
CREDITS = (
    "credited",
    "credited, line deleted",
    "credited, line handed to Bob",
    "credited, record deleted and restored",
    "credited and deleted",
)

# Registers whose own words say who reads a record: notices to a role, bundles by edition.
BY_WORDS = {
    "notice": [
        {"recipient": None, "recipient_role": word}
        for word in ("文员", "领导", "教师", "心理辅导教师", "督查")
    ],
    "bundle": [
        {"edition": edition, "released_on": released}
        for edition in ("督查版", "完整版")
        for released in (None, NOON)
    ],
}

# Registers whose rows say whose a child is: those are planted one by one.
DECIDING = ("child", "school-class", "class-teacher", "enrolment", "pairing", "substitution")

# The days on which everything is asked; on each other rows are on their first or last day.
DAYS = (date(2025, 10, 15), YESTERDAY, TODAY, TOMORROW)
FIRST_COPY = 5000


@dataclass
class SchoolInTime:
    """What was planted: the ids of children and classes by state, of records by register."""

    world: World
    folder: object
    children: dict[tuple[str, str], int] = field(default_factory=dict)
    classes: dict[str, int] = field(default_factory=dict)
    # Children of nobody, about whom the acts are.
    others: list[int] = field(default_factory=list)
    # Per register, the record about each child, and each act by whose it is and why.
    about: dict[str, dict[int, int]] = field(default_factory=dict)
    acts: dict[tuple[str, str], int] = field(default_factory=dict)


def plant_time(matrix, folder):
    """Fill the connected copy of the matrix school and return what was planted."""
    ids, actors = dict(matrix.world.ids), dict(matrix.world.actors)
    made = SchoolInTime(World(ids, actors), folder)
    _People(made).plant()
    with transaction(), writing():
        copier = _Copier(made, matrix)
        whole = [r.slug for r in REGISTERS.values() if not (r.parent or r.sealed)]
        for slug in sorted(whole, key=lambda slug: rule_of(slug) == RECORD):
            copier.plant(slug)
    _settle(made)
    return made


def copy_of(source, target):
    """Copy a database file as it stands, whatever of it is still in the write-ahead log."""
    reading, written = sqlite3.connect(source), sqlite3.connect(target)
    reading.backup(written)
    reading.close()
    written.close()


class _People:
    """Children and classes, written through the service: these rows decide who sees what."""

    def __init__(self, made):
        self.made, self.world = made, made.world
        self.make = Builder(made.world, EARLIER)

    def plant(self):
        for state in TERMS:
            number = 20 + len(self.made.classes)
            self.made.classes[state] = self._add(
                "school-class", name=f"七（{number}）班", grade=7, number=number, entry_year=2025
            )
            for way in WAYS:
                self.made.children[way, state] = self._child(f"时{len(self.made.children):02d}")
        for number in range(14):
            self.made.others.append(self._child(f"旁{number:02d}"))
        for (way, state), child in self.made.children.items():
            self._terms(way, state, child)
        for child in self.made.others:
            self._enrol(child, self.world.class_3, BEGAN)
        for state, school_class in self.made.classes.items():
            self._dated(
                "class-teacher", state, {"school_class": school_class}, "staff", ("alice", "bob")
            )
        self._counsellor()

    def _add(self, slug, **raw):
        return self.make.add(f"{slug} {len(self.world.ids)}", slug, **raw)

    def _child(self, name):
        return self._add(
            "child",
            name=name,
            sex="女",
            born_on="2012-12-12",
            no_id_reason="户口正在办理",
            identified_on="2025-09-05",
        )

    def _enrol(self, child, school_class, since):
        self._add("enrolment", child=child, school_class=school_class, since=str(since))

    def _terms(self, way, state, child):
        if way == PAIRED:
            self._enrol(child, self.world.class_3, BEGAN)
            self._dated("pairing", state, {"child": child}, "teacher", ("alice", "bob"))
        elif way == LED:
            self._enrol(child, self.made.classes[state], BEGAN)
        else:
            classes = (self.world.class_1, self.world.class_2)
            self._dated("enrolment", state, {"child": child}, "school_class", classes)

    def _dated(self, slug, state, raw, name, holders):
        """Write the terms of one dated row; where it ends, another holder follows."""
        first, second = (
            self.world.ids.get(f"staff_{one}", one) if isinstance(one, str) else one
            for one in holders
        )
        for number, (since, until) in enumerate(TERMS[state]):
            span = {"since": str(since), "until": str(until) if until else None}
            one = self._add(slug, **raw, **{name: first}, **span)
            if state.startswith("deleted") and number == 0 or state == "restored":
                service.delete(self.make.actor, find(slug), one)
            if state == "restored":
                service.restore(self.make.actor, find(slug), one)
        if state in FOLLOWED:
            since = TERMS[state][-1][1] + timedelta(days=1)
            self._add(slug, **raw, **{name: second}, since=str(since))

    def _counsellor(self):
        """A counsellor is paired as a teacher is: one child now, one until yesterday."""
        for child, until in zip(self.made.others[-2:], (None, str(YESTERDAY)), strict=True):
            self._add(
                "pairing",
                teacher=self.world.staff_counsellor,
                child=child,
                since=str(BEGAN),
                until=until,
            )


class _Copier:
    """Copies the matrix school's record of a register for every child and every act.

    Past the service and the rules: here only matters who may read and change what stands.
    """

    def __init__(self, made, matrix):
        self.made, self.matrix, self.world = made, matrix, made.world
        self.copied = 0

    def plant(self, slug):
        register = REGISTERS[slug]
        template = self._template(slug)
        if template is None:
            return
        rule = rule_of(slug)
        if rule == RECORD:
            self._records_of_records(register, template)
            return
        if slug in DECIDING:
            return
        if rule in (CHILDREN, CHILDREN_AND_ACTS):
            children = [*self.made.children.values(), *self.made.others[-2:]]
            self.made.about[slug] = {
                child: self._copy(register, template, child=child) for child in children
            }
        for changed in BY_WORDS.get(slug, ()):
            self._copy(register, template, **changed)
        if register.creates or register.act_by:
            self._acts(register, template)

    def _template(self, slug):
        """The office's record of a register: nobody's act, its child set below."""
        register = REGISTERS[slug]
        owners = [o for o in ("office", "nobody", "alice") if (slug, o) in self.matrix.ids]
        if not owners:
            return None
        stored = rows(SYSTEM, register, deleted=None)
        record = stored.where(register.model.id == self.matrix.ids[slug, owners[0]]).get()
        values = dict(record.__data__)
        for name in ("act", "batch", "deleted_at", "deleted_by"):
            values[name] = None
        clerk = self.world.clerk
        values |= {"entered_by": clerk.user_id, "changed_by": clerk.user_id}
        values |= {"entered_at": EARLIER, "changed_at": EARLIER, "version": 1}
        for spec in register.links:
            if spec.target is REGISTERS["staff"].model and values.get(spec.name) is not None:
                values[spec.name] = self.world.staff_clerk
        return values

    def _copy(self, register, template, /, **changed):
        self.copied += 1
        # Numbered apart from what the service gives, whatever the register.
        values = {**template, **changed, "id": FIRST_COPY + self.copied}
        for key in register.key:
            self._vary(register, values, [n for n in key if n not in changed])
        insert_all(register.model, [values])
        return values["id"]

    def _vary(self, register, values, names):
        """Make a business key new by one of its fields."""
        for name in names:
            kind, value = register.fields[name].field, values[name]
            if isinstance(kind, (WordField, WordsField, BooleanField)) or value is None:
                continue
            if kind.null:
                values[name] = None
            elif isinstance(kind, MonthField):
                values[name] = f"{1900 + self.copied // 12}-{self.copied % 12 + 1:02d}"
            elif isinstance(kind, (DateField, DateTimeField)):
                values[name] = value - timedelta(days=self.copied)
            elif register.fields[name].target is not None:
                continue
            elif isinstance(kind, (CharField, TextField)):
                values[name] = f"{value} {self.copied}"
            elif isinstance(kind, IntegerField):
                values[name] = 1000 + self.copied
            return

    def _acts(self, register, template):
        """One record per way of being an act of Alice's, and some that are so no longer."""
        alice, slug = self.world.alice, register.slug
        others = iter(self.made.others)

        def add(why, **changed):
            if "child" in register.fields:
                changed = {"child": next(others), **changed}
            self.made.acts[slug, why] = self._copy(register, template, **changed)

        add("entered", entered_by=alice.user_id)
        add("entered and deleted", entered_by=alice.user_id, deleted_at=NOON)
        add("entered, changed by the clerk", entered_by=alice.user_id, version=2, changed_at=NOON)
        add("changed only", changed_by=alice.user_id, version=2, changed_at=NOON)
        for name in register.act_by:
            line, _, link = name.rpartition(".")
            if not line:
                add(f"named as {name}", **{name: alice.staff_id})
                continue
            for why in CREDITS:
                add(why)
                self._line(register, why, line, link)

    def _line(self, register, why, slug, link):
        """Name Alice, and a second person, on lines of a record."""
        line = REGISTERS[slug]
        template = self._template(slug)
        parent = {line.parent: self.made.acts[register.slug, why]}
        self._copy(line, template, **parent)
        credit = {link: self.world.alice.staff_id}
        self.made.acts[slug, why] = self._copy(line, template, **parent, **credit)

    def _records_of_records(self, register, template):
        """A photo of every visit and a correction of every talk; one upload not yet attached."""
        of = "home-visit" if register.slug == "photo" else "talk"
        ids = [*self.made.about[of].values()]
        ids += [one for (slug, _), one in self.made.acts.items() if slug == of]
        for one in ids:
            self.made.about.setdefault(register.slug, {})[one] = self._copy(
                register, template, register=of, record_id=one
            )
        mine = {"entered_by": self.world.alice.user_id, "record_id": 0}
        if register.slug == "photo":
            self.made.acts["photo", "entered"] = self._copy(register, template, **mine)
            self.made.acts["photo", "named"] = self._copy(register, template, record_id=0)


def _settle(made):
    """Hand on, delete and restore through the service what the copies only announce."""
    first, second = (system(EARLIER + timedelta(hours=hours)) for hours in (1, 2))
    lines = [(key, one) for key, one in made.acts.items() if parent_slug(key[0])]
    for (slug, why), one in lines:
        home = REGISTERS[parent_slug(slug)]
        link = next(n.partition(".")[2] for n in home.act_by if n.startswith(f"{slug}."))
        if why == "credited, line deleted":
            given = service.LineInput({}, id=one, remove=True)
        elif why == "credited, line handed to Bob":
            line = rows(SYSTEM, REGISTERS[slug]).where(REGISTERS[slug].model.id == one).get()
            given = service.LineInput({link: made.world.staff_bob}, one, line.version)
        else:
            continue
        record = rows(SYSTEM, home).where(home.model.id == made.acts[home.slug, why]).get()
        service.update(first, home, record.id, {}, record.version, {slug: [given]})
    # What was deleted with the record comes back with it, and nothing else.
    for (slug, why), one in made.acts.items():
        if parent_slug(slug) or why not in CREDITS[1:] or "handed" in why:
            continue
        service.delete(second, REGISTERS[slug], one)
        if why != "credited and deleted":
            service.restore(second, REGISTERS[slug], one)


def at(day):
    """The same time of another day."""
    return datetime.combine(day, NOON.time())
