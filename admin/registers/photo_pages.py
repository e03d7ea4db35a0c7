"""What the photo templates show: strips, cards in forms, one photo, the gallery of a record."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask import current_app, request, url_for

from admin.frame.context import actor
from admin.registers.photo_forms import ELEMENT_OF_FIELD, form_values
from models.core import labels as naming
from models.core.boxes import INSPECTOR
from models.core.converters import converter_of, show
from models.core.display import page
from models.core.errors import Denied, Locked, NotFound
from models.core.files import size_told
from models.core.gates import row, rows, surface
from models.core.lock import Lock
from models.core.register import Register, find, register_of
from models.core.rights import may, may_on
from models.kept.children import Child
from models.kept.photos import PERSONAL, PICTURE, Photo, copies_of, may_mark
from models.photos import store
from models.photos.images import BYTE_LIMIT
from models.photos.other_files import ACCEPTED, FILMS, FORMATS, SOUNDS
from models.photos.view import (
    ELEMENTS,
    PHOTO_CHILDREN,
    PHOTOS,
    captions,
    children_on,
    file_told,
    is_scan,
    may_download,
    photos_of,
    reason_withheld,
    shown_to,
    withheld,
)


def strip(register: Register, record: Any) -> dict[str, Any]:
    """Return a record's photos for photos/strip.html: tiles, and where to see and add more."""
    photos = photos_of(actor(), register, [record.id])[record.id]
    place = {"slug": register.slug, "record_id": record.id}
    may_add = bool(_open_kinds(register, record))
    return {
        "tiles": tiles(photos),
        "kinds": register.evidence,
        "gallery_url": url_for("photos.gallery", **place),
        "add_url": url_for("photos.gallery", **place, _anchor="add") if may_add else "",
    }


def tiles(photos: list[Any]) -> list[dict[str, Any]]:
    """Return the photos as tiles: picture or why it is withheld, caption, what is missing."""
    hidden = withheld(actor(), photos)
    said = captions(actor(), photos)
    return [
        {
            **card(photo),
            "page": url_for("photos.show", photo_id=photo.id),
            "withheld": reason_withheld(photo) if photo.id in hidden else "",
            "kind": kind_of(photo),
            "caption": " · ".join(filter(None, (said[photo.id][n] for n in _UNDER_TILE))),
            "missing": missing(photo),
        }
        for photo in photos
    ]


_UNDER_TILE = ("matter", "taken_at", "place", "photographer")


def missing(photo: Any) -> str:
    """Return which caption elements are still to be filled, for those who can fill them."""
    if actor().role == INSPECTOR:
        return ""
    # A document has no people on it and no background.
    asked = ("matter",) if photo.kind in FORMATS else ELEMENTS
    wanted = (PHOTOS.fields[name] for name in asked)
    return "、".join(s.label for s in wanted if s.wanted and not getattr(photo, s.name))


def card(photo: Any) -> dict[str, Any]:
    """Return what photos.js needs to show a photo again."""
    return {
        "id": photo.id,
        "thumb": url_for("photos.picture", photo_id=photo.id, size="thumb"),
        "url": url_for("photos.picture", photo_id=photo.id, size="display"),
    }


def kind_of(photo: Any) -> str:
    """Return the Chinese name of what the photo is evidence of, "" for a plain photo."""
    declared = find(photo.register)
    if photo.evidence == "photo" or declared is None:
        return ""
    return declared.evidence.get(photo.evidence, "")


def area(register: Register, record: Any | None = None) -> dict[str, Any]:
    """Return what photos/upload.html shows inside the form of a record, new or existing.

    After a refused post the photos already sent and the captions typed are there again.
    """
    token, typed, removed = form_values(request.form)
    token = token or secrets.token_urlsafe(16)
    sent = store.waiting(actor(), register, token) if request.method == "POST" else []
    cards = [
        card(photo) | {"captions": _by_element(typed.get(photo.id, {}))}
        for photo in sent
        if photo.id not in removed
    ]
    standing = photos_of(actor(), register, [record.id])[record.id] if record else []
    kinds = _open_kinds(register, record) if record else register.evidence
    lock = Lock(actor())
    return {
        "url": url_for("photos.upload"),
        "token": token,
        "register": register.slug,
        "record_id": record.id if record else "",
        "kinds": kinds,
        "day": _moment_of(register, record),
        "limit": _limit_of(kinds),
        "accept": "image/*" if set(kinds) <= {PICTURE} else f"image/*,{_SUFFIXES}",
        "may_add": bool(kinds and may(actor(), "create", PHOTOS)),
        "cards": json.dumps(cards, ensure_ascii=False),
        "photos": [_standing_card(p, typed.get(p.id, {}), p.id in removed, lock) for p in standing],
    }


