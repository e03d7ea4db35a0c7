"""Line breaking for Chinese text with Latin words and numbers in it (GB/T 15834).

A line may end between any two Chinese characters, but not inside a number or a Latin word, not
before a closing mark (，。；）), not after an opening one (（《), and not inside —— or ……. A run
too long for a whole line is cut hard.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

CANNOT_START = frozenset("，。、；：？！）》〉」』】〕〗｝］”’,.;:?!)]}%％‰℃°·…—～々")
CANNOT_END = frozenset("（《〈「『【〔〖｛［“‘([{￥¥＄$№☐☑□")
_UNDIVIDED_PAIRS = frozenset("—…")

# From here on (CJK radicals) every character stands alone; below are Latin words and numbers.
_FIRST_WIDE = 0x2E80
# Punctuation and symbols below that limit which a Chinese text uses full-width.
_NEUTRAL = frozenset("“”‘’…—·×÷→←↑↓")
_SYMBOLS = range(0x2460, 0x27C0)
# Room for rounding when a text was measured to fit exactly.
_FUZZ = 1e-6


def may_break(before: str, after: str) -> bool:
    """Whether a line may end between two neighbouring characters."""
    if after == " ":
        return False
    if before == " ":
        return True
    if before in _UNDIVIDED_PAIRS and before == after:
        return False
    if after in CANNOT_START or before in CANNOT_END:
        return False
    return not (_in_word(before) and _in_word(after))


def line_end(chars: Sequence[str], widths: Sequence[float], start: int, limit: float) -> int:
    """Index after the last character of the line that begins at `start`.

    `limit` and `widths` share one unit. At least one character is taken, spaces may hang over
    the edge, and a line feed among `chars` ends the line and belongs to it.
    """
    count, used, at = len(chars), 0.0, start
    while at < count:
        if chars[at] == "\n":
            return at + 1
        used += widths[at]
        if used > limit + _FUZZ and chars[at] != " ":
            break
        at += 1
    if at == count:
        return count
    for end in range(at, start, -1):
        if may_break(chars[end - 1], chars[end]):
            return end
    return max(at, start + 1)


def wrap_text(text: str, limit: float, width_of: Callable[[str], float]) -> list[str]:
    """Break `text` into lines no wider than `limit`; line feeds are kept as line ends."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        widths = [width_of(char) for char in paragraph]
        if sum(widths) <= limit:
            lines.append(paragraph)
            continue
        start = 0
        while start < len(paragraph):
            end = line_end(paragraph, widths, start, limit)
            lines.append(paragraph[start:end].rstrip(" "))
            start = end
    return lines


def _in_word(char: str) -> bool:
    return ord(char) < _FIRST_WIDE and char not in _NEUTRAL and ord(char) not in _SYMBOLS


def teach_xhtml2pdf_to_wrap() -> None:
    """Replace xhtml2pdf's line breaking for `-pdf-word-wrap: CJK`; may be called repeatedly.

    The stock routine ignores `<br>`, cuts numbers and begins lines with closing marks; with a
    single fragment it does not even reach that routine.
    """
    from xhtml2pdf import reportlab_paragraph as engine

    def break_lines(paragraph: Any, width: Any) -> Any:
        limits = list(width) if isinstance(width, list | tuple) else [width]
        if not paragraph.frags:
            return stock(paragraph, width)
        engine._handleBulletWidth(
            paragraph.bulletText, paragraph.style, limits, rtl=paragraph.dir == "rtl"
        )
        leading = getattr(paragraph, "autoLeading", getattr(paragraph.style, "autoLeading", ""))
        return _split_fragments(engine, paragraph.frags, limits, leading not in ("", "off"))

    stock = engine.Paragraph.breakLinesCJK
    if getattr(stock, "teaches_wrapping", False):
        return
    break_lines.teaches_wrapping = True  # type: ignore[attr-defined]
    engine.Paragraph.breakLinesCJK = break_lines


def _split_fragments(engine: Any, fragments: Any, limits: list[float], bounds: bool) -> Any:
    units: list[Any] = []
    for fragment in fragments:
        units.extend(engine.cjkU(char, fragment, "utf8") for char in fragment.text or [""])
    # An empty string stands for an anchor or an image, which binds to neither side.
    chars = ["\n" if hasattr(unit.frag, "lineBreak") else str(unit) or "\ufffc" for unit in units]
    widths = [unit.width for unit in units]
    lines: list[Any] = []
    start = 0
    while start < len(units):
        limit = limits[min(len(lines), len(limits) - 1)]
        end = line_end(chars, widths, start, limit)
        spare = limit - sum(widths[start:end])
        lines.append(engine.makeCJKParaLine(units[start:end], spare, bounds))
        start = end
    return engine.ParaLines(kind=1, lines=lines)
