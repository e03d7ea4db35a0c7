"""Words for relatives, read in one place: a code of `RELATION`, or the word of a narrower list."""

from __future__ import annotations

import re
from collections.abc import Collection

from models.core import codes
from models.core.errors import BadValue

_COUPLES = (
    (
        re.compile(
            r"外公外婆|外祖父母|姥姥姥爷|姥爷姥姥|外婆外公|外祖辈|外公或外婆|外祖父或外祖母"
        ),
        "63",
    ),
    (
        re.compile(r"爷爷奶奶|奶奶爷爷|祖父母|祖辈|爷奶|祖父或(外祖父|祖母)|祖父母或外祖父母|隔代"),
        "61",
    ),
    (re.compile(r"祖母或外祖母"), "62"),
)
_PARENTS = {"51": "父亲", "52": "母亲", "57": "父亲", "58": "母亲"}
_GRANDPARENTS = {"61": "祖父母", "62": "祖父母", "63": "外祖父母", "64": "外祖父母"}
# What a list calls whoever is neither a parent nor a grandparent of its own, nearest first.
_OTHERS = ("其他亲属", "临时监护人", "其他监护人", "监护人")


def relation_of(text: str) -> str | None:
    """Return the code of a plain relation word, else None."""
    try:
        return codes.RELATION.code_of(text) if text and not text[0].isdigit() else None
    except BadValue:
        return None


def couple_of(text: str) -> str | None:
    """Return the code that stands for a couple or a generation such as 爷爷奶奶, else None."""
    return next((code for pattern, code in _COUPLES if pattern.search(text)), None)


def kin_among(text: str, words: Collection[str]) -> str | None:
    """Return the word of a list that a relative's word means: 爸爸 is 父亲, 外婆 is 外祖父母.

    A list without the relative's own word may have a wider one; one without either gives None,
    and so does every word that names no relative.
    """
    code = couple_of(text) or relation_of(text)
    if code is None:
        return None
    wide = (codes.RELATION.label(code), _PARENTS.get(code), _GRANDPARENTS.get(code))
    others = () if code in _PARENTS else _OTHERS
    return next((word for word in (*wide, *others) if word in words), None)
