"""The records that duties count, read in columns: one query per register for all of them at once.

Duties ask; what can be asked of a register in one go is read in one go. A fact is one record, seen
from whoever acted: a visit of two teachers is two facts with one record number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import compress, count, repeat
from typing import Any, NamedTuple

from peewee import SQL, Case, NodeList, Value

from compliance.judged.moves import Moves
from compliance.judged.placement import Placement
from compliance.judged.sources import (
    Window,
    amount_column,
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
# A column that says the same of every record, under the name of what it says.
SAME = "same"
# So many yes-or-no answers fit into a number of every database.
BITS = 31


class Coded(NamedTuple):
    """Columns side by side: the different values, and where among them each row finds its own.

    Whoever looks something up for a hundred thousand rows looks it up once per value.
    """

    values: list[Any]
    places: list[int]


class Columns:
    """Columns of equal length that were read together; codings are shared by all who ask."""

    def __init__(self, read: Mapping[Any, Column], placement: Placement | None = None) -> None:
        self._read = dict(read)
        self._placement = placement
        self._coded: dict[tuple[Any, ...], Coded] = {}

    def __getitem__(self, name: Any) -> Column:
        """Return a column by what it is; `steady` and what is the same for all are made."""
        if name not in self._read:
            self._read[name] = self._made(name)
        column: Column = self._read[name]
        return column

    def __contains__(self, name: Any) -> bool:
        return name in self._read

    def put(self, name: Any, column: Column) -> None:
        """Add a column, or put it in place of the one of that name, before anything is coded."""
        self._read[name] = column

    def repeated(self, places: Sequence[int], staff: Column) -> Columns:
        """Return the columns with each row once for each colleague, whom the last one names."""
        read = {name: [column[at] for at in places] for name, column in self._read.items()}
        return Columns({**read, "by": staff}, self._placement)

    def coded(self, *names: Any) -> Coded:
        """Return some columns side by side, coded."""
        if names not in self._coded:
            numbers: defaultdict[Any, int] = defaultdict(count().__next__)
            rows = zip(*(self[name] for name in names), strict=True)
            places = list(map(numbers.__getitem__, rows if names else self._nothing()))
            self._coded[names] = Coded(list(numbers), places)
        return self._coded[names]

    def _nothing(self) -> Iterable[tuple[()]]:
        return repeat((), len(self["record"]))

    def _made(self, name: Any) -> Column:
        if name == "steady":
            return self._steady()
        kind, value = name
        assert kind == SAME
        return [value] * len(self["record"])

    def _steady(self) -> Column:
        """A day for each record's own on which everybody was in the same class, under the same."""
        assert self._placement is not None
        happened = self["happened"]
        known = {said: self._placement.steady(day_of(said)) for said in set(happened)}
        return [known[said] for said in happened]


class Facts:
    """What was asked for among the columns of a reading.

    `named` says which column is the `link` (the record one names as the duty's subject), the
    `amount` and the `staff` of this question; days are text, as the database gives them. `met`
    tells per row of the reading 0 not asked for, 1 incomplete, 2 complete; None is all complete.
    `repeats` says that a record may stand there several times, once for each who acted.
    """

    def __init__(
        self,
        columns: Columns,
        named: Mapping[str, Any],
        met: Sequence[int] | None = None,
        *,
        repeats: bool = False,
    ) -> None:
        self.repeats = repeats
        self._columns = columns
        self._named = named
        self._met = met
        self._chosen = met is not None and 0 in met
        self._coded: dict[tuple[str, ...], Coded] = {}
        # What was counted once for one duty, for others that count the same (`counting`).
        self.counted: dict[Any, Any] = {}

    @cached_property
    def complete(self) -> Sequence[bool] | None:
        """Whether each record has all that was asked for; None where all have."""
        if self._met is None or 1 not in self._met:
            return None
        return [one == 2 for one in self._met if one]

    def column(self, name: str) -> Column:
        """Return one column of the records asked for."""
        column: Column = self._picked(self._columns[self._named.get(name, name)])
        return column

    def coded(self, *names: str) -> Coded:
        """Return some columns side by side, coded; a value may be none of these records'."""
        if names not in self._coded:
            coded = self._columns.coded(*(self._named.get(name, name) for name in names))
            self._coded[names] = coded._replace(places=self._picked(coded.places))
        return self._coded[names]

    def _picked(self, column: Any) -> Any:
        return list(compress(column, self._met or ())) if self._chosen else column


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
    def chooses(self) -> str:
        """Which records are asked for, as something to look up by."""
        return repr(sorted(self.source.where.items()))

    @property
    def demands(self) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """What such a record must hold, as something to look up by; None is nothing."""
        return (self.needs, self.fields) if self.needs or self.fields else None

    @property
    def key(self) -> tuple[Any, ...]:
        """The whole question as something to look up by."""
        return (self.chooses, *self[1:])

    @property
    def scan(self) -> tuple[Any, ...]:
        """What one reading of the register can answer together.

        Records of all time and those that hold on a day are read apart, so are sources with a date
        or a way of their own.
        """
        source, window = self.source, self.window
        own = (source.date, source.present)
        apart = self[1:] if any(own) else (window.state, window.first == date.min)
        return source.register, window.last, *own, self.chooses if any(own) else "", *apart


