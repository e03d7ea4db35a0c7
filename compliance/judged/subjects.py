"""Who or what a duty is counted for: the subjects of a kind with the stretches they were active.

Everything is read from the dated rows with a fixed number of queries per kind, never one per
subject.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from peewee import Value

from compliance.judged.placement import Placement
from compliance.judged.standing_in import Post
from compliance.judged.stretches import crossed, joined, open_ended
from compliance.judged.verdict import Span
from compliance.ordered.duty import Duty
from compliance.ordered.reading import day, tuples
from models.core.gates import every_row
from models.core.register import Register, find, register_of
from models.kept.adults import persons
from models.kept.children import Child, Guardian, Identification
from models.kept.pairings import Pairing
from models.kept.staff import Staff, TeachingPost, VillagePoint

SCHOOL_ID = 0
ALWAYS: tuple[Span, ...] = ((date.min, None),)

# Kinds whose subjects are the records of a register; a duty's record names one by a link to it.
REGISTER_OF_KIND = {
    "pairing": "pairing",
    "child": "child",
    "teacher": "staff",
    "staff": "staff",
    "acting-parent": "staff",
    "subject-teacher": "staff",
    "leadership-member": "leadership-member",
    "class": "school-class",
    "guardian": "guardian",
    "study-group": "study-group",
    "room": "room",
    "home": "village-point",
    "department": "department",
    "outside-parent": "volunteer",
    "asset": "asset",
    "move": "asset-move",
    "activity": "activity",
    "incident": "incident",
    "enquiry": "hotline",
    "opinion": "opinion",
    "finding": "rectification",
    "session": "counselling",
    "visit": "home-visit",
    "meeting": "meeting",
    "damage": "damage",
    "class-teacher": "staff",
    "volunteer-child": "volunteer-child",
}
STAFF_KINDS = frozenset(
    {"teacher", "staff", "acting-parent", "subject-teacher", "leadership-member", "class-teacher"}
)
# Records about a child that are active only while the child is.
WITH_THE_CHILD = frozenset({"guardian", "volunteer-child"})


class Subject(NamedTuple):
    """One subject: its record, when it was active, and whom it concerns.

    `child` and `staff` are the child and the teacher behind it, for scope and excuses; a child's
    class teacher is not fixed and therefore asked per period. `volunteer` is the other half of a
    volunteer and child. `rows` are the records it was put together from, where they are several.
    """

    kind: str
    id: int
    spans: tuple[Span, ...]
    child: int | None = None
    staff: int | None = None
    school_class: int | None = None
    volunteer: int | None = None
    rows: tuple[int, ...] = ()


class Only(NamedTuple):
    """The children, staff and classes whose verdicts are looked at again."""

    children: frozenset[int] = frozenset()
    staff: frozenset[int] = frozenset()
    classes: frozenset[int] = frozenset()


class Subjects:
    """The subjects of every kind, read when first asked for."""

    def __init__(self, placement: Placement, only: Only | None = None) -> None:
        self.placement = placement
        self.only = only
        self._kept: dict[str, list[Subject]] = {}
        self._children: dict[int, tuple[Span, ...]] | None = None
        # Guardians are looked at as a whole, also where only some children are.
        self._every_child: dict[int, tuple[Span, ...]] | None = None

    def of(self, kind: str) -> list[Subject]:
        """Return the subjects of a kind, in order of their ids; a missing register has none."""
        if kind not in self._kept:
            self._kept[kind] = self._read(kind)
        return self._kept[kind]

    def _read(self, kind: str) -> list[Subject]:
        if kind == "school":
            return [Subject(kind, SCHOOL_ID, ALWAYS)]
        if kind == "home":
            points = self._records(kind, register_of(VillagePoint))
            return [Subject(kind, SCHOOL_ID, ALWAYS), *points]
        if kind == "child":
            return [Subject(kind, i, spans, child=i) for i, spans in self.children().items()]
        if kind == "pairing":
            return self._pairings()
        if kind == "class":
            return self._classes()
        if kind in ("teacher", "acting-parent"):
            return self._paired_teachers(kind)
        if kind == "class-teacher":
            return self._class_teachers()
        register = find(REGISTER_OF_KIND.get(kind, ""))
        found = [] if register is None else self._records(kind, register)
        if kind == "subject-teacher":
            teaching = _teaching()
            return [one for one in found if one.id in teaching]
        return self._persons(found) if kind == "guardian" else found

    def children(self) -> dict[int, tuple[Span, ...]]:
        """Return per child the stretches in which it was identified, from its first class on.

        A child that is in no class is active all the same, so that it is not lost from sight.
        """
        if self._children is None:
            query = every_row(register_of(Child)).select(
                Child.id, Child.identified_on, Child.left_on
            )
            if self.only is not None:
                query = query.where(Child.id.in_(list(self.only.children)))
            earlier = self._earlier()
            self._children = {
                child: self._child_spans(
                    child, (*earlier.get(child, ()), (_first(since), day(left)))
                )
                for child, since, left in tuples(query.order_by(Child.id))
            }
        return self._children

    def _earlier(self) -> dict[int, list[Span]]:
        """Return the stretches in which children were left behind before, in order."""
        query = every_row(register_of(Identification)).select(
            Identification.child, Identification.since, Identification.until
        )
        if self.only is not None:
            query = query.where(Identification.child.in_(list(self.only.children)))
        found: dict[int, list[Span]] = {}
        for child, since, until in tuples(query.order_by(Identification.since)):
            found.setdefault(child, []).append((_first(since), day(until)))
        return found

    def _child_spans(self, child: int, stretches: tuple[Span, ...]) -> tuple[Span, ...]:
        """A child whose class has ended stays in the duties until it is entered as gone."""
        enrolled = self.placement.enrolled(child)
        if not enrolled:
            return stretches
        here = [(min(since for since, _ in enrolled), None)]
        return tuple(part for stretch in stretches for part in crossed(stretch, here))

    def _pairings(self) -> list[Subject]:
        query = every_row(register_of(Pairing)).select(
            Pairing.id, Pairing.child, Pairing.teacher, Pairing.since, Pairing.until
        )
        if self.only is not None:
            query = query.where(Pairing.child.in_(list(self.only.children)))
        active = self.children()
        return [
            Subject(
                "pairing",
                i,
                crossed(
                    (_first(since), self.placement.stays_until(teacher, day(until))), active[child]
                ),
                child,
                teacher,
            )
            for i, child, teacher, since, until in tuples(query.order_by(Pairing.id))
            if child in active
        ]

    def _paired_teachers(self, kind: str) -> list[Subject]:
        """Teachers with pairings, active while one of their pairings is."""
        query = every_row(register_of(Pairing)).select(
            Pairing.teacher, Pairing.child, Pairing.since, Pairing.until
        )
        if kind == "acting-parent":
            query = query.where(Pairing.kind == "代理家长")
        if self.only is not None:
            query = query.where(Pairing.teacher.in_(list(self.only.staff)))
        spans: dict[int, list[Span]] = {}
        children = self._all_children()
        for teacher, child, since, until in tuples(query):
            own = _first(since), self.placement.stays_until(teacher, day(until))
            if lasting := crossed(own, children.get(child, ())):
                spans.setdefault(teacher, []).extend(lasting)
        return [Subject(kind, i, tuple(spans[i]), staff=i) for i in sorted(spans)]

    def _classes(self) -> list[Subject]:
        return [
            Subject("class", i, tuple(spans), school_class=i)
            for i, spans in sorted(self.placement.classes().items())
            if self.only is None or i in self.only.classes
        ]

    def _class_teachers(self) -> list[Subject]:
        """Colleagues who lead a class, active while they do."""
        return [
            Subject("class-teacher", staff, tuple(span for _, span in led), staff=staff)
            for staff, led in sorted(self.placement.led().items())
            if self.only is None or staff in self.only.staff
        ]

    def _records(self, kind: str, register: Register) -> list[Subject]:
        """The records of a register as subjects, active as their own dates say."""
        model = register.model
        columns = [getattr(model, name) if name else Value(None) for name in register.span]
        child, staff = _column(model, "child"), _column(model, "staff", "guiding_teacher")
        own = model.id if model is Staff else staff
        query = every_row(register).select(
            model.id, *columns, child, own, _column(model, "volunteer")
        )
        if self.only is not None and kind in STAFF_KINDS:
            query = query.where(own.in_(list(self.only.staff)))
        return [
            Subject(
                kind,
                i,
                self._active(kind, child_id, self._own(kind, staff_id, since, until)),
                child=child_id,
                staff=staff_id,
                volunteer=volunteer,
            )
            for i, since, until, child_id, staff_id, volunteer in tuples(query.order_by(model.id))
        ]

    def _own(self, kind: str, staff: int | None, since: Any, until: Any) -> Span:
        """A record's own two days; a member's last day at the school ends the membership."""
        last = day(until)
        if kind == "leadership-member" and staff is not None:
            last = self.placement.stays_until(staff, last)
        return _first(since), last

    def _persons(self, found: list[Subject]) -> list[Subject]:
        """Guardians of several children are one subject, there while one of the rows is (Q10-3)."""
        register = register_of(Guardian)
        columns = (Guardian.name, Guardian.phone, Guardian.id_number)
        query = every_row(register).select(Guardian.id, *columns)
        named = [
            (number, {"name": name, "phone": phone, "id_number": id_number})
            for number, name, phone, id_number in tuples(query)
        ]
        by_row = {subject.id: subject for subject in found}
        several = (rows for rows in persons(named) if len(rows) > 1)
        for rows in several:
            spans = joined(span for row in rows for span in by_row.pop(row).spans)
            first = next(subject for subject in found if subject.id == rows[0])
            by_row[rows[0]] = first._replace(spans=open_ended(spans), rows=rows)
        return [by_row[number] for number in sorted(by_row)]

    def _active(self, kind: str, child: int | None, own: Span) -> tuple[Span, ...]:
        """A record's own stretch; of a guardian only while the child is there too."""
        if kind not in WITH_THE_CHILD or child is None:
            return (own,)
        return crossed(own, self._all_children().get(child, ()))

    def _all_children(self) -> dict[int, tuple[Span, ...]]:
        """The stretches of every child, also where only some are looked at."""
        if self.only is None:
            return self.children()
        if self._every_child is None:
            self._every_child = Subjects(self.placement).children()
        return self._every_child


