"""The family and class of a roster's children: parents, their situation, guardian, enrolment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from models.core import codes
from models.core.bulk import Draft, Drafts
from models.core.errors import RecordsError
from models.core.gates import every_row
from models.core.register import Register, register_of
from models.core.spans import holds_within
from models.intake import Guardian as ReadGuardian
from models.intake import Parent as ReadParent
from models.intake import Problem, RosterRow
from models.intake.family import PROVINCES
from models.intake.report import problems_of
from models.kept.children import Enrolment, Guardian, Parent, ParentState

PARENT, STATE = register_of(Parent), register_of(ParentState)
GUARDIAN, ENROLMENT = register_of(Guardian), register_of(Enrolment)

_PROVINCE = re.compile(rf"({PROVINCES})(省|市|(壮族|回族|维吾尔)?自治区|特别行政区)?")
_CITY = re.compile(r".{1,10}?(市|州(?!市)|盟|地区)")
_MUNICIPALITIES = ("北京", "天津", "上海", "重庆")
_CANNOT_GUARD = ("dead", "missing", "prison", "ill")
_GUARDIANSHIP = (
    (("51", "57"), "father"),
    (("52", "58"), "mother"),
    (("61", "62"), "grandparents"),
    (("63", "64"), "maternal"),
    (("99",), "friend"),
)
_SINCE_NOTE = "起始日期未写，按导入学期的第一天记"

Pending = tuple[RosterRow, dict[str, Any]]


def guardianship(row: RosterRow) -> str | None:
    """Return the kind of guardianship (监护类型) that the guardian's relation means."""
    if row.guardian is None or row.guardian.unsure:
        return None
    relation = row.guardian.relation
    for relations, kind in _GUARDIANSHIP:
        if relation in relations:
            return codes.GUARDIANSHIP.label(kind)
    return codes.GUARDIANSHIP.label("relative")


def split_place(place: str | None) -> dict[str, str | None]:
    """Part a place of work such as 江苏省苏州市昆山市 into province, city and county."""
    if not place:
        return {}
    found = _PROVINCE.match(place)
    if found is None:
        named = _CITY.match(place)
        return {"city": place[:30]} if named else {"note": place[:120]}
    rest = place[found.end() :]
    city = None if found.group(1) in _MUNICIPALITIES else _CITY.match(rest)
    county = rest[city.end() :] if city else rest
    return {
        "province": found.group(),
        "city": city.group() if city else None,
        "county": county[:30] or None,
    }


