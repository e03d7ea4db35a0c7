"""Photos: only real, whole photos within limits come in; copies are upright and tell nothing."""

from __future__ import annotations

import hashlib
import io
import random
import struct
import zlib
from datetime import datetime
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from models.core import files
from models.core.errors import BadFile
from models.photos import images
from models.photos.images import inspect_image, make_display, store_original

GPS = {1: "N", 2: (31.0, 51.0, 40.0), 3: "E", 4: (117.0, 17.0, 2.0)}


def drawing(width=120, height=80, mode="RGB"):
    """A picture whose left half is red and right half blue, with a white corner at top left."""
    image = Image.new("RGB", (width, height), "blue")
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, width // 2 - 1, height), fill="red")
    pen.rectangle((0, 0, width // 5, height // 5), fill="white")
    return image.convert(mode)


def encoded(image, kind="JPEG", **options):
    buffer = io.BytesIO()
    if kind == "HEIF":
        from pillow_heif import register_heif_opener

        register_heif_opener()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def phone_photo(orientation=1, taken="2025:10:08 16:20:31", offset=None):
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "PhoneMaker"
    exif[0x8769] = {0x9003: taken} | ({0x9011: offset} if offset else {})
    exif[0x8825] = GPS
    return encoded(drawing(), exif=exif, quality=95)


def claimed_png(width, height):
    """A tiny PNG whose header claims a huge size, as a decompression bomb does."""

    def chunk(name, body):
        crc = struct.pack(">I", zlib.crc32(name + body))
        return struct.pack(">I", len(body)) + name + body + crc

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


@pytest.fixture
def original(tmp_path):
    def write(data):
        path = tmp_path / "original"
        path.write_bytes(data)
        return path

    return write


@pytest.mark.parametrize(
    ("format_name", "kind"),
    [("JPEG", "JPEG"), ("PNG", "PNG"), ("WEBP", "WEBP"), ("HEIF", "HEIC"), ("MPO", "JPEG")],
)
def test_the_four_photo_kinds_are_accepted_by_content(format_name, kind, original):
    data = encoded(drawing(), format_name)
    facts = inspect_image(data)
    assert (facts.kind, facts.width, facts.height) == (kind, 120, 80)
    assert (facts.sha256, facts.bytes) == (hashlib.sha256(data).hexdigest(), len(data))
    assert inspect_image(original(data)) == facts


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"%PDF-1.7\n...", "PDF"),
        (b"GIF89a" + b"\0" * 40, "GIF"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b'\xef\xbb\xbf  <?xml version="1.0"?><svg/>', "SVG"),
        (b"<!DOCTYPE html><script>alert(1)</script>", "网页"),
        (b"PK\x03\x04\x14\0", "Office"),
        (b"\0\0\0\x20ftypisom\0\0\0\0", "视频"),
        (b"\0\0\0\x20ftypavif\0\0\0\0", "不支持"),
        (b"hello", "别的文件"),
        (b"\xff", "别的文件"),
    ],
)
def test_what_is_not_a_photo_is_named_and_refused(data, named):
    with pytest.raises(BadFile, match=named):
        inspect_image(data)


def test_an_empty_file_is_refused():
    with pytest.raises(BadFile, match="空的"):
        inspect_image(b"")


def test_a_photo_that_vanished_is_refused_with_a_sentence(tmp_path):
    with pytest.raises(BadFile, match="重新上传"):
        inspect_image(tmp_path / "gone.jpg")


def test_a_file_over_the_byte_limit_is_refused_and_its_size_said(monkeypatch, original):
    data = encoded(drawing())
    monkeypatch.setattr(images, "BYTE_LIMIT", len(data))
    assert inspect_image(data).bytes == len(data)
    for source in (data + b"\0", original(data + b"\0")):
        with pytest.raises(BadFile, match="上限"):
            inspect_image(source)


def test_a_photo_at_the_pixel_limit_passes_and_one_row_more_is_refused(monkeypatch):
    monkeypatch.setattr(images, "PIXEL_LIMIT", 120 * 80)
    assert inspect_image(encoded(drawing(120, 80))).width == 120
    with pytest.raises(BadFile, match="120×81"):
        inspect_image(encoded(drawing(120, 81)))


