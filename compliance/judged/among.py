"""Which of the subjects of a kind a duty is about: flagged poor, with an entrusted guardian.

One query per condition. A condition that holds for a while narrows the subject's stretches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, NamedTuple

from compliance.judged.placement import Placement
from compliance.judged.stretches import crossed, outside
from compliance.judged.subjects import REGISTER_OF_KIND, Subject
from compliance.judged.verdict import Span
from compliance.ordered.conditions import condition
from compliance.ordered.duty import Duty
from compliance.ordered.reading import day, tuples
from models.core.gates import every_row
from models.core.register import find, register_of
from models.core.spans import holds_on
from models.kept.children import Child, Guardian

# Hardships that are not about money.
NOT_POOR = ("残疾", "烈士子女", "其他")
ELDERLY = 60


class Condition(NamedTuple):
    """How subjects are narrowed, the registers that is read from, and how it is said."""

    registers: tuple[str, ...]
    narrow: Callable[[Iterable[Subject], Placement, date], list[Subject]]
    told: str


def asked(duty: Duty, subjects: list[Subject], placement: Placement, on: date) -> list[Subject]:
    """Return the subjects a duty is about, as known on a day."""
    if duty.among:
        register = find(REGISTER_OF_KIND[duty.subject])
        assert register is not None
        fitting = every_row(register).where(condition(register, duty.among, on))
        ids = {found for (found,) in tuples(fitting.select(register.model.id))}
        subjects = [subject for subject in subjects if subject.id in ids]
    for name in duty.only:
        subjects = CONDITIONS[name].narrow(subjects, placement, on)
    return subjects


def registers_of(duty: Duty) -> tuple[str, ...]:
    """Return the registers whose rows decide whom a duty is about."""
    own = (REGISTER_OF_KIND[duty.subject],) if duty.among else ()
    return (*own, *(slug for name in duty.only for slug in CONDITIONS[name].registers))


def _poor() -> set[int]:
    """The children flagged poor: a hardship of money, or an economy called difficult."""
    query = every_row(register_of(Child)).select(Child.id, Child.hardship, Child.economy)
    found = set()
    for child, hardship, economy in tuples(query):
        words = {word for word in (hardship or "").split("、") if word}
        if economy == "困难" or words - set(NOT_POOR):
            found.add(child)
    return found


def _weak_guardian(on: date) -> set[int]:
    """The children with a guardian on the day who is elderly or cannot read."""
    query = every_row(register_of(Guardian)).where(
        holds_on(Guardian, on),
        (Guardian.age >= ELDERLY) | (Guardian.education == "文盲或半文盲"),
    )
    return {child for (child,) in tuples(query.select(Guardian.child))}


def _only_poor(subjects: Iterable[Subject], _placement: Placement, _on: date) -> list[Subject]:
    poor = _poor()
    return [subject for subject in subjects if subject.child in poor]


def _only_needy(subjects: Iterable[Subject], _placement: Placement, on: date) -> list[Subject]:
    needy = _poor() | _weak_guardian(on)
    return [subject for subject in subjects if subject.child in needy]


def _only_entrusted(subjects: Iterable[Subject], _placement: Placement, _on: date) -> list[Subject]:
    """Children while an entrusted guardian (受委托照护人) looks after them."""
    query = every_row(register_of(Guardian)).where(Guardian.entrusted)
    spans: dict[int, list[Span]] = {}
    columns: tuple[Any, ...] = (
        Guardian.child,
        Guardian.since,
        Guardian.until,
        Guardian.entrusted_from,
        Guardian.entrusted_until,
    )
    for child, since, until, first, last in tuples(query.select(*columns)):
        begins = max(day(since) or date.min, day(first) or date.min)
        ends = min(day(until) or date.max, day(last) or date.max)
        spans.setdefault(child, []).append((begins, None if ends == date.max else ends))
    return _within(subjects, lambda one: spans.get(one.child or 0, ()))


def _not_own_class(subjects: Iterable[Subject], placement: Placement, _on: date) -> list[Subject]:
    """Pairings while the teacher does not lead the child's class: one talks to another."""
    led = placement.led()

    def apart(one: Subject) -> list[Span]:
        own = [
            span
            for school_class, stretch in led.get(one.staff or 0, ())
            for span in crossed(stretch, placement.stretches(one.child or 0, school_class))
        ]
        return outside(own)

    return _within(subjects, apart)


def _within(
    subjects: Iterable[Subject], spans: Callable[[Subject], Iterable[Span]]
) -> list[Subject]:
    """The subjects whose stretches meet others, narrowed to those."""
    found = []
    for subject in subjects:
        others = list(spans(subject))
        narrowed = tuple(part for own in subject.spans for part in crossed(own, others))
        if narrowed:
            found.append(subject._replace(spans=narrowed))
    return found


CONDITIONS = {
    "poor": Condition(("child",), _only_poor, "家庭困难"),
    "poor-elderly-or-illiterate": Condition(
        ("child", "guardian"), _only_needy, "家庭困难，或监护人年老、不识字"
    ),
    "entrusted-guardian": Condition(("guardian",), _only_entrusted, "受委托照护"),
    "other-than-class-teacher": Condition(
        ("class-teacher", "enrolment"), _not_own_class, "结对教师不是孩子的班主任"
    ),
}
