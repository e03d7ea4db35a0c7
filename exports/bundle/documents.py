"""Makes the documents of a bundle: register books, meeting files, sheets of single records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from compliance.ordered.papers import document_signed_in
from exports.bundle.cache import MadeFile, RenderCache, key_of
from exports.bundle.declaration import BOOK, MEETINGS, SIGNED, Part, Source
from exports.bundle.order import Frame, Item
from exports.bundle.photos import ChosenPhoto, photos_of
from exports.bundle.plain import PlainData
from exports.bundle.selection import book_order, chunks, latest, newest, newest_behind, selected
from exports.bundle.survey import Missing
from exports.documents.book_of import (
    beside_of,
    cells_of,
    columns_of,
    layout_of,
    write_register_book,
)
from exports.documents.meeting import meeting_files
from exports.documents.paper import Asked, Paper, laid_out
from exports.documents.sheet import sheets_of
from exports.pdf.blocks import Picture
from exports.pdf.book import Cover
from exports.pdf.errors import RenderFailed
from exports.pdf.imprint import Imprint
from exports.tables.plain import write_workbook
from models.core.masking import TextMask
from models.core.register import Register
from models.core.validation import happened_on


class Link(NamedTuple):
    """What a document is of: register, title, and its record if it is of one alone."""

    register: str
    title: str
    record_id: int | None = None


Copies = dict[int, MadeFile | None]


class DocumentMaker:
    """Makes documents in the cache, each only when something in it changed."""

    def __init__(
        self, frame: Frame, cache: RenderCache, copies: Copies, mask: TextMask, plain: PlainData
    ) -> None:
        """`copies` are the captioned photos by id; `plain` looks at every text printed."""
        self._frame, self._cache, self._copies, self._mask = frame, cache, copies, mask
        self._plain = plain
        self.failed: list[Missing] = []

    def make(self, part: Part, source: Source) -> Iterator[Item]:
        """Yield the documents of one source, named by their titles."""
        register = source.registers[0]
        query = selected(self._frame.reader, register, source, self._frame.reach)
        if source.make == BOOK:
            if query.exists():
                yield from self._book(part, source, register, query)
            return
        if source.make == SIGNED:
            newest_version = query.order_by(register.model.edition.desc()).first()
            if newest_version is not None:
                yield from self._signed(part, source, register, newest_version)
            return
        for records in chunks(query, book_order(self._frame.reader, register)):
            if source.make == MEETINGS:
                yield from self._meetings(part, source, register, records)
            else:
                yield from self._sheets(part, source, register, records)

    # ---- books -----------------------------------------------------------------------------

    def _book(self, part: Part, source: Source, register: Register, query: Any) -> Iterator[Item]:
        reader = self._frame.reader
        also = self._frame.order.parts.also_reads
        made_at = latest([newest(query), newest_behind(reader, also, register, query)])
        imprint = self._imprint(source, source.title, made_at)
        cover = self._cover(source, register, query.count())

        def records() -> Iterator[list[Any]]:
            return chunks(query, book_order(self._frame.reader, register))

        def write(target: Path) -> None:
            term = source.within(self._frame.reach).title
            write_register_book(target, reader, register, records, imprint, cover=cover, term=term)

        key = self._book_key(register, records, imprint, cover)
        made = self._made(part, source, key, write, Link(register.slug, source.title))
        if made is not None:
            yield Item(part.number, "book", source.title, None, source.title, made, source.title)

    def _book_key(
        self,
        register: Register,
        records: Callable[[], Iterator[list[Any]]],
        imprint: Imprint,
        cover: Cover,
    ) -> str:
        reader = self._frame.reader
        layout = layout_of(reader, register)

        def parts() -> Iterator[str]:
            yield from ("book", repr(imprint), repr(cover), repr(columns_of(layout)))
            for row in cells_of(reader, register, layout, records):
                self._plain.look(*row)
                yield "\x1f".join(row)
            for row in beside_of(reader, register, layout, records):
                self._plain.look(*row)
                yield "\x1f".join(row)

        return key_of(parts())

    def _imprint(self, source: Source, title: str, made_at: datetime | None) -> Imprint:
        """Return what a document says about its origin; one of a semester names that one."""
        about = source.within(self._frame.reach)
        return self._frame.imprint(title, made_at, about.title)

    def _cover(self, source: Source, register: Register, count: int) -> Cover:
        frame, about = self._frame, source.within(self._frame.reach)
        return Cover(
            (
                (about.word, about.title),
                ("归档类目", f"{register.box.number} {register.box.title}"),
                ("记录数", f"{count} 条"),
                *frame.order.choices.given_for,
            )
        )

    # ---- what a leader signed --------------------------------------------------------------

    def _signed(
        self, part: Part, source: Source, register: Register, record: Any
    ) -> Iterator[Item]:
        """Yield the signed version as it was signed, for the printer and as a workbook."""
        frame, order = self._frame, self._frame.order
        document = document_signed_in(register.slug)
        assert document is not None, "checked where the bundle is declared"
        assert document.maker is not None, "checked where documents are declared"
        term = source.within(frame.reach).terms[-1]
        asked = Asked(frame.reader, frame.school, term, order.originals, order.cache, signed=record)
        paper: Paper = document.maker(asked)
        imprint = frame.imprint(paper.title, record.signed_at, paper.subtitle)
        self._plain.look(paper.body)
        name = f"{paper.title}-第{record.edition}版"

        def workbook(target: Path) -> None:
            write_workbook(
                target,
                paper.tables,
                title=name,
                made_at=record.signed_at,
                made_by=order.made_by,
            )

        writers: tuple[tuple[str, Callable[[Path], None]], ...] = (
            (".pdf", lambda target: paper.write(target, imprint)),
            (".xlsx", workbook),
        )
        for suffix, write in writers:
            key = key_of(["signed", suffix, repr(imprint), paper.body, record.sha256])
            link = Link(register.slug, paper.title, record.id)
            made = self._made(part, source, key, write, link, suffix)
            if made is not None:
                day = record.counted_on
                yield Item(part.number, source.make, paper.title, day, name, made, source.title)

    # ---- single records --------------------------------------------------------------------

    def _sheets(
        self, part: Part, source: Source, register: Register, records: Sequence[Any]
    ) -> Iterator[Item]:
        made = sheets_of(self._frame.reader, register, records)
        for record, (title, html) in zip(records, made, strict=True):
            yield from self._laid_out(
                part, source, register, record, Paper(title, "", html), record.changed_at
            )

    def _meetings(
        self, part: Part, source: Source, register: Register, records: Sequence[Any]
    ) -> Iterator[Item]:
        reader = self._frame.reader
        found = photos_of(reader, register, records, self._frame.order.originals, self._mask)
        shipped = [photo for photo in found if self._copies.get(photo.photo.id) is not None]
        placed: dict[int, list[Picture]] = {record.id: [] for record in records}
        moments: dict[int, list[datetime]] = {record.id: [] for record in records}
        for photo in shipped:
            copy = self._copies[photo.photo.id]
            assert copy is not None
            placed[photo.record.id].append(Picture(copy.sha256, copy.path, _below(photo)))
            moments[photo.record.id].append(photo.changed_at)
        files = meeting_files(reader, records, placed)
        for record, file in zip(records, files, strict=True):
            changed_at = max([record.changed_at, *moments[record.id]])
            paper = laid_out(file.title, "", *file.blocks)
            yield from self._laid_out(part, source, register, record, paper, changed_at)

    def _laid_out(
        self,
        part: Part,
        source: Source,
        register: Register,
        record: Any,
        paper: Paper,
        changed_at: datetime,
    ) -> Iterator[Item]:
        title = paper.title
        imprint = self._imprint(source, title, changed_at)
        self._plain.look(paper.body)

        def write(target: Path) -> None:
            paper.write(target, imprint)

        key = key_of(["paper", repr(imprint), paper.body])
        made = self._made(part, source, key, write, Link(register.slug, title, record.id))
        if made is None:
            return
        day = happened_on(register, record)
        name = f"{title}-{day:%Y%m%d}" if day else title
        yield Item(part.number, source.make, title, day, name, made, source.title)

    def _made(
        self,
        part: Part,
        source: Source,
        key: str,
        write: Callable[[Path], None],
        link: Link,
        suffix: str = ".pdf",
    ) -> MadeFile | None:
        """Return the file; None for one that cannot be laid out, which is then missing."""
        try:
            return self._cache.get(key, suffix, write)
        except RenderFailed as failure:
            self.failed.append(
                Missing(
                    part.number,
                    source.title,
                    link.title,
                    str(failure),
                    source.supplier,
                    link.register,
                    link.record_id,
                )
            )
            return None


def _below(photo: ChosenPhoto) -> str:
    return " · ".join(filter(None, (photo.title, photo.place)))
