"""The only readers of the stored verdicts, filtered by the reader's scope.

Clerk, leadership and inspector read all; a teacher reads the verdicts of own children, own class
and own person (docs/architecture.md, Two gates).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from compliance.judged.evaluation import Evaluation
from compliance.judged.ledger import Totals, add_up
from compliance.judged.subjects import Only
from compliance.judged.tables import TABLES, DutyTotal, StoredVerdict, VerdictState
from compliance.judged.upkeep import refresh
from compliance.judged.verdict import State, letters
from compliance.ordered.catalogue import duties_on
from compliance.ordered.duty import Duty
from compliance.ordered.reading import tuples
from models.core.actor import Actor
from models.core.boxes import TEACHING
from models.core.database import NOTHING
from models.core.gates import rows
from models.core.register import register_of
from models.core.school_calendar import SemesterSpan
from models.kept.children import Child
from models.kept.staff import SchoolClass

__all__ = ["TABLES", "DutySum", "Verdict", "refresh", "totals", "verdicts", "verdicts_as_of"]

MET = (State.DONE, State.BACK_FILLED, State.DONE_LATE)
STATES = {state.value: state for state in State}


class Verdict(NamedTuple):
    """One subject's verdicts for one duty: a letter and a count per period."""

    duty: str
    subject: int
    child: int | None
    staff: int | None
    school_class: int | None
    letters: str
    counts: tuple[int, ...]

    def state(self, period: int) -> State:
        """Return the state in the period of that number."""
        return STATES[self.letters[period]]


class DutySum(NamedTuple):
    """A duty's subjects added up: how many, and per period how many have which letter."""

    subjects: int
    periods: Totals

    def share(self, periods: Iterable[int] | None = None) -> tuple[int, int]:
        """Return (met, judged) over some periods, or all; nothing judged is no data, no pass."""
        chosen = range(len(self.periods)) if periods is None else periods
        counted: Counter[str] = Counter()
        for index in chosen:
            counted.update(self.periods[index])
        met = sum(counted[state.value] for state in MET)
        return met, met + counted[State.MISSED.value]


def verdicts(
    actor: Actor,
    semester: str,
    *,
    duty: str | None = None,
    subject: int | None = None,
    children: Iterable[int] | None = None,
    staff: int | None = None,
    classes: Iterable[int] | None = None,
) -> list[Verdict]:
    """Return the stored verdicts of a semester that the actor may see, brought up to today.

    They can be narrowed to a duty, a subject, some children, some classes or a member of staff.
    """
    refresh(actor.today)
    row = StoredVerdict
    query = row.select(
        row.duty, row.subject, row.child, row.staff, row.school_class, row.letters, row.counts
    ).where(row.term == semester)
    if duty is not None:
        query = query.where(row.duty == duty)
    if subject is not None:
        query = query.where(row.subject == subject)
    if children is not None:
        query = query.where(row.child.in_(list(children)))
    if staff is not None:
        query = query.where(row.staff == staff)
    if classes is not None:
        query = query.where(row.school_class.in_(list(classes)))
    scope = _scope(actor)
    query = query if scope is None else query.where(scope)
    found = tuples(query.order_by(row.duty, row.subject))
    return [Verdict._make((*one[:6], _numbers(one[6]))) for one in found]


def letters_by_subject(
    actor: Actor, semester: str, duties: Iterable[str]
) -> list[tuple[str, int, int | None, int | None, int | None, str]]:
    """Return (duty, subject, child, staff, class, letters) of every verdict row of some duties.

    Bare rows, for adding up a whole school: at full size there are 200,000 of them.
    """
    refresh(actor.today)
    row = StoredVerdict
    query = row.select(row.duty, row.subject, row.child, row.staff, row.school_class, row.letters)
    query = query.where(row.term == semester, row.duty.in_(list(duties)))
    scope = _scope(actor)
    found: list[Any] = tuples(query if scope is None else query.where(scope))
    return found


class Weighed(NamedTuple):
    """One verdict row as it is weighed: whose it is, letters, numbers, and what was asked."""

    duty: str
    child: int | None
    staff: int | None
    school_class: int | None
    letters: str
    counts: str
    minimums: str


