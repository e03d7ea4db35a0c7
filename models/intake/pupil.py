"""The pupil's own cells of a roster row: what refuses the row and what only warns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.core import codes
from models.core.errors import BadValue
from models.core.values import (
    ClassName,
    Raw,
    Refusal,
    birth_of_id,
    class_number,
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
    entry_class,
    folds_told,
    grade_in,
    is_blank,
    plain,
    read_date,
    sex_of_id,
    split_words,
)
from models.intake.cells import Cells
from models.intake.people import split_name
from models.intake.roster_headings import HARDSHIP_FLAGS
from models.intake.rows import Problem, Pupil, RosterRow

# Unified ideographs among the compatibility ones: normalisation leaves them alone.
_LOOKALIKE = "﨎﨏﨑﨓﨔﨟﨡﨣﨤﨧﨨﨩"
_PRESCHOOL = re.compile(r"学前|幼儿|[大中小]班|托班|幼儿园|高[一二三中]|职高")
_OTHER_ADDRESS = r"(?:户籍|户口|现住址|家庭住址|家庭地址|住址)(?:地|所在地|地址|住址)?"
_SAME_ADDRESS = re.compile(rf"同{_OTHER_ADDRESS}|[与和跟]?{_OTHER_ADDRESS}(?:相同|一致|一样)")
_CLASS_IN_TEXT = re.compile(
    r"(?:初[一二三]|[一二三四五六七八九]|[1-9])(?:年级)?[(.]?[\d一二三四五六七八九十]{1,2}\)?班"
)


def read_pupil(cells: Cells, row: RosterRow, around: Sequence[str]) -> None:
    """Fill in the pupil; `around` are the texts near the row that may name a class, nearest first.

    The tab of the sheet is the last of them.
    """
    pupil = row.pupil
    _read_name(cells, row)
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
    _same_address(cells, row)
    pupil.phones = cells.phones("phone", row)
    if cells.text("number_in_class"):
        pupil.number_in_class = cells.tried("number_in_class", clean_int, row)
    if cells.text("distance"):
        pupil.distance_m = cells.tried("distance", _metres, row)
    _read_hardships(cells, row)


def _read_name(cells: Cells, row: RosterRow) -> None:
    """Read the name without what is written beside it, which becomes a question."""
    raw = cells.raw("name")
    if "name" in cells.broken:
        return
    name, remark = split_name(raw)
    try:
        row.pupil.name = clean_name(name if remark else raw)
    except BadValue as refused:
        code = refused.code if isinstance(refused, Refusal) else "name"
        cells.refuse(row, "name", code, str(refused))
        return
    if remark:
        told = f"姓名一格还写着“{remark}”，没有当作姓名，请核对"
        cells.warn(row, "name", "name-remark", told)
    if folded := folds_told(raw):
        told = f"姓名里有从别的软件带来的异形字：{folded}，姓名读作“{row.pupil.name}”，请核对"
        cells.warn(row, "name", "name-folded", told)
    rare = "".join(
        char for char in row.pupil.name if "\ue000" <= char <= "\uf8ff" or char in _LOOKALIKE
    )
    if rare:
        points = "、".join(f"“{char}”（U+{ord(char):04X}）" for char in rare)
        told = f"姓名里的{points}是少见的字形，别处可能查不到，请对照户口簿核对"
        cells.warn(row, "name", "name-rare", told)


def _same_address(cells: Cells, row: RosterRow) -> None:
    """同户籍 in the address is the address beside it; without one it is told and not stored."""
    pupil = row.pupil
    for field, other in (
        ("home_address", "registered_address"),
        ("registered_address", "home_address"),
    ):
        if not _SAME_ADDRESS.fullmatch(plain(getattr(pupil, field) or "").replace(" ", "")):
            continue
        setattr(pupil, field, getattr(pupil, other))
        if _SAME_ADDRESS.fullmatch(plain(getattr(pupil, other) or "")) or not getattr(pupil, other):
            setattr(pupil, field, None)
            told = "写的是与另一处地址相同，但那一格没有填，没有导入，请补上"
            cells.warn(row, field, "address-same", told)


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


def _read_class(cells: Cells, row: RosterRow, around: Sequence[str]) -> None:
    if not (cells.has("class") or cells.has("grade")):
        found = next((name for text in around if (name := class_in(text))), None)
        found = found or next((name for text in around if (name := _class_behind(text))), None)
        found = found or next((name for text in around[-2:] if (name := _class_of_tab(text))), None)
        if found:
            row.pupil.grade, row.pupil.class_number = found
        elif year := next((name for text in around if (name := _entered_in(text))), None):
            row.pupil.entry_class = (year.grade, year.number)
        return
    try:
        row.pupil.grade, row.pupil.class_number = _class_of_cells(cells)
    except Refusal as refused:
        _settle_class(cells, row, around, refused)


def _settle_class(cells: Cells, row: RosterRow, around: Sequence[str], refused: Refusal) -> None:
    """Read a class cell that alone names no class: 1班 below 三年级, 2024级1班, 学前班."""
    raw = cells.raw("class") if cells.text("class") else cells.raw("grade")
    text = plain(raw)
    number = class_number(raw) if isinstance(raw, str | int | float) else None
    grade = next((g for near in around if (g := grade_in(near))), None)
    in_brackets = next(
        (g for part in re.findall(r"\(([^()]*)\)", text) if (g := grade_in(part))), None
    )
    year = entry_class(re.sub(r"\([^()]*年级\)", "", text))
    if refused.code == "class-number":
        row.pupil.grade = clean_grade(raw)
        cells.refuse(row, "class", refused.code, str(refused))
    elif number and grade:
        row.pupil.grade, row.pupil.class_number = grade, number
    elif year and in_brackets:
        row.pupil.grade, row.pupil.class_number = in_brackets, year.number
    elif year:
        row.pupil.entry_class = (year.grade, year.number)
    elif _PRESCHOOL.search(text):
        told = f"“{text}”不在一至九年级，没有导入"
        cells.refuse(row, "class", "class", f"{told}；请删去这一行，或写成一至九年级的班")
    else:
        cells.refuse(row, "class", refused.code, str(refused))


def _class_behind(text: str) -> ClassName | None:
    """Return the class behind the word 班级 in a line above the heading: 班级：602."""
    found = re.search(r"班\s*级\s*[::]\s*(\S{2,10})", plain(text))
    return _class_of_tab(found[1]) if found else None


def _entered_in(text: str) -> ClassName | None:
    """Return the class a title or a tab names by the year it entered in, 2020级2班."""
    found = re.search(r"20[0-4]\d级.{0,3}?\d{1,2}\)?班", plain(text).replace(" ", ""))
    return entry_class(found[0]) if found else None


def _class_of_tab(text: str) -> ClassName | None:
    """Return the class a tab means: a tab is no sentence, so 703 and 七4 are classes there."""
    try:
        return clean_class_name(text)
    except Refusal:
        return None


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
        if cells.text(field) is not None and cells.tried(field, clean_bool, row):
            kinds.append(kind)
    row.pupil.hardships = tuple(dict.fromkeys(kind for kind in kinds if kind))
