"""What happens when: the semester by weeks (行事历) and the weekly opening programme."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from compliance.ordered.papers import document
from exports.documents.paper import Asked, Paper, laid_out
from exports.pdf.blocks import (
    FORM,
    FORM_ACROSS,
    Block,
    Cell,
    Grid,
    Row,
    Spread,
    Text,
    Title,
    Turn,
    label,
)
from models.core import calendar
from models.core.boxes import OFFICE, TEACHING
from models.core.display import Page
from models.core.gates import rows
from models.core.register import register_of
from models.core.semester_records import in_semester
from models.core.spans import holds_on
from models.kept.plans import CalendarEvent
from models.kept.regulations import WeekProgramme

WEEKDAYS = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")
ALL = (*OFFICE, *TEACHING)


@document("calendar", "行事历", clauses=("S03-18",), source=("calendar-event",), roles=ALL)
def semester_calendar(asked: Asked) -> Paper:
    """A month to a grid: every day with its events, rest days marked 休, the week's number left."""
    register = register_of(CalendarEvent)
    events = list(
        rows(asked.reader, register)
        .where(in_semester(register, asked.semester))
        .order_by(CalendarEvent.starts_on, CalendarEvent.id)
    )
    page = Page(asked.reader, register, events, "pdf")
    title = f"{asked.semester.title}行事历"
    blocks: list[Block] = []
    month = asked.semester.first.replace(day=1)
    while month <= asked.semester.last:
        if blocks:
            blocks.append(Turn())
        second = f"{asked.school}　{month.year}年{month.month}月"
        blocks += [Title(title, second, size=18), _month(month, page, events)]
        month = (month + timedelta(days=32)).replace(day=1)
    return laid_out(title, asked.semester.title, *blocks, geometry=FORM_ACROSS)


def _month(month: date, page: Page, events: list[Any]) -> Grid:
    known = calendar.school_calendar()
    head = Row(tuple(map(label, ("周次", *WEEKDAYS))))
    body = []
    monday = month - timedelta(days=month.weekday())
    while (monday.year, monday.month) <= (month.year, month.month):
        days = [monday + timedelta(days=n) for n in range(7)]
        week = known.teaching_week(days[4]) or known.teaching_week(days[0])
        cells = [Cell(str(week) if week else "", align="centre")]
        for day in days:
            cells.append(
                Cell(_day(day, page, events) if day.month == month.month else "", top=True, size=9)
            )
        body.append(Row(tuple(cells), 22))
        monday += timedelta(days=7)
    return Grid((12, *(35,) * 7), (head, *body), head=1)


def _day(day: date, page: Page, events: list[Any]) -> str:
    rest = "" if calendar.school_calendar().is_school_day(day) else "　休"
    theirs = [
        page.text(one, "title")
        for one in events
        if one.starts_on <= day <= (one.ends_on or one.starts_on)
    ]
    return "\n".join([f"{day.day}{rest}", *theirs])


@document(
    "opening-programme",
    "每周开放安排",
    clauses=("S15-1", "S15-3", "Q18-9"),
    source=("week-programme",),
    roles=ALL,
)
def opening_programme(asked: Asked) -> Paper:
    """The week as a grid: what is open each day, when, where and who looks after it."""
    register = register_of(WeekProgramme)
    day = min(asked.reader.today, asked.semester.last)
    found = list(
        rows(asked.reader, register)
        .where(holds_on(WeekProgramme, day))
        .order_by(WeekProgramme.starts_at, WeekProgramme.id)
    )
    page = Page(asked.reader, register, found, "pdf")
    head = Row(tuple(map(label, ("星期", "时间", "项目", "场所", "负责人"))))
    body: list[Row] = []
    for weekday in WEEKDAYS:
        theirs = [one for one in found if page.text(one, "weekday") == weekday]
        for place, one in enumerate(theirs):
            time = f"{page.text(one, 'starts_at')}—{page.text(one, 'ends_at')}"
            cells = [
                Cell(page.text(one, name), align="centre")
                for name in ("programme", "room", "responsible")
            ]
            first = (label(weekday, down=len(theirs)),) if not place else ()
            body.append(Row((*first, Cell(time, align="centre"), *cells), 11))
    empty = () if body else (Text("还没有登记每周开放安排，登记以后这里就排出来。"),)
    grid = (Grid((24, 36, 36, 40, 34), (head, *body), head=1),) if body else ()
    return laid_out(
        "每周开放安排",
        asked.semester.title,
        Title("留守儿童之家每周开放安排", asked.semester.title),
        Spread((asked.school, "")),
        *empty,
        *grid,
        geometry=FORM,
    )
