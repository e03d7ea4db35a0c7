"""Open an .xlsx or .xls workbook safely and give its sheets with their own row numbers."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from models.core.errors import BadFile
from models.core.values import Raw, is_blank

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DAMAGED = "这个表格文件不完整或已损坏，请用 WPS 或 Excel 打开后另存为 .xlsx 再上传"
_BOMB = "这个表格解压后过大，为安全起见没有打开，请只保留需要的工作表后另存再上传"
_CHUNK = 1 << 20
# A cell that holds something; a self-closing one carries only a style and is not read.
_CELL = re.compile(rb'<c\s(?:[^>]*?\s)?r="([A-Z]{1,3})(\d{1,7})"[^>]*(?<!/)>')


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
    """One visible worksheet; `rows` holds every row from 1 on, blank ones included.

    `merged` are ((first row, first column), (last row, last column)), rows from 1, columns
    from 0.
    """

    name: str
    rows: tuple[SheetRow, ...]
    merged: tuple[tuple[tuple[int, int], tuple[int, int]], ...] = field(default=())


def read_workbook(data: bytes, caps: Caps | None = None) -> list[Sheet]:
    """Return the visible, non-empty worksheets of a workbook; the type is told by its content.

    Raises BadFile with a Chinese sentence when the file is no workbook, locked with a password,
    damaged, or beyond `caps`.
    """
    caps = caps or Caps()
    if len(data) > caps.file_bytes:
        raise BadFile(f"表格文件超过 {caps.file_bytes >> 20} MB，请拆成几个文件后分别上传")
    if data.startswith(_ZIP):
        _check_package(data, caps)
    elif data.startswith(_OLE):
        _check_compound(data)
    else:
        raise BadFile(_what_it_is(data))
    try:
        sheets = list(_sheets(data, caps))
    except (CalamineError, OSError, ValueError, IndexError, KeyError) as error:
        raise BadFile(_DAMAGED) from error
    except BaseException as error:
        # A panic inside the reader reaches Python as a direct child of BaseException.
        if type(error).__name__ == "PanicException":
            raise BadFile(_DAMAGED) from error
        raise
    if not sheets:
        raise BadFile("这个表格里没有内容，请确认选对了文件")
    return sheets


def _sheets(data: bytes, caps: Caps) -> Iterator[Sheet]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
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
        rows = tuple(
            SheetRow(number, tuple(None if cell == "" else cell for cell in cells))
            for number, cells in enumerate(source.to_python(skip_empty_area=False), start=1)
        )
        merged = source.merged_cell_ranges or []
        yield Sheet(name, rows, tuple(((a + 1, b), (c + 1, d)) for (a, b), (c, d) in merged))


def _check_extent(name: str, rows: int, columns: int, caps: Caps) -> None:
    if rows > caps.rows:
        raise BadFile(f"工作表“{name}”有 {rows} 行，最多 {caps.rows} 行，请删去空行或拆开后再上传")
    if columns > caps.columns:
        raise BadFile(f"工作表“{name}”有 {columns} 列，最多 {caps.columns} 列，请删去多余的列")


def _check_package(data: bytes, caps: Caps) -> None:
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
                left = _check_part(package, name, left, caps)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise BadFile(_DAMAGED) from error
    if len(names) > 5000:
        raise BadFile(_BOMB)


def _check_part(package: zipfile.ZipFile, name: str, left: int, caps: Caps) -> int:
    is_sheet = name.startswith("xl/worksheets/")
    tail = b""
    with package.open(name) as part:
        while chunk := part.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise BadFile(_BOMB)
            if is_sheet:
                _check_cells(tail + chunk, caps)
                tail = chunk[-200:]
    return left


def _check_cells(xml: bytes, caps: Caps) -> None:
    for letters, digits in _CELL.findall(xml):
        if int(digits) > caps.rows or _column(letters) > caps.columns:
            place = f"{letters.decode()}{digits.decode()}"
            raise BadFile(
                f"表格在很远的 {place} 格还有内容（最多 {caps.rows} 行 {caps.columns} 列），"
                "请删去后再上传"
            )


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _check_compound(data: bytes) -> None:
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise BadFile("这个表格设了打开密码，请取消密码后另存再上传")
    if "WordDocument".encode("utf-16-le") in data:
        raise BadFile("这是 Word 文档，请上传 .xlsx 或 .xls 表格")


def _what_it_is(data: bytes) -> str:
    start = data[:2000].lstrip(b"\xef\xbb\xbf\x00 \r\n\t").lower()
    if not data:
        return "这个文件是空的，请重新选择文件"
    if start.startswith((b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta")):
        return "这个文件其实是网页格式，请用 WPS 或 Excel 打开后另存为 .xlsx 再上传"
    if data.startswith(b"%PDF"):
        return "这是 PDF 文件，请上传 .xlsx 或 .xls 表格"
    return "这不是 Excel 表格，请上传 .xlsx 或 .xls 文件（其他格式请先另存为 .xlsx）"
