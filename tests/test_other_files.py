"""Files other than pictures: told by their content, kept by their sum, handed out as downloads."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from models.core import service
from models.core.actor import SYSTEM
from models.core.errors import BadFile, Invalid
from models.core.gates import every_row, row
from models.core.register import REGISTERS, find
from models.kept.photos import NOTHING_PERSONAL, PICTURE, Photo
from models.photos import store
from models.photos.other_files import FORMATS, file_kind, inspect_file
from models.photos.view import PHOTOS
from tests.bundle_school import build
from tests.test_photo_store import jpeg, originals, send

__all__ = ["originals", "send"]

MEETING = find("meeting")


def packed(*names):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return held.getvalue()


def compound(*streams):
    return (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(504)
        + b"".join(f"{name}\0".encode("utf-16-le").ljust(128, b"\0") for name in streams)
    )


def film(brand, moov=b"moov"):
    return struct.pack(">I", 24) + b"ftyp" + brand + bytes(4) + brand + brand + bytes(8) + moov


GOOD = {
    "PDF": b"%PDF-1.7\n1 0 obj<<>>endobj\nstream\n/JavaScript\nendstream\n%%EOF\n",
    "DOCX": packed("[Content_Types].xml", "word/document.xml"),
    "XLSX": packed("[Content_Types].xml", "xl/workbook.xml"),
    "PPTX": packed("[Content_Types].xml", "ppt/presentation.xml"),
    "DOC": compound("WordDocument"),
    "XLS": compound("Workbook"),
    "PPT": compound("PowerPoint Document"),
    "TXT": "国旗下讲话稿\r\n同学们：".encode("gb18030"),
    "MP4": film(b"isom"),
    "MP3": b"ID3\x04" + bytes(60),
    "M4A": film(b"M4A "),
}
BAD = {
    "empty": (b"", "空的"),
    "page": (b"<!DOCTYPE html><script>alert(1)</script>", "网页"),
    "drawing": (b"\xef\xbb\xbf<svg xmlns='x'>", "网页"),
    "page behind words": ("说明 <iframe src=x>".encode(), "网页"),
    "script": (b"#!/bin/sh\nrm", "脚本"),
    "program": (b"MZ\x90\x00" + bytes(200), "认不出"),
    "linux program": (b"\x7fELF" + bytes(200), "认不出"),
    "packed folder": (packed("a.txt"), "压缩包"),
    "macro document": (packed("[Content_Types].xml", "word/a.xml", "word/vbaProject.bin"), "宏"),
    "old macro document": (compound("WordDocument", "_VBA_PROJECT"), "宏"),
    "installer": (compound("Property"), "不是文档"),
    "cut pdf": (b"%PDF-1.7\nstream", "不完整"),
    "pdf with script": (b"%PDF-1.7\n<</S/JavaScript/JS(x)>>\n%%EOF", "脚本"),
    "pdf with attachment": (b"%PDF-1.7\n<</EmbeddedFiles 1 0 R>>\n%%EOF", "附件"),
    "cut document": (GOOD["DOCX"][:40], "不完整"),
    "quicktime film": (film(b"qt  "), "转成 MP4"),
    "cut film": (film(b"isom", b""), "不完整"),
    "nothing known": (bytes(range(256)), "认不出"),
}


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_is_told_by_its_content(kind):
    facts = inspect_file(GOOD[kind])
    assert (facts.kind, facts.bytes) == (kind, len(GOOD[kind]))
    assert GOOD.keys() == FORMATS.keys()


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_such_file_is_refused_with_a_sentence(name):
    data, told = BAD[name]
    with pytest.raises(BadFile, match=told):
        inspect_file(data)


def test_a_file_at_the_limit_passes_and_a_byte_more_does_not():
    data = b"%PDF-1.7\n" + b"0" * (2**20 - 15) + b"%%EOF\n"
    assert len(data) == 2**20
    assert inspect_file(data, 1).kind == "PDF"
    with pytest.raises(BadFile, match="1 MB"):
        inspect_file(data[:-6] + b"0%%EOF\n", 1)


def test_a_photo_frame_of_sound_is_no_picture_and_the_other_way_round():
    assert file_kind(b"\xff\xfb\x90\x64" + bytes(100)) == "MP3"
    with pytest.raises(BadFile):
        file_kind(b"\xff\xfb\xf0\x64" + bytes(100))


def kept(world, send, data=GOOD["DOCX"], evidence="speech", **said):
    """A file uploaded with a meeting's form and saved with it."""
    send(world.clerk, data, register=MEETING, evidence=evidence, **said)
    meeting = row(world.clerk, MEETING, world.meeting)
    with service.work(world.clerk) as current:
        store.attach(
            world.clerk,
            MEETING,
            meeting,
            token="form-token-1",
            captions={},
            removed=set(),
            current=current,
        )
    return every_row(PHOTOS).where(Photo.evidence == evidence).order_by(Photo.id.desc()).first()


# A sheet of evaluation takes its countersigned page by its own steps alone.
TAKE_FILES = [
    one.slug
    for one in REGISTERS.values()
    if one.evidence and not one.sealed and one.slug != "evaluation"
]


