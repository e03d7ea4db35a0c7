"""Blank forms, printed to be filled in by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from exports.pdf.imprint import Imprint
from exports.pdf.text import printable
from exports.pdf.wrap import wrap_text

if TYPE_CHECKING:
    from exports.pdf.sheet import Sheet

# Label, help ("" for none) and height in handwritten lines.
BlankField = tuple[str, str, int]

_MM = 72 / 25.4
_LABEL_WIDTH, _LINE_HEIGHT = 28 * _MM, 9.5 * _MM
_LABEL_SIZE, _HELP_SIZE = 10.5, 7.5
# Two one-line fields share a row when their helps are short enough for half of it.
_SHORT_HELP = 14
_SIGNATURE_HEIGHT = 16 * _MM
# Handwriting still fits when the rows are drawn in to this part of their height.
_CLOSEST = 0.82


def write_blank_form(
    target: Path, title: str, fields: Sequence[BlankField], imprint: Imprint
) -> None:
    """Write an A4 form with a labelled space for each field and lines for signature and date.

    Short fields stand two in a row, as on the schools' own forms; long ones may continue on the
    next page. `target` appears only when it is complete.
    """
    from exports.pdf.sheet import Sheet

    sheet = Sheet(target, imprint)
    try:
        sheet.begin_page()
        y = _draw_title(sheet, printable(title))
        rows = list(_paired(fields))
        for row, height in zip(rows, _heights(sheet, rows, y), strict=True):
            if y - height < sheet.bottom:
                sheet.end_page()
                sheet.begin_page()
                y = sheet.top
                sheet.line(sheet.left, y, sheet.right, y, 0.9)
            _draw_row(sheet, row, y, height)
            y -= height
        _draw_signatures(sheet, y)
        sheet.end_page()
        sheet.finish()
    finally:
        sheet.abandon()


def _paired(fields: Sequence[BlankField]) -> Iterator[tuple[BlankField, ...]]:
    """Rows of one field, or of two short ones that follow each other."""
    waiting: BlankField | None = None
    for label, help_text, lines in fields:
        field = (printable(label), printable(help_text).replace("\n", " "), max(lines, 1))
        short = lines <= 1 and len(help_text) <= _SHORT_HELP
        if waiting is not None:
            yield (waiting, field) if short else (waiting,)
            waiting = None
            if short:
                continue
        if short:
            waiting = field
        else:
            yield (field,)
    if waiting is not None:
        yield (waiting,)


def _heights(sheet: Sheet, rows: Sequence[tuple[BlankField, ...]], y: float) -> list[float]:
    """Heights of the rows, drawn in a little where that saves a page."""
    whole = sheet.top - sheet.bottom
    heights = [
        min(max(_LINE_HEIGHT * max(field[2] for field in row), _label_height(sheet, row)), whole)
        for row in rows
    ]
    room, total = y - sheet.bottom - _SIGNATURE_HEIGHT, sum(heights)
    if room < total <= room / _CLOSEST:
        return [height * room / total for height in heights]
    return heights


def _label_lines(sheet: Sheet, label: str) -> list[str]:
    from exports.pdf.fonts import REGULAR

    room = (_LABEL_WIDTH - 3 * _MM) / _LABEL_SIZE
    return wrap_text(label, room, sheet.widths[REGULAR].__getitem__)


def _label_height(sheet: Sheet, row: Sequence[BlankField]) -> float:
    most = max(len(_label_lines(sheet, label)) for label, _help, _lines in row)
    return most * _LABEL_SIZE * 1.3 + 3 * _MM


def _draw_title(sheet: Sheet, title: str) -> float:
    from exports.pdf.fonts import BOLD

    middle, y = (sheet.left + sheet.right) / 2, sheet.top
    room = (sheet.right - sheet.left) / 18
    for line in wrap_text(title, room, sheet.widths[BOLD].__getitem__):
        sheet.centred(middle, y - 18, line, 18, BOLD)
        y -= 27
    if sheet.imprint.subtitle:
        sheet.centred(middle, y - 10, sheet.imprint.subtitle, 10.5)
        y -= 17
    y -= 8
    sheet.line(sheet.left, y, sheet.right, y, 0.9)
    return y


def _draw_row(sheet: Sheet, row: Sequence[BlankField], y: float, height: float) -> None:
    width = (sheet.right - sheet.left) / len(row)
    for position, (label, help_text, _lines) in enumerate(row):
        x = sheet.left + position * width
        sheet.tint(x, y - height + 0.4, _LABEL_WIDTH, height - 0.8)
        # The tint may cover a hair of the rule above it.
        sheet.line(x, y, x + _LABEL_WIDTH, y, 0.4)
        lines = _label_lines(sheet, label)
        baseline = y - (height - len(lines) * _LABEL_SIZE * 1.3) / 2 - _LABEL_SIZE * 1.03
        for line in lines:
            sheet.centred(x + _LABEL_WIDTH / 2, baseline, line, _LABEL_SIZE)
            baseline -= _LABEL_SIZE * 1.3
        _draw_help(sheet, help_text, x + _LABEL_WIDTH, y - height, width - _LABEL_WIDTH)
        sheet.line(x + _LABEL_WIDTH, y, x + _LABEL_WIDTH, y - height, 0.4)
        sheet.line(x, y, x, y - height, 0.4 if position else 0.9)
    sheet.line(sheet.right, y, sheet.right, y - height, 0.9)
    sheet.line(sheet.left, y - height, sheet.right, y - height, 0.4)


def _draw_help(sheet: Sheet, help_text: str, x: float, y: float, width: float) -> None:
    from exports.pdf.sheet import INK, QUIET

    shown = sheet.fitted(help_text, _HELP_SIZE, width - 8)
    sheet.colour(QUIET)
    sheet.write(x + 4, y + 4, shown, _HELP_SIZE)
    sheet.colour(INK)


def _draw_signatures(sheet: Sheet, y: float) -> None:
    sheet.line(sheet.left, y, sheet.right, y, 0.9)
    y -= _SIGNATURE_HEIGHT - 2 * _MM
    if y < sheet.bottom:
        sheet.end_page()
        sheet.begin_page()
        y = sheet.top - _SIGNATURE_HEIGHT
    third = (sheet.right - sheet.left) / 3
    for position, label in enumerate(("填表人：", "审核人：", "日期：      年    月    日")):
        sheet.write(sheet.left + position * third, y, label, 10.5)
