"""周记录录入: a teacher's weekly sheet typed into one grid by keyboard, or pasted from Excel."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.frame.context import actor
from admin.registers.photo_forms import form_values
from admin.registers.save import fresh_token, token_of
from models.core import batches
from models.core import labels as naming
from models.core.actor import Actor
from models.core.display import page as display
from models.core.errors import AlreadyDone, BadValue, Invalid, Locked, NotFound
from models.core.gates import rows
from models.core.pinyin import search_keys
from models.core.register import register_of
from models.core.rights import may
from models.core.undo import undo as undo_batch
from models.core.values import Refusal, clean_date, whole
from models.kept.pairings import HandIn
from models.kept.staff import Staff
from models.photos.store import attach, waiting
from models.school import weekly_sheet
from models.school.weekly_sheet import CHILD, COLUMNS, MOST_LINES, PARTS, Sheet, Week

bp = Blueprint("weekly", __name__, url_prefix="/weekly-sheet")

# Empty lines below the teacher's own children; the page adds more as they are filled.
SPARE = 5
_CELL = re.compile(r"cell-(\d{1,3})-([a-z_-]{1,30})")


@bp.route("", methods=["GET", "POST"])
def sheet() -> ResponseReturnValue:
    """Ask whose sheet of which week, show the grid in the sheet's order, save it as a whole."""
    acting = actor()
    weekly_sheet.demand_right(acting)
    errors: dict[str, str] = {}
    if request.method == "GET":
        return _page(acting, errors)
    typed = _lines()
    try:
        batch = _save(acting, typed)
    except AlreadyDone as done:
        flash(str(done), "partly")
        return redirect(url_for("weekly.done", batch_id=done.outcome["batch"]), 303)
    except (Invalid, Locked, NotFound) as error:
        errors = dict(error.errors) if isinstance(error, Invalid) else {"": str(error)}
        return _page(acting, errors, typed)
    return redirect(url_for("weekly.done", batch_id=batch.id), 303)


def _save(acting: Actor, typed: list[dict[str, str]]) -> Any:
    register = register_of(HandIn)
    token, captions, removed = form_values(request.form)
    scans = [photo for photo in waiting(acting, register, token) if photo.id not in removed]
    read = Sheet(
        teacher=_teacher(acting),
        week=_week(acting),
        handed_on=_handed_on(),
        lines=typed,
        late_reason=request.form.get("late_reason", "").strip(),
        scanned=bool(scans),
    )

    def hang(record: Any, current: Any) -> None:
        if token or captions or removed:
            attach(
                acting,
                register,
                record,
                token=token,
                captions=captions,
                removed=removed,
                current=current,
            )

    return weekly_sheet.save(acting, read, token_of(request), hang)


def _teacher(acting: Actor) -> int:
    number = whole(request.values.get("teacher")) or 0
    if not rows(acting, register_of(Staff)).where(Staff.id == number).exists():
        raise Invalid({"teacher": "请选择教师，从查找结果中点选"})
    return number


def _week(acting: Actor) -> Week:
    said = request.values.get("week", "")
    found = [week for week in weekly_sheet.weeks(acting.today) if str(week.number) == said]
    if not found:
        raise Invalid({"week": "请选择本学期的一周"})
    return found[0]


def _handed_on() -> Any:
    try:
        return clean_date(request.values.get("handed_on", ""))
    except (Refusal, BadValue) as error:
        raise Invalid({"handed_on": str(error)}) from error


def _lines() -> list[dict[str, str]]:
    """Return the typed cells line by line, blank lines at the end left out."""
    known = {CHILD, *(name for name, _part, _column in COLUMNS)}
    lines: list[dict[str, str]] = [{} for _ in range(MOST_LINES)]
    for key, text in request.form.items():
        match = _CELL.fullmatch(key)
        if match and match[2] in known and int(match[1]) < MOST_LINES:
            lines[int(match[1])][match[2]] = text.strip()[:2000]
    while lines and not any(lines[-1].values()):
        lines.pop()
    return lines


