"""Facts: for each duty a teacher answered for, how many periods came out which way.

They are sums over the stored verdicts and are kept beside them: whoever writes verdicts ages the
facts of the teachers concerned (`judged.ledger`), and the next reader adds up only those. A
semester whose verdicts are no longer stored is judged anew and kept in memory.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from compliance.evaluated.year import Year
from compliance.judged.evaluation import Evaluation, as_of_in
from compliance.judged.ledger import add_up, least_of, worth
from compliance.judged.store import MET, Weighed, is_kept, refresh, weighed
from compliance.judged.tables import NOBODY, TeacherFact, VerdictState
from compliance.judged.verdict import Credits, State
from compliance.ordered.catalogue import duties_on, fingerprint
from compliance.ordered.duty import WEIGHED, Duty
from compliance.ordered.reading import tuples
from compliance.told.answers import Responsible, around
from models.core import audit, calendar
from models.core.database import database
from models.core.errors import NotNow
from models.core.school_calendar import SemesterSpan

MISSED = State.MISSED.value
NOTHING = Fraction(0)
JUDGED = (*MET, State.MISSED)


class Count(NamedTuple):
    """Periods of one duty: how many have which letter, and what missed ones held in part.

    `partial` is Σ count ÷ minimum over the missed periods that held something.
    """

    letters: Counter[str]
    partial: Fraction = NOTHING

    def __add__(self, other: object) -> Count:
        """Add up two counts."""
        assert isinstance(other, Count)
        return Count(self.letters + other.letters, self.partial + other.partial)

    def of(self, state: State) -> int:
        """Return how many periods are in a state."""
        return self.letters[state.value]

    @property
    def judged(self) -> int:
        """How many periods were due and are over or met; open and excused ones are not."""
        return sum(self.of(state) for state in JUDGED)

    def credit(self, credits_: Credits) -> Fraction:
        """Return what the periods earn."""
        return (
            self.of(State.DONE) * credits_.done
            + self.of(State.BACK_FILLED) * credits_.back_filled
            + self.of(State.DONE_LATE) * credits_.done_late
            + self.partial
        )


# Per duty and calendar year of the periods' last day.
Body = dict[tuple[str, int], Count]


class Facts(NamedTuple):
    """One teacher's facts of a year: the duties with their last semester's numbers, and counts."""

    duties: dict[str, Duty]
    counts: dict[str, Count]


def facts(year: Year, today: date, staff: Collection[int] | None = None) -> dict[int, Facts]:
    """Return per teacher the facts of a year as of today; with `staff` of those alone.

    Whoever answered for nothing that was asked is not among them. For compliance itself: the caller
    says who may see them.
    """
    refresh(today)
    terms = year.terms(today)
    duties: dict[str, Duty] = {}
    found: dict[int, dict[str, Count]] = defaultdict(dict)
    for term in terms:
        charged = {duty.code: duty for duty in _weighed_duties(term.code)}
        duties |= charged
        for who, body in _of_term(term, today, staff).items():
            counts = found[who]
            for (code, ends_in), count in body.items():
                if year.counts(charged[code], term, ends_in, terms):
                    counts[code] = counts[code] + count if code in counts else count
    return {who: Facts(duties, counts) for who, counts in found.items() if counts}


def _weighed_duties(term: str) -> list[Duty]:
    """The duties in force that count in a teacher's evaluation."""
    return [duty for duty in duties_on(term) if duty.responsible in WEIGHED and duty.weight]


def _of_term(term: SemesterSpan, today: date, staff: Collection[int] | None) -> dict[int, Body]:
    if not is_kept(term.code):
        entries, _head = audit.head()
        as_of = as_of_in(term, today, calendar.school_calendar())
        whole = _judged_anew(term, as_of, entries, fingerprint(term.code))
        return {who: body for who, body in whole.items() if staff is None or who in staff}
    return _kept(term, staff)


@lru_cache(maxsize=4)
def _judged_anew(term: SemesterSpan, as_of: date, _entries: int, _mark: str) -> dict[int, Body]:
    """The facts of a semester that is not stored; they hold until anything at all is written."""
    rows = [
        Weighed(duty.code, s.child, s.staff, s.school_class, one.letters, one.counts, one.minimums)
        for duty, judged in Evaluation(term, as_of).judge_all(_weighed_duties(term.code))
        for one in worth(judged)
        for s in (one.subject,)
    ]
    return summed(term, rows)