_SUFFIXES = ",".join(one.suffix for one in FORMATS.values()) + ",.wps,.et,.dps"


def _limit_of(kinds: Mapping[str, str]) -> str:
    told = f"照片每张不超过 {BYTE_LIMIT // 2**20} MB"
    if set(kinds) <= {PICTURE}:
        return told
    largest = max(store.file_limit(kind) for kind in kinds)
    return f"{told}；{ACCEPTED} 不超过 {largest // 2**20} MB"


def _moment_of(register: Register, record: Any | None) -> str:
    """Return when the record happened, proposed for a photo that does not say when it was taken."""
    happened = record.__data__.get(register.happened) if record and register.happened else None
    if isinstance(happened, datetime):
        return happened.isoformat()[:16]
    return f"{happened.isoformat()}T00:00" if isinstance(happened, date) else ""


def _by_element(said: Mapping[str, str]) -> dict[str, str]:
    return {ELEMENT_OF_FIELD[name]: text for name, text in said.items()}


def _standing_card(
    photo: Any, typed: Mapping[str, str], removed: bool, lock: Lock
) -> dict[str, Any]:
    return {
        **card(photo),
        "page": url_for("photos.show", photo_id=photo.id),
        "kind": kind_of(photo),
        "missing": missing(photo),
        "editable": _may_change(photo, lock),
        "removable": _may_remove(photo, lock),
        "removed": removed,
        "inputs": [_input(photo, name, typed) for name in ELEMENTS],
    }


def _input(
    photo: Any, name: str, typed: Mapping[str, str], errors: Mapping[str, str] | None = None
) -> dict[str, Any]:
    spec = PHOTOS.fields[name]
    return {
        "name": name,
        "element": ELEMENT_OF_FIELD.get(name, name),
        "label": spec.label,
        "help": spec.help,
        "wanted": spec.wanted,
        "type": converter_of(spec.field).widget,
        "limit": getattr(spec.field, "max_length", None),
        "words": getattr(spec.field, "words", ()),
        "value": typed[name] if name in typed else store.as_posted(photo, name),
        "error": (errors or {}).get(name, ""),
    }


def one(
    photo: Any, typed: Mapping[str, str], errors: Mapping[str, str], theirs: Mapping[str, str]
) -> dict[str, Any]:
    """Return one photo with its caption as text and, for whoever may change it, as a form."""
    on = children_on([photo])[photo.id]
    lock = Lock(actor())
    editable = _may_change(photo, lock)
    writable = [f.name for f in surface(actor(), PHOTOS, "form").fields if f.writable]
    # A photo is judged by who is on it, a file or scan by what stands in it; both by the clerk.
    closed = {"content" if not is_scan(photo) else "mark"}
    closed |= set() if may_mark(actor()) else {"mark", "content"}
    writable = [name for name in writable if name not in closed]
    return {
        "photo": photo,
        **tiles([photo])[0],
        "page_title": "照片" if shown_to(actor(), photo).kind not in FORMATS else "附件",
        "file": _file(photo),
        "facts": _facts(photo, on),
        "inputs": [_input(photo, n, typed, errors) for n in writable] if editable else [],
        "errors": errors,
        "theirs": theirs,
        "children": _children(photo, on) if editable else [],
        "picker_url": _child_picker() if editable else "",
        "removable": _may_remove(photo, lock),
        "may_download": may_download(actor()),
        "masked_url": url_for("photos.masked", photo_id=photo.id)
        if is_scan(photo) and not photo.copy_of and may_mark(actor())
        else "",
        "masked_copy": copies_of([photo.id]).get(photo.id),
        "back_url": gallery_url(photo),
    }


