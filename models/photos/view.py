"""Which photos an actor sees: those of the records the actor sees, less what lacks consent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

from models.core.actor import SYSTEM, Actor
from models.core.boxes import CLERK, INSPECTOR, OFFICE
from models.core.display import page
from models.core.gates import every_row, row, rows
from models.core.register import Register, find, register_of
from models.core.rights import may
from models.kept.children import newest_consents, stands
from models.kept.photos import (
    NO_FACES,
    NOTHING_PERSONAL,
    PICTURE,
    WITH_COPY,
    Photo,
    PhotoChild,
    copies_of,
)

PHOTOS = register_of(Photo)
PHOTO_CHILDREN = register_of(PhotoChild)
ARCHIVING, PUBLISHING = "照片存档", "对外宣传"
NO_CHILDREN = "没有标出照片里的儿童，也没有对外标记"
NO_CONSENT = "照片里有儿童没有“照片存档”同意"
WITHHELD = "未取得照片使用同意"
UNMASKED = "含个人信息，不对外提供"
ELEMENTS = ("matter", "taken_at", "place", "people", "background", "photographer")


def find_photo(actor: Actor, photo_id: Any) -> Any | None:
    """Return a photo the actor may see, or None.

    A photo of a record goes with the record's rights; a waiting upload is seen by its uploader.
    """
    # The gate asked is the record's own: `rows` of all photos would ask every register's.
    photo = row(SYSTEM, PHOTOS, photo_id) if may(actor, "read", PHOTOS) else None
    if photo is None:
        return None
    if not photo.record_id:
        return photo if photo.entered_by == actor.user_id else None
    declared = find(photo.register)
    if declared is None or declared.sealed:
        return None
    # The clerk also looks at photos of a record in the recycle bin, to judge a restore.
    deleted = None if actor.role == CLERK else False
    return photo if row(actor, declared, photo.record_id, deleted=deleted) else None


def photos_of(actor: Actor, register: Register, record_ids: Iterable[int]) -> dict[int, list[Any]]:
    """Return the photos of those of the records the actor sees, oldest first, in one query."""
    ids = list(record_ids)
    found: dict[int, list[Any]] = {record_id: [] for record_id in ids}
    if not ids or register.sealed or not may(actor, "read", PHOTOS):
        return found
    seen = rows(actor, register).select(register.model.id).where(register.model.id.in_(ids))
    query = every_row(PHOTOS).where(
        Photo.register == register.slug, Photo.record_id.in_(seen), Photo.copy_of == 0
    )
    for photo in query.order_by(Photo.id):
        found[photo.record_id].append(photo)
    return found


def children_on(photos: Sequence[Any]) -> dict[int, list[int]]:
    """Return the ids of the children on each photo, in one query."""
    found: dict[int, list[int]] = {photo.id: [] for photo in photos}
    if found:
        lines = every_row(PHOTO_CHILDREN).where(PhotoChild.photo.in_(list(found)))
        for line in lines.order_by(PhotoChild.id):
            found[line.photo_id].append(line.child_id)
    return found


def is_scan(photo: Any) -> bool:
    """Return whether this is a file or a scan, and no photo."""
    return bool(photo.evidence != PICTURE)


def why_withheld(photo: Any, children: Sequence[int], agreed: Collection[int]) -> str:
    """Return why a photo, file or scan may not be shown outside the school, "" when it may.

    A photo may when it carries a mark (无人脸, 法定留存), or when every child on it is among those
    who agreed. A photo on which nobody named the children counts as one without consent. A file or
    scan may when the clerk marked that it holds nothing personal or that a masked copy, which is
    shown instead, is attached.
    """
    if is_scan(photo):
        return "" if photo.copy_of or photo.content in (NOTHING_PERSONAL, WITH_COPY) else UNMASKED
    if photo.mark:
        return ""
    if not children:
        return NO_CHILDREN
    return "" if set(children) <= set(agreed) else NO_CONSENT


def without_consent(photos: Sequence[Any], day: date) -> set[int]:
    """Return the ids of the photos that are shown to no inspector on `day`."""
    shown = children_on(photos)
    agreed = consenting({child for ids in shown.values() for child in ids}, day)
    copied = copies_of(photo.id for photo in photos if photo.content == WITH_COPY)
    return {
        photo.id
        for photo in photos
        if why_withheld(photo, shown[photo.id], agreed)
        or (photo.content == WITH_COPY and photo.id not in copied)
    }


def shown_to(actor: Actor, photo: Any) -> Any:
    """Return what the actor is shown of a photo, file or scan: itself, or its masked copy."""
    if actor.role != INSPECTOR or photo.content != WITH_COPY:
        return photo
    return copies_of([photo.id])[photo.id]


def reason_withheld(photo: Any) -> str:
    """Return what stands in the place of what is withheld; of a file its kind, size and sum."""
    if not is_scan(photo):
        return WITHHELD
    return f"{UNMASKED}（{file_told(photo)}）"


def file_told(photo: Any) -> str:
    """Return what identifies a file to whoever is not shown it: kind, size and sum."""
    return f"{photo.kind}，{photo.bytes} 字节，校验值 {photo.sha256}"


def consents_on(children: Collection[int], day: date) -> dict[int, Any]:
    """Return per child the consent to being kept on photos (照片存档) that counts on `day`."""
    found = newest_consents(day, children) if children else {}
    return {child: one for (child, purpose), one in found.items() if purpose == ARCHIVING}


def consenting(children: Collection[int], day: date) -> set[int]:
    """Return which of the children may be kept on photos on `day`."""
    found = consents_on(children, day)
    return {child for child, consent in found.items() if stands(consent, day)}


def publishable(photos: Sequence[Any], day: date) -> set[int]:
    """Return the ids of the photos the school may publish on `day`; files and scans never.

    Every child on one must have the consent to publicity (对外宣传), and none may have withdrawn
    that to being kept on photos. A photo on which nobody named the children is published only when
    it is marked as without faces; that the law has it kept (法定留存) is no leave to publish.
    """
    shown = children_on(photos)
    on_any = {child for ids in shown.values() for child in ids}
    found = newest_consents(day, on_any) if on_any else {}
    standing = {key: stands(consent, day) for key, consent in found.items()}
    agreed = {
        child
        for child in on_any
        if standing.get((child, PUBLISHING)) and standing.get((child, ARCHIVING), True)
    }
    return {
        photo.id
        for photo in photos
        if not is_scan(photo)
        and (set(shown[photo.id]) <= agreed if shown[photo.id] else photo.mark == NO_FACES)
    }


def may_download(actor: Actor) -> bool:
    """Return whether the actor may have the untouched file, which still says where it was taken."""
    return actor.role in OFFICE


def withheld(actor: Actor, photos: Sequence[Any]) -> set[int]:
    """Return the ids of the photos whose picture the actor does not get to see."""
    return without_consent(photos, actor.today) if actor.role == INSPECTOR else set()


def captions(actor: Actor, photos: Sequence[Any]) -> dict[int, dict[str, str]]:
    """Return what the actor reads under each photo: element → text."""
    shown = page(actor, PHOTOS, photos, "detail")
    return {photo.id: {n: shown.text(photo, n) for n in ELEMENTS} for photo in photos}
