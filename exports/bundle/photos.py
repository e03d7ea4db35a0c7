"""Which photos go into a bundle, under which caption, and why the others do not.

What may be shown outside the school is said in `models.photos.view`; a photo whose file is lost
stays at home too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from exports.bundle.selection import newest
from models.core.actor import Actor
from models.core.display import Page
from models.core.gates import every_row, rows
from models.core.masking import TextMask
from models.core.register import Register, register_of
from models.core.search_text import children_around
from models.core.validation import happened_on
from models.core.values import mask_address
from models.kept.children import Consent, stands
from models.kept.photos import PICTURE, Photo
from models.photos.view import PHOTOS, children_on, consents_on, why_withheld

NO_FILE = "照片文件不见了或已损坏，请从备份取回"


@dataclass(frozen=True)
class ChosenPhoto:
    """One photo of a record: what stands below it, and why it stays at home ("" when it goes).

    `day` is when the recorded act happened, `changed_at` the newest change among the photo, the
    children named on it and their consents.
    """

    photo: Any
    register: Register
    record: Any
    activity: str
    place: str
    day: date | None
    withheld: str
    changed_at: datetime

    @property
    def title(self) -> str:
        """Activity and day, as lists show it."""
        return f"{self.activity}（{self.day:%Y-%m-%d}）" if self.day else self.activity

    def caption(self, school: str) -> tuple[str, ...]:
        """The lines burned into the copy: school and activity, then date and place."""
        when = f"{self.day.year}年{self.day.month}月{self.day.day}日" if self.day else ""
        second = " · ".join(filter(None, (when, self.place)))
        return tuple(filter(None, (f"{school} · {self.activity}", second)))


def photos_of(
    actor: Actor, register: Register, records: Sequence[Any], originals: Path, mask: TextMask
) -> list[ChosenPhoto]:
    """Return the photos of the records in order of records and upload, each with its verdict.

    Six queries for any number of records up to a chunk.
    """
    by_id = {record.id: record for record in records}
    query = rows(actor, PHOTOS).where(
        Photo.register == register.slug,
        Photo.record_id.in_(list(by_id)),
        Photo.evidence == PICTURE,
    )
    found = list(query.order_by(Photo.id))
    order = {record_id: place for place, record_id in enumerate(by_id)}
    found.sort(key=lambda photo: (order[photo.record_id], photo.id))
    if not found:
        return []
    on = children_on(found)
    named = {child for ids in on.values() for child in ids}
    consents = consents_on(named, _last_written_down())
    # A bundle is opened long after it was made: a withdrawal counts whatever day it names.
    agreed = {child for child, consent in consents.items() if stands(consent, date.max)}
    texts = _Texts(actor, register, found, by_id, on, mask)
    return [
        ChosenPhoto(
            photo=photo,
            register=register,
            record=by_id[photo.record_id],
            activity=texts.activity(photo),
            place=texts.place(photo),
            day=happened_on(register, by_id[photo.record_id]) or _taken_on(photo),
            withheld=why_withheld(photo, on[photo.id], agreed) or _without_file(photo, originals),
            changed_at=_changed_at(photo, on[photo.id], consents),
        )
        for photo in found
    ]


def _last_written_down() -> date:
    """The day consents are looked at: of the data, not of the clock, so that bytes stay the same.

    A consent dated ahead is not given yet.
    """
    written = newest(every_row(register_of(Consent)))
    return written.date() if written else date.min


def _without_file(photo: Any, originals: Path) -> str:
    return "" if (originals / photo.path).is_file() else NO_FILE


def _taken_on(photo: Any) -> date | None:
    return photo.taken_at.date() if photo.taken_at else None


def _changed_at(photo: Any, children: Sequence[int], consents: dict[int, Any]) -> datetime:
    moments = [consents[child].changed_at for child in children if child in consents]
    changed: datetime = max([photo.changed_at, *moments])
    return changed


class _Texts:
    """Captions as the edition's reader may see them."""

    def __init__(
        self,
        actor: Actor,
        register: Register,
        photos: Sequence[Any],
        records: dict[int, Any],
        on: dict[int, list[int]],
        mask: TextMask,
    ) -> None:
        self._mask, self._masked = mask, mask.masks
        self._register, self._records = register, records
        self._page = Page(actor, PHOTOS, photos, "detail")
        around = children_around(register, list(records.values())) if self._masked else {}
        self._children = {
            photo.id: {*on[photo.id], *around.get(photo.record_id, ())} for photo in photos
        }

    def activity(self, photo: Any) -> str:
        """The matter of the photo, else what the record is called, else its register's name."""
        record = self._records[photo.record_id]
        own = getattr(record, "title", None) or getattr(record, "topic", None)
        usual = own or self._register.title.removesuffix("记录").removesuffix("登记")
        return self._plain(photo, self._page.text(photo, "matter") or usual)

    def place(self, photo: Any) -> str:
        """Where it was; at a child's home no nearer than the village in a masked edition."""
        record = self._records[photo.record_id]
        # A family's address never stands on a photo, in no edition: the village is enough.
        village = mask_address(getattr(record, "address", None) or "")
        told = self._page.text(photo, "place") or getattr(record, "place", None) or village
        if self._masked and "child" in self._register.fields and told:
            masked = mask_address(told)
            told = told if masked == "**" else masked
        return self._plain(photo, told)

    def _plain(self, photo: Any, text: str) -> str:
        return self._mask(text, children=self._children[photo.id])
