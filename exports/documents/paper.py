"""What a maker is asked for and what it returns: one paper, for the page, the printer and Excel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from exports.documents.templates import fill
from exports.pdf.blocks import FORM, Block, Geometry, Layout
from exports.pdf.book import BookColumn, Cover, write_book
from exports.pdf.errors import RenderFailed
from exports.pdf.html import render_html
from exports.pdf.imprint import Imprint
from exports.pdf.laid_out import write_layout
from exports.tables.plain import Sheet
from models.core.actor import Actor
from models.core.masking import TextMask
from models.core.register import Register
from models.core.school_calendar import SemesterSpan

# So many rows of a book stand on its page; the paper has all.
PREVIEW_ROWS = 200


@dataclass(frozen=True)
class Asked:
    """What is asked of a maker: for whom, of which semester, about which register and records.

    `records` are already within the reader's rows; `chunks` yields those of a whole book.
    """

    reader: Actor
    school: str
    semester: SemesterSpan
    originals: Path
    cache: Path
    register: Register | None = None
    records: tuple[Any, ...] = ()
    chunks: Callable[[], Iterable[list[Any]]] = field(default=lambda: ())

    @property
    def mask(self) -> TextMask:
        """What masks free text for the reader."""
        return TextMask(self.reader)


@dataclass(frozen=True)
class Paper:
    """One document: its body as HTML, which is the page looked at and the source of the PDF.

    `images` are the files of its `app-photo:` sources. `draw` writes what is drawn on the paper
    instead of laid out, as a long book is. `tables` are the sheets of its workbook.
    """

    title: str
    subtitle: str
    body: str
    across: bool = False
    images: Mapping[str, Path] = field(default_factory=dict)
    draw: Callable[[Path, Imprint], None] | None = None
    tables: Sequence[Sheet] = ()

    def write(self, target: Path, imprint: Imprint) -> None:
        """Write the PDF to `target`; RenderFailed says what cannot be printed."""
        if self.draw is not None:
            self.draw(target, imprint)
            return
        data = render_html(self.body, imprint=imprint, images=self._image, landscape=self.across)
        target.write_bytes(data)

    def _image(self, key: str) -> Path:
        if key not in self.images:
            raise RenderFailed("文书里的一张照片不在照片库中，请重新生成")
        return self.images[key]


def laid_out(
    title: str,
    subtitle: str,
    *blocks: Block,
    geometry: Geometry = FORM,
    tables: Sequence[Sheet] = (),
) -> Paper:
    """Return a paper made of blocks: its page and its PDF show the same ones."""
    layout = Layout(tuple(blocks), geometry)
    body = fill(
        "documents/blocks.html",
        {"blocks": layout.blocks, "kind_of": lambda block: type(block).__name__},
    )

    def draw(target: Path, imprint: Imprint) -> None:
        write_layout(target, layout, imprint)

    return Paper(title, subtitle, body, images=layout.pictures, draw=draw, tables=tables)


def book(
    title: str,
    subtitle: str,
    columns: Sequence[BookColumn],
    rows: Callable[[], Iterator[Sequence[str]]],
    cover: Cover | None = None,
) -> Paper:
    """Return a register book, drawn row by row; its page shows the first rows."""
    first = list(islice(rows(), PREVIEW_ROWS + 1))
    data = {
        "title": title,
        "subtitle": subtitle,
        "columns": columns,
        "rows": first[:PREVIEW_ROWS],
        "more": len(first) > PREVIEW_ROWS,
        "most": PREVIEW_ROWS,
    }

    def draw(target: Path, imprint: Imprint) -> None:
        write_book(target, columns=columns, rows=rows(), imprint=imprint, cover=cover)

    return Paper(title, subtitle, fill("documents/book.html", data), draw=draw)