def weighed(semester: str, duties: Iterable[str], only: Only | None = None) -> list[Weighed]:
    """Return the verdict rows of some duties as they are kept, for adding up whose they are.

    With `only` those about some children, colleagues or classes alone. For compliance itself: the
    caller says who may see what comes of it.
    """
    row = StoredVerdict
    query = row.select(
        row.duty, row.child, row.staff, row.school_class, row.letters, row.counts, row.minimums
    ).where(row.term == semester, row.duty.in_(list(duties)))
    if only is not None:
        query = query.where(
            row.child.in_(list(only.children))
            | row.staff.in_(list(only.staff))
            | row.school_class.in_(list(only.classes))
        )
    return [Weighed._make(one) for one in tuples(query)]


def is_kept(semester: str) -> bool:
    """Return whether the verdicts of a semester are stored."""
    return VerdictState.select().where(VerdictState.term == semester).exists()


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(","))) if text else ()


def totals(actor: Actor, semester: str) -> dict[str, DutySum]:
    """Return per duty the sums the actor may see: of the school, or of a teacher's own rows."""
    if _scope(actor) is not None:
        return _sums(verdicts(actor, semester))
    refresh(actor.today)
    query = DutyTotal.select(DutyTotal.duty, DutyTotal.subjects, DutyTotal.totals)
    return {
        duty: DutySum(subjects, [Counter(one) for one in json.loads(kept)])
        for duty, subjects, kept in tuples(query.where(DutyTotal.term == semester))
    }


def verdicts_as_of(
    actor: Actor, semester: SemesterSpan, as_of: date, duties: Iterable[Duty] | None = None
) -> list[Verdict]:
    """Return the verdicts as they stood seen from a day, worked out anew and not stored."""
    evaluation = Evaluation(semester, as_of)
    seen = _sight(actor)
    found = []
    chosen = duties_on(semester.code) if duties is None else duties
    for duty, theirs in evaluation.judge_all(chosen):
        for _, subject, judged in theirs:
            counts = tuple(verdict.counted for verdict in judged)
            if seen is None or seen.sees(subject.child, subject.staff, subject.school_class):
                found.append(
                    Verdict(
                        duty.code,
                        subject.id,
                        subject.child,
                        subject.staff,
                        subject.school_class,
                        letters(judged),
                        counts,
                    )
                )
    return found


def totals_of(found: Iterable[Verdict]) -> dict[str, DutySum]:
    """Return per duty the sums of verdicts that were already read within an actor's scope."""
    return _sums(found)


def _sums(found: Iterable[Verdict]) -> dict[str, DutySum]:
    grouped: dict[str, list[str]] = {}
    for verdict in found:
        grouped.setdefault(verdict.duty, []).append(verdict.letters)
    return {duty: DutySum(len(rows), add_up(rows)) for duty, rows in grouped.items()}


class Sight(NamedTuple):
    """Whose verdicts a teacher sees: own children, own person, own classes."""

    children: frozenset[int]
    staff: int | None
    classes: frozenset[int]

    def sees(self, child: int | None, staff: int | None, school_class: int | None) -> bool:
        """Return whether a verdict of these is within sight."""
        own = staff is not None and staff == self.staff
        return own or child in self.children or school_class in self.classes


def _sight(actor: Actor) -> Sight | None:
    if actor.role not in TEACHING:
        return None
    return Sight(
        frozenset(one for (one,) in tuples(_own(actor, Child))),
        actor.staff_id,
        frozenset(one for (one,) in tuples(_own(actor, SchoolClass))),
    )


def _scope(actor: Actor) -> Any | None:
    """The same as a condition on the stored rows; None sees all."""
    if actor.role not in TEACHING:
        return None
    row = StoredVerdict
    own = row.staff == actor.staff_id if actor.staff_id is not None else NOTHING
    return own | row.child.in_(_own(actor, Child)) | row.school_class.in_(_own(actor, SchoolClass))


def _own(actor: Actor, model: Any) -> Any:
    return rows(actor, register_of(model)).select(model.id)
