"""States, verdicts, and what they add up to (docs/rules.md, Verdicts)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import Enum
from fractions import Fraction
from typing import NamedTuple

from compliance.ordered.duty import Duty, MeasureKind
from compliance.ordered.periods import Period, Thresholds


class State(Enum):
    """What became of a duty; the value is the letter kept in the verdict rows."""

    DONE = "D"
    BACK_FILLED = "B"
    DONE_LATE = "L"
    DUE = "O"
    MISSED = "M"
    EXCUSED = "E"
    NOT_DUE = "N"
    NO_DATA = "X"

    @property
    def slug(self) -> str:
        """The English name in data files, as `done-late`."""
        return self.name.lower().replace("_", "-")

    @property
    def word(self) -> str:
        """The Chinese word shown beside the shape."""
        return FACES[self][0]

    @property
    def shape(self) -> str:
        """The shape that tells the state in print and without colour."""
        return FACES[self][1]


FACES = {
    State.DONE: ("达标", "●"),
    State.BACK_FILLED: ("补录", "◆"),
    State.DONE_LATE: ("迟办", "◎"),
    State.DUE: ("进行中", "◐"),
    State.MISSED: ("未达标", "○"),
    State.EXCUSED: ("免计", "◇"),
    State.NOT_DUE: ("不要求", "·"),
    State.NO_DATA: ("无数据", "—"),
}
# How a clause stands that only keeps records, when it has some.
RECORDED = "recorded"
# Every state by the English name it has in data, on the command line and on pages, and its word.
WORDS = {state.slug: state.word for state in State} | {RECORDED: "有记录"}
# A duty of many subjects shows the first of these that one of its verdicts has.
GRAVEST = (
    State.MISSED,
    State.DUE,
    State.DONE_LATE,
    State.BACK_FILLED,
    State.DONE,
    State.EXCUSED,
    State.NOT_DUE,
)

# First and last day, both included; None is open.
Span = tuple[date, date | None]


@dataclass(frozen=True)
class Rules:
    """The numbers one duty is judged by, as the school set them for the semester.

    `leasts` has one minimum per part. `on` is False while no adopted clause asks for the duty.
    """

    kind: MeasureKind = MeasureKind.COUNT
    leasts: tuple[int, ...] = (1,)
    most: int | None = None
    backfill_days: int = 7
    on: bool = True

    @classmethod
    def of(cls, duty: Duty, thresholds: Thresholds | None = None, *, on: bool = True) -> Rules:
        """The rules of a declared duty."""
        return cls(
            kind=duty.measure.kind,
            leasts=tuple(part.least for part in duty.parts) or (duty.measure.least,),
            most=duty.measure.most,
            backfill_days=(thresholds or Thresholds()).backfill_days,
            on=on,
        )


class PeriodVerdict(NamedTuple):
    """The verdict on one period: how much there was, and how much was asked."""

    period: Period
    state: State
    counted: int
    minimum: int


def letters(verdicts: Iterable[PeriodVerdict]) -> str:
    """One state letter per period, as the verdict rows keep them."""
    # The plain attribute: `value` of an enum is looked up ten times slower, a million times over.
    return "".join([verdict.state._value_ for verdict in verdicts])


@dataclass(frozen=True)
class Credits:
    """What a period earns in an evaluation; a missed one earns its count ÷ its minimum."""

    done: Fraction = Fraction(1)
    back_filled: Fraction = Fraction(1)
    done_late: Fraction = Fraction(1, 2)


@dataclass(frozen=True)
class Tally:
    """Verdicts added up.

    `judged` are the periods that were due and are over or met; `met` those of them that were met in
    any way; `credit` their credits. Open, excused and not-due periods are in none of the three.
    """

    counts: dict[State, int]
    judged: int
    met: int
    credit: Fraction

    @property
    def share(self) -> Fraction | None:
        """Met ÷ judged, or None when nothing was judged: that is no data, never a pass."""
        return Fraction(self.met, self.judged) if self.judged else None

    @property
    def credit_share(self) -> Fraction | None:
        """Credit ÷ judged, as the evaluation of teachers takes it; None when nothing was judged."""
        return self.credit / self.judged if self.judged else None


def tally(verdicts: Iterable[PeriodVerdict], credits_: Credits | None = None) -> Tally:
    """Add up verdicts of one duty, over any subjects and periods."""
    earned = credits_ or Credits()
    fixed = {
        State.DONE: earned.done,
        State.BACK_FILLED: earned.back_filled,
        State.DONE_LATE: earned.done_late,
    }
    counts = dict.fromkeys(State, 0)
    partial = Fraction(0)
    for verdict in verdicts:
        counts[verdict.state] += 1
        if verdict.state is State.MISSED and 0 < verdict.counted < verdict.minimum:
            partial += Fraction(verdict.counted, verdict.minimum)
    met = sum(counts[state] for state in fixed)
    credit = sum((counts[state] * worth for state, worth in fixed.items()), partial)
    return Tally(counts, met + counts[State.MISSED], met, credit)


def standing(subjects: Iterable[Iterable[PeriodVerdict]], *, has_records: bool = True) -> State:
    """The state a duty shows for all its subjects: the gravest of theirs.

    Without subjects, or with a register that is altogether empty, it is no data — never a pass.
    """
    states = {verdict.state for verdicts in subjects for verdict in verdicts}
    if not has_records:
        return State.NO_DATA
    return next((state for state in GRAVEST if state in states), State.NO_DATA)
