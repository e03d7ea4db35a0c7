"""From what was written to whose verdicts it may change.

The write path leaves one Touch row per written record with every record it linked before and
after. A touch of the calendar, the settings or a class teacher may change every verdict.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from compliance.judged.sources import line_columns, staff_columns
from compliance.judged.subjects import Only
from compliance.ordered.reading import tuples
from models.core.actor import SYSTEM
from models.core.gates import every_row, rows
from models.core.register import Register, find, register_of
from models.core.touches import Touch
from models.core.whose import child_column
from models.kept.children import Child, Enrolment, Identification
from models.kept.pairings import Excuse, Pairing, Substitution
from models.kept.photos import Photo
from models.kept.staff import ClassTeacher, SchoolClass, Staff, TeachingPost

# Who teaches which class moves the verdicts of all its children, as the calendar moves all.
OF_CLASSES = frozenset(
    {register_of(ClassTeacher).slug, register_of(SchoolClass).slug, register_of(TeachingPost).slug}
)
# An excuse or a substitute of a teacher is one of the teacher's pairings and class, which end with
# the teacher's last day too.
OF_POSTS = frozenset(
    {register_of(Excuse).slug, register_of(Substitution).slug, register_of(Staff).slug}
)
# How long a child is there ends its pairings, and so what its teachers are asked.
OF_STAYS = frozenset(register_of(one).slug for one in (Child, Enrolment, Identification))
# Above this many children a cold run is as quick.
MANY = 400


@dataclass
class Touched:
    """Touch rows read together: their ids, their registers, and who is behind them."""

    ids: list[int] = field(default_factory=list)
    registers: set[str] = field(default_factory=set)
    children: set[int] = field(default_factory=set)
    staff: set[int] = field(default_factory=set)
    classes: set[int] = field(default_factory=set)

    @property
    def everything(self) -> bool:
        """Whether all verdicts have to be worked out anew."""
        moved = any(declared.moves_calendar for slug in self.registers if (declared := find(slug)))
        return moved or bool(self.registers & OF_CLASSES) or len(self.children) > MANY

    def only(self, classes: Iterable[int]) -> Only:
        """Return the narrow set, the classes of the touched children added."""
        return Only(
            frozenset(self.children), frozenset(self.staff), frozenset({*self.classes, *classes})
        )


def read_touched() -> Touched:
    """Read all touch rows that wait; a fixed number of queries per touched register."""
    found = Touched()
    behind: dict[str, set[int]] = {}
    query = Touch.select(Touch.id, Touch.register, Touch.record_id, Touch.links).order_by(Touch.id)
    for touch, slug, record, links in tuples(query):
        found.ids.append(touch)
        found.registers.add(slug)
        declared = find(slug)
        if declared is not None:
            _take(found, behind, declared, record, json.loads(links))
    if not found.everything:
        for slug in list(behind):
            _look_behind(found, slug, behind[slug])
        if OF_POSTS & found.registers:
            _add_paired(found)
        if OF_STAYS & found.registers:
            _add_teachers(found)
    return found


def _add_paired(found: Touched) -> None:
    """What a teacher's absence or leaving moves: the verdicts of the own pairings and class."""
    staff = list(found.staff)
    query = every_row(register_of(Pairing)).select(Pairing.child)
    paired = query.where(Pairing.teacher.in_(staff))
    led = every_row(register_of(ClassTeacher)).select(ClassTeacher.school_class)
    classes = [one for (one,) in tuples(led.where(ClassTeacher.staff.in_(staff)))]
    enrolled = every_row(register_of(Enrolment)).select(Enrolment.child)
    inside = enrolled.where(Enrolment.school_class.in_(classes))
    found.children.update(child for (child,) in (*tuples(paired), *tuples(inside)))
    found.classes.update(classes)


def _add_teachers(found: Touched) -> None:
    """Add the teachers who are or were paired with the touched children."""
    query = every_row(register_of(Pairing)).where(Pairing.child.in_(list(found.children)))
    found.staff.update(teacher for (teacher,) in tuples(query.select(Pairing.teacher)))


def _take(
    found: Touched,
    behind: dict[str, set[int]],
    declared: Register,
    record: int,
    links: Mapping[str, list[int]],
) -> None:
    """Note who stands in one touch, and which records must be asked for more."""
    if declared.slug == "child":
        found.children.add(record)
    if declared.slug == "staff":
        found.staff.add(record)
    if declared.slug == "photo":
        _photo(behind, record, links.get("record_id", []))
    if any("." in name for name in declared.act_by):
        behind.setdefault(declared.slug, set()).add(record)
    for spec in declared.links:
        ids = links.get(spec.name, [])
        target = register_of(spec.target)
        if target.slug == "child":
            found.children.update(ids)
        elif spec.target is Staff:
            found.staff.update(ids)
        elif target.slug == "school-class":
            found.classes.update(ids)
        elif child_column(target) is not None:
            behind.setdefault(target.slug, set()).update(ids)


def _photo(behind: dict[str, set[int]], photo: int, records: list[int]) -> None:
    declared = register_of(Photo)
    query = rows(SYSTEM, declared, deleted=None).select(Photo.register).where(Photo.id == photo)
    for (slug,) in tuples(query):
        behind.setdefault(slug, set()).update(records)


def _look_behind(found: Touched, slug: str, ids: set[int]) -> None:
    """Add the child and the staff of linked records, deleted ones too."""
    declared = find(slug)
    if declared is None or not ids:
        return
    child = child_column(declared)
    columns = staff_columns(declared)
    query = rows(SYSTEM, declared, deleted=None).where(declared.model.id.in_(list(ids)))
    for first, *staff in tuples(
        query.select(declared.model.id if child is None else child, *columns)
    ):
        if child is not None and first is not None:
            found.children.add(first)
        found.staff.update(one for one in staff if one is not None)
    for name in (name for name in declared.act_by if "." in name):
        lines, parent, member = line_columns(name)
        credited = rows(SYSTEM, lines, deleted=None).select(member).where(parent.in_(list(ids)))
        found.staff.update(staff for (staff,) in tuples(credited))
