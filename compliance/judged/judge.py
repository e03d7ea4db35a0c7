"""The judge: what became of a duty in each period, for one subject.

Everything here is a pure function of its arguments. A `Judge` prepares a duty's periods once and is
then asked for thousands of subjects, whose records `counting` has weighed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from compliance.judged.moves import Stay
from compliance.judged.stretches import joined, within
from compliance.judged.verdict import PeriodVerdict, Rules, Span, State
from compliance.ordered.duty import MeasureKind
from compliance.ordered.periods import Frequency, Period
from models.core.school_calendar import SchoolCalendar

# What a period's records are weighed by: all of them, those in time, those also entered promptly.
ALL, IN_TIME, PROMPT = LEVELS_OF = range(3)
LEVELS = len(LEVELS_OF)

# A period's number, whether it was in time, and whether also entered promptly.
Spot = tuple[int, bool, bool]
# Per part of the duty what its records come to, for each of the three; where they must all be
# complete, followed by how many there are.
Cell = list[int]
Cells = dict[int, Cell]


class Judge:
    """One duty's periods, prepared for one date, to be called once per subject."""

    def __init__(
        self, rules: Rules, periods: Sequence[Period], calendar: SchoolCalendar, as_of: date
    ) -> None:
        self.rules = rules
        self.calendar = calendar
        self.as_of = as_of
        self.periods = tuple(periods)
        self._begins = [period.counts_from for period in self.periods]
        self._ends = [min(period.counts_until, as_of) for period in self.periods]
        self._backfill = timedelta(days=rules.backfill_days)
        self._minimum = sum(rules.leasts)
        self.width = LEVELS * (2 if rules.kind is MeasureKind.COMPLETE else 1)
        # The same few numbers come up in a period over and over.
        self._by_numbers: dict[Any, PeriodVerdict] = {}
        self._whole: dict[Any, tuple[PeriodVerdict, ...]] = {}
        # Most subjects are active for the same stretch, so their rows without records are shared.
        self._silent: dict[
            tuple[tuple[Span, ...], tuple[Span, ...]], tuple[PeriodVerdict, ...]
        ] = {}

    def counted(
        self,
        spans: tuple[Span, ...],
        excuses: tuple[Span, ...],
        cells: Mapping[int, Cell],
    ) -> tuple[PeriodVerdict, ...]:
        """Judge one subject: one verdict per period, in the order of the periods.

        `spans` are the stretches in which the subject was active, `excuses` those of its Excuse
        rows; `cells` has what its records come to in the periods where there are any.
        """
        silent = self._silent.get((spans, excuses))
        if silent is None:
            silent = self._silent[spans, excuses] = self._without_records(spans, excuses)
        if not cells:
            return silent
        numbers = {index: tuple(cell) for index, cell in cells.items()}
        # Most duties have one period, and few numbers come up in it.
        alone = (id(silent), *numbers.items()) if len(numbers) == 1 else None
        if alone in self._whole:
            return self._whole[alone]
        verdicts = list(silent)
        for index, said in numbers.items():
            asked = self._asked_alone(silent[index], spans, excuses)
            key = index, asked.state._value_, said
            verdict = self._by_numbers.get(key)
            if verdict is None:
                verdict = self._by_numbers[key] = self._rated(asked, said)
            verdicts[index] = verdict
        judged = tuple(verdicts)
        if alone is not None:
            self._whole[alone] = judged
        return judged

    def entered_for(self, happened: date, entered: date, stays: Sequence[Stay]) -> date:
        """Return the day from which a record stood in the period it stands in now.

        `stays` are where a moved record has stood (`compliance.judged.moves`).
        """
        index = self._index(happened)
        return min((since for day, since in stays if self._index(day) == index), default=entered)

    def place(self, happened: date, entered: date) -> tuple[int, bool, bool] | None:
        """Return a record's period, whether it was in time, and whether also entered promptly.

        None when it belongs to no period or lies after the day looked from.
        """
        index = self._index(happened)
        if index is None:
            return None
        deadline = self.periods[index].deadline
        in_time = deadline is None or happened <= deadline
        return index, in_time, in_time and entered - happened <= self._backfill

    def _rated(self, silent: PeriodVerdict, numbers: tuple[int, ...]) -> PeriodVerdict:
        """The verdict on a period with records; a record counts in an excused period too."""
        period, state, _, _ = silent
        count, minimum, enough = self._weigh(numbers, ALL)
        most = self.rules.most
        if state is State.NOT_DUE:
            pass
        elif enough:
            state = self._kept(period, numbers)
        elif state is not State.EXCUSED and most is not None and count > most:
            # Too many can only get worse, so an open period does not wait for its end.
            state = State.MISSED
        return PeriodVerdict(period, state, count, minimum)

    def _kept(self, period: Period, numbers: tuple[int, ...]) -> State:
        """Done, back-filled or done late, for records that are enough in all."""
        if period.frequency is Frequency.NOW or self._weigh(numbers, PROMPT)[2]:
            return State.DONE
        return State.BACK_FILLED if self._weigh(numbers, IN_TIME)[2] else State.DONE_LATE

    def _weigh(self, numbers: tuple[int, ...], level: int) -> tuple[int, int, bool]:
        """How much the records come to, how much is asked, and whether that is enough."""
        weights = [
            self._weigh_part(numbers, part * self.width + level, least)
            for part, least in enumerate(self.rules.leasts)
        ]
        if len(weights) == 1:
            return weights[0]
        # What one part has too much of does not make up for another.
        count = sum(min(count, minimum) for count, minimum, _ in weights)
        minimum = sum(minimum for _, minimum, _ in weights)
        return count, minimum, all(enough for _, _, enough in weights)

    def _weigh_part(self, numbers: tuple[int, ...], at: int, least: int) -> tuple[int, int, bool]:
        """The same for one part of the duty."""
        count, most = numbers[at], self.rules.most
        if self.rules.kind is MeasureKind.COMPLETE:
            least = max(least, numbers[at + LEVELS])
        return count, least, count >= least and (most is None or count <= most)

    def _index(self, happened: date) -> int | None:
        """The number of the period a record of that day belongs to."""
        index = bisect_right(self._begins, happened) - 1
        return index if index >= 0 and happened <= self._ends[index] else None

    def _without_records(
        self, spans: tuple[Span, ...], excuses: tuple[Span, ...]
    ) -> tuple[PeriodVerdict, ...]:
        """The verdicts of a subject for whom nothing was recorded."""
        active = joined(spans)
        # Where a range or a minimum begins at nothing, nothing is enough.
        enough = self._minimum == 0 and self.rules.kind is not MeasureKind.COMPLETE
        verdicts = []
        for period in self.periods:
            state = self._standing(period, active, excuses)
            if enough and state is not State.NOT_DUE:
                state = State.DONE
            verdicts.append(PeriodVerdict(period, state, 0, self._minimum))
        return tuple(verdicts)

    def _asked_alone(
        self, silent: PeriodVerdict, spans: tuple[Span, ...], excuses: tuple[Span, ...]
    ) -> PeriodVerdict:
        """The period as it stands where nothing was enough, but records may be too many."""
        if silent.state is not State.DONE:
            return silent
        return silent._replace(state=self._standing(silent.period, joined(spans), excuses))

    def _standing(
        self, period: Period, active: list[tuple[date, date]], excuses: tuple[Span, ...]
    ) -> State:
        """Whether the duty is asked in the period at all, and whether the period is over."""
        if not self.rules.on or period.first > self.as_of:
            return State.NOT_DUE
        if period.frequency is Frequency.NOW:
            return self._standing_now(period, active, excuses)
        asked = within(active, period.first, period.last)
        days = sum(self.calendar.school_days(first, last) for first, last in asked)
        if not asked or days < (period.school_days if period.whole else period.needed):
            return State.NOT_DUE
        if excuses:
            days -= sum(
                self.calendar.school_days(first, last)
                for start, end in joined(excuses)
                for first, last in within(asked, start, end)
            )
        if days < period.needed:
            return State.EXCUSED
        return State.MISSED if self.as_of > period.due_until else State.DUE

    def _standing_now(
        self, period: Period, active: list[tuple[date, date]], excuses: tuple[Span, ...]
    ) -> State:
        """A state is asked on the day itself, and what does not hold on that day is missed."""
        day = min(self.as_of, period.counts_until)
        if not within(active, day, day):
            return State.NOT_DUE
        return State.EXCUSED if within(joined(excuses), day, day) else State.MISSED


def judge_event(
    occurred: datetime, limit: timedelta, answered: datetime | None, at: datetime
) -> State:
    """Judge an event that must be answered within minutes, as the notices of an incident (Q01-1).

    `at` is the moment looked from: the end of the day for a past date, the present time for today.
    An answer after `at` is ignored. Days are judged with `event_period` instead.
    """
    if occurred > at:
        return State.NOT_DUE
    if answered is not None and answered <= at:
        return State.DONE if answered <= occurred + limit else State.DONE_LATE
    return State.MISSED if at > occurred + limit else State.DUE
