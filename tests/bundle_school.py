"""What the tests of the bundle add to the invented school: photos, consents, files on a disk."""

from __future__ import annotations

import atexit
import io
import shutil
import tempfile
import time
import tomllib
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from admin.work import worker
from exports.bundle.build import build_bundle
from exports.bundle.declaration import Source, read_declaration
from exports.bundle.order import INSPECTION, Order
from models.core import service
from models.core.actor import SYSTEM, system
from models.core.gates import rows
from models.core.register import find
from models.kept.bundles import Bundle
from models.kept.photos import NOTHING_PERSONAL
from models.photos.images import inspect_image, store_original
from models.photos.other_files import inspect_file, store_file
from models.school import bundles

SEMESTER, YEAR = "2025-2026-1", "2025-2026"
TAKEN = datetime(2025, 10, 29, 17, 0)
# Few enough to be all there: a book, a sheet, a meeting file, a photo.
SMALL = """
also_reads = ["enrolment", "parent-state", "parent", "guardian", "pairing"]

[[part]]
number = 1
clause = "S03-18(5)"
title = "儿童登记"
[[part.source]]
title = "留守儿童登记册"
make = "book"
register = "child"
during = true
at_least = 1
supplier = "班主任"

[[part]]
number = 2
clause = "S03-18(1)"
title = "制度与行事历"
[[part.source]]
title = "工作制度"
make = "sheets"
register = "regulation"
where = { topic = "领导小组工作制度" }
at_least = 1
supplier = "文员"
[[part.source]]
title = "学期行事历"
make = "book"
register = "calendar-event"
at_least = 1
supplier = "文员"

[[part]]
number = 3
clause = "S03-18(6)"
title = "会议材料"
[[part.source]]
title = "会议材料"
make = "meetings"
register = "meeting"
at_least = 1
needs = ["sign-in|attendee", "photo"]
supplier = "会议记录人"
[[part.source]]
title = "会议照片"
make = "photos"
register = ["meeting"]
at_least = 1
supplier = "会议记录人"
"""


def picture(colour="#7aa87a", size=(800, 600)):
    """A small drawn JPEG."""
    image = Image.new("RGB", size, colour)
    ImageDraw.Draw(image).ellipse((200, 150, 600, 450), fill="#f0d9a0")
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def add_photo(data_dir, slug, record_id, children=(), colour="#7aa87a", now=TAKEN, **said):
    """Attach a drawn photo to a record, as the upload would, and return its id."""
    data = picture(colour)
    facts = inspect_image(data)
    path = store_original(data, data_dir / "files")
    given = {
        "register": slug,
        "record_id": record_id,
        "evidence": said.pop("evidence", "photo"),
        "copy_of": said.pop("copy_of", 0),
        "sha256": facts.sha256,
        "path": path,
        "kind": facts.kind,
        "width": facts.width,
        "height": facts.height,
        "bytes": facts.bytes,
    }
    lines = {"photo-child": [service.LineInput({"child": child}) for child in children]}
    actor = system(now, "测试")
    return service.create(actor, find("photo"), said, lines, given=given).id


def add_file(data_dir, slug, record_id, evidence, data, **said):
    """Attach a file other than a picture to a record, marked as holding nothing personal."""
    facts = inspect_file(data)
    path = store_file(data, facts.kind, data_dir / "files")
    given = {
        "register": slug,
        "record_id": record_id,
        "evidence": evidence,
        "sha256": facts.sha256,
        "path": path,
        "kind": facts.kind,
        "width": 0,
        "height": 0,
        "bytes": facts.bytes,
    }
    actor = system(said.pop("now", TAKEN), "测试")
    raw = {"content": NOTHING_PERSONAL} | said
    return service.create(actor, find("photo"), raw, given=given).id


def consent(child, now=datetime(2025, 10, 29, 17, 5), **said):
    """Write down the guardian's consent to keep photos of a child."""
    raw = {"child": child, "purpose": "照片存档", "given_on": "2025-09-05", "given_by": "张奶奶"}
    return service.create(system(now, "测试"), find("consent"), raw | said)


@cache
def shared_cache():
    """A folder of rendered files for all tests: what is made of equal data is made once.

    A test that draws otherwise than the product does keeps a folder of its own.
    """
    folder = Path(tempfile.mkdtemp(prefix="bundle-cache-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def order(data_dir, target, edition=INSPECTION, **said):
    """The order of an inspection bundle of the autumn semester."""
    return Order(
        reach=said.pop("reach", SEMESTER),
        edition=edition,
        made_by=said.pop("made_by", "陈文员"),
        originals=data_dir / "files",
        cache=said.pop("cache", None) or shared_cache(),
        target=target,
        **said,
    )


def declared(text=SMALL):
    """What a bundle consists of, from TOML."""
    return read_declaration(tomllib.loads(text))


def office(actor):
    """Enter a regulation and an event, which the small bundle asks for; return their ids."""
    regulation = {"title": "领导小组工作制度", "topic": "领导小组工作制度", "kind": "制度"}
    event = {"title": "开学典礼", "starts_on": "2025-09-01"}
    made = service.create(actor, find("regulation"), {**regulation, "text": "每月开会一次"})
    return made.id, service.create(actor, find("calendar-event"), event).id


def every_record(slug, **said):
    """A source of a bundle that takes all records of one register."""
    usual = {"title": "全部", "make": "book", "at_least": 1, "supplier": "文员"}
    return Source(register=slug, **usual | said)


@contextmanager
def another_clock(monkeypatch):
    """Be forty days later and in another zone."""
    real = time.time
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "America/New_York")
        changed.setattr(time, "time", lambda: real() + 40 * 86400)
        time.tzset()
        yield
    time.tzset()


def build(data_dir, target, **said):
    """Build a bundle of the test school."""
    return build_bundle(order(data_dir, target, **said))


def newest():
    """The record of the bundle asked for last."""
    return rows(SYSTEM, bundles.bundle_register()).order_by(Bundle.id.desc()).first()


@pytest.fixture
def make(client_as, data_dir, clock):
    """Press the button as the clerk and let the worker do it; return the newest bundle."""

    def pressed():
        client_as("clerk").post("/bundles/build", data={"semester": SEMESTER})
        worker.run_waiting(data_dir, clock)
        return newest()

    return pressed
