"""Workbooks made in code for the tests of reading."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl

from models.core.values import check_character

DATA = Path(__file__).parent / "data"


def id_number(birth: str = "20120901", sequence: int = 1, district: str = "522224") -> str:
    """Return a valid invented ID number; an odd sequence is a boy's."""
    seventeen = f"{district}{birth}{sequence:03}"
    return seventeen + check_character(seventeen)


def workbook(*sheets, merges=()) -> bytes:
    """Return .xlsx bytes of (title, rows) sheets; `merges` apply to the first sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    for area in merges:
        book.worksheets[0].merge_cells(area)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
