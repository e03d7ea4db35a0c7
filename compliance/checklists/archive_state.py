"""How each archive item stands in a semester: what is there, what is missing, who supplies it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import and_, or_
from typing import Any

from compliance.checklists.archive import MONTH, SCHOOL_YEAR, Item, Source, items
from compliance.judged.naming import has_records, standing_of
from compliance.judged.store import DutySum, totals
from compliance.judged.verdict import State
from compliance.ordered import conditions, needs
from compliance.ordered.catalogue import duty_called, is_on
from compliance.ordered.duty import Duty
from compliance.ordered.reading import day_text, tuples
from models.core import calendar
from models.core.actor import Actor
from models.core.gates import every_row
from models.core.register import Register, find, register_of
from models.core.school_calendar import SemesterSpan
from models.core.semester_records import in_semester
from models.kept.photos import Photo

# Counts (parts that lack nothing, parts there are) of a semester's package: what looks at it lies
# in a later room and enters itself here.
Package = Callable[[Actor, SemesterSpan], tuple[int, int]]
_PACKAGES: list[Package] = []


def counts_the_package(count: Package) -> Package:
    """Enter what counts the parts of the inspection package."""
    _PACKAGES[:] = [count]
    return count


# A duty in one of these states holds nothing up.
FINE = frozenset({State.DONE, State.BACK_FILLED, State.DONE_LATE, State.EXCUSED, State.NOT_DUE})


@dataclass(frozen=True)
class SourceState:
    """One source as found: how many records there are, how many are complete, in which state."""

    source: Source
    found: int
    complete: int
    asked: int
    state: State

    @property
    def told(self) -> str:
        """What is missing, in words; "" when nothing is."""
        if self.state in FINE:
            return ""
        if self.complete < self.asked:
            return f"要有 {self.asked} 份，现有 {self.complete} 份" if self.found else "还没有登记"
        return f"{self.found - self.complete} 条材料不全"


@dataclass(frozen=True)
class DutyState:
    """One duty of an item as the verdicts tell it: met of judged, and the state in all."""

    code: str
    title: str
    state: State
    met: int
    judged: int


@dataclass(frozen=True)
class ItemState:
    """One item as found."""

    item: Item
    sources: tuple[SourceState, ...]
    duties: tuple[DutyState, ...]
    photos: tuple[tuple[Register, int], ...]
    parts: tuple[int, int] | None = None

    @property
    def share(self) -> tuple[int, int]:
        """How much of the item is met: of the package its parts, of others the item itself."""
        return self.parts or (int(self.state is State.DONE), 1)

    @property
    def states(self) -> list[State]:
        """The states of everything the item asks for; what is lifted is left out."""
        found = [source.state for source in self.sources] + [duty.state for duty in self.duties]
        found += [State.DONE if count else State.MISSED for _register, count in self.photos]
        return [state for state in found if state not in (State.NOT_DUE, State.EXCUSED)]

    @property
    def state(self) -> State:
        """Done when all is there, missed when nothing is, else under way; no data is no pass.

        The package is done when all its parts are, else under way.
        """
        if self.parts is not None:
            return State.DONE if self.parts[0] == self.parts[1] else State.DUE
        states = self.states
        if not states:
            return State.NO_DATA
        if all(state in FINE for state in states):
            return State.DONE
        there = any(state in FINE or state is State.DUE for state in states)
        return State.DUE if there else State.MISSED


class ArchiveList:
    """Looks at one semester; the records of all are counted, so that the state is the school's."""

    def __init__(self, actor: Actor, semester: SemesterSpan) -> None:
        self._actor, self._semester, self._today = actor, semester, actor.today
        self._totals = totals(actor, semester.code)
        self._year_first = calendar.school_calendar().first_of_year(semester)
        self._keeps_chats = bool(getattr(calendar.school(), "chat_records", False))

    def states(self) -> list[ItemState]:
        """Return all items in order."""
        return [self._item(item) for item in items()]

    def _item(self, item: Item) -> ItemState:
        return ItemState(
            item,
            tuple(self._source(source) for source in item.sources),
            tuple(self._duties(item)),
            tuple(self._photos(item)),
            _PACKAGES[0](self._actor, self._semester) if item.package else None,
        )

    # ---- records -------------------------------------------------------------------------------

    def _source(self, source: Source) -> SourceState:
        if source.waived and not self._keeps_chats:
            return SourceState(source, 0, 0, 0, State.NOT_DUE)
        register = source.register
        back_to = self._year_first if source.per == SCHOOL_YEAR else None
        query = self._records(register, back_to)
        query = query.where(conditions.condition(register, source.where))
        whole = query.where(self._complete(register, source.needs)) if source.needs else query
        if source.per == MONTH:
            return self._per_month(source, query)
        found = query.count()
        complete = whole.count() if source.needs else found
        return SourceState(
            source, found, complete, source.at_least, _state(found, complete, source)
        )

    def _records(self, register: Register, back_to: SemesterSpan | None = None) -> Any:
        return every_row(register).where(
            in_semester(register, self._semester, self._today, reaching_back_to=back_to)
        )

    def _complete(self, register: Register, wanted: tuple[str, ...]) -> Any:
        ways = [
            reduce(or_, [needs.complete(register, (name,)) for name in need.split("|")])
            for need in wanted
        ]
        return reduce(and_, ways)

    def _per_month(self, source: Source, query: Any) -> SourceState:
        """A month already begun asks for its number; the fewest of all months counts."""
        happened = getattr(source.register.model, source.register.happened)
        counted = Counter(text[:7] for (text,) in tuples(query.select(day_text(happened))))
        months = list(_months(self._semester.first, min(self._semester.last, self._today)))
        short = [month for month in months if counted[month] < source.at_least]
        found = sum(counted.values())
        asked = source.at_least * len(months)
        complete = sum(min(counted[month], source.at_least) for month in months)
        state = State.DONE if not short else State.DUE if found else State.MISSED
        return SourceState(source, found, complete, asked, state)

    # ---- duties and photos ---------------------------------------------------------------------

    def _duties(self, item: Item) -> Iterator[DutyState]:
        for code in item.duties:
            duty = duty_called(code)
            if duty is not None:
                yield self._duty(duty)

    def _duty(self, duty: Duty) -> DutyState:
        summed = self._totals.get(duty.code) or DutySum(0, [])
        met, judged = summed.share()
        if not is_on(duty):
            return DutyState(duty.code, duty.title, State.NOT_DUE, met, judged)
        state = standing_of(duty, summed, has_records=has_records(duty))
        return DutyState(duty.code, duty.title, state, met, judged)

    def _photos(self, item: Item) -> Iterator[tuple[Register, int]]:
        for slug in item.photos:
            register = find(slug)
            assert register is not None
            query = every_row(register_of(Photo)).where(
                Photo.register == slug,
                Photo.evidence == "photo",
                Photo.record_id.in_(self._records(register).select(register.model.id)),
            )
            yield register, query.count()


def _state(found: int, complete: int, source: Source) -> State:
    if complete >= source.at_least:
        return State.DONE if complete == found else State.DUE
    return State.DUE if found else State.MISSED


def _months(first: date, last: date) -> Iterator[str]:
    month = first.replace(day=1)
    while month <= last:
        yield f"{month:%Y-%m}"
        month = (month + timedelta(days=32)).replace(day=1)
