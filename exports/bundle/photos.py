"""Which photos go into a bundle, under which caption, and why the others do not.

A photo leaves the school only when the clerk marked it (无人脸, 法定留存), or when every child on
it has a consent for 照片存档 that was never withdrawn. A photo on which nobody named the children
is treated as one without consent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from exports.masked_text import TextMask
from models.actor import Actor
from models.agreements import Consent
from models.children import Child
from models.display import Page
from models.gates import every_row, rows
from models.photo_view import ARCHIVING, PHOTOS, children_on
from models.photos import Photo
from models.register import Register, line_registers, register_of
from models.search_text import names_around
from models.validation import happened_on
from models.values import mask_address

PICTURE = "photo"
NO_CHILDREN = "没有标出照片里的儿童，也没有对外标记"
NO_CONSENT = "照片里有儿童没有“照片存档”同意"
NO_FILE = "照片文件不见了"


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
    consents = _consents({child for ids in on.values() for child in ids})
    texts = _Texts(actor, register, found, by_id, on, mask)
    return [
        ChosenPhoto(
            photo=photo,
            register=register,
            record=by_id[photo.record_id],
            activity=texts.activity(photo),
            place=texts.place(photo),
            day=happened_on(register, by_id[photo.record_id]) or _taken_on(photo),
            withheld=_why_withheld(photo, on[photo.id], consents, originals),
            changed_at=_changed_at(photo, on[photo.id], consents),
        )
        for photo in found
    ]


def _taken_on(photo: Any) -> date | None:
    return photo.taken_at.date() if photo.taken_at else None


def _consents(children: Iterable[int]) -> dict[int, Any]:
    """Return per child the consent given last, which is the one that counts."""
    query = every_row(register_of(Consent)).where(
        Consent.child.in_(sorted(children)), Consent.purpose == ARCHIVING
    )
    return {found.child_id: found for found in query.order_by(Consent.given_on, Consent.id)}


def _why_withheld(
    photo: Any, children: Sequence[int], consents: dict[int, Any], originals: Path
) -> str:
    if not photo.mark:
        if not children:
            return NO_CHILDREN
        if not all(_agreed(consents.get(child)) for child in children):
            return NO_CONSENT
    return "" if (originals / photo.path).is_file() else NO_FILE


def _agreed(consent: Any | None) -> bool:
    """A withdrawal counts whenever it is dated: the bundle may be opened long after that day.

    A consent dated after the day it was entered is not given yet.
    """
    if consent is None or consent.withdrawn_on is not None:
        return False
    return bool(consent.given_on <= consent.changed_at.date())


def _changed_at(photo: Any, children: Sequence[int], consents: dict[int, Any]) -> datetime:
    moments = [consents[child].changed_at for child in children if child in consents]
    newest: datetime = max([photo.changed_at, *moments])
    return newest


def linked_children(register: Register, records: Sequence[Any]) -> dict[int, set[int]]:
    """Return per record the children it or its lines link to: whose names its texts may hold."""
    found: dict[int, set[int]] = {record.id: set() for record in records}
    own = [spec.name for spec in register.links if spec.target is Child]
    for record in records:
        found[record.id] |= {c for name in own if (c := record.__data__.get(name))}
    for lines in line_registers(register):
        names = [spec.name for spec in lines.links if spec.target is Child]
        column = getattr(lines.model, lines.parent)
        for line in every_row(lines).where(column.in_(list(found))) if names else ():
            children = {c for name in names if (c := line.__data__.get(name))}
            found[line.__data__[lines.parent]] |= children
    return found


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
        children = {photo.id: set(on[photo.id]) for photo in photos}
        linked = linked_children(register, list(records.values())) if self._masked else {}
        for photo in photos:
            children[photo.id] |= linked.get(photo.record_id, set())
        self._children = children
        around = sorted({child for ids in children.values() for child in ids})
        self._names = names_around(around) if self._masked else {}

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
        names = [name for child in self._children[photo.id] for name in self._names.get(child, [])]
        return self._mask(text, names)
