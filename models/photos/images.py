"""Photos as files: what is accepted, how originals are kept, how display copies are made.

A file is judged by its content, never by its name. Pillow and pillow-heif are loaded only where a
photo is opened, which keeps them out of processes that never see one.
"""

from __future__ import annotations

import hashlib
import io
import struct
import threading
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from models.core.errors import BadFile
from models.core.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image as Picture

BYTE_LIMIT = 20 * 2**20
PIXEL_LIMIT = 60_000_000
THUMB_EDGE = 320
DISPLAY_EDGE = 1600
JPEG_QUALITY = 80

SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "HEIC": ".heic"}
CONTENT_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "HEIC": "image/heic",
}

_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_FOREIGN = (
    (b"%PDF", "PDF 文件"),
    (b"GIF8", "GIF 动图"),
    (b"PK\x03\x04", "Office 文档或压缩包"),
    (b"\xd0\xcf\x11\xe0", "旧版 Office 文档"),
    (b"BM", "BMP 图片"),
    (b"II*\x00", "TIFF 图片"),
    (b"MM\x00*", "TIFF 图片"),
    (b"<", "网页或 SVG 图形"),
)
_DAMAGED = "照片不完整或已损坏，打不开；请先在手机上确认能正常查看，再重新上传"
# What Pillow and libheif raise on broken files; MemoryError is libheif's answer to false sizes.
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    RuntimeError,
    MemoryError,
    OverflowError,
    IndexError,
    KeyError,
    TypeError,
    struct.error,
    zlib.error,
)

# A phone's progressive JPEG has about ten scans. Each further one costs a pass over all pixels, so
# a small file with thousands of them would keep the server busy for minutes.
_SCAN_LIMIT = 200

_EXIF_IFD = 0x8769
_ORIENTATION = 0x0112
_TAKEN_TAGS = ((0x9003, 0x9011), (0x9004, 0x9012))  # original, then digitised; time and its offset
_BEIJING = timedelta(hours=8)

# One photo is decoded at a time: a 60-megapixel one needs up to 250 MB, and phones upload at once.
_decoding = threading.Lock()


@dataclass(frozen=True)
class ImageFacts:
    """What a photo's own bytes say about it.

    `kind` is JPEG, PNG, WEBP or HEIC; `width` and `height` are pixels of the upright picture;
    `taken_at` is naive Beijing time from EXIF, None when the file does not say; `sha256` is the
    hex digest and `bytes` the length of the file.
    """

    kind: str
    width: int
    height: int
    taken_at: datetime | None
    sha256: str
    bytes: int


