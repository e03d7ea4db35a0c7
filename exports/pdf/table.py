"""The table of a register book, drawn row by row onto a sheet."""

from __future__ import annotations

from collections.abc import Sequence

from exports.pdf.columns import PADDING, BookColumn, Layout
from exports.pdf.fonts import BOLD, REGULAR
from exports.pdf.shades import INK, QUIET
from exports.pdf.sheet import MM, Sheet
from exports.pdf.wrap import wrap_text

_LEADING = 1.4
_BLANK_HEIGHT = 9 * MM
_TITLE_SIZE, _SUBTITLE_SIZE = 18.0, 10.5
# A row is cut at the foot of a page only when it is taller than this part of the body.
_TALL = 0.33

Cells = Sequence[Sequence[str]]


class Table:
    """Rows between `begin` and `end`; pages begin and end by themselves."""

    def __init__(
        self, sheet: Sheet, labels: Sequence[str], columns: Sequence[BookColumn], layout: Layout
    ) -> None:
        self._sheet, self._columns, self._layout = sheet, columns, layout
        self._edges = [sheet.left]
        for width in layout.widths:
            self._edges.append(self._edges[-1] + width)
        self._leading = layout.size * _LEADING
        self._labels = self._wrapped(labels, BOLD)
        self._y = self._table_top = sheet.top

    def begin(self) -> None:
        """Open the first page with the title above the table."""
        sheet, imprint = self._sheet, self._sheet.imprint
        sheet.begin_page()
        middle = (sheet.left + sheet.right) / 2
        self._y = sheet.top
        for line in wrap_text(
            imprint.title, (sheet.right - sheet.left) / _TITLE_SIZE, sheet.widths[BOLD].__getitem__
        ):
            sheet.centred(middle, self._y - _TITLE_SIZE, line, _TITLE_SIZE, BOLD)
            self._y -= _TITLE_SIZE * 1.5
        if imprint.subtitle:
            line = sheet.fitted(imprint.subtitle, _SUBTITLE_SIZE, sheet.right - sheet.left)
            sheet.colour(QUIET)
            sheet.centred(middle, self._y - _SUBTITLE_SIZE, line, _SUBTITLE_SIZE)
            sheet.colour(INK)
            self._y -= _SUBTITLE_SIZE * 1.6
        self._y -= 8
        self._heading()

    def row(self, cells: Sequence[str]) -> None:
        """Draw one row, on the next page where it does not fit here."""
        lines = self._wrapped(cells, REGULAR)
        room, height = self._y - self._sheet.bottom, self._height(lines)
        if height > room and (
            height <= self._body_height() * _TALL or room < self._height([[""] * 4])
        ):
            self._turn()
            room = self._y - self._sheet.bottom
        while self._height(lines) > room:
            fits = max(1, int((room - 2 * PADDING) / self._leading))
            self._draw([cell[:fits] for cell in lines])
            lines = [cell[fits:] for cell in lines]
            self._turn()
            room = self._y - self._sheet.bottom
        self._draw(lines)

    def blank_row(self) -> None:
        """An empty row, high enough for handwriting."""
        if self._y - _BLANK_HEIGHT < self._sheet.bottom:
            self._turn()
        self._rule_below(_BLANK_HEIGHT)

    def remark(self, text: str) -> None:
        """A line of its own across all columns."""
        sheet, size = self._sheet, self._layout.size
        sheet.colour(QUIET)
        middle = (self._edges[0] + self._edges[-1]) / 2
        sheet.centred(middle, self._y - 8 * MM, text, size)
        sheet.colour(INK)
        self._verticals()
        self._y -= 14 * MM
        self._table_top = self._y

    def end(self) -> None:
        """Close the last page."""
        self._verticals()
        self._sheet.end_page()

    def _turn(self) -> None:
        self._verticals()
        self._sheet.end_page()
        self._sheet.begin_page()
        self._y = self._sheet.top
        self._heading()

    def _heading(self) -> None:
        self._table_top = self._y
        self._sheet.line(self._edges[0], self._y, self._edges[-1], self._y, 0.9)
        height = self._height(self._labels)
        self._sheet.tint(self._edges[0], self._y - height, self._edges[-1] - self._edges[0], height)
        self._sheet.line(self._edges[0], self._y, self._edges[-1], self._y, 0.9)
        self._draw(self._labels, BOLD)

    def _verticals(self) -> None:
        inner = self._edges[1:-1]
        for x in inner:
            self._sheet.line(x, self._table_top, x, self._y, 0.4)
        for x in (self._edges[0], self._edges[-1]):
            self._sheet.line(x, self._table_top, x, self._y, 0.9)
        self._sheet.line(self._edges[0], self._y, self._edges[-1], self._y, 0.9)

    def _rule_below(self, height: float) -> None:
        self._y -= height
        self._sheet.line(self._edges[0], self._y, self._edges[-1], self._y, 0.4)

    def _wrapped(self, cells: Sequence[str], font: str) -> list[list[str]]:
        width_of, size = self._sheet.widths[font].__getitem__, self._layout.size
        return [
            wrap_text(cell, (width - 2 * PADDING) / size, width_of)
            for cell, width in zip(cells, self._layout.widths, strict=True)
        ]

    def _height(self, cells: Cells) -> float:
        return max(map(len, cells)) * self._leading + 2 * PADDING

    def _body_height(self) -> float:
        return self._sheet.top - self._sheet.bottom - self._height(self._labels)

    def _draw(self, cells: Cells, font: str = REGULAR) -> None:
        size, leading = self._layout.size, self._leading
        height = self._height(cells)
        for position, lines in enumerate(cells):
            align = "centre" if font == BOLD else self._columns[position].align
            # Middle of the row; 0.88 em is the ascent of the Chinese font.
            y = self._y - (height - len(lines) * leading) / 2 - (leading - size) / 2 - 0.88 * size
            for line in lines:
                if line:
                    self._write(position, y, line, font, align)
                y -= leading
        self._rule_below(height)

    def _write(self, position: int, y: float, line: str, font: str, align: str) -> None:
        left, right, size = self._edges[position], self._edges[position + 1], self._layout.size
        if align == "left":
            self._sheet.write(left + PADDING, y, line, size, font)
        elif align == "right":
            self._sheet.flush_right(right - PADDING, y, line, size, font)
        else:
            self._sheet.centred((left + right) / 2, y, line, size, font)
