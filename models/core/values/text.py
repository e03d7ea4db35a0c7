"""Plain text, names and yes/no: what every other value is read from first."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

from models.core.errors import BadValue
from models.core.values.forms import fold_forms

Raw = str | int | float | bool | dt.date | dt.datetime | dt.time | dt.timedelta | None
"""What a form field, a spreadsheet cell or a command line can hand in."""

_DOTS = re.compile(r"\s*[·•．・‧∙⋅･᛫﹒●]\s*|(?<=[^\x00-\x7f])\s*[.。｡]\s*(?=[^\x00-\x7f])")
_ERROR = re.compile(r"#(REF!|N/A|NAME\?|VALUE!|DIV/0!|NULL!|NUM!|SPILL!|CALC!|#+)")
_YES = re.compile(r"是|有|对|[√✓✔☑]|y|yes|true|t|1|需要|享受|已")
_NO = re.compile(r"否|无|不|非|不是|没有?|[×x✗✘☐]|n|no|false|f|0|不需要|未享受|未")
MAX_NAME = 40


class Refusal(BadValue):
    """A refused value that also carries a stable `code`, so that tests and reports can cite it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def is_blank(raw: Raw) -> bool:
    """Tell whether nothing was entered: None, or text of nothing but spaces and invisible marks."""
    return raw is None or (isinstance(raw, str) and not strip_invisible(raw).strip())


def strip_invisible(text: str) -> str:
    """Remove control, bidirectional and zero-width characters; tabs and line breaks stay.

    Variation selectors stay because rare characters need them; lone surrogates go because no
    file or database can hold them.
    """
    if text.isprintable():  # the usual case, many times faster
        return text
    return "".join(
        char
        for char in text
        if char in "\t\n\r" or unicodedata.category(char) not in ("Cc", "Cf", "Cs")
    )


def plain(raw: Raw) -> str:
    """Return the value as half-width single-spaced text (NFKC), "" when blank.

    For codes, numbers and headings; names use `clean_name`, which keeps rare characters as they
    are. A whole float such as 301.0 becomes "301", as the person who typed it saw it.
    """
    return " ".join(unicodedata.normalize("NFKC", written(raw)).split())


def written(raw: Raw) -> str:
    """Return the value as the person who typed it sees it, invisible characters removed."""
    if raw is None:
        return ""
    if isinstance(raw, float) and raw.is_integer() and abs(raw) < 1e15:
        return str(int(raw))
    return fold_forms(strip_invisible(str(raw)))


def refuse_error_value(text: str) -> None:
    """Raise Refusal with code `error-value` for what a broken formula leaves in a cell."""
    if _ERROR.fullmatch(text):
        raise Refusal("error-value", f"“{text}”是公式出错留下的，请改成真正的内容")


def clean_text(raw: Raw, *, limit: int | None = None) -> str:
    """Return text with spaces, U+3000 and invisible characters trimmed; line breaks are kept.

    Raises BadValue when blank or longer than `limit` characters.
    """
    lines = [line.rstrip().rstrip("\u3000") for line in written(raw).splitlines()]
    text = "\n".join(line.replace("\t", " ") for line in lines).strip()
    if not text:
        raise Refusal("blank", "请填写内容")
    refuse_error_value(text)
    if limit is not None and len(text) > limit:
        raise Refusal("too-long", f"内容有 {len(text)} 个字，最多 {limit} 个字，请精简后再填")
    return text


def clean_name(raw: Raw) -> str:
    """Return a person's name: no spaces inside a Chinese name, one kind of middle dot.

    Rare characters outside the basic plane are kept untouched. Raises BadValue when blank,
    without any letter, or unreasonably long.
    """
    refuse_error_value(written(raw).strip())
    text = _DOTS.sub("·", written(raw).strip())
    text = "".join(_half_width(char) for char in text)
    text = " ".join(text.split())
    if not text:
        raise Refusal("name-missing", "姓名没有填写，请补上姓名")
    if not any(char.isalpha() or _is_private(char) for char in text):
        raise Refusal("name-format", "姓名里没有文字，请检查是否填错了列")
    if len(text) > MAX_NAME:
        raise Refusal("name-format", f"姓名超过 {MAX_NAME} 个字，请检查是否填错了列")
    # A space between two Latin words belongs to the name; beside a Chinese character it does not.
    return re.sub(r" (?=[^\x00-\x7f])|(?<=[^\x00-\x7f]) ", "", text)


def _half_width(char: str) -> str:
    """Fold full-width letters and signs only: NFKC would also replace rare ideographs."""
    if char == "\u3000":
        return " "
    return chr(ord(char) - 0xFEE0) if "\uff01" <= char <= "\uff5e" else char


def _is_private(char: str) -> bool:
    """Old systems store rare characters in the private-use area: they count as letters."""
    return unicodedata.category(char) == "Co"


def clean_bool(raw: Raw) -> bool:
    """Read 是/否, 有/无, √/×, 1/0 and their like; raises BadValue for anything else."""
    word = plain(raw).replace(" ", "").lower()
    if _YES.fullmatch(word):
        return True
    if _NO.fullmatch(word):
        return False
    raise Refusal("bool", "请填“是”或“否”")


def split_words(raw: Raw) -> list[str]:
    """Return the words of a cell that holds several, parted by 、 , ; / | or line breaks."""
    parts = re.split(r"[、,，;；/|\n]+", written(raw))
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))
