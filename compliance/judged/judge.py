"""The judge: what became of a duty in each period, for one subject.

Everything here is a pure function of its arguments. A `Judge` prepares a duty's periods once and is
then called for thousands of subjects; `judge` does both for one subject.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from compliance.judged.moves import Stay
from compliance.judged.stretches import joined, within
from compliance.judged.verdict import PeriodVerdict, Row, Rules, Span, State
from compliance.ordered.duty import MeasureKind
from compliance.ordered.periods import Frequency, Period
from models.core.school_calendar import SchoolCalendar


def judge(
    rules: Rules,
    spans: Sequence[Span],
    excuses: Sequence[Span],
    records: Iterable[Row],
    periods: Sequence[Period],
    calendar: SchoolCalendar,
    as_of: date,
) -> tuple[PeriodVerdict, ...]:
    """Judge one subject: one verdict per period, in the order of the periods.

    `spans` are the stretches in which the subject was active, `excuses` those of its Excuse rows.
    For many subjects make one `Judge` and call it.
    """
    return Judge(rules, periods, calendar, as_of)(tuple(spans), tuple(excuses), records)


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
        # The same few numbers come up in a period over and over.
        self._by_numbers: dict[tuple[int | str, ...], PeriodVerdict] = {}
        # Most subjects are active for the same stretch, so their rows without records are shared.
        self._silent: dict[
            tuple[tuple[Span, ...], tuple[Span, ...]], tuple[PeriodVerdict, ...]
        ] = {}

    def __call__(
        self,
        spans: tuple[Span, ...],
        excuses: tuple[Span, ...] = (),
        records: Iterable[Row] = (),
    ) -> tuple[PeriodVerdict, ...]:
        """Judge one subject: one verdict per period, in the order of the periods."""
        silent = self._silent_for(spans, excuses)
        heaps: dict[int, list[Row]] = {}
        for record in records:
            index = self._index(record[0])
            if index is not None:
                heaps.setdefault(index, []).append(record)
        if not heaps:
            return silent
        verdicts = list(silent)
        for index, heap in heaps.items():
            alone = self._asked_alone(silent[index], spans, excuses)
            verdicts[index] = self._with_records(alone, heap)
        return tuple(verdicts)

    def counted(
        self,
        spans: tuple[Span, ...],
        excuses: tuple[Span, ...],
        cells: Mapping[int, Sequence[int]],
    ) -> tuple[PeriodVerdict, ...]:
        """Judge one subject whose complete records were only counted, for a duty of one part.

        `cells` has per period how many there are in all, how many of them in time, and how many
        of these entered promptly, as `place` tells them apart. The verdicts are those of a call
        with the records themselves.
        """
        silent = self._silent_for(spans, excuses)
        if not cells:
            return silent
        verdicts = list(silent)
        for index, cell in cells.items():
            alone = self._asked_alone(silent[index], spans, excuses)
            key = index, alone.state._value_, *cell
            verdict = self._by_numbers.get(key)
            if verdict is None:
                verdict = self._by_numbers[key] = self._rated(alone, *cell)
            verdicts[index] = verdict
        return tuple(verdicts)

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

    def _rated(self, silent: PeriodVerdict, count: int, in_time: int, prompt: int) -> PeriodVerdict:
        """The verdict on a period by numbers alone; the same as `_with_records`."""
        period, state, _, minimum = silent
        if state is not State.NOT_DUE:
            state = self._rating(state, period, count, in_time, prompt)
        return PeriodVerdict(period, state, count, minimum)

    def _rating(self, state: State, period: Period, count: int, in_time: int, prompt: int) -> State:
        if not self._enough(count):
            most = self.rules.most
            over = most is not None and count > most
            return State.MISSED if over and state is not State.EXCUSED else state
        if period.frequency is Frequency.NOW or prompt == count or self._enough(prompt):
            return State.DONE
        if in_time == count or self._enough(in_time):
            return State.BACK_FILLED
        return State.DONE_LATE

    def _enough(self, count: int) -> bool:
        most = self.rules.most
        return count >= self._minimum and (most is None or count <= most)

    def _index(self, happened: date) -> int | None:
        """The number of the period a record of that day belongs to."""
        index = bisect_right(self._begins, happened) - 1
        return index if index >= 0 and happened <= self._ends[index] else None

    def _silent_for(
        self, spans: tuple[Span, ...], excuses: tuple[Span, ...]
    ) -> tuple[PeriodVerdict, ...]:
        silent = self._silent.get((spans, excuses))
        if silent is None:
            silent = self._without_records(spans, excuses)
            self._silent[spans, excuses] = silent
        return silent

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
        day = min(self.as_of, period.last)
        if not within(active, day, day):
            return State.NOT_DUE
        return State.EXCUSED if within(joined(excuses), day, day) else State.MISSED

    def _with_records(
        self,
        silent: PeriodVerdict,
        heap: list[Row],
    ) -> PeriodVerdict:
        """The verdict on a period with records; a record counts in an excused period too."""
        period = silent.period
        count, minimum, enough = self._weigh(heap)
        state = silent.state
        most = self.rules.most
        if state is State.NOT_DUE:
            pass
        elif enough:
            state = self._kept(period, heap)
        elif state is not State.EXCUSED and most is not None and count > most:
            # Too many can only get worse, so an open period does not wait for its end.
            state = State.MISSED
        return PeriodVerdict(period, state, count, minimum)

    def _kept(self, period: Period, heap: list[Row]) -> State:
        """Done, back-filled or done late, for records that are enough in all."""
        if period.frequency is Frequency.NOW:
            return State.DONE
        deadline = period.deadline
        in_time = heap if deadline is None else [one for one in heap if one[0] <= deadline]
        prompt = [one for one in in_time if one[1].date() - one[0] <= self._backfill]
        if len(prompt) == len(heap) or self._weigh(prompt)[2]:
            return State.DONE
        if len(in_time) == len(heap) or self._weigh(in_time)[2]:
            return State.BACK_FILLED
        return State.DONE_LATE

    def _weigh(self, heap: list[Row]) -> tuple[int, int, bool]:
        """How much the records come to, how much is asked, and whether that is enough."""
        leasts = self.rules.leasts
        if len(leasts) == 1:
            return self._weigh_part(heap, leasts[0])
        weights = [
            self._weigh_part([one for one in heap if one[4] == part], least)
            for part, least in enumerate(leasts)
        ]
        # What one part has too much of does not make up for another.
        count = sum(min(count, minimum) for count, minimum, _ in weights)
        minimum = sum(minimum for _, minimum, _ in weights)
        return count, minimum, all(enough for _, _, enough in weights)

    def _weigh_part(self, heap: list[Row], least: int) -> tuple[int, int, bool]:
        """The same for one part of the duty."""
        kind = self.rules.kind
        if kind is MeasureKind.SUM:
            count = sum(int(one[3] or 0) for one in heap if one[2])
        elif kind is MeasureKind.DISTINCT:
            count = len({one[3] for one in heap if one[2]})
        else:
            count = sum(1 for one in heap if one[2])
        if kind is MeasureKind.COMPLETE:
            least = max(least, len(heap))
        most = self.rules.most
        return count, least, count >= least and (most is None or count <= most)


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
