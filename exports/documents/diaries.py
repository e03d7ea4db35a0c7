"""What a teacher hands in of the work with paired children: the diary book, the weekly sheet."""

from __future__ import annotations

from datetime import date
from typing import Any

from compliance.ordered.papers import STAFF, document
from exports.documents.looked import looked
from exports.documents.paper import Asked, Paper, laid_out
from exports.pdf.blocks import (
    BOOKLET,
    FORM,
    FORM_ACROSS,
    LABEL_SIZE,
    Block,
    Cell,
    Grid,
    Row,
    Spread,
    Text,
    Title,
    Turn,
    label,
    long_text,
)
from exports.pdf.imprint import chinese_date
from models.core import calendar
from models.core.display import Page
from models.core.register import register_of
from models.core.school_calendar import SemesterSpan
from models.core.semester_records import in_semester
from models.core.spans import between
from models.kept.calls import FamilyCall
from models.kept.children import Child
from models.kept.pairings import CareDiary, HandIn, Pairing
from models.kept.school import Semester
from models.kept.staff import Staff
from models.kept.talks import ParentContact, Talk
from models.school.weekly_sheet import COLUMNS, PARTS, children_of

WEEKDAYS = "一二三四五六日"
BLANK_ROWS = 2
# The sheet filled in by hand: empty rows below the children, widths in mm.
PAPER_ROWS, ACROSS, NUMBER, NAME = 4, 254, 10, 20
# What a pair has to do each month (Z01), ticked off by hand.
MONTHLY = ("谈心", "与班主任交换意见", "上门看望", "检查作业", "共进晚餐", "与父母联系")


@document(
    "diary-book",
    "亲情结对工作日记",
    clauses=("Z01-4",),
    source=("pairing", "care-diary", "child", "staff"),
    about="pairing",
    roles=STAFF,
)
def diary_book(asked: Asked) -> Paper:
    """A book of half size per pairing: cover, the months' tasks, each entry, the remark on it."""
    pairings = Page(asked.reader, register_of(Pairing), asked.records, "pdf")
    blocks: list[Block] = []
    for pairing in asked.records:
        blocks += [Turn()] if blocks else []
        blocks += _diary(asked, pairings, pairing)
    title = "亲情结对工作日记"
    return laid_out(title, asked.semester.title, *blocks, geometry=BOOKLET)


def _diary(asked: Asked, pairings: Page, pairing: Any) -> list[Block]:
    children = looked(asked.reader, Child, Child.id == pairing.child_id)
    entries = looked(
        asked.reader,
        CareDiary,
        in_semester(register_of(CareDiary), asked.semester)
        & (CareDiary.child == pairing.child_id)
        & (CareDiary.teacher == pairing.teacher_id),
        order=CareDiary.written_on,
    )
    said = (
        ("学校", asked.school),
        (pairings.text(pairing, "kind"), pairings.text(pairing, "teacher")),
        ("学生", pairings.text(pairing, "child")),
        ("班级", children.text(children.first, "school_class")),
        ("学期", asked.semester.title),
    )
    cover = tuple(Row((label(word), Cell(text, align="centre")), 11) for word, text in said)
    blocks: list[Block] = [
        Text("", before=30),
        Title("亲情结对工作日记"),
        Text("", before=15),
        Grid((26, 70), cover),
        Turn(),
        Text("每月要做的事（做到的打勾）", 12, "centre", bold=True),
        _months(asked.semester),
        Text("", 6),
    ]
    for entry in entries:
        blocks.append(_entry(entries.page, entry))
        remark = entries.text(entry, "class_teacher_remark")
        blocks.append(
            Spread((f"班主任检查意见：{remark}", "签名：________"), 9) if remark else Text("", 4)
        )
    if not entries:
        blocks.append(Text("这学期还没有登记工作日记，可先打印空页手写。", 9, "centre"))
        blocks += [_blank_entry(), Text("", 4), _blank_entry()]
    blocks.append(Spread(("班主任（签名）：", "结对教师（签名）：", "　　年　月　日"), 9, before=3))
    return blocks


