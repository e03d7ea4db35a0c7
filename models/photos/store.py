"""Photos and scans of records: taken in by content, tied to a record when it is saved, taken out.

A photo is uploaded before its record is saved and waits with `record_id` 0 under the upload token
of the form; saving the form attaches it in the same transaction. A form that is never saved leaves
a waiting upload, which is given up after a week (`give_up_waiting`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from models.core import calendar, service
from models.core.actor import Actor, system
from models.core.converters import show
from models.core.errors import BadFile, Denied, Invalid, Locked, NotFound
from models.core.gates import every_row, row, rows
from models.core.history import snapshot
from models.core.labels import own_label
from models.core.lock import Lock, decide
from models.core.register import Register, find, register_of
from models.core.rights import may
from models.core.service import LineInput, Work
from models.core.validation import happened_on
from models.kept.photos import MASKED_COPY, PICTURE, WITH_COPY, Photo, PhotoChild, may_mark
from models.photos.captions import children_of, proposed_caption, said_caption
from models.photos.images import (
    BYTE_LIMIT,
    ImageFacts,
    inspect_image,
    is_picture,
    make_display,
    store_original,
)
from models.photos.other_files import USUAL_LIMIT_MB, FileFacts, inspect_file, store_file
from models.photos.view import is_scan

PHOTOS = register_of(Photo)
CHILDREN = register_of(PhotoChild)

RECORD_LIMIT = 60
WAITING_LIMIT = 200
WAITING_DAYS = 7
SIZES: dict[str, int] = {"thumb": 320, "display": 1600}

_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,64}")

Captions = Mapping[int, Mapping[str, str]]


def receive(
    actor: Actor,
    data: bytes,
    *,
    register: Register | None,
    record_id: int,
    token: str,
    evidence: str,
    storage_root: Path,
    name: str = "",
) -> Any:
    """Take in one uploaded photo, scan or file and return its waiting `Photo`.

    A photo (照片) is a picture; whatever else a record has may be a file too, and `name`, as the
    sender's computer calls it, is proposed as what it is about. `record_id` is 0 while the record
    is not saved; otherwise the record must be within the actor's rights to edit. The same file
    under the same token is taken once. Raises BadFile, Denied, NotFound, Locked, Invalid; then
    neither a file nor a row is left behind.
    """
    declared = _upload_register(actor, register, evidence)
    if not _TOKEN.fullmatch(token):
        raise Invalid({"token": "页面打开太久了，请刷新页面后再选照片"})
    if record_id:
        record = row(actor, declared, record_id)
        if record is None:
            raise NotFound
        if evidence not in open_kinds(actor, declared, record):
            raise Locked(f"这条记录不能再附{declared.evidence[evidence]}")
    facts = _inspected(data, evidence)
    known = _waiting(actor, declared, token).where(Photo.sha256 == facts.sha256).first()
    if known is not None:
        return known
    _check_limits(actor, declared, record_id, token)
    path = _stored(data, facts, storage_root)
    given = _given(facts, path, declared, token, evidence)
    matter = Path(name.replace("\\", "/")).stem.strip() if isinstance(facts, FileFacts) else ""
    raw = {"matter": matter[: PHOTOS.fields["matter"].field.max_length]} if matter else {}
    photo = service.create(actor, PHOTOS, raw, given=given)
    if not (storage_root / path).is_file():
        # The clean-up of an equal, forgotten upload took the file away in between.
        _stored(data, facts, storage_root)
    return photo


def file_limit(evidence: str) -> int:
    """Return how many bytes an upload of this kind may have."""
    school = calendar.school()
    limit = school.file_limit_mb if school is not None else USUAL_LIMIT_MB
    return BYTE_LIMIT if evidence == PICTURE else int(limit) * 2**20


def _inspected(data: bytes, evidence: str) -> ImageFacts | FileFacts:
    if evidence == PICTURE or is_picture(data):
        return inspect_image(data)
    return inspect_file(data, file_limit(evidence) // 2**20)


def _stored(data: bytes, facts: ImageFacts | FileFacts, root: Path) -> str:
    if isinstance(facts, FileFacts):
        return store_file(data, facts.kind, root)
    return store_original(data, root)


def _upload_register(actor: Actor, register: Register | None, evidence: str) -> Register:
    if register is None or register.sealed or evidence not in register.evidence:
        raise Invalid({"register": "这项登记不能附这类照片，请刷新页面后再试"})
    for declared in (PHOTOS, register):
        decided = may(actor, "create", declared)
        if not decided:
            raise Denied(f"{decided.reason}，不能上传照片")
    return register


def _given(
    facts: ImageFacts | FileFacts, path: str, register: Register, token: str, evidence: str
) -> dict[str, Any]:
    given: dict[str, Any] = {
        "register": register.slug,
        "record_id": 0,
        "evidence": evidence,
        "sha256": facts.sha256,
        "path": path,
        "kind": facts.kind,
        "bytes": facts.bytes,
        "upload_token": token,
    }
    if isinstance(facts, ImageFacts):
        given |= {"taken_at": facts.taken_at, "width": facts.width, "height": facts.height}
    return given


def _check_limits(actor: Actor, register: Register, record_id: int, token: str) -> None:
    own = every_row(PHOTOS).where(Photo.entered_by == actor.user_id)
    if own.where(Photo.record_id == 0).count() >= WAITING_LIMIT:
        raise BadFile("您有太多照片传了还没有保存，请先保存已打开的登记，再继续上传")
    standing = _waiting(actor, register, token).count()
    if record_id:
        standing += _attached(register, record_id).count()
    if standing >= RECORD_LIMIT:
        raise BadFile(f"一条记录最多 {RECORD_LIMIT} 张照片，请挑选有代表性的上传")


def _waiting(actor: Actor, register: Register, token: str) -> Any:
    """Return the query of the actor's own uploads under a token that have no record yet."""
    return every_row(PHOTOS).where(
        Photo.record_id == 0,
        Photo.upload_token == token,
        Photo.entered_by == actor.user_id,
        Photo.register == register.slug,
    )