@dataclass
class Scan:
    """One reading of a register, and every question it answers."""

    first: Asked
    begins: date
    # By their keys, in the order they came.
    asked: dict[Any, Asked] = field(default_factory=dict)
    columns: Columns | None = None
    # The same, once for each of those who acted; None where the plain ones say it.
    credited: Columns | None = None
    bits: dict[Any, int] = field(default_factory=dict)
    answered: dict[Any, Facts] = field(default_factory=dict)

    def add(self, asked: Asked) -> None:
        """Have one more question answered."""
        self.asked[asked.key] = asked
        self.begins = min(self.begins, asked.window.first)

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
            if any(asked.key in scan.asked for scan in scans):
                continue
            if not scans or scans[-1].columns is not None:
                scans.append(Scan(asked, asked.window.first))
            scans[-1].add(asked)

    def of(self, asked: Asked) -> Facts:
        """Return the facts of one source, in no particular order."""
        self.expect([asked])
        key = asked.key
        scan = next(scan for scan in self._scans[asked.scan] if key in scan.asked)
        if scan.columns is None:
            self._read(scan)
        if key not in scan.answered:
            scan.answered[key] = _answer(scan, asked)
        return scan.answered[key]

    def _read(self, scan: Scan) -> None:
        asked = scan.first
        register = source_register(asked.source)
        columns = columns_of(register, scan)
        query = self._narrowed(register, _query(register, scan))
        rows = tuples(query.select(*columns.values()))
        read: Iterable[Column] = zip(*rows, strict=True) if rows else repeat(())
        scan.columns = Columns(dict(zip(columns, read, strict=bool(rows))), self.placement)
        happened = scan.columns["record"], scan.columns["entered"]
        moved = self._moves.entered(register, *happened)
        if moved is not None:
            scan.columns.put("entered", moved)
        if asked.source.present:
            _credit(scan, _present(register, query))
        elif any(one.by_staff for one in scan.asked.values()):
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
            scan.columns.put("by", direct[0])
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
    if any(one.by_staff for one in scan.asked.values()):
        named |= {("staff", i): column for i, column in enumerate(staff_columns(register))}
    for one in scan.asked.values():
        if one.link:
            named["link", one.link] = linked(register, one.link)
        if one.amount:
            named["amount", one.amount] = amount_column(register, one.amount)
    return named | _codes(register, scan)


def _one_filter(scan: Scan) -> bool:
    """Whether all questions choose the same records, so that the query itself can."""
    return len({one.chooses for one in scan.asked.values()}) == 1


def _query(register: Register, scan: Scan) -> Any:
    if _one_filter(scan):
        return chosen(every_row(register), register, scan.first.source, scan.window)
    return within(every_row(register), register, scan.window)


def _codes(register: Register, scan: Scan) -> dict[Any, Any]:
    """The SQL numbers that say of a record which filters it passes and which needs it meets.

    Each is asked once, however many questions share it, and is one bit; `scan.bits` tells which.
    """
    together = _one_filter(scan)
    asked: dict[Any, Any] = {}
    for one in scan.asked.values():
        on = one.window.last
        if one.source.where and not together and one.chooses not in asked:
            asked[one.chooses] = condition(register, one.source.where, on)
        if one.demands and one.demands not in asked:
            asked[one.demands] = completeness.complete(register, one.needs, one.fields, on)
    scan.bits = {name: bit for bit, name in enumerate(asked)}
    cases = [
        Case(None, ((said, SQL(str(1 << bit % BITS))),), SQL("0"))
        for bit, said in enumerate(asked.values())
    ]
    parts = [cases[start : start + BITS] for start in range(0, len(cases), BITS)]
    return {("code", i): NodeList(part, glue=" + ") for i, part in enumerate(parts)}


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
    """Repeat each record once for each who acted; whoever asks for nobody reads it once."""
    assert scan.columns is not None
    places, staff = [], []
    for place, record in enumerate(scan.columns["record"]):
        for one in {*acted.get(record, ())} - {None}:
            places.append(place)
            staff.append(one)
    scan.credited = scan.columns.repeated(places, staff)


def _answer(scan: Scan, asked: Asked) -> Facts:
    """Pick out of a reading what one question asked for."""
    by_staff = asked.by_staff or asked.source.present
    repeats = scan.credited is not None and by_staff
    columns = scan.credited if repeats else scan.columns
    assert columns is not None
    named = {
        "link": ("link", asked.link) if asked.link else (SAME, None),
        "amount": ("amount", asked.amount) if asked.amount else (SAME, 1),
        "staff": "by" if by_staff else (SAME, None),
    }
    return Facts(columns, named, _met(scan, asked, columns), repeats=repeats)


def _met(scan: Scan, asked: Asked, columns: Columns) -> Sequence[int] | None:
    """What each record is to a question: 0 not asked for, 1 incomplete, 2 complete."""
    chooses, demands = (scan.bits.get(one) for one in (asked.chooses, asked.demands))
    if chooses is None and demands is None:
        return None
    names = [("code", part) for part in range(-(-len(scan.bits) // BITS))]
    coded = columns.coded(*names)

    def said(codes: tuple[int, ...], bit: int | None) -> bool:
        return bit is None or bool(codes[bit // BITS] >> bit % BITS & 1)

    met = [said(value, chooses) * (1 + said(value, demands)) for value in coded.values]
    return None if set(met) <= {2} else list(map(met.__getitem__, coded.places))
