"""One converter per field type: how a value is read, shown, and which input it gets.

Forms, imports, the command line and tests all read through `clean`; lists, pages, exports and PDF
all show through `show`. The table is walked along the class hierarchy of the field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from peewee import (
    AutoField,
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    Field,
    ForeignKeyField,
    IntegerField,
    TextField,
    TimeField,
)

from models.core import values
from models.core.errors import BadDeclaration, BadValue
from models.core.fields import (
    DurationField,
    ExactMomentField,
    IdNumberField,
    MinutesField,
    MoneyField,
    MonthField,
    PersonNameField,
    PhoneField,
    ScaledField,
    SchoolNumberField,
    TitledField,
    WordField,
    WordsField,
)
from models.core.kin import kin_among
from models.core.titles import code_of, title_of

_LONGEST_PHRASE = 6


@dataclass(frozen=True)
class Converter:
    """How values of one field type go in and out.

    `clean` takes a raw value (text from a form, a cell, or an already typed value) and returns the
    stored value or raises BadValue; `show` gives the text a person reads; `widget` names the input;
    `width` is the usual width in characters; `sample` and `prompt` stand in a blank workbook: a
    value as it may be typed, and how to type it. A date's sample is made for its day there.
    """

    clean: Callable[[Any, Any], Any]
    show: Callable[[Any, Any], str]
    widget: str
    width: int = 12
    number: bool = False
    sample: str = ""
    prompt: str = ""


AS_TEXT = "文本格式，不要存成数字"
A_DAY = "日期，如 2025-10-20"
A_MOMENT = "日期和时间，如 2025-10-20 15:30"


# The serial numbers of days end below the first month written as 190001.
_SERIALS_END = 100_000

# How several words are parted in one cell or one posted text.
_SEPARATORS = re.compile(r"[、,，;；/\s]+")


def _clean_text(field: Any, raw: Any) -> str:
    text = values.clean_text(raw)
    limit = getattr(field, "max_length", None)
    if limit and len(text) > limit:
        raise BadValue(f"太长了，最多 {limit} 个字，现在有 {len(text)} 个字")
    return text


def _clean_word(field: WordField, raw: Any) -> str:
    text = values.clean_text(raw)
    if text in field.words:
        return text
    if field.table is not None:
        return field.table.label(field.table.code_of(text))
    if meant := _word_meant(text, field.words):
        return meant
    raise BadValue(f"“{text}”不在可选项中，请从“{'、'.join(field.words)}”中选择")


def _word_meant(text: str, words: Sequence[str]) -> str | None:
    """Return the one word of a list that a longer or a family's word means, else None.

    爸爸 is 父亲 where 父亲 stands in the list, 视频通话 is 视频; a word that denies is none.
    """
    if kin := kin_among(text, words):
        return kin
    if len(text) > _LONGEST_PHRASE or re.search(r"[未不非没无拒否]", text):
        return None
    inside = [word for word in words if len(word) > 1 and word in text]
    return inside[0] if len(inside) == 1 else None


def _clean_words(field: WordsField, raw: Any) -> str:
    parts = raw if isinstance(raw, (list, tuple)) else _SEPARATORS.split(str(raw))
    picked = [_clean_word(field, part) for part in parts if str(part).strip()]  # type: ignore[arg-type]
    ordered = [word for word in field.words if word in picked]
    return f"、{'、'.join(ordered)}、" if ordered else ""


def words_of(stored: str | None) -> list[str]:
    """Return the single words of a stored `WordsField` value."""
    return [word for word in (stored or "").split("、") if word]


def _clean_link(field: ForeignKeyField, raw: Any) -> int:
    if isinstance(raw, field.rel_model):
        return int(raw.id)
    number = values.whole(str(raw).strip(), least=1)
    if number is None:
        raise BadValue("请从下拉的查找结果中点选一项")
    return number


def _clean_time(_field: Any, raw: Any) -> time:
    read = values.clean_time(raw)
    return read if isinstance(raw, time) else read.replace(second=0)


def _clean_moment(_field: Any, raw: Any) -> datetime:
    read = values.clean_datetime(raw)
    return read if isinstance(raw, datetime) else read.replace(second=0)


def _clean_exact_moment(_field: Any, raw: Any) -> datetime:
    return values.clean_datetime(raw)


_MONTH = re.compile(r"^(\d{4})\s*[-./年]?\s*(\d{1,2})\s*月?(?:\s*[-./]?\s*\d{1,2}日?)?$")


def _clean_month(_field: Any, raw: Any) -> str:
    if isinstance(raw, (date, datetime)):
        return f"{raw:%Y-%m}"
    if isinstance(raw, (int, float)) and (not float(raw).is_integer() or raw < _SERIALS_END):
        # 2025.10 typed as a number is 2025.1; a serial number is a day of the month meant.
        return f"{values.read_date(raw).value:%Y-%m}"
    text = values.plain(raw)
    found = _MONTH.match(text)
    if found is None or not 1 <= int(found.group(2)) <= 12:
        raise BadValue(f"“{text}”不是月份，请写成 2025-10 的样子")
    return f"{found.group(1)}-{int(found.group(2)):02d}"


def unit_of(field: Any) -> str:
    """Return the unit a number field is declared in, by itself or in its label, "" without one."""
    spec = getattr(field, "spec", None)
    if spec is None:
        return ""
    named = re.search(r"（([^（）]+)）$", spec.label)
    return str(spec.unit or (named.group(1) if named else ""))


def _show_duration(_field: Any, value: int) -> str:
    return f"{value // 60}'{value % 60:02d}\""


def _show_date(_field: Any, value: date) -> str:
    return value.isoformat()


def _show_moment(_field: Any, value: datetime) -> str:
    return f"{value:%Y-%m-%d %H:%M}"


def _show_exact_moment(_field: Any, value: datetime) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}" if value.second else f"{value:%Y-%m-%d %H:%M}"


def _show_money(_field: Any, value: int) -> str:
    sign = "-" if value < 0 else ""
    return f"{sign}{abs(value) // 100}.{abs(value) % 100:02d}"


def show_scaled(field: ScaledField, value: int) -> str:
    """Return a scaled integer as a plain decimal, e.g. 1523 at one place as 152.3."""
    sign = "-" if value < 0 else ""
    whole, rest = divmod(abs(value), 10**field.decimals)
    return f"{sign}{whole}.{rest:0{field.decimals}d}" if field.decimals else f"{sign}{whole}"


_TEXT_SHOW = Converter(_clean_text, lambda _f, v: str(v), "text", sample="文字")

CONVERTERS: dict[type[Field], Converter] = {
    AutoField: Converter(lambda _f, v: values.clean_int(v), lambda _f, v: str(v), "number", 8),
    PersonNameField: Converter(
        lambda _f, v: values.clean_name(v), lambda _f, v: str(v), "text", 10, sample="张小雨"
    ),
    IdNumberField: Converter(
        lambda _f, v: values.clean_id_number(v),
        lambda _f, v: str(v),
        "text",
        20,
        sample="11010519491231002X",
        prompt=AS_TEXT,
    ),
    SchoolNumberField: Converter(
        lambda _f, v: values.clean_school_number(v),
        lambda _f, v: str(v),
        "text",
        21,
        sample="G11010519491231002X",
        prompt=AS_TEXT,
    ),
    TitledField: Converter(
        lambda f, v: code_of(f.kind, _clean_text(f, v)),
        lambda f, v: title_of(f.kind, str(v)),
        "text",
        sample="文字",
    ),
    PhoneField: Converter(
        lambda _f, v: values.clean_phone(v), lambda _f, v: str(v), "tel", 14, sample="13800138000"
    ),
    WordField: Converter(_clean_word, lambda _f, v: str(v), "select", 10),
    WordsField: Converter(_clean_words, lambda _f, v: "、".join(words_of(v)), "checkboxes", 16),
    CharField: _TEXT_SHOW,
    TextField: Converter(_clean_text, lambda _f, v: str(v), "textarea", 30, sample="文字"),
    MoneyField: Converter(
        lambda _f, v: values.clean_money_fen(v),
        _show_money,
        "decimal",
        10,
        number=True,
        sample="1250.00",
    ),
    ScaledField: Converter(
        lambda f, v: values.clean_scaled(v, f.decimals, unit=unit_of(f)),
        show_scaled,
        "decimal",
        8,
        number=True,
        sample="12.5",
    ),
    MinutesField: Converter(
        lambda f, v: values.clean_int(v, unit=unit_of(f)),
        lambda _f, v: f"{v}",
        "number",
        8,
        number=True,
        sample="30",
    ),
    DurationField: Converter(
        lambda _f, v: values.clean_duration_seconds(v), _show_duration, "text", 8, sample="3'25\""
    ),
    MonthField: Converter(_clean_month, lambda _f, v: str(v), "month", 10, sample="2025-10"),
    BooleanField: Converter(
        lambda _f, v: values.clean_bool(v),
        lambda _f, v: "是" if v else "否",
        "checkbox",
        6,
        sample="是",
    ),
    IntegerField: Converter(
        lambda f, v: values.clean_int(v, unit=unit_of(f)),
        lambda _f, v: str(v),
        "number",
        8,
        number=True,
        sample="1",
    ),
    DateField: Converter(lambda _f, v: values.clean_date(v), _show_date, "date", 12, prompt=A_DAY),
    ExactMomentField: Converter(
        _clean_exact_moment, _show_exact_moment, "datetime-local", 20, prompt=A_MOMENT
    ),
    DateTimeField: Converter(_clean_moment, _show_moment, "datetime-local", 17, prompt=A_MOMENT),
    TimeField: Converter(_clean_time, lambda _f, v: f"{v:%H:%M}", "time", 8, sample="15:30"),
    ForeignKeyField: Converter(_clean_link, lambda _f, v: str(v), "picker", 12),
}


def converter_of(field: Field) -> Converter:
    """Return the converter of the nearest class of `field`; BadDeclaration when there is none."""
    for kind in type(field).__mro__:
        if kind in CONVERTERS:
            return CONVERTERS[kind]
    raise BadDeclaration(f"没有读写 {type(field).__name__} 类型的规则")


def is_blank(raw: Any) -> bool:
    """Return whether a raw value says nothing."""
    return raw is None or (isinstance(raw, (str, list, tuple)) and not str_of(raw))


def str_of(raw: Any) -> str:
    """Return the stripped text of a raw value; a list's items joined."""
    if isinstance(raw, (list, tuple)):
        return "".join(str(item).strip() for item in raw)
    return str(raw).strip()


def clean(field: Field, raw: Any) -> Any:
    """Return the stored value for `raw`, None when blank; BadValue when it cannot be accepted."""
    if is_blank(raw):
        return None
    return converter_of(field).clean(field, raw)


def show(field: Field, value: Any) -> str:
    """Return the text a person reads for a stored value, "" for nothing."""
    if value is None or value == "":
        return ""
    return converter_of(field).show(field, value)