def _first(value: Any) -> date:
    """The day a span begins; the beginning of time when the record does not say."""
    return day(value) or date.min


def _teaching() -> set[int]:
    """Those of the staff who teach: a subject is entered, or ever a class (S11-1, Q07-6, H02-1)."""
    subject = Staff.subject.is_null(False) & (Staff.subject != "")
    found = tuples(every_row(register_of(Staff)).where(subject).select(Staff.id))
    taught = tuples(every_row(register_of(TeachingPost)).select(TeachingPost.staff))
    return {one for (one,) in (*found, *taught)}


def _column(model: Any, *names: str) -> Any:
    """Return the first field of those names as a column, or SQL NULL."""
    found = next((name for name in names if name in model._meta.fields), None)
    return getattr(model, found) if found else Value(None)


def responsible(
    duty: Duty, subject: Subject, last: date, placement: Placement, first: date | None = None
) -> tuple[int, ...]:
    """Return whose evaluation a verdict enters: of a period, by its two days.

    The class teacher is the one of the period's last day (docs/rules.md), as are the teachers
    paired with a child; of a child who left before, nobody answers. Who stood in for one of them on
    most of the period answers instead; without `first` the last day alone is looked at.
    """

    if duty.responsible == "leader" and subject.staff is not None:
        return (subject.staff,)
    begun = last if first is None else first
    posts = _posts(duty, subject, last, placement)
    answering = [placement.absences.answering(post, begun, last) for post in posts]
    return tuple(dict.fromkeys(answering))


