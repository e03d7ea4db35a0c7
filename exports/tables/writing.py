"""A register's records as a workbook: what the reader may see, in columns an import understands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from peewee import BooleanField, DateField, DateTimeField, IntegerField

from exports.tables.book import footer, open_book, put
from models.core.actor import Actor
from models.core.converters import converter_of
from models.core.display import Page, page
from models.core.errors import Invalid
from models.core.fields import DurationField, MoneyField, ScaledField
from models.core.gates import rows
from models.core.register import Derived, Register, line_registers, register_of
from models.intake.columns import LATE_REASON, NUMBER, SERIAL, Numbers, TableColumn, columns_for
from models.intake.links import link_texts

# Excel's own limit is 31 characters, and these may not stand in a sheet's name.
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))


# A sheet holds about a million rows and drops the rest without a word; no reader wants that many.
MOST_ROWS = 200_000


def sheet_name(title: str) -> str:
    """Return a register's title as the name of a sheet."""
    return title.translate(_FORBIDDEN)[:31]


@dataclass
class _Lines:
    """The lines met while the main sheet is written; their sheet comes after it."""

    register: Register
    records: list[tuple[int, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class _Shapes:
    head: Any
    required: Any
    text: Any
    day: Any
    moment: Any

    def of(self, spec: Any) -> Any:
        """Return the format of a field's cells."""
        if spec is not None and isinstance(spec.field, DateTimeField):
            return self.moment
        if spec is not None and isinstance(spec.field, DateField):
            return self.day
        return self.text


def shapes(book: Any) -> _Shapes:
    """Return the formats a workbook of records uses."""
    head = {"bold": True, "bg_color": "#E3EEEC", "border": 1, "border_color": "#B9C9C6"}
    return _Shapes(
        head=book.add_format({**head, "text_wrap": True, "valign": "vcenter"}),
        required=book.add_format(
            {**head, "text_wrap": True, "valign": "vcenter", "font_color": "#8A2C1C"}
        ),
        text=book.add_format({"num_format": "@", "valign": "top"}),
        day=book.add_format({"num_format": "yyyy-mm-dd", "valign": "top"}),
        moment=book.add_format({"num_format": "yyyy-mm-dd hh:mm", "valign": "top"}),
    )


def write_table(
    target: Any,
    actor: Actor,
    register: Register,
    chunks: Iterable[Sequence[Any]],
    made_at: datetime,
) -> int:
    """Write the records of `chunks` to an .xlsx at `target` and return how many there were.

    Only one chunk is in memory at a time.
    """
    with open_book(target, register.title, actor.name, made_at, flat=True) as book:
        return write_sheets(book, actor, register, chunks, made_at)


def write_sheets(
    book: Any,
    actor: Actor,
    register: Register,
    chunks: Iterable[Sequence[Any]],
    made_at: datetime,
) -> int:
    """Write the records of `chunks` to sheets of an open workbook and return how many there were.

    Fields and masks are those of the actor's surface "export"; lines follow on sheets of their
    own, tied by serial number.
    """
    count, shaped = 0, shapes(book)
    columns = columns_for(actor, register, "export")
    sheet = _open_sheet(book, actor, register, columns, shaped, made_at)
    lines = [_Lines(other) for other in line_registers(register)]
    numbers = Numbers()
    for records in chunks:
        shown = page(actor, register, records, "export")
        writer = _Writer(shown, columns, numbers)
        if count + len(records) > MOST_ROWS:
            raise Invalid({"": f"超过 {MOST_ROWS} 条，一张表放不下，请先筛选再导出"})
        for record in records:
            count += 1
            writer.write(sheet, count, record, count, shaped)
        _gather(actor, lines, records, count - len(records))
    _finish(sheet, columns, count)
    for gathered in lines:
        _write_lines(book, actor, gathered, shaped, numbers, made_at)
    return count


def _open_sheet(
    book: Any,
    actor: Actor,
    register: Register,
    columns: list[TableColumn],
    shaped: _Shapes,
    made_at: datetime,
) -> Any:
    sheet = book.add_worksheet(sheet_name(register.title))
    derived = list(register.derived)
    for index, column in enumerate(columns):
        needed = column.spec is not None and column.spec.required
        sheet.set_column(index, index, width_of(column), shaped.of(column.spec))
        put(sheet, 0, index, column.heading, shaped.required if needed else shaped.head)
    for offset, extra in enumerate(derived):
        put(sheet, 0, len(columns) + offset, extra.label, shaped.head)
    sheet.freeze_panes(1, 2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.repeat_rows(0)
    footer(sheet, actor.name, made_at)
    return sheet


def _finish(sheet: Any, columns: list[TableColumn], count: int) -> None:
    if count:
        sheet.autofilter(0, 0, count, len(columns) - 1)


def width_of(column: TableColumn) -> float:
    """Return a column's width in characters; a Chinese character takes two."""
    if column.spec is None:
        return {SERIAL: 8, NUMBER: 16}.get(column.name, 18)
    wanted = column.spec.width or converter_of(column.spec.field).width
    return float(max(wanted, 2 * len(column.heading) + 3))


class _Writer:
    """Writes the records of one page; the names of what they link to are asked once."""

    def __init__(self, shown: Page, columns: list[TableColumn], numbers: Numbers) -> None:
        self._shown = shown
        self._columns = columns
        self._numbers = numbers
        self._links: dict[str, dict[int, str]] = {}
        for column in columns:
            spec = column.spec
            if spec is not None and spec.target is not None:
                ids = {record.__data__.get(spec.name) for record in shown.records} - {None}
                self._links[spec.name] = link_texts(register_of(spec.target), ids)

    def write(self, sheet: Any, place: int, record: Any, serial: int, shaped: _Shapes) -> None:
        for index, column in enumerate(self._columns):
            value = self._value(record, column, serial)
            if value not in (None, ""):
                put(sheet, place, index, value, shaped.of(column.spec))
        derived: Sequence[Derived] = self._shown.register.derived
        for offset, extra in enumerate(derived):
            text = self._shown.text(record, extra.name)
            put(sheet, place, len(self._columns) + offset, text, shaped.text)

    def _value(self, record: Any, column: TableColumn, serial: int) -> Any:
        """Return a cell as what it is: dates and numbers stay so, all else is text."""
        if column.name == SERIAL:
            return serial
        if column.name == NUMBER:
            return self._numbers.write(self._shown.register, record)
        if column.name == LATE_REASON:
            return record.late_reason
        spec = column.spec
        assert spec is not None
        stored = record.__data__.get(spec.name)
        if spec.name in self._links:
            return self._links[spec.name].get(stored, "") if stored is not None else ""
        found = self._shown.surface.get(spec.name)
        if stored is None or found is None or found.masked:
            return self._shown.text(record, spec.name)
        return _typed(spec.field, stored, self._shown.text(record, spec.name))


def _typed(declared: Any, stored: Any, text: str) -> Any:
    if isinstance(declared, (DateField, DateTimeField)):
        return stored
    if isinstance(declared, (MoneyField, ScaledField)):
        return float(text)
    if isinstance(declared, IntegerField) and not isinstance(
        declared, (BooleanField, DurationField)
    ):
        return int(stored)
    return text


def _gather(actor: Actor, lines: list[_Lines], records: Sequence[Any], before: int) -> None:
    """Note the lines of these records with the serial numbers their records were given."""
    serials = {record.id: before + place for place, record in enumerate(records, start=1)}
    for gathered in lines:
        register = gathered.register
        column = getattr(register.model, register.parent)
        query = rows(actor, register).where(column.in_(list(serials)))
        for line in query.order_by(column, register.model.id):
            gathered.records.append((serials[line.__data__[register.parent]], line))


def _write_lines(
    book: Any,
    actor: Actor,
    gathered: _Lines,
    shaped: _Shapes,
    numbers: Numbers,
    made_at: datetime,
) -> None:
    register = gathered.register
    columns = [c for c in columns_for(actor, register, "export") if c.name != register.parent]
    sheet = _open_sheet(book, actor, register, columns, shaped, made_at)
    for start in range(0, len(gathered.records), 500):
        part = gathered.records[start : start + 500]
        shown = page(actor, register, [line for _serial, line in part], "export")
        writer = _Writer(shown, columns, numbers)
        for place, (serial, line) in enumerate(part, start=start + 1):
            writer.write(sheet, place, line, serial, shaped)
    _finish(sheet, columns, len(gathered.records))
