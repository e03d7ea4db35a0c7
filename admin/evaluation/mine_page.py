"""A teacher's own year on the phone, and the periods with their records behind one number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import url_for

from admin.boards.weeks import day
from admin.evaluation import sheet_page
from admin.frame.paging import PER_PAGE, page_of, paging
from compliance.evaluated import behind, sheets
from compliance.evaluated.facts import facts
from compliance.evaluated.report import number
from compliance.evaluated.score import facts_score, final, lines, year_end
from compliance.evaluated.year import Year
from compliance.judged.verdict import State
from compliance.told.burden import burden
from models.core import calendar
from models.core.actor import Actor
from models.core.errors import NotFound
from models.core.gates import rows
from models.core.labels import labels
from models.core.register import REGISTERS, register_of
from models.core.values import whole
from models.kept.children import Child
from models.kept.evaluation import year_end_share
from models.kept.staff import SchoolClass, Staff
from models.school import evaluations


def mine(actor: Actor, asked: Year) -> dict[str, Any]:
    """Return the actor's own year: the facts of today, and the sheet where there is one."""
    assert actor.staff_id is not None
    settings = evaluations.year_row(asked.code)
    found = evaluations.own_sheets(actor, asked.code)
    live = facts(asked, actor.today, [actor.staff_id]).get(actor.staff_id)
    own = lines(live, sheets.credits_of(settings)) if live is not None else []
    score, tenths = final(facts_score(own)), year_end_share()
    sheet = found[0] if found else None
    state = evaluations.state_of(sheet, settings, actor.today) if sheet is not None else ""
    return {
        "page_title": _title(sheet, state, settings, score),
        "year": asked,
        "settings": settings,
        "score": number(score),
        "share": number(year_end(score, tenths)),
        "of": number(tenths * 10),
        "sheet": sheet,
        "state": state,
        "sheet_url": url_for("evaluations.sheet", sheet_id=sheet.id) if sheet is not None else "",
        "possible": [
            {"title": one.title, "count": n} for one in own if (n := one.counted.of(State.DUE))
        ],
        "lines": sheet_page.table(own, asked.code, None, actor.staff_id),
        "words": sheet_page.words(own),
        "entries": _entries(actor),
        "published_url": url_for("evaluations.published", code=asked.code)
        if settings is not None and settings.published_on
        else "",
        "before_url": url_for("evaluations.mine", code=_before(asked)),
        "before": Year(_before(asked)).title,
    }


def _before(asked: Year) -> str:
    if asked.is_calendar_year:
        return str(int(asked.code) - 1)
    first = int(asked.code[:4])
    return f"{first - 1}-{first}"


def _title(sheet: Any, state: str, settings: Any, score: int | None) -> str:
    if state == evaluations.TOLD:
        return f"考核表已告知，{evaluations.last_day_to_object(sheet, settings)} 前可以申诉"
    if state == evaluations.SIGNED:
        return f"考核已签署：{number(sheet.score)} 分，{sheet.outcome}"
    if state == evaluations.DRAFT and sheet.self_score is None:
        return "请填写自评"
    if score is None:
        return "到今天还没有到期的任务"
    return f"到今天的事实得分 {number(score)}"


def _entries(actor: Actor) -> str:
    """How many entries a week the school asks of the teacher now."""
    semester = calendar.semester_on(actor.today)
    if semester is None:
        return ""
    load = burden(actor, calendar.semester_called(semester.code)).of(actor.staff_id)
    return f"{float(load.entries):.1f}" if load is not None else ""


