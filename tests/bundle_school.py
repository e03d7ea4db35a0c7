"""What the tests of the bundle add to the invented school: photos, consents, files on a disk."""

from __future__ import annotations

import io
from datetime import datetime

from PIL import Image, ImageDraw

from exports.bundle.build import build_bundle
from exports.bundle.order import INSPECTION, Order
from models.core import service
from models.core.actor import system
from models.core.register import find
from models.photos.images import inspect_image, store_original

SEMESTER = "2025-2026-1"


def picture(colour="#7aa87a", size=(800, 600)):
    """A small drawn JPEG."""
    image = Image.new("RGB", size, colour)
    ImageDraw.Draw(image).ellipse((200, 150, 600, 450), fill="#f0d9a0")
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def add_photo(data_dir, slug, record_id, children=(), colour="#7aa87a", **said):
    """Attach a drawn photo to a record, as the upload would, and return its id."""
    data = picture(colour)
    facts = inspect_image(data)
    path = store_original(data, data_dir / "files")
    given = {
        "register": slug,
        "record_id": record_id,
        "evidence": said.pop("evidence", "photo"),
        "sha256": facts.sha256,
        "path": path,
        "kind": facts.kind,
        "width": facts.width,
        "height": facts.height,
        "bytes": facts.bytes,
    }
    lines = {"photo-child": [service.LineInput({"child": child}) for child in children]}
    actor = system(datetime(2025, 10, 29, 17, 0), "测试")
    return service.create(actor, find("photo"), said, lines, given=given).id


def consent(child, now=datetime(2025, 10, 29, 17, 5), **said):
    """Write down the guardian's consent to keep photos of a child."""
    raw = {"child": child, "purpose": "照片存档", "given_on": "2025-09-05", "given_by": "张奶奶"}
    return service.create(system(now, "测试"), find("consent"), raw | said)


def order(data_dir, target, edition=INSPECTION, **said):
    """The order of an inspection bundle of the autumn semester."""
    return Order(
        semester=said.pop("semester", SEMESTER),
        edition=edition,
        made_by=said.pop("made_by", "陈文员"),
        originals=data_dir / "files",
        cache=said.pop("cache", data_dir / "cache"),
        target=target,
        **said,
    )


def build(data_dir, target, **said):
    """Build a bundle of the test school."""
    return build_bundle(order(data_dir, target, **said))