def _file(photo: Any) -> dict[str, Any]:
    """Return how a file other than a picture is played and handed out; empty for a picture."""
    shown = shown_to(actor(), photo)
    if shown.kind not in FORMATS:
        return {}
    return {
        "title": FORMATS[shown.kind].title,
        "size": size_told(shown.bytes),
        "film": shown.kind in FILMS,
        "sound": shown.kind in SOUNDS,
        "url": url_for("photos.file", photo_id=photo.id),
        "save": url_for("photos.file", photo_id=photo.id, save=1),
    }


def _may_change(photo: Any, lock: Lock) -> bool:
    return bool(may_on(actor(), "edit", PHOTOS, photo)) and lock.limit(PHOTOS, photo) is None


def _may_remove(photo: Any, lock: Lock) -> bool:
    limit = lock.limit(PHOTOS, photo)
    is_open = limit is None or not limit.shut
    return is_open and bool(may_on(actor(), "delete", PHOTOS, photo))


def _facts(photo: Any, on: list[int]) -> list[dict[str, str]]:
    said = captions(actor(), [photo])[photo.id]
    facts = [{"label": PHOTOS.fields[n].label, "value": said[n]} for n in ELEMENTS]
    names = naming.labels(actor(), {register_of(Child): on})
    facts.append({"label": "照片中的儿童", "value": "、".join(names.values())})
    if is_scan(photo):
        facts.append({"label": "个人信息", "value": photo.content or PERSONAL})
        facts.append({"label": "文件", "value": file_told(photo)})
    else:
        facts.append({"label": "对外标记", "value": photo.mark or ""})
    return facts


def _children(photo: Any, on: list[int]) -> list[dict[str, Any]]:
    """Return the photo's child lines with their names, each removable."""
    names = naming.labels(actor(), {register_of(Child): on})
    model = PHOTO_CHILDREN.model
    lines = rows(actor(), PHOTO_CHILDREN).where(model.photo == photo.id).order_by(model.id)
    return [{"id": n.id, "name": names.get(("child", n.child_id), "")} for n in lines]


def _child_picker() -> str:
    if "child.pick" not in current_app.view_functions:
        return ""
    wanted: dict[str, Any] = {"for": f"{PHOTO_CHILDREN.slug}.child"}
    return url_for("child.pick", **wanted)


def plain(record: Any, theirs: Mapping[str, Any]) -> dict[str, str]:
    """Return values somebody else just saved as label → text."""
    specs = type(record)._meta.fields
    return {
        PHOTOS.fields[name].label: show(specs[name], value) or "空"
        for name, value in theirs.items()
    }


def record_of(slug: str, record_id: str) -> tuple[Register, Any]:
    """Return a register with photos and one of its records the actor sees; NotFound otherwise."""
    declared = find(slug)
    if declared is None or declared.sealed or not declared.evidence:
        raise NotFound
    record = row(actor(), declared, record_id)
    if record is None:
        raise NotFound
    return declared, record


def gallery_url(photo: Any) -> str:
    """Return where the photos of the photo's record are."""
    if not photo.record_id:
        return "/"
    return url_for("photos.gallery", slug=photo.register, record_id=photo.record_id)


def gallery(
    register: Register, record: Any, errors: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return all photos of one record, and for whoever may add some the form for it."""
    detail = f"{register.slug}.detail"
    known = detail in current_app.view_functions
    label = page(actor(), register, [record], "detail").label(record)
    return {
        "page_title": f"{register.title}的照片",
        "page_note": label,
        "record_url": url_for(detail, rid=record.id) if known else "",
        "register": register,
        "record": record,
        "strip": strip(register, record),
        "may_add": bool(_open_kinds(register, record)),
        "removed": _removed(register, record),
        "errors": errors or {},
    }


def _open_kinds(register: Register, record: Any) -> dict[str, str]:
    """Return the kinds of evidence the actor may still add to a record, with their names."""
    if not register.evidence or not may(actor(), "create", PHOTOS):
        return {}
    try:
        return store.open_kinds(actor(), register, record)
    except (Denied, Locked):
        return {}


def _removed(register: Register, record: Any) -> list[dict[str, Any]]:
    """Return the record's photos in the recycle bin, for whoever may bring them back."""
    if not may(actor(), "restore", PHOTOS):
        return []
    gone = rows(actor(), PHOTOS, deleted=True).where(
        Photo.register == register.slug, Photo.record_id == record.id
    )
    return [{"id": p.id, "matter": p.matter or "照片", "when": p.deleted_at} for p in gone]
