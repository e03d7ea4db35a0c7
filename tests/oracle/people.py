"""Whom a duty is asked of, from when until when, and who holds which role on a day."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.oracle.kept import (
    BEGINNING,
    DAY,
    END,
    both,
    holds,
    is_there,
    on,
    said,
    stretch,
    words,
)

# Whose records are subjects as they are: the register of a kind, and its two days.
PLAIN = {
    "staff": ("staff", "joined_on", "left_on"),
    "leadership-member": ("leadership-member", "since", "until"),
    "study-group": ("study-group", "since", "until"),
    "room": ("room", "", "closed_on"),
    "department": ("department", "", ""),
    "point": ("village-point", "since", "until"),
    "outside-parent": ("volunteer", "since", "until"),
    "activity": ("activity", "", ""),
    "incident": ("incident", "", ""),
    "enquiry": ("hotline", "", ""),
    "opinion": ("opinion", "", ""),
    "finding": ("rectification", "", ""),
    "session": ("counselling", "", ""),
    "visit": ("home-visit", "", ""),
    "meeting": ("meeting", "", ""),
    "damage": ("damage", "", ""),
    "asset": ("asset", "", ""),
    "move": ("asset-move", "", ""),
}
ALWAYS = [(BEGINNING, END)]


@dataclass
class Whom:
    """One subject: since when, and which child, colleague, class or volunteer it is about."""

    number: int
    stretches: list
    child: int | None = None
    staff: int | None = None
    school_class: int | None = None
    volunteer: int | None = None
    rows: set = field(default_factory=set)


class People:
    """Everybody of one school."""

    def __init__(self, kept):
        self.kept = kept
        self._children = {}

    # ---- who there is --------------------------------------------------------------------------

    def of(self, kind):
        """Return the subjects of a kind."""
        made = getattr(self, "all_" + kind.replace("-", "_"), None)
        if made is not None:
            return made()
        slug, first, last = PLAIN[kind]
        found = []
        for one in self.kept.rows(slug):
            whom = Whom(
                one.id, [stretch(one, first, last)], self._child(one), self._staff(slug, one)
            )
            if kind == "leadership-member":
                whom.stretches = both(whom.stretches, self.stays(whom.staff))
            found.append(whom)
        return found

    def stays(self, staff):
        """Until when a colleague is at the school: with the last day all posts end."""
        found = self.kept.one("staff", staff)
        return [(BEGINNING, (found and found.left_on) or END)]

    def _child(self, record):
        return said(record, "child")

    def _staff(self, slug, record):
        """The colleague a subject is, or answers for it by name."""
        if slug == "staff":
            return record.id
        return said(record, "staff") or said(record, "guiding_teacher")

    def identified(self, child):
        """The stretches in which a child was left behind."""
        record = self.kept.one("child", child)
        if record is None:
            return []
        earlier = self.kept.lines("identification", "child", child)
        return [stretch(record, "identified_on", "left_on"), *map(stretch, earlier)]

    def left_behind(self, child):
        """The stretches in which a child is asked about: identified, from its first class on."""
        if child not in self._children:
            classes = [stretch(one) for one in self.kept.lines("enrolment", "child", child)]
            begun = min((first for first, _ in classes), default=BEGINNING)
            self._children[child] = both(self.identified(child), [(begun, END)])
        return self._children[child]

    def there(self, pairing):
        """The stretches of a pairing: while it lasts and both of the two are there."""
        stays = self.stays(said(pairing, "teacher"))
        return both(both([stretch(pairing)], stays), self.left_behind(said(pairing, "child")))

    def all_school(self):
        return [Whom(0, ALWAYS)]

    def all_home(self):
        """The school's own home, and one at each village point."""
        return [Whom(0, ALWAYS), *self.of("point")]

    def all_child(self):
        return [
            Whom(one.id, self.left_behind(one.id), child=one.id) for one in self.kept.rows("child")
        ]

    def all_pairing(self):
        return self.couples(self.kept.rows("pairing"))

    def couples(self, pairings):
        """Rows of one teacher and child that meet or overlap are one; others stay apart."""
        found = []
        for pairing in pairings:
            child, teacher = said(pairing, "child"), said(pairing, "teacher")
            if self.kept.one("child", child) is None:
                continue
            one = Whom(pairing.id, self.there(pairing), child, teacher, rows={pairing.id})
            for other in list(found):
                if (other.child, other.staff) == (child, teacher) and _meet(one, other):
                    found.remove(other)
                    one.stretches = one.stretches + other.stretches
                    one.rows |= other.rows
                    one.number = min(one.rows)
            found.append(one)
        return found

    def _paired(self, fits):
        """Teachers with pairings: there while one of their pairings is."""
        found = {}
        for pairing in filter(fits, self.kept.rows("pairing")):
            if self.there(pairing):
                found.setdefault(said(pairing, "teacher"), []).extend(self.there(pairing))
        return [Whom(one, stretches, staff=one) for one, stretches in found.items()]

    def all_teacher(self):
        return self._paired(lambda _pairing: True)

    def all_acting_parent(self):
        return self._paired(lambda pairing: pairing.kind == "代理家长")

    def all_subject_teacher(self):
        """Teachers who teach a subject, not the guard at the gate (S11-1, Q07-6, H02-1)."""
        teaching = {said(one, "staff") for one in self.kept.rows("teaching-post")}
        return [
            one
            for one in self.of("staff")
            if one.number in teaching or is_there(self.kept.one("staff", one.number).subject)
        ]

    def all_class_teacher(self):
        found = {}
        for one in self.kept.rows("class-teacher"):
            found.setdefault(said(one, "staff"), []).extend(self.led(one))
        return [Whom(one, stretches, staff=one) for one, stretches in found.items()]

    def led(self, post):
        """The days of a class teacher's post: its own, while the colleague is there."""
        return both([stretch(post)], self.stays(said(post, "staff")))

    def all_class(self):
        found = {}
        for one in self.kept.rows("enrolment"):
            found.setdefault(said(one, "school_class"), []).append(stretch(one))
        return [Whom(one, stretches, school_class=one) for one, stretches in found.items()]

    def all_guardian(self):
        """Guardians as persons: rows of one name that share a number, none speaking against it."""
        people = []
        for row in self.kept.rows("guardian"):
            stretches = both([stretch(row)], self.left_behind(said(row, "child")))
            one = Whom(row.id, stretches, child=said(row, "child"), rows={row.id})
            for other in list(people):
                if any(_same_adult(row, self.kept.one("guardian", known)) for known in other.rows):
                    people.remove(other)
                    one.stretches = one.stretches + other.stretches
                    one.rows |= other.rows
                    one.number = min(one.rows)
            people.append(one)
        return people

    def all_volunteer_child(self):
        return [
            Whom(
                row.id,
                both([stretch(row)], self.left_behind(said(row, "child"))),
                child=said(row, "child"),
                volunteer=said(row, "volunteer"),
            )
            for row in self.kept.rows("volunteer-child")
        ]

    # ---- whom of them --------------------------------------------------------------------------

    def only(self, name, subjects, today):
        """Return those of whom a condition is true, or the stretches in which it is."""
        if name == "poor":
            return [one for one in subjects if self._poor(one.child)]
        if name == "poor-elderly-or-illiterate":
            return [
                one for one in subjects if self._poor(one.child) or self._weak(one.child, today)
            ]
        narrow = {
            "entrusted-guardian": self._entrusted,
            "other-than-class-teacher": self._apart,
        }[name]
        for one in subjects:
            one.stretches = both(one.stretches, narrow(one))
        return [one for one in subjects if one.stretches]

    def _poor(self, child):
        record = self.kept.one("child", child)
        return record.economy == "困难" or bool(
            words(record.hardship) - {"残疾", "烈士子女", "其他"}
        )

    def _weak(self, child, today):
        return any(
            holds(one, today)
            and ((one.age is not None and one.age >= 60) or one.education == "文盲或半文盲")
            for one in self.kept.lines("guardian", "child", child)
        )

    def _entrusted(self, whom):
        guardians = self.kept.lines("guardian", "child", whom.child)
        found = []
        for one in guardians:
            if one.entrusted:
                found += both([stretch(one)], [stretch(one, "entrusted_from", "entrusted_until")])
        return found

    def _apart(self, whom):
        """The days on which the paired teacher does not lead the child's class."""
        own = []
        for led in self.kept.lines("class-teacher", "staff", whom.staff):
            for one in self.kept.lines("enrolment", "child", whom.child):
                if said(one, "school_class") == said(led, "school_class"):
                    own += both(self.led(led), [stretch(one)])
        found, begin = [], BEGINNING
        for first, last in sorted(own):
            if begin < first:
                found.append((begin, first - DAY))
            begin = max(begin, END if last == END else last + DAY)
        return found if begin == END else [*found, (begin, END)]

    # ---- who held which role -------------------------------------------------------------------

    def class_of(self, child, day):
        """The class a child was in on a day; of two the one entered last."""
        rows = [one for one in self.kept.lines("enrolment", "child", child) if holds(one, day)]
        newest = max(rows, key=lambda one: (one.since, said(one, "school_class")), default=None)
        return newest and said(newest, "school_class")

    def leads(self, school_class, day):
        """Who led a class on a day, or stood in for who did."""
        led = {
            said(one, "staff")
            for one in self.kept.rows("class-teacher")
            if said(one, "school_class") == school_class and on(self.led(one), day)
        }
        return led | {
            said(one, "substitute")
            for one in self._away(day)
            if said(one, "teacher") in led
            and said(one, "pairing") is None
            and said(one, "school_class") in (None, school_class)
        }

    def teaches(self, school_class, day):
        """Who taught a class on a day."""
        return {
            said(one, "staff")
            for one in self.kept.rows("teaching-post")
            if said(one, "school_class") == school_class and holds(one, day)
        }

    def paired_with(self, whom, day):
        """The teacher of a couple on a day it lasted, and who stood in."""
        if not on(whom.stretches, day):
            return set()
        return {whom.staff, *self.stand_ins(whom.staff, day, whom.child)}

    def stand_ins(self, teacher, day, child=None, school_class=None):
        """Who stood in for a teacher on a day, for a child or in a class."""
        found = set()
        for one in self._away(day):
            if said(one, "teacher") != teacher:
                continue
            pairing = said(one, "pairing")
            named = None if pairing is None else self.kept.one("pairing", pairing)
            if pairing is not None and (named is None or said(named, "child") != child):
                continue
            if pairing is None and said(one, "school_class") not in (None, school_class):
                continue
            found.add(said(one, "substitute"))
        return found

    def _away(self, day):
        return [one for one in self.kept.rows("substitution") if holds(one, day)]


def _meet(one, other):
    return any(
        first <= (end if end == END else end + DAY)
        and begin <= (last if last == END else last + DAY)
        for first, last in one.stretches
        for begin, end in other.stretches
    )


def _same_adult(one, other):
    if one.name != other.name:
        return False
    numbers = {one.id_number or "", other.id_number or ""} - {""}
    phones = {one.phone or ""} & {other.phone or ""} - {""}
    same_number = bool(one.id_number) and one.id_number == other.id_number
    return len(numbers) < 2 and (same_number or bool(phones))