def inspect_image(source: Path | bytes) -> ImageFacts:
    """Check that a file is a photo we accept, whole and within limits, and return its facts.

    The whole picture is decoded once (JPEG at an eighth of its size), so truncated files are found
    here and not when a copy is made. Raises BadFile with a sentence for the user.
    """
    data = _read(source)
    kind = image_kind(data)
    with _opened(data, kind) as image:
        width, height = _upright_size(image)
        taken_at = _taken_at(image)
        image.draft(None, (width // 8 or 1, height // 8 or 1))
        if kind == "PNG":
            _check_chunks(data)
        image.load()
    return ImageFacts(kind, width, height, taken_at, hashlib.sha256(data).hexdigest(), len(data))


def is_picture(data: bytes) -> bool:
    """Return whether the first bytes are a picture's of a kind we accept."""
    try:
        image_kind(data)
    except BadFile:
        return False
    return True


def image_kind(data: bytes) -> str:
    """Return JPEG, PNG, WEBP or HEIC as the first bytes tell; raise BadFile for anything else."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        if data[8:12] in _HEIC_BRANDS:
            return "HEIC"
        raise BadFile("这看起来是视频或不支持的图片格式；请上传 JPG、PNG、WebP 或 HEIC 照片")
    start = data[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    named = next((name for magic, name in _FOREIGN if start.startswith(magic)), "别的文件")
    raise BadFile(f"只能上传 JPG、PNG、WebP 或 HEIC 照片，这看起来是{named}；请换成照片再上传")


def make_display(original: Path, target: Path, max_edge: int) -> None:
    """Write an upright RGB JPEG of `original` whose longest edge is at most `max_edge` pixels.

    EXIF and with it GPS are left out; the colour profile stays, or phone photos look dull. The same
    file gives the same bytes. A small photo is not enlarged. Raises BadFile.
    """
    data = _read(original)
    with _opened(data, image_kind(data)) as image:
        orientation = _orientation(image)
        profile = image.info.get("icc_profile") if image.mode in ("RGB", "RGBA") else None
        image.draft("RGB", (max_edge, max_edge))
        jpeg = encode_jpeg(_upright(_shrunk(image, max_edge), orientation), profile)
    write_whole(target, jpeg)


def encode_jpeg(image: Picture, profile: bytes | None, quality: int = JPEG_QUALITY) -> bytes:
    """Return an RGB picture as JPEG bytes without any metadata but the colour profile."""
    buffer = io.BytesIO()
    # Pillow writes on what the original said of itself: comments, XMP, resolution.
    image = image.copy()
    image.info.clear()
    image.save(buffer, "JPEG", quality=quality, subsampling="4:2:0", icc_profile=profile, exif=b"")
    return buffer.getvalue()


def store_original(data: bytes, root: Path) -> str:
    """Keep a photo's bytes under `root` by their hash and return the path relative to it.

    The path reads `aa/bb/<sha256>.jpg` with forward slashes. The same photo is kept once; a file is
    either there whole or not there at all, also after a power cut. Raises BadFile when the bytes
    are not a photo; call `inspect_image` first.
    """
    digest = hashlib.sha256(data).hexdigest()
    name = f"{digest[:2]}/{digest[2:4]}/{digest}{SUFFIXES[image_kind(data)]}"
    target = root / name
    if not (target.is_file() and target.stat().st_size == len(data)):
        write_whole(target, data)
    return name


def _read(source: Path | bytes) -> bytes:
    size = len(source) if isinstance(source, bytes) else _file_size(source)
    if size == 0:
        raise BadFile("这个文件是空的；请重新选择照片")
    if size > BYTE_LIMIT:
        raise BadFile(
            f"照片有 {size / 2**20:.1f} MB，超过 {BYTE_LIMIT // 2**20} MB 的上限；"
            "请在手机相册里缩小后再上传"
        )
    return source if isinstance(source, bytes) else source.read_bytes()


def _file_size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        raise BadFile("照片文件找不到了；请重新上传") from None


@contextmanager
def _opened(data: bytes, kind: str) -> Iterator[Picture]:
    """Open a photo, checked against the pixel limit before any pixel is decoded."""
    from PIL import Image

    if kind == "HEIC":
        from pillow_heif import register_heif_opener

        register_heif_opener()
    if kind == "WEBP":  # Pillow allocates the whole canvas already on opening.
        _check_pixels(*_webp_size(data))
    if kind == "JPEG" and data.count(b"\xff\xda") > _SCAN_LIMIT:
        raise BadFile(_DAMAGED)
    with _decoding:
        try:
            formats = ["HEIF"] if kind == "HEIC" else [kind]
            with Image.open(io.BytesIO(data), formats=formats) as image:
                _check_pixels(*image.size)
                yield image
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise BadFile(_too_many_pixels("")) from None
        except _DAMAGE as error:
            raise BadFile(_DAMAGED) from error


def _check_pixels(width: int, height: int) -> None:
    if width * height > PIXEL_LIMIT:
        raise BadFile(_too_many_pixels(f"（{width}×{height}）"))


def _too_many_pixels(size: str) -> str:
    limit = PIXEL_LIMIT // 10_000
    return f"照片的像素太多{size}，超过 {limit} 万像素的上限；请在手机相册里缩小后再上传"


def _webp_size(data: bytes) -> tuple[int, int]:
    """Return the canvas size from the first chunk's header (RFC 9649, section 2.5 to 2.7)."""
    head = data[12:30].ljust(18, b"\0")
    if head[:4] == b"VP8X":
        return int.from_bytes(head[12:15], "little") + 1, int.from_bytes(head[15:18], "little") + 1
    if head[:4] == b"VP8L":
        bits = int.from_bytes(head[9:13], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack("<HH", head[14:18])
    return width & 0x3FFF, height & 0x3FFF


def _check_chunks(data: bytes) -> None:
    """Check every PNG chunk's CRC up to the end mark; decoding alone stops at the last pixel."""
    from PIL import Image

    with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
        image.verify()


def _orientation(image: Picture) -> int:
    """Return the EXIF orientation 1 to 8; unreadable EXIF counts as upright."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except _DAMAGE:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _upright_size(image: Picture) -> tuple[int, int]:
    width, height = image.size
    return (height, width) if _orientation(image) >= 5 else (width, height)


def _upright(image: Picture, orientation: int) -> Picture:
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return image.transpose(turns[orientation]) if orientation in turns else image


def _shrunk(image: Picture, max_edge: int) -> Picture:
    """Return an RGB copy within `max_edge`, transparent parts on white, shrunk before turned."""
    from PIL import Image

    if image.mode.startswith(("I", "F")):  # 16-bit grey; a plain conversion would clip to white.
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    elif image.mode == "P" or "transparency" in image.info:
        image = image.convert("RGBA")
    elif image.mode not in ("RGB", "RGBA", "L"):
        image = image.convert("RGBA" if "A" in image.mode.upper() else "RGB")
    image.thumbnail((max_edge, max_edge), Image.Resampling.LANCZOS)
    if image.mode != "RGBA":
        return image.convert("RGB")
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def _taken_at(image: Picture) -> datetime | None:
    """Return when the camera says the photo was taken, as naive Beijing time."""
    try:
        details = image.getexif().get_ifd(_EXIF_IFD)
    except _DAMAGE:
        return None
    for time_tag, offset_tag in _TAKEN_TAGS:
        taken = _exif_time(details.get(time_tag), details.get(offset_tag))
        if taken is not None:
            return taken
    return None


def _exif_time(value: object, offset: object) -> datetime | None:
    """Read EXIF's `2025:10:08 16:20:00` and `+08:00`; a camera with an unset clock writes zeros."""
    try:
        taken = datetime.strptime(str(value).strip("\0 "), "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
    try:
        zone = datetime.strptime(str(offset).strip("\0 "), "%z").utcoffset()
        return taken if zone is None else taken - zone + _BEIJING
    except (ValueError, OverflowError):
        return taken  # Without an offset the phone's own clock is taken as Beijing time.
