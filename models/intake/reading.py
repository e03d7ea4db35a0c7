"""Open an .xlsx or .xls workbook safely and give its sheets with their own row numbers."""

from __future__ import annotations

import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from models.core.errors import BadFile
from models.core.values import Raw, is_blank

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DAMAGED = "这个表格文件不完整或已损坏，请用 WPS 或 Excel 打开后另存为 .xlsx 再上传"
_BOMB = "这个表格解压后过大，为安全起见没有打开，请只保留需要的工作表后另存再上传"
_CHUNK = 1 << 20
# A cell that holds something; an empty one, however it is written, carries only a style.
_CELL = re.compile(
    rb'<(?:\w+:)?c\s(?:[^>]*?\s)?r="([A-Z]{1,3})(\d{1,7})"[^>]*(?<!/)>(?!</)(?=.{4})', re.DOTALL
)
_HIDDEN = re.compile(rb'<(?:\w+:)?row\s(?=[^>]*\shidden="(?:1|true)")[^>]*?\br="(\d{1,7})"')
_ERROR = re.compile(
    rb'<(?:\w+:)?c\s(?=[^>]*\st="e")[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*>'
    rb"(?:(?!</(?:\w+:)?c>).)*?<(?:\w+:)?v>(#[^<]{1,12})</",
    re.DOTALL,
)
_SHEET = re.compile(r"<(?:\w+:)?sheet\s[^>]*>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\s[^>]*>")
# The record that begins an old workbook, and the kind of the one that says it is encrypted.
_BEGIN, _FILEPASS = b"\x09\x08\x10\x00\x00\x06\x05\x00", 0x2F
_LOCKED = "这个表格设了打开密码，请取消密码后另存再上传"


@dataclass(frozen=True)
class Caps:
    """The largest workbook taken: bytes of the file, bytes unpacked, rows and columns a sheet."""

    file_bytes: int = 20 << 20
    unpacked_bytes: int = 200 << 20
    rows: int = 20_000
    columns: int = 300
    sheets: int = 60


@dataclass(frozen=True)
class SheetRow:
    """One row: `number` as the spreadsheet program shows it, from 1; blank cells are None."""

    number: int
    cells: tuple[Raw, ...]

    def __getitem__(self, index: int) -> Raw:
        return self.cells[index] if index < len(self.cells) else None

    @property
    def filled(self) -> list[int]:
        """Return the indexes of the cells that hold something."""
        return [index for index, cell in enumerate(self.cells) if not is_blank(cell)]


@dataclass(frozen=True)
class Sheet:
    """One worksheet; `rows` holds every row from 1 on, blank ones included.

    `merged` are ((first row, first column), (last row, last column)), rows from 1, columns
    from 0. `hidden_rows` are read like the others, but nobody who looks at the sheet sees them.
    """

    name: str
    rows: tuple[SheetRow, ...]
    merged: tuple[tuple[tuple[int, int], tuple[int, int]], ...] = field(default=())
    hidden_rows: tuple[int, ...] = ()


@dataclass(frozen=True)
class Workbook(Sequence[Sheet]):
    """The visible, non-empty worksheets in their order, and the names of the hidden ones."""

    sheets: tuple[Sheet, ...]
    hidden: tuple[str, ...] = ()

    def __getitem__(self, index: Any) -> Any:
        return self.sheets[index]

    def __len__(self) -> int:
        return len(self.sheets)

    @property
    def told(self) -> list[str]:
        """What is hidden in the file, as sentences for the clerk."""
        messages = []
        if self.hidden:
            names = "、".join(self.hidden)
            messages.append(f"这些工作表是隐藏的，没有读取：{names}；要导入请先取消隐藏")
        for sheet in self.sheets:
            filled = [n for n in sheet.hidden_rows if n <= len(sheet.rows)]
            filled = [n for n in filled if sheet.rows[n - 1].filled]
            if filled:
                first = "、".join(map(str, filled[:8]))
                more = "等" if len(filled) > 8 else ""
                messages.append(
                    f"“{sheet.name}”有 {len(filled)} 行是隐藏或筛掉的（第 {first} {more}行），"
                    "也按显示的行读取，请核对"
                )
        return messages


