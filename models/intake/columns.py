"""The columns of a register's workbook, the same for the blank one, the export and the import.

The last column holds a record's number, its version and a check, so that a row of this school's
own export is recognised, and a row of another school's is not taken for one.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from models.core.actor import Actor
from models.core.audit import AuditEntry
from models.core.fields import FieldSpec
from models.core.gates import surface
from models.core.register import Register
from models.core.values import whole

SERIAL, NUMBER, LATE_REASON = "_serial", "_number", "late_reason"
SERIAL_HEAD, NUMBER_HEAD, LATE_HEAD = "序号", "记录编号", "补录原因"
# How an export marks a record's lines on their own sheet: by the record's serial number.
LINE_SERIAL_HEAD = "所属序号"


@dataclass(frozen=True)
class TableColumn:
    """One column: field name, heading, the field's declaration (None for the three of our own)."""

    name: str
    heading: str
    spec: FieldSpec | None = None


def columns_for(actor: Actor, register: Register, where: str) -> list[TableColumn]:
    """Return the columns of a workbook for "import" (to fill in) or "export" (to read)."""
    is_line = bool(register.parent)
    head = LINE_SERIAL_HEAD if is_line else SERIAL_HEAD
    columns = [TableColumn(SERIAL, head)]
    for field in surface(actor, register, where).fields:
        columns.append(TableColumn(field.name, field.spec.label, field.spec))
    if register.happened and register.locks:
        columns.append(TableColumn(LATE_REASON, LATE_HEAD))
    return [*columns, TableColumn(NUMBER, NUMBER_HEAD)]


def headings(register: Register) -> dict[str, tuple[str, ...]]:
    """Return {column: headings it is recognised by} of everything the register has."""
    labels = {spec.label for spec in register.fields.values()}
    # One field's label is never another's synonym, whatever the declarations say.
    known: dict[str, tuple[str, ...]] = {
        name: (spec.label, *(word for word in spec.synonyms if word not in labels))
        for name, spec in register.fields.items()
    }
    for name, more in _usual_names(register).items():
        known[name] = (*known[name], *more)
    known[LATE_REASON] = (LATE_HEAD,)
    known[NUMBER] = (NUMBER_HEAD,)
    if SERIAL_HEAD not in labels:
        known[SERIAL] = (LINE_SERIAL_HEAD, SERIAL_HEAD)
    return known


# Words that schools use for each other in headings.
_EQUAL = (
    ("谈心", "谈话"),
    ("家访", "走访", "访问"),
    ("时间", "日期"),
    ("教师", "老师"),
    ("内容", "情况"),
    ("开始", "起始"),
    ("通话", "通电话"),
)


def _usual_names(register: Register) -> dict[str, list[str]]:
    """Return {field: further headings} that can mean no other field of the register.

    They follow from the labels: words that schools use for each other, the title left out or put
    before, and 姓名 or 学生姓名 for the one pupil a record is about.
    """
    taken = {word for spec in register.fields.values() for word in (spec.label, *spec.synonyms)}
    meant: dict[str, set[str]] = {}
    for name, spec in register.fields.items():
        for word in _variants(register, spec):
            meant.setdefault(word, set()).add(name)
    found: dict[str, list[str]] = {}
    for word, names in meant.items():
        if len(names) == 1 and word not in taken:
            found.setdefault(next(iter(names)), []).append(word)
    return found


def _variants(register: Register, spec: FieldSpec) -> set[str]:
    forms = {spec.label}
    subject = re.sub(r"(记录|登记|台账|情况)$", "", register.title)
    for equal in _EQUAL:
        forms |= {f.replace(a, b) for f in forms for a in equal for b in equal if a in f}
        forms |= {f"{b}{f}" for f in {spec.label} for b in equal if subject in equal and b not in f}
    if spec.target is not None and spec.label in ("学生", "儿童"):
        forms |= {"姓名", "学生姓名", "儿童姓名", "留守儿童", "孩子", "孩子姓名", "留守儿童姓名"}
    return forms


class Numbers:
    """Writes and reads record numbers such as 12-3-9f2c: id, version, check."""

    def __init__(self) -> None:
        first = AuditEntry.get_or_none(AuditEntry.id == 1)
        # The chain's first link is different in every school and never changes.
        self._secret = first.hash if first else ""

    def write(self, register: Register, record: Any) -> str:
        """Return the record's number as it stands in a cell."""
        return f"{record.id}-{record.version}-{self._check(register, record.id, record.version)}"

    def read(self, register: Register, text: str) -> tuple[int, int] | None:
        """Return (id, version), None when the number is not one of this school's register."""
        parts = text.strip().split("-")
        if len(parts) != 3:
            return None
        number, version = whole(parts[0]), whole(parts[1])
        if number is None or version is None:
            return None
        return (number, version) if parts[2] == self._check(register, number, version) else None

    def _check(self, register: Register, number: int, version: int) -> str:
        said = f"{self._secret}/{register.slug}/{number}/{version}"
        return hashlib.sha256(said.encode()).hexdigest()[:6]
