"""Which record on file a row means: by record number, business key or the register's own say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.core import audit
from models.core.actor import Actor
from models.core.converters import clean
from models.core.errors import BadValue
from models.core.gates import rows
from models.core.register import Register, register_of
from models.intake import Problem
from models.intake.acts import ALIKE, ON_FILE, TWICE, has_hour, is_same, mark_of, said_of
from models.intake.columns import NUMBER, Numbers
from models.intake.links import link_texts
from models.intake.values import RowValues

_CHUNK = 400
_FOREIGN = "记录编号不是本校这项登记导出的，按内容查找已有的记录"
_GONE = "这一条已被删除，请先从回收站恢复，或去掉记录编号作为新的一条导入"


@dataclass
class Matched:
    """What was found for a row: the record on file if any, and what to say about it.

    `changed_since` are the fields others changed after the row was exported; `same` marks a line
    that is on file already, word for word.
    """

    record: Any | None = None
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    changed_since: set[str] = field(default_factory=set)
    same: bool = False
    alike: str = ""


class Matcher:
    """Matches the rows of one file with the records of one register within the actor's rows."""

    def __init__(self, actor: Actor, register: Register) -> None:
        self._actor = actor
        self._register = register
        self._numbers = Numbers()

    def match(self, values: Sequence[RowValues]) -> list[Matched]:
        """Return what was found per row."""
        found = [Matched() for _row in values]
        self._by_number(values, found)
        for key in self._register.key:
            self._by_fields(key, values, found, unique=True)
        if self._register.match:
            self._by_fields(self._register.match, values, found, unique=False)
        self._same_acts(values, found)
        self._once_each(values, found)
        self._settle_links(values, found)
        return found

    def match_lines(self, values: Sequence[RowValues]) -> list[Matched]:
        """Return what was found per line: by number, or equal to a line its record has already."""
        found = [Matched() for _row in values]
        self._by_number(values, found)
        self._equal_lines(values, found)
        self._settle_links(values, found)
        return found

    def _by_number(self, values: Sequence[RowValues], found: list[Matched]) -> None:
        read: dict[int, tuple[int, int]] = {}
        for place, row in enumerate(values):
            text = row.source.record_number
            numbers = self._numbers.read(self._register, text) if text else None
            if numbers is not None:
                read[place] = numbers
            elif text:
                found[place].warnings.append(Problem(NUMBER, "foreign", _FOREIGN))
        records = self._fetch({number for number, _version in read.values()})
        for place, (number, version) in read.items():
            record = records.get(number)
            found[place].record = record
            if record is None:
                found[place].problems.append(Problem(NUMBER, "gone", _GONE))
            elif record.version != version:
                changed = audit.changed_since(self._register.slug, number, version)
                found[place].changed_since = changed

    def _fetch(self, ids: Iterable[int]) -> dict[int, Any]:
        model = self._register.model
        wanted = sorted(set(ids))
        return {
            record.id: record
            for start in range(0, len(wanted), _CHUNK)
            for record in rows(self._actor, self._register).where(
                model.id.in_(wanted[start : start + _CHUNK])
            )
        }

    def _by_fields(
        self,
        names: tuple[str, ...],
        values: Sequence[RowValues],
        found: list[Matched],
        *,
        unique: bool,
    ) -> None:
        said = {
            place: key
            for place, row in enumerate(values)
            if found[place].record is None
            and not found[place].problems
            and (key := self._key(names, row)) is not None
        }
        standing = self._standing(names, {key[0] for key in said.values()})
        for place, key in said.items():
            twins = standing.get(key, [])
            if len(twins) == 1 or (twins and unique):
                found[place].record = twins[0]
            elif twins:
                labels = "、".join(self._register.fields[name].label for name in names)
                told = f"{labels}相同的已有 {len(twins)} 条，请先导出，在记录编号所在的行上改"
                found[place].problems.append(Problem(names[0], "several", told))

    def _same_acts(self, values: Sequence[RowValues], found: list[Matched]) -> None:
        """Find the acts on file, and the row of this file, that a row tells of once more."""
        register, happened = self._register, self._register.happened
        acts = {
            place: said
            for place, row in enumerate(values)
            if happened and found[place].record is None and not row.pending
            if not found[place].problems and (said := said_of(register, row)) and happened in said
        }
        moments = {said[happened] for said in acts.values()}
        standing = self._standing((happened,), moments) if moments else {}
        first: dict[Any, int] = {}
        for place, said in acts.items():
            on_file = standing.get((said[happened],), [])
            twin = next((act for act in on_file if is_same(register, said, act)), None)
            if twin is not None and has_hour(said[happened]):
                found[place].record = twin
                found[place].warnings.append(Problem("", "on-file", ON_FILE))
            elif twin is not None:
                found[place].alike = ALIKE
            elif (before := first.setdefault(mark_of(register, said), place)) != place:
                found[place].alike = TWICE.format(row=values[before].source.number)

    def _key(self, names: tuple[str, ...], row: RowValues) -> tuple[Any, ...] | None:
        """Return the cleaned values of a key, None when one is missing or wrong."""
        key = []
        for name in names:
            try:
                value = clean(self._register.fields[name].field, row.values.get(name))
            except BadValue:
                return None
            if value in (None, ""):
                return None
            key.append(value)
        return tuple(key)

    def _standing(self, names: tuple[str, ...], firsts: set[Any]) -> dict[Any, list[Any]]:
        """Return the records by the values of the named fields, those with such a first value."""
        column = getattr(self._register.model, names[0])
        wanted = sorted(firsts, key=str)
        standing: dict[Any, list[Any]] = {}
        for start in range(0, len(wanted), _CHUNK):
            query = rows(self._actor, self._register)
            for record in query.where(column.in_(wanted[start : start + _CHUNK])):
                key = tuple(record.__data__.get(name) for name in names)
                standing.setdefault(key, []).append(record)
        return standing

    def _once_each(self, values: Sequence[RowValues], found: list[Matched]) -> None:
        seen: dict[int, RowValues] = {}
        for row, matched in zip(values, found, strict=True):
            if matched.record is None:
                continue
            first = seen.setdefault(matched.record.id, row)
            if first is not row:
                where = f"“{first.source.sheet}”第 {first.source.number} 行"
                told = f"与{where}是同一条记录，请只保留一行"
                matched.problems.append(Problem("", "twice", told))

    def _settle_links(self, values: Sequence[RowValues], found: list[Matched]) -> None:
        """A link not found is no fault where the record points to what the cell says already."""
        pending = [
            (name, text, problem, matched, matched.record.__data__.get(name))
            if matched.record is not None
            else (name, text, problem, matched, None)
            for row, matched in zip(values, found, strict=True)
            for name, (text, problem) in row.pending.items()
        ]
        now: dict[str, set[int]] = {}
        for name, _text, _problem, _matched, number in pending:
            now.setdefault(name, set()).update([number] if number is not None else [])
        texts = {
            name: link_texts(register_of(self._register.fields[name].target), ids)
            for name, ids in now.items()
            if ids
        }
        for name, text, problem, matched, number in pending:
            if number is None or texts[name].get(number) != text:
                matched.problems.append(problem)

    def _equal_lines(self, values: Sequence[RowValues], found: list[Matched]) -> None:
        register = self._register
        parents = {row.values.get(register.parent, 0) for row in values}
        standing = self._standing((register.parent,), {p for p in parents if p > 0})
        for row, matched in zip(values, found, strict=True):
            if matched.record is not None or matched.problems:
                continue
            lines = standing.get((row.values.get(register.parent),), [])
            matched.same = any(_is_equal(register, row, line) for line in lines)


def _is_equal(register: Register, row: RowValues, line: Any) -> bool:
    for name, raw in row.values.items():
        spec = register.fields.get(name)
        if spec is None:
            continue
        try:
            value = clean(spec.field, raw)
        except BadValue:
            return False
        if (value or None) != (line.__data__.get(name) or None):
            return False
    return True
