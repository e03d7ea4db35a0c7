"""The records that duties count, read in columns: one query per register for all of them at once.

Duties ask; what can be asked of a register in one go is read in one go. A fact is one record, seen
from whoever acted: a visit of two teachers is two facts with one record number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import compress, count, repeat
from typing import Any, NamedTuple

from peewee import Case, Value

from compliance.judged.moves import Moves
from compliance.judged.placement import Placement
from compliance.judged.sources import (
    Window,
    chosen,
    happened_text,
    known_text,
    line_columns,
    linked,
    named_acting,
    staff_columns,
    within,
)
from compliance.ordered import needs as completeness
from compliance.ordered.catalogue import source_register
from compliance.ordered.conditions import condition
from compliance.ordered.duty import Source
from compliance.ordered.reading import day_of, tuples
from models.core.database import within as listed
from models.core.gates import every_row
from models.core.register import Register
from models.core.whose import child_column

Column = Sequence[Any]


class Coded(NamedTuple):
    """Columns side by side: the different values, and where among them each row finds its own.

    Whoever looks something up for a hundred thousand rows looks it up once per value.
    """

    values: list[Any]
    places: list[int]


@dataclass(frozen=True)
class Facts:
    """Records as columns of equal length.

    `link` is the record one names as the duty's subject. The two days are text, as the database
    gives them. `repeats` says that a record may stand there several times, once for each of those
    who acted.
    """

    record: Column
    child: Column
    link: Column
    happened: Column
    entered: Column
    complete: Column
    amount: Column
    staff: Column
    repeats: bool = False
    placement: Placement | None = None
    _coded: dict[tuple[str, ...], Coded] = field(default_factory=dict)

    @cached_property
    def steady(self) -> Column:
        """A day for each record's own on which everybody was in the same class, under the same."""
        assert self.placement is not None
        known = {said: self.placement.steady(day_of(said)) for said in set(self.happened)}
        return [known[said] for said in self.happened]

    def coded(self, *names: str) -> Coded:
        """Return some columns side by side, coded."""
        if names not in self._coded:
            columns = [getattr(self, name) for name in names]
            numbers: defaultdict[Any, int] = defaultdict(count().__next__)
            rows = zip(*columns, strict=True) if names else repeat((), len(self.record))
            places = list(map(numbers.__getitem__, rows))
            self._coded[names] = Coded(list(numbers), places)
        return self._coded[names]


class Asked(NamedTuple):
    """How a source is read; equal questions are answered once."""

    source: Source
    needs: tuple[str, ...]
    fields: tuple[str, ...]
    amount: str
    link: str
    by_staff: bool
    window: Window

    @property
    def which(self) -> tuple[Any, ...]:
        """What makes a record count, as something to look up by."""
        return repr(sorted(self.source.where.items())), self.needs, self.fields

    @property
    def key(self) -> tuple[Any, ...]:
        """The whole question as something to look up by."""
        return (self.which, *self[3:])

    @property
    def scan(self) -> tuple[Any, ...]:
        """What one reading of the register can answer together.

        Records of all time and those that hold on a day are read apart, so are sources with a date
        or a way of their own.
        """
        source, window = self.source, self.window
        own = (source.date, source.present)
        apart = self[1:] if any(own) else (window.state, window.first == date.min)
        return source.register, window.last, *own, self.which[0] if any(own) else "", *apart


@dataclass
class Scan:
    """One reading of a register, and every question it answers."""

    first: Asked
    begins: date
    asked: list[Asked] = field(default_factory=list)
    columns: dict[Any, Column] | None = None
    repeats: bool = False
    answered: dict[Any, Facts] = field(default_factory=dict)

    def add(self, asked: Asked) -> None:
        """Have one more question answered."""
        self.asked.append(asked)
        self.begins = min(self.begins, asked.window.first)

    def answers(self, asked: Asked) -> bool:
        """Return whether the question is among those read for."""
        return any(one.key == asked.key for one in self.asked)

    @property
    def window(self) -> Window:
        """The days read: those of the question that reaches back furthest."""
        return self.first.window._replace(first=self.begins)


