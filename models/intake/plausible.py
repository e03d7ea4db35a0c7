"""What of a roster's row can hardly be true: it is taken over, and the clerk is told."""

from __future__ import annotations

from datetime import date

from models.core.values import birth_of_id
from models.intake.rows import Problem, RosterRow

# A pupil of grade 1 is six or seven; one who is this many years off was mistyped or is no pupil.
_YEARS_OFF = 4
_FIRST_AGE, _YOUNGEST, _OLDEST = 6, 3, 18
_PARENT_OLDER = 14


def implausible(row: RosterRow, today: date) -> list[Problem]:
    """Return what is hard to believe of the row: ages, dates, one number for two people."""
    return [*_of_birth(row, today), *_of_family(row)]


def _of_birth(row: RosterRow, today: date) -> list[Problem]:
    birth = row.pupil.birth
    if birth is None:
        return []
    age = today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
    if birth > today:
        told = f"出生日期 {birth:%Y-%m-%d} 还没有到，请核对出生日期和身份证号"
    elif not _YOUNGEST <= age <= _OLDEST:
        told = (
            f"按出生日期 {birth:%Y-%m-%d} 现在 {age} 岁，不像在校学生，请核对是否填成了家长的证件号"
        )
    elif row.pupil.grade and abs(age - row.pupil.grade - _FIRST_AGE) > _YEARS_OFF:
        told = f"按出生日期现在 {age} 岁，与{row.pupil.grade}年级相差太多，请核对"
    else:
        return []
    return [Problem("birth", "age", told)]


def _of_family(row: RosterRow) -> list[Problem]:
    people = [(parent.name or "家长", parent.id_number, True) for parent in row.parents]
    if row.guardian is not None:
        people.append((row.guardian.name, row.guardian.id_number, False))
    problems = []
    for name, number, is_parent in people:
        if number is None:
            continue
        if number == row.pupil.id_number:
            told = f"{name}和学生写的是同一个身份证号，请核对是谁的"
            problems.append(Problem("id_number", "same-id", told))
        elif (
            is_parent
            and row.pupil.birth
            and row.pupil.birth.year - birth_of_id(number).year < _PARENT_OLDER
        ):
            told = f"按身份证号{name}只比学生大不到 {_PARENT_OLDER} 岁，请核对身份证号"
            problems.append(Problem("id_number", "parent-age", told))
    return problems
