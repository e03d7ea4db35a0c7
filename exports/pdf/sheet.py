"""A4 pages drawn straight through ReportLab: frame, header, footer, text and lines."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from typing import Any

from exports.pdf.blocks import Geometry
from exports.pdf.fonts import (
    BOLD,
    REGULAR,
    STAND_IN,
    face_of,
    glyphs,
    prepare_reportlab,
    runs,
    told_absent,
)
from exports.pdf.imprint import Imprint
from exports.pdf.shades import INK, QUIET, RULE, TINT, shade

MM = 72 / 25.4
A4_SHORT, A4_LONG = 210 * MM, 297 * MM

_TOTAL = "total-pages"


class CharWidths(dict[str, float]):
    """Width of each character at size 1, looked up once.

    Remembers which are drawn by another font (`foreign`), and which by none (`absent`): those are
    as wide as what stands in for them.
    """

    def __init__(self, font: str = REGULAR) -> None:
        super().__init__()
        self._font = font
        self.foreign: set[str] = set()
        self.absent: set[str] = set()

    def __missing__(self, char: str) -> float:
        face = face_of(char, self._font)
        if face != self._font:
            self.foreign.add(char)
        if face is None:
            self.absent.add(char)
        width = glyphs(face or self._font)[ord(char if face else STAND_IN)]
        self[char] = width
        return width

    def of(self, text: str) -> float:
        """Width of one line at size 1."""
        return sum(map(self.__getitem__, text))


@dataclass(frozen=True)
class Margins:
    """Distances from the paper's edge to the body, in points."""

    top: float
    right: float
    bottom: float
    left: float
    head: float = 17 * MM
    foot: float = 12 * MM
    running: bool = True
    official: bool = False


# The side to be bound is wider: the left one upright, the upper one when the book lies across.
UPRIGHT = Margins(27 * MM, 18 * MM, 22 * MM, 25 * MM)
ACROSS = Margins(30 * MM, 18 * MM, 20 * MM, 18 * MM)


def _margins_of(geometry: Geometry) -> Margins:
    return Margins(
        top=geometry.top * MM,
        right=geometry.right * MM,
        bottom=geometry.bottom * MM,
        left=geometry.left * MM,
        head=geometry.head * MM,
        foot=geometry.foot * MM,
        running=geometry.running,
        official=geometry.official,
    )


class _BeijingStamp:
    """Stands in for ReportLab's clock; `made_at` is the file's only time."""

    dhh, dmm, tzname = 8, 0, "CST"

    def __init__(self, imprint: Imprint) -> None:
        self.YMDhms = imprint.made_at.timetuple()[:6]