@pytest.mark.parametrize(("width", "height"), [(9_000, 9_000), (10_000, 10_000), (20_000, 10_000)])
def test_a_photo_of_too_many_megapixels_is_refused_before_decoding(width, height, original):
    data = claimed_png(width, height)
    for look in (inspect_image, lambda d: make_display(original(d), Path("never"), 320)):
        with pytest.raises(BadFile, match="6000 万像素"):
            look(data)


def test_a_webp_claiming_a_huge_canvas_is_refused_before_its_canvas_is_allocated():
    def with_chunk(name, body):
        chunk = name + struct.pack("<I", len(body)) + body
        return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk

    edge = 16_000
    extended = with_chunk(b"VP8X", b"\x10\0\0\0" + struct.pack("<I", edge - 1)[:3] * 2)
    lossless = with_chunk(b"VP8L", b"\x2f" + struct.pack("<I", (edge - 1) | (edge - 1) << 14))
    lossy = with_chunk(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", edge, edge))
    for data in (extended, lossless, lossy):
        with pytest.raises(BadFile, match="16000×16000"):
            inspect_image(data)


@pytest.mark.parametrize(
    "options", [{"lossless": True}, {"lossless": False}, {"exif": b"Exif\0\0"}]
)
def test_the_size_of_real_webp_photos_is_read_right(options):
    data = encoded(drawing(641, 479), "WEBP", **options)
    assert images._webp_size(data) == (641, 479)


def test_a_jpeg_with_thousands_of_scans_is_refused():
    data = encoded(drawing(), progressive=True)
    assert inspect_image(data).kind == "JPEG"
    with pytest.raises(BadFile, match="损坏"):
        inspect_image(data[:-2] + b"\xff\xda\0\x08\x01\x01\0\0\x3f\0" * 5000 + data[-2:])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_a_truncated_photo_is_refused(kind):
    noise = Image.frombytes("RGB", (160, 120), random.Random(7).randbytes(160 * 120 * 3))
    data = encoded(noise, kind)
    for part in (0.02, 0.3, 0.6, 0.95):
        with pytest.raises(BadFile):
            inspect_image(data[: max(13, int(len(data) * part))])


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow warns of broken EXIF it steps over.
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_damaged_bytes_give_facts_or_a_sentence_but_never_another_error(kind, original, tmp_path):
    chance = random.Random(kind)
    exif = Image.Exif()
    exif[0x8769] = {0x9003: "2025:10:08 16:20:31"}
    exif[0x8825] = GPS
    whole = encoded(drawing(), kind, exif=exif.tobytes())
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 3, 20))):
            data[chance.randrange(12, len(data))] = chance.randrange(256)
        sentence = "请"
        try:
            inspect_image(bytes(data))
            make_display(original(bytes(data)), tmp_path / "copy.jpg", 64)
        except BadFile as refused:
            sentence = str(refused)
        assert "请" in sentence


@pytest.mark.parametrize(
    ("taken", "offset", "expected"),
    [
        ("2025:10:08 16:20:31", None, datetime(2025, 10, 8, 16, 20, 31)),
        ("2025:10:08 16:20:31", "+08:00", datetime(2025, 10, 8, 16, 20, 31)),
        ("2025:10:08 09:20:31", "+01:00", datetime(2025, 10, 8, 16, 20, 31)),
        ("2025:10:08 16:20:31", "nonsense", datetime(2025, 10, 8, 16, 20, 31)),
        ("0000:00:00 00:00:00", None, None),
        ("yesterday", None, None),
        ("", None, None),
    ],
)
def test_the_time_of_taking_is_read_as_beijing_time_or_not_at_all(taken, offset, expected):
    assert inspect_image(phone_photo(taken=taken, offset=offset)).taken_at == expected


def test_a_photo_without_exif_has_no_time_of_taking():
    assert inspect_image(encoded(drawing())).taken_at is None


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_display_copy_is_upright_for_every_way_of_holding_the_phone(
    orientation, original, tmp_path
):
    from PIL import ImageOps

    data = phone_photo(orientation)
    make_display(original(data), tmp_path / "copy.jpg", 90)
    with Image.open(io.BytesIO(data)) as source, Image.open(tmp_path / "copy.jpg") as copy:
        right = ImageOps.exif_transpose(source)
        facts = inspect_image(data)
        assert (facts.width, facts.height) == right.size
        assert copy.size == ((90, 60) if right.width > right.height else (60, 90))
        for x, y in ((0.05, 0.05), (0.95, 0.05), (0.05, 0.95), (0.95, 0.95)):
            there = right.getpixel((int(x * right.width), int(y * right.height)))
            here = copy.getpixel((int(x * copy.width), int(y * copy.height)))
            assert all(abs(a - b) < 60 for a, b in zip(there, here, strict=True))


