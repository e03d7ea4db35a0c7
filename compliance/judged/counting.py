"""From records to what a judge is told of each subject: what they come to in each period.

Records come in columns; what is equal among them is looked up and counted once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import compress
from operator import add
from typing import Any, NamedTuple, TypeVar

from compliance.judged.finder import Finder, Ids
from compliance.judged.judge import ALL, IN_TIME, LEVELS, PROMPT, Cell, Cells, Judge, Spot
from compliance.judged.moves import stays_of
from compliance.judged.records import Facts
from compliance.ordered.duty import MeasureKind
from compliance.ordered.reading import day_of

T = TypeVar("T")

# A day as text; what is longer tells where the record stood before.
DAY_LENGTH = len("2025-09-01")

# What a duty that adds up, or tells apart, looks at besides.
BY_AMOUNT = frozenset({MeasureKind.SUM, MeasureKind.DISTINCT})


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
        if not finder.dated:
            return owners, coded.places
        by_day = {place for place, said in enumerate(coded.values) if finder.sometimes(*said)}
        if not by_day:
            return owners, coded.places
        happened = facts.column("happened")
        places, cases = list(coded.places), dict[tuple[int, str], int]()
        for row, place in enumerate(coded.places):
            if place in by_day:
                case = place, happened[row]
                if case not in cases:
                    cases[case] = len(owners)
                    owners.append(finder.on(day_of(case[1]), *coded.values[place]))
                places[row] = cases[case]
        return owners, places


def count(judge: Judge, found: Iterable[Found]) -> dict[int, Cells]:
    """Weigh the records: per subject and period what they come to, as the judge reads it."""
    scales = Scales(judge)
    for one in found:
        scales.put(one)
    return scales.cells


class Scales:
    """The scales of one duty: the records of one source after the other are put on them."""

    def __init__(self, judge: Judge) -> None:
        self.cells: dict[int, Cells] = {}
        self._judge = judge
        self._kind = judge.rules.kind
        self._empty = [0] * (judge.width * len(judge.rules.leasts))
        self._told: set[tuple[Any, ...]] = set()

    def put(self, found: Found) -> None:
        """Put the records of one source on the scales."""
        sorted_out = _sorted_out(self._judge, found)
        start = found.part * self._judge.width
        by_amount = self._kind in BY_AMOUNT
        self._add(sorted_out, _counted(found, sorted_out, by_amount=by_amount), start)
        if self._kind is MeasureKind.COMPLETE:
            every = _counted(found, sorted_out, whole=False)
            self._add(sorted_out, every, start + LEVELS)

    def _add(self, sorted_out: SortedOut, counted: Counted, start: int) -> None:
        """Add up what the equal records of each subject come to, from one place of its cell on."""
        levels = [None if spot is None else _levels(spot, start) for spot in sorted_out.spots]
        worth = self._worth(counted.amounts)
        spots, amounts = len(levels), len(worth)
        for mark, number in counted.numbers.items():
            whom_and_when, amount = divmod(mark, amounts)
            owner, when = divmod(whom_and_when, spots)
            level = levels[when]
            if level is None:
                continue
            index, places = level
            for subject in sorted_out.owners[owner]:
                cell = self._cell(subject, index)
                said = counted.amounts[amount] if counted.amounts else None
                if self._kind is MeasureKind.DISTINCT:
                    self._tell_apart(cell, places, (subject, index, said))
                    continue
                if isinstance(said, str):
                    for minute in _minutes(said):
                        self._tell_apart(cell, places, (subject, index, minute))
                    continue
                for place in places:
                    cell[place] += number * worth[amount]

    def _worth(self, amounts: Sequence[Any]) -> list[int]:
        """What one record of each amount comes to."""
        if self._kind is MeasureKind.SUM and amounts:
            return [0 if isinstance(amount, str) else int(amount or 0) for amount in amounts]
        return [1] * max(len(amounts), 1)

    def _cell(self, subject: int, index: int) -> Cell:
        cells = self.cells.get(subject)
        if cells is None:
            cells = self.cells[subject] = {}
        cell = cells.get(index)
        if cell is None:
            cell = cells[index] = self._empty.copy()
        return cell

    def _tell_apart(self, cell: Cell, places: tuple[int, ...], said: tuple[Any, ...]) -> None:
        """Count a value once, whichever sources it comes from."""
        for place in places:
            if (place, *said) not in self._told:
                self._told.add((place, *said))
                cell[place] += 1


def _minutes(said: str) -> Iterator[tuple[str, int]]:
    """Yield the minutes between two times of a day; what overlaps yields the same ones (S07-1)."""
    on, begins, ends = said.split(" ")
    first, last = (int(time[:2]) * 60 + int(time[3:]) for time in (begins, ends))
    return ((on, minute) for minute in range(first, last))


def _levels(spot: Spot, start: int) -> tuple[int, tuple[int, ...]]:
    """The period of a spot, and the places in a cell where such a record counts."""
    index, in_time, prompt = spot
    return index, (start + ALL, *[start + IN_TIME] * in_time, *[start + PROMPT] * prompt)


class SortedOut(NamedTuple):
    """Whose the records of a source are and when they happened, each as one of a few cases.

    `whom` and `when` say per record, and per different day, which case it is. `shared` says that
    the cases of whom are those of the columns alone.
    """

    owners: list[Ids]
    whom: list[int]
    spots: list[Spot | None]
    when: tuple[int, ...]
    shared: bool


class Counted(NamedTuple):
    """How many records there are: one number for whom, when and how much, and how often it is."""

    numbers: Counter[int]
    amounts: list[Any]


def _sorted_out(judge: Judge, found: Found) -> SortedOut:
    days = found.facts.coded("happened", "entered").values
    spots, when = _numbered(
        [
            judge.place(day_of(happened), entered_on(judge, happened, entered))
            for happened, entered in days
        ]
    )
    owners, places = found.looked_up()
    if found.once:
        # Two colleagues who acted for the same subjects are the same case.
        owners, whom = _numbered(owners)
        places = list(map(whom.__getitem__, places))
    shared = places is found.facts.coded(*found.finder.names).places
    return SortedOut(owners, places, spots, tuple(when), shared)


def _counted(
    found: Found, sorted_out: SortedOut, *, whole: bool = True, by_amount: bool = False
) -> Counted:
    """Count the records that are equal in all that matters; with `whole` the complete ones alone.

    Duties that tell the same things apart share what was counted.
    """
    facts = found.facts
    if not sorted_out.shared:
        return _counted_anew(found, sorted_out, whole=whole, by_amount=by_amount)
    key = found.finder.names, sorted_out.when, whole and facts.complete is not None, by_amount
    if key not in facts.counted:
        facts.counted[key] = _counted_anew(found, sorted_out, whole=whole, by_amount=by_amount)
    kept: Counted = facts.counted[key]
    return kept


def _counted_anew(found: Found, sorted_out: SortedOut, *, whole: bool, by_amount: bool) -> Counted:
    """A hundred thousand records are one number each, because numbers are counted in no time."""
    facts = found.facts
    when = map(sorted_out.when.__getitem__, facts.coded("happened", "entered").places)
    marks = _mixed(when, len(sorted_out.spots), sorted_out.whom)
    amounts: list[Any] = []
    if by_amount:
        coded = facts.coded("amount")
        amounts = [one for (one,) in coded.values]
        marks = _mixed(coded.places, len(amounts), marks)
    chosen = facts.complete if whole else None
    if found.once:
        # A record of two colleagues stands there twice and is one.
        pairs = zip(facts.column("record"), marks, strict=True)
        once = set(pairs if chosen is None else compress(pairs, chosen))
        return Counted(Counter(mark for _, mark in once), amounts)
    return Counted(Counter(marks if chosen is None else compress(marks, chosen)), amounts)


def _mixed(low: Iterable[int], size: int, high: Iterable[int]) -> Iterable[int]:
    """One number for two, of which the lower is under a size."""
    return map(add, low, map(size.__mul__, high))


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
