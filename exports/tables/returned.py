"""The workbook a school sent, given back with the reason beside every row not imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from exports.tables.book import in_memory, open_book, put
from models.intake import HeaderMap, Sheet

REASON = "未导入原因"


@dataclass(frozen=True)
class Marks:
    """What is said of the rows: reasons and wrong fields by (sheet, row number)."""

    reasons: Mapping[tuple[str, int], str]
    fields: Mapping[tuple[str, int], Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Shapes:
    wrong: Any
    reason: Any
    day: Any
    wrong_day: Any


def returned_workbook(
    sheets: Sequence[Sheet],
    headers: Sequence[HeaderMap],
    marks: Marks,
    author: str,
    made_at: datetime,
) -> bytes:
    """Return .xlsx bytes: every original cell, the wrong ones tinted, and a column of reasons."""
    target = in_memory()
    heads = {header.sheet: header for header in headers}
    with open_book(target, "导入结果", author, made_at) as book:
        shapes = _Shapes(
            wrong=book.add_format({"bg_color": "#F8D7D3"}),
            reason=book.add_format({"font_color": "#9B2C1F", "text_wrap": True}),
            day=book.add_format({"num_format": "yyyy-mm-dd"}),
            wrong_day=book.add_format({"num_format": "yyyy-mm-dd", "bg_color": "#F8D7D3"}),
        )
        for source in sheets:
            _write_sheet(book, source, heads.get(source.name), marks, shapes)
    return target.getvalue()


def _write_sheet(
    book: Any, source: Sheet, header: HeaderMap | None, marks: Marks, shapes: _Shapes
) -> None:
    sheet = book.add_worksheet(source.name)
    width = max((len(row.cells) for row in source.rows), default=0)
    place = _reason_place(header, width)
    for row in source.rows:
        key = (source.name, row.number)
        wrong = _wrong_places(header, marks.fields.get(key, ()))
        for index, value in enumerate(row.cells):
            if index == place and header is not None:
                continue
            put(sheet, row.number - 1, index, value, _shape(value, index in wrong, shapes))
        if header is not None and row.number == header.last_row:
            put(sheet, row.number - 1, place, REASON, shapes.reason)
        if key in marks.reasons:
            put(sheet, row.number - 1, place, marks.reasons[key], shapes.reason)
    if header is not None:
        sheet.set_column(place, place, 48)
        sheet.freeze_panes(header.last_row, 0)


def _reason_place(header: HeaderMap | None, width: int) -> int:
    """Return the column of reasons: one that an earlier return made, else behind all others."""
    if header is not None:
        for column in header.columns:
            if column.heading == REASON:
                return column.index
    return width


def _wrong_places(header: HeaderMap | None, fields: Sequence[str]) -> set[int]:
    if header is None:
        return set()
    return {header.index[name] for name in fields if name in header.index}


def _shape(value: Any, wrong: bool, shapes: _Shapes) -> Any:
    if isinstance(value, (date, datetime)):
        return shapes.wrong_day if wrong else shapes.day
    return shapes.wrong if wrong else None
