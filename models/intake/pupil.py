"""The pupil's own cells of a roster row: what refuses the row and what only warns."""

from __future__ import annotations

import re

from models.core import codes
from models.core.values import (
    ClassName,
    Raw,
    Refusal,
    birth_of_id,
    clean_bool,
    clean_class_name,
    clean_class_parts,
    clean_grade,
    clean_id_number,
    clean_int,
    clean_name,
    clean_scaled,
    clean_school_number,
    district_is_known,
    is_blank,
    plain,
    read_date,
    sex_of_id,
    split_words,
)
from models.intake.cells import Cells
from models.intake.roster_headings import HARDSHIP_FLAGS
from models.intake.rows import Problem, Pupil, RosterRow

_CLASS_IN_TEXT = re.compile(
    r"(?:初[一二三]|[一二三四五六七八九]|[1-9])(?:年级)?[(.]?[\d一二三四五六七八九十]{1,2}\)?班"
)


def read_pupil(cells: Cells, row: RosterRow, around: str) -> None:
    """Fill in the pupil; `around` is text near the row, such as a title, that may name a class."""
    pupil = row.pupil
    pupil.name = cells.tried("name", clean_name, row, fatal=True) or ""
    _read_identity(cells, row)
    _read_class(cells, row, around)
    _read_school_number(cells, row)
    for field, table in (
        ("ethnic", codes.ETHNIC),
        ("boarding", codes.BOARDING),
        ("travel", codes.TRAVEL),
        ("household", codes.HOUSEHOLD),
        ("health", codes.HEALTH),
        ("disability", codes.DISABILITY),
    ):
        setattr(pupil, field, cells.code(field, table, row))
    for field in ("home_address", "registered_address", "remark", "former_name"):
        setattr(pupil, field, cells.text(field))
    pupil.phones = cells.phones("phone", row)
    if cells.text("number_in_class"):
        pupil.number_in_class = cells.tried("number_in_class", clean_int, row)
    if cells.text("distance"):
        pupil.distance_m = cells.tried("distance", _metres, row)
    _read_hardships(cells, row)


def _metres(raw: Raw) -> int:
    text = plain(raw).lower()
    unit = next((u for u in ("公里", "千米", "km", "米", "m") if text.endswith(u)), "")
    value: Raw = raw if isinstance(raw, float) else text.removesuffix(unit)
    if unit in ("米", "m"):
        return clean_int(value, low=0, high=500_000)
    return clean_scaled(value, 3, low=0, high=500_000)


def _read_identity(cells: Cells, row: RosterRow) -> None:
    """Read ID number, sex and birth date, each from its cell, else from the ID number."""
    pupil = row.pupil
    kind = cells.code("id_kind", codes.ID_KIND, row)
    pupil.id_kind = kind or "1"
    _read_id_number(cells, row)
    refused_id = any(problem.field == "id_number" for problem in row.errors)
    if not is_blank(cells.raw("sex")):
        pupil.sex = cells.code("sex", codes.SEX, row, fatal=True)
    elif not pupil.id_number and not refused_id:
        cells.refuse(row, "sex", "sex-missing", "性别没有填写，请补上")
    if not is_blank(cells.raw("birth")):
        _read_birth(cells, row)
    elif not pupil.id_number and not refused_id:
        cells.refuse(row, "birth", "birth-missing", "出生日期没有填写，请补上")


def _read_id_number(cells: Cells, row: RosterRow) -> None:
    pupil = row.pupil
    raw = cells.raw("id_number")
    text = plain(raw)
    if not re.search(r"\d", text):
        pupil.id_reason = text if cells.text("id_number") else "花名册未填证件号"
        cells.warn(row, "id_number", "id-missing", "没有身份证号，今后无法按证件号核对，请尽快补上")
        return
    if pupil.id_kind not in ("1", "B"):
        pupil.id_number = text.upper() if isinstance(raw, str) else None
        if pupil.id_number is None:
            cells.refuse(
                row,
                "id_number",
                "number-cell",
                "证件号被存成了数字，请把该列设为文本格式后重新填写",
            )
        return
    pupil.id_number = cells.tried("id_number", clean_id_number, row, fatal=True)
    if pupil.id_number and not district_is_known(pupil.id_number):
        cells.warn(row, "id_number", "id-district", "身份证号开头的地区代码少见，请核对")