class Sheet:
    """A PDF being drawn page by page; `left`, `right`, `top`, `bottom` bound the body in points.

    Text of a page is collected in one text object and written when the page ends.
    """

    def __init__(
        self,
        target: Path,
        imprint: Imprint,
        *,
        landscape: bool = False,
        geometry: Geometry | None = None,
    ) -> None:
        """Begin the file; `geometry` is the paper of a form, else it is that of a book."""
        prepare_reportlab()
        from reportlab.pdfgen.canvas import Canvas

        self.imprint, self._target = imprint, target
        self._part = target.with_name(target.name + ".part")
        self.paper = (A4_LONG, A4_SHORT) if landscape else (A4_SHORT, A4_LONG)
        margins = ACROSS if landscape else UPRIGHT
        if geometry is not None:
            self.paper = (geometry.width * MM, geometry.height * MM)
            margins = _margins_of(geometry)
        self._margins = margins
        self.left, self.right = margins.left, self.paper[0] - margins.right
        self.top, self.bottom = self.paper[1] - margins.top, margins.bottom
        self.widths = {REGULAR: CharWidths(REGULAR), BOLD: CharWidths(BOLD)}
        self.page = 0
        self.canvas: Any = Canvas(
            str(self._part), pagesize=self.paper, pageCompression=1, invariant=1, lang="zh-CN"
        )
        self._describe()
        self._text: Any = None
        self._absent: dict[str, None] = {}

    def _describe(self) -> None:
        document, imprint = self.canvas._doc, self.imprint
        document._timeStamp = _BeijingStamp(imprint)
        document.signature = md5(repr(imprint).encode(), usedforsecurity=False)
        self.canvas.setTitle(imprint.title)
        self.canvas.setAuthor(imprint.school)
        self.canvas.setSubject(imprint.subtitle)
        self.canvas.setCreator(imprint.made_by)

    def begin_page(self, *, numbered: bool = True) -> None:
        """Start a page; a numbered one carries the header and the footer."""
        self._text = self.canvas.beginText()
        self.colour(INK)
        if numbered:
            self.page += 1
        if numbered and self._margins.official:
            self._draw_official_number()
        elif numbered and self._margins.running:
            self._draw_header()
            self._draw_footer()

    def end_page(self) -> None:
        """Write the page out, with a note of the characters on it that no font has."""
        if self._absent:
            note = told_absent(self._absent)
            self._absent = {}
            self.colour(QUIET)
            room = self.right - self.left
            self.write(self.left, self.bottom - 10, self.fitted(note, 7.5, room), 7.5)
            self.colour(INK)
        self.canvas.drawText(self._text)
        self.canvas.showPage()

    def write(self, x: float, y: float, line: str, size: float, font: str = REGULAR) -> None:
        """One line of text with its baseline at `y`, beginning at `x`."""
        widths = self.widths[font]
        if widths.foreign.isdisjoint(line):
            self._put(x, y, line, size, font)
            return
        if not widths.absent.isdisjoint(line):
            self._absent |= dict.fromkeys(char for char in line if char in widths.absent)
        for face, run in runs(line, font):
            self._put(x, y, run, size, face)
            x += widths.of(run) * size

    def _put(self, x: float, y: float, line: str, size: float, font: str) -> None:
        text = self._text
        if (text._fontname, text._fontsize) != (font, size):
            text.setFont(font, size, size)
        text.setTextOrigin(x, y)
        text.textOut(line)

    def centred(self, x: float, y: float, line: str, size: float, font: str = REGULAR) -> None:
        """One line of text centred on `x`."""
        self.write(x - self.widths[font].of(line) * size / 2, y, line, size, font)

    def flush_right(self, x: float, y: float, line: str, size: float, font: str = REGULAR) -> None:
        """One line of text ending at `x`."""
        self.write(x - self.widths[font].of(line) * size, y, line, size, font)

    def colour(self, colour: str) -> None:
        """Colour of the text that follows on this page."""
        self._text.setFillColor(shade(colour))

    def line(self, x1: float, y1: float, x2: float, y2: float, width: float = 0.5) -> None:
        """A rule."""
        self.canvas.setStrokeColor(shade(RULE))
        self.canvas.setLineWidth(width)
        self.canvas.line(x1, y1, x2, y2)

    def tint(self, x: float, y: float, width: float, height: float) -> None:
        """A lightly tinted area, drawn under the page's text."""
        self.canvas.setFillColor(shade(TINT))
        self.canvas.rect(x, y, width, height, stroke=0, fill=1)

    def _draw_official_number(self) -> None:
        """四号 numerals between dashes below the body, one character in from its outer edge."""
        number, size = f"— {self.page} —", 14.0
        if self.page % 2:
            self.flush_right(self.right - size, self._margins.foot, number, size)
        else:
            self.write(self.left + size, self._margins.foot, number, size)

    def _draw_header(self) -> None:
        y = self.paper[1] - self._margins.head
        self.colour(QUIET)
        title = self.imprint.title
        school = self.fitted(self.imprint.school, 9, (self.right - self.left) * 0.6)
        room = self.right - self.left - (self.widths[REGULAR].of(school) + 2) * 9
        self.write(self.left, y, school, 9)
        self.flush_right(self.right, y, self.fitted(title, 9, room), 9)
        self.line(self.left, y - 5, self.right, y - 5, 0.4)
        self.colour(INK)

    def _draw_footer(self) -> None:
        y, size = self._margins.foot, 8.0
        self.colour(QUIET)
        middle = (self.left + self.right) / 2
        # On a small sheet the line of origin is set smaller before it is cut.
        room = (self.right - self.left) / 2 - (30 if self.right - self.left > 130 * MM else 12) * MM
        wide = self.widths[REGULAR].of(self.imprint.made_line)
        size = min(size, max(6.0, room / wide if wide else size))
        self.write(self.left, y, self.fitted(self.imprint.made_line, size, room), size)
        edition = self.fitted(self.imprint.edition, size, room)
        self.flush_right(self.right, y, edition, size)
        # The total is known at the end: a form drawn here and filled in by `finish`.
        before = f"第 {self.page} 页　共 "
        x = middle - (self.widths[REGULAR].of(before) + 2) * 4.5
        self.write(x, y, before, 9)
        self.colour(INK)
        self.canvas.saveState()
        self.canvas.translate(x + self.widths[REGULAR].of(before) * 9, y)
        self.canvas.doForm(_TOTAL)
        self.canvas.restoreState()

    def fitted(self, line: str, size: float, room: float, font: str = REGULAR) -> str:
        """`line`, shortened with … where it is wider than `room` points."""
        if self.widths[font].of(line) * size <= room:
            return line
        while line and self.widths[font].of(line + "…") * size > room:
            line = line[:-1]
        return line + "…"

    def finish(self) -> None:
        """Fill in the total of pages, save, and put the file in place of `target`."""
        self.canvas.beginForm(_TOTAL, 0, -4, 60, 14)
        self.canvas.setFillColor(shade(QUIET))
        self.canvas.setFont(REGULAR, 9)
        self.canvas.drawString(0, 0, f"{self.page} 页")
        self.canvas.endForm()
        self.canvas.save()
        self._part.replace(self._target)

    def abandon(self) -> None:
        """Leave nothing behind after a failure."""
        self._part.unlink(missing_ok=True)
