"""Masks: what is shown of a value to those who may not see it whole."""

from __future__ import annotations

import re
from collections.abc import Iterable

_VILLAGE_LEVEL = re.compile(r"^.*?(?:村委会|居委会|社区|村)")
_TOWN_LEVEL = re.compile(r"^.*(?:街道|镇|乡)")
_COUNTY_LEVEL = re.compile(r"^.*(?:县|区|市|州|省)")


def mask_name(name: str) -> str:
    """Return 张**: the first character and two stars, so that the length is hidden too."""
    return f"{name[0]}**" if name else ""


def mask_id_number(number: str) -> str:
    """Return stars and the last 4 of an ID or school number.

    The usual first 6 + last 4 would let a reader rebuild the number beside a birth date.
    """
    return "*" * (len(number) - 4) + number[-4:] if len(number) > 4 else "*" * len(number)


mask_school_number = mask_id_number
mask_identity = mask_id_number


def mask_phone(number: str) -> str:
    """Return 138****5678 of a mobile, 0856-****041 of a landline, stars of anything short."""
    if re.fullmatch(r"1\d{10}", number):
        return f"{number[:3]}****{number[-4:]}"
    area, dash, rest = number.partition("-")
    local = rest.partition("-")[0]
    if dash and len(local) > 3:
        return f"{area}-****{local[-3:]}"
    return "*" * len(number)


def mask_phones(text: str) -> str:
    """Mask every phone number inside a text that may hold several."""
    return re.sub(r"1[3-9]\d{9}|0\d{2,3}-\d{7,8}(?:-\d+)?", lambda m: mask_phone(m[0]), text)


def mask_address(address: str) -> str:
    """Return an address down to the village (村, 社区), or the smallest area written above it."""
    for level in (_VILLAGE_LEVEL, _TOWN_LEVEL, _COUNTY_LEVEL):
        match = level.match(address)
        if match and match[0] != address:
            return match[0] + "**"
        if match:
            return address
    return "**" if address else ""


def mask_names_in(text: str, names: Iterable[str]) -> str:
    """Replace each of `names` in a text by its mask, longer names first, in one pass.

    Names of one character are left alone: they would hit ordinary words.
    """
    # Most texts hold no name; looking for the first and last character is enough to know.
    near = {name for name in names if len(name) > 1 and name[0] in text and name[-1] in text}
    known = sorted(near, key=len, reverse=True)
    if not known:
        return text
    # A name typed with spaces inside is still the name.
    pattern = "|".join(r"[ \u3000]?".join(map(re.escape, name)) for name in known)
    return re.sub(pattern, lambda m: mask_name(m[0]), text)
