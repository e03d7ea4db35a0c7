"""What happens when: the semester by weeks (行事历) and the weekly opening programme."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from compliance.ordered.papers import document
from exports.documents.paper import Asked, Paper, laid_out, no_paper
from exports.pdf.blocks import (
    FORM_ACROSS,
    Block,
    Cell,
    Grid,
    Row,
    Spread,
    Title,
    Turn,
    label,
)
from exports.pdf.imprint import chinese_date
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
SCHOOL_WEEK = WEEKDAYS[:5]
FRIDAY = 4
# A month fills its sheet below title and heading, in millimetres.
MONTH_HIGH = 138.0
ALL = (*OFFICE, *TEACHING)


@document("calendar", "行事历", clauses=("S03-18",), source=("calendar-event",), roles=ALL)
def semester_calendar(asked: Asked) -> Paper:
    """A month to a grid: each day with its events, rest days 休, make-up days 班, weeks left."""
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
        body.append(tuple(cells))
        monday += timedelta(days=7)
    rows_ = [Row(cells, MONTH_HIGH / len(body)) for cells in body]
    return Grid((12, *(35,) * 7), (head, *rows_), head=1)


def _day(day: date, page: Page, events: list[Any]) -> str:
    open_ = calendar.school_calendar().is_school_day(day)
    rest = ("　班" if day.weekday() > FRIDAY else "") if open_ else "　休"
    theirs = [
        page.text(event, "title")
        for event in events
        if event.starts_on <= day <= (event.ends_on or event.starts_on)
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
    title = "每周开放安排"
    if not found:
        why = "还没有登记每周开放安排。在“每周开放安排”里登记以后，这里就排出一周的表。"
        return no_paper(title, asked.semester.title, why)
    page = Page(asked.reader, register, found, "pdf")
    times = list(dict.fromkeys(_time(page, row) for row in found))
    days = [one for one in WEEKDAYS if one in SCHOOL_WEEK or _on(page, found, one)]
    head = Row((label("时间"), *map(label, days)), 10)
    body = [
        Row(
            (
                label(time),
                *(
                    Cell(
                        _open(
                            page,
                            [one for one in _on(page, found, weekday) if _time(page, one) == time],
                        ),
                        align="centre",
                    )
                    for weekday in days
                ),
            ),
            26,
        )
        for time in times
    ]
    return laid_out(
        title,
        asked.semester.title,
        Title("留守儿童之家每周开放安排", asked.semester.title),
        Spread((f"学校：{asked.school}", chinese_date(day))),
        Grid((26, *(46 for _ in days)), (head, *body), head=1, size=12),
        Spread(("之家管理员（签名）：", "学校（盖章）："), before=6),
        geometry=FORM_ACROSS,
    )


def _time(page: Page, one: Any) -> str:
    return f"{page.text(one, 'starts_at')}—{page.text(one, 'ends_at')}"


def _on(page: Page, found: list[Any], weekday: str) -> list[Any]:
    return [one for one in found if page.text(one, "weekday") == weekday]


def _open(page: Page, theirs: list[Any]) -> str:
    """What is open: programme, room and who looks after it, each on a line."""
    names = ("programme", "room", "responsible")
    return "\n".join(page.text(one, name) for one in theirs for name in names)