class Records:
    """What was read for one evaluation.

    `children` or `staff` narrow it to the records about, or by, these; a register that names no
    child is then read as a whole.
    """

    def __init__(
        self,
        placement: Placement,
        children: frozenset[int] | None = None,
        staff: frozenset[int] | None = None,
    ) -> None:
        self.placement = placement
        self.children = children
        self.staff = staff
        # The newest reading of a register is the one that may still take more questions.
        self._scans: dict[Any, list[Scan]] = {}
        self._moves = Moves()

    def expect(self, questions: Iterable[Asked]) -> None:
        """Note what will be asked, so that one reading of a register answers all of it."""
        for asked in questions:
            scans = self._scans.setdefault(asked.scan, [])
            if any(scan.answers(asked) for scan in scans):
                continue
            if not scans or scans[-1].columns is not None:
                scans.append(Scan(asked, asked.window.first))
            scans[-1].add(asked)

    def of(self, asked: Asked) -> Facts:
        """Return the facts of one source, in no particular order."""
        self.expect([asked])
        scan = next(scan for scan in self._scans[asked.scan] if scan.answers(asked))
        if scan.columns is None:
            self._read(scan)
        if asked.key not in scan.answered:
            scan.answered[asked.key] = _answer(scan, asked, self.placement)
        return scan.answered[asked.key]

    def _read(self, scan: Scan) -> None:
        asked = scan.first
        register = source_register(asked.source)
        columns = columns_of(register, scan)
        query = self._narrowed(register, _query(register, scan))
        rows = tuples(query.select(*columns.values()))
        read = dict(zip(columns, zip(*rows, strict=True), strict=True)) if rows else {}
        scan.columns = {name: read.get(name, ()) for name in columns}
        moved = self._moves.entered(register, scan.columns["record"], scan.columns["entered"])
        if moved is not None:
            scan.columns["entered"] = moved
        if asked.source.present:
            _credit(scan, _present(register, query))
        elif any(one.by_staff for one in scan.asked):
            self._credit_lines(register, scan, query)

    def _narrowed(self, register: Register, query: Any) -> Any:
        child = child_column(register)
        if self.children is not None and child is not None:
            query = query.where(child.in_(list(self.children)))
        if self.staff is not None:
            query = query.where(named_acting(register, self.staff))
        return query

    def _credit_lines(self, register: Register, scan: Scan, query: Any) -> None:
        """Give each record once to everyone who acted, in a column or on a line."""
        assert scan.columns is not None
        named = range(len(staff_columns(register)))
        direct = [scan.columns["staff", i] for i in named]
        lines = [name for name in register.act_by if "." in name]
        if len(direct) == 1 and not lines:
            scan.columns["by"] = direct[0]
            return
        acted: dict[int, list[int]] = {}
        for column in direct:
            for record, staff in zip(scan.columns["record"], column, strict=True):
                acted.setdefault(record, []).append(staff)
        inside = query.select(register.model.id)
        for name in lines:
            of_lines, parent, member = line_columns(name)
            credited = every_row(of_lines).select(parent, member).where(parent.in_(inside))
            for record, staff in tuples(credited):
                acted.setdefault(record, []).append(staff)
        _credit(scan, acted)


def columns_of(register: Register, scan: Scan) -> dict[Any, Any]:
    """Return the SQL expressions to be read, by what they are."""
    model = register.model
    child = child_column(register)
    named: dict[Any, Any] = {
        "record": model.id,
        "child": Value(None) if child is None else child,
        "happened": happened_text(register),
        "entered": known_text(register),
    }
    if any(one.by_staff for one in scan.asked):
        named |= {("staff", i): column for i, column in enumerate(staff_columns(register))}
    together = _one_filter(scan)
    for one in scan.asked:
        if one.link:
            named["link", one.link] = linked(register, one.link)
        if one.amount:
            named["amount", one.amount] = getattr(model, one.amount)
        if one.which not in named:
            named[one.which] = _met(register, one, together)
    return named


def _one_filter(scan: Scan) -> bool:
    """Whether all questions choose the same records, so that the query itself can."""
    return len({one.which[0] for one in scan.asked}) == 1


def _query(register: Register, scan: Scan) -> Any:
    if _one_filter(scan):
        return chosen(every_row(register), register, scan.first.source, scan.window)
    return within(every_row(register), register, scan.window)


def _met(register: Register, asked: Asked, filtered: bool) -> Any:
    """The SQL number of what a record is to a question: 0 not asked for, 1 incomplete, 2 whole."""
    on = asked.window.last
    whole: Any = 2
    if asked.needs or asked.fields:
        met = completeness.complete(register, asked.needs, asked.fields, on)
        whole = Case(None, ((met, 2),), 1)
    if filtered or not asked.source.where:
        return whole if isinstance(whole, Case) else Value(whole)
    return Case(None, ((condition(register, asked.source.where, on), whole),), 0)


def _present(register: Register, query: Any) -> dict[int, list[int]]:
    """Give the line of each child the colleagues on the other lines of the same record."""
    parent, member = getattr(register.model, register.parent), register.model.staff
    others = every_row(register).where(member.is_null(False), listed(parent, query.select(parent)))
    beside: dict[int, list[int]] = {}
    for record, staff in tuples(others.select(parent, member)):
        beside.setdefault(record, []).append(staff)
    belongs = tuples(query.select(register.model.id, parent))
    return {line: beside.get(record, []) for line, record in belongs}


def _credit(scan: Scan, acted: dict[int, list[int]]) -> None:
    """Repeat each record once for each of those who acted; whoever asks for nobody reads it once.

    The repeated columns stand beside the plain ones, under the name with `by` before it.
    """
    assert scan.columns is not None
    places, staff = [], []
    for place, record in enumerate(scan.columns["record"]):
        for one in {*acted.get(record, ())} - {None}:
            places.append(place)
            staff.append(one)
    for name, column in list(scan.columns.items()):
        scan.columns["by", name] = [column[place] for place in places]
    scan.columns["by"] = staff
    scan.repeats = True


def _answer(scan: Scan, asked: Asked, placement: Placement) -> Facts:
    """Pick out of a reading what one question asked for."""
    assert scan.columns is not None
    by_staff = asked.by_staff or asked.source.present
    read, repeats = scan.columns, scan.repeats and by_staff

    def column(name: Any) -> Column:
        return read["by", name] if repeats else read[name]

    met = column(asked.which)
    all_of_them = 0 not in met
    complete = [one == 2 for one in met if one]

    def picked(name: Any, otherwise: Any) -> Column:
        if name is None:
            return [otherwise] * len(complete)
        found = read["by"] if name == "by" else column(name)
        return found if all_of_them else list(compress(found, met))

    return Facts(
        record=picked("record", None),
        child=picked("child", None),
        link=picked(("link", asked.link) if asked.link else None, None),
        happened=picked("happened", None),
        entered=picked("entered", None),
        complete=complete,
        amount=picked(("amount", asked.amount) if asked.amount else None, 1),
        staff=picked("by" if by_staff else None, None),
        repeats=repeats,
        placement=placement,
    )
