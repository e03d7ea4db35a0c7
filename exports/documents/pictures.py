"""The photos of a record as its reader may see them: the copy's file, and what stands below."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from exports.documents.paper import Printing
from exports.pdf.blocks import Picture
from exports.pdf.imprint import chinese_date
from models.core.errors import BadFile
from models.core.register import Register
from models.core.validation import happened_on
from models.photos.store import display_path
from models.photos.view import captions, photos_of, publishable, withheld

PICTURE = "photo"


def photos_for(
    asked: Printing,
    register: Register,
    records: Iterable[Any],
    size: str = "display",
    *,
    published: bool = False,
) -> dict[int, list[Picture]]:
    """Return per record the pictures the reader sees, oldest first; lost files are left out.

    Before the inspector stands nothing that lacks consent or a mark, and what is `published` has
    leave for publicity from every child on it.
    """
    by_id = {record.id: record for record in records}
    if asked.originals is None or asked.cache is None or "photo" not in register.evidence:
        return {number: [] for number in by_id}
    found = photos_of(asked.reader, register, by_id)
    photos = [p for theirs in found.values() for p in theirs if p.evidence == PICTURE]
    held = withheld(asked.reader, photos)
    if published:
        held |= {photo.id for photo in photos} - publishable(photos, asked.reader.today)
    texts = captions(asked.reader, photos)
    placed: dict[int, list[Picture]] = {number: [] for number in by_id}
    for photo in photos:
        if photo.id in held:
            continue
        try:
            path = display_path(photo, size, asked.originals, asked.cache)
        except BadFile:
            continue
        day = happened_on(register, by_id[photo.record_id])
        said = texts[photo.id]
        parts = (
            asked.school,
            said["matter"] or register.title.removesuffix("记录").removesuffix("登记"),
            chinese_date(day) if day else said["taken_at"],
            said["place"],
        )
        caption = " · ".join(filter(None, parts))
        placed[photo.record_id].append(Picture(str(photo.id), path, caption))
    return placed
