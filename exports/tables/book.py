"""An .xlsx workbook in which no text can become a formula, a link or a number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from io import BytesIO
from typing import Any

import xlsxwriter

_OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "nan_inf_to_errors": True,
    "default_date_format": "yyyy-mm-dd",
}
# What one cell of a workbook may hold.
CELL_LIMIT = 32_767


@contextmanager
def open_book(
    target: Any, title: str, author: str, made_at: datetime, *, flat: bool = False
) -> Iterator[Any]:
    """Hold a workbook open that is written to `target`, a path or a binary file.

    `made_at` and `author` stand in its properties. `flat` keeps only one row in memory: rows must
    then be written in order, and nothing may be merged.
    """
    book = xlsxwriter.Workbook(target, {**_OPTIONS, "constant_memory": flat})
    book.set_properties(
        {"title": title, "author": author, "created": made_at, "comments": f"{author} {made_at}"}
    )
    try:
        yield book
    finally:
        book.close()


def in_memory() -> BytesIO:
    """Return a file in memory to write a small workbook to."""
    return BytesIO()


def put(sheet: Any, row: int, column: int, value: Any, shape: Any = None) -> None:
    """Write one value as what it is; a text always as text, whatever it begins with."""
    if value is None or value == "":
        sheet.write_blank(row, column, None, shape)
    elif isinstance(value, bool):
        sheet.write_string(row, column, "是" if value else "否", shape)
    elif isinstance(value, (int, float)):
        sheet.write_number(row, column, value, shape)
    elif isinstance(value, (datetime, date)):
        sheet.write_datetime(row, column, value, shape)
    elif isinstance(value, time):
        sheet.write_string(row, column, f"{value:%H:%M}", shape)
    else:
        sheet.write_string(row, column, str(value)[:CELL_LIMIT], shape)


def footer(sheet: Any, author: str, made_at: datetime) -> None:
    """Print who made the file and when at the foot of every page, with page numbers."""
    # An ampersand begins a code in headers and footers; doubled it is itself.
    name = author.replace("&", "&&")
    sheet.set_footer(f"&L{name} {made_at:%Y-%m-%d %H:%M} 导出&R第 &P 页，共 &N 页")
