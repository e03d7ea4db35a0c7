"""A finished paper put onto the sheets of an office printer: both sides, or a poster in two parts.

Such printers leave the outer 5 mm of a sheet blank.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pypdf import PdfWriter

MM = 72 / 25.4
# Millimetres no office printer reaches, and by how much the parts of a poster overlap to be glued.
UNPRINTABLE, OVERLAP = 5, 10
A4_SHORT, A4_LONG = 210, 297
DUPLEX, TILES = "duplex", "tiles"


def impose(source: Path, target: Path, how: str, binding: float = 0) -> None:
    """Write `source` to `target` for duplex printing or in tiles; any other `how` as it is.

    `binding` is by how many millimetres the left margin is wider than the right one.
    """
    from pypdf import PdfReader, PdfWriter

    reader = PdfReader(source)
    writer = PdfWriter()
    if how == DUPLEX:
        _mirror(writer, reader, binding)
    elif how == TILES:
        _tile(writer, reader)
    else:
        writer.append(reader)
    if reader.metadata is not None:
        writer.add_metadata({name: str(text) for name, text in reader.metadata.items()})
    held = io.BytesIO()
    writer.write(held)
    target.write_bytes(held.getvalue())


def _mirror(writer: PdfWriter, reader: object, binding: float) -> None:
    """Move every second page so that its wider margin lies at the bound edge, the right one."""
    from pypdf import Transformation

    writer.append(reader)  # type: ignore[arg-type]
    for number, page in enumerate(writer.pages):
        if number % 2:
            page.add_transformation(Transformation().translate(-binding * MM, 0))


def _tile(writer: PdfWriter, reader: object) -> None:
    """Put each A3 page onto two A4 sheets lying across; smaller pages stay as they are.

    It is made so much smaller that both parts keep the unprintable edges and overlap.
    """
    from pypdf import PageObject, Transformation

    for page in reader.pages:  # type: ignore[attr-defined]
        wide, high = float(page.mediabox.width), float(page.mediabox.height)
        if round(high / MM) <= A4_LONG:
            writer.add_page(page)
            continue
        shown = (A4_SHORT - 2 * UNPRINTABLE) * MM
        scale = (2 * shown - OVERLAP * MM) / high
        left = (A4_LONG * MM - wide * scale) / 2
        for lowest in (high * scale - shown, 0.0):
            sheet = PageObject.create_blank_page(width=A4_LONG * MM, height=A4_SHORT * MM)
            place = Transformation().scale(scale).translate(left, UNPRINTABLE * MM - lowest)
            sheet.merge_transformed_page(page, place)
            writer.add_page(sheet)
