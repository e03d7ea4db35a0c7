"""The embedded fonts and ReportLab's global settings, made ready once per process."""

from __future__ import annotations

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


@lru_cache(maxsize=4)
def glyphs(font: str) -> dict[int, float]:
    """Code point → advance width at size 1 for every character `font` can draw."""
    prepare_reportlab()
    from reportlab.pdfbase import pdfmetrics

    face: Any = pdfmetrics.getFont(font).face
    widths, fallback = face.charWidths, face.defaultWidth
    table = {point: widths.get(point, fallback) / 1000 for point in face.charToGlyph}
    table[0xA0] = table[0x20]
    return table


def width_of(char: str, font: str = REGULAR) -> float:
    """Advance width of one character at size 1, taken from the symbol font where needed."""
    point = ord(char)
    found = glyphs(font).get(point)
    return found if found is not None else glyphs(SYMBOLS).get(point, 1.0)


def missing(text: str) -> str:
    """The characters of `text` no font can draw, each once, in order; "" when all can be."""
    chinese, symbols = glyphs(REGULAR), glyphs(SYMBOLS)
    absent = dict.fromkeys(
        char
        for char in text
        if char != "\n" and ord(char) not in chinese and ord(char) not in symbols
    )
    return "".join(absent)


def runs(text: str, font: str) -> Iterator[tuple[str, str]]:
    """Cut one line into (font, text) runs, since symbols come from a font of their own."""
    chinese = glyphs(font)
    current, pending = font, ""
    for char in text:
        wanted = font if ord(char) in chinese else SYMBOLS
        if wanted != current and pending:
            yield current, pending
            pending = ""
        current = wanted
        pending += char
    if pending:
        yield current, pending


def name_of(char: str) -> str:
    """A character as an error message shows it: itself and its code point."""
    return f"“{char}”（U+{ord(char):04X}）"
