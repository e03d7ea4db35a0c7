"""Whole numbers, money in fen and decimals kept as scaled integers."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from models.core.values.text import Raw, Refusal, plain

# The largest id a database keeps.
LARGEST = 2**63 - 1

_LIMIT = Decimal(10) ** 15

# What is written for a unit, and how many of it one such is; a number in another unit is turned
# into the field's own.
_UNITS: dict[str, dict[str, str]] = {
    "厘米": {"公分": "1", "cm": "1", "米": "100", "m": "100"},
    "千克": {"公斤": "1", "kg": "1", "市斤": "0.5", "斤": "0.5"},
    "毫升": {"ml": "1", "升": "1000", "l": "1000"},
    "公里": {"千米": "1", "km": "1", "米": "0.001", "m": "0.001", "里": "0.5", "华里": "0.5"},
    "平方米": {"m2": "1", "平米": "1", "平方": "1", "平": "1"},
    "次": {"个": "1", "下": "1"},
    "次/分": {"次": "1", "个": "1", "下": "1"},
    "秒": {"s": "1", '"': "1", "''": "1", "″": "1"},
    "分钟": {"分": "1", "min": "1", "小时": "60", "h": "60"},
    "小时": {"h": "1", "个小时": "1"},
    "人": {"名": "1", "口": "1", "位": "1", "个": "1", "口人": "1"},
    "天": {"日": "1"},
    "月": {"个月": "1"},
}


def whole(text: Any, *, least: int = 0, most: int = LARGEST) -> int | None:
    """Return the whole number an address or a post says, None when it is none within the bounds.

    For ids, versions, pages and counts, which no person types: only the digits 0 to 9 are read.
    """
    # The length first: Python refuses to read thousands of digits.
    digits = str(text) if text is not None else ""
    if not (digits.isascii() and digits.isdigit()) or len(digits) > len(str(LARGEST)):
        return None
    number = int(digits)
    return number if least <= number <= most else None


def clean_int(raw: Raw, *, unit: str = "", low: int | None = None, high: int | None = None) -> int:
    """Return a whole number within `low`..`high`; raises Refusal with code `number`."""
    value = _decimal(raw, unit)
    if value != value.to_integral_value():
        raise Refusal("number", "请填整数")
    return _between(int(value), low, high, 0)


def clean_scaled(
    raw: Raw, decimals: int, *, unit: str = "", low: int | None = None, high: int | None = None
) -> int:
    """Return a decimal as an integer scaled by 10**decimals: 153.5 with 1 decimal is 1535.

    `low` and `high` are scaled too; behind the number may stand its `unit` or one that is so many
    of it (cm, 米 where 厘米 are meant). More decimals than
    kept are refused, except the binary noise of a numeric cell.
    """
    scaled = _decimal(raw, unit).scaleb(decimals)
    if isinstance(raw, float):
        scaled = scaled.quantize(Decimal("0.000001"))
    if scaled != scaled.to_integral_value():
        raise Refusal("number", f"最多保留 {decimals} 位小数" if decimals else "请填整数")
    return _between(int(scaled), low, high, decimals)


def clean_money_fen(raw: Raw) -> int:
    """Return an amount of money in fen from 1250, 1,250.50, ¥12.5, 12.5元; never negative.

    An amount in the characters of receipts, 壹仟贰佰伍拾元整, is read where it is well formed.
    """
    if (in_words := _fen_in_words(plain(raw).replace(" ", ""))) is not None:
        return in_words
    text = re.sub(r"^(人民币|RMB|[¥$])|(元整?|圆整?|块)$", "", plain(raw).replace(" ", ""))
    value: Raw = raw if isinstance(raw, float) else text
    return clean_scaled(value, 2, low=0)


_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_DIGIT = f"[{_DIGITS[1:]}]"
# 壹仟贰元 would be 1002 to one reader and 1200 to another: ones behind a gap need their 零.
_ONES = rf"(?:零?(?<![仟佰万])({_DIGIT}))?"
_SECTION = rf"(?:({_DIGIT})仟)?(?:零?({_DIGIT})佰)?(?:零?({_DIGIT}?)(拾))?{_ONES}"
_IN_WORDS = re.compile(
    rf"(?:人民币)?(?:(?=.)(?:{_SECTION})万)?零?(?:{_SECTION})[元圆]"
    rf"(?:零?({_DIGIT})角)?(?:零?({_DIGIT})分)?[整正]?"
)


def _fen_in_words(text: str) -> int | None:
    """Return the fen of an amount in capital numerals, None for any other text."""
    found = _IN_WORDS.fullmatch(text)
    if found is None:
        return None
    said = found.groups()
    yuan = _section(said[:5]) * 10_000 + _section(said[5:10])
    dime, cent = (_DIGITS.index(digit) if digit else 0 for digit in said[10:])
    return yuan * 100 + dime * 10 + cent if yuan or dime or cent else None


def _section(said: tuple[str | None, ...]) -> int:
    """Return the number of up to four places: thousands, hundreds, tens, the word 拾, ones."""
    thousands, hundreds, tens, ten, ones = said
    figures = (thousands, hundreds, "壹" if ten and not tens else tens, ones)
    return int("".join(str(_DIGITS.index(figure)) if figure else "0" for figure in figures))


def _decimal(raw: Raw, unit: str) -> Decimal:
    if isinstance(raw, bool):
        raise Refusal("number", "请填数字")
    text = plain(raw).replace(" ", "")
    text = re.sub(r"^[−–—]", "-", text)
    text, times = _without_unit(text, unit)
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", text):
        text = text.replace(",", "")
    if not text:
        raise Refusal("number", "数字没有填写，请补上")
    try:
        value = Decimal(text) if re.fullmatch(r"[-+]?[\d.]+(e[-+]?\d{1,3})?", text, re.I) else None
    except InvalidOperation:
        value = None
    if value is None or abs(value) >= _LIMIT:
        raise Refusal("number", "请填数字，不要带文字")
    return value * times


def _without_unit(text: str, unit: str) -> tuple[str, Decimal]:
    """Return the number without the unit behind it, and how many of the field's unit one is."""
    known = {unit.lower(): "1", **_UNITS.get(unit, {})} if unit else {}
    for written in sorted(known, key=len, reverse=True):
        if text.lower().endswith(written) and text[: -len(written)][-1:].isdigit():
            return text[: -len(written)], Decimal(known[written])
    return text, Decimal(1)


def _between(value: int, low: int | None, high: int | None, decimals: int) -> int:
    if low is not None and value < low:
        raise Refusal("number", f"数值太小，最小为 {_shown(low, decimals)}")
    if high is not None and value > high:
        raise Refusal("number", f"数值太大，最大为 {_shown(high, decimals)}")
    return value


def _shown(value: int, decimals: int) -> str:
    return str(Decimal(value).scaleb(-decimals)) if decimals else str(value)
