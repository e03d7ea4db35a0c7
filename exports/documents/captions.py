"""Captions on photo copies that are handed out: school, activity, date and place.

The caption stands in a band below the picture, so it never covers a face. Only copies carry it; the
original stays as it was taken.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from models.core.errors import BadFile
from models.core.files import write_whole
from models.photos.images import encode_jpeg

if TYPE_CHECKING:
    from PIL.Image import Image as Picture
    from PIL.ImageFont import FreeTypeFont

ROWS_PER_LINE = 2
_QUALITY = 85  # The copy is compressed a second time; 80 again would show.
_TEXTS_PER_WIDTH = 42  # Characters that fit in one row.
_SMALLEST_TEXT = 12
_PAPER = "white"
_INK = (34, 40, 42)

# Latin words and numbers stay whole, each other character may end a row.
_PIECES = re.compile(r"[0-9A-Za-z.,:/%+\-]+|.", re.DOTALL)
_NEVER_FIRST = "，。、；：？！）》」』】〉”’…·%,.;:?!)"


def caption_copy(
    display: Path, target: Path, lines: Sequence[str], font: Path, edge: int = 0
) -> None:
    """Write a JPEG copy of `display` with `lines` in a band below it.

    `display` is a display copy (upright, without EXIF), `font` a TrueType file that covers Chinese.
    `edge` bounds the picture's longest edge in pixels, 0 leaves it as it is.
    A line longer than two rows is cut with …; without any text the copy has no band. The same
    picture, lines and font give the same bytes. Raises BadFile when `display` cannot be read.
    """
    from PIL import Image

    try:
        with Image.open(display, formats=["JPEG"]) as source:
            profile = source.info.get("icc_profile")
            if edge:
                source.draft("RGB", (edge, edge))
            picture = source.convert("RGB")
    except (OSError, SyntaxError, ValueError) as error:
        raise BadFile("照片的显示副本打不开；请重新上传这张照片") from error
    if edge:
        picture.thumbnail((edge, edge), Image.Resampling.LANCZOS)
    captioned = _with_band(picture, [plain for line in lines if (plain := _plain(line))], font)
    write_whole(target, encode_jpeg(captioned, profile, _QUALITY))


def wrap_caption(line: str, font: FreeTypeFont, width: float) -> list[str]:
    """Break one line into at most two rows of `width` pixels, the last cut with … if need be."""
    rows = [""]
    for piece in _fitting_pieces(line, font, width):
        if font.getlength(rows[-1] + piece) <= width or piece in _NEVER_FIRST:
            rows[-1] += piece
        else:
            rows.append(piece.lstrip())
    if len(rows) <= ROWS_PER_LINE:
        return rows
    last = rows[ROWS_PER_LINE - 1]
    while last and font.getlength(last + "…") > width:
        last = last[:-1]
    return [*rows[: ROWS_PER_LINE - 1], last + "…"]


def _fitting_pieces(line: str, font: FreeTypeFont, width: float) -> list[str]:
    """Split at every place a row may end; a run wider than a whole row falls into characters."""
    pieces: list[str] = []
    for piece in _PIECES.findall(line):
        pieces.extend([piece] if font.getlength(piece) <= width else piece)
    return pieces


def _plain(line: str) -> str:
    """Return the line without control, bidi and line break characters, which print as boxes."""
    spaced = re.sub(r"\s+", " ", line)
    return "".join(c for c in spaced if unicodedata.category(c) not in ("Cc", "Cf", "Cs")).strip()


def _with_band(picture: Picture, lines: Sequence[str], font_file: Path) -> Picture:
    from PIL import Image, ImageDraw, ImageFont

    size = max(_SMALLEST_TEXT, picture.width // _TEXTS_PER_WIDTH)
    # The basic layout engine is part of Pillow; the other depends on what the machine has.
    font = ImageFont.truetype(font_file, size, layout_engine=ImageFont.Layout.BASIC)
    margin, pitch = size * 3 // 4, size * 3 // 2
    rows = [row for line in lines for row in wrap_caption(line, font, picture.width - 2 * margin)]
    if not rows:
        return picture
    band = len(rows) * pitch + margin
    copy = Image.new("RGB", (picture.width, picture.height + band), _PAPER)
    copy.paste(picture, (0, 0))
    draw = ImageDraw.Draw(copy)
    for number, row in enumerate(rows):
        middle = picture.height + margin // 2 + number * pitch + pitch // 2
        draw.text((margin, middle), row, fill=_INK, font=font, anchor="lm")
    return copy
