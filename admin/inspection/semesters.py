"""学期: what each semester holds, what is missing, closing it and opening it again."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.frame.context import actor
from admin.frame.security import demand_password
from compliance.checklists.archive import writers_of
from compliance.findings.catalogue import inspect
from compliance.judged.evaluation import as_of_in
from compliance.judged.store import refresh, totals, totals_of, verdicts_as_of
from compliance.ordered.catalogue import duty_called
from models.core import calendar
from models.core.actor import Actor
from models.core.boxes import LEADERSHIP, OFFICE
from models.core.display import page as display
from models.core.errors import Denied, Invalid, NotFound
from models.core.gates import rows
from models.core.register import Register, find
from models.core.validation import happened_on, missing_wanted
from models.school import semester_close
from models.school.semester_close import Numbers, Reviewed

bp = Blueprint("semesters", __name__, url_prefix="/semesters")


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show every semester with its state, the newest first."""
    acting = _office()
    found = [_line(acting, semester) for semester in reversed(calendar.semesters())]
    waiting = [line for line in found if line["may_close"]]
    title = f"{waiting[0]['title']}已经结束，还没有封存" if waiting else "学期"
    return render_template("semesters/index.html", page_title=title, semesters=found)


def _office() -> Actor:
    acting = actor()
    if acting.role not in OFFICE:
        raise Denied("学期由文员和领导小组管理")
    return acting


def _line(acting: Actor, semester: Any) -> dict[str, Any]:
    over = acting.today >= semester.last_day
    return {
        "id": semester.id,
        "title": semester.title,
        "days": f"{semester.first_day} 至 {semester.last_day}",
        "closed_on": semester.closed_on,
        "running": not over and semester.first_day <= acting.today,
        "may_close": over and semester.closed_on is None,
        "url": url_for("semesters.show", semester_id=semester.id),
    }


def _semester(semester_id: str) -> Any:
    found = next(
        (semester for semester in calendar.semesters() if str(semester.id) == semester_id), None
    )
    if found is None:
        raise NotFound("没有找到这个学期")
    return found


@bp.get("/<semester_id>")
def show(semester_id: str) -> ResponseReturnValue:
    """Show what is filed of one semester, what is incomplete, and the way to close it."""
    return _page(_office(), _semester(semester_id), {})


def _page(acting: Actor, semester: Any, errors: dict[str, str]) -> ResponseReturnValue:
    reviewed = semester_close.review(semester)
    closing = semester_close.last_closing(semester.id) if semester.closed_on else None
    page = render_template(
        "semesters/show.html",
        page_title=_title(semester, reviewed),
        semester=semester,
        line=_line(acting, semester),
        reviewed=[_row(one, semester) for one in reviewed],
        records=sum(one.records for one in reviewed),
        lacking=sum(one.lacking for one in reviewed),
        unfinished=sum(one.unfinished for one in reviewed),
        duties=_duties(acting, semester, closing),
        steps=semester_close.steps(acting, semester.id),
        closing=closing,
        since=semester_close.since_closing(semester, closing) if closing else 0,
        finished=semester_close.finished_since(semester, closing) if closing else 0,
        blockers=[] if closing else _blockers(semester, reviewed),
        decides=acting.role == LEADERSHIP,
        errors=errors,
        typed=request.form,
        breadcrumbs=[
            {"title": "学期", "url": url_for("semesters.index")},
        ],
    )
    return (page, 422) if errors else page


def _blockers(semester: Any, reviewed: list[Reviewed]) -> list[dict[str, Any]]:
    """Return what had better be done before closing, the most first, each with where to do it."""
    found = [
        {
            "title": one.register.title,
            "lacking": one.lacking,
            "unfinished": one.unfinished,
            "writers": writers_of(one.register),
            "url": url_for("semesters.lacking", semester_id=semester.id, slug=one.register.slug)
            if one.lacking
            else url_for(f"{one.register.slug}.index_view"),
        }
        for one in reviewed
        if one.lacking or one.unfinished
    ]
    return sorted(found, key=lambda one: (-one["lacking"], -one["unfinished"], one["title"]))


def _title(semester: Any, reviewed: list[Reviewed]) -> str:
    if semester.closed_on is not None:
        return f"{semester.title}已于 {semester.closed_on} 封存"
    lacking = sum(one.lacking for one in reviewed)
    return f"{semester.title}还有 {lacking} 条不完整" if lacking else f"{semester.title}都已齐全"


