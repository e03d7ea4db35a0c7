"""Files other than pictures, as records order them: scripts, speeches, plans, recordings, films.

A file is judged by its content, never by its name: PDF, Word, Excel and PowerPoint in both forms
(WPS, ET and DPS are written as the older one), plain text, MP4, MP3 and M4A. Pages, drawings with
scripts, programs, packed folders and documents with macros are refused. What is kept is handed out
as a download and never shown as a page; films and sounds play on the page of the file.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from models.core.errors import BadFile
from models.core.files import write_whole

USUAL_LIMIT_MB = 50


class Format(NamedTuple):
    """One kind of file: its suffix, what it is served as, what it is called."""

    suffix: str
    content_type: str
    title: str


_OFFICE = "application/vnd.openxmlformats-officedocument."
FORMATS: dict[str, Format] = {
    "PDF": Format(".pdf", "application/pdf", "PDF 文件"),
    "DOCX": Format(".docx", f"{_OFFICE}wordprocessingml.document", "Word 文档"),
    "XLSX": Format(".xlsx", f"{_OFFICE}spreadsheetml.sheet", "Excel 表格"),
    "PPTX": Format(".pptx", f"{_OFFICE}presentationml.presentation", "演示文稿"),
    "DOC": Format(".doc", "application/msword", "Word 文档"),
    "XLS": Format(".xls", "application/vnd.ms-excel", "Excel 表格"),
    "PPT": Format(".ppt", "application/vnd.ms-powerpoint", "演示文稿"),
    "TXT": Format(".txt", "text/plain", "文本"),
    "MP4": Format(".mp4", "video/mp4", "视频"),
    "MP3": Format(".mp3", "audio/mpeg", "录音"),
    "M4A": Format(".m4a", "audio/mp4", "录音"),
}
FILMS, SOUNDS = frozenset({"MP4"}), frozenset({"MP3", "M4A"})
OWN_FILES = frozenset(one.suffix for one in FORMATS.values())
# What plays instead of being read.
PLAYED = frozenset(FORMATS[kind].suffix for kind in FILMS | SOUNDS)
ACCEPTED = "PDF、Word、Excel、PPT（含 WPS）、TXT、MP4、MP3"

_PARTS = {"word/": "DOCX", "xl/": "XLSX", "ppt/": "PPTX"}
# The streams that make an older document what it is, as a compound file names them.
_STREAMS = {
    "WordDocument": "DOC",
    "Workbook": "XLS",
    "Book": "XLS",
    "PowerPoint Document": "PPT",
}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MACROS = "_VBA_PROJECT"
# Where ISO 14496-12 names what a film is; QuickTime's own films do not play in every browser.
_FILM_BRANDS = {
    b"isom",
    b"iso2",
    b"iso4",
    b"iso5",
    b"iso6",
    b"mp41",
    b"mp42",
    b"avc1",
    b"M4V ",
    b"MSNV",
}
_SOUND_BRANDS = {b"M4A ", b"M4B "}
# Names of PDF actions and attachments outside streams (ISO 32000-1, 7.11.4, 12.6.4).
_ACTIVE = re.compile(rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|RichMedia)(?![A-Za-z])")
_STREAM = re.compile(rb"\bstream\r?\n.*?\bendstream\b", re.DOTALL)
_PAGE = re.compile(
    r"<\s*(?:!doctype|html|head|body|script|svg|iframe|\?xml|object)\b", re.IGNORECASE
)
_TEXT_LIMIT = 2 * 2**20
_MP3_RATES = {0b00, 0b01, 0b10}


@dataclass(frozen=True)
class FileFacts:
    """What a file's own bytes say about it: its kind (a key of `FORMATS`), sum and length."""

    kind: str
    sha256: str
    bytes: int


def inspect_file(data: bytes, limit_mb: int = USUAL_LIMIT_MB) -> FileFacts:
    """Check that a file is of a kind we keep, whole and within the limit, and return its facts.

    Raises BadFile with a sentence for the user.
    """
    if not data:
        raise BadFile("这个文件是空的；请重新选择")
    if len(data) > limit_mb * 2**20:
        raise BadFile(
            f"文件超过 {limit_mb} MB 的上限；请压缩、分成几份，或请文员在学校设置里调高上限"
        )
    return FileFacts(file_kind(data), hashlib.sha256(data).hexdigest(), len(data))


