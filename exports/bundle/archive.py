"""The 18 archive items as a second tree of a bundle, made only on request.

What an item consists of is declared for the panel's archive list; here each becomes a part like the
eight. A source that one of the eight parts reads too is made in the same way, under the same title,
so that it is the same file: the tree then points to it instead of holding it a second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from compliance.checklists import archive
from compliance.ordered.papers import document_signed_in
from exports.bundle.declaration import (
    BOOK,
    PHOTOS,
    SIGNED,
    BundleDeclaration,
    Part,
    Source,
)
from exports.bundle.names import folder_of
from models.core import calendar

ROOT = "档案十八项"
ARCHIVE_PLACE = "档案第{}项"


class ArchivePart(Part, frozen=True):
    """One archive item, read and made like one of the eight parts; the package itself has none."""

    @property
    def place(self) -> str:
        """How lists name it."""
        return ARCHIVE_PLACE.format(self.number)

    @property
    def folder(self) -> str:
        """The folder of what only this item holds."""
        return f"{ROOT}/{folder_of(self.number, self.title)}"


def archive_tree(eight: BundleDeclaration) -> BundleDeclaration:
    """Return the archive items as parts; each source is made as the eight parts make it."""
    known = [source for part in eight.parts for source in part.sources]
    parts = tuple(
        ArchivePart(
            number=item.number,
            clause=item.id,
            title=item.title,
            sources=tuple(_numbered(_sources(item, known))),
        )
        for item in archive.items()
    )
    return BundleDeclaration(parts=parts, also_reads=eight.also_reads)


def _sources(item: archive.Item, known: Sequence[Source]) -> Iterator[Source]:
    for asked in item.sources:
        if not asked.waived or getattr(calendar.school(), "chat_records", False):
            yield _made_as(asked, known)
    for source in known:
        if source.make == SIGNED and not item.package and _signs_for(item, source):
            yield source
    if item.photos:
        suppliers = [one.supplier for one in item.sources]
        yield Source(
            title="照片",
            make=PHOTOS,
            register=item.photos,
            at_least=1,
            supplier=suppliers[0] if suppliers else "文员",
        )


def _signs_for(item: archive.Item, source: Source) -> bool:
    document = document_signed_in(source.slug)
    return document is not None and document.code in item.documents


def _made_as(asked: archive.Source, known: Sequence[Source]) -> Source:
    """Return how an item's source is made: as the parts make that register, else a book of it."""
    alike = [source for source in known if source.make != PHOTOS and source.slug == asked.slug]
    same = next((source for source in alike if source.where == asked.where and not asked.per), None)
    if same is not None:
        return replace(same, needs=())
    return Source(
        title=asked.title,
        make=alike[0].make if alike else BOOK,
        register=asked.slug,
        where=asked.where,
        at_least=asked.at_least,
        per=asked.per,
        each_semester=bool(alike) and alike[0].each_semester,
        supplier=asked.supplier,
    )


def _numbered(sources: Iterable[Source]) -> Iterator[Source]:
    """Yield each source once: of two that read the same the first stands for both."""
    seen: list[tuple[object, ...]] = []
    for source in sources:
        if (key := (source.make, source.slugs, source.where)) not in seen:
            seen.append(key)
            yield source
