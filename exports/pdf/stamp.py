"""What is written onto a finished file: its description, and a downloader's name and time."""

from __future__ import annotations

import io
from hashlib import md5
from pathlib import Path
from typing import TYPE_CHECKING

from exports.pdf.imprint import Imprint
from exports.pdf.text import printable
from exports.pdf.watched import NAMING, told
from models.core.files import aside

if TYPE_CHECKING:
    from pypdf import PageObject, PdfWriter

_SIZE = 7.5
_FROM_EDGE = 17.0  # points above the paper's lower edge, below the footer


def stamp_personal_copy(source: Path, target: Path, text: str) -> None:
    """Write `source` to `target` with `text` (who downloaded it, when) at the foot of each page.

    Personal copies are outside the promise of equal bytes. `target` appears only when complete.
    """
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(source))
    overlays: dict[tuple[float, float], PageObject] = {}
    for number, page in enumerate(writer.pages):
        told(NAMING, number, len(writer.pages))
        paper = (float(page.mediabox.width), float(page.mediabox.height))
        if paper not in overlays:
            overlays[paper] = _overlay(paper, printable(text))
        page.merge_page(overlays[paper])
        page.compress_content_streams()
    with aside(target) as part, part.open("wb") as file:
        writer.write(file)


def describe(writer: PdfWriter, imprint: Imprint, content: bytes) -> None:
    """Set title, author and dates from `imprint` and a file id that follows the content."""
    from pypdf.generic import ArrayObject, ByteStringObject

    digest = md5(repr(imprint).encode() + content, usedforsecurity=False).digest()
    writer.add_metadata(
        {
            "/Title": imprint.title,
            "/Author": imprint.school,
            "/Subject": imprint.subtitle,
            "/Creator": imprint.made_by,
            "/CreationDate": imprint.pdf_date,
            "/ModDate": imprint.pdf_date,
        }
    )
    identifier = ByteStringObject(digest)
    writer._ID = ArrayObject((identifier, identifier))


def _overlay(paper: tuple[float, float], text: str) -> PageObject:
    from exports.pdf.fonts import REGULAR, prepare_reportlab, runs
    from exports.pdf.shades import QUIET, shade
    from exports.pdf.sheet import CharWidths

    prepare_reportlab()
    from pypdf import PdfReader
    from reportlab.pdfgen.canvas import Canvas

    line, widths = text.replace("\n", " "), CharWidths()
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=paper, pageCompression=1)
    canvas.setFillColor(shade(QUIET))
    x = (paper[0] - widths.of(line) * _SIZE) / 2
    for face, run in runs(line, REGULAR):
        canvas.setFont(face, _SIZE)
        canvas.drawString(x, _FROM_EDGE, run)
        x += widths.of(run) * _SIZE
    canvas.save()
    return PdfReader(buffer).pages[0]
