"""工作负担: what each teacher is asked to enter per week, and what it is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from flask import url_for

from admin.boards.page import note
from compliance.ordered.catalogue import duty_called
from compliance.ordered.duty import Duty
from compliance.ordered.reading import tuples
from compliance.ordered.regulations import system_called
from compliance.told.burden import Burden, Cost, Item, Load, burden, costs
from compliance.told.entered import WEEKS, entered_by_staff
from models.core import labels
from models.core.actor import Actor
from models.core.boxes import OFFICE, TEACHING
from models.core.gates import rows
from models.core.register import REGISTERS, register_of
from models.core.school_calendar import SemesterSpan
from models.kept.staff import Staff
from models.school.entry_times import ENOUGH, Measured, measured

Shown = dict[str, Any]
SORTS = ("name", "entries", "minutes", "made")
# Said wherever minutes are shown of what was not measured.
ESTIMATE = "分钟是估计：短表单以一分钟内填完一条为目标，各登记都先按 1 分钟算"
# Registers named with their measured minutes, those of the most forms first.
NAMED = 6


def how_long(found: Mapping[str, Measured]) -> str:
    """Return where the minutes come from: measured by this school's own forms, or an estimate."""
    listed = sorted(found.items(), key=lambda one: -one[1].number)[:NAMED]
    if not listed:
        return f"{ESTIMATE}；表单从打开到保存多久，每种登记量够 {ENOUGH} 次就按本校的算"
    told = "、".join(
        f"{REGISTERS[slug].title} {number(one.minutes)} 分钟（{one.number} 次）"
        for slug, one in listed
        if slug in REGISTERS
    )
    more = f"等 {len(found)} 种" if len(found) > NAMED else ""
    return (
        f"分钟按本校量得的中位数（表单从打开到保存）：{told}{more}；"
        f"没有量够 {ENOUGH} 次的先按 1 分钟估计；只记登记和用时，不记是谁"
    )