def _kept(term: SemesterSpan, staff: Collection[int] | None) -> dict[int, Body]:
    """The facts kept of a semester, those that aged added up anew and kept again."""
    revision = _revision(term.code)
    rows = dict(tuples(_facts(term.code).select(TeacherFact.staff, TeacherFact.body)))
    codes = [duty.code for duty in _weighed_duties(term.code)]
    if NOBODY not in rows:
        made = summed(term, weighed(term.code, codes))
        _keep(term.code, revision, made, {*made, NOBODY})
        return {who: body for who, body in made.items() if staff is None or who in staff}
    asked = {who for who in rows if who != NOBODY and (staff is None or who in staff)}
    aged = {who for who in asked if not rows[who]}
    found = {who: _read(rows[who]) for who in asked - aged}
    if aged:
        made = summed(term, weighed(term.code, codes, around(aged)))
        made = {who: made.get(who, {}) for who in aged}
        _keep(term.code, revision, made, aged)
        found |= made
    return {who: found[who] for who in sorted(found) if found[who]}


def _revision(term: str) -> int:
    found = VerdictState.get_or_none(VerdictState.term == term)
    return found.revision if found is not None else 0


def _facts(term: str) -> Any:
    return TeacherFact.select().where(TeacherFact.term == term)


def _keep(term: str, revision: int, made: dict[int, Body], whose: set[int]) -> None:
    """Keep facts, unless the verdicts they were added up from have moved on meanwhile."""
    with suppress(NotNow), database.atomic():
        if _revision(term) != revision:
            return
        TeacherFact.delete().where(
            TeacherFact.term == term, TeacherFact.staff.in_(list(whose))
        ).execute()
        TeacherFact.insert_many(
            [{"term": term, "staff": who, "body": _written(made.get(who, {}))} for who in whose]
        ).execute()


def _written(body: Body) -> str:
    return json.dumps(
        [
            [code, ends_in, dict(count.letters), str(count.partial)]
            for (code, ends_in), count in body.items()
        ]
    )


def _read(text: str) -> Body:
    return {
        (code, ends_in): Count(Counter(letters), Fraction(partial) if partial != "0" else NOTHING)
        for code, ends_in, letters, partial in json.loads(text)
    }


def summed(term: SemesterSpan, rows: Iterable[Weighed]) -> dict[int, Body]:
    """Add up verdict rows of a semester per member of staff who answers for their periods."""
    asked = Responsible(term)
    alike: dict[tuple[str, tuple[tuple[int, ...], ...]], list[str]] = defaultdict(list)
    partial: dict[tuple[int, str, int], Fraction] = defaultdict(Fraction)
    for row in rows:
        whose = tuple(asked.of(row.duty, row.child, row.staff, row.school_class))
        alike[row.duty, whose].append(row.letters)
        if MISSED in row.letters:
            for index, share in _shares(asked.duties[row.duty], row):
                ends_in = asked.spans[row.duty][index].last.year
                for who in whose[index]:
                    partial[who, row.duty, ends_in] += share
    letters: dict[tuple[int, str, int], Counter[str]] = defaultdict(Counter)
    for (code, whose), said in alike.items():
        for group, span, counted in zip(whose, asked.spans[code], add_up(said), strict=False):
            for staff in group:
                letters[staff, code, span.last.year].update(counted)
    found: dict[int, Body] = defaultdict(dict)
    for (staff, code, ends_in), counted in letters.items():
        counted.pop(State.NOT_DUE.value, None)
        if counted:
            found[staff][code, ends_in] = Count(counted, partial[staff, code, ends_in])
    return dict(found)


def _shares(duty: Duty, row: Weighed) -> Iterable[tuple[int, Fraction]]:
    """Count ÷ minimum of each missed period that held something, with its number."""
    least = least_of(duty)
    if least <= 1 and not row.minimums:
        return
    minimums = list(map(int, row.minimums.split(","))) if row.minimums else None
    for index, count in enumerate(map(int, row.counts.split(","))):
        asked = minimums[index] if minimums else least
        if row.letters[index] == MISSED and 0 < count < asked:
            yield index, Fraction(count, asked)