@dataclass
class _Marks:
    """What the reader of cells does not tell, by the part of the package a sheet is in."""

    hidden: dict[str, list[int]] = field(default_factory=dict)
    errors: dict[str, dict[tuple[int, int], str]] = field(default_factory=dict)
    parts: dict[str, str] = field(default_factory=dict)


def read_workbook(data: bytes, caps: Caps | None = None) -> Workbook:
    """Return the worksheets of a workbook; the type is told by its content.

    A cell with an error of a formula holds its text, such as #REF!.

    Raises BadFile with a Chinese sentence when the file is no workbook, locked with a password,
    damaged, or beyond `caps`.
    """
    caps = caps or Caps()
    if len(data) > caps.file_bytes:
        raise BadFile(f"表格文件超过 {caps.file_bytes >> 20} MB，请拆成几个文件后分别上传")
    marks = _Marks()
    if data.startswith(_ZIP):
        _check_package(data, caps, marks)
    elif data.startswith(_OLE):
        _check_compound(data)
    else:
        raise BadFile(_what_it_is(data))
    try:
        book = _read(data, caps, marks)
    except (CalamineError, OSError, ValueError, IndexError, KeyError) as error:
        raise BadFile(_DAMAGED) from error
    except BaseException as error:
        # A panic inside the reader reaches Python as a direct child of BaseException.
        if type(error).__name__ == "PanicException":
            raise BadFile(_DAMAGED) from error
        raise
    if not book.sheets:
        hidden = f"（“{'”“'.join(book.hidden)}”是隐藏的）" if book.hidden else ""
        raise BadFile(f"这个表格里没有内容{hidden}，请确认选对了文件")
    return book


def _read(data: bytes, caps: Caps, marks: _Marks) -> Workbook:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    hidden = tuple(
        meta.name
        for meta in book.sheets_metadata
        if meta.visible != SheetVisibleEnum.Visible
        and meta.typ == SheetTypeEnum.WorkSheet
        and book.get_sheet_by_name(meta.name).end is not None
    )
    return Workbook(tuple(_sheets(book, caps, marks)), hidden)


def _sheets(book: CalamineWorkbook, caps: Caps, marks: _Marks) -> Iterator[Sheet]:
    visible = [
        meta.name
        for meta in book.sheets_metadata
        if meta.visible == SheetVisibleEnum.Visible and meta.typ == SheetTypeEnum.WorkSheet
    ]
    if len(visible) > caps.sheets:
        raise BadFile(f"工作表超过 {caps.sheets} 张，请拆成几个文件后分别上传")
    for name in visible:
        source = book.get_sheet_by_name(name)
        if source.end is None:
            continue
        _check_extent(name, source.end[0] + 1, source.end[1] + 1, caps)
        part = marks.parts.get(name, "")
        errors = marks.errors.get(part, {})
        rows = tuple(
            SheetRow(
                number,
                tuple(
                    (errors.get((number, place)) if cell == "" else cell)
                    for place, cell in enumerate(cells)
                ),
            )
            for number, cells in enumerate(source.to_python(skip_empty_area=False), start=1)
        )
        merged = source.merged_cell_ranges or []
        areas = tuple(((a + 1, b), (c + 1, d)) for (a, b), (c, d) in merged)
        yield Sheet(name, rows, areas, tuple(marks.hidden.get(part, ())))


def _check_extent(name: str, rows: int, columns: int, caps: Caps) -> None:
    if rows > caps.rows:
        raise BadFile(f"工作表“{name}”有 {rows} 行，最多 {caps.rows} 行，请删去空行或拆开后再上传")
    if columns > caps.columns:
        raise BadFile(f"工作表“{name}”有 {columns} 列，最多 {caps.columns} 列，请删去多余的列")