def number(value: Fraction) -> str:
    """Return a rate with one decimal, rounded half up; whole numbers without it."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    rounded = exact.quantize(Decimal("0.1"), ROUND_HALF_UP)
    if value and not rounded:
        return "不到 0.1"
    return f"{rounded:f}".removesuffix(".0")


def tile(actor: Actor, semester: SemesterSpan) -> Shown:
    """Return the board's tile: what a teacher is asked per week, the actor's own if a teacher."""
    found = burden(actor, semester)
    url = url_for("boards.burden", semester=semester.code)
    if not found.loads:
        return {
            "title": "工作负担",
            "figure": "—",
            "note": "没有要教师定期录入的任务",
            "url": url,
        }
    entries, minutes = found.average
    own = actor.role in TEACHING
    most = "" if own else f"，最多的一位 {number(found.loads[0].entries)} 条"
    return {
        "title": "您的工作负担" if own else "教师工作负担",
        "figure": number(entries),
        "of": "条/周" if own else "条/人·周",
        "note": f"约 {number(minutes)} 分钟（估计）{most}",
        "url": url,
    }


def burden_page(actor: Actor, semester: SemesterSpan, args: Mapping[str, str]) -> Shown:
    """Return the list of teachers, heaviest first unless asked otherwise."""
    found = burden(actor, semester)
    made = entered_by_staff(actor.today)
    staff = register_of(Staff)
    called = labels.labels(actor, {staff: {load.staff for load in found.loads}})
    names = {load.staff: called.get(("staff", load.staff), "") for load in found.loads}
    sort, falling = _sorting(args)
    by: dict[str, Callable[[Load], Any]] = {
        "name": _pinyin(actor, found),
        "entries": lambda one: one.entries,
        "minutes": lambda one: one.minutes,
        "made": lambda one: made[one.staff],
    }
    listed = sorted(found.loads, key=by[sort], reverse=falling)
    return {
        "page_title": _title(found),
        "page_note": note(semester),
        "breadcrumbs": _crumbs(semester),
        "columns": _columns(sort, falling=falling, semester=semester),
        "rows": [_row(one, names[one.staff], made[one.staff], semester) for one in listed],
        "cost_columns": COST_COLUMNS,
        "costs": [_cost(cost) for cost in costs(found, semester)],
        "elsewhere": [duty.title for duty in found.elsewhere],
        "estimate": how_long(measured()),
        "weeks": WEEKS,
    }


COST_COLUMNS = (
    {"label": "制度", "card": 1},
    {"label": "每周要录（条）", "card": 2, "number": True},
    {"label": "每周约需（分钟，估计）", "number": True},
    {"label": "只为它录的（条）", "number": True},
    {"label": "不采用每周可省（分钟，估计）", "card": 3, "number": True},
)


def _cost(one: Cost) -> Shown:
    """A regulation with what it costs all teachers of the page together."""
    system = system_called(one.system)
    figures = (one.entries, one.minutes, one.saved, one.saved_minutes)
    return {
        "url": url_for("regulations.system", code=one.system),
        "cells": [f"{one.system} {system.title}" if system else one.system, *map(number, figures)],
    }


def _title(found: Burden) -> str:
    if not found.loads:
        return "没有要教师定期录入的任务"
    entries, minutes = found.average
    return f"每位教师每周平均要录 {number(entries)} 条，约 {number(minutes)} 分钟（估计）"


def _crumbs(semester: SemesterSpan) -> list[Shown]:
    return [{"title": "职责进度", "url": url_for("boards.index", semester=semester.code)}]


def _sorting(args: Mapping[str, str]) -> tuple[str, bool]:
    """The column asked for and whether the largest comes first; the heaviest otherwise."""
    said = args.get("sort", "")
    name = said.removeprefix("-")
    return (name, said.startswith("-")) if name in SORTS else ("entries", True)


def _pinyin(actor: Actor, found: Burden) -> Callable[[Load], Any]:
    query = rows(actor, register_of(Staff)).select(Staff.id, Staff.pinyin_key)
    keys = dict(tuples(query.where(Staff.id.in_([load.staff for load in found.loads]))))
    return lambda one: keys.get(one.staff, "")


def _columns(sort: str, *, falling: bool, semester: SemesterSpan) -> list[Shown]:
    made = []
    for slug, label, card in (
        ("name", "教师", 1),
        ("entries", "每周应录（条）", 2),
        ("minutes", "每周约需（分钟，估计）", 3),
        ("", "最多的一项", None),
        ("made", f"近 {WEEKS} 周实际每周录入（条）", 3),
    ):
        column: Shown = {"label": label, "card": card, "number": slug in SORTS[1:]}
        if slug:
            # The first press on a number shows the largest, on a name the first of the alphabet.
            down = not falling if slug == sort else slug != "name"
            asked = f"-{slug}" if down else slug
            column["sort_url"] = url_for("boards.burden", sort=asked, semester=semester.code)
        if slug == sort:
            column["sorted"] = "desc" if falling else "asc"
        made.append(column)
    return made


def _row(load: Load, name: str, made: int, semester: SemesterSpan) -> Shown:
    top = load.items[0]
    return {
        "url": url_for("boards.burden_of", staff=load.staff, semester=semester.code),
        "cells": [
            name,
            number(load.entries),
            number(load.minutes),
            f"{top.duty.title}，{number(top.entries)} 条",
            number(Fraction(made, WEEKS)),
        ],
    }


def burden_of(actor: Actor, semester: SemesterSpan, staff: int) -> Shown | None:
    """Return what one teacher's load is made of; None when it is not the actor's to see."""
    own = actor.role in TEACHING
    if own and staff != (actor.staff_id or 0):
        return None
    called = labels.labels(actor, {register_of(Staff): {staff}})
    name = called.get(("staff", staff)) or (actor.name if own else "")
    if not name:
        return None
    load = burden(actor, semester).of(staff) or Load(staff, ())
    made = entered_by_staff(actor.today, staff)[staff]
    who = "您" if own else name
    asked = f"每周要录 {number(load.entries)} 条，约 {number(load.minutes)} 分钟（估计）"
    crumbs = _crumbs(semester)
    if not own:
        up = url_for("boards.burden", semester=semester.code)
        crumbs.append({"title": "工作负担", "url": up})
    return {
        "page_title": f"{who}{asked}" if load.items else f"{who}没有要定期录入的任务",
        "page_note": note(semester),
        "breadcrumbs": crumbs,
        "teacher_url": url_for("boards.teacher", staff=staff, semester=semester.code)
        if staff
        else "",
        "facts": [
            {"label": "每周应录", "value": f"{number(load.entries)} 条"},
            {"label": "约需", "value": f"{number(load.minutes)} 分钟（估计）"},
            {
                "label": "实际录入",
                "value": f"近 {WEEKS} 周共 {made} 条，每周 {number(Fraction(made, WEEKS))} 条",
            },
        ],
        "rows": [_item(item, semester, may_set=actor.role in OFFICE) for item in load.items],
        "estimate": how_long(measured()),
        "may_set": actor.role in OFFICE,
    }


def _item(one: Item, semester: SemesterSpan, *, may_set: bool) -> Shown:
    minutes: Shown = {"text": number(one.minutes)}
    if may_set:
        each = one.minutes / one.entries if one.entries else Fraction(0)
        minutes["text"] += f"（每条 {number(each)}）"
        minutes["url"] = url_for("regulations.numbers", code=one.duty.code)
    return {
        "url": url_for("boards.duty", code=one.duty.code, semester=semester.code),
        "cells": [
            one.duty.title,
            REGISTERS[one.register].title,
            _asked(one.duty),
            one.subjects,
            number(one.entries),
            minutes,
            "、".join(map(_titled, one.also)),
        ],
    }


def _asked(duty: Duty) -> str:
    least = sum(part.least for part in duty.parts) or duty.measure.least
    return f"{duty.every.word} {least} 次"


def _titled(code: str) -> str:
    duty = duty_called(code)
    return code if duty is None else duty.title
