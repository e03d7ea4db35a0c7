"""Looks into a rendered file: whether it opens, and whether it holds what must not leave.

A document may hold no script, no attachment and no way out to the network; a picture nothing the
camera wrote. Any other kind of file is none that a bundle ships.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

# What our own pages, lists and documents are; photos are copies we encoded ourselves.
SHIPPED = frozenset({".pdf", ".jpg", ".xlsx", ".html", ".css", ".txt"})

UNKNOWN_KIND = "不是文书、照片或清单"
OTHER_CONTENT = "内容和文件类型不符"
ACTIVE = "带有脚本、附件或外部链接"
CAMERA = "带有拍摄信息"

_STREAM = re.compile(rb"\bstream\r?\n.*?\bendstream\b", re.DOTALL)
# Names of PDF actions and attachments (ISO 32000-1, 7.11.4, 12.6.4). Objects packed in streams and
# encrypted ones cannot be looked through; we write neither.
_ACTIVE = re.compile(
    rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|GoToR|SubmitForm|ImportData|URI|AA"
    rb"|ObjStm|Encrypt)(?![A-Za-z])"
)
# Markers of a JPEG that have no length (ITU T.81, B.1.1.3), and those that matter here.
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
_APP1, _START_OF_SCAN = 0xE1, 0xDA


@dataclass(frozen=True)
class Looked:
    """What was found: pages of a document, whether it cannot be opened, what is wrong with it."""

    pages: int = 0
    unreadable: bool = False
    harm: str = ""


def looked_at(path: Path) -> Looked:
    """Return what is found in a file, by its suffix."""
    if path.suffix == ".pdf":
        return _document(path)
    if path.suffix == ".jpg":
        return _picture(path.read_bytes())
    if path.suffix == ".txt":
        return _text(path.read_bytes())
    unreadable = path.stat().st_size == 0
    return Looked(0, unreadable, "" if path.suffix in SHIPPED else UNKNOWN_KIND)


def _text(data: bytes) -> Looked:
    try:
        told = data.decode("utf-8")
    except UnicodeDecodeError:
        return Looked(0, True, OTHER_CONTENT)
    return Looked(0, not told.strip("\ufeff\r\n "), OTHER_CONTENT if "\0" in told else "")


def _document(path: Path) -> Looked:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    data = path.read_bytes()
    harm = "" if data.startswith(b"%PDF-") else OTHER_CONTENT
    # Bytes of a drawing or a font may read like anything; only what stands around them counts.
    if _ACTIVE.search(_STREAM.sub(b"", data)):
        harm = ACTIVE
    try:
        pages = len(PdfReader(path).pages)
    except PyPdfError:
        pages = 0
    return Looked(pages, not pages, harm)


def _picture(data: bytes) -> Looked:
    markers = _markers(data)
    if not data.startswith(b"\xff\xd8\xff"):
        return Looked(0, True, OTHER_CONTENT)
    whole = _START_OF_SCAN in markers and data.endswith(b"\xff\xd9")
    return Looked(0, not whole, CAMERA if _APP1 in markers else "")


def _markers(data: bytes) -> set[int]:
    """Return the markers of a JPEG up to its first scan."""
    found: set[int] = set()
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and _START_OF_SCAN not in found:
        found.add(data[at + 1])
        at += 2 if data[at + 1] in _BARE else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return found