def waiting(actor: Actor, register: Register, token: str) -> list[Any]:
    """Return the actor's own uploads under a token that have no record yet, oldest first."""
    return list(_waiting(actor, register, token).order_by(Photo.id)) if token else []


def _attached(register: Register, record_id: int) -> Any:
    return every_row(PHOTOS).where(Photo.register == register.slug, Photo.record_id == record_id)


def open_kinds(actor: Actor, register: Register, record: Any) -> dict[str, str]:
    """Return the kinds of evidence (with their names) that the actor may still add to a record.

    The record is within the actor's rows. Raises Denied, and Locked where no kind is left.
    """
    decided = decide(actor, "edit", register, record)
    if not decided:
        raise Denied(f"{decided.reason}，不能改动照片")
    limit = Lock(actor).limit(register, record)
    if limit is None:
        return dict(register.evidence)
    kinds = {kind: title for kind, title in register.evidence.items() if kind in limit.names}
    if not kinds:
        raise Locked(limit.reason)
    return kinds


def attach(
    actor: Actor,
    register: Register,
    record: Any,
    *,
    token: str,
    captions: Captions,
    removed: set[int],
    current: Work,
) -> list[Any]:
    """Tie the uploads under `token` to a saved record, write captions, take photos out.

    Called in the transaction that saves the record, for an act once all its rows are created: each
    row gets its own `Photo` of the same file, and calling it for the other rows too changes
    nothing. `captions` maps photo id to field → text; other photos than this record's and these
    uploads are ignored. Returns the photos now on the record. Raises Invalid with the key "photos".
    """
    mates = _rows_of_act(actor, register, record)
    uploads = waiting(actor, register, token)
    standing = list(_attached(register, record.id).order_by(Photo.id))
    changed = False
    for photo in [p for p in (*uploads, *standing) if p.id in removed]:
        service.delete(actor, PHOTOS, photo.id, current=current)
        changed = True
    for photo in standing:
        if photo.id not in removed and photo.id in captions:
            with _telling_captions():
                _recaption(actor, photo, captions[photo.id], current)
    uploads = [photo for photo in uploads if photo.id not in removed]
    children = sorted({child for mate in mates for child in children_of(register, mate)})
    for photo in uploads:
        said = said_caption(captions.get(photo.id, {}))
        with _telling_captions():
            _tie(actor, register, mates, photo, said, children, current)
    _check_room(register, [mate.id for mate in mates] if uploads else [])
    for mate in mates if changed or uploads else ():
        _touch(register, mate, current)
    return list(_attached(register, record.id).order_by(Photo.id))