def _posts(duty: Duty, subject: Subject, on: date, placement: Placement) -> list[Post]:
    """Return the posts whose holders answer for a subject on a day."""
    if duty.responsible == "class-teacher":
        school_class = subject.school_class
        if subject.child is not None:
            school_class = placement.class_of(subject.child, on)
        led = placement.leaders_of(school_class, on)[-1:]
        return [Post(staff, school_class=school_class) for staff in led]
    if duty.responsible == "teacher" and subject.staff is not None:
        return [Post(subject.staff, subject.child)]
    if duty.responsible == "teacher" and subject.child is not None:
        paired = placement.paired(subject.child, on)
        return [Post(staff, subject.child) for staff in paired]
    return []


def couples(subjects: list[Subject]) -> list[Subject]:
    """Put the pairings of one teacher and child together whose stretches meet or overlap.

    They are one subject then, under the number of the first; rows with a gap between stay apart.
    """
    pairs: dict[tuple[int | None, int | None], list[Subject]] = {}
    for subject in subjects:
        pairs.setdefault((subject.child, subject.staff), []).append(subject)
    if len(pairs) == len(subjects):
        return subjects
    found = [together for rows in pairs.values() for together in _chained(rows)]
    return sorted(found, key=lambda one: one.id)


def _chained(rows: list[Subject]) -> Iterator[Subject]:
    """One subject per chain of rows of which one's stretch meets another's."""
    chains: list[list[Subject]] = []
    for row in rows:
        met = [chain for chain in chains if any(_meet(row, other) for other in chain)]
        chains = [chain for chain in chains if chain not in met]
        chains.append([other for chain in met for other in chain] + [row])
    for chain in chains:
        ids = tuple(sorted(row.id for row in chain))
        yield min(chain, key=lambda row: row.id)._replace(
            spans=open_ended(joined(span for row in chain for span in row.spans)),
            rows=ids if len(ids) > 1 else (),
        )


def _meet(one: Subject, other: Subject) -> bool:
    """Whether a stretch of one overlaps, or follows the day after, a stretch of the other."""
    apart = len(joined(one.spans)) + len(joined(other.spans))
    return len(joined(one.spans + other.spans)) < apart
