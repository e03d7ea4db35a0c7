"""Regulations to hang on the wall (上墙版), in the largest letters that fit the sheet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from compliance.ordered.papers import document
from exports.documents.paper import Asked, Paper, laid_out
from exports.pdf.blocks import POSTER, POSTER_A3, Block, Geometry, Text, Title, Turn
from exports.pdf.imprint import chinese_date
from exports.pdf.text import printable
from exports.pdf.wrap import wrap_text
from models.core.display import Page
from models.core.register import register_of
from models.kept.regulations import Regulation

MM = 72 / 25.4
LEADING = 1.6
# Largest and smallest letters of the body in points; A3 is read from a step away.
SIZES = {POSTER_A3: range(48, 23, -1), POSTER: range(34, 15, -1)}


def _declare(code: str, title: str, geometry: Geometry) -> None:
    @document(code, title, clauses=("S01-3", "S02-3"), source=("regulation",), about="regulation")
    def made(asked: Asked) -> Paper:
        page = Page(asked.reader, register_of(Regulation), asked.records, "pdf")
        blocks: list[Block] = []
        for record in asked.records:
            blocks += [Turn()] if blocks else []
            blocks += _poster(asked, page, record, geometry)
        name = page.text(asked.records[0], "title") if len(asked.records) == 1 else title
        return laid_out(name, title, *blocks, geometry=geometry)


def _poster(asked: Asked, page: Page, record: Any, geometry: Geometry) -> Iterable[Block]:
    """Title, the text in letters as large as one sheet allows, school and day at the right."""
    text = asked.mask(page.text(record, "text")).strip()
    sizes = SIZES[geometry]
    size = largest(text, geometry, sizes)
    yield Title(asked.mask(page.text(record, "title")), size=size * 1.5)
    yield Text(text, size, indent=2, leading=LEADING)
    day = record.adopted_on
    dated = chinese_date(day) if day else "　　年　月　日"
    yield Text(f"{asked.school}\n{dated}", size * 0.8, "right", before=4, leading=LEADING)


def largest(text: str, geometry: Geometry, sizes: range) -> int:
    """Return the largest size at which the text leaves room for title and signature on a sheet.

    The smallest when none does: the text then goes on overleaf, and nothing is cut.
    """
    from exports.pdf.sheet import CharWidths

    widths = CharWidths()
    high = (geometry.height - geometry.top - geometry.bottom) * MM
    for size in sizes:
        paragraphs = printable(text).split("\n")
        room = geometry.body * MM / size
        count = sum(
            len(wrap_text("　　" + paragraph, room, widths.__getitem__)) for paragraph in paragraphs
        )
        # The title takes two lines of one and a half sizes, the signature two.
        if size * (count * LEADING + 2 * 1.5 * 1.4 + 2 * 0.8 * LEADING) + 10 * MM <= high:
            return size
    return sizes[-1]


_declare("wall-poster", "上墙版（A3）", POSTER_A3)
_declare("wall-poster-a4", "上墙版（A4）", POSTER)
