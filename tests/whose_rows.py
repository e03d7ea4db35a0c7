"""Whose rows, whose acts and how long: the rules of docs/architecture.md worked out a second time.

Reads the database file itself and asks neither scopes, rights nor gates, so that a fault in them
cannot hide here. What a register's teachers see is written down once more, register by register:
a scope exchanged for another in a declaration is told as well.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import models.kept  # noqa: F401 -- declares every register
from models.core.register import REGISTERS, parent_register, register_of

OFFICE = ("clerk", "leadership")
TEACHERS = ("teacher", "counsellor")

EVERYTHING, NOTHING = "everything", "nothing"
CHILDREN, ACTS, CHILDREN_AND_ACTS = "own children", "own acts", "own children, own acts"
RECORD = "goes with the record it belongs to"

# What a teacher sees of a register (docs/architecture.md, People); a line is seen as its record is.
SEEN_BY_TEACHERS = {
    EVERYTHING: """
        department leadership-member post coordination-member regulation week-programme plan
        village-point
        calendar-event volunteer hotline-line open-letter opening screening equipment-use book
        periodical loan activity lecture room asset asset-move stock-take news-item safety-check
        school semester holiday adoption duty-setting reading-material evaluation-year
        duty-department
        """,
    CHILDREN: "child identification enrolment parent parent-state guardian review-task subsidy",
    CHILDREN_AND_ACTS: """
        census agreement consent pairing peer-pairing volunteer-service care-diary mind-note
        key-child family-support excuse talk home-visit interview parent-contact semester-report
        family-call letter hotline damage award growth behaviour fitness-test document-issue
        """,
    ACTS: "summary study-group group-session hand-in meeting incident pairing-check",
    NOTHING: """
        care-centre upward-report supervision check-number scoring-sheet finding-silence
        archive-item user semester-close bundle disclosure counselling mind-file
        evaluation-ballot statistics-table
        """,
    RECORD: "photo correction",
    # Each by a rule of its own.
    "own person": "staff class-teacher teaching-post substitution evaluation award-bar",
    "own classes": "school-class",
    "sent to me": "notice",
}
# The link that names the own person; who is looked at in a check reads it as well.
OWN_PERSON = {
    "staff": ("id",),
    "class-teacher": ("staff_id",),
    "teaching-post": ("staff_id",),
    "substitution": ("teacher_id", "substitute_id"),
    "evaluation": ("teacher_id",),
    "award-bar": ("teacher_id",),
    "pairing-check": ("teacher_id",),
    # The counsellor reads the own sessions.
    "counselling": ("counsellor_id",),
    "mind-file": ("counsellor_id",),
}
# Lines that name a child to whom they are narrowed on top.
NARROWER = ("volunteer-child",)
# To whom notices are sent by role; a counsellor is one of the teachers.
ROLES_IN_NOTICES = {"teacher": ("教师",), "counsellor": ("教师", "心理辅导教师")}


@cache
def rule_of(slug):
    """What a teacher sees of a register that has no parent."""
    return next(rule for rule, slugs in SEEN_BY_TEACHERS.items() if slug in slugs.split())


@dataclass(frozen=True)
class Person:
    """Who asks: role, account and member of staff; either number may be lacking."""

    role: str
    user_id: int | None
    staff_id: int | None


def person_of(actor):
    return Person(actor.role, actor.user_id, actor.staff_id)


def parent_slug(slug):
    register = REGISTERS[slug]
    if not register.parent:
        return ""
    return register_of(register.spec(register.parent).target).slug


def _parent_column(line, of):
    """The column of a line that names its record."""
    names = (s.name for s in REGISTERS[line].links if register_of(s.target).slug == of)
    return f"{next(names)}_id"


def from_all(absence):
    """Whether an absence names neither a pairing nor a class."""
    return absence["pairing_id"] is None and absence["school_class_id"] is None


class Facts:
    """Every row of every register as it stands in the file."""

    def __init__(self, rows):
        self.rows = rows
        self._seen = {}

    @classmethod
    def of_file(cls, file):
        reading = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        reading.row_factory = sqlite3.Row
        rows = {
            slug: [dict(row) for row in reading.execute(f'SELECT * FROM "{register.table}"')]
            for slug, register in REGISTERS.items()
        }
        reading.close()
        return cls(rows)

    def living(self, slug):
        return [row for row in self.rows[slug] if row["deleted_at"] is None]

    def stands_in(self, who, day):
        """The absences in which the person stands in on a day."""
        return [
            row
            for row in self.living("substitution")
            if who.staff_id is not None and row["substitute_id"] == who.staff_id and holds(row, day)
        ]

    def classes(self, who, day):
        """The classes the person leads on a day, or stands in for leading."""
        if who.staff_id is None:
            return set()
        away = self.stands_in(who, day)
        return {
            row["school_class_id"]
            for row in self.living("class-teacher")
            if holds(row, day)
            and (
                row["staff_id"] == who.staff_id
                or any(one["school_class_id"] == row["school_class_id"] for one in away)
                or any(row["staff_id"] == one["teacher_id"] for one in away if from_all(one))
            )
        }

    def children(self, who, day):
        """The person's own children on a day: paired with, or in a class the person leads."""
        if who.staff_id is None:
            return set()
        away = self.stands_in(who, day)
        paired = {
            row["child_id"]
            for row in self.living("pairing")
            if holds(row, day)
            and (
                row["teacher_id"] == who.staff_id
                or any(one["pairing_id"] == row["id"] for one in away)
                or any(row["teacher_id"] == one["teacher_id"] for one in away if from_all(one))
            )
        }
        led = self.classes(who, day)
        enrolled = self.living("enrolment")
        return paired | {
            row["child_id"] for row in enrolled if row["school_class_id"] in led and holds(row, day)
        }

    def sits_in_the_group(self, who, day):
        """Whether the person is a member of the leadership group on a day."""
        return who.staff_id is not None and any(
            row["staff_id"] == who.staff_id and holds(row, day)
            for row in self.living("leadership-member")
        )

    def is_act_of(self, who, slug, row):
        """Whether the person entered the record, or is named in it as acting, on it or a line."""
        if who.user_id is not None and row["entered_by"] == who.user_id:
            return True
        if who.staff_id is None:
            return False
        return who.staff_id in self.credited(slug, row)

    def credited(self, slug, row):
        """The members of staff whose act a record is."""
        found = set()
        for name in REGISTERS[slug].act_by:
            line, _, field = name.rpartition(".")
            if not line:
                found.add(row[f"{field}_id"])
                continue
            column = _parent_column(line, slug)
            found |= {one[f"{field}_id"] for one in self.living(line) if one[column] == row["id"]}
        return found

    # ---- who reads ------------------------------------------------------------------------------

    def seen(self, who, slug, day, *, deleted=False):
        """The ids of the register's records the person reads on a day."""
        asked = (who, slug, day, deleted)
        if asked not in self._seen:
            base = [
                row
                for row in self.rows[slug]
                if deleted is None or (row["deleted_at"] is not None) == deleted
            ]
            self._seen[asked] = {row["id"] for row in base if self._sees(who, slug, row, day)}
        return self._seen[asked]

    def _sees(self, who, slug, row, day):
        register = REGISTERS[slug]
        if who.role in register.hidden_from:
            return False
        if who.role == "inspector":
            released = row.get("edition") == "督查版" and row.get("released_on") is not None
            return released if slug == "bundle" else True
        if who.role in OFFICE:
            return True
        if register.parent:
            return self._sees_line(who, slug, row, day)
        if register.sealed:
            (own,) = OWN_PERSON[slug]
            return who.role == "counsellor" and row[own] == who.staff_id
        return self._teaches(who, slug, row, day)

    def _sees_line(self, who, slug, row, day):
        """A line is read with its record, which must not lie in the bin."""
        home = parent_slug(slug)
        if row[f"{REGISTERS[slug].parent}_id"] not in self.seen(who, home, day):
            return False
        return slug not in NARROWER or row["child_id"] in self.children(who, day)

    def _teaches(self, who, slug, row, day):
        rule = rule_of(slug)
        if rule in (EVERYTHING, NOTHING):
            return rule == EVERYTHING
        if rule == RECORD:
            return self._goes_with(who, slug, row, day)
        if rule == "own classes":
            return row["id"] in self.classes(who, day)
        if rule == "sent to me":
            mine = row["recipient_id"] is not None and row["recipient_id"] == who.user_id
            sits = row["recipient_role"] == "领导" and self.sits_in_the_group(who, day)
            return mine or sits or row["recipient_role"] in ROLES_IN_NOTICES[who.role]
        named = slug in OWN_PERSON and who.staff_id is not None
        if named and who.staff_id in [row[name] for name in OWN_PERSON[slug]]:
            return True
        if rule in (CHILDREN, CHILDREN_AND_ACTS):
            child = row["id"] if slug == "child" else row["child_id"]
            if child in self.children(who, day):
                return True
        return rule in (ACTS, CHILDREN_AND_ACTS) and self.is_act_of(who, slug, row)

    def _goes_with(self, who, slug, row, day):
        """Photos and corrections are read with their record; one's own uploads before that."""
        own = who.user_id is not None and row["entered_by"] == who.user_id
        if own and (slug == "correction" or not row["record_id"]):
            return True
        register = REGISTERS.get(row["register"])
        if register is None or register.sealed:
            return False
        kept = register.evidence if slug == "photo" else _takes_corrections(register)
        return bool(kept) and row["record_id"] in self.seen(who, register.slug, day)


