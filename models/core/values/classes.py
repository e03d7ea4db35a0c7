"""Class names: 三（1）班, 3.1班, 301, 初一1班, 七年级1班 are read as grade and number."""

from __future__ import annotations

import datetime as dt
import re
from typing import NamedTuple

from models.core.values.text import Raw, Refusal, plain

_FIGURES = "一二三四五六七八九"
_NUMBER = r"(\d{1,2}|[一二三四五六七八九]?十?[一二三四五六七八九]|十)"
_GRADE = r"(初中?[一二三1-3]|[一二三四五六七八九1-9])"
_WITH_NUMBER = re.compile(
    rf"(?:小学?|初中|中学)??{_GRADE}"
    rf"(?:年级?[\s.\-—_·、/]*|[\s.\-—_·、/]+|(?=\()|(?<=[一二三四五六七八九])(?=\d)|(?<=初\d)(?=\())"
    rf"\(?{_NUMBER}\)?班?"
)
# Without any mark between them the grade must be a word: 11班 is class 11 of an unnamed grade.
_STEM = re.compile(rf"(?:小学?|初中|中学)??(初中?[一二三]|[一二三四五六七八九])(?!十){_NUMBER}班")
_THREE = re.compile(r"([1-9])(\d\d)班?")
_GRADE_ALONE = re.compile(rf"(?:小学?|初中|中学)??{_GRADE}(?:年级?班?)?")
_GRADES_IN_TEXT = re.compile(r"初中?[一二三](?!十)|[一二三四五六七八九1-9]年级")
_ENTRY = re.compile(
    r"(20[0-4]\d)(?:级|年级|入学)?[(.\-—第]*(0?\d{1,2}|[一二三四五六七八九]?十?[一二三四五六七八九]|十)\)?班?"
)
_MESSAGE = "班级看不懂，请写成“七（1）班”或“701”的样子（一至九年级）"


class ClassName(NamedTuple):
    """A class of a nine-year school: `grade` 1 to 9, `number` within the grade."""

    grade: int
    number: int


def clean_class_name(raw: Raw) -> ClassName:
    """Return grade and number of a class.

    Raises Refusal with code `class-number` when only the grade is written, `class` otherwise.
    """
    if isinstance(raw, float) and f"{raw:.10g}".endswith(".1"):
        whole = f"{raw:.10g}".partition(".")[0]
        told = f"{whole}.1 分不清是 1 班还是 10 班，请写成“七（1）班”的样子并设为文本格式"
        raise Refusal("class", told)
    if isinstance(raw, dt.date):
        told = (
            f"班级被存成了日期（{raw.month}月{raw.day}日），请写成“七（1）班”的样子并设为文本格式"
        )
        raise Refusal("class", told)
    text = re.sub(r"[\[【〔{]", "(", re.sub(r"[\]】〕}]", ")", plain(raw)))
    text = re.sub(r"\s*([().班年级])\s*", r"\1", text).strip().replace("第", "")
    if not text:
        raise Refusal("class-missing", "班级没有填写，请补上")
    match = _THREE.fullmatch(text) or _WITH_NUMBER.fullmatch(text) or _STEM.fullmatch(text)
    if match:
        return _checked(_grade(match[1]), _count(match[2]))
    if _GRADE_ALONE.fullmatch(text) and not text.isdigit():
        raise Refusal("class-number", "只写了年级，请补上是几班，例如“七（1）班”")
    raise Refusal("class", _MESSAGE)


def clean_grade(raw: Raw) -> int:
    """Return a grade 1 to 9 from 七年级, 初一, 7, 七; raises Refusal with code `class`."""
    match = _GRADE_ALONE.fullmatch(plain(raw).replace(" ", ""))
    if not match:
        raise Refusal("class", "年级看不懂，请写成“七年级”的样子（一至九年级）")
    return _grade(match[1])


def clean_class_parts(grade: Raw, number: Raw) -> ClassName:
    """Return the class written in two cells, 七年级 and 1班; the second may hold the full name."""
    text = re.sub(r"[()第班\s]", "", plain(number))
    if re.fullmatch(_NUMBER, text):
        return _checked(clean_grade(grade), _count(text))
    return clean_class_name(number)


def class_number(raw: Raw) -> int | None:
    """Return the number of a class written without its grade, 1班 or （2）, else None."""
    match = re.fullmatch(rf"[(第]*{_NUMBER}[)]*班?", re.sub(r"\s", "", plain(raw)))
    return _count(match[1]) if match and 1 <= _count(match[1]) <= 60 else None


def grade_in(text: str) -> int | None:
    """Return the one grade a title speaks of, None when none or several."""
    found = set(_GRADES_IN_TEXT.findall(plain(text).replace(" ", "")))
    return clean_grade(found.pop()) if len(found) == 1 else None


def entry_class(raw: Raw) -> ClassName | None:
    """Return (year of entry, number) of a class named by its year, 2024级1班 or 202401."""
    match = _ENTRY.fullmatch(re.sub(r"[\s*]", "", plain(raw)))
    return ClassName(int(match[1]), _count(match[2].lstrip("0") or "0")) if match else None


def class_label(grade: int, number: int) -> str:
    """Return the name as the product shows it: 七（1）班."""
    return f"{_FIGURES[grade - 1]}（{number}）班"


def _grade(text: str) -> int:
    figure = text[-1]
    grade = int(figure) if figure.isdigit() else _FIGURES.index(figure) + 1
    return grade + 6 if text.startswith("初") else grade


def _count(text: str) -> int:
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    value = _FIGURES.index(ones) + 1 if ones else 0
    if not ten:
        return value
    return (_FIGURES.index(tens) + 1 if tens else 1) * 10 + value


def _checked(grade: int, number: int) -> ClassName:
    if not 1 <= number <= 60:
        raise Refusal("class", _MESSAGE)
    return ClassName(grade, number)
