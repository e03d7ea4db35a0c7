"""How far each duty has come, in numbers a board can show: shares, open periods, weeks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from compliance.judged.evaluation import periods_of
from compliance.judged.store import MET, DutySum, totals
from compliance.judged.verdict import State
from compliance.ordered.catalogue import duties_on, source_register
from compliance.ordered.duty import Duty
from compliance.ordered.periods import Frequency, Period
from models.core import calendar
from models.core.actor import Actor
from models.core.school_calendar import SemesterSpan

# How the running period of a frequency is called.
RUNNING = {
    Frequency.SCHOOL_DAY: "今天",
    Frequency.WEEK: "本周",
    Frequency.TWO_WEEKS: "这两周",
    Frequency.HALF_MONTH: "这半月",
    Frequency.MONTH: "本月",
    Frequency.QUARTER: "本季度",
    Frequency.SEMESTER: "本学期",
    Frequency.SCHOOL_YEAR: "本学年",
    Frequency.ONCE: "本学期",
    Frequency.EVENT: "目前",
    Frequency.NOW: "目前",
}
# What comes round within a week or two is asked about week by week.
WEEKLY = (Frequency.SCHOOL_DAY, Frequency.WEEK, Frequency.TWO_WEEKS)
_SUFFIXES = ("记录", "登记", "登记表", "情况")


class Share(NamedTuple):
    """How many were met of how many asked; open ones are asked too."""

    met: int
    asked: int
    missed: int = 0

    @property
    def percent(self) -> int | None:
        """Whole percent, rounded down so that 100 means all; None when nothing was asked."""
        return self.met * 100 // self.asked if self.asked else None

    def __add__(self, other: object) -> Share:
        """Add up two shares."""
        assert isinstance(other, Share)
        return Share(self.met + other.met, self.asked + other.asked, self.missed + other.missed)


class Line(NamedTuple):
    """One duty on a board: its periods, its sums, and which period is running."""

    duty: Duty
    periods: tuple[Period, ...]
    summed: DutySum
    running: int | None

    def share(self, periods: Iterable[int] | None = None) -> Share:
        """Return the share met over some periods, or over the semester so far."""
        chosen = range(len(self.summed.periods)) if periods is None else periods
        return sum((share_of(self.summed.periods[i]) for i in chosen), Share(0, 0))

    @property
    def open(self) -> int:
        """How many subjects still owe something in the running period."""
        return 0 if self.running is None else self.summed.periods[self.running][State.DUE.value]


def share_of(counted: Counter[str]) -> Share:
    """Return the share of one period's letters."""
    met = sum(counted[state.value] for state in MET)
    missed = counted[State.MISSED.value]
    return Share(met, met + missed + counted[State.DUE.value], missed)


def lines(actor: Actor, semester: SemesterSpan) -> list[Line]:
    """Return a line per duty that is on, within the actor's scope; duties without subjects too."""
    sums = totals(actor, semester.code)
    school_calendar = calendar.school_calendar()
    found = []
    for duty in duties_on(semester.code):
        spans = periods_of(duty, semester, school_calendar)
        summed = sums.get(duty.code, DutySum(0, []))
        blank: list[Counter[str]] = [Counter() for _ in spans[len(summed.periods) :]]
        whole = DutySum(summed.subjects, [*summed.periods, *blank])
        found.append(Line(duty, spans, whole, running(spans, actor.today)))
    return found


def running(periods: Sequence[Period], day: date) -> int | None:
    """Return the number of the period the day lies in, None between them."""
    return next((i for i, one in enumerate(periods) if one.first <= day <= one.last), None)


def latest(periods: Sequence[Period], day: date) -> int | None:
    """Return the number of the running period, else of the last one that began."""
    begun = [i for i, one in enumerate(periods) if one.first <= day]
    return begun[-1] if begun else None


def running_share(kinds: Iterable[Frequency], found: list[Line], day: date) -> Share:
    """Return the share met on `day` in the running periods of some frequencies."""
    whole = Share(0, 0)
    for line in found:
        if line.duty.every in kinds and (index := latest(line.periods, day)) is not None:
            whole += share_of(line.summed.periods[index])
    return whole


def noun(duty: Duty) -> str:
    """Return what a duty asks for in a word, as 谈心, from the register it reads."""
    first = (*duty.sources, *(source for part in duty.parts for source in part.sources))[0]
    title = source_register(first).title
    for suffix in _SUFFIXES:
        title = title.removesuffix(suffix)
    return title or source_register(first).title


def owed(found: Iterable[Line], *, named: int = 2) -> str:
    """Return what is still owed as a sentence: "本周还有 7 次谈心、1 次家访未做".

    The shortest running period with anything open speaks; "" when nothing is.
    """
    listed = [line for line in found if line.open]
    for frequency in Frequency:
        counted: Counter[str] = Counter()
        for line in listed:
            if line.duty.every is frequency:
                counted[noun(line.duty)] = max(counted[noun(line.duty)], line.open)
        if counted:
            told = "、".join(f"{n} 次{word}" for word, n in counted.most_common(named))
            more = "等" if len(counted) > named else ""
            return f"{RUNNING[frequency]}还有 {told}{more}未做"
    return ""
