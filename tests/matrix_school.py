"""The test school with a record of every register in each hand, every text of it marked.

A marker is a text no other field of any record holds, in the shape its field asks for. Whoever
reads a page can therefore be asked, marker by marker, whether they were meant to read it.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from peewee import (
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    IntegerField,
    TextField,
    TimeField,
)
from PIL import Image

from models.core import search_text, service
from models.core.actor import system
from models.core.errors import Invalid
from models.core.fields import (
    IdNumberField,
    MonthField,
    PersonNameField,
    PhoneField,
    SchoolNumberField,
    Secrecy,
    WordField,
    WordsField,
)
from models.core.history import snapshot, written_changes
from models.core.register import REGISTERS, line_registers, parent_register, register_of
from models.kept.bundles import files_of
from models.kept.counselling import BY_STEPS
from models.sealed import counselling
from tests.sealed_people import started
from tests.world import EARLIER, NOON, Builder

# In whose hands a record is: Alice's and Bob's of today, one Alice entered two weeks ago, one the
# office entered about Alice's child, one of nobody's child, and one of Bob's in the recycle bin.
OWNERS = ("alice", "bob", "alice_old", "office", "nobody", "binned")
ENTERED_BY = {"office": "clerk", "nobody": "clerk", "alice_old": "alice", "binned": "bob"}
STAFF = {"alice": "alice", "alice_old": "alice", "bob": "bob", "binned": "bob"}
LETTER = {"alice": "a", "alice_old": "a", "office": "a", "bob": "b", "binned": "b", "nobody": "d"}
CLASS = {"a": "class_1", "b": "class_2", "d": "class_3"}
# Records there is one of each already; their texts stand in links and in the frame of every page.
IN_PLACE = {
    "staff": {"alice": "staff_alice", "bob": "staff_bob", "nobody": "staff_clerk"},
    "user": {"alice": "user_alice", "bob": "user_bob", "nobody": "user_leadership"},
    "school-class": {"alice": "class_1", "bob": "class_2", "nobody": "class_3"},
    "child": {"alice": "child_a", "bob": "child_b", "nobody": "child_d"},
    "school": {"nobody": "school"},
    "semester": {"nobody": "autumn"},
    "holiday": {"nobody": "some_holiday"},
}
UNMARKED = {"user", "school", "semester", "holiday", "child.pinyin_key"}

_DIGITS = "〇一二三四五六七八九"
MARKER = re.compile(rf"zq\d{{6}}|岑[{_DIGITS}]{{6}}|139\d{{8}}|[0-9]{{18}}")


@dataclass(frozen=True)
class Marked:
    """Where a marker stands: the field of a record in somebody's hands."""

    slug: str
    owner: str
    name: str
    secret: Secrecy
    # Names and numbers of a child that were written into the record's free text as well.
    quoted: tuple[str, ...] = ()


@dataclass(eq=False)
class MatrixSchool:
    """What was planted: ids by register and owner, and every marker."""

    world: object
    folder: object = None
    ids: dict[tuple[str, str], int] = field(default_factory=dict)
    markers: dict[str, Marked] = field(default_factory=dict)
    links: dict[tuple[str, str], set[tuple[str, str]]] = field(default_factory=dict)

    given: int = 0
    by_record: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def mark(self, marker, marked):
        """Remember where a marker stands."""
        self.markers[marker] = marked
        self.by_record.setdefault((marked.slug, marked.owner), []).append(marker)

    def forget(self, marker):
        """Forget a marker, if it is one."""
        marked = self.markers.pop(marker, None)
        if marked is not None:
            self.by_record[marked.slug, marked.owner].remove(marker)

    def next_number(self):
        """A number no marker has had."""
        self.given += 1
        return self.given

    def owners(self, slug):
        return [owner for owner in OWNERS if (slug, owner) in self.ids]

    def of(self, slug, owner, *secrets):
        """The markers of one record, of the given kinds of secrecy."""
        return [
            text
            for text in self.by_record.get((slug, owner), ())
            if not secrets or self.markers[text].secret in secrets
        ]


def plant(world, folder):
    """Fill the connected copy of the test school and return what was planted."""
    made = MatrixSchool(world, folder)
    make = Builder(world)
    _second_class(make)
    for register in _in_order():
        for owner in OWNERS:
            _Planter(made, register, owner).plant()
    _sealed(made)
    _bundles(made)
    return made


def _in_order():
    """The registers, each after those its records cannot be without."""
    # What points to records of any register comes last.
    last = ("photo", "photo-child", "correction")
    open_ones = [r for r in REGISTERS.values() if not r.sealed and r.slug != "bundle"]
    waiting = sorted(open_ones, key=lambda one: one.slug in last)
    placed = []
    while waiting:
        for register in waiting:
            needs = {spec.target for spec in register.links if not spec.field.null}
            if not needs & {one.model for one in waiting} - {register.model}:
                placed.append(register)
                waiting.remove(register)
                break
    return placed


