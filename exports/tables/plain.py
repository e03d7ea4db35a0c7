"""Workbooks that are handed over: .xlsx with the same bytes for the same data."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from models.core.files import write_whole

# The one moment every part of a workbook carries; Excel writes the same.
PART_TIME = (1980, 1, 1, 0, 0, 0)
_WIDEST, _NARROWEST = 60, 6


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook: heading row and rows of text or numbers."""

    name: str
    heading: Sequence[str]
    rows: Iterable[Sequence[str | int]]


def write_workbook(
    target: Path, sheets: Sequence[Sheet], *, title: str, made_at: datetime, made_by: str
) -> None:
    """Write the sheets to `target` as .xlsx, texts as texts so that long numbers keep every digit.

    The parts are stored, not deflated: compressed bytes would follow the machine's zlib.
    """
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False})
    book.set_properties({"title": title, "author": made_by, "created": made_at})
    head = book.add_format(
        {"bold": True, "bg_color": "#F4F1EA", "border": 1, "border_color": "#8D8880"}
    )
    cell = book.add_format({"border": 1, "border_color": "#C9C4BA", "text_wrap": True})
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        widths = [_width(text) for text in sheet.heading]
        page.write_row(0, 0, sheet.heading, head)
        for number, row in enumerate(sheet.rows, start=1):
            for column, value in enumerate(row):
                if isinstance(value, int):
                    page.write_number(number, column, value, cell)
                else:
                    page.write_string(number, column, value, cell)
                widths[column] = max(widths[column], _width(str(value)))
        for column, width in enumerate(widths):
            page.set_column(column, column, min(max(width, _NARROWEST), _WIDEST))
        page.freeze_panes(1, 0)
    book.close()
    write_whole(target, _stored(buffer))


def _width(text: str) -> int:
    """A Chinese character takes the room of two letters."""
    return sum(1 if ord(char) < 256 else 2 for char in text) + 2


def _stored(buffer: io.BytesIO) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(packed, "w") as target:
        for name in source.namelist():
            target.writestr(stored_entry(name, PART_TIME), source.read(name))
    return packed.getvalue()


def stored_entry(name: str, moment: tuple[int, int, int, int, int, int]) -> zipfile.ZipInfo:
    """Return a ZIP entry that says nothing about the machine it was written on."""
    entry = zipfile.ZipInfo(name, moment)
    entry.compress_type = zipfile.ZIP_STORED
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    return entry