def _months(semester: SemesterSpan) -> Grid:
    """The tasks of each month of the semester, with a box to tick."""
    months = sorted({(d.year, d.month) for d in (semester.first, semester.last)})
    (year, month), (last_year, last_month) = months[0], months[-1]
    count = (last_year - year) * 12 + last_month - month + 1
    names = [(month + n - 1) % 12 + 1 for n in range(count)]
    head = Row((label("任务"), *(label(f"{name}月") for name in names)), 8)
    body = [Row((Cell(task), *(Cell("☐", align="centre") for _ in names)), 8) for task in MONTHLY]
    return Grid((38, *(66 / count for _ in names)), (head, *body), head=1)


def _entry(page: Page, entry: Any) -> Grid:
    day: date = entry.written_on
    when = f"{chinese_date(day)}　星期{WEEKDAYS[day.weekday()]}"
    minutes = page.text(entry, "minutes")
    rows = [
        Row((label("日期"), Cell(when), label("时长"), Cell(f"{minutes} 分钟" if minutes else ""))),
        Row((label("类别"), Cell(page.text(entry, "categories"), 3))),
        Row((label("内容"), long_text(page.text(entry, "measures"), 3)), 22),
        Row((label("效果"), long_text(page.text(entry, "effect"), 3)), 12),
        Row((label("下步打算"), long_text(page.text(entry, "next_step"), 3)), 10),
    ]
    return Grid((20, 50, 16, 30), tuple(rows), whole=True)


def _blank_entry() -> Grid:
    rows = (
        Row((label("日期"), Cell("　　年　　月　　日　星期"), label("时长"), Cell())),
        Row((label("类别"), Cell("", 3))),
        Row((label("内容"), Cell("", 3)), 40),
        Row((label("效果"), Cell("", 3)), 16),
    )
    return Grid((20, 50, 16, 30), rows, whole=True)


@document(
    "weekly-paper",
    "空白周记录表",
    clauses=("Q04-4", "H02-5"),
    source=("child", "pairing"),
    about="staff",
    roles=STAFF,
)
def weekly_paper(asked: Asked) -> Paper:
    """A week to be filled in by hand: a teacher's children, beside each talk, call and contact.

    The rows and columns are those of the grid it is typed into.
    """
    page = Page(asked.reader, register_of(Staff), asked.records, "pdf")
    blocks: list[Block] = []
    for teacher in asked.records:
        blocks += [Turn()] if blocks else []
        blocks += _blank_week(asked, page.text(teacher, "name"), teacher.id)
    return laid_out("空白周记录表", asked.semester.title, *blocks, geometry=FORM_ACROSS)


def _blank_week(asked: Asked, name: str, teacher: int) -> list[Block]:
    children = children_of(asked.reader, teacher, asked.reader.today)
    shown = Page(asked.reader, register_of(Child), children, "pdf")
    names = [shown.text(child, "name") for child in children]
    groups = Row(
        (label("序号"), label("学生"), *(label(part.title, len(part.columns)) for part in PARTS)), 7
    )
    head = Row((label(""), label(""), *(label(column.label) for _n, _p, column in COLUMNS)), 7)
    body = [
        Row((Cell(str(n), align="centre"), Cell(child), *((Cell(),) * len(COLUMNS))), 10)
        for n, child in enumerate([*names, *[""] * PAPER_ROWS], start=1)
    ]
    room = ACROSS - NUMBER - NAME
    whole = sum(column.width for _n, _p, column in COLUMNS)
    widths = [room * column.width / whole for _n, _p, column in COLUMNS]
    return [
        Title("教师周记录表", "第　　　周　　　　月　　日—　　月　　日"),
        Spread((f"学校：{asked.school}", f"教师：{name}", asked.semester.title)),
        Grid((NUMBER, NAME, *widths), (groups, head, *body), head=2),
        Spread(
            ("教师（签名）：", "上交日期：　　　　年　　月　　日", "接收人（签名）："), before=5
        ),
    ]