def add_masked_copy(actor: Actor, photo: Any, data: bytes, storage_root: Path) -> Any:
    """Attach a masked copy to a file or scan, mark it so, and return the copy.

    Outside the school the copy is shown in its place; an earlier copy goes to the recycle bin.
    Clerk only. Raises Denied, BadFile; then nothing is changed.
    """
    if not may_mark(actor) or not is_scan(photo):
        raise Denied("遮蔽件由文员上传，只用于文件和扫描件")
    facts = inspect_image(data)
    path = store_original(data, storage_root)
    declared = find(photo.register)
    assert declared is not None, "a photo names its register"
    given = _given(facts, path, declared, "", MASKED_COPY)
    given |= {"record_id": photo.record_id, "copy_of": photo.id, "upload_token": None}
    with service.work(actor) as current:
        for earlier in every_row(PHOTOS).where(Photo.copy_of == photo.id):
            service.delete(actor, PHOTOS, earlier.id, current=current)
        copy = service.create(actor, PHOTOS, {}, given=given, current=current)
        raw = {"content": WITH_COPY}
        service.update(actor, PHOTOS, photo.id, raw, photo.version, current=current)
    return copy


@contextmanager
def _telling_captions() -> Iterator[None]:
    """Say of a refused caption that it belongs to the photos, whatever form it stands in."""
    try:
        yield
    except Invalid as error:
        told = [
            f"照片说明的“{PHOTOS.fields[name].label}”{text}" if name in PHOTOS.fields else text
            for name, text in error.errors.items()
        ]
        raise Invalid({"photos": "；".join(told)}) from error


def _rows_of_act(actor: Actor, register: Register, record: Any) -> list[Any]:
    """Return the rows entered together with the record, the record itself first."""
    if not record.act:
        return [record]
    model = register.model
    query = rows(actor, register).where(model.act == record.act, model.id != record.id)
    return [record, *query.order_by(model.id)]


def _tie(
    actor: Actor,
    register: Register,
    mates: list[Any],
    photo: Any,
    said: Mapping[str, str],
    children: list[int],
    current: Work,
) -> None:
    """Give the upload to the first row and a copy of its row to each other row of the act."""
    lines = {CHILDREN.slug: [LineInput({"child": child}) for child in children]}
    first, *others = mates
    file = {
        name: getattr(photo, name)
        for name in ("evidence", "sha256", "path", "kind", "width", "height", "bytes")
    }
    place = {"register": register.slug, "record_id": first.id}
    raw = _caption_of(actor, register, first, photo, said)
    service.update(actor, PHOTOS, photo.id, raw, photo.version, lines, given=place, current=current)
    for mate in others:
        raw = _caption_of(actor, register, mate, photo, said)
        place = {"register": register.slug, "record_id": mate.id}
        service.create(actor, PHOTOS, raw, lines, given={**file, **place}, current=current)


def _caption_of(
    actor: Actor, register: Register, record: Any, photo: Any, said: Mapping[str, str]
) -> dict[str, Any]:
    """Return the caption as said, what is left blank filled from the record and the file."""
    proposed = proposed_caption(actor, register, record)
    # What the file says of itself goes before what the record says.
    own = {name: getattr(photo, name) for name in ("taken_at", "matter")}
    proposed |= {name: said for name, said in own.items() if said}
    return {**proposed, **{name: text for name, text in said.items() if text.strip()}}


def _recaption(actor: Actor, photo: Any, said: Mapping[str, str], current: Work) -> None:
    """Write a caption only where it says something new; who may not edit it stays unbothered."""
    texts = said_caption(said)
    new = {name: text for name, text in texts.items() if text.strip() != as_posted(photo, name)}
    if new:
        service.update(actor, PHOTOS, photo.id, new, photo.version, current=current)


def as_posted(photo: Any, name: str) -> str:
    """Return a stored value the way its input posts it; times without seconds."""
    value = getattr(photo, name)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M}"
    return show(PHOTOS.fields[name].field, value)


def _check_room(register: Register, record_ids: Iterable[int]) -> None:
    for record_id in record_ids:
        if _attached(register, record_id).count() > RECORD_LIMIT:
            raise Invalid({"photos": f"一条记录最多 {RECORD_LIMIT} 张照片，请先移除一些"})