@pytest.mark.parametrize("slug", TAKE_FILES)
def test_only_what_is_no_photo_may_be_a_file(world, send, slug):
    register = find(slug)
    for evidence in register.evidence:
        if evidence == PICTURE:
            with pytest.raises(BadFile, match="只能上传 JPG"):
                send(world.clerk, GOOD["PDF"], register=register, evidence=evidence)
        else:
            made = send(world.clerk, GOOD["PDF"], register=register, evidence=evidence)
            assert made.kind == "PDF"
            assert send(world.clerk, jpeg(5), register=register, evidence=evidence).kind == "JPEG"


def test_the_name_of_the_file_is_what_it_is_about(world, send):
    photo = kept(world, send, name="C:\\fakepath\\期初工作讲话稿.docx")
    assert photo.matter == "期初工作讲话稿"
    assert (photo.kind, photo.width, photo.path[-5:]) == ("DOCX", 0, ".docx")


def test_the_school_sets_how_large_a_file_may_be(world, send):
    school = find("school")
    stored = row(world.clerk, school, world.school)
    for wrong in ("0", "201"):
        with pytest.raises(Invalid) as refused:
            service.update(world.clerk, school, stored.id, {"file_limit_mb": wrong}, stored.version)
        assert "file_limit_mb" in refused.value.errors
    service.update(world.clerk, school, stored.id, {"file_limit_mb": "1"}, stored.version)
    with pytest.raises(BadFile, match="1 MB"):
        send(
            world.clerk,
            b"%PDF-1.7\n" + b"0" * 2**20 + b"%%EOF\n",
            register=MEETING,
            evidence="speech",
        )


@pytest.fixture
def speech(world, send):
    return kept(world, send, name="讲话稿.docx")


def test_it_is_handed_out_as_a_download_and_never_shown(client_as, world, speech):
    assert "还缺：" not in client_as("clerk").get(f"/photos/of/meeting/{world.meeting}").text
    page = client_as("clerk").get(f"/photos/{speech.id}").text
    assert f"/photos/{speech.id}/file?save=1" in page
    answer = client_as("clerk").get(f"/photos/{speech.id}/file", buffered=True)
    assert answer.data == GOOD["DOCX"]
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for size in ("thumb", "display"):
        with client_as("clerk").get(f"/photos/{speech.id}/{size}.jpg") as icon:
            assert icon.mimetype == "image/svg+xml"


def test_a_film_plays_on_its_page_and_is_sent_in_pieces(client_as, world, send):
    photo = kept(world, send, GOOD["MP4"], name="颁奖.mp4")
    client = client_as("clerk")
    assert "<video" in client.get(f"/photos/{photo.id}").text
    whole = client.get(f"/photos/{photo.id}/file", buffered=True)
    assert (whole.mimetype, "attachment" in whole.headers["Content-Disposition"]) == (
        "video/mp4",
        False,
    )
    part = client.get(f"/photos/{photo.id}/file", headers={"Range": "bytes=4-7"}, buffered=True)
    assert (part.status_code, part.data) == (206, b"ftyp")
    saved = client.get(f"/photos/{photo.id}/file?save=1", buffered=True)
    assert "attachment" in saved.headers["Content-Disposition"]


def test_the_inspector_gets_only_what_is_marked_as_harmless(client_as, world, speech):
    address = f"/photos/{speech.id}/file"
    assert client_as("inspector").get(address, buffered=True).status_code == 403
    stored = row(SYSTEM, PHOTOS, speech.id)
    raw = {"content": NOTHING_PERSONAL}
    service.update(world.clerk, PHOTOS, speech.id, raw, stored.version)
    assert client_as("inspector").get(address, buffered=True).status_code == 200


def test_whoever_may_not_read_the_record_gets_no_file(client_as, world, send):
    visit = find("home-visit")
    send(world.clerk, GOOD["PDF"], register=visit, evidence="signature")
    record = row(world.clerk, visit, world.visit_a)
    with service.work(world.clerk) as current:
        said = {"token": "form-token-1", "captions": {}, "removed": set(), "current": current}
        store.attach(world.clerk, visit, record, **said)
    photo = every_row(PHOTOS).where(Photo.evidence == "signature").first()
    assert client_as("alice").get(f"/photos/{photo.id}/file", buffered=True).status_code == 200
    assert client_as("charlie").get(f"/photos/{photo.id}/file", buffered=True).status_code == 404


def test_it_goes_into_the_package_by_its_mark(world, speech, data_dir, tmp_path):
    first = build(data_dir, tmp_path / "first.zip")
    assert not [item for item in first.items if item.kind == "scan"]
    stored = row(SYSTEM, PHOTOS, speech.id)
    raw = {"content": NOTHING_PERSONAL}
    service.update(world.clerk, PHOTOS, speech.id, raw, stored.version)
    built = build(data_dir, tmp_path / "second.zip")
    (item,) = [item for item in built.items if item.kind == "scan"]
    assert item.name.endswith(".docx")
    with zipfile.ZipFile(built.path) as archive:
        (name,) = [one for one in archive.namelist() if one.endswith(".docx")]
        assert archive.read(name) == GOOD["DOCX"]
    assert all(check.passed for check in built.checks if check.name == "安全")
