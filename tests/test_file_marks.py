"""Files and scans: the clerk's mark decides whether the inspector sees them, a copy, or a line."""

from __future__ import annotations

import io
import re
from html import unescape

import pytest
from PIL import Image

from models.core import service
from models.core.errors import Invalid
from models.core.gates import every_row
from models.core.register import find
from models.kept.photos import (
    CONTENTS,
    NOTHING_PERSONAL,
    PERSONAL,
    WITH_COPY,
    Photo,
    mark_is_the_clerks,
)
from models.photos import store
from models.photos.view import PHOTOS, photos_of, withheld
from tests.test_photo_store import consent, jpeg, originals, send

__all__ = ["originals", "send"]

CHILDREN = find("child")


@pytest.fixture
def scan(world, send):
    """The ground of a child's identification, scanned; the family agreed to photos."""
    consent(world, world.child_a)
    send(world.clerk, jpeg(3), register=CHILDREN, evidence="basis")
    child = every_row(CHILDREN).where(CHILDREN.model.id == world.child_a).get()
    with service.work(world.clerk) as current:
        said = {"token": "form-token-1", "captions": {}, "removed": set(), "current": current}
        (photo,) = store.attach(world.clerk, CHILDREN, child, **said)
    return photo


def mark(world, photo, content):
    standing = every_row(PHOTOS).where(Photo.id == photo.id).get()
    return service.update(world.clerk, PHOTOS, photo.id, {"content": content}, standing.version)


def shade(data):
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB").getpixel((5, 5))[0]


def look(client, photo, size="display"):
    return client.get(f"/photos/{photo.id}/{size}.jpg", buffered=True)


@pytest.mark.parametrize("content", [None, *CONTENTS])
def test_the_inspector_sees_only_what_is_marked_as_harmless(client_as, world, scan, content):
    if content == WITH_COPY:
        with pytest.raises(Invalid, match="遮蔽件"):
            mark(world, scan, content)
        return
    if content is not None:
        scan = mark(world, scan, content)
    hidden = withheld(world.inspector, [scan])
    assert hidden == (set() if content == NOTHING_PERSONAL else {scan.id})
    inspector = client_as("inspector")
    answer = look(inspector, scan)
    assert (answer.mimetype == "image/jpeg") == (content == NOTHING_PERSONAL)
    for address in (f"/photos/{scan.id}", f"/photos/of/child/{world.child_a}"):
        page = inspector.get(address).text
        told = scan.sha256 in page and f"{scan.bytes} 字节" in page and "JPEG" in page
        if content != NOTHING_PERSONAL:
            assert told, address
            assert "含个人信息，不对外提供" in page
        assert "张小雨" not in page
    for reader in (world.clerk, world.alice):
        assert withheld(reader, [scan]) == set()


def test_the_masked_copy_is_shown_in_the_place_of_the_scan(client_as, world, scan):
    clerk, inspector = client_as("clerk"), client_as("inspector")
    assert "上传遮蔽件" in clerk.get(f"/photos/{scan.id}").text
    file = (io.BytesIO(jpeg(9)), "张小雨的身份证.jpg")
    posted = clerk.post(f"/photos/{scan.id}/masked", data={"file": file})
    assert posted.status_code == 303
    for size in ("thumb", "display"):
        assert shade(look(clerk, scan, size).data) != shade(look(inspector, scan, size).data)
    assert shade(look(inspector, scan).data) == pytest.approx(9 * 25 % 256, abs=4)
    stored = every_row(PHOTOS).where(Photo.id == scan.id).get()
    assert stored.content == WITH_COPY
    # The copy is no evidence of its own, and stands beside nothing.
    assert [one.id for one in photos_of(world.clerk, CHILDREN, [world.child_a])[world.child_a]] == [
        scan.id
    ]
    copy = every_row(PHOTOS).where(Photo.copy_of == scan.id).get()
    service.delete(world.clerk, PHOTOS, copy.id)
    assert withheld(world.inspector, [stored]) == {scan.id}


def test_only_the_clerk_marks_and_attaches(client_as, world, scan):
    scan.content = NOTHING_PERSONAL
    assert mark_is_the_clerks(scan, world.alice) == [("content", "个人信息由文员填写")]
    assert mark_is_the_clerks(scan, world.clerk) == []
    file = (io.BytesIO(jpeg(9)), "x.jpg")
    answer = client_as("alice").post(f"/photos/{scan.id}/masked", data={"file": file})
    assert answer.status_code == 403


def test_many_are_marked_at_once(client_as, world, scan):
    clerk = client_as("clerk")
    page = clerk.get("/masking/").text
    assert "1 份文件和扫描件没有标明" in page
    (address,) = re.findall(r'href="(/r/photo/[^"]*f\.evidence=basis[^"]*)"', unescape(page))
    listed = clerk.get(address).text
    assert f'value="{scan.id}"' in listed
    said = {"action": "set", "ids": f"{scan.id}:{scan.version}", "field": "content"}
    said |= {"value": PERSONAL, "confirm": "1"}
    assert clerk.post("/r/photo/bulk", data=said).status_code in (200, 302, 303)
    assert every_row(PHOTOS).where(Photo.id == scan.id).get().content == PERSONAL
    assert "都已标明" in clerk.get("/masking/").text
    assert client_as("inspector").get("/masking/").status_code == 403


def test_names_that_are_words_are_listed_for_the_clerk_alone(client_as, world):
    clerk = client_as("clerk")
    assert "没有要核对的文字" in clerk.get("/masking/").text
    raw = {"child": world.child_a, "relation": "继父或养父", "name": "文明", "phone": "13985670009"}
    service.create(world.clerk, find("parent"), raw)
    event = {"title": "文明礼貌月", "starts_on": "2025-11-10"}
    service.create(world.clerk, find("calendar-event"), event)
    talk = {"content": "文明来校谈话"}
    service.update(world.clerk, find("talk"), world.talk_a, talk, 1)
    page = clerk.get("/masking/").text
    assert "1 处姓名也是常用词" in page
    assert "文明礼貌月" in page
    # The talk concerns the child: there the name is masked and nothing is to be looked at.
    assert "来校谈话" not in page
