"""The columns of a register's workbook, the same for the blank one, the export and the import.

The last column holds a record's number, its version and a check, so that a row of this school's
own export is recognised, and a row of another school's is not taken for one.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from models.core.actor import Actor
from models.core.audit import AuditEntry
from models.core.fields import FieldSpec
from models.core.gates import surface
from models.core.register import Register
from models.core.values import whole

SERIAL, NUMBER, LATE_REASON = "_serial", "_number", "late_reason"
SERIAL_HEAD, NUMBER_HEAD, LATE_HEAD = "序号", "记录编号", "补录原因"
# What may stand beside the name of the pupil a record is about, to tell those of one name apart.
BESIDE: dict[str, tuple[str, ...]] = {
    "class": ("班级", "所在班级", "学生班级", "年级班级", "班别", "年级及班级", "所属班级"),
    "born": ("出生日期", "出生年月", "出生年份", "学生出生日期", "生日"),
    "number": ("身份证号", "身份证件号", "学生身份证号", "身份证号码", "学籍号", "证件号"),
}
_PUPIL = ("学生", "儿童", "留守儿童", "使用学生", "借阅学生", "责任学生")
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
    for name, words in beside_pupil(register).items():
        known[name] = words
    # A line may have a 序号 of its own: then only 所属序号 ties it to its record.
    known[SERIAL] = tuple(w for w in (LINE_SERIAL_HEAD, SERIAL_HEAD) if w not in labels)
    return known


def pupil_link(register: Register) -> FieldSpec | None:
    """Return the field that names the one pupil a record is about, else None."""
    links = [spec for spec in register.links if spec.label in _PUPIL]
    return links[0] if len(links) == 1 else None


def beside_pupil(register: Register) -> dict[str, tuple[str, ...]]:
    """Return {column: headings} of class, birth and number beside the name of a record's pupil.

    They are read to find the pupil and stored nowhere, so a heading of the register's own is none.
    """
    pupil = pupil_link(register)
    if pupil is None:
        return {}
    own = {word for spec in register.fields.values() for word in (spec.label, *spec.synonyms)}
    kept = {f"{pupil.name}:{kind}": words for kind, words in BESIDE.items()}
    return {name: words for name, words in kept.items() if not own & set(words)}


# Words that schools use for each other in headings.
_EQUAL = (
    ("谈心", "谈话"),
    ("家访", "走访", "访问"),
    ("时间", "日期"),
    ("教师", "老师"),
    ("内容", "情况", "记录"),
    ("开始", "起始"),
    ("结束", "终止", "截止"),
    ("通话", "通电话"),
    ("类别", "类型", "种类"),
    ("名称", "标题", "题目"),
    ("地点", "场所", "地址"),
    ("负责人", "责任人"),
    ("效果", "成效"),
    ("措施", "办法"),
    ("金额", "数额"),
    ("电话", "手机", "手机号", "电话号码", "联系方式", "联系电话"),
    ("人数", "人次"),
    ("书名", "图书名称"),
    ("备注", "说明"),
)
# Whole headings that stand for a field's own, wherever a register has such a field.
_ALSO = {
    "起": ("开始日期", "起始日期", "开始时间", "起始时间", "自何时"),
    "止": ("结束日期", "截止日期", "结束时间", "终止日期", "至何时"),
    "发现的问题": ("存在问题", "存在的问题", "主要问题", "问题"),
    "对策": ("解决办法", "解决措施", "采取措施", "教育措施"),
    "在家表现与监护情况": ("家访内容", "家访记录", "家访情况", "在家表现"),
    "家长意见": ("家长反馈", "家长建议", "家长意见和建议"),
    "通话对象": ("和谁通话", "接听人", "通话人"),
    "学生总数": ("全班人数", "学生人数"),
    "主讲": ("主讲人", "主讲教师"),
    "参加对象": ("参加人员", "参与对象", "参与人员"),
    "实到人数": ("出席人数", "参会人数"),
    "签订日期": ("签字日期", "签约日期"),
    "借出日期": ("借书日期", "借阅日期", "借阅时间"),
    "归还日期": ("还书日期", "归还时间"),
}


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
    forms = {spec.label, *_ALSO.get(spec.label, ())}
    subject = re.sub(r"(记录|登记|台账|情况)$", "", register.title)
    subjects = {subject}.union(*(equal for equal in _EQUAL if subject in equal))
    forms |= {form.removeprefix(word) for form in forms for word in subjects}
    # 1000米跑 is asked for in 体测, whatever its unit stands behind it.
    forms |= {re.sub(r"（[^（）]+）$", "", form) for form in forms}
    forms |= {f"{form.removesuffix('教师')}人{more}" for form in forms for more in ("", "员")
              if form.endswith("教师")}  # fmt: skip
    for equal in _EQUAL:
        forms |= {b + f.removeprefix(a) for f in forms for a, b in permutations(equal, 2)
                  if f.startswith(a)}  # fmt: skip
        forms |= {f.removesuffix(a) + b for f in forms for a, b in permutations(equal, 2)
                  if f.endswith(a)}  # fmt: skip
    forms |= {f"{word}{form}" for form in forms for word in subjects
              if not form.startswith(tuple(subjects))}  # fmt: skip
    if spec is pupil_link(register):
        forms |= {"姓名", "学生姓名", "儿童姓名", "孩子", "孩子姓名", "留守儿童姓名"}
        forms |= {"学生", "儿童", "留守儿童", "留守学生", "学生名字", "名字"}
    return {form for form in forms if len(form) > 1 or form == spec.label}


def people_headings(lines: Register, spec: FieldSpec) -> tuple[str, ...]:
    """Return the headings of a cell that names the people of a record's lines, 、 between them."""
    return (spec.label, *sorted(_variants(lines, spec) - {spec.label}))


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
