"""What a person owes each child, or by a post, in the running periods: plain values, no links.

The phone's page of the day and the digest read it here, so that both tell the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any, NamedTuple

from compliance.judged.evaluation import periods_of
from compliance.judged.standing_in import Absence, Absences, Post
from compliance.judged.store import Verdict, verdicts
from compliance.judged.verdict import State
from compliance.ordered.catalogue import duties_on
from compliance.ordered.duty import Duty, MeasureKind
from compliance.ordered.periods import Frequency, Period
from compliance.ordered.reading import tuples
from compliance.told.progress import noun, running
from models.core import calendar
from models.core.actor import Actor
from models.core.boxes import TEACHING
from models.core.database import within
from models.core.gates import rows
from models.core.register import REGISTERS, register_of
from models.core.school_calendar import SemesterSpan
from models.core.scopes import class_children
from models.core.scopes import own_children as own_children_of
from models.core.spans import holds_on, is_valid
from models.kept.children import Child

OWN = own_children_of("id")
ORDER = {frequency: place for place, frequency in enumerate(Frequency)}


class Mark(NamedTuple):
    """One act owed or done for one child in the running period of a duty."""

    noun: str
    state: State
    every: Frequency
    duty: Duty
    verdict: Verdict
    period: Period

    @property
    def open(self) -> bool:
        """Whether it is still to be done, if only late."""
        return self.state is State.DUE or self.overdue

    @property
    def overdue(self) -> bool:
        """Whether its deadline has passed while the period in which it may be made up runs on."""
        return self.state is State.MISSED and self.period.deadline is not None

    @property
    def same(self) -> tuple[str, State, Frequency]:
        """What two children's marks have in common when they say the same."""
        return self.noun, self.state, self.every


class Asked(NamedTuple):
    """A duty with its running period, looked up once for all its subjects."""

    duty: Duty
    noun: str
    place: int
    period: Period


def own_children(actor: Actor) -> list[Any]:
    """Return the children of today, in order of their names: paired, or in the own class.

    The office reads all children; its own are those a teacher's account of the person would see.
    """
    register = register_of(Child)
    query = rows(actor, register).where(holds_on(Child, actor.today))
    if actor.role not in TEACHING:
        query = query.where(OWN(actor, register))
    return list(query.order_by(Child.pinyin_key, Child.id))


def has_own_children(actor: Actor) -> bool:
    """Return whether somebody is paired today, or leads a class with children; one query."""
    register = register_of(Child)
    own = OWN(actor, register)
    return bool(rows(actor, register).where(holds_on(Child, actor.today), own).exists())


def marks_of(actor: Actor, semester: SemesterSpan, children: list[int]) -> dict[int, list[Mark]]:
    """Return per child the acts the actor answers for, the gravest first; each act once."""
    asked = _asked(actor, semester)
    led, covered = led_children(actor, children), covered_today(actor)
    found: dict[int, list[Mark]] = {}
    for verdict in verdicts(actor, semester.code, children=children):
        one = asked.get(verdict.duty)
        if (
            one is None
            or verdict.child is None
            or not is_mine(actor, one.duty, verdict, led, covered)
        ):
            continue
        state = verdict.state(one.place)
        if state is not State.NOT_DUE:
            mark = Mark(one.noun, state, one.duty.every, one.duty, verdict, one.period)
            found.setdefault(verdict.child, []).append(mark)
    return {child: pressing(marks) for child, marks in found.items()}


def posts_of(actor: Actor, semester: SemesterSpan) -> list[Mark]:
    """Return what is still owed by the actor's own post in the leadership group, soonest first.

    It depends on the post and not on the account: most members hold a teacher's account.
    """
    if actor.staff_id is None:
        return []
    asked = _asked(actor, semester, subjects=("leadership-member",))
    found = []
    for verdict in verdicts(actor, semester.code, staff=actor.staff_id):
        one = asked.get(verdict.duty)
        if one is not None and one.duty.responsible == "leader":
            state = verdict.state(one.place)
            mark = Mark(one.noun, state, one.duty.every, one.duty, verdict, one.period)
            found += [mark] if mark.open else []
    return sorted(found, key=deadline_of)


def _asked(
    actor: Actor, semester: SemesterSpan, subjects: Collection[str] = ("pairing", "child")
) -> dict[str, Asked]:
    school_calendar = calendar.school_calendar()
    found = {}
    for duty in duties_on():
        if duty.subject in subjects:
            spans = periods_of(duty, semester, school_calendar)
            index = running(spans, actor.today)
            if index is not None:
                found[duty.code] = Asked(duty, _word(duty), index, spans[index])
    return found


def _word(duty: Duty) -> str:
    """Return what a chip says: the act, or what must hold where there is no act to do."""
    is_state = duty.measure.kind is MeasureKind.COMPLETE or duty.every is Frequency.NOW
    return duty.title if is_state else noun(duty)


def led_children(actor: Actor, children: list[int]) -> set[int]:
    """Return which of the children are in the class the actor leads today."""
    child = REGISTERS["child"].model
    query = rows(actor, REGISTERS["child"]).where(
        child.id.in_(children), within(child.id, class_children(actor))
    )
    return {one for (one,) in tuples(query.select(child.id))}


def covered_today(actor: Actor) -> list[Absence]:
    """Return the absences in which the actor stands in today; one query."""
    found = Absences().by(actor.staff_id) if actor.staff_id is not None else []
    return [one for one in found if is_valid(one.first, one.last, actor.today)]


def is_mine(
    actor: Actor, duty: Duty, verdict: Verdict, led: set[int], covered: Iterable[Absence] = ()
) -> bool:
    """Return whether the actor answers for the verdict: as paired, as class teacher, or for one."""
    if duty.subject == "pairing":
        if verdict.staff == actor.staff_id:
            return True
        post = Post(verdict.staff or 0, verdict.child)
        return any(absence.covers(post) for absence in covered)
    return duty.responsible == "class-teacher" and verdict.child in led


def pressing(marks: Iterable[Mark]) -> list[Mark]:
    """Return one mark per act, the gravest, those of the shortest period first.

    Several clauses ask for the same act in different measure; the card says it once.
    """
    worst: dict[str, Mark] = {}
    for mark in sorted(marks, key=_urgency):
        worst.setdefault(mark.noun, mark)
    return list(worst.values())


def _urgency(mark: Mark) -> tuple[bool, bool, int]:
    return not mark.open, mark.state is State.DONE, ORDER[mark.every]


def first_owed(marks: Iterable[Mark]) -> Mark | None:
    """Return what is to be done first: what ends soonest, of that the most frequent."""
    owed = [mark for mark in marks if mark.open]
    return min(owed, key=deadline_of) if owed else None


def deadline_of(mark: Mark) -> tuple[date, int]:
    """Return by when a mark is to be done, for putting the most urgent first."""
    return mark.period.due_until, ORDER[mark.every]