def _second_class(make):
    """Bob leads a class as Alice does; child D is nobody's, in a class nobody leads."""
    make.add("class_3", "school-class", name="七（3）班", grade=7, number=3, entry_year=2025)
    make.add(
        "class_teacher_b",
        "class-teacher",
        school_class=make.world.class_2,
        staff=make.world.staff_bob,
        since="2025-09-01",
    )
    make.add(
        "child_d",
        "child",
        name="田禾",
        sex="男",
        born_on="2012-12-12",
        no_id_reason="户口正在办理",
        identified_on="2025-09-05",
    )
    make.add(
        "enrolment_d",
        "enrolment",
        child=make.world.child_d,
        school_class=make.world.class_3,
        since="2025-09-01",
    )
    holiday = REGISTERS["holiday"].model
    from models.core.gates import every_row

    make.world.ids["some_holiday"] = every_row(REGISTERS["holiday"]).order_by(holiday.id).get().id


class _Planter:
    """Makes one record, past the forms and their rules: only who may read it matters here."""

    def __init__(self, made, register, owner):
        self.made, self.register, self.owner = made, register, owner
        self.world = made.world
        self.number = len(made.ids)
        self.linked = set()
        self.quoted = ()

    def plant(self):
        slug, owner = self.register.slug, self.owner
        places = IN_PLACE.get(slug)
        if places is not None and owner not in places:
            return
        if self.register.parent and (self._parent_slug(), owner) not in self.made.ids:
            return
        before = set(self.made.markers)
        try:
            record = self._stored(self.world.ids[places[owner]]) if places else self._new()
            self._save(record, new=places is None)
        except Invalid:
            # A register with one row a child or a year has no second one for the old hand.
            for marker in set(self.made.markers) - before:
                self.made.forget(marker)
            if owner in ("alice", "bob"):
                raise
            return
        self.made.ids[slug, owner] = record.id
        self.made.links[slug, owner] = self.linked

    def _parent_slug(self):
        return register_of(self.register.spec(self.register.parent).target).slug

    def _siblings(self):
        """The other lines of the record a line belongs to."""
        parent = parent_register(self.register)
        return line_registers(parent) if parent else []

    def _stored(self, number):
        from models.core.gates import every_row

        model = self.register.model
        record = every_row(self.register).where(model.id == number).get()
        for spec in self.register.fields.values():
            if spec.target is None and self.register.slug not in UNMARKED:
                value = self._text(spec)
                if value is not None:
                    setattr(record, spec.name, value)
        return record

    def _new(self):
        record = self.register.model()
        lines = [*line_registers(self.register), *self._siblings()]
        if any(spec.target is REGISTERS["child"].model for one in lines for spec in one.links):
            self._quote()
        specs = self.register.fields.values()
        for spec in sorted(specs, key=lambda spec: spec.target is None):
            value = self._link(spec) if spec.target is not None else self._value(spec)
            if value is not None:
                setattr(record, spec.name, value)
        self._special(record)
        return record

    def _say(self, record, **said):
        """Put words the product reads where a marker stood, and forget the marker."""
        for name, word in said.items():
            self.made.forget(getattr(record, name))
            setattr(record, name, word)

    def _quote(self):
        """Let the record's free text name the child it is about, and say the family's number."""
        child = {"a": "alice", "b": "bob", "d": "nobody"}[LETTER[self.owner]]
        named = self.made.of("child", child, Secrecy.NAME)
        self.quoted = (*named[:1], *self.made.of("child", child, Secrecy.PHONE)[:1])

    def _special(self, record):
        """Photos and corrections point to a record by its register's name."""
        if self.register.slug in ("photo", "correction"):
            record.register = "talk"
            record.record_id = self.made.ids["talk", self.owner]
        if self.register.slug == "photo":
            record.kind, record.mark = "JPEG", "无人脸"
            folder = self.made.folder / "files"
            folder.mkdir(exist_ok=True)
            Image.new("RGB", (64, 48), "white").save(folder / record.path, "JPEG")
        # What the school decided names a clause or a duty by its code.
        if self.register.slug == "adoption":
            self._say(record, what="Q08-1")
        if self.register.slug == "finding-silence":
            self._say(record, finding="F601")
        if self.register.slug == "duty-setting":
            self._say(record, duty="talk-weekly", part="", value="1")
        if self.register.slug == "parent-state":
            record.state = "外出"
        if self.register.slug == "notice":
            record.recipient = self.world.ids[f"user_{STAFF.get(self.owner, 'clerk')}"]
            record.recipient_role = None

    def _link(self, spec):
        target = register_of(spec.target).slug
        letter = LETTER[self.owner]
        known = {
            "staff": f"staff_{STAFF.get(self.owner, 'clerk')}",
            "child": f"child_{letter}",
            "school-class": CLASS[letter],
            "semester": "autumn",
            "user": f"user_{STAFF.get(self.owner, 'clerk')}",
        }
        if target in known:
            owner = {"a": "alice", "b": "bob", "d": "nobody"}[letter]
            if target == "staff":
                owner = STAFF.get(self.owner, "nobody")
            self.linked.add((target, owner))
            if target == "child":
                self._quote()
            return self.world.ids[known[target]]
        found = self.made.ids.get((target, self.owner))
        if found is not None:
            self.linked.add((target, self.owner))
            return found
        return None if spec.field.null else self.made.ids[target, "alice"]

    def _value(self, spec):
        made = spec.field
        if isinstance(made, WordField):
            return made.words[0]
        if isinstance(made, WordsField):
            return f"、{made.words[0]}、"
        text = self._text(spec)
        if text is not None:
            return text
        if isinstance(made, MonthField):
            return f"20{10 + self.number % 80}-10"
        if isinstance(made, BooleanField):
            return False
        if isinstance(made, DateTimeField):
            return None if spec.name == self.register.open_until else NOON - timedelta(hours=2)
        if isinstance(made, DateField):
            open_end = spec.name in (self.register.open_until, "until", "left_on", "withdrawn_on")
            if open_end and made.null:
                return None
            # A stretch whose end must be written has long passed.
            over = (until := self.register.fields.get("until")) and not until.field.null
            return date(2024, 11, 11) if over else date(2025, 11, 11)
        if isinstance(made, TimeField):
            return None if spec.name == self.register.open_until else time(9)
        return self.number + 1 if isinstance(made, IntegerField) and not made.null else None

    def _text(self, spec):
        """Return a marker in the shape of the field, remembering where it stands."""
        made = spec.field
        if not isinstance(made, (CharField, TextField)) or isinstance(
            made, (WordField, WordsField, MonthField)
        ):
            return None
        number = self.made.next_number()
        if isinstance(made, PersonNameField) or spec.secret is Secrecy.NAME:
            marker = "岑" + "".join(_DIGITS[int(digit)] for digit in f"{number:06d}")
        elif isinstance(made, PhoneField):
            marker = f"139{number:08d}"
        elif isinstance(made, (IdNumberField, SchoolNumberField)):
            marker = f"52062420120506{number:04d}"
        else:
            marker = f"zq{number:06d}"
        free = isinstance(made, TextField) and spec.secret is Secrecy.OPEN
        quoted = self.quoted if free else ()
        self.made.mark(
            marker, Marked(self.register.slug, self.owner, spec.name, spec.secret, quoted)
        )
        prefix = "G" if isinstance(made, SchoolNumberField) else ""
        return prefix + " ".join((marker, *quoted))

    def _save(self, record, *, new):
        who = self.world.actors[ENTERED_BY.get(self.owner, self.owner)]
        when = EARLIER if self.owner == "alice_old" else NOON
        acting = system(when if isinstance(when, datetime) else NOON)
        with service.work(acting) as current:
            record.entered_at = record.changed_at = when
            record.entered_by = record.changed_by = who.user_id
            search_text.refresh(self.register, record)
            if self.owner == "binned":
                record.deleted_at, record.deleted_by = NOON, who.user_id
            record.save(force_insert=new)
            changes = written_changes(self.register, {}, record)
            current.note("update", self.register, record, {"changes": changes})
            current.touch(self.register, {}, snapshot(self.register, record))