# ---- who writes ----------------------------------------------------------------------------------


def may_change(who, verb, slug, row, now, days=7):
    """Whether the person may edit or delete a record the person reads; times are datetimes."""
    register = REGISTERS[slug]
    if who.role in register.hidden_from or who.role == "inspector":
        return False
    # What a procedure writes step by step is changed by nobody's form.
    if (parent_register(register) or register).procedure:
        return False
    if register.sealed or (verb == "delete" and register.permanent):
        return False
    if who.role == "clerk":
        return True
    if not writes(who.role, slug) or not is_act_to_edit(who, slug, row):
        return False
    if verb == "delete":
        return row["entered_at"].date() == now.date()
    return is_unfinished(slug, row) or now <= row["entered_at"] + timedelta(days=days)


# What has to stand in a record for there to be anything to finish.
WAITS = {
    "safety-check": ("passed", "有问题"),
    "fitness-test": ("abnormal", "异常"),
    "subsidy": ("result", "给予资助"),
}


def is_unfinished(slug, row):
    """Whether the record waits for what it declares as its end."""
    ends = REGISTERS[slug].open_until
    if not ends or row[ends] is not None:
        return False
    if slug == "stock-take-line":
        return row["difference"] != 0
    name, word = WAITS.get(slug, ("", None))
    return not name or row[name] == word


def is_act_to_edit(who, slug, row):
    """Whether the person entered the record or is named in it as acting; not only on a line."""
    if who.user_id is not None and row["entered_by"] == who.user_id:
        return True
    direct = (name for name in REGISTERS[slug].act_by if "." not in name)
    return who.staff_id is not None and who.staff_id in {row[f"{name}_id"] for name in direct}


def writes(role, slug):
    """Whether the role enters records of the register; a counsellor does what a teacher does."""
    creates = REGISTERS[parent_slug(slug) or slug].creates
    return role == "clerk" or role in creates or (role == "counsellor" and "teacher" in creates)


def _takes_corrections(register):
    return register.creates and register.happened and not register.parent


def holds(row, day):
    """Whether a dated row holds on a day: from its first to its last day, both included."""
    return row["since"] <= str(day) and (row["until"] is None or str(day) <= row["until"])