@document(
    "weekly-hand-in",
    "周记录上交单",
    clauses=("Q04-4", "H02-5"),
    source=("hand-in", "talk", "family-call", "parent-contact"),
    about="hand-in",
    where={"kind": "周记录"},
    roles=STAFF,
)
def weekly_hand_in(asked: Asked) -> Paper:
    """What a teacher did in the week handed in: talks, calls, contacts, with their sum."""
    page = Page(asked.reader, register_of(HandIn), asked.records, "pdf")
    blocks: list[Block] = []
    for record in asked.records:
        blocks += [Turn()] if blocks else []
        blocks += _week(asked, page, record)
    return laid_out("周记录上交单", asked.semester.title, *blocks, geometry=FORM)


def _week(asked: Asked, page: Page, one: Any) -> list[Block]:
    span = _span_of(asked, one)
    lines = _acts(asked, one.teacher_id, *span) if span is not None else []
    days = f"{chinese_date(span[0])}—{chinese_date(span[1])}" if span is not None else ""
    head = Row(tuple(map(label, ("序号", "日期", "事项", "学生", "对象或主题", "摘要"))))
    body = [
        Row((Cell(str(n), align="centre"), *(Cell(text) for text in cells)))
        for n, (_at, cells) in enumerate(lines, start=1)
    ]
    empty = [Row((Cell(),) * 6, 11)] * BLANK_ROWS
    counted = {kind: sum(cells[1] == kind for _at, cells in lines) for kind in KINDS}
    total = "　".join(f"{kind} {count} 次" for kind, count in counted.items())
    total_row = Row((label("合计", 2), Cell(total, 4, size=LABEL_SIZE)))
    return [
        Title("教师周记录上交单", f"第 {one.week or '　'} 周　{days}"),
        Spread(
            (f"学校：{asked.school}", f"教师：{page.text(one, 'teacher')}", asked.semester.title)
        ),
        Grid((10, 22, 20, 20, 36, 62), (head, *body, *empty, total_row), head=1),
        Spread(
            (
                "教师（签名）：",
                f"上交日期：{chinese_date(one.handed_on)}",
                "班主任查阅（签名）：",
            ),
            before=5,
        ),
    ]


KINDS = ("谈心", "亲情通话", "家校联系")


def _span_of(asked: Asked, one: Any) -> tuple[date, date] | None:
    """The days of the week handed in, within its own semester."""
    named = looked(asked.reader, Semester, Semester.id == one.semester_id).first
    semester = calendar.school_calendar().semester(named.code) if named is not None else None
    if semester is None or not one.week:
        return None
    return calendar.school_calendar().week_span(semester, one.week)


def _acts(asked: Asked, teacher: int, first: date, last: date) -> list[tuple[Any, list[str]]]:
    """Day, kind, child, subject and gist of each act of the teacher between two days."""
    found: list[tuple[Any, list[str]]] = []
    for kind, model, by, subject, gist in (
        (KINDS[0], Talk, Talk.teacher, "topic", "effect"),
        (KINDS[1], FamilyCall, FamilyCall.duty_teacher, "callee", "matter_kind"),
        (KINDS[2], ParentContact, ParentContact.teacher, "with_whom", "reported"),
    ):
        name = register_of(model).happened
        assert name is not None
        when = getattr(model, name)
        acts = looked(asked.reader, model, (by == teacher) & between(when, first, last))
        for act in acts:
            moment = getattr(act, name)
            cells = [f"{moment.month}月{moment.day}日", kind, acts.text(act, "child")]
            cells += [acts.text(act, subject), acts.text(act, gist)]
            found.append((moment.isoformat(), cells))
    return sorted(found)
