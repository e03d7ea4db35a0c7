"""What subjects are called, and what a duty as a whole shows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from compliance.judged.store import STATES, DutySum, Verdict
from compliance.judged.subjects import REGISTER_OF_KIND, SCHOOL_ID, STAFF_KINDS
from compliance.judged.verdict import GRAVEST, State
from compliance.ordered.catalogue import duty_called, source_register
from compliance.ordered.duty import Duty
from models.core import labels
from models.core.actor import Actor
from models.core.gates import every_row, places
from models.core.places import MAIN, place_register
from models.core.register import Register, find, register_of
from models.kept.children import Child
from models.kept.left_behind import classes_on
from models.kept.staff import Staff

THE_SCHOOL = "全校"
# Subjects called by a child or a colleague behind them.
PEOPLE = frozenset({"child", "pairing", "school", "topic"}) | STAFF_KINDS


def names(actor: Actor, found: Iterable[Verdict], day: date) -> dict[tuple[str, int], str]:
    """Return what each subject is called for this actor, by duty and subject; three queries.

    A child is named with the class of the day, a pairing by teacher and child; for the inspector
    names are masked.
    """
    listed = list(found)
    wanted: dict[Register, set[int]] = {register_of(Child): set(), register_of(Staff): set()}
    for verdict in listed:
        for register, whom in zip(wanted, (verdict.child, verdict.staff), strict=False):
            if whom is not None:
                wanted[register].add(whom)
        other = _other_register(verdict)
        if other is not None and verdict.subject:
            wanted.setdefault(other, set()).add(verdict.subject)
    called = labels.labels(actor, wanted)
    children = sorted(wanted[register_of(Child)])
    classes = {child: name for child, (_, name) in classes_on(children, day).items()}
    return {(one.duty, one.subject): _name(one, called, classes) for one in listed}


def _other_register(verdict: Verdict) -> Register | None:
    """The register of a subject that is neither a child, a pairing nor a colleague."""
    duty = duty_called(verdict.duty)
    if duty is None or duty.subject in PEOPLE:
        return None
    return find(REGISTER_OF_KIND.get(duty.subject, ""))


def _name(verdict: Verdict, called: labels.Labels, classes: dict[int, str]) -> str:
    other = _other_register(verdict)
    if other is not None and other is place_register() and verdict.subject == SCHOOL_ID:
        return MAIN if places(other) else THE_SCHOOL
    if other is not None:
        return called.get((other.slug, verdict.subject), "")
    if verdict.child is not None:
        child = called.get(("child", verdict.child), "")
        child = " ".join(filter(None, (child, classes.get(verdict.child, ""))))
        if verdict.staff is None:
            return child
        return f"{called.get(('staff', verdict.staff), '')} → {child}"
    if verdict.staff is not None:
        return called.get(("staff", verdict.staff), "")
    duty = duty_called(verdict.duty)
    if duty is not None and duty.subject == "topic":
        return duty.parts[verdict.subject].title
    return THE_SCHOOL


def has_records(duty: Duty) -> bool:
    """Return whether one of the registers a duty reads has any record at all."""
    sources = [*duty.sources, *(source for part in duty.parts for source in part.sources)]
    sources += [] if duty.event is None else [duty.event]
    slugs = {source.register: source for source in sources}
    return any(
        every_row(register).select(register.model.id).limit(1).exists()
        for register in map(source_register, slugs.values())
    )


def standing_of(duty: Duty, summed: DutySum, *, has_records: bool) -> State:
    """Return the state a duty shows for all its subjects: the gravest; no data is no pass."""
    if not summed.subjects or not has_records:
        return State.NO_DATA
    seen = {STATES[letter] for period in summed.periods for letter, n in period.items() if n}
    return next((state for state in GRAVEST if state in seen), State.NO_DATA)