def _check_package(data: bytes, caps: Caps, marks: _Marks) -> None:
    """Unpack every part once, counting: it proves the file whole and stops a bomb early.

    The reader allots a full grid up to the farthest cell, so one stray cell at XFD1048576 would
    take all memory; the farthest cell is therefore looked for here.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            names = package.namelist()
            if "xl/workbook.xml" not in names:
                raise BadFile("这不是 .xlsx 表格，请用 WPS 或 Excel 另存为 .xlsx 后再上传")
            left = caps.unpacked_bytes
            for name in names[:5000]:
                left = _check_part(package, name, left, caps, marks)
            marks.parts = _parts_of(package, names)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise BadFile(_DAMAGED) from error
    if len(names) > 5000:
        raise BadFile(_BOMB)


def _parts_of(package: zipfile.ZipFile, names: Sequence[str]) -> dict[str, str]:
    """Return {name of a sheet: the part of the package it is in}."""
    relations = "xl/_rels/workbook.xml.rels"
    if relations not in names:
        return {}
    targets = {}
    for tag in _RELATION.findall(package.read(relations).decode("utf-8", "replace")):
        target = _attribute(tag, "Target")
        targets[_attribute(tag, "Id")] = target.lstrip("/") if target[:1] == "/" else f"xl/{target}"
    return {
        html.unescape(_attribute(tag, "name")): targets.get(_attribute(tag, r"\w+:id"), "")
        for tag in _SHEET.findall(package.read("xl/workbook.xml").decode("utf-8", "replace"))
    }


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf"""\s{name}=(["'])(.*?)\1""", tag)
    return found[2] if found else ""


def _check_part(package: zipfile.ZipFile, name: str, left: int, caps: Caps, marks: _Marks) -> int:
    is_sheet = name.startswith("xl/worksheets/")
    tail = b""
    with package.open(name) as part:
        while chunk := part.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise BadFile(_BOMB)
            if is_sheet:
                xml = tail + chunk
                _check_cells(xml, caps)
                _note_marks(xml, marks, name)
                tail = xml[-400:]
    return left


def _check_cells(xml: bytes, caps: Caps) -> None:
    for letters, digits in _CELL.findall(xml):
        if int(digits) > caps.rows or _column(letters) > caps.columns:
            place = f"{letters.decode()}{digits.decode()}"
            raise BadFile(
                f"表格在很远的 {place} 格还有内容（最多 {caps.rows} 行 {caps.columns} 列），"
                "请删去后再上传"
            )


def _note_marks(xml: bytes, marks: _Marks, part: str) -> None:
    if b"hidden" in xml:
        known = marks.hidden.setdefault(part, [])
        known += [n for n in map(int, _HIDDEN.findall(xml)) if n not in known[-50:]]
    if b't="e"' in xml:
        errors = marks.errors.setdefault(part, {})
        for letters, digits, text in _ERROR.findall(xml):
            errors[int(digits), _column(letters) - 1] = text.decode("utf-8", "replace")


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _check_compound(data: bytes) -> None:
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise BadFile(_LOCKED)
    if _is_encrypted(data):
        raise BadFile(_LOCKED)
    if "WordDocument".encode("utf-16-le") in data:
        raise BadFile("这是 Word 文档，请上传 .xlsx 或 .xls 表格")


def _is_encrypted(data: bytes) -> bool:
    """Whether one of the first records of an old workbook asks for a password."""
    at = data.find(_BEGIN)
    for _record in range(16 if at >= 0 else 0):
        kind, size = int.from_bytes(data[at : at + 2], "little"), data[at + 2 : at + 4]
        if kind == _FILEPASS:
            return True
        at += 4 + int.from_bytes(size, "little")
    return False


def _what_it_is(data: bytes) -> str:
    start = data[:2000].lstrip(b"\xef\xbb\xbf\x00 \r\n\t").lower()
    if not data:
        return "这个文件是空的，请重新选择文件"
    if start.startswith((b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta")):
        return "这个文件其实是网页格式，请用 WPS 或 Excel 打开后另存为 .xlsx 再上传"
    if data.startswith(b"%PDF"):
        return "这是 PDF 文件，请上传 .xlsx 或 .xls 表格"
    return "这不是 Excel 表格，请上传 .xlsx 或 .xls 文件（其他格式请先另存为 .xlsx）"
