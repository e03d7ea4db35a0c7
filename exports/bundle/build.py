"""Builds a bundle from beginning to end.

Same data, settings, edition, approver and pinned versions give the same bytes: every time printed
or packed is the newest change among the records used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from pathlib import Path

from exports.bundle.archive_files import PAGE as ARCHIVE_PAGE
from exports.bundle.archive_files import Tree, contents_of, own_files, stored_once
from exports.bundle.bag import DamagedFile, PackedBag, write_bag
from exports.bundle.cache import MadeFile, RenderCache, key_of
from exports.bundle.captioned import captioned
from exports.bundle.checks import four_checks, head_at
from exports.bundle.declaration import PHOTOS, Part
from exports.bundle.documents import Copies, DocumentMaker
from exports.bundle.index import PAGE, STYLE, index_page, start_page, style_sheet
from exports.bundle.lists import lists_of
from exports.bundle.names import ATTACHED, file_name
from exports.bundle.notes import with_notes
from exports.bundle.order import PHOTO, SCAN, BuiltBundle, Frame, Item, Order, Progress
from exports.bundle.photos import NO_FILE, ChosenPhoto
from exports.bundle.plain import PlainData
from exports.bundle.reach import Reach, reach_called
from exports.bundle.scans import NO_FILE as LOST_SCAN
from exports.bundle.scans import copied
from exports.bundle.selection import (
    latest,
    newest,
    newest_behind,
    newest_setting,
    selected,
)
from exports.bundle.survey import Missing, PartState, SourceState, Survey, Surveyor
from exports.bundle.volumes import Place, Volume, size_of, split, whole
from models.core import calendar
from models.core.actor import system
from models.core.errors import NotFound
from models.core.masking import TextMask

AGENT = "left-behind-children-home"
MAKING = "正在制作文书"
SCANS = "正在放入附件"
PACKING = "正在打包"
MEGABYTE = 2**20
# The files beside the payload but its manifest: tags, the start page, the ZIP's own end.
TAG_FILES = 16 * 1024


def nothing_to_tell(_step: str, _done: int, _total: int) -> None:
    """Report progress to nobody."""


def build_bundle(order: Order, progress: Progress = nothing_to_tell) -> BuiltBundle:
    """Build the ordered bundle at `order.target`, which appears only when it is complete.

    A document that cannot be laid out is listed as missing. Raises NotFound for an unknown
    semester or year or a school not set up, and whatever `progress` raises to stop the work.
    """
    school = calendar.school()
    if school is None:
        raise NotFound("还没有设置学校，请先完成首次设置")
    reach = reach_called(order.reach)
    changed_at = _newest_of_sources(order, reach)
    # The reader's day only decides what is printed as of when; it is settled with the photos.
    first = Frame(order, reach, school.name, school.home_name, changed_at)
    surveyor = Surveyor(first.reader, reach, order.originals, changed_at.date())
    survey = surveyor.survey(order.parts, progress)
    archive = surveyor.survey(order.archive, progress)
    both, looked = survey.beside(archive), len(survey.missing)
    moments = [changed_at, *(photo.changed_at for photo in both.photos)]
    moments += [scan.changed_at for _part, _source, scan in both.scans]
    frame = Frame(order, reach, school.name, school.home_name, max(moments))
    cache = RenderCache(order.cache)
    copies = captioned(frame, both.photos, cache, progress)
    survey, archive = _without_lost(survey, copies), _without_lost(archive, copies)
    plain = PlainData(frame)
    make = Making(frame, cache, copies, surveyor.mask, plain, progress)
    items, survey = _items(make, survey)
    items = with_notes(frame, survey, items, cache, plain)
    archived, archive = _archived(make, archive, items)
    items = (*items, *own_files(archived))
    head = head_at(frame.made_at)
    plain.look(*(text for item in items for text in (item.name, item.title)))
    plain.look(*(one.title for one in (*survey.missing, *archive.missing)))
    plain.look(*(scan.title for _part, _source, scan in both.scans))
    checks = four_checks(frame, survey, items, plain, archive)
    lists = lists_of(frame, survey, items, checks, head, cache, archive)
    lost_files = (*(one for one, copy in copies.items() if copy is None), *make.lost_scans)
    bundle = BuiltBundle(
        (),
        frame.made_at,
        head,
        survey,
        items,
        checks,
        lost=len(survey.missing) - looked,
        lost_files=tuple(dict.fromkeys(lost_files)),
    )
    tree = Tree(frame, archive, archived)
    return _packed(frame, bundle, lists, tree, cache, progress)


def _packed(
    frame: Frame,
    bundle: BuiltBundle,
    lists: Sequence[Item],
    tree: Tree,
    cache: RenderCache,
    progress: Progress,
) -> BuiltBundle:
    """Write all volumes, or none: of a stopped work nothing is left that looks finished."""
    survey, items, checks, head = bundle.survey, bundle.items, bundle.checks, bundle.head
    choices, alone = frame.order.choices, whole(items)
    apart = split(items, 0, 0, film_apart=choices.film_apart)
    pages = [
        index_page(frame, survey, one.items, lists, checks, head, Place(one, apart))
        for one in apart
    ]
    reserved = sum(map(len, (*pages, tree.page(alone), style_sheet())))
    reserved += size_of(lists) + TAG_FILES
    limit = choices.volume_mb * MEGABYTE
    volumes = split(items, limit, reserved, film_apart=choices.film_apart)
    written: list[PackedBag] = []
    try:
        for volume in volumes:
            place = Place(volume, volumes)
            archive = ARCHIVE_PAGE if tree.items else ""
            page = index_page(frame, survey, volume.items, lists, checks, head, place, archive)
            payload = {item.name: item.made for item in (*volume.items, *lists)}
            beside = [(PAGE, page), (STYLE, style_sheet())]
            if tree.items:
                beside.append((ARCHIVE_PAGE, tree.page(place)))
            payload |= {name: _kept(cache, name, data) for name, data in beside}
            written.append(_pack(frame, payload, head, cache, progress, volume))
    except BaseException:
        for packed_bag in written:
            packed_bag.path.unlink(missing_ok=True)
        raise
    films = sum(volume.is_film for volume in volumes)
    return replace(bundle, volumes=tuple(written), film_volumes=films)


def _newest_of_sources(order: Order, reach: Reach) -> datetime:
    reader = system(datetime.combine(reach.first, time()))
    moments = [newest_setting(reader, reach)]
    for part in (*order.parts.parts, *order.archive.parts):
        for source in part.sources:
            for register in source.registers if source.make != PHOTOS else ():
                query = selected(reader, register, source, reach)
                moments.append(newest(query))
                moments.append(newest_behind(reader, order.parts.also_reads, register, query))
    found = latest(moments)
    assert found is not None, "the semester itself is a record"
    return found


def _without_lost(survey: Survey, copies: Copies) -> Survey:
    """Turn photos whose file could not be copied into missing items."""
    lost = {photo_id for photo_id, copy in copies.items() if copy is None}
    if not lost:
        return survey
    return Survey(tuple(_part_without(part, lost) for part in survey.parts))


def _part_without(state: PartState, lost: set[int]) -> PartState:
    sources = tuple(_source_without(state.part, source, lost) for source in state.sources)
    return PartState(state.part, sources)


def _source_without(part: Part, state: SourceState, lost: set[int]) -> SourceState:
    gone = [photo for photo in state.photos if photo.photo.id in lost]
    if not gone:
        return state
    missing = [
        Missing(
            part.number,
            state.source.title,
            f"照片：{photo.title}",
            NO_FILE,
            state.source.supplier,
            photo.register.slug,
            photo.record.id,
        )
        for photo in gone
    ]
    kept = [photo for photo in state.photos if photo.photo.id not in lost]
    return replace(
        state,
        found=state.found - len(gone),
        met=state.met - len(gone),
        photos=kept,
        missing=[*state.missing, *missing],
    )


def _with_failed(survey: Survey, failed: Sequence[Missing]) -> Survey:
    """Add the documents that could not be laid out to what is missing of their sources."""
    for lost in failed:
        for state in survey.parts[lost.part - 1].sources:
            if state.source.title == lost.source:
                state.asked += 1
                state.missing.append(lost)
    return survey


# A file, and the folder it lies in within that of its part.
Within = tuple[str, Item]


@dataclass(frozen=True)
class Making:
    """What the files of a tree, the parts or the archive, are made with."""

    frame: Frame
    cache: RenderCache
    copies: Copies
    mask: TextMask
    plain: PlainData
    progress: Progress
    lost_scans: list[int] = field(default_factory=list)

    @property
    def maker(self) -> DocumentMaker:
        """A new maker: what fails in one tree is missing in that one."""
        return DocumentMaker(self.frame, self.cache, self.copies, self.mask, self.plain)


def _items(make: Making, survey: Survey) -> tuple[tuple[Item, ...], Survey]:
    """Return documents, scans and photos, part by part, under their names in the package.

    The survey comes back with what could not be made among what is missing.
    """
    maker = make.maker
    scans, lost_scans = _scans(make, survey)
    items: list[Item] = []
    for state in survey.parts:
        part = state.part
        made = list(_documents(make, maker, part, len(survey.parts)))
        items += _named(make, state, part.folder, made, scans.get(part.number, ()))
    return tuple(items), _with_failed(survey, [*maker.failed, *lost_scans])


def _archived(
    make: Making, survey: Survey, items: Sequence[Item]
) -> tuple[tuple[Item, ...], Survey]:
    """Return the files of the archive's tree, each under the name it is stored by, and its survey.

    Without a tree asked for there are none.
    """
    made, survey = _items(make, survey)
    own = (replace(item, part=0, archive=item.part) for item in made)
    archived = stored_once(items, own)
    contents = contents_of(make.frame, survey, archived, make.cache, make.plain)
    return (*archived, *contents), survey


def _scans(make: Making, survey: Survey) -> tuple[dict[int, list[Within]], list[Missing]]:
    """Return the files and scans that may go, by part, and those whose file is lost."""
    order = make.frame.order
    found: dict[int, list[Within]] = {}
    lost: list[Missing] = []
    chosen = [one for one in survey.scans if not one[2].withheld]
    for done, (part, source, scan) in enumerate(chosen, start=1):
        make.progress(SCANS, done, len(chosen))
        made = copied(scan, order.originals, order.cache, make.cache)
        if made is None:
            make.lost_scans.append(scan.photo.id)
            lost.append(
                Missing(
                    part.number,
                    source.title,
                    scan.title,
                    LOST_SCAN,
                    source.supplier,
                    scan.register.slug,
                    scan.record.id,
                )
            )
            continue
        item = Item(part.number, SCAN, scan.title, scan.day, "", made, source.title)
        found.setdefault(part.number, []).append((source.folder, item))
    return found, lost


def _named(
    make: Making,
    state: PartState,
    folder: str,
    documents: Sequence[Within],
    scans: Sequence[Within],
) -> Iterator[Item]:
    """Yield the files of one part under their names in its folder."""
    # Each folder counts for itself.
    papers, attached = Counter[str](), Counter[str]()
    for within, item in documents:
        papers[within] += 1
        name = f"{papers[within]:02d}-{file_name(item.name)}{item.made.path.suffix}"
        yield item.renamed("/".join(filter(None, (folder, within, name))))
    for within, item in scans:
        attached[within] += 1
        name = f"{attached[within]:04d}-{file_name(item.title)}{item.made.path.suffix}"
        yield item.renamed("/".join(filter(None, (folder, within, ATTACHED, name))))
    shown = [
        (source, photo) for source in state.sources for photo in source.photos if not photo.withheld
    ]
    for place, (one, photo) in enumerate(shown, start=1):
        name = f"{folder}/照片/{place:04d}-{file_name(photo.title)}.jpg"
        yield _photo_item(state.part, one.source.title, photo, name, make.copies)


def _documents(make: Making, maker: DocumentMaker, part: Part, parts: int) -> Iterator[Within]:
    for source in part.sources:
        if source.make == PHOTOS or not source.registers:
            continue
        for item in maker.make(part, source):
            make.progress(f"{MAKING}：{part.title}", part.number, parts)
            yield source.folder, item


def _photo_item(part: Part, source: str, photo: ChosenPhoto, name: str, copies: Copies) -> Item:
    made = copies[photo.photo.id]
    assert made is not None, "lost photos are missing items"
    return Item(part.number, PHOTO, photo.title, photo.day, name, made, source)


def _kept(cache: RenderCache, name: str, data: bytes) -> MadeFile:
    """Put a page into the cache, from where everything is packed."""
    suffix = name[name.rindex(".") :]
    key = key_of(["page", name, data.decode()])
    return cache.get(key, suffix, lambda target: _write(target, data))


def _write(target: Path, data: bytes) -> None:
    target.write_bytes(data)


def _pack(
    frame: Frame,
    payload: dict[str, MadeFile],
    head: str,
    cache: RenderCache,
    progress: Progress,
    volume: Volume,
) -> PackedBag:
    order, made_at = frame.order, frame.made_at
    given_for = "".join(f"；{label}：{text}" for label, text in order.choices.given_for)
    base = file_name(f"{frame.school}-{frame.reach.code}-{frame.edition.partition('·')[0]}")
    info: Sequence[tuple[str, str]] = (
        ("Source-Organization", frame.school),
        (
            "External-Description",
            f"{frame.school}{frame.reach.title}上报材料（{frame.edition}）{given_for}",
        ),
        ("External-Identifier", base),
        ("Contact-Name", order.made_by),
        ("Bagging-Date", f"{made_at:%Y-%m-%d}"),
        ("Bag-Software-Agent", AGENT),
        ("Audit-Chain-Head", head),
        *(() if volume.is_alone else _among(volume, base)),
    )
    step = f"{PACKING}{volume.place}"
    tags = {PAGE: start_page(frame)}
    try:
        return write_bag(
            volume.beside(order.target),
            volume.name(base),
            payload,
            info,
            tags,
            made_at,
            lambda done, total: progress(step, done, total),
        )
    except DamagedFile as damaged:
        cache.forget(damaged.made)
        raise


def _among(volume: Volume, base: str) -> Sequence[tuple[str, str]]:
    """Return how a volume says what it belongs to (RFC 8493, 2.2.2)."""
    return (
        ("Bag-Group-Identifier", base),
        ("Bag-Count", f"{volume.number} of {volume.count}"),
    )
