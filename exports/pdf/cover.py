"""The cover of a bound book."""

from __future__ import annotations

from collections.abc import Sequence

from exports.pdf.fonts import BOLD
from exports.pdf.imprint import chinese_date
from exports.pdf.shades import INK, QUIET
from exports.pdf.sheet import MM, Sheet
from exports.pdf.text import printable
from exports.pdf.wrap import wrap_text

_LABEL_WIDTH, _LINE_HEIGHT = 34 * MM, 11 * MM


def draw_cover(sheet: Sheet, lines: Sequence[tuple[str, str]]) -> None:
    """Draw an unnumbered cover: school, title, ruled label and value lines, date."""
    sheet.begin_page(numbered=False)
    width, height = sheet.paper
    middle, imprint = width / 2, sheet.imprint
    _double_frame(sheet)
    sheet.centred(middle, height * 0.83, imprint.school, 18)
    y = height * 0.68
    limit = width - 70 * MM
    for line in wrap_text(imprint.title, limit / 32, sheet.widths[BOLD].__getitem__):
        sheet.centred(middle, y, line, 32, BOLD)
        y -= 44
    if imprint.subtitle:
        sheet.colour(QUIET)
        sheet.centred(middle, y, sheet.fitted(imprint.subtitle, 14, limit), 14)
    _ruled_lines(sheet, lines, height * 0.42)
    sheet.colour(QUIET)
    if imprint.edition:
        sheet.centred(middle, 37 * MM, imprint.edition, 12)
    sheet.centred(middle, 28 * MM, chinese_date(imprint.made_at), 12)
    sheet.end_page()


def _double_frame(sheet: Sheet) -> None:
    width, height = sheet.paper
    for inset, weight in ((14 * MM, 1.2), (15.5 * MM, 0.4)):
        far_x, far_y = width - inset, height - inset
        for x1, y1, x2, y2 in (
            (inset, inset, far_x, inset),
            (inset, far_y, far_x, far_y),
            (inset, inset, inset, far_y),
            (far_x, inset, far_x, far_y),
        ):
            sheet.line(x1, y1, x2, y2, weight)


def _ruled_lines(sheet: Sheet, lines: Sequence[tuple[str, str]], y: float) -> None:
    middle = sheet.paper[0] / 2
    start, end = middle - 60 * MM, middle + 60 * MM
    for label, value in lines:
        sheet.colour(QUIET)
        sheet.flush_right(start + _LABEL_WIDTH - 4 * MM, y, printable(label), 13)
        sheet.colour(INK)
        room = end - start - _LABEL_WIDTH
        shown = sheet.fitted(printable(value), 13, room)
        sheet.centred(start + _LABEL_WIDTH + room / 2, y, shown, 13)
        sheet.line(start + _LABEL_WIDTH, y - 5, end, y - 5, 0.5)
        y -= _LINE_HEIGHT
