"""From records to what a judge is told of each subject: numbers per period, or the records.

Records come in columns; what is equal among them is looked up and counted once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import compress
from operator import add
from typing import NamedTuple, TypeVar

from compliance.judged.finder import Finder, Ids
from compliance.judged.judge import Judge
from compliance.judged.records import Facts
from compliance.judged.verdict import Row
from compliance.ordered.reading import day_of, moment

T = TypeVar("T")

# Per subject and period: how many records there are, how many in time, how many entered promptly.
Cells = dict[int, dict[int, list[int]]]


class Found(NamedTuple):
    """Records, whom each counts for, and the part of the duty they serve.

    `once` says that a record that stands there several times counts once for the same subjects.
    """

    facts: Facts
    finder: Finder
    part: int = 0
    once: bool = False

    @property
    def owners(self) -> list[Ids]:
        """The subjects of each different combination of columns the finder looks at."""
        return [self.finder.of(*said) for said in self.facts.coded(*self.finder.names).values]

    @property
    def places(self) -> list[int]:
        """Which of the owners each record has."""
        return self.facts.coded(*self.finder.names).places


def count(judge: Judge, found: Iterable[Found]) -> Cells:
    """Count the complete records per subject and period."""
    cells: Cells = {}
    for one in found:
        _count(cells, judge, one)
    return cells


def _count(cells: Cells, judge: Judge, found: Found) -> None:
    days = found.facts.coded("happened", "entered")
    spots, when = _numbered(
        [judge.place(day_of(happened), day_of(entered)) for happened, entered in days.values]
    )
    owners, whom = _numbered(found.owners)
    # One number for whom and when, because a hundred thousand numbers are counted in no time.
    whom = [number * len(spots) for number in whom]
    marks: Iterable[int] = map(
        add, map(whom.__getitem__, found.places), map(when.__getitem__, days.places)
    )
    marks = compress(marks, found.facts.complete)
    if found.once:
        # Two colleagues who acted for the same subjects stand there as the same record and mark.
        records = compress(found.facts.record, found.facts.complete)
        marks = (mark for _, mark in set(zip(records, marks, strict=True)))
    for mark, number in Counter(marks).items():
        owner, place = divmod(mark, len(spots))
        spot = spots[place]
        if spot is None:
            continue
        index, in_time, prompt = spot
        for subject in owners[owner]:
            cell = cells.setdefault(subject, {}).setdefault(index, [0, 0, 0])
            cell[0] += number
            cell[1] += number * in_time
            cell[2] += number * prompt


def _numbered(values: list[T]) -> tuple[list[T], list[int]]:
    """Return the different values, and for each value where among them it stands."""
    numbers: dict[T, int] = {}
    places = [numbers.setdefault(value, len(numbers)) for value in values]
    return list(numbers), places


def heap(found: Iterable[Found]) -> dict[int, list[Row]]:
    """Return per subject the records that count, as the judge reads them."""
    heaps: dict[int, list[Row]] = {}
    for one in found:
        facts, owners = one.facts, one.owners
        seen: set[tuple[int, Ids]] = set()
        columns = (facts.happened, facts.entered, facts.complete, facts.amount)
        for place, record, happened, entered, complete, amount in zip(
            one.places, facts.record, *columns, strict=True
        ):
            ids = owners[place]
            if not ids:
                continue
            if one.once:
                if (record, ids) in seen:
                    continue
                seen.add((record, ids))
            row = (day_of(happened), moment(entered), complete, amount, one.part)
            for subject in ids:
                heaps.setdefault(subject, []).append(row)
    return heaps