def cells(
    actor: Actor, asked: Year, staff: int, code: str, args: Mapping[str, str]
) -> dict[str, Any]:
    """Return the periods of one duty in one state, each with the records counted in it."""
    as_of, back = _as_of(actor, asked, staff, args)
    found = behind.cells(asked, staff, as_of, [code])
    state = next((one for one in State if one.slug == args.get("state")), None)
    listed = [cell for cell in found if state is None or cell.verdict.state is state]
    if not found:
        raise NotFound("这一年没有这项任务的明细")
    page, pages = page_of(args, len(listed))
    chosen = listed[(page - 1) * PER_PAGE : page * PER_PAGE]
    readable = _readable(actor, chosen)
    called = _called(actor, chosen)
    duty = found[0].duty
    kept = {name: args[name] for name in ("state", "sheet") if args.get(name)}
    word = state.word if state is not None else "全部"
    return {
        "page_title": f"{duty.title}：{word} {len(listed)} 个",
        "page_note": f"截至 {as_of}；每一格列出计入的记录",
        "breadcrumbs": [back],
        "rows": [
            {
                "cells": [
                    cell.verdict.period.title,
                    f"{day(cell.verdict.period.first)} 至 {day(cell.verdict.period.last)}",
                    called(cell),
                    {"state": cell.verdict.state.slug},
                    f"{cell.verdict.counted} / {cell.verdict.minimum}",
                    {"chips": [_record(name, readable) for name in cell.records]}
                    if cell.records
                    else "",
                ]
            }
            for cell in chosen
        ],
        "paging": paging(
            "evaluations.cells",
            page,
            pages,
            f"{len(listed)} 个",
            code=asked.code,
            staff=staff,
            duty=code,
            **kept,
        ),
    }


def _as_of(
    actor: Actor, asked: Year, staff: int, args: Mapping[str, str]
) -> tuple[date, dict[str, str]]:
    """The day looked from: that of the sheet one comes from, else today; and the way back."""
    asked_sheet = whole(args.get("sheet"))
    if asked_sheet is not None:
        sheet = evaluations.fetch(actor, asked_sheet)
        if sheet.teacher_id == staff and sheet.school_year == asked.code:
            url = url_for("evaluations.sheet", sheet_id=sheet.id)
            return sheets.as_of(sheet), {"title": "考核表", "url": url}
    if staff == actor.staff_id:
        return actor.today, {"title": "我的考核", "url": url_for("evaluations.mine")}
    name = labels(actor, {register_of(Staff): {staff}}).get(("staff", staff), "")
    return actor.today, {"title": name, "url": url_for("boards.teacher", staff=staff)}


def _readable(actor: Actor, chosen: list[behind.Cell]) -> set[behind.Named]:
    """The records the actor may open; an ended pairing closes the child's other records."""
    by_register: dict[str, set[int]] = {}
    for cell in chosen:
        for slug, record in cell.records:
            by_register.setdefault(slug, set()).add(record)
    return {
        (slug, number_)
        for slug, ids in by_register.items()
        for (number_,) in rows(actor, REGISTERS[slug])
        .select(REGISTERS[slug].model.id)
        .where(REGISTERS[slug].model.id.in_(list(ids)))
        .tuples()
    }


def _record(name: behind.Named, readable: set[behind.Named]) -> dict[str, str]:
    slug, record = name
    declared = REGISTERS[slug]
    opens = name in readable and not declared.parent
    url = url_for(f"{slug}.detail", rid=record) if opens else ""
    return {"text": f"{declared.title} {record}", "tone": "", "url": url}


def _called(actor: Actor, chosen: list[behind.Cell]) -> Any:
    subjects = [cell.subject for cell in chosen]
    named = labels(
        actor,
        {
            register_of(Child): {n for subject in subjects if (n := subject.child)},
            register_of(SchoolClass): {n for subject in subjects if (n := subject.school_class)},
            register_of(Staff): {n for subject in subjects if (n := subject.staff)},
        },
    )

    def called(one: behind.Cell) -> str:
        for slug, number_ in (
            ("child", one.subject.child),
            ("school-class", one.subject.school_class),
            ("staff", one.subject.staff),
        ):
            if number_ is not None:
                return named.get((slug, number_), "")
        return ""

    return called
