"""Which child on file a roster's row means.

By the identity number, then the school number; a row or a record without identity number by name
and birth date, several of them told apart by a parent's name and only then by the class, because
in September all classes changed. What stays in doubt is asked, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from models.core.actor import Actor
from models.core.gates import every_row, rows
from models.core.register import register_of
from models.core.values import class_label
from models.intake.rows import RosterRow
from models.kept.children import Child, Guardian, Parent
from models.kept.left_behind import classes_on

CHILD = register_of(Child)
_CHUNK = 400


class OnFile:
    """The children on file that the rows of one roster mean, looked up together."""

    def __init__(self, actor: Actor, read: Sequence[RosterRow]) -> None:
        self._today = actor.today
        by_id = _by(actor, "id_number", [row.pupil.id_number for row in read])
        by_school = _by(actor, "school_number", [row.pupil.school_number for row in read])
        of_name: dict[str, list[Any]] = {}
        for child in _all(actor, "name", [row.pupil.name for row in read]):
            of_name.setdefault(child.name, []).append(child)
        self._found: dict[int, Any] = {}
        self._by_name: dict[int, Any] = {}
        self._several: dict[int, list[Any]] = {}
        self._near: dict[int, Any] = {}
        for row in read:
            pupil = row.pupil
            child = by_id.get(pupil.id_number) or by_school.get(pupil.school_number)
            if child is not None:
                self._found[id(row)] = child
                continue
            alike = [
                twin
                for twin in of_name.get(pupil.name, [])
                if pupil.birth and not (pupil.id_number and twin.id_number)
            ]
            twins = [twin for twin in alike if _same_birth(row, twin.born_on)]
            self._settle(row, twins)
            if alike and not twins and (family := self._same_family(row, alike)):
                self._near[id(row)] = family[0]

    def _settle(self, row: RosterRow, twins: list[Any]) -> None:
        for narrow in (_all_of, self._same_family, self._same_class):
            candidates = narrow(row, twins) if twins else []
            if len(candidates) == 1:
                self._found[id(row)] = self._by_name[id(row)] = candidates[0]
                return
        if twins:
            self._several[id(row)] = twins

    def _same_family(self, row: RosterRow, twins: list[Any]) -> list[Any]:
        names = {parent.name for parent in row.parents if parent.name}
        names |= {row.guardian.name} if row.guardian else set()
        ids = [twin.id for twin in twins]
        related = {
            record.child_id
            for model in (Parent, Guardian)
            for record in every_row(register_of(model)).where(
                model.child.in_(ids), model.name.in_(sorted(names))
            )
        }
        return [twin for twin in twins if twin.id in related]

    def _same_class(self, row: RosterRow, twins: list[Any]) -> list[Any]:
        if not (row.pupil.grade and row.pupil.class_number):
            return []
        name = class_label(row.pupil.grade, row.pupil.class_number)
        placed = classes_on([twin.id for twin in twins], self._today)
        return [twin for twin in twins if placed.get(twin.id, (0, ""))[1] == name]

    def child(self, row: RosterRow) -> Any | None:
        """Return the child the row means, None for nobody on file."""
        return self._found.get(id(row))

    def by_name(self, row: RosterRow) -> str:
        """Return what to say of a row matched without a number, "" for any other."""
        child = self._by_name.get(id(row))
        return f"按姓名和出生日期认作已在册的{child.name}" if child is not None else ""

    def doubt(self, row: RosterRow) -> str:
        """Return what to ask of a row that may mean several children, "" for any other."""
        if (near := self._near.get(id(row))) is not None:
            return (
                f"在册有同名、家长也同名的{near.name}，登记的出生日期是 {near.born_on:%Y-%m-%d}，"
                "与这份不同；是同一名学生请把日期改成一样，不是的请补上身份证号"
            )
        twins = self._several.get(id(row), [])
        if not twins:
            return ""
        return (
            f"在册有 {len(twins)} 名{row.pupil.name}出生日期相同，分不清是哪一名；"
            "请补上身份证号或家长姓名后再导入"
        )


def _same_birth(row: RosterRow, born_on: date | None) -> bool:
    """Return whether the row's day of birth is that on file; of a month alone the month."""
    birth = row.pupil.birth
    if birth is None or born_on is None:
        return False
    if any(problem.code == "birth-month" for problem in row.warnings):
        return (birth.year, birth.month) == (born_on.year, born_on.month)
    return birth == born_on


def _all_of(_row: RosterRow, twins: list[Any]) -> list[Any]:
    return twins


def _by(actor: Actor, name: str, values: Iterable[str | None]) -> dict[str | None, Any]:
    return {getattr(child, name): child for child in _all(actor, name, values)}


def _all(actor: Actor, name: str, values: Iterable[str | None]) -> list[Any]:
    column = getattr(Child, name)
    wanted = sorted({value for value in values if value})
    return [
        child
        for start in range(0, len(wanted), _CHUNK)
        for child in rows(actor, CHILD).where(column.in_(wanted[start : start + _CHUNK]))
    ]
