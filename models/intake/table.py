"""A workbook of one register read into rows: headings recognised, lines tied to their record."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from models.core.errors import BadFile
from models.core.register import Register, line_registers
from models.core.values import Raw, is_blank, plain, split_words
from models.intake import HeaderMap, Sheet, SheetRow, data_rows, read_workbook
from models.intake.columns import LATE_REASON, NUMBER, SERIAL, headings, people_headings
from models.intake.headers import SAMPLE_MARK, find_headers, normal_heading, side_by_side

Corrections = Mapping[str, Mapping[int, str | None]]
# A pupil's name, with the class behind it in brackets or not; anything else is no list of names.
_NAME = re.compile(r"(?!.*[班级]$)[㐀-鿿·]{2,12}([（(].{1,14}[)）])?")
# A row that is no record however complete it looks: it says the headings or what to fill in.
_OF_THE_SHEET = ("重复的表头", "填写要求")
_NUMBERED = re.compile(r"\d+-")
# Rows of blocks side by side stand in one row of the sheet; no cell names so many pupils.
_BESIDE = 1000
# Headings a person need not be told about: the file's own result of an earlier import.
_OWN_HEADINGS = ("未导入原因",)


@dataclass(eq=False)
class TableRow:
    """One row: where it stands, its cells by field, and the rows of lines that belong to it.

    A row whose cell named several pupils is one for each of them: `place` is which of them, and of
    the blocks side by side, `act` what they have in common.
    """

    sheet: str
    number: int
    cells: dict[str, Raw]
    lines: dict[str, list[TableRow]] = field(default_factory=dict)
    place: int = 0
    act: str | None = None

    @property
    def record_number(self) -> str:
        """What the column 记录编号 says, "" for nothing."""
        return plain(self.cells.get(NUMBER))


@dataclass
class Table:
    """The whole file: sheets as they came, headings found, rows, and what was left out."""

    register: Register
    sheets: Sequence[Sheet]
    headers: list[HeaderMap] = field(default_factory=list)
    rows: list[TableRow] = field(default_factory=list)
    skipped: list[tuple[str, int, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    stray: list[TableRow] = field(default_factory=list)

    @property
    def has_numbers(self) -> bool:
        """Whether the file is an export of this or another school, edited."""
        return any(row.record_number for row in self.rows)

    @property
    def columns(self) -> set[str]:
        """The fields that have a column on any sheet."""
        return {name for header in self.headers for name in header.index}


def read_table(
    data: bytes,
    register: Register,
    corrections: Corrections | None = None,
    *,
    among: bool = False,
) -> Table:
    """Return the rows of a register's workbook; `corrections` are the clerk's own mapping.

    `among` reads the register's own sheets alone, out of a workbook of several registers.

    Sheets named like a register of lines hold lines; every other sheet with headings holds
    records. Raises BadFile when no sheet has headings, or has them and no row below; an empty
    register's own export is no error.
    """
    book = read_workbook(data)
    lines = {other.title: other for other in line_registers(register)}
    own = {register.title, *lines}
    sheets = [sheet for sheet in book if sheet.name in own] if among else book
    table = Table(register, sheets, warnings=book.told)
    main = [sheet for sheet in table.sheets if sheet.name not in lines]
    for sheet in main:
        found = _read_sheet(table, sheet, register, (corrections or {}).get(sheet.name, {}))
        table.rows += found or []
    if not table.headers:
        labels = "、".join(spec.label for spec in list(register.fields.values())[:6])
        raise BadFile(f"没有找到“{register.title}”的表头，表头一行要有这样的列名：{labels}")
    if not table.rows and NUMBER in table.columns:
        table.warnings.append("这是从本系统导出的空表，没有记录要导入")
    elif not table.rows:
        raise BadFile("找到了表头，但下面没有记录，请确认选对了文件")
    for sheet in table.sheets:
        if sheet.name in lines:
            _tie_lines(table, sheet, lines[sheet.name])
    _note_unknown(table, main)
    return table


def _read_sheet(
    table: Table, sheet: Sheet, register: Register, corrections: Mapping[int, str | None]
) -> list[TableRow] | None:
    people = people_columns(register)
    known = headings(register)
    taken = {word for words in known.values() for word in words}
    synonyms = known | {
        field: [word for word in words if word not in taken]
        for field, (words, _lines) in people.items()
    }
    needed = [s.name for s in register.fields.values() if s.required and s.name != register.parent]
    read: list[TableRow] = []
    found = False
    for number, block in enumerate(side_by_side(sheet, synonyms, needed)):
        headers = find_headers(block, synonyms, at_least=min(2, len(register.fields)))
        headers = [header.corrected(corrections) for header in headers]
        for header, following in zip_longest(headers, headers[1:]):
            found = True
            table.headers.append(header)
            until = following.first_row if following else None
            read += [
                replace(row, place=number * _BESIDE)
                for row in _read_block(table, block, header, needed, until)
            ]
    read.sort(key=lambda row: (row.number, row.place))
    for record in read:
        for column, (_words, slug) in people.items():
            names = split_words(record.cells.pop(column, None))
            if names:
                name = column.partition(".")[2]
                lines = [TableRow(record.sheet, record.number, {name: text}) for text in names]
                record.lines[slug] = lines
    return (
        [table_row for record in read for table_row in _each_pupil(register, record)]
        if found
        else None
    )


def _read_block(
    table: Table, sheet: Sheet, header: HeaderMap, needed: list[str], until: int | None
) -> list[TableRow]:
    """Return the records below one heading, as far as the next one."""
    places = header.index
    found = data_rows(sheet, header, keys=tuple(places), serial=SERIAL, until=until)
    kept = list(found.rows)
    by_number = {row.number: row for row in sheet.rows}
    for number, why in found.skipped:
        row = by_number[number]
        if _is_record(row, places, () if why in _OF_THE_SHEET else needed):
            kept.append(row)
        else:
            table.skipped.append((sheet.name, number, why))
    return [
        TableRow(sheet.name, row.number, {name: row[index] for name, index in places.items()})
        for row in kept
    ]


def _each_pupil(register: Register, record: TableRow) -> list[TableRow]:
    """Part a row whose cell names several pupils, where one act may be several pupils' (siblings).

    Each pupil has a record of the act, as from the form; a numbered row is a record already. Where
    nobody acted (an amount, a measurement) it is not said whose the number is, and it is asked.
    """
    if not register.many or not register.act_by or record.record_number:
        return [record]
    if any(f"{register.many}:{kind}" in record.cells for kind in ("born", "number")):
        return [record]
    names = split_words(record.cells.get(register.many))
    if len(names) < 2 or not all(_NAME.fullmatch(name) for name in names):
        return [record]
    act = uuid.uuid4().hex
    return [
        replace(
            record,
            cells={**record.cells, register.many: name},
            place=record.place + place,
            act=act,
        )
        for place, name in enumerate(names)
    ]


def people_columns(register: Register) -> dict[str, tuple[tuple[str, ...], str]]:
    """Return {column: (headings, register)} of lines that a sheet may hold as names in one cell.

    So 家访教师 in the visits' own sheet, 、 between the names, needs no second sheet.
    """
    labels = {spec.label for spec in register.fields.values()}
    labels |= {extra.label for extra in register.derived}
    found = {}
    for lines in line_registers(register):
        needed = [spec for spec in lines.fields.values() if spec.name != lines.parent]
        if len(needed) == 1 and needed[0].target is not None and needed[0].label not in labels:
            words = [word for word in people_headings(lines, needed[0]) if word not in labels]
            found[f"{lines.slug}.{needed[0].name}"] = (tuple(words), lines.slug)
    return found


def _is_record(row: SheetRow, places: Mapping[str, int], needed: Sequence[str]) -> bool:
    """Return whether a row taken for a sample or a foot line is a record: numbered or complete.

    A text may well begin with 说明 or speak of a 示例; only a first cell that says nothing else
    marks the sample.
    """
    if NUMBER in places and _NUMBERED.match(plain(row[places[NUMBER]])):
        return True
    if not row.filled or SAMPLE_MARK.fullmatch(plain(row[row.filled[0]])):
        return False
    return bool(needed) and all(
        name in places and not is_blank(row[places[name]]) for name in needed
    )


def _tie_lines(table: Table, sheet: Sheet, register: Register) -> None:
    owners = {plain(row.cells.get(SERIAL)): row for row in table.rows}
    owners.pop("", None)
    for line in _read_sheet(table, sheet, register, {}) or []:
        owner = owners.get(plain(line.cells.get(SERIAL)))
        if owner is None:
            table.stray.append(line)
        else:
            owner.lines.setdefault(register.slug, []).append(line)


def _note_unknown(table: Table, main: list[Sheet]) -> None:
    # An export shows what is worked out, too; nobody can fill that in.
    derived = {normal_heading(extra.label) for extra in table.register.derived}
    unknown = [
        heading
        for header in table.headers
        for heading in header.unknown
        if heading not in _OWN_HEADINGS and heading not in derived
    ]
    if unknown:
        names = "、".join(dict.fromkeys(unknown))
        table.warnings.append(f"这些列没有认出，未导入：{names}")
    read = {header.sheet for header in table.headers}
    others = [sheet.name for sheet in main if sheet.name not in read]
    if others:
        table.warnings.append(f"这些工作表没有表头，没有读取：{'、'.join(others)}")
    if LATE_REASON not in table.columns and table.register.happened and table.register.locks:
        table.warnings.append("没有“补录原因”一列，一周以前的事按“由表格导入”补录")
