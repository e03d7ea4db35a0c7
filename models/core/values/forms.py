"""Forms of one character that look alike and compare unequal, folded to the usual one.

Radicals come out of PDF files in place of ideographs, compatibility ideographs out of old Korean
and Taiwan code pages, private-use code points out of GBK software from before GB 18030-2005, and
spaces of all widths out of word processors. Rare characters of their own are left alone.
"""

from __future__ import annotations

import re
import unicodedata

# CJK radicals that Unicode gives no decomposition, with the ideograph each stands for
# (EquivalentUnifiedIdeograph.txt), as far as the simplified script has it.
_RADICALS = (
    "⺁厂⺇几⺈刀⺌小⺍小⺎尢⺏尢⺐尢⺑尢⺓幺⺗心⺘手⺛旡⺝月⺟母⺠民⺡水⺥爪⺩玉⺫目⺬示⺮竹⺯糸⺰纟⺱网⺲网⺳网"
    "⺶羊⺷羊⺸羊⺻聿⻁虎⻂衤⻃西⻄西⻅见⻆角⻇角⻈讠⻉贝⻊足⻋车⻌辶⻏邑⻐钅⻑长⻓长⻔门⻖阜⻘青⻙韦⻚页⻛风⻜飞⻝食"
    "⻞食⻟食⻠饣⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻬齐⻮齿⻰龙⻲龟⻳龟"
)
# What Python's own table of GB 18030 still leaves in the private-use area.
_STILL_PRIVATE = {
    0xE816: 0x20087,
    0xE817: 0x20089,
    0xE818: 0x200CC,
    0xE81E: 0x9FB4,
    0xE826: 0x9FB5,
    0xE82B: 0x9FB6,
    0xE82C: 0x9FB7,
    0xE831: 0x215D7,
    0xE832: 0x9FB8,
    0xE83B: 0x2298F,
    0xE843: 0x9FB9,
    0xE854: 0x9FBA,
    0xE855: 0x241FE,
    0xE864: 0x9FBB,
}
_PRIVATE_FIRST = 0xE815
_FOLDED = re.compile("[\u1680\u2000-\u200a\u202f\u205f\u2e80-\u2fdf\ue815-\ue864\uf900-\ufaff]")


def _gbk_private() -> dict[int, int]:
    """Return what the private-use code points of GBK's last row mean since GB 18030-2005."""
    table = {}
    cells = (byte for byte in range(0x50, 0xA1) if byte != 0x7F)
    for point, cell in enumerate(cells, start=_PRIVATE_FIRST):
        char = bytes([0xFE, cell]).decode("gb18030")
        meant = _STILL_PRIVATE.get(point, ord(char))
        if not 0xE000 <= meant <= 0xF8FF:
            table[point] = meant
    return table


_PRIVATE = _gbk_private()
_RADICAL = dict(zip(_RADICALS[::2], _RADICALS[1::2], strict=True))


def fold_forms(text: str) -> str:
    """Return the text with radicals, compatibility and old private-use forms as usual ones."""
    if not _FOLDED.search(text):
        return text
    return _FOLDED.sub(lambda found: _usual(found[0]), text)


def folds_told(text: object) -> str:
    """Return what folding a cell or an input changes, as a sentence for the person; "" for nothing.

    A radical and the ideograph it stands for look the same, so the code points are told.
    """
    if not isinstance(text, str):
        return ""
    folded = ((char, fold_forms(char)) for char in _FOLDED.findall(text))
    pairs = dict.fromkeys((old, new) for old, new in folded if old != new)
    if not pairs:
        return ""
    spaces = any(new.isspace() for _old, new in pairs)
    told = [f"“{old}”（U+{ord(old):04X}）换成“{new}”" for old, new in pairs if not new.isspace()]
    return "、".join([*told, *(["特殊的空格换成普通空格"] if spaces else [])])


def _usual(char: str) -> str:
    meant = _PRIVATE.get(ord(char))
    if meant is not None:
        return _usual(chr(meant)) if meant < 0x2FE0 else chr(meant)
    return _RADICAL.get(char) or unicodedata.normalize("NFKC", char)


def strange_characters(text: str) -> str:
    """Return the characters of a name that are no letters of any script: emoji, private use."""
    odd = (char for char in text if unicodedata.category(char) in ("So", "Sk", "Co", "Cn"))
    return "".join(dict.fromkeys(odd))
