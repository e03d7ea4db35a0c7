"""Records as a test writes them down, weighed and judged as those of the database are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from types import SimpleNamespace
from typing import NamedTuple

from compliance.judged.counting import Found, count
from compliance.judged.judge import Cells, Judge
from compliance.judged.records import Columns, Facts

SUBJECT = 7
FINDER = SimpleNamespace(names=(), of=lambda: (SUBJECT,), dated=False)


class Entry(NamedTuple):
    """One record: `amount` is what is summed, or the value told apart; `part` is the duty's."""

    happened: date
    entered: datetime
    complete: bool = True
    amount: int | str = 1
    part: int = 0


def found(records: Sequence[Entry], part: int = 0, numbers: Sequence[int] = (), **rest) -> Found:
    """Return the records as what was found for one part of a duty."""
    columns = {
        "record": numbers or range(len(records)),
        "happened": [one.happened for one in records],
        "entered": [one.entered.date() for one in records],
        "amount": [one.amount for one in records],
    }
    met = [1 + one.complete for one in records]
    return Found(Facts(Columns(columns), {}, met), FINDER, part, **rest)


def cells_of(judge: Judge, records: Sequence[Entry]) -> Cells:
    """Return what the records come to per period."""
    records, last = list(records), len(judge.rules.leasts) - 1
    by_part = [[one for one in records if min(one.part, last) == part] for part in range(last + 1)]
    return count(judge, [found(*one[::-1]) for one in enumerate(by_part)]).get(SUBJECT, {})


def judged(judge: Judge, spans, excuses=(), records=()):
    """Judge one subject by its records."""
    return judge.counted(tuple(spans), tuple(excuses), cells_of(judge, records))


def judge(rules, spans, excuses, records, periods, calendar, as_of):
    """Judge one subject once."""
    return judged(Judge(rules, periods, calendar, as_of), spans, excuses, records)
