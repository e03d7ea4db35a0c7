"""Register books: any number of rows as one bound PDF, in linear time.

Long tables do not go through xhtml2pdf, whose time grows with the square of the rows, but are
drawn row by row. One document is written from beginning to end, so that each font is embedded
once and no page is left half empty between parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from exports.pdf.columns import BookColumn, choose_layout
from exports.pdf.imprint import Imprint
from exports.pdf.text import printable

__all__ = ["BookColumn", "Cover", "write_book"]

# So many first rows decide the column widths.
_SAMPLE = 200


@dataclass(frozen=True)
class Cover:
    """A title page. `lines` are label and value pairs below the title (学期, 档号, 起止日期 …).

    School and title come from the imprint. The cover is not counted among the numbered pages.
    """

    lines: tuple[tuple[str, str], ...] = ()


def write_book(
    target: Path,
    *,
    columns: Sequence[BookColumn],
    rows: Iterable[Sequence[str]],
    imprint: Imprint,
    cover: Cover | None = None,
    blank_rows: int = 0,
) -> None:
    """Write a register book to `target`, which appears only when it is complete.

    `rows` is read once, one string per column; a line feed in a cell starts a new line. The
    heading row repeats on every page; a row taller than a page goes on overleaf. `blank_rows`
    empty rows for handwriting follow the last one. A character no font has is stood in for and
    named below its page.
    """
    from exports.pdf.cover import draw_cover
    from exports.pdf.sheet import CharWidths, Sheet
    from exports.pdf.table import Table

    clean = ([printable(cell).strip() for cell in row] for row in rows)
    sample = list(islice(clean, _SAMPLE))
    layout = choose_layout(columns, sample, CharWidths().of)
    sheet = Sheet(target, imprint, landscape=layout.landscape)
    try:
        if cover is not None:
            draw_cover(sheet, cover.lines)
        table = Table(sheet, [printable(column.label) for column in columns], columns, layout)
        table.begin()
        for row in chain(sample, clean):
            table.row(row)
        if not sample and not blank_rows:
            table.remark("本册暂无记录")
        for _ in range(blank_rows):
            table.blank_row()
        table.end()
        sheet.finish()
    finally:
        sheet.abandon()
