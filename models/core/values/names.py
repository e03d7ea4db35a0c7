"""Finding many names in a text at once, however they are split or joined.

Ten thousand names are looked up by their first character and length, which costs a text of a
hundred characters some microseconds and no library.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from models.core.values.masks import mask_name

# Typed inside a name, it is still the name: blanks, line breaks, what is not seen, dots, dashes.
_GAPS = " \t\r\n\v\f\u00a0\u1680\u2028\u2029\u202f\u205f\u3000\u200b\u200c\u200d\u200e\u200f\u2060"
_GAPS += "\ufeff\u00ad·•．.・‧∙-‐‑–—_＿|/\\'’‘“”\"*＊~()（）[]【】「」《》<>" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_WITHOUT = dict.fromkeys(map(ord, _GAPS))

Found = tuple[int, int, str]


def squeezed(name: str) -> str:
    """Return a name as it is looked for: without what may stand between its characters."""
    return name.translate(_WITHOUT)


def given_name(name: str) -> str:
    """Return what a person of three or four characters is called by: the last two, else ""."""
    plain = squeezed(name)
    return plain[-2:] if len(plain) in (3, 4) else ""


class NameIndex:
    """Names to be found in texts; those of one character are left out, being ordinary words."""

    def __init__(self, names: Iterable[str]) -> None:
        """`names` in any spelling."""
        self._names = {name for name in map(squeezed, names) if len(name) > 1}
        lengths: dict[str, set[int]] = {}
        for name in self._names:
            lengths.setdefault(name[0], set()).add(len(name))
        self._lengths = {first: sorted(found, reverse=True) for first, found in lengths.items()}
        firsts = "".join(map(re.escape, lengths))
        self._first = re.compile(f"[{firsts}]") if firsts else None

    def __contains__(self, name: str) -> bool:
        return squeezed(name) in self._names

    def find(self, text: str) -> list[Found]:
        """Return (start, end, name) in `text`, the longest at each place, overlapping ones too."""
        if self._first is None or self._first.search(text) is None:
            return []
        plain = text.translate(_WITHOUT)
        found = list(self._in_plain(plain))
        if found and len(plain) != len(text):
            places = [place for place, char in enumerate(text) if ord(char) not in _WITHOUT]
            found = [(places[start], places[end - 1] + 1, name) for start, end, name in found]
        return found

    def _in_plain(self, plain: str) -> Iterator[Found]:
        assert self._first is not None
        for match in self._first.finditer(plain):
            start = match.start()
            for length in self._lengths[match[0]]:
                name = plain[start : start + length]
                if name in self._names:
                    yield start, start + len(name), name
                    break


def masked_at(text: str, masks: Iterable[Found]) -> str:
    """Return the text with (start, end, what stands there instead); what overlaps is one mask."""
    pieces, last = [], 0
    for start, end, shown in sorted(masks, key=lambda one: (one[0], -one[1])):
        if start >= last:
            pieces += [text[last:start], shown]
        last = max(last, end)
    return "".join([*pieces, text[last:]]) if pieces else text


def mask_names_in(text: str, names: Iterable[str]) -> str:
    """Replace each of `names` in a text by its mask, longer names first, in one pass."""
    found = NameIndex(names).find(text)
    return masked_at(text, [(start, end, mask_name(name)) for start, end, name in found])


@cache
def _ordinary_words() -> frozenset[str]:
    """Words of two and three characters that begin with a surname (jieba's dictionary, MIT)."""
    return frozenset(Path(__file__).with_name("ordinary_words.txt").read_text("utf-8").split())


def is_ordinary_word(name: str) -> bool:
    """Return whether a name is also a word that texts use of no person (高兴, 安全, 文明)."""
    return squeezed(name) in _ordinary_words()


# Beside these a word is somebody's name.
_BEFORE = re.compile(
    r"(?:学生|同学|孩子|儿童|小朋友|队员|组员|班长|课代表|名叫|叫做|姓名|[：:]|\*\*[、和与及])\s*$"
)
_KIN = "爸|妈|父|母|爷|奶|外公|外婆|姥|监护人|哥|姐|弟|妹|伯|叔|婶|姑|舅|姨"
_AFTER = re.compile(
    rf"\s*(?:同学|小朋友|本人|[的之]?(?:{_KIN}|家[长里中访庭])|家(?=[，。；、\s]|$)"
    r"|[、和与及][^\s，。；、]\*\*)"
)


def is_person_at(text: str, start: int, end: int) -> bool:
    """Return whether the word at this place of a text plainly means a person."""
    return bool(_BEFORE.search(text, max(0, start - 8), start) or _AFTER.match(text, end))
