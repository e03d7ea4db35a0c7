"""The offline pages of a bundle: index.html for any browser, part → document → photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import quote

from exports.bundle.order import NOTE, PHOTO, Check, Frame, Item
from exports.bundle.survey import Missing, PartState, Survey
from exports.bundle.volumes import Place
from exports.documents.templates import FOLDER, fill
from models.core.errors import RecordsError
from models.core.files import size_told

PAGE, STYLE = "index.html", "index.css"


class LeavesTheBundle(RecordsError):
    """The index would point to something outside the bundle."""


@dataclass(frozen=True)
class IndexEntry:
    """One file as the index shows it."""

    href: str
    title: str
    note: str
    source: str


@dataclass(frozen=True)
class IndexPart:
    """One part as the index shows it."""

    number: int
    title: str
    clause: str
    percent: int
    documents: tuple[tuple[str, tuple[IndexEntry, ...]], ...]
    photos: tuple[tuple[str, tuple[IndexEntry, ...]], ...]
    missing: tuple[tuple[Missing, int], ...]
    note: IndexEntry | None
    elsewhere: tuple[int, ...]


def index_page(
    frame: Frame,
    survey: Survey,
    items: Sequence[Item],
    lists: Sequence[Item],
    checks: Sequence[Check],
    head: str,
    place: Place,
    archive: str = "",
) -> bytes:
    """Return index.html: what is missing first, then part by part what is there.

    `items` are those of the volume that `place` tells of. `archive` is the page of the archive's
    tree, "" without one.
    """
    parts = [_part(state, items, place) for state in survey.parts]
    data = {
        **head_of(frame, place.volume.place),
        "made_by": frame.order.made_by,
        "head": head,
        "parts": parts,
        "films": [(_entry(item), item.place, volume) for item, volume in place.films],
        "archive": quote(archive),
        "lists": [_entry(item) for item in lists],
        "checks": checks,
        "missing": len(survey.missing),
        "documents": sum(1 for item in items if item.is_document),
        "photos": sum(1 for item in items if item.kind == PHOTO),
        "whole": sum(1 for part in parts if part.percent == 100),
    }
    return fill("bundle/index.html", data).encode()


def head_of(frame: Frame, place: str) -> dict[str, Any]:
    """Return what every page of the bundle says at its head."""
    return {
        "school": frame.school,
        "home": frame.home,
        "term": frame.reach.title,
        "holds": frame.reach.holds,
        "edition": frame.edition,
        "made_line": frame.imprint("").made_line,
        "given_for": frame.order.choices.given_for,
        "place": place,
    }


def style_sheet() -> bytes:
    """Return the style sheet that lies beside the index."""
    return (FOLDER / "bundle" / STYLE).read_bytes()


def start_page(frame: Frame) -> bytes:
    """Return the page beside the package's own files that leads to the index."""
    return fill("bundle/start.html", {"school": frame.school, "term": frame.reach.title}).encode()


def _part(state: PartState, items: Sequence[Item], place: Place) -> IndexPart:
    own = [item for item in items if item.part == state.part.number]
    return IndexPart(
        number=state.part.number,
        title=state.part.title,
        clause=state.part.clause,
        percent=state.percent,
        documents=_by_source([item for item in own if item.kind not in (PHOTO, NOTE)]),
        photos=_by_source([item for item in own if item.kind == PHOTO]),
        missing=merged(state.missing),
        elsewhere=place.elsewhere(state.part.number),
        note=next((_entry(item) for item in own if item.kind == NOTE), None),
    )


def merged(missing: Sequence[Missing]) -> tuple[tuple[Missing, int], ...]:
    """Return what is missing with equal entries told once and counted, in order."""
    counted: dict[tuple[str, str, str], tuple[Missing, int]] = {}
    for one in missing:
        key = (one.title, one.why, one.supplier)
        first, count = counted.get(key, (one, 0))
        counted[key] = (first, count + 1)
    return tuple(counted.values())


def _by_source(items: Sequence[Item]) -> tuple[tuple[str, tuple[IndexEntry, ...]], ...]:
    return tuple(
        (source, tuple(_entry(item) for item in grouped))
        for source, grouped in groupby(items, key=lambda item: item.source)
    )


def _entry(item: Item) -> IndexEntry:
    if item.name.startswith(("/", "..")):
        raise LeavesTheBundle("文件名不对，请重新生成")
    size = size_told(item.made.bytes)
    note = f"{item.made.pages} 页 · {size}" if item.made.pages else size
    if item.kind == PHOTO and item.day:
        note = f"{item.day:%Y-%m-%d}"
    return IndexEntry(quote(item.name), item.title, note, item.source)
