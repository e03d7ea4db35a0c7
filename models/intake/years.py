"""A day or a month written without its year, read where the semester leaves no doubt.

3月25日 on a sheet handed in during the spring is that spring's; the reader is told. A day that does
not lie between the first day of the semester and today is asked, and so is a number such as 3.2,
which may be the 2nd or the 20th.
"""

from __future__ import annotations

import re
from datetime import date, datetime

from models.core import calendar
from models.core.fields import FieldSpec, MonthField
from models.core.register import Register
from models.core.values import Raw, plain

_IN_WORDS = re.compile(r"(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]?\s*((?:\D*\d{1,2}\s*[:点时].*)?)")
_IN_FIGURES = re.compile(r"(\d{1,2})\s*[./\-]\s*(\d{1,2})()")
_MONTH = re.compile(r"(\d{1,2})\s*月份?")


def with_year(register: Register, spec: FieldSpec, raw: Raw, today: date) -> tuple[Raw, str]:
    """Return the cell with the year it lacks and what to say of it, or as it was and ""."""
    if isinstance(spec.field, MonthField):
        return _month(plain(raw), today) or (raw, "")
    if spec.name != register.happened or isinstance(raw, date | datetime):
        return raw, ""
    if isinstance(raw, float) and len(f"{raw:.10g}".partition(".")[2]) != 2:
        return raw, ""
    text = plain(raw)
    found = _IN_WORDS.fullmatch(text)
    # 10.30 in a column of moments may be half past ten.
    if found is None and spec.field.field_type == "DATE":
        found = _IN_FIGURES.fullmatch(text)
    if found is None:
        return raw, ""
    days = [day for year in _years(today) if (day := _day(year, found[1], found[2], today))]
    if len(days) != 1:
        return raw, ""
    return f"{days[0]:%Y-%m-%d} {found[3]}".strip(), f"没有写年份，按本学期读作 {days[0]:%Y-%m-%d}"


def _month(text: str, today: date) -> tuple[Raw, str] | None:
    found = _MONTH.fullmatch(text)
    semester = calendar.current_semester(today)
    if found is None or semester is None:
        return None
    first, last = (f"{day:%Y-%m}" for day in (semester.first_day, today))
    months = [f"{year}-{int(found[1]):02}" for year in _years(today)]
    fitting = [month for month in months if first <= month <= last]
    if len(fitting) != 1 or not 1 <= int(found[1]) <= 12:
        return None
    return fitting[0], f"没有写年份，按本学期读作 {fitting[0]}"


def _years(today: date) -> list[int]:
    """The years a semester that has begun may lie in."""
    semester = calendar.current_semester(today)
    return [] if semester is None else sorted({semester.first_day.year, today.year})


def _day(year: int, month: str, day: str, today: date) -> date | None:
    """Return the day if it lies between the semester's first day and today."""
    semester = calendar.current_semester(today)
    try:
        found = date(year, int(month), int(day))
    except ValueError:
        return None
    return found if semester is not None and semester.first_day <= found <= today else None
