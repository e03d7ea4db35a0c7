"""Cells of a register's rows as raw values: links found by name, masked cells left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from models.core.actor import Actor
from models.core.errors import BadValue
from models.core.fields import FieldSpec, Secrecy
from models.core.gates import MASK, surface, treatment
from models.core.register import Register
from models.core.values import clean_phones, folds_told, is_blank, written
from models.intake import Problem
from models.intake.columns import BESIDE, LATE_REASON
from models.intake.links import finder_of
from models.intake.table import TableRow
from models.intake.years import with_year

# A workbook's cell holds no more; what is that long was cut off when it was exported.
_CUT = 32_767


@dataclass(eq=False)
class RowValues:
    """One row ready to be matched: raw values by field, a link's as the number it points to.

    `pending` are links not found, {field: (text, problem)}: no problem when the record on file
    points there already.
    """

    source: TableRow
    label: str
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    pending: dict[str, tuple[str, Problem]] = field(default_factory=dict)

    @property
    def new(self) -> dict[str, Any]:
        """The values of a new record: what is blank takes its default."""
        return {name: value for name, value in self.values.items() if not is_blank(value)}


def read_values(actor: Actor, register: Register, rows: Sequence[TableRow]) -> list[RowValues]:
    """Return every row's values within the fields the actor may import."""
    specs = [field.spec for field in surface(actor, register, "import").fields]
    read = [RowValues(row, _label(register, row)) for row in rows]
    for spec in specs:
        if spec.target is not None:
            _read_links(actor, spec, read)
        else:
            for row in read:
                _read_cell(actor, register, spec, row)
    for row in read:
        if row.source.act:
            several = Problem(register.many, "each", "这一格写了几名学生，每名记一条")
            row.warnings.append(several)
        for spec in specs:
            if told := folds_told(row.source.cells.get(spec.name)):
                row.warnings.append(Problem(spec.name, "folded", f"{spec.label}：{told}"))
        reason = row.source.cells.get(LATE_REASON)
        if not is_blank(reason):
            row.values[LATE_REASON] = written(reason)
    return read


def _label(register: Register, row: TableRow) -> str:
    texts = (written(row.cells.get(name)) for name in register.label)
    return " ".join(text for text in texts if text)[:60]


def _read_cell(actor: Actor, register: Register, spec: FieldSpec, row: RowValues) -> None:
    if spec.name not in row.source.cells:
        return
    raw = row.source.cells[spec.name]
    masked = treatment(actor, register, spec) == MASK
    if _is_masked(spec, raw):
        if not row.source.record_number:
            told = f"{spec.label}是遮住的，这一格没有导入"
            row.warnings.append(Problem(spec.name, "masked", told))
    elif not (masked and is_blank(raw)) and not (isinstance(raw, str) and len(raw) >= _CUT):
        raw, told = with_year(register, spec, raw, actor.today)
        first, second = _two_phones(register, spec, row)
        if second:
            raw, told = first, "写了两个电话，另一个记作第二个电话"
            row.values[f"{spec.name}_2"] = second
        if told:
            row.warnings.append(Problem(spec.name, "read", f"{spec.label}：{told}"))
        row.values[spec.name] = None if is_blank(raw) else raw


def _two_phones(register: Register, spec: FieldSpec, row: RowValues) -> tuple[str, str]:
    """Return the two numbers of a cell where the register keeps a second, "" for no two."""
    other = f"{spec.name}_2"
    cells = row.source.cells
    if other not in register.fields or not is_blank(cells.get(other)):
        return "", ""
    try:
        numbers = clean_phones(cells[spec.name])
    except BadValue:
        return "", ""
    return (numbers[0], numbers[1]) if len(numbers) == 2 else ("", "")


def _is_masked(spec: FieldSpec, raw: Any) -> bool:
    """Return whether a cell holds what an export shows in place of a secret."""
    return (
        spec.secret is not Secrecy.OPEN and isinstance(raw, str) and ("**" in raw or "＊＊" in raw)
    )


def _read_links(actor: Actor, spec: FieldSpec, rows: Sequence[RowValues]) -> None:
    said = {
        row: written(row.source.cells[spec.name]).strip()
        for row in rows
        if spec.name in row.source.cells
    }
    finder = finder_of(actor, spec)
    beside = {row: _beside(spec, row) for row in said}
    numbers = {told["number"] for told in beside.values() if "number" in told}
    finder.look_up({text for text in said.values() if text} | numbers)
    for row, text in said.items():
        if not text:
            row.values[spec.name] = None
            continue
        try:
            row.values[spec.name] = finder.find(text, beside[row])
            if doubt := finder.doubt(row.values[spec.name], beside[row]):
                row.warnings.append(Problem(spec.name, "beside", f"{spec.label}：{doubt}"))
        except BadValue as error:
            told = Problem(spec.name, "link", f"{spec.label}：{error}")
            row.pending[spec.name] = (text, told)


def _beside(spec: FieldSpec, row: RowValues) -> dict[str, str]:
    """Return what the columns beside a pupil's name say: {class, born, number: text}."""
    cells = row.source.cells
    said = {kind: written(cells.get(f"{spec.name}:{kind}")).strip() for kind in BESIDE}
    return {kind: text for kind, text in said.items() if text and "*" not in text}