class Family:
    """Gathers what belongs to each child and prepares it register by register."""

    def __init__(self, drafts: Drafts, start: date, classes: Mapping[tuple[int, int], int]) -> None:
        self._drafts = drafts
        self._start = start
        self._classes = classes
        self._new: list[tuple[RosterRow, int]] = []
        self._known: list[tuple[RosterRow, int]] = []
        self._warnings: list[tuple[RosterRow, Problem]] = []

    def add_new(self, row: RosterRow, child: int) -> None:
        """Note a new child with its draft's number."""
        self._new.append((row, child))

    def add_known(self, row: RosterRow, child: int) -> None:
        """Note a child on file whose family the clerk wants updated."""
        self._known.append((row, child))

    def settle(self) -> list[tuple[RosterRow, Problem]]:
        """Prepare the records of all families; return what could not be taken over."""
        self._enrol()
        self._add_parents()
        self._add_guardians()
        return self._warnings

    def _make(self, register: Register, wanted: list[Pending]) -> Iterator[Draft | None]:
        made = self._drafts.new(register, [raw for _row, raw in wanted])
        for (row, _raw), draft in zip(wanted, made, strict=True):
            self._warn(row, register, draft)
            yield draft if isinstance(draft, Draft) else None

    def _warn(self, row: RosterRow, register: Register, made: Draft | RecordsError | None) -> None:
        if isinstance(made, RecordsError):
            why = "；".join(problem.message for problem in problems_of(register, made))
            told = f"{register.title}没有导入：{why}"
            self._warnings.append((row, Problem(register.slug, "refused", told)))

    def _enrol(self) -> None:
        current = self._current(ENROLMENT, [child for _row, child in self._known])
        wanted: list[Pending] = []
        for row, child in (*self._new, *self._known):
            place = (row.pupil.grade or 0, row.pupil.class_number or 0)
            school_class = self._classes.get(place)
            before = next(iter(current.get(child, [])), None)
            if school_class is None or (before and before.school_class_id == school_class):
                continue
            if before and before.since >= self._start:
                self._drafts.changed(ENROLMENT, [(before, {"school_class": school_class})])
                continue
            if before:
                ended = self._start - timedelta(days=1)
                self._drafts.changed(ENROLMENT, [(before, {"until": ended})])
            raw = {"child": child, "school_class": school_class, "since": self._start}
            wanted.append((row, raw))
        list(self._make(ENROLMENT, wanted))

    def _current(self, register: Register, children: list[int]) -> dict[int, list[Any]]:
        """Return per child the dated rows that have not ended, the newest first."""
        model = register.model
        found: dict[int, list[Any]] = {}
        for start in range(0, len(children), 400):
            query = every_row(register).where(model.child.in_(children[start : start + 400]))
            query = query.where(holds_within(model, self._start, date.max))
            order = getattr(model, register.span[0] or "id")
            for record in query.order_by(order.desc(), model.id.desc()):
                found.setdefault(record.child_id, []).append(record)
        return found

    def _add_parents(self) -> None:
        on_file = self._current(PARENT, [child for _row, child in self._known])
        wanted: list[Pending] = []
        states: list[tuple[RosterRow, ReadParent, int, int]] = []
        read: list[ReadParent] = []
        for row, child in (*self._new, *self._known):
            for parent in (parent for parent in row.parents if parent.name):
                relation = codes.RELATION.label(parent.relation)
                twin = next((p for p in on_file.get(child, []) if p.relation == relation), None)
                if twin is None:
                    wanted.append((row, {"child": child, **_parent_values(parent)}))
                    read.append(parent)
                elif twin.name == parent.name:
                    self._change(row, PARENT, twin, _parent_values(parent))
                    states.append((row, parent, child, twin.id))
                else:
                    told = f"{relation}与已登记的姓名不同，没有改，请核对"
                    self._warnings.append((row, Problem("parent", "differs", told)))
        for (row, raw), parent, draft in zip(wanted, read, self._make(PARENT, wanted), strict=True):
            if draft is not None:
                states.append((row, parent, raw["child"], draft.number))
        self._add_states(states)

    def _add_states(self, states: list[tuple[RosterRow, ReadParent, int, int]]) -> None:
        known = [child for _row, _parent, child, _number in states if child > 0]
        latest: dict[int, str] = {}
        for records in self._current(STATE, sorted(set(known))).values():
            for record in records:
                latest.setdefault(record.parent_id, record.state)
        wanted = [
            (row, _state_values(parent, child, number, self._start))
            for row, parent, child, number in states
            if parent.state and latest.get(number) != codes.PARENT_STATE.label(parent.state)
        ]
        list(self._make(STATE, wanted))

    def _add_guardians(self) -> None:
        on_file = self._current(GUARDIAN, [child for _row, child in self._known])
        wanted: list[Pending] = []
        for row, child in (*self._new, *self._known):
            standing = on_file.get(child, [])
            last = max((g.rank for g in standing), default=0)
            for guardian in (*filter(None, [row.guardian]), *row.others):
                values = _guardian_values(guardian)
                twin = next((g for g in standing if g.name == guardian.name), None)
                if twin is not None:
                    self._change(row, GUARDIAN, twin, values)
                    continue
                last += 1
                wanted.append((row, {"child": child, "rank": last, "since": self._start, **values}))
            if standing and last > max(g.rank for g in standing):
                told = f"监护人与已登记的不同，记为第 {last} 监护人，请核对"
                self._warnings.append((row, Problem("guardian.name", "differs", told)))
        list(self._make(GUARDIAN, wanted))

    def _change(
        self, row: RosterRow, register: Register, record: Any, values: dict[str, Any]
    ) -> None:
        said = {name: value for name, value in values.items() if value not in (None, "")}
        for made in self._drafts.changed(register, [(record, said)]):
            self._warn(row, register, made)


def _parent_values(parent: ReadParent) -> dict[str, Any]:
    first, second, *_rest = (*parent.phones, None, None)
    return {
        "relation": codes.RELATION.label(parent.relation),
        "name": parent.name,
        "phone": first,
        "phone_2": second,
        "id_number": parent.id_number,
        "workplace": parent.workplace,
    }


def _state_values(parent: ReadParent, child: int, number: int, start: date) -> dict[str, Any]:
    away = split_place(parent.place) if parent.state == "away" else {}
    note = "；".join(part for part in (away.pop("note", None), _SINCE_NOTE) if part)
    return {
        "child": child,
        "parent": number,
        "state": codes.PARENT_STATE.label(parent.state),
        "since": start,
        "able_to_guard": parent.state not in _CANNOT_GUARD,
        "note": note,
        **away,
    }


def _guardian_values(guardian: ReadGuardian) -> dict[str, Any]:
    return {
        "name": guardian.name,
        "relation": codes.RELATION.label(guardian.relation),
        "phone": next(iter(guardian.phones), None),
        "address": guardian.address,
        "id_number": guardian.id_number,
        "age": guardian.age,
    }