def _sealed(made):
    """A session and an observation, sealed; nobody in the matrix has opened the seal."""
    world = made.world
    actor, _recovery = started(world)
    for slug in ("counselling", "mind-file"):
        register = REGISTERS[slug]
        raw = {"child": world.child_a, "counsellor": actor.staff_id, "case_code": "GA-77"}
        raw[register.happened] = "2025-11-10"
        for name, spec in register.fields.items():
            if spec.secret is Secrecy.SEALED and type(spec.field) is TextField:
                marker = f"zq{made.next_number():06d}"
                if name not in BY_STEPS:
                    made.mark(marker, Marked(slug, "alice", name, spec.secret))
                    raw[name] = marker
        if slug == "counselling":
            record = counselling.save_session(actor, raw)
        else:
            record = service.create(actor, register, raw)
        made.ids[slug, "alice"] = record.id
        made.links[slug, "alice"] = set()


def _bundles(made):
    """One bundle released to inspectors and one not yet."""
    register = REGISTERS["bundle"]
    for owner in ("alice", "nobody"):
        planter = _Planter(made, register, owner)
        record = planter._new()
        record.edition, record.state = "督查版", "已生成"
        folder = made.folder / "bundles"
        folder.mkdir(exist_ok=True)
        for name in {record.path, *files_of(record)}:
            with zipfile.ZipFile(folder / name, "w") as package:
                package.writestr("package/data/index.html", "上报材料")
        record.released_on = NOON if owner == "alice" else None
        planter._save(record, new=True)
        made.ids["bundle", owner] = record.id
        made.links["bundle", owner] = planter.linked