def file_kind(data: bytes) -> str:
    """Return the kind of a file as its content tells; BadFile for anything we do not keep."""
    if b"%PDF-" in data[:1024]:
        return _pdf(data)
    if data.startswith(b"PK\x03\x04"):
        return _packed(data)
    if data.startswith(_OLE):
        return _compound(data)
    if data[4:8] == b"ftyp":
        return _film(data)
    if data.startswith(b"ID3") or _is_mp3_frame(data[:4]):
        return "MP3"
    return _text(data)


def store_file(data: bytes, kind: str, root: Path) -> str:
    """Keep a file's bytes under `root` by their hash and return the path relative to it."""
    digest = hashlib.sha256(data).hexdigest()
    name = f"{digest[:2]}/{digest[2:4]}/{digest}{FORMATS[kind].suffix}"
    target = root / name
    if not (target.is_file() and target.stat().st_size == len(data)):
        write_whole(target, data)
    return name


def _pdf(data: bytes) -> str:
    if b"%%EOF" not in data[-2048:]:
        raise BadFile("这份 PDF 不完整；请重新导出或下载完再上传")
    if _ACTIVE.search(_STREAM.sub(b"", data)):
        raise BadFile("这份 PDF 带有脚本或附件；请另存为普通 PDF 再上传")
    return "PDF"


def _packed(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        raise BadFile("这个文件不完整或已损坏；请重新保存后再上传") from None
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise BadFile("这份文档带有宏；请另存为不带宏的文档（.docx、.xlsx、.pptx）再上传")
    kinds = {kind for part, kind in _PARTS.items() if any(n.startswith(part) for n in names)}
    if "[Content_Types].xml" not in names or len(kinds) != 1:
        raise BadFile(f"这是压缩包，不能直接上传；请解开后上传里面的文件（{ACCEPTED}）")
    return kinds.pop()


def _compound(data: bytes) -> str:
    if _stream(_MACROS) in data:
        raise BadFile("这份文档带有宏；请另存为不带宏的文档再上传")
    found = next((kind for name, kind in _STREAMS.items() if _stream(name) in data), None)
    if found is None:
        raise BadFile(f"这个文件不是文档、表格或演示文稿；可以上传 {ACCEPTED} 和照片")
    return found


def _stream(name: str) -> bytes:
    # A directory entry holds the name in UTF-16 with its closing zero.
    return f"{name}\0".encode("utf-16-le")


def _film(data: bytes) -> str:
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, 40, 4))}
    if b"moov" not in data:
        raise BadFile("这个视频或录音不完整；请重新导出后再上传")
    if data[8:12] in _SOUND_BRANDS:
        return "M4A"
    if brands & _FILM_BRANDS:
        return "MP4"
    raise BadFile("这种视频格式在浏览器里放不了；请转成 MP4 再上传")


def _is_mp3_frame(head: bytes) -> bool:
    """Whether four bytes begin a frame of MPEG audio, layer III (ISO 11172-3, 2.4.2.3)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    layer, rate, sampled = head[1] >> 1 & 0b11, head[2] >> 4, head[2] >> 2 & 0b11
    return layer == 0b01 and rate not in (0, 15) and sampled in _MP3_RATES


def _text(data: bytes) -> str:
    told = _decoded(data)
    if told is None:
        raise BadFile(f"认不出这种文件；可以上传 {ACCEPTED} 和照片")
    if _PAGE.search(told[:4096]) or told.startswith("#!"):
        raise BadFile("网页、图形代码和脚本不能上传；请另存为 PDF 或截图")
    return "TXT"


def _decoded(data: bytes) -> str | None:
    """Return what a text file says, None when it is none."""
    if len(data) > _TEXT_LIMIT:
        return None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            told = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        odd = sum(1 for char in told if char < " " and char not in "\t\r\n\f")
        return None if odd else told
    return None
