"""From records to what a judge is told of each subject: numbers per period, or the records.

Records come in columns; what is equal among them is looked up and counted once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, time
from itertools import compress
from operator import add
from typing import NamedTuple, TypeVar

from compliance.judged.finder import Finder, Ids
from compliance.judged.judge import Judge
from compliance.judged.moves import stays_of
from compliance.judged.records import Facts
from compliance.judged.verdict import Row
from compliance.ordered.reading import day_of

T = TypeVar("T")

# A day as text; what is longer tells where the record stood before.
DAY_LENGTH = len("2025-09-01")

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

    def looked_up(self) -> tuple[list[Ids], list[int]]:
        """Return the subjects of each different case, and which case each record is.

        A case is a combination of the columns the finder looks at, with the day where it tells.
        """
        facts, finder = self.facts, self.finder
        coded = facts.coded(*finder.names)
        owners = [finder.of(*said) for said in coded.values]
        by_day = {place for place, said in enumerate(coded.values) if finder.sometimes(*said)}
        if not by_day:
            return owners, coded.places
        places, cases = list(coded.places), dict[tuple[int, str], int]()
        for row, place in enumerate(coded.places):
            if place in by_day:
                case = place, facts.happened[row]
                if case not in cases:
                    cases[case] = len(owners)
                    owners.append(finder.on(day_of(case[1]), *coded.values[place]))
                places[row] = cases[case]
        return owners, places


def count(judge: Judge, found: Iterable[Found]) -> Cells:
    """Count the complete records per subject and period."""
    cells: Cells = {}
    for one in found:
        _count(cells, judge, one)
    return cells


def _count(cells: Cells, judge: Judge, found: Found) -> None:
    days = found.facts.coded("happened", "entered")
    spots, when = _numbered(
        [
            judge.place(day_of(happened), entered_on(judge, happened, entered))
            for happened, entered in days.values
        ]
    )
    found_for, places_of = found.looked_up()
    owners, whom = _numbered(found_for)
    # One number for whom and when, because a hundred thousand numbers are counted in no time.
    whom = [number * len(spots) for number in whom]
    marks: Iterable[int] = map(
        add, map(whom.__getitem__, places_of), map(when.__getitem__, days.places)
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


def entered_on(judge: Judge, happened: str | date, entered: str | date) -> date:
    """Return the day a record counts as entered on, for the period it stands in."""
    first = day_of(entered)
    moved = isinstance(entered, str) and len(entered) > DAY_LENGTH
    stays = stays_of(str(entered)) if moved else ()
    return judge.entered_for(day_of(happened), first, stays) if stays else first


def heap(judge: Judge, found: Iterable[Found]) -> dict[int, list[Row]]:
    """Return per subject the records that count, as the judge reads them."""
    heaps: dict[int, list[Row]] = {}
    for one in found:
        facts = one.facts
        owners, places = one.looked_up()
        seen: set[tuple[int, Ids]] = set()
        columns = (facts.happened, facts.entered, facts.complete, facts.amount)
        for place, record, happened, entered, complete, amount in zip(
            places, facts.record, *columns, strict=True
        ):
            ids = owners[place]
            if not ids:
                continue
            if one.once:
                if (record, ids) in seen:
                    continue
                seen.add((record, ids))
            since = datetime.combine(entered_on(judge, happened, entered), time())
            row = (day_of(happened), since, complete, amount, one.part)
            for subject in ids:
                heaps.setdefault(subject, []).append(row)
    return heaps
