"""What a maker is asked for and what it returns: one paper, for the page, the printer and Excel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from exports.documents.templates import fill
from exports.pdf.blocks import FORM, Block, Geometry, pictures_in
from exports.pdf.errors import RenderFailed
from exports.pdf.html import render_html
from exports.pdf.imposed import impose
from exports.pdf.imprint import Imprint
from exports.pdf.laid_out import write_blocks
from exports.tables.plain import Sheet
from models.core.actor import Actor
from models.core.listing import ListRequest
from models.core.masking import TextMask
from models.core.register import Register
from models.core.school_calendar import SemesterSpan


@dataclass(frozen=True)
class Printing:
    """For whom something is printed, under whose name and which time; where the photos lie.

    Without the folders it is printed without photos.
    """

    reader: Actor
    school: str
    term: str
    originals: Path | None = None
    cache: Path | None = None


@dataclass(frozen=True)
class Asked:
    """What is asked of a maker: for whom, of which semester, about which register and records.

    `records` are already within the reader's rows; `chunks` yields those of a whole book,
    which `listed` chose; `blank_rows` empty rows follow them. `sides` is how
    it goes onto the printer's sheets. `signed` is the signed version to be
    made instead of counting anew.
    """

    reader: Actor
    school: str
    semester: SemesterSpan
    originals: Path
    cache: Path
    register: Register | None = None
    records: tuple[Any, ...] = ()
    chunks: Callable[[], Iterable[list[Any]]] = field(default=lambda: ())
    listed: ListRequest = field(default_factory=ListRequest)
    blank_rows: int = 0
    sides: str = ""
    signed: Any = None

    @property
    def printing(self) -> Printing:
        """For whom it is printed, and where the photos lie."""
        return Printing(self.reader, self.school, self.semester.title, self.originals, self.cache)

    @property
    def mask(self) -> TextMask:
        """What masks free text for the reader."""
        return TextMask(self.reader)


@dataclass(frozen=True)
class Paper:
    """One document: its body as HTML, which is the page looked at and the source of the PDF.

    `images` are the files of its `app-photo:` sources. `draw` writes what is drawn on the paper
    instead of laid out, as a long book is. `tables` are the sheets of its workbook. `content`
    is what a leader signs: the same data give the same text. `note` stands beside the page, not on
    the paper. `binding` is by how many millimetres the left margin is wider than the right one.
    `nothing` says why there is nothing to print yet and what to do: no sheet is made then.
    """

    title: str
    subtitle: str
    body: str
    across: bool = False
    images: Mapping[str, Path] = field(default_factory=dict)
    draw: Callable[[Path, Imprint], None] | None = None
    tables: Sequence[Sheet] = ()
    content: str = ""
    note: str = ""
    binding: float = 0
    nothing: str = ""

    def write(self, target: Path, imprint: Imprint, sides: str = "") -> None:
        """Write the PDF to `target`; RenderFailed says what cannot be printed.

        `sides` is how it goes onto the sheets, one of those of `exports.pdf.imposed`.
        """
        if self.nothing:
            raise RenderFailed(self.nothing)
        if sides:
            plain = target.with_suffix(".one-sided.pdf")
            self.write(plain, imprint)
            impose(plain, target, sides, self.binding)
            return
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
    content: str = "",
) -> Paper:
    """Return a paper made of blocks: its page and its PDF show the same ones."""
    images = {picture.key: picture.path for picture in pictures_in(blocks)}

    def draw(target: Path, imprint: Imprint) -> None:
        write_blocks(target, blocks, geometry, imprint)

    return Paper(
        title,
        subtitle,
        page_of(blocks),
        images=images,
        draw=draw,
        tables=tables,
        content=content,
        binding=geometry.left - geometry.right,
    )


def no_paper(title: str, subtitle: str, why: str) -> Paper:
    """Return what stands in for a document that has nothing to say yet: the reason, no sheet."""
    return Paper(title, subtitle, "", nothing=why)


def page_of(blocks: Sequence[Block]) -> str:
    """Return the blocks as the body of a page."""
    data = {"blocks": blocks, "kind_of": lambda block: type(block).__name__}
    return fill("documents/blocks.html", data)
