"""Telephone numbers as schools write them."""

from __future__ import annotations

import re

from models.core.values.text import Raw, Refusal, plain

_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"(010|02\d|0[3-9]\d\d)-?(\d{7,8})(?:(?:-|转|x|ext\.?)(\d{1,6}))?", re.I)
_SERVICE = re.compile(r"(?:[48]00\d{7}|1\d{2,5}|9\d{4,5})")
_DASHES = re.compile(r"[‐‑‒–—―−ー─~]+|-{2,}")
_SEPARATORS = re.compile(r"[/、,，;；|\\\n]+|或者?|和")
_MESSAGE = "电话应为11位手机号，或“区号-号码”的座机号，请核对后重新填写"


def clean_phone(raw: Raw, *, service: bool = False) -> str:
    """Return one phone number: `13800000000`, `0856-8120041` or `0856-8120041-12`.

    Full-width characters, long dashes, spaces, +86 and a note in brackets are accepted; with
    `service` also hotlines such as 12355 and 400 numbers. Raises Refusal with code `phone`.
    """
    text = _DASHES.sub("-", plain(raw))
    text = re.sub(r"\((0\d{2,3})\)", r"\1-", text)
    text = re.sub(r"\([^)]*\)|^[^\d+]+|[:'\s]", "", text)
    text = re.sub(r"^(\+|00)?86-?(?=1[3-9]|0)", "", text).rstrip("-.。")
    if not text:
        raise Refusal("phone", "电话没有填写，请补上")
    digits = text.replace("-", "")
    if _MOBILE.fullmatch(digits):
        return digits
    if match := _LANDLINE.fullmatch(re.sub(r"-+", "-", text)):
        return "-".join(part for part in match.groups() if part)
    if service and _SERVICE.fullmatch(digits):
        return digits
    if re.fullmatch(r"[2-9]\d{6,7}", digits):
        raise Refusal("phone", "座机号缺少区号，请写成“区号-号码”")
    if len(re.findall(r"(?<!\d)1[3-9]\d{9}(?!\d)", text)) > 1:
        raise Refusal("phone", "这里只填一个电话号码，请留下一个")
    raise Refusal("phone", _MESSAGE)


def clean_phones(raw: Raw, *, service: bool = False) -> list[str]:
    """Return every number of a cell that may hold several, each once, in the order written.

    Numbers are parted by / 、 , ; 或, a line break, spaces, or stand together as 22 digits.
    Raises Refusal with code `phone` when blank or when one of them is no phone number.
    """
    lines = raw.splitlines() if isinstance(raw, str) else [plain(raw)]
    text = "\n".join(plain(line) for line in lines)
    try:
        return [clean_phone(text, service=service)]
    except Refusal:
        parts = [part for part in _SEPARATORS.split(text) if part.strip()]
        if len(parts) == 1:
            parts = _without_separator(parts[0])
        if len(parts) < 2:
            raise
    return list(dict.fromkeys(clean_phone(part, service=service) for part in parts))


def _without_separator(text: str) -> list[str]:
    if match := re.fullmatch(r"(1[3-9]\d{9})\s*(1[3-9]\d{9})", text):
        return list(match.groups())
    return text.split()