def _row(one: Reviewed, semester: Any) -> dict[str, Any]:
    slug, happened = one.register.slug, one.register.happened
    until = calendar.school_calendar().counts_until(calendar.semester_called(semester.code))
    span: dict[str, Any] = {f"f.{happened}.from": semester.first_day}
    span |= {f"f.{happened}.to": until} if until < date.max else {}
    if "semester" in one.register.fields:
        happened, span = "semester", {"f.semester": semester.id}
    # A list can only be narrowed to the semester where that field is among the filters.
    asked = span if one.register.fields[happened].filter else {}
    lacking = url_for("semesters.lacking", semester_id=semester.id, slug=slug)
    return {
        "cells": [
            {"text": one.register.title, "url": url_for(f"{slug}.index_view", **asked)},
            one.records,
            {"text": str(one.lacking), "url": lacking} if one.lacking else 0,
            one.unfinished or "",
        ]
    }


def _numbers_now(acting: Actor, semester: Any) -> dict[str, tuple[int, int]]:
    """Return per duty (met, judged) over the whole semester: as kept, else worked out anew."""
    found = totals(acting, semester.code)
    if not found:
        span = calendar.semester_called(semester.code)
        day = as_of_in(span, acting.today, calendar.school_calendar())
        found = totals_of(verdicts_as_of(acting, span, day))
    return {code: summed.share() for code, summed in found.items()}


def _duties(acting: Actor, semester: Any, closing: Any) -> list[dict[str, Any]]:
    """Return the duties' numbers: those kept at closing, else those of today, worst first."""
    then = semester_close.duties_then(closing) if closing else _numbers_now(acting, semester)
    lines = []
    for code, (met, judged) in then.items():
        duty = duty_called(code)
        if judged:
            title = duty.title if duty is not None else code
            lines.append(
                {"title": title, "met": met, "judged": judged, "share": met * 100 // judged}
            )
    return sorted(lines, key=lambda line: (line["share"], line["title"]))


@bp.get("/<semester_id>/lacking/<slug>")
def lacking(semester_id: str, slug: str) -> ResponseReturnValue:
    """List the semester's incomplete records of one register, with what each one lacks."""
    acting, semester, declared = _office(), _semester(semester_id), find(slug)
    if declared is None or declared.sealed or not declared.happened:
        raise NotFound("没有这项登记")
    ids = semester_close.incomplete_list(declared, semester)
    query = rows(acting, declared).where(declared.model.id.in_(ids))
    records = list(query.order_by(getattr(declared.model, declared.happened)))
    return render_template(
        "semesters/lacking.html",
        page_title=f"{declared.title}有 {len(records)} 条不完整",
        semester=semester,
        records=_lacking_rows(acting, declared, records),
        back_url=url_for("semesters.show", semester_id=semester.id),
    )


def _lacking_rows(acting: Actor, declared: Register, records: list[Any]) -> list[dict[str, Any]]:
    shown = display(acting, declared, records, "list")
    found = []
    for record in records:
        missing = [spec.label for spec in missing_wanted(declared, record)]
        found.append(
            {
                "url": url_for(f"{declared.slug}.detail", rid=record.id),
                "label": shown.label(record),
                "when": happened_on(declared, record),
                "missing": "、".join(missing) or "照片或附件",
            }
        )
    return found


@bp.post("/<semester_id>/close")
def close(semester_id: str) -> ResponseReturnValue:
    """Close a semester: leadership, the password again, and a reason."""
    acting, semester = _office(), _semester(semester_id)
    if acting.role != LEADERSHIP:
        raise Denied("封存学期由领导小组办理")
    try:
        _confirm()
        reviewed = semester_close.review(semester)
        # The stored verdicts of a closed semester are not worked out again: make them true first.
        refresh(acting.today)
        numbers = Numbers(
            records=sum(one.records for one in reviewed),
            lacking=sum(one.lacking for one in reviewed),
            findings=len(inspect(acting)),
            duties=_numbers_now(acting, semester),
        )
        semester_close.close(acting, semester.id, request.form.get("reason", ""), numbers)
    except Invalid as error:
        return _page(acting, semester, error.errors)
    flash(f"{semester.title}已封存：里面的记录从现在起谁也不能改", "met")
    return redirect(url_for("semesters.show", semester_id=semester.id), 303)


@bp.post("/<semester_id>/reopen")
def reopen(semester_id: str) -> ResponseReturnValue:
    """Open a closed semester again: leadership, the password again, and a reason."""
    acting, semester = _office(), _semester(semester_id)
    if acting.role != LEADERSHIP:
        raise Denied("重新开放学期由领导小组办理")
    try:
        _confirm()
        semester_close.reopen(acting, semester.id, request.form.get("reason", ""))
    except Invalid as error:
        return _page(acting, semester, error.errors)
    flash(f"{semester.title}已重新开放，改完请再封存", "met")
    return redirect(url_for("semesters.show", semester_id=semester.id), 303)


def _confirm() -> None:
    """Ask for the password of whoever decides, as when signing."""
    if not request.form.get("reason", "").strip():
        raise Invalid({"reason": "请写明理由"})
    demand_password()
