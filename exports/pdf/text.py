"""Makes typed text fit for paper: no control, bidi or invisible characters, one kind of space."""

from __future__ import annotations

import re

# Line ends that are not a plain line feed; a tab becomes a space.
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")

# Spaces of other widths, which the fonts lack, from en quad to medium mathematical space.
_SPACES = re.compile("[\u1680\u2000-\u200a\u202f\u205f]")

# Controls, soft hyphen, zero-width and bidi marks, variation selectors, tags, unpaired
# surrogates and non-characters: none has a glyph, and some reorder what the reader sees.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ud800-\udfff\ufe00-\ufe0f\ufeff\ufff0-\uffff\U000e0000-\U000e0fff]"
)


def printable(text: str) -> str:
    """`text` without characters that cannot be printed; line feeds are the only line ends."""
    spaced = _SPACES.sub(" ", _LINE_ENDS.sub("\n", text).replace("\t", " "))
    return _UNPRINTABLE.sub("", spaced)
