"""What of a roster's row can hardly be true: it is taken over, and the clerk is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from models.core import codes
from models.core.values import birth_of_id, sex_of_id
from models.intake.rows import Parent, Problem, RosterRow

# A pupil of grade 1 is six or seven; one who is this many years off was mistyped or is no pupil.
_YEARS_OFF = 4
_FIRST_AGE, _YOUNGEST, _OLDEST = 6, 3, 18
_PARENT_OLDER = 14
# Nobody younger looks after a child.
_GUARDIAN_AGE = 16
_SEX_OF = {"51": "1", "57": "1", "52": "2", "58": "2"}


def implausible(row: RosterRow, today: date) -> list[Problem]:
    """Return what is hard to believe of the row: ages, dates, one number for two people."""
    return [*_of_birth(row, today), *_of_family(row), *_of_names(row), *_of_sex(row.parents)]


def _of_names(row: RosterRow) -> list[Problem]:
    """One name for two people, or a guardian who is a child: a cell slipped by a column."""
    told = []
    names = [parent.name for parent in row.parents if parent.name]
    guardian = row.guardian
    if row.pupil.name and row.pupil.name in [*names, guardian.name if guardian else None]:
        told.append("家长或监护人的姓名与学生相同，请核对是不是填错了格")
    if len(names) != len(set(names)):
        told.append("父亲和母亲写的是同一个姓名，请核对")
    if guardian and guardian.age is not None and guardian.age < _GUARDIAN_AGE:
        told.append(f"监护人{guardian.name}的年龄写的是 {guardian.age} 岁，请核对")
    return [Problem("guardian.name", "family", text) for text in told]


def _of_sex(parents: Sequence[Parent]) -> list[Problem]:
    """A father with a woman's identity number, a mother with a man's."""
    return [
        Problem(
            "id_number",
            "parent-sex",
            f"{codes.RELATION.label(parent.relation)}{parent.name or ''}的身份证号是"
            f"{'男' if sex_of_id(parent.id_number) == '1' else '女'}性的，请核对",
        )
        for parent in parents
        if parent.id_number
        and _SEX_OF.get(parent.relation) not in (None, sex_of_id(parent.id_number))
    ]


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
