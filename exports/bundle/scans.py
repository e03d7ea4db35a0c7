"""附件: which files and scans of the printed records go into a bundle, and which stay at home.

Nothing in a scan can be masked. A masked edition takes what the clerk marked as holding nothing
personal and, in the place of the scan, its masked copy; the rest is listed by masked title, kind,
size and sum (`models.photos.view.why_withheld`). The full edition takes them all.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from exports.bundle.cache import MadeFile, RenderCache, is_whole, key_of
from models.core.actor import Actor
from models.core.errors import BadFile
from models.core.gates import rows
from models.core.labels import own_label
from models.core.masking import TextMask
from models.core.register import Register
from models.core.validation import happened_on
from models.kept.photos import PICTURE, WITH_COPY, Photo, copies_of
from models.photos.other_files import FORMATS
from models.photos.store import display_path
from models.photos.view import PHOTOS, why_withheld

NO_FILE = "附件的文件不见了或已损坏，请从备份取回"


@dataclass(frozen=True)
class ChosenScan:
    """One scan of a record: what is shown of it (itself or its masked copy), or why nothing is."""

    photo: Any
    title: str
    day: date | None
    register: Register
    record: Any
    withheld: str
    changed_at: datetime


def scans_of(
    actor: Actor, register: Register, records: Sequence[Any], mask: TextMask
) -> list[ChosenScan]:
    """Return the files and scans of the records, in their order; two queries for any number."""
    titles = {kind: title for kind, title in register.evidence.items() if kind != PICTURE}
    if not titles or not records:
        return []
    by_id = {record.id: record for record in records}
    order = {record_id: place for place, record_id in enumerate(by_id)}
    query = rows(actor, PHOTOS).where(
        Photo.register == register.slug,
        Photo.record_id.in_(list(by_id)),
        Photo.evidence.in_(list(titles)),
        Photo.copy_of == 0,
    )
    found = sorted(query, key=lambda photo: (order[photo.record_id], photo.id))
    copies = copies_of(row.id for row in found if mask.masks and row.content == WITH_COPY)
    scans = []
    for photo in found:
        record = by_id[photo.record_id]
        shown = copies.get(photo.id, photo)
        scans.append(
            ChosenScan(
                photo=shown,
                title=f"{titles[photo.evidence]}：{mask(own_label(register, record))}",
                day=happened_on(register, record),
                register=register,
                record=record,
                withheld=why_withheld(shown, (), ()) if mask.masks else "",
                changed_at=max(photo.changed_at, shown.changed_at),
            )
        )
    return scans


def copied(
    scan: ChosenScan, originals: Path, displays: Path, cache: RenderCache
) -> MadeFile | None:
    """Return the scan as the package ships it, pixels alone; None when it is lost or damaged.

    `originals` are the uploaded files, `displays` their smaller copies.
    """

    kind = scan.photo.kind
    suffix = FORMATS[kind].suffix if kind in FORMATS else ".jpg"

    def make(target: Path) -> None:
        original = originals / scan.photo.path
        if not is_whole(original, scan.photo.sha256):
            raise BadFile(NO_FILE)
        if suffix != ".jpg":
            shutil.copyfile(original, target)
            return
        target.write_bytes(display_path(scan.photo, "display", originals, displays).read_bytes())

    try:
        return cache.get(key_of(["scan", scan.photo.sha256]), suffix, make)
    except BadFile:
        return None
