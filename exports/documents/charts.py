"""The organisation chart (组织网络图) and the list of duties, from the leadership register."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from compliance.ordered.papers import INSPECTION, INTERNAL, document
from exports.documents.paper import Asked, Paper, laid_out
from exports.pdf.blocks import (
    FORM_ACROSS,
    Cell,
    Drawing,
    Grid,
    Row,
    Shape,
    Spread,
    Text,
    Title,
    label,
)
from exports.pdf.imprint import chinese_date
from models.core.boxes import OFFICE, TEACHING
from models.core.display import Page
from models.core.gates import rows
from models.core.register import register_of
from models.core.spans import holds_on
from models.kept.leadership import LeadershipMember
from models.kept.staff import Staff

# 34 × 14 mm boxes, 6 mm apart, in layers 12 mm below each other.
WIDE, HIGH, GAP, BETWEEN = 34.0, 14.0, 6.0, 12.0
# So many boxes stand side by side; more go into a second line of the layer.
MOST_IN_LINE = 6
LAYERS = ("组长", "副组长", "成员")
ALL = (*OFFICE, *TEACHING)


def members_on(asked: Asked) -> tuple[Page, list[Any]]:
    """Return who belongs to the leadership group on the reader's day, heads first."""
    register = register_of(LeadershipMember)
    query = rows(asked.reader, register).where(holds_on(LeadershipMember, asked.reader.today))
    found = sorted(query, key=lambda one: (LAYERS.index(one.position), one.id))
    return Page(asked.reader, register, found, "pdf"), found


def chart(page: Page, members: Sequence[Any]) -> Drawing:
    """Return the chart: one layer per position, joined by right-angled lines."""
    layers = [
        (position, [member for member in members if member.position == position])
        for position in LAYERS
    ]
    layers = [(position, theirs) for position, theirs in layers if theirs]
    lines = [
        (position, theirs[start : start + MOST_IN_LINE])
        for position, theirs in layers
        for start in range(0, len(theirs), MOST_IN_LINE)
    ]
    width = max((_width(len(theirs)) for _p, theirs in lines), default=WIDE)
    shapes: list[Shape] = []
    middle = width / 2
    for number, (position, theirs) in enumerate(lines):
        top = number * (HIGH + BETWEEN)
        left = middle - _width(len(theirs)) / 2
        for place, one in enumerate(theirs):
            x = left + place * (WIDE + GAP)
            shapes += _box(page, one, position, x, top)
            if number:
                shapes.append(Shape(x + WIDE / 2, top - BETWEEN / 2, 0, BETWEEN / 2))
        if number:
            shapes += _joined(left, len(theirs), top, middle)
        if number + 1 < len(lines):
            shapes.append(Shape(middle, top + HIGH, 0, BETWEEN / 2))
    words = "；".join(
        f"{position}：{'、'.join(page.text(one, 'staff') for one in theirs)}"
        for position, theirs in layers
    )
    height = len(lines) * (HIGH + BETWEEN) - BETWEEN if lines else HIGH
    return Drawing(width, height, tuple(shapes), words or "还没有登记领导小组成员")


def _width(count: int) -> float:
    return count * WIDE + (count - 1) * GAP


def _box(page: Page, one: Any, position: str, x: float, y: float) -> Iterable[Shape]:
    office = page.text(one, "office")
    name = page.text(one, "staff")
    below = f"{name}（{office}）" if office else name
    yield Shape(x, y, WIDE, HIGH, "")
    yield Shape(x, y + 1, WIDE, HIGH / 2 - 1, position, bold=True, frame=False)
    yield Shape(x, y + HIGH / 2, WIDE, HIGH / 2 - 1, below, size=9, frame=False)


def _joined(left: float, count: int, top: float, middle: float) -> Iterable[Shape]:
    """The line all boxes of a layer hang on; it meets the stem that comes down from above."""
    first, last = left + WIDE / 2, left + _width(count) - WIDE / 2
    first, last = min(first, middle), max(last, middle)
    yield Shape(first, top - BETWEEN / 2, last - first, 0)


def duties_grid(page: Page, members: Sequence[Any], phones: dict[int, str]) -> Grid:
    """Return the list of duties, the phone of each beside it."""
    head = Row(tuple(map(label, ("序号", "姓名", "代表部门", "组内职务", "职责", "电话"))))
    body = [
        Row(
            (
                Cell(str(number), align="centre"),
                Cell(page.text(one, "staff"), align="centre"),
                Cell(page.text(one, "office"), align="centre"),
                Cell(page.text(one, "position"), align="centre"),
                Cell(page.text(one, "duties")),
                Cell(phones.get(one.staff_id, ""), align="centre"),
            )
        )
        for number, one in enumerate(members, start=1)
    ]
    return Grid((12, 22, 28, 24, 130, 30), (head, *body), head=1)


def _phones(asked: Asked, members: Sequence[Any]) -> dict[int, str]:
    register = register_of(Staff)
    ids = [member.staff_id for member in members]
    found = list(rows(asked.reader, register).where(Staff.id.in_(ids))) if ids else []
    page = Page(asked.reader, register, found, "pdf")
    return {one.id: page.text(one, "phone") for one in found}


@document(
    "organisation-chart",
    "组织网络图",
    clauses=("S01-3", "S02-3", "S03-18", "Q03-1", "H01-1"),
    source=("leadership-member",),
    roles=ALL,
    editions=(INTERNAL, INSPECTION),
)
def organisation_chart(asked: Asked) -> Paper:
    """The leadership group as a chart, with the list of duties on the next sheet."""
    page, members = members_on(asked)
    title = f"{asked.school}关爱留守儿童工作组织网络图"
    dated = chinese_date(asked.reader.today)
    empty = () if members else (Text("还没有登记领导小组成员，登记以后这里就画出来。"),)
    return laid_out(
        title,
        asked.semester.title,
        Title(title),
        *empty,
        chart(page, members),
        Spread(("", f"{asked.school}　{dated}"), before=6),
        geometry=FORM_ACROSS,
    )


@document(
    "duties-list",
    "职责表",
    clauses=("S01-3", "S02-3", "S03-18", "Q03-2", "H01-2"),
    source=("leadership-member",),
    roles=ALL,
)
def duties_list(asked: Asked) -> Paper:
    """What each member of the leadership group is responsible for."""
    page, members = members_on(asked)
    title = "关爱留守儿童工作领导小组职责表"
    grid = duties_grid(page, members, _phones(asked, members))
    return laid_out(
        title,
        asked.semester.title,
        Title(title),
        Spread((f"学校：{asked.school}", chinese_date(asked.reader.today))),
        grid,
        geometry=FORM_ACROSS,
    )
