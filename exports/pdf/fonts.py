"""The embedded fonts and ReportLab's global settings, made ready once per process."""

from __future__ import annotations

import io
import lzma
import threading
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

FONT_FOLDER = Path(__file__).resolve().parents[2] / "static" / "fonts"
REGULAR, BOLD, SYMBOLS = "KG", "KG-B", "SYM"
_FILES = {
    REGULAR: "NotoSansSC-Regular.ttf",
    BOLD: "NotoSansSC-Bold.ttf",
    SYMBOLS: "DejaVuSans-Symbols.ttf",
}

# Ideographs that the text font lacks, the commoner ones first. Opening the second file takes two
# seconds and 80 MB, so both are packed and only opened by the first text that needs them.
RARE = {"RARE-A": "RareHan-A.ttf.xz", "RARE-B": "RareHan-B.ttf.xz"}
# Every file a document may need.
FONT_FILES = (*_FILES.values(), *RARE.values())
_IDEOGRAPHS = (
    range(0x2E80, 0x2FE0),
    range(0x3400, 0x4DC0),
    range(0x4E00, 0xA000),
    range(0xF900, 0xFB00),
    range(0x20000, 0x2FA20),
)
STAND_IN = "〓"
"""What a character that no font draws is printed as; the note says which one it was."""

_ready = threading.Event()
_lock = threading.Lock()


def prepare_reportlab() -> None:
    """Set ReportLab up and register the three fonts; cheap after the first call."""
    if _ready.is_set():
        return
    with _lock:
        if _ready.is_set():
            return
        from reportlab import rl_config
        from reportlab.lib.fonts import addMapping
        from reportlab.pdfbase import pdfmetrics, ttfonts

        for name, file in _FILES.items():
            pdfmetrics.registerFont(ttfonts.TTFont(name, str(FONT_FOLDER / file)))
        for bold in (0, 1):
            for italic in (0, 1):
                addMapping("kg", bold, italic, BOLD if bold else REGULAR)
                addMapping("sym", bold, italic, SYMBOLS)
        # xhtml2pdf sets anchors, images and bullets in Helvetica whatever the style sheet says;
        # here that name means the embedded font too.
        pdfmetrics._fonts["Helvetica"] = pdfmetrics.getFont(REGULAR)
        # No unembedded Helvetica; binary streams, thirty times faster for photos than base-85;
        # no clock and no random names in the file.
        rl_config.canvas_basefontname = REGULAR
        rl_config.useA85 = 0
        rl_config.invariant = 1
        ttfonts.makeToUnicodeCMap = to_unicode_map
        _ready.set()


def to_unicode_map(font_name: str, subset: Iterable[int]) -> str:
    """The ToUnicode CMap of one font subset, code points beyond U+FFFF included.

    ReportLab's own writes those with five hex digits and they extract wrongly; they are UTF-16BE
    (ISO 32000-1, 9.10.3), in blocks of at most 100 as the CMap format asks.
    """
    codes = list(subset)
    entries = [
        f"<{code:02X}> <{chr(point).encode('utf-16-be', 'surrogatepass').hex().upper()}>"
        for code, point in enumerate(codes)
    ]
    lines = [
        "/CIDInit /ProcSet findresource begin",
        "12 dict begin",
        "begincmap",
        "/CIDSystemInfo",
        f"<< /Registry ({font_name}) /Ordering ({font_name}) /Supplement 0 >> def",
        f"/CMapName /{font_name} def",
        "/CMapType 2 def",
        "1 begincodespacerange",
        f"<00> <{len(codes) - 1:02X}>",
        "endcodespacerange",
    ]
    for start in range(0, len(entries), 100):
        block = entries[start : start + 100]
        lines += [f"{len(block)} beginbfchar", *block, "endbfchar"]
    lines += ["endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end"]
    return "\n".join(lines)


def _open_rare(font: str) -> None:
    from reportlab.lib.fonts import addMapping
    from reportlab.pdfbase import pdfmetrics, ttfonts

    with _lock:
        if font not in pdfmetrics._fonts:
            with lzma.open(FONT_FOLDER / RARE[font]) as packed:
                pdfmetrics.registerFont(ttfonts.TTFont(font, io.BytesIO(packed.read())))
            for bold in (0, 1):
                for italic in (0, 1):
                    addMapping(font.lower(), bold, italic, font)


@lru_cache(maxsize=8)
def glyphs(font: str) -> dict[int, float]:
    """Code point → advance width at size 1 for every character `font` can draw."""
    prepare_reportlab()
    from reportlab.pdfbase import pdfmetrics

    if font in RARE:
        _open_rare(font)

    face: Any = pdfmetrics.getFont(font).face
    widths, fallback = face.charWidths, face.defaultWidth
    table = {point: widths.get(point, fallback) / 1000 for point in face.charToGlyph}
    if 0x20 in table:
        table[0xA0] = table[0x20]
    return table


def face_of(char: str, font: str = REGULAR) -> str | None:
    """Return which font draws a character of a text set in `font`, None when none can."""
    point = ord(char)
    for face in (font, SYMBOLS):
        if point in glyphs(face):
            return face
    if any(point in block for block in _IDEOGRAPHS):
        return next((face for face in RARE if point in glyphs(face)), None)
    return None


def missing(text: str) -> str:
    """The characters of `text` no font can draw, each once, in order; "" when all can be."""
    common = glyphs(REGULAR)
    rare = dict.fromkeys(char for char in text if ord(char) not in common and char != "\n")
    return "".join(char for char in rare if face_of(char) is None)


def rare_faces(text: str) -> list[str]:
    """Return the fonts beside the usual ones that `text` needs."""
    common, symbols = glyphs(REGULAR), glyphs(SYMBOLS)
    unusual = {char for char in text if ord(char) not in common and ord(char) not in symbols}
    needed = {face_of(char) for char in unusual}
    return [face for face in RARE if face in needed]


def runs(text: str, font: str) -> Iterator[tuple[str, str]]:
    """Cut one line into (font, text) runs by the font that draws each character."""
    current, pending = font, ""
    for char in text:
        face = face_of(char, font)
        if (face or font) != current and pending:
            yield current, pending
            pending = ""
        current = face or font
        pending += char if face else STAND_IN
    if pending:
        yield current, pending


def told_absent(absent: Iterable[str]) -> str:
    """Return the note that says which characters were stood in for, by their code points."""
    return f"{STAND_IN} 代替字库中没有的字：{'、'.join(f'U+{ord(char):04X}' for char in absent)}"