def test_a_display_copy_carries_no_exif_no_place_and_no_maker(original, tmp_path):
    data = phone_photo()
    assert b"PhoneMaker" in data
    make_display(original(data), tmp_path / "copy.jpg", 90)
    copy = (tmp_path / "copy.jpg").read_bytes()
    assert b"Exif" not in copy
    assert b"PhoneMaker" not in copy
    with Image.open(io.BytesIO(copy)) as image:
        assert (image.format, image.mode) == ("JPEG", "RGB")
        assert not dict(image.getexif())


def test_a_display_copy_keeps_the_colour_profile(original, tmp_path):
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    make_display(original(encoded(drawing(), icc_profile=profile)), tmp_path / "copy.jpg", 90)
    with Image.open(tmp_path / "copy.jpg") as copy:
        assert copy.info["icc_profile"] == profile


def test_the_same_photo_gives_the_same_bytes_twice(original, tmp_path):
    path = original(phone_photo(6))
    make_display(path, tmp_path / "a.jpg", 90)
    make_display(path, tmp_path / "b" / "b.jpg", 90)
    assert (tmp_path / "a.jpg").read_bytes() == (tmp_path / "b" / "b.jpg").read_bytes()


def test_a_small_photo_is_not_enlarged(original, tmp_path):
    make_display(original(encoded(drawing())), tmp_path / "copy.jpg", 1600)
    with Image.open(tmp_path / "copy.jpg") as copy:
        assert copy.size == (120, 80)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "1", "I;16"])
def test_every_png_colour_mode_becomes_an_rgb_copy(mode, original, tmp_path):
    if mode == "I;16":
        image = Image.new("I;16", (120, 80), 0x8000)
    else:
        image = drawing(mode=mode)
    make_display(original(encoded(image, "PNG")), tmp_path / "copy.jpg", 60)
    with Image.open(tmp_path / "copy.jpg") as copy:
        assert (copy.mode, copy.size) == ("RGB", (60, 40))
        if mode == "I;16":
            assert abs(copy.getpixel((30, 20))[0] - 128) <= 2


@pytest.mark.parametrize("mode", ["CMYK", "L"])
def test_print_and_grey_jpegs_become_rgb_copies(mode, original, tmp_path):
    make_display(original(encoded(drawing(mode=mode))), tmp_path / "copy.jpg", 60)
    with Image.open(tmp_path / "copy.jpg") as copy:
        assert (copy.mode, copy.size) == ("RGB", (60, 40))


def test_transparent_parts_become_white(original, tmp_path):
    clear = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    make_display(original(encoded(clear, "PNG")), tmp_path / "copy.jpg", 40)
    with Image.open(tmp_path / "copy.jpg") as copy:
        assert copy.getpixel((20, 20)) == (255, 255, 255)


def test_an_original_is_kept_once_by_its_hash_and_byte_for_byte(tmp_path):
    data = phone_photo()
    digest = hashlib.sha256(data).hexdigest()
    name = store_original(data, tmp_path)
    assert name == f"{digest[:2]}/{digest[2:4]}/{digest}.jpg"
    kept = tmp_path / name
    written = kept.stat().st_mtime_ns
    assert kept.read_bytes() == data
    assert store_original(data, tmp_path) == name
    assert kept.stat().st_mtime_ns == written
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [kept]


def test_an_original_cut_short_on_disk_is_made_whole_when_it_comes_again(tmp_path):
    data = phone_photo()
    kept = tmp_path / store_original(data, tmp_path)
    kept.write_bytes(data[:100])
    store_original(data, tmp_path)
    assert kept.read_bytes() == data


def test_a_failed_write_leaves_neither_a_part_nor_a_changed_file(tmp_path, monkeypatch):
    target = tmp_path / "copy.jpg"
    target.write_bytes(b"old")

    def full_disk(_handle):
        raise OSError("No space left on device")

    monkeypatch.setattr(files.os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        files.write_whole(target, b"new")
    assert target.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["copy.jpg"]


def test_what_is_not_a_photo_is_never_stored(tmp_path):
    with pytest.raises(BadFile):
        store_original(b"<svg/>", tmp_path)
    assert not list(tmp_path.iterdir())