def _read_birth(cells: Cells, row: RosterRow) -> None:
    pupil = row.pupil
    found = cells.tried("birth", read_date, row, fatal=True)
    if found is None:
        return
    pupil.birth = found.value
    if not found.whole_month:
        return
    of_id = birth_of_id(pupil.id_number) if pupil.id_number and _resident(pupil) else None
    if of_id and (of_id.year, of_id.month) == (found.value.year, found.value.month):
        pupil.birth = of_id
    elif of_id is None:
        cells.warn(row, "birth", "birth-month", "出生日期只写了年月，暂按1日记，请补全")


def _resident(pupil: Pupil) -> bool:
    return pupil.id_number is not None and pupil.id_kind in ("1", "B")


def cross_check(row: RosterRow) -> None:
    """Compare sex and birth date with the ID number, and fill in from it what is blank."""
    pupil = row.pupil
    if pupil.id_number is None or not _resident(pupil):
        return
    sex, birth = sex_of_id(pupil.id_number), birth_of_id(pupil.id_number)
    stopped = {problem.field for problem in row.errors}
    if pupil.sex in ("1", "2") and pupil.sex != sex:
        row.errors.append(
            Problem("sex", "sex-mismatch", "性别与身份证号不一致，请核对是性别还是身份证号填错")
        )
    if pupil.birth is not None and pupil.birth != birth:
        row.errors.append(
            Problem(
                "birth", "birth-mismatch", "出生日期与身份证号不一致，请核对是日期还是身份证号填错"
            )
        )
    if pupil.sex not in ("1", "2") and "sex" not in stopped:
        pupil.sex = sex
    if pupil.birth is None and "birth" not in stopped:
        pupil.birth = birth


def _read_class(cells: Cells, row: RosterRow, around: str) -> None:
    found: ClassName | None = None
    if cells.has("class") or cells.has("grade"):
        try:
            found = _class_of_cells(cells)
        except Refusal as refused:
            if refused.code == "class-number":
                text = cells.raw("class") if cells.text("class") else cells.raw("grade")
                row.pupil.grade = clean_grade(text)
            cells.refuse(row, "class", refused.code, str(refused))
            return
    else:
        found = class_in(around)
    if found:
        row.pupil.grade, row.pupil.class_number = found


def _class_of_cells(cells: Cells) -> ClassName:
    grade, name = cells.raw("grade"), cells.raw("class")
    if is_blank(grade):
        return clean_class_name(name)
    if is_blank(name):
        return clean_class_name(grade)
    return clean_class_parts(grade, name)


def class_in(text: str) -> ClassName | None:
    """Return the one class a title or sheet name speaks of, None when none or several."""
    found = set()
    for match in _CLASS_IN_TEXT.findall(plain(text).replace(" ", "")):
        try:
            found.add(clean_class_name(match))
        except Refusal:
            continue
    return found.pop() if len(found) == 1 else None


def _read_school_number(cells: Cells, row: RosterRow) -> None:
    pupil = row.pupil
    if cells.text("school_number") is None:
        return
    pupil.school_number = cells.tried("school_number", clean_school_number, row)
    number = pupil.school_number or ""
    if number.startswith("G") and _resident(pupil) and number[1:] != pupil.id_number:
        cells.warn(
            row,
            "school_number",
            "school-number-differs",
            "学籍号与身份证号不一致，请核对（不影响导入）",
        )


def _read_hardships(cells: Cells, row: RosterRow) -> None:
    kinds = []
    for word in split_words(cells.text("hardships")):
        kind = cells.tried("hardships", lambda _raw, w=word: codes.HARDSHIP.code_of(w), row)  # type: ignore[misc]
        kinds.append(kind)
    for field, kind in HARDSHIP_FLAGS.items():
        if not is_blank(cells.raw(field)) and cells.tried(field, clean_bool, row):
            kinds.append(kind)
    row.pupil.hardships = tuple(dict.fromkeys(kind for kind in kinds if kind))
