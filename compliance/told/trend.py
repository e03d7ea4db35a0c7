"""How far the duties have come against last semester, like with like.

The verdicts of last semester are read as they are kept (frozen once it is closed), else judged to
its last day. A running semester is compared at the same week: only the periods that were over then
and are over now. What lasts as long as the semester has no such period and is compared at the end;
what must hold every day, or follows an event, is set against the end of last semester.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import Enum
from typing import NamedTuple

from compliance.judged.evaluation import as_of_in, periods_of
from compliance.judged.store import DutySum, totals_of, verdicts_as_of
from compliance.judged.tables import VerdictState
from compliance.ordered.catalogue import duties_on
from compliance.ordered.periods import Frequency, Period
from compliance.told.progress import Line, Share, lines, share_of
from models.core import calendar
from models.core.actor import Actor
from models.core.school_calendar import SchoolCalendar, SemesterSpan

# What holds or is answered from day to day: last semester's end is the measure.
STANDING = frozenset({Frequency.NOW, Frequency.EVENT})


class Kind(Enum):
    """Whether there is anything to compare with, and if not, why."""

    COMPARED = "compared"
    NO_SEMESTER = "no-semester"
    NOT_ADOPTED = "not-adopted"
    NO_DATA = "no-data"
    AT_THE_END = "at-the-end"


class Trend(NamedTuple):
    """One duty now and last semester; `change` in percentage points where both have data."""

    kind: Kind
    now: Share = Share(0, 0)
    before: Share = Share(0, 0)

    @property
    def change(self) -> int | None:
        """Return how many points more are met than last semester; None without comparison."""
        if self.kind is not Kind.COMPARED or self.now.percent is None:
            return None
        return None if self.before.percent is None else self.now.percent - self.before.percent


class Comparison(NamedTuple):
    """All duties of a semester against the one before.

    `previous` is None where there is none. `weeks` is how many weeks of each are compared, None
    when the semester is over and the whole of both is.
    """

    previous: SemesterSpan | None
    weeks: int | None
    duties: dict[str, Trend]

    def whole(self, codes: Iterable[str] | None = None) -> Trend:
        """Return the duties that can be compared, added up; all, or those of the codes."""
        names = self.duties if codes is None else codes
        chosen = [self.duties[code] for code in names]
        compared = [one for one in chosen if one.change is not None]
        kinds = {one.kind for one in chosen}
        if not compared and kinds:
            # Nothing to compare yet: the reason that will pass is the one worth telling.
            kind = next(reason for reason in _REASONS if reason in kinds)
            compared = [one for one in chosen if one.kind is kind]
            return Trend(kind, *_sums(compared))
        return Trend(Kind.COMPARED if compared else Kind.NO_SEMESTER, *_sums(compared))


# In the order of what a group says that has nothing to compare.
_REASONS = (Kind.AT_THE_END, Kind.COMPARED, Kind.NO_DATA, Kind.NOT_ADOPTED, Kind.NO_SEMESTER)


def _sums(found: Iterable[Trend]) -> tuple[Share, Share]:
    listed = list(found)
    now = sum((trend.now for trend in listed), Share(0, 0))
    return now, sum((trend.before for trend in listed), Share(0, 0))


def comparison(actor: Actor, semester: SemesterSpan, found: Iterable[Line]) -> Comparison:
    """Return the lines of a semester against the semester before, as far as the actor sees both.

    A fixed number of queries, unless last semester's verdicts were never kept: then it is judged.
    """
    school_calendar = calendar.school_calendar()
    previous = before(semester, school_calendar)
    weeks = whole_weeks(semester, actor.today, school_calendar)
    if previous is None:
        return Comparison(None, weeks, {one.duty.code: Trend(Kind.NO_SEMESTER) for one in found})
    past = {line.duty.code: line for line in past_lines(actor, previous)}
    limits = tuple(
        span.last if weeks is None else _end(span, weeks, school_calendar)
        for span in (semester, previous)
    )
    duties = {
        line.duty.code: _trend(line, past.get(line.duty.code), limits, running=weeks is not None)
        for line in found
    }
    return Comparison(previous, weeks, duties)


def before(semester: SemesterSpan, school_calendar: SchoolCalendar) -> SemesterSpan | None:
    """Return the semester before this one, None where the school has not entered any."""
    earlier = [one for one in school_calendar.semesters if one.last < semester.first]
    return earlier[-1] if earlier else None


def whole_weeks(semester: SemesterSpan, day: date, school_calendar: SchoolCalendar) -> int | None:
    """Return how many teaching weeks of a running semester are over; None once it is itself."""
    if day > semester.last:
        return None
    gone = (day - school_calendar.week_one(semester)).days // 7
    return max(gone, 0)


def past_lines(actor: Actor, previous: SemesterSpan) -> list[Line]:
    """Return last semester's duties with their sums: as kept, else judged to its last day."""
    if _is_kept(previous.code):
        return lines(actor, previous)
    school_calendar = calendar.school_calendar()
    sums = totals_of(
        verdicts_as_of(actor, previous, as_of_in(previous, actor.today, school_calendar))
    )
    return [
        Line(
            duty,
            periods_of(duty, previous, school_calendar),
            sums.get(duty.code, DutySum(0, [])),
            None,
        )
        for duty in duties_on(previous.code)
    ]


def _is_kept(code: str) -> bool:
    return bool(VerdictState.select().where(VerdictState.term == code).exists())


def _end(semester: SemesterSpan, weeks: int, school_calendar: SchoolCalendar) -> date:
    """The last day of that many teaching weeks."""
    if weeks < 1:
        return date.min
    return min(school_calendar.week_span(semester, weeks)[1], semester.last)


def _trend(line: Line, past: Line | None, limits: tuple[date, ...], *, running: bool) -> Trend:
    if past is None:
        return Trend(Kind.NOT_ADOPTED, line.share())
    if line.duty.every in STANDING or past.duty.every in STANDING:
        return _compared(line.share(), past.share())
    if running and not over(line.periods, limits[0]):
        whole = past.share()
        kind = Kind.NO_DATA if whole.percent is None else Kind.AT_THE_END
        return Trend(kind, line.share(), whole)
    now, then = (_share(one, limit) for one, limit in zip((line, past), limits, strict=True))
    return _compared(now, then)


def _compared(now: Share, then: Share) -> Trend:
    return Trend(Kind.NO_DATA if then.percent is None else Kind.COMPARED, now, then)


def over(periods: Iterable[Period], limit: date) -> list[int]:
    """Return the numbers of the periods that were over on a day."""
    return [number for number, one in enumerate(periods) if one.last <= limit]


def _share(line: Line, limit: date) -> Share:
    chosen = [i for i in over(line.periods, limit) if i < len(line.summed.periods)]
    return sum((share_of(line.summed.periods[i]) for i in chosen), Share(0, 0))
