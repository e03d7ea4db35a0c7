"""A slow and obvious second judge: day by day, record by record, straight from the rules.

It shares nothing with `compliance.judged.judge` but the names of the states; tests compare the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from weighing import Entry

from compliance.judged.verdict import Rules, Span, State
from compliance.ordered.duty import MeasureKind
from compliance.ordered.periods import Frequency, Period
from models.core.school_calendar import SchoolCalendar


def covered(spans: Iterable[Span], day: date) -> bool:
    """Whether the day lies in one of the spans."""
    return any(first <= day and (last is None or day <= last) for first, last in spans)


def days_of(period: Period) -> list[date]:
    """Every day of the period."""
    length = (period.last - period.first).days + 1
    return [period.first + timedelta(days=number) for number in range(length)]


def is_enough(rules: Rules, records: Sequence[Entry]) -> bool:
    """Whether these records are what the duty asks for."""
    for part, least in enumerate(rules.leasts):
        here = records if len(rules.leasts) == 1 else [one for one in records if one.part == part]
        complete = [one for one in here if one.complete]
        if rules.kind is MeasureKind.SUM:
            amount = 0
            for one in complete:
                amount += int(one.amount)
        elif rules.kind is MeasureKind.DISTINCT:
            amount = len({one.amount for one in complete})
        else:
            amount = len(complete)
        if amount < least:
            return False
        if rules.kind is MeasureKind.COMPLETE and len(complete) < len(here):
            return False
        if rules.most is not None and amount > rules.most:
            return False
    return True


def is_too_much(rules: Rules, records: Sequence[Entry]) -> bool:
    """Whether a range is exceeded."""
    return rules.most is not None and len([one for one in records if one.complete]) > rules.most


def state_now(
    rules: Rules,
    spans: Sequence[Span],
    excuses: Sequence[Span],
    records: Sequence[Entry],
    day: date,
) -> State:
    """What holds on that day."""
    if not covered(spans, day):
        return State.NOT_DUE
    if is_enough(rules, records):
        return State.DONE
    return State.EXCUSED if covered(excuses, day) else State.MISSED


def state_kept(rules: Rules, records: Sequence[Entry], period: Period) -> State:
    """Which kind of done it is."""
    early = [one for one in records if not period.deadline or one.happened <= period.deadline]
    week = timedelta(days=rules.backfill_days)
    prompt = [one for one in early if one.entered.date() <= one.happened + week]
    if is_enough(rules, prompt):
        return State.DONE
    return State.BACK_FILLED if is_enough(rules, early) else State.DONE_LATE


def state_of(
    rules: Rules,
    spans: Sequence[Span],
    excuses: Sequence[Span],
    records: Sequence[Entry],
    period: Period,
    calendar: SchoolCalendar,
    as_of: date,
) -> State:
    """The state of one period."""
    if not rules.on or as_of < period.first:
        return State.NOT_DUE
    here = [
        one
        for one in records
        if period.counts_from <= one.happened <= period.counts_until and one.happened <= as_of
    ]
    if period.frequency is Frequency.NOW:
        return state_now(rules, spans, excuses, here, min(as_of, period.counts_until))
    if not any(covered(spans, day) for day in days_of(period)):
        return State.NOT_DUE
    school_days = [day for day in days_of(period) if calendar.is_school_day(day)]
    active = [day for day in school_days if covered(spans, day)]
    if period.whole and active != school_days:
        return State.NOT_DUE
    if not period.whole and len(active) < period.needed:
        return State.NOT_DUE

    if is_enough(rules, here):
        return state_kept(rules, here, period)
    if len([day for day in active if not covered(excuses, day)]) < period.needed:
        return State.EXCUSED
    closing = [period.last] + ([period.deadline] if period.deadline else [])
    passed = any(as_of > day for day in closing)
    return State.MISSED if passed or is_too_much(rules, here) else State.DUE
