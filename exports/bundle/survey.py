"""What of a bundle is there and what is missing, counted without making any file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from compliance.checklists.archive_state import counts_the_package
from exports.bundle.declaration import (
    EVERY_MONTH,
    PHOTOS,
    SCHOOL_YEAR,
    BundleDeclaration,
    Part,
    Source,
    declaration,
)
from exports.bundle.photos import ChosenPhoto, photos_of
from exports.bundle.reach import Reach
from exports.bundle.scans import ChosenScan, scans_of
from exports.bundle.selection import book_order, chunks, selected
from models.core.actor import Actor
from models.core.conditions import is_filled
from models.core.gates import every_row
from models.core.installation import originals
from models.core.labels import own_label
from models.core.masking import TextMask
from models.core.register import Register, find, line_registers
from models.core.school_calendar import SemesterSpan
from models.core.semester_records import belongs_to_semesters
from models.core.validation import happened_on
from models.kept.photos import PICTURE, Photo
from models.photos.view import NO_CHILDREN, NO_CONSENT, file_told
from models.photos.view import PHOTOS as PHOTO_REGISTER

NOT_KEPT = "这项登记还没有启用"
NO_RECORDS = "还没有登记"
CLERK_MARKS = "文员"


@dataclass(frozen=True)
class Missing:
    """One thing that is missing: of which part, what, why, who can supply it, and where.

    `file` says of a file that is there and stays at home its kind, size and sum.
    """

    part: int
    source: str
    title: str
    why: str
    supplier: str
    register: str = ""
    record_id: int | None = None
    file: str = ""


@dataclass
class SourceState:
    """One source as found: the records or photos that count, what was asked, what is met."""

    source: Source
    found: int = 0
    asked: int = 0
    met: int = 0
    photos: list[ChosenPhoto] = field(default_factory=list)
    scans: list[ChosenScan] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)


@dataclass(frozen=True)
class PartState:
    """One part as found."""

    part: Part
    sources: tuple[SourceState, ...]

    @property
    def percent(self) -> int:
        """How much of what is asked is met, rounded down: 100 means nothing is missing."""
        asked = sum(state.asked for state in self.sources)
        return 100 * sum(state.met for state in self.sources) // asked if asked else 0

    @property
    def missing(self) -> list[Missing]:
        """What is missing, in the order of the sources."""
        return [one for state in self.sources for one in state.missing]

    @property
    def found(self) -> int:
        """How many records and photos there are."""
        return sum(state.found for state in self.sources)


@dataclass(frozen=True)
class Survey:
    """All parts as found."""

    parts: tuple[PartState, ...]

    def beside(self, other: Survey) -> Survey:
        """Return both as one: all that is looked at for the package."""
        return Survey((*self.parts, *other.parts))

    @property
    def missing(self) -> list[Missing]:
        """All that is missing, part by part."""
        return [one for part in self.parts for one in part.missing]

    @property
    def photos(self) -> list[ChosenPhoto]:
        """The photos that go into the bundle, each once, in the order of the parts."""
        return [
            photo
            for part in self.parts
            for s in part.sources
            for photo in s.photos
            if not photo.withheld
        ]

    @property
    def scans(self) -> list[tuple[Part, Source, ChosenScan]]:
        """The files and scans of all printed records, each once, where they stand first."""
        found: dict[int, tuple[Part, Source, ChosenScan]] = {}
        for part in self.parts:
            for state in part.sources:
                for scan in state.scans:
                    found.setdefault(scan.photo.id, (part.part, state.source, scan))
        return list(found.values())


# What of the archive's tree is looked at where it was not asked for.
NO_ARCHIVE = Survey(())


class Surveyor:
    """Looks at a semester or a school year as one reader may see it."""

    def __init__(self, reader: Actor, reach: Reach, files: Path, today: date) -> None:
        """`today` bounds what is asked for: a month not begun asks for nothing yet.

        Of a school year neither does a semester not begun, all before the first apart.
        """
        self._reader, self._reach, self._originals, self._today = reader, reach, files, today
        self.mask = TextMask(reader)

    def survey(
        self, declared: BundleDeclaration, progress: Callable[[str, int, int], None] | None = None
    ) -> Survey:
        """Return what is there; `progress` gets a step, done and total."""
        parts = []
        for part in declared.over(self._reach).parts:
            if progress is not None:
                progress("正在清点资料", part.number, len(declared.parts))
            parts.append(
                PartState(part, tuple(self._source(part, source) for source in part.sources))
            )
        return Survey(tuple(parts))

    def _source(self, part: Part, source: Source) -> SourceState:
        state = SourceState(source)
        if not source.registers:
            state.asked = source.at_least
            state.missing.append(
                Missing(part.number, source.title, source.title, NOT_KEPT, source.supplier)
            )
            return state
        if source.make == PHOTOS:
            self._photos(part, state)
        else:
            self._records(part, state)
        return state

    # ---- documents -------------------------------------------------------------------------

    def _records(self, part: Part, state: SourceState) -> None:
        source = state.source
        register = source.registers[0]
        months: Counter[str] = Counter()
        query = selected(self._reader, register, source, self._reach)
        if not source.needs and source.per != EVERY_MONTH:
            state.found = query.count()
        else:
            for records in chunks(query, book_order(self._reader, register)):
                state.found += len(records)
                months.update(_month(register, record) for record in records)
                self._needs(part, state, register, records)
        if set(register.evidence) - {PICTURE}:
            with_scans = every_row(PHOTO_REGISTER).select(Photo.record_id)
            with_scans = with_scans.where(
                Photo.register == register.slug, Photo.evidence != PICTURE
            )
            scanned = query.where(register.model.id.in_(with_scans))
            for records in chunks(scanned, book_order(self._reader, register)):
                state.scans += scans_of(self._reader, register, records, self.mask)
        if source.per == EVERY_MONTH:
            self._each_month(part, state, register, months)
        else:
            for one in self._asking(source):
                found = state.found
                if one != source.within(self._reach):
                    found = selected(self._reader, register, source, one).count()
                self._at_least(part, state, one, found)

    def _asking(self, source: Source) -> list[Reach]:
        """Return what must each have records of its own: of a school year the semesters begun.

        What belongs to every semester, or is due once in a school year, is asked for once.
        """
        within = source.within(self._reach)
        apart = source.per != SCHOOL_YEAR and any(map(belongs_to_semesters, source.registers))
        if not (self._reach.is_year and apart):
            return [within]
        begun = [reach for reach in self._reach.each() if reach.first <= self._today]
        return [
            reach for reach in begun or self._reach.each()[:1] if reach.terms[0] in within.terms
        ]

    def _at_least(self, part: Part, state: SourceState, reach: Reach, found: int) -> None:
        source = state.source
        state.asked += source.at_least
        state.met += min(found, source.at_least)
        if found < source.at_least:
            why = f"要有 {source.at_least} 份，现有 {found} 份" if found else NO_RECORDS
            title = source.title
            if reach != source.within(self._reach):
                title += f"（{reach.terms[0].place}）"
            slug = source.registers[0].slug
            told = Missing(part.number, source.title, title, why, source.supplier, slug)
            state.missing.append(told)

    def _each_month(
        self, part: Part, state: SourceState, register: Register, months: Counter[str]
    ) -> None:
        source = state.source
        for month in _months(self._reach, self._today):
            state.asked += source.at_least
            state.met += min(months[month], source.at_least)
            if months[month] < source.at_least:
                why = f"要有 {source.at_least} 条，现有 {months[month]} 条"
                title = f"{source.title}（{month}）"
                state.missing.append(
                    Missing(part.number, source.title, title, why, source.supplier, register.slug)
                )

    def _needs(
        self, part: Part, state: SourceState, register: Register, records: Sequence[Any]
    ) -> None:
        have = _evidence_of(register, records)
        lines = _lines_of(register, records)
        for record in records:
            for need in state.source.needs:
                state.asked += 1
                if any(_has(name, record, have, lines) for name in need.split("|")):
                    state.met += 1
                    continue
                title = self.mask(own_label(register, record))
                why = f"没有{_need_title(register, need)}"
                state.missing.append(
                    Missing(
                        part.number,
                        state.source.title,
                        title,
                        why,
                        state.source.supplier,
                        register.slug,
                        record.id,
                    )
                )

    # ---- photos ----------------------------------------------------------------------------

    def _photos(self, part: Part, state: SourceState) -> None:
        for register in state.source.registers:
            query = selected(self._reader, register, state.source, self._reach)
            with_photos = every_row(PHOTO_REGISTER).select(Photo.record_id)
            query = query.where(
                register.model.id.in_(with_photos.where(Photo.register == register.slug))
            )
            for records in chunks(query, book_order(self._reader, register)):
                state.photos += photos_of(
                    self._reader, register, records, self._originals, self.mask
                )
        for photo in state.photos:
            if photo.withheld:
                state.missing.append(_withheld(part, state.source, photo))
        state.found = sum(1 for photo in state.photos if not photo.withheld)
        # Each photo that cannot go is one thing asked for and not met.
        state.asked += len(state.photos)
        state.met += state.found
        for one in self._asking(state.source):
            found = self._shown_in(one, state)
            if found < state.source.at_least:
                self._at_least(part, state, one, found)

    def _shown_in(self, reach: Reach, state: SourceState) -> int:
        """Return how many of the photos that go are on records of a part of the reach."""
        source = state.source
        if reach == source.within(self._reach):
            return state.found
        inside = {
            (register.slug, number)
            for register in source.registers
            for (number,) in selected(self._reader, register, source, reach)
            .select(register.model.id)
            .tuples()
        }
        going = (photo for photo in state.photos if not photo.withheld)
        return sum((one.register.slug, one.record.id) in inside for one in going)


def survey_of(actor: Actor, reach: Reach | SemesterSpan) -> Survey:
    """Return what of the bundle of a semester or a year is there, as the actor may see it."""
    over = Reach((reach,)) if isinstance(reach, SemesterSpan) else reach
    return Surveyor(actor, over, originals(), actor.today).survey(declaration())


@counts_the_package
def parts_met(actor: Actor, term: SemesterSpan) -> tuple[int, int]:
    """Return how many parts of a semester's bundle lack nothing, and how many parts there are.

    Counted as the school's, whoever asks: the state of a list is no matter of the reader's rows.
    """
    parts = survey_of(actor.as_product, term).parts
    return sum(not part.missing for part in parts), len(parts)


def _withheld(part: Part, source: Source, photo: ChosenPhoto) -> Missing:
    by_clerk = photo.withheld in (NO_CHILDREN, NO_CONSENT)
    return Missing(
        part.number,
        source.title,
        f"照片：{photo.title}",
        photo.withheld,
        CLERK_MARKS if by_clerk else source.supplier,
        photo.register.slug,
        photo.record.id,
        file_told(photo.photo),
    )


def _evidence_of(register: Register, records: Sequence[Any]) -> set[tuple[int, str]]:
    """Return (record, kind of attachment) of every attachment, in one query."""
    query = every_row(PHOTO_REGISTER).select(Photo.record_id, Photo.evidence)
    query = query.where(
        Photo.register == register.slug, Photo.record_id.in_([record.id for record in records])
    )
    return set(query.tuples())


def _lines_of(register: Register, records: Sequence[Any]) -> set[tuple[int, str]]:
    """Return (record, register of lines) of every record with at least one line."""
    ids = [record.id for record in records]
    found: set[tuple[int, str]] = set()
    for lines in line_registers(register):
        column = getattr(lines.model, lines.parent)
        parents = every_row(lines).select(column).where(column.in_(ids)).distinct().tuples()
        found |= {(parent, lines.slug) for (parent,) in parents}
    return found


def _has(
    name: str, record: Any, evidence: set[tuple[int, str]], lines: set[tuple[int, str]]
) -> bool:
    return is_filled(record, name) or (record.id, name) in evidence or (record.id, name) in lines


def _need_title(register: Register, need: str) -> str:
    name = need.partition("|")[0]
    declared = find(name)
    if name in register.evidence:
        return register.evidence[name]
    if name in register.fields:
        return register.fields[name].label
    return declared.title if declared is not None else name


def _month(register: Register, record: Any) -> str:
    day = happened_on(register, record)
    value: date | datetime | None = day or record.entered_at
    return f"{value:%Y-%m}" if value else ""


def _months(reach: Reach, today: date) -> list[str]:
    """Return the calendar months of all its semesters up to today as 2025-09, each once."""
    spans = ((term.first, min(term.last, today)) for term in reach.terms)
    return list(dict.fromkeys(month for first, last in spans for month in _between(first, last)))


def _between(first: date, last: date) -> Iterator[str]:
    year, month = first.year, first.month
    while (year, month) <= (last.year, last.month):
        yield f"{year}-{month:02d}"
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
