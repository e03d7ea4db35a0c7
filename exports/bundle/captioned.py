"""Captioned copies of the photos that go into a bundle."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from exports.bundle.cache import MadeFile, RenderCache, is_whole, key_of
from exports.bundle.order import Frame, Progress
from exports.bundle.photos import ChosenPhoto
from exports.documents.captions import caption_copy
from exports.pdf.fonts import FONT_FOLDER, REGULAR, STAND_IN, glyphs
from exports.pdf.text import printable
from models.core.errors import BadFile
from models.photos.store import display_path

FONT = FONT_FOLDER / "NotoSansSC-Regular.ttf"
STEP = "正在给照片加说明"
# Pillow lets other threads run while it works; more than this only costs memory.
_MOST_THREADS = 4
_BATCH = 16


def captioned(
    frame: Frame, photos: Iterable[ChosenPhoto], cache: RenderCache, progress: Progress
) -> dict[int, MadeFile | None]:
    """Return the captioned copy of each photo by id; None where the file is lost or damaged."""
    wanted = list({photo.photo.id: photo for photo in photos if not photo.withheld}.values())
    found: dict[int, MadeFile | None] = {}
    with ThreadPoolExecutor(min(os.cpu_count() or 1, _MOST_THREADS)) as threads:
        for batch in _batches(wanted):
            progress(STEP, len(found), len(wanted))
            copies = threads.map(lambda photo: _copy(frame, photo, cache), batch)
            found |= {photo.photo.id: copy for photo, copy in zip(batch, copies, strict=True)}
    progress(STEP, len(found), len(wanted))
    return found


def _batches(photos: list[ChosenPhoto]) -> Iterator[list[ChosenPhoto]]:
    for start in range(0, len(photos), _BATCH):
        yield photos[start : start + _BATCH]


def _copy(frame: Frame, chosen: ChosenPhoto, cache: RenderCache) -> MadeFile | None:
    lines = [_drawable(line) for line in chosen.caption(frame.school)]
    order, edge = frame.order, frame.order.choices.edge

    def make(target: Path) -> None:
        # The copy a cache holds may be older than a fault of the disk: the original must be itself.
        original = order.originals / chosen.photo.path
        if not is_whole(original, chosen.photo.sha256):
            raise BadFile("照片文件不见了或已损坏")
        display = display_path(chosen.photo, "display", order.originals, order.cache)
        caption_copy(display, target, lines, FONT, edge)

    try:
        return cache.get(key_of(["photo", chosen.photo.sha256, str(edge), *lines]), ".jpg", make)
    except BadFile:
        return None


def _drawable(line: str) -> str:
    """Return a line with what the caption's one font lacks stood in for."""
    drawn = glyphs(REGULAR)
    return "".join(char if ord(char) in drawn else STAND_IN for char in printable(line))
