"""Blocks drawn onto sheets, straight through ReportLab: forms, letters, cards, charts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import md5
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exports.pdf.blocks import (
    Block,
    Cards,
    Cell,
    CutLine,
    Drawing,
    Geometry,
    Grid,
    Index,
    Mark,
    Pictures,
    Row,
    Rule,
    Sealed,
    Spread,
    Text,
    Title,
    Together,
    Turn,
)
from exports.pdf.book import Cover
from exports.pdf.errors import RenderFailed
from exports.pdf.fonts import BOLD, REGULAR
from exports.pdf.imprint import Imprint
from exports.pdf.shades import INK, shade
from exports.pdf.text import printable
from exports.pdf.watched import LAYING_OUT, told
from exports.pdf.wrap import wrap_text

if TYPE_CHECKING:
    from exports.pdf.sheet import Sheet

MM = 72 / 25.4
_OUTER, _INNER = 1.0, 0.5
_INDEX = ("序号", "名称", "页码")
_LEADING = 1.35
# The ascent of the Chinese font in parts of its size.
_ASCENT = 0.88
# Lower than any sheet, in points: what is only tried out needs no next sheet.
_ENDLESS = 1e6
# A row under so many lines is never split.
_SPLIT_FROM = 6


def write_blocks(
    target: Path,
    blocks: Iterable[Block],
    geometry: Geometry,
    imprint: Imprint,
    *,
    cover: Cover | None = None,
) -> None:
    """Draw the blocks to `target`, which appears only when it is complete; they are read once.

    Raises RenderFailed for a card whose text does not fit.
    """
    from exports.pdf.cover import draw_cover
    from exports.pdf.sheet import Sheet

    sheet = Sheet(target, imprint, geometry=geometry)
    try:
        if cover is not None:
            draw_cover(sheet, cover.lines)
        sheet.begin_page()

        def turn() -> None:
            sheet.end_page()
            sheet.begin_page()

        flow = _Flow(sheet, sheet.left, sheet.right, sheet.top, sheet.bottom, turn)
        count = len(blocks) if isinstance(blocks, Sized) else 0
        for number, block in enumerate(blocks):
            told(LAYING_OUT, number, count)
            flow.draw(block)
        sheet.end_page()
        sheet.finish()
    finally:
        sheet.abandon()


@dataclass
class _Placed:
    """A cell at its place in a grid, with its text in lines."""

    row: int
    column: int
    cell: Cell
    lines: list[str]
    pad: float


class _Flow:
    """A region of the sheet that blocks fill from above; `turn` gives it the next sheet."""

    def __init__(
        self,
        sheet: Sheet,
        left: float,
        right: float,
        top: float,
        bottom: float,
        turn: Callable[[], None],
    ) -> None:
        self._sheet, self._turn_sheet = sheet, turn
        self.left, self.right, self.top, self.bottom = left, right, top, bottom
        self.y = top
        self._marks: list[tuple[str, int]] = []

    def draw(self, block: Block) -> None:
        """Draw one block below the last."""
        drawers: dict[type, Callable[[Any], None]] = {
            Title: self._title,
            Text: self._text,
            Spread: self._spread,
            Grid: self._grid,
            Pictures: self._pictures,
            Drawing: self._drawing,
            Sealed: self._sealed,
            Cards: self._cards,
            CutLine: self._cut,
            Rule: self._across,
            Together: self._together,
            Turn: self._next,
            Mark: self._mark,
            Index: self._index,
        }
        drawers[type(block)](block)

    def _next(self, _block: Turn | None = None) -> None:
        self._turn_sheet()
        self.y = self.top

    def _mark(self, block: Mark) -> None:
        self._marks.append((block.name, self._sheet.page))

    def _index(self, block: Index) -> None:
        """Two marks to a line; a register of hundreds has its index on few sheets."""
        cells = [
            (Cell(str(n), align="centre"), Cell(name), Cell(str(page), align="centre"))
            for n, (name, page) in enumerate(self._marks, start=1)
        ]
        if len(cells) % 2:
            cells.append((Cell(), Cell(), Cell()))
        words = tuple(Cell(word, align="centre", bold=True) for word in _INDEX)
        rows = [Row((*words, *words), 8)]
        rows += [Row((*a, *b), 7) for a, b in zip(cells[::2], cells[1::2], strict=True)]
        self._title(Title(block.title, size=16))
        self._grid(Grid((12, 55, 18) * 2, tuple(rows), head=1, size=9))

    def _room(self, height: float) -> None:
        """Turn the sheet when so much does not fit below; at its top it is tried all the same."""
        if self.y - height < self.bottom - 0.01 and self.y < self.top:
            self._next()

    def _wrap(self, text: str, size: float, room: float, bold: bool) -> list[str]:
        widths = self._sheet.widths[BOLD if bold else REGULAR]
        return wrap_text(printable(text), room / size, widths.__getitem__)

    def _line(
        self, text: str, size: float, align: str, left: float, right: float, y: float, bold: bool
    ) -> None:
        font = BOLD if bold else REGULAR
        if align == "left":
            self._sheet.write(left, y, text, size, font)
        elif align == "right":
            self._sheet.flush_right(right, y, text, size, font)
        else:
            self._sheet.centred((left + right) / 2, y, text, size, font)

    # ---- running text ----------------------------------------------------------------------

    def _title(self, block: Title) -> None:
        for text, size, bold in ((block.text, block.size, True), (block.second, 12.0, False)):
            for line in self._wrap(text, size, self.right - self.left, bold) if text else ():
                self._room(size * 1.4)
                self._line(line, size, "centre", self.left, self.right, self.y - size * 1.1, bold)
                self.y -= size * 1.4
        self.y -= 2 * MM

    def _text(self, block: Text) -> None:
        self.y -= block.before * MM
        step = block.size * block.leading
        for paragraph in printable(block.text).split("\n"):
            indent = "　" * block.indent
            lines = self._wrap(indent + paragraph, block.size, self.right - self.left, block.bold)
            if block.bold:
                # A heading does not stand alone at the foot of a sheet.
                self._room(step * (len(lines) + 1))
            for line in lines:
                self._room(step)
                y = self.y - (step - block.size) / 2 - _ASCENT * block.size
                self._line(line, block.size, block.align, self.left, self.right, y, block.bold)
                self.y -= step

    def _spread(self, block: Spread) -> None:
        """The parts apart by equal gaps; what does not fit beside the others goes below them."""
        self.y -= block.before * MM
        step, room = block.size * 1.6, self.right - self.left
        for parts in self._spread_lines(block, room):
            self._room(step)
            wide = [self._sheet.widths[REGULAR].of(part) * block.size for part in parts]
            gap = (room - sum(wide)) / (len(parts) - 1) if len(parts) > 1 else 0
            x, y = self.left, self.y - step * 0.72
            for part, width in zip(parts, wide, strict=True):
                if part:
                    self._sheet.write(x, y, part, block.size)
                x += width + gap
            self.y -= step

    def _spread_lines(self, block: Spread, room: float) -> Iterator[list[str]]:
        line: list[str] = []
        used, between = 0.0, 2 * block.size
        for part in block.parts:
            for piece in self._wrap(part, block.size, room, bold=False) or [""]:
                width = self._sheet.widths[REGULAR].of(piece) * block.size
                if line and used + between + width > room:
                    yield line
                    line, used = [], 0.0
                used += width + (between if line else 0)
                line.append(piece)
        if line:
            yield line

    def _cut(self, block: CutLine) -> None:
        self._room(12 * MM)
        y, middle = self.y - 6 * MM, (self.left + self.right) / 2
        half = self._sheet.widths[REGULAR].of(block.text) * 5.25 + 3 * MM
        self._rule(self.left, y, middle - half, y, _INNER, dash=True)
        self._rule(middle + half, y, self.right, y, _INNER, dash=True)
        self._line(block.text, 10.5, "centre", self.left, self.right, y - 3.6, bold=False)
        self.y -= 12 * MM

    def _across(self, block: Rule) -> None:
        self._room(3 * MM)
        self.y -= 1 * MM
        self._rule(self.left, self.y, self.right, self.y, block.weight)
        self.y -= 2 * MM

    def _together(self, block: Together) -> None:
        self._room(self._height_of(block.blocks))
        for part in block.blocks:
            self.draw(part)

    def _height_of(self, blocks: Iterable[Block]) -> float:
        """How high blocks are on a sheet of their own, tried out where nothing is drawn."""
        nowhere: Any = _Nowhere(self._sheet)
        tried = _Flow(nowhere, self.left, self.right, self.top, -_ENDLESS, _ignored)
        for block in blocks:
            tried.draw(block)
        return tried.top - tried.y

    def _sealed(self, block: Sealed) -> None:
        """Four characters from the right edge, the date below; the seal falls on both."""
        self._room(block.room * MM)
        self.y -= block.room * MM - 2 * 28
        right = self.right - 4 * 16
        widths = self._sheet.widths[REGULAR]
        middle = right - max(widths.of(block.signature), widths.of(block.date)) * 8
        for text in (block.signature, block.date):
            self._sheet.centred(middle, self.y - 20, printable(text), 16.0)
            self.y -= 28

    # ---- grids -----------------------------------------------------------------------------

    def _grid(self, grid: Grid) -> None:
        if not grid.rows:
            return
        scale = (self.right - self.left) / sum(grid.widths)
        edges = [self.left]
        for width in grid.widths:
            edges.append(edges[-1] + width * scale)
        placed = self._place(grid, edges)
        heights = self._heights(grid, placed)
        head = [one for one in placed if one.row < grid.head]
        if grid.whole and sum(heights) <= self.top - self.bottom:
            self._room(sum(heights))
        self._edge(edges)
        for first, last in _groups(grid.rows, placed):
            theirs = [one for one in placed if first <= one.row < last]
            height = sum(heights[first:last])
            if self.y - height < self.bottom - 0.01:
                lines = max((len(one.lines) for one in theirs), default=0)
                alone = last == first + 1
                if alone and lines >= _SPLIT_FROM and height > (self.top - self.bottom) / 3:
                    self._split(grid, edges, theirs, heights, head)
                    continue
                if self.y < self.top:
                    self._overleaf(grid, edges, head, heights, first)
            self._rows(edges, theirs, heights, first, last, grid.size)
        self._edge(edges)

    def _edge(self, edges: list[float]) -> None:
        """Draw the heavy line above or below a grid."""
        self._rule(edges[0], self.y, edges[-1], self.y, _OUTER)

    def _overleaf(
        self,
        grid: Grid,
        edges: list[float],
        head: list[_Placed],
        heights: list[float],
        first: int,
    ) -> None:
        """Close the grid here and go on with its head on the next sheet."""
        self._edge(edges)
        self._next()
        self._edge(edges)
        if grid.head and first >= grid.head:
            self._rows(edges, head, heights, 0, grid.head, grid.size)

    def _split(
        self,
        grid: Grid,
        edges: list[float],
        theirs: list[_Placed],
        heights: list[float],
        head: list[_Placed],
    ) -> None:
        """Draw one tall row as far as it fits, the rest on the next sheets."""
        row, step = theirs[0].row, grid.size * _LEADING
        while True:
            fits = int((self.y - self.bottom - 2 * grid.pad * MM) / step)
            longest = max(len(placed.lines) for placed in theirs)
            if fits >= longest:
                heights[row] = max(longest * step + 2 * grid.pad * MM, 9 * MM)
                self._rows(edges, theirs, heights, row, row + 1, grid.size)
                return
            if fits >= 2:
                heights[row] = self.y - self.bottom
                parts = [replace_lines(placed, placed.lines[:fits]) for placed in theirs]
                self._rows(edges, parts, heights, row, row + 1, grid.size)
                theirs = [replace_lines(placed, placed.lines[fits:]) for placed in theirs]
            self._overleaf(grid, edges, head, heights, row)

    def _place(self, grid: Grid, edges: list[float]) -> list[_Placed]:
        """Give every cell its column, around those that reach down from above."""
        taken: set[tuple[int, int]] = set()
        placed = []
        for number, row in enumerate(grid.rows):
            column = 0
            for cell in row.cells:
                while (number, column) in taken:
                    column += 1
                end = column + cell.across
                if end >= len(edges):
                    raise ValueError(f"row {number} is wider than its grid: {row.cells}")
                taken |= {
                    (number + down, column + across)
                    for down in range(cell.down)
                    for across in range(cell.across)
                }
                room = edges[end] - edges[column] - 2 * grid.pad * MM
                lines = self._cell_lines(cell, grid, room)
                placed.append(_Placed(number, column, cell, lines, grid.pad * MM))
                column = end
        return placed

    def _cell_lines(self, cell: Cell, grid: Grid, room: float) -> list[str]:
        if not cell.text:
            return []
        return self._wrap(cell.text, cell.size or grid.size, room, cell.bold)

    def _heights(self, grid: Grid, placed: list[_Placed]) -> list[float]:
        heights = [row.height * MM for row in grid.rows]
        for one in sorted(placed, key=lambda one: one.cell.down):
            size = one.cell.size or grid.size
            needed = len(one.lines) * size * _LEADING + 2 * one.pad
            last = one.row + one.cell.down - 1
            have = sum(heights[one.row : last + 1])
            if needed > have:
                heights[last] += needed - have
        return heights

    def _rows(
        self,
        edges: list[float],
        placed: Sequence[_Placed],
        heights: list[float],
        first: int,
        last: int,
        size: float,
    ) -> None:
        top = self.y
        tops = [top]
        for height in heights[first:last]:
            tops.append(tops[-1] - height)
        for one in placed:
            cell = one.cell
            x1, x2 = edges[one.column], edges[one.column + cell.across]
            y1, y2 = tops[one.row - first], tops[min(one.row - first + cell.down, last - first)]
            self._box(x1, y1, x2, y2, _INNER)
            self._in_cell(one, x1, x2, y1, y2, cell.size or size)
        for x in (edges[0], edges[-1]):
            self._rule(x, top, x, tops[-1], _OUTER)
        self.y = tops[-1]

    def _in_cell(
        self, one: _Placed, x1: float, x2: float, y1: float, y2: float, size: float
    ) -> None:
        cell, step, pad = one.cell, size * _LEADING, one.pad
        if cell.picture is not None:
            room = (x2 - x1 - 2 * pad, y1 - y2 - 2 * pad)
            self._picture(cell.picture.path, x1 + pad, y2 + pad, *room)
            return
        y = y1 - pad if cell.top else y1 - (y1 - y2 - len(one.lines) * step) / 2
        for line in one.lines:
            if line:
                base = y - (step - size) / 2 - _ASCENT * size
                self._line(line, size, cell.align, x1 + pad, x2 - pad, base, cell.bold)
            y -= step

    # ---- pictures, drawings, cards ----------------------------------------------------------

    def _picture(self, path: Path, x: float, y: float, width: float, height: float) -> None:
        """Fit a picture into a box, whole and not stretched."""
        from PIL import Image

        try:
            with Image.open(path) as image:
                wide, high = image.size
        except OSError as error:
            raise RenderFailed("有一张照片打不开，请在照片库中核对后重新生成") from error
        scale = min(width / wide, height / high)
        w, h = wide * scale, high * scale
        # By its name, so that the bytes of a JPEG are taken over and not packed anew.
        place = (x + (width - w) / 2, y + (height - h) / 2)
        self._sheet.canvas.drawImage(_ByContent(path), *place, w, h)

    def _pictures(self, block: Pictures) -> None:
        gap = 4 * MM
        width = (self.right - self.left - gap * (block.across - 1)) / block.across
        for start in range(0, len(block.items), block.across):
            row = block.items[start : start + block.across]
            captions = [self._wrap(item.caption, 9.0, width, bold=False) for item in row]
            below = max(map(len, captions)) * 9 * _LEADING
            self._room(block.height * MM + below + 3 * MM)
            y = self.y - block.height * MM
            for place, (one, lines) in enumerate(zip(row, captions, strict=True)):
                x = self.left + place * (width + gap)
                self._picture(one.path, x, y, width, block.height * MM)
                for number, line in enumerate(lines):
                    base = y - 9 * _LEADING * (number + 1)
                    self._line(line, 9.0, "centre", x, x + width, base, bold=False)
            self.y = y - below - 4 * MM

    def _drawing(self, block: Drawing) -> None:
        scale = min(1.0, (self.right - self.left) / (block.width * MM)) * MM
        self._room(block.height * scale)
        left = (self.left + self.right - block.width * scale) / 2
        for shape in block.shapes:
            x, y = left + shape.x * scale, self.y - shape.y * scale
            x2, y2 = x + shape.w * scale, y - shape.h * scale
            if shape.text is None:
                self._rule(x, y, x2, y2, 0.8)
                continue
            if shape.filled:
                self._sheet.canvas.setFillColor(shade(INK))
                self._sheet.canvas.rect(x, y2, x2 - x, y - y2, stroke=0, fill=1)
            if shape.frame:
                self._box(x, y, x2, y2, 0.8)
            size = shape.size * scale / MM
            lines = self._wrap(shape.text, size, x2 - x - 2, shape.bold) if shape.text else []
            step = size * _LEADING
            at = y - (y - y2 - len(lines) * step) / 2
            for line in lines:
                base = at - (step - size) / 2 - _ASCENT * size
                self._line(line, size, "centre", x, x2, base, shape.bold)
                at -= step
        self.y -= block.height * scale + 2 * MM

    def _cards(self, block: Cards) -> None:
        gutter, pad = block.gutter * MM, block.pad * MM
        width = (self.right - self.left - gutter * (block.across - 1)) / block.across
        height = (self.top - self.bottom - gutter * (block.down - 1)) / block.down
        on_sheet = block.across * block.down
        for number, card in enumerate(block.cards):
            place = number % on_sheet
            if number and not place:
                self._next()
            x = self.left + (place % block.across) * (width + gutter)
            top = self.top - (place // block.across) * (height + gutter)
            self._box(x, top, x + width, top - height, _INNER, dash=True)
            inner = _Flow(
                self._sheet, x + pad, x + width - pad, top - pad, top - height + pad, _does_not_fit
            )
            for part in card:
                inner.draw(part)
        self.y = self.bottom

    # ---- rules -----------------------------------------------------------------------------

    def _rule(
        self, x1: float, y1: float, x2: float, y2: float, width: float, *, dash: bool = False
    ) -> None:
        with self._pen(width, dash) as canvas:
            canvas.line(x1, y1, x2, y2)

    def _box(
        self, x1: float, y1: float, x2: float, y2: float, width: float, *, dash: bool = False
    ) -> None:
        with self._pen(width, dash) as canvas:
            canvas.rect(x1, y2, x2 - x1, y1 - y2, stroke=1, fill=0)

    @contextmanager
    def _pen(self, width: float, dash: bool) -> Iterator[Any]:
        """The canvas with a pen of that width; what is drawn after has no dashes."""
        canvas = self._sheet.canvas
        canvas.setStrokeColor(shade(INK))
        canvas.setLineWidth(width)
        canvas.setDash([2, 2] if dash else [])
        yield canvas
        canvas.setDash([])


class _ByContent(str):
    """The path of a picture that calls itself by what is in the file.

    ReportLab names pictures by `str` of their path; by this the same pictures give the same bytes
    whatever folder they lie in.
    """

    def __str__(self) -> str:
        """The digest of the file."""
        return md5(Path(super().__str__()).read_bytes(), usedforsecurity=False).hexdigest()


class _Nowhere:
    """A sheet as wide as another, on which nothing is drawn."""

    def __init__(self, sheet: Any) -> None:
        self.widths, self.page = sheet.widths, sheet.page
        self.canvas: Any = self

    def __getattr__(self, _name: str) -> Callable[..., None]:
        return _ignored


def _ignored(*_drawn: Any, **_how: Any) -> None:
    """Draw nothing."""


def _does_not_fit() -> None:
    raise RenderFailed("有一张卡片的内容太长，一张卡放不下；请把过长的地址或单位写短后重新生成")


def replace_lines(placed: _Placed, lines: list[str]) -> _Placed:
    """Return a cell at its place with some of its lines, from the top."""
    return replace(placed, lines=lines, cell=replace(placed.cell, top=True))


def _groups(rows: Sequence[Row], placed: list[_Placed]) -> list[tuple[int, int]]:
    """Return the runs of rows no sheet may end within: for a cell that reaches down, a heading."""
    joined = {row for one in placed for row in range(one.row + 1, one.row + one.cell.down)}
    joined |= {number + 1 for number, row in enumerate(rows[:-1]) if row.heading}
    starts = [row for row in range(len(rows)) if row not in joined]
    return list(zip(starts, [*starts[1:], len(rows)], strict=True))