def _page(
    acting: Actor, errors: dict[str, str], typed: list[dict[str, str]] | None = None
) -> ResponseReturnValue:
    """Draw the choice, and the grid once teacher, week and day are chosen."""
    weeks = weekly_sheet.weeks(acting.today)
    teacher, week = whole(request.values.get("teacher")) or 0, None
    chosen = {**naming.labels(acting, {register_of(Staff): [teacher]})} if teacher else {}
    asked = typed is not None or "teacher" in request.args
    if asked:
        try:
            teacher, week = _teacher(acting), _week(acting)
            _handed_on()
        except Invalid as error:
            errors = error.errors | errors
            week = week if typed is not None else None
    name = chosen.get((register_of(Staff).slug, teacher), "")
    shown = _grid(acting, teacher, week, errors, typed) if week is not None else {}
    page = render_template(
        "weekly/sheet.html",
        page_title=f"录入周记录：{name}" if shown else "录入纸质周记录",
        errors=errors,
        weeks=weeks,
        week=week,
        teacher={"id": teacher, "text": name} if name else None,
        staff_url=url_for("staff.pick", **{"for": "talk.teacher"}),  # type: ignore[arg-type]
        said=request.values,
        today=acting.today.isoformat(),
        register=register_of(HandIn),
        once=fresh_token(),
        print_url=url_for("documents.show", code="weekly-paper", **{"for": teacher})  # type: ignore[arg-type]
        if shown
        else "",
        **shown,
    )
    return page, 422 if typed is not None else 200


def _grid(
    acting: Actor,
    teacher: int,
    week: Week,
    errors: dict[str, str],
    typed: list[dict[str, str]] | None,
) -> dict[str, Any]:
    everybody = weekly_sheet.names(acting, week)
    own = [child.id for child in weekly_sheet.children_of(acting, teacher, week.last)]
    by_id = {name.id: name for name in everybody}
    first = [by_id[number] for number in own if number in by_id]
    lines = typed if typed is not None else [{CHILD: name.text} for name in first]
    lines = [*lines, *({} for _ in range(SPARE))][:MOST_LINES]
    rest = [name for name in everybody if name.id not in set(own)]
    return {
        "parts": PARTS,
        "columns": COLUMNS,
        "most": MOST_LINES,
        "lines": [
            {"cells": line, "errors": _of_line(errors, number)} for number, line in enumerate(lines)
        ],
        "names": [[one.text, one.keys, one.school_class, one in first] for one in [*first, *rest]],
        "words": {name: word_keys(column.words) for name, _p, column in COLUMNS if column.words},
    }


def _of_line(errors: dict[str, str], number: int) -> dict[str, str]:
    start = f"{number}."
    return {key.removeprefix(start): text for key, text in errors.items() if key.startswith(start)}


@cache
def word_keys(words: tuple[str, ...]) -> list[list[str]]:
    """Return each word with the letters it may be typed by."""
    return [[word, search_keys(word)] for word in words]


def _batch(batch_id: str) -> Any:
    weekly_sheet.demand_right(actor())
    batch = batches.Batch.get_or_none(
        batches.Batch.id == (whole(batch_id) or 0), batches.Batch.kind == batches.PAPER
    )
    if batch is None:
        raise NotFound("没有找到这一次录入")
    return batch


@bp.get("/done/<batch_id>")
def done(batch_id: str) -> ResponseReturnValue:
    """Show what one sheet wrote, with the way to take it all back."""
    batch, acting = _batch(batch_id), actor()
    parts = [_written(acting, register_of(HandIn), batch.id)]
    parts += [_written(acting, part.register, batch.id) for part in PARTS]
    count = sum(len(part["records"]) for part in parts[1:])
    undone = batch.undone_at is not None
    return render_template(
        "weekly/done.html",
        page_title="这张表已撤销" if undone else f"已录入 {count} 条",
        batch=batch,
        undone=undone,
        parts=[part for part in parts if part["records"]],
        may_undo=bool(may(acting, "bulk", PARTS[0].register)),
        again_url=url_for("weekly.sheet"),
    )


def _written(acting: Actor, register: Any, batch_id: int) -> dict[str, Any]:
    query = rows(acting, register).where(register.model.batch == batch_id)
    records = list(query.order_by(register.model.id))
    shown = display(acting, register, records, "detail")
    return {
        "title": register.title,
        "records": [
            {
                "text": shown.label(record),
                "when": shown.text(record, register.happened),
                "url": url_for(f"{register.slug}.detail", rid=record.id),
            }
            for record in records
        ],
    }


@bp.post("/done/<batch_id>/undo")
def undo(batch_id: str) -> ResponseReturnValue:
    """Take one sheet back as a whole; what was changed since stays and is told."""
    batch = _batch(batch_id)
    report = undo_batch(actor(), batch.id)
    flash(f"已撤销 {report.undone} 条", "met")
    for _title, label, reason in report.left:
        flash(f"{label}没有撤销：{reason}", "warning")
    return redirect(url_for("weekly.done", batch_id=batch.id), 303)
