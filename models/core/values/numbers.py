"""Whole numbers, money in fen and decimals kept as scaled integers."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from models.core.values.text import Raw, Refusal, plain

# The largest id a database keeps.
LARGEST = 2**63 - 1

_LIMIT = Decimal(10) ** 15


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


def clean_int(raw: Raw, *, low: int | None = None, high: int | None = None) -> int:
    """Return a whole number within `low`..`high`; raises Refusal with code `number`."""
    value = _decimal(raw, "")
    if value != value.to_integral_value():
        raise Refusal("number", "请填整数")
    return _between(int(value), low, high, 0)


def clean_scaled(
    raw: Raw, decimals: int, *, unit: str = "", low: int | None = None, high: int | None = None
) -> int:
    """Return a decimal as an integer scaled by 10**decimals: 153.5 with 1 decimal is 1535.

    `low` and `high` are scaled too; a trailing `unit` such as cm is dropped. More decimals than
    kept are refused, except the binary noise of a numeric cell.
    """
    scaled = _decimal(raw, unit).scaleb(decimals)
    if isinstance(raw, float):
        scaled = scaled.quantize(Decimal("0.000001"))
    if scaled != scaled.to_integral_value():
        raise Refusal("number", f"最多保留 {decimals} 位小数" if decimals else "请填整数")
    return _between(int(scaled), low, high, decimals)


def clean_money_fen(raw: Raw) -> int:
    """Return an amount of money in fen from 1250, 1,250.50, ¥12.5, 12.5元; never negative."""
    text = re.sub(r"^(人民币|RMB|[¥$])|(元整?|圆整?|块)$", "", plain(raw).replace(" ", ""))
    value: Raw = raw if isinstance(raw, float) else text
    return clean_scaled(value, 2, low=0)


def _decimal(raw: Raw, unit: str) -> Decimal:
    if isinstance(raw, bool):
        raise Refusal("number", "请填数字")
    text = plain(raw).replace(" ", "")
    text = re.sub(r"^[−–—]", "-", text)
    if unit and text.lower().endswith(unit.lower()):
        text = text[: -len(unit)]
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
    return value


def _between(value: int, low: int | None, high: int | None, decimals: int) -> int:
    if low is not None and value < low:
        raise Refusal("number", f"数值太小，最小为 {_shown(low, decimals)}")
    if high is not None and value > high:
        raise Refusal("number", f"数值太大，最大为 {_shown(high, decimals)}")
    return value


def _shown(value: int, decimals: int) -> str:
    return str(Decimal(value).scaleb(-decimals)) if decimals else str(value)
