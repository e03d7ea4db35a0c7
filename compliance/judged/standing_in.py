"""代理: who stands in for an absent teacher, read once and asked in memory.

While a colleague stands in, the child stays due, the act is the substitute's and so is the period
(docs/rules.md, Verdicts).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from compliance.judged.verdict import Span
from compliance.ordered.reading import day, tuples
from models.core.gates import every_row
from models.core.register import register_of
from models.core.school_calendar import DAY
from models.core.spans import is_valid
from models.kept.pairings import Pairing, Substitution

SATURDAY = 6


class Post(NamedTuple):
    """What somebody stands in for: the pairing of a teacher with a child, or the lead of a class.

    Neither given stands for a post that only an absence from everything covers.
    """

    teacher: int
    child: int | None = None
    school_class: int | None = None


class Absence(NamedTuple):
    """A teacher away and who stands in: for one child, in one class or, neither named, in all."""

    teacher: int
    substitute: int
    child: int | None
    school_class: int | None
    first: date
    last: date

    def covers(self, post: Post) -> bool:
        """Whether the absence is one from the post."""
        if self.teacher != post.teacher:
            return False
        if self.child is not None:
            return self.child == post.child
        return self.school_class is None or self.school_class == post.school_class


class Absences:
    """All absences with a substitute in memory; one query, two where pairings are named."""

    def __init__(self) -> None:
        query = every_row(register_of(Substitution)).select(
            Substitution.teacher,
            Substitution.substitute,
            Substitution.pairing,
            Substitution.school_class,
            Substitution.since,
            Substitution.until,
        )
        rows = list(tuples(query.order_by(Substitution.since, Substitution.id)))
        children = _children({row[2] for row in rows} - {None})
        self.all = tuple(
            Absence(
                teacher,
                who,
                children.get(pairing),
                led,
                day(first) or date.min,
                day(last) or date.max,
            )
            for teacher, who, pairing, led, first, last in rows
            if pairing is None or pairing in children
        )
        self._of: dict[int, list[Absence]] = {}
        self._by: dict[int, list[Absence]] = {}
        for one in self.all:
            self._of.setdefault(one.teacher, []).append(one)
            self._by.setdefault(one.substitute, []).append(one)

    def by(self, substitute: int) -> list[Absence]:
        """Return the absences in which a colleague stands in."""
        return self._by.get(substitute, [])

    def of(self, teacher: int) -> list[Absence]:
        """Return the absences of a teacher."""
        return self._of.get(teacher, [])

    def substitutes(self) -> frozenset[int]:
        """Return everybody who ever stands in for somebody."""
        return frozenset(self._by)

    def spans(self, post: Post) -> list[Span]:
        """Return the stretches in which somebody stands in for the post."""
        covering = [one for one in self.of(post.teacher) if one.covers(post)]
        return [(one.first, None if one.last == date.max else one.last) for one in covering]

    def standing_in(self, post: Post, on: date) -> list[int]:
        """Return who stands in for the post on a day."""
        absences = self.of(post.teacher)
        return [
            absence.substitute
            for absence in absences
            if absence.covers(post) and is_valid(absence.first, absence.last, on)
        ]

    def answering(self, post: Post, first: date, last: date) -> int:
        """Return who answers for the post in a period: who stood in on most of its working days.

        Unless that is more than half of them, Monday to Friday, it is the teacher.
        """
        if not any(one.first <= last and first <= one.last for one in self.of(post.teacher)):
            return post.teacher
        days = list(_working_days(first, last)) or [last]
        held = Counter(who for on in days for who in self.standing_in(post, on)[:1])
        for who, number in held.most_common(1):
            return who if 2 * number > len(days) else post.teacher
        return post.teacher


def _children(pairings: set[int]) -> dict[int, int]:
    """The child of each pairing that is not deleted."""
    if not pairings:
        return {}
    query = every_row(register_of(Pairing)).where(Pairing.id.in_(list(pairings)))
    return dict(tuples(query.select(Pairing.id, Pairing.child)))


def _working_days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        on = first + number * DAY
        if on.isoweekday() < SATURDAY:
            yield on