def _touch(register: Register, record: Any, current: Work) -> None:
    """Tell compliance that the record's evidence changed though the record itself did not."""
    known = snapshot(register, record)
    current.touch(register, known, known)


def remove(actor: Actor, photo: Any) -> None:
    """Move a photo to the recycle bin; its file stays."""
    with service.work(actor) as current:
        _touch_record(photo, current)
        service.delete(actor, PHOTOS, photo.id, current=current)


def restore(actor: Actor, photo_id: int) -> Any:
    """Bring a photo back from the recycle bin and return it."""
    with service.work(actor) as current:
        photo = service.restore(actor, PHOTOS, photo_id, current=current)
        _touch_record(photo, current)
    return photo


def _record_of(photo: Any) -> tuple[Any, Any]:
    declared = find(photo.register)
    if declared is None or not photo.record_id:
        return declared, None
    return declared, every_row(declared).where(declared.model.id == photo.record_id).first()


def _touch_record(photo: Any, current: Work) -> None:
    declared, record = _record_of(photo)
    if record is not None:
        _touch(declared, record, current)


def used_elsewhere(actor: Actor, photo: Any, record_id: int = 0) -> str:
    """Return a warning when the same file already stands on another record, "" otherwise.

    A record outside the actor's rows is not named.
    """
    query = every_row(PHOTOS).where(
        Photo.sha256 == photo.sha256, Photo.id != photo.id, Photo.record_id != 0
    )
    if record_id:
        query = query.where((Photo.register != photo.register) | (Photo.record_id != record_id))
    twin = query.order_by(Photo.id).first()
    if twin is None:
        return ""
    declared = find(twin.register)
    record = row(actor, declared, twin.record_id) if declared else None
    if declared is None or record is None:
        return "这张照片已用在另一条记录里，请确认没有选错"
    day = happened_on(declared, record)
    named = f"{day:%Y-%m-%d} 的{declared.title}" if day else own_label(declared, record)
    return f"这张照片已用在“{named}”里，请确认没有选错"


def display_path(photo: Any, size: str, originals: Path, cache: Path) -> Path:
    """Return the file of a photo's copy, made on first use; `size` is a key of `SIZES`.

    Copies are upright JPEGs without metadata. Raises BadFile when the original is lost.
    """
    target = _copy_path(photo.sha256, size, cache)
    if target.is_file():
        return target
    source = originals / photo.path
    if size == "thumb":
        # The thumbnail is made from the display copy: both exist after one costly decoding.
        source = display_path(photo, "display", originals, cache)
    make_display(source, target, SIZES[size])
    return target


def _copy_path(sha256: str, size: str, cache: Path) -> Path:
    return cache / "photos" / size / sha256[:2] / f"{sha256}.jpg"


def _given_up(now: datetime) -> Any:
    return (Photo.record_id == 0) & (Photo.entered_at < now - timedelta(days=WAITING_DAYS))


def give_up_waiting(now: datetime) -> int:
    """Move the rows of uploads nobody saved a record with to the recycle bin, audited."""
    actor = system(now)
    stale = list(every_row(PHOTOS).where(_given_up(now)).limit(500))
    with service.work(actor) as current:
        for photo in stale:
            service.delete(actor, PHOTOS, photo.id, current=current)
    return len(stale)


def forget_given_up(now: datetime, originals: Path, cache: Path) -> None:
    """Delete the files of rows given up, once no photo of a record, deleted or not, needs one."""
    actor = system(now)
    for photo in rows(actor, PHOTOS, deleted=True).where(_given_up(now)):
        if (originals / photo.path).is_file():
            with service.work(actor):  # Holds uploads of the same file back while it goes.
                _forget_file(actor, photo, originals, cache)


def _forget_file(actor: Actor, photo: Any, originals: Path, cache: Path) -> None:
    users = rows(actor, PHOTOS, deleted=None).where(
        Photo.sha256 == photo.sha256, (Photo.record_id != 0) | Photo.deleted_at.is_null()
    )
    if users.exists():
        return
    (originals / photo.path).unlink(missing_ok=True)
    for size in SIZES:
        _copy_path(photo.sha256, size, cache).unlink(missing_ok=True)
