"""Steps on records beside the form: delete with preview, restore, bulk steps, corrections."""

from __future__ import annotations

from typing import Any

from flask import flash, url_for
from wtforms.form import BaseForm

from admin.frame.form_fields import describe_input, input_for, posted_of
from admin.registers.detail import related
from models.core import batches, service
from models.core.actor import Actor
from models.core.database import database
from models.core.display import page as display
from models.core.errors import Denied, Invalid, NotFound, RecordsError
from models.core.gates import rows, surface
from models.core.register import Register, find, line_registers
from models.core.rights import may
from models.core.undo import undo
from models.core.values import whole

# One bulk step touches at most this many records: a page's worth several times over.
BULK_CAP = 500
BULK_WORDS = {"delete": "放进回收站", "restore": "恢复", "set": "改一个栏目"}


def delete_preview(actor: Actor, register: Register, record: Any) -> dict[str, Any]:
    """Return what hangs on a record: what blocks its deletion, and the lines that go with it."""
    standing = service.dependents(register, record.id)
    urls = {one["title"]: one["url"] for one in related(actor, register, record)}
    dependents: list[dict[str, Any]] = [
        {"title": title, "count": _capped(count), "url": urls.get(title, ""), "blocks": True}
        for title, count in standing.items()
    ]
    for lines in line_registers(register):
        parent = getattr(lines.model, lines.parent)
        count = rows(actor, lines).where(parent == record.id).count()
        if count:
            dependents.append({"title": lines.title, "count": count})
    return {
        "record": record,
        "label": display(actor, register, [record], "detail").label(record),
        "dependents": dependents,
        "delete_url": url_for(f"{register.slug}.delete", rid=record.id),
        "cancel_url": url_for(f"{register.slug}.detail", rid=record.id),
    }


def _capped(count: int) -> str:
    return f"{count}+" if count >= service.DEPENDENTS_CAP else str(count)


def delete(actor: Actor, register: Register, record: Any) -> None:
    """Move a record to the recycle bin; InUse while others depend on it."""
    service.delete(actor, register, record.id)
    where = "，可在回收站找回" if may(actor, "restore", register) else "，需要找回请联系文员"
    flash(f"已放进回收站{where}", "met")


def restore(actor: Actor, register: Register, record: Any) -> None:
    """Bring a record back; a living twin is named."""
    service.restore(actor, register, record.id)
    flash(f"{register.title}已恢复", "met")


def correct(actor: Actor, register: Register, record: Any, text: str) -> None:
    """Add a correction to the record."""
    declared = find("correction")
    if declared is None or not may(actor, "create", declared):
        raise Denied
    raw = {"register": register.slug, "record_id": record.id, "text": text}
    service.create(actor, declared, raw)
    flash("更正说明已保存", "met")


def bulk(actor: Actor, register: Register, posted: Any) -> dict[str, Any] | None:
    """Preview a bulk step, or with confirm=1 do it; None when there is nothing to show."""
    action = posted.get("action", "")
    if action == "undo":
        return _undo(actor, register, posted.get("batch", ""))
    if action not in BULK_WORDS:
        raise NotFound("没有这种批量处理")
    versions = _chosen(posted)
    records = _records(actor, register, versions, deleted=action == "restore")
    if not records:
        flash("没有选中的记录，或者它们已被别人处理", "warning")
        return None
    if posted.get("confirm") == "1":
        return _do(actor, register, action, records, versions, posted)
    return _preview(actor, register, action, records, posted)


def _undo(actor: Actor, register: Register, batch: str) -> dict[str, Any]:
    number = whole(batch)
    if number is None:
        raise NotFound("没有找到这一批")
    report = undo(actor, number)
    return {
        "page_title": f"已撤销 {report.undone} 条，留下 {len(report.left)} 条",
        "done": report.undone,
        "left": [(label, reason) for _title, label, reason in report.left],
        "batch": None,
        "action": "undo",
        "cancel_url": url_for(f"{register.slug}.index_view"),
    }


def _chosen(posted: Any) -> dict[int, int]:
    """Return {id: version seen}; a first post carries ids alone, the preview adds versions."""
    chosen: dict[int, int] = {}
    for text in posted.getlist("ids")[:BULK_CAP]:
        number, _, version = text.partition(":")
        record_id = whole(number)
        if record_id is not None:
            chosen[record_id] = whole(version) or 0
    return chosen


def _records(
    actor: Actor, register: Register, versions: dict[int, int], *, deleted: bool
) -> list[Any]:
    model = register.model
    query = rows(actor, register, deleted=deleted).where(model.id.in_(list(versions)))
    return list(query.order_by(model.id))


def _settable(actor: Actor, register: Register) -> list[Any]:
    """Return the fields a bulk step may set: writable, plain, not identifying the record."""
    keyed = {name for key in register.key for name in key}
    return [
        field
        for field in surface(actor, register, "form").fields
        if field.writable and not field.masked and field.name not in keyed
    ]


def _preview(
    actor: Actor, register: Register, action: str, records: list[Any], posted: Any
) -> dict[str, Any]:
    shown = display(actor, register, records, "list")
    columns = shown.columns()
    name = posted.get("field", "")
    settable = _settable(actor, register)
    chosen = next((one for one in settable if one.name == name), None)
    made = None
    if chosen is not None:
        made = _value_form(register, chosen, None)["value"]
    return {
        "page_title": f"{BULK_WORDS[action]}：{len(records)} 条{register.title}",
        "action": action,
        "records": [
            {
                "key": f"{record.id}:{record.version}",
                "cells": [shown.text(record, column) for column, _label in columns],
            }
            for record in records
        ],
        "columns": [{"key": key, "label": label} for key, label in columns],
        "settable": settable if action == "set" else [],
        "chosen": chosen,
        "value_input": made,
        "bulk_url": url_for(f"{register.slug}.bulk"),
        "cancel_url": url_for(f"{register.slug}.index_view"),
        "word": BULK_WORDS[action],
    }


def _value_form(register: Register, chosen: Any, posted: Any) -> Any:
    form = BaseForm({"value": input_for(chosen.spec)})
    form.process(posted)
    describe_input(form["value"], register, chosen)
    return form


def _do(
    actor: Actor,
    register: Register,
    action: str,
    records: list[Any],
    versions: dict[int, int],
    posted: Any,
) -> dict[str, Any]:
    """Do the step on each record; what cannot be done is left and listed with its reason."""
    raw = _posted_value(actor, register, posted) if action == "set" else {}
    left: list[tuple[str, str]] = []
    names = display(actor, register, records, "list")
    with service.work(actor) as current:
        batch = batches.open_batch(actor, "bulk", f"{BULK_WORDS[action]}：{register.title}")
        current.batch = batch.id
        for record in records:
            reason = _one(actor, register, action, record, versions[record.id], raw, current)
            if reason:
                left.append((names.label(record), reason))
        done = len(records) - len(left)
        batches.close_batch(batch, {"updated": done, "skipped": len(left)})
    return {
        "page_title": f"{BULK_WORDS[action]}：办好 {done} 条，留下 {len(left)} 条",
        "done": done,
        "left": left,
        "batch": batch,
        "action": action,
        "cancel_url": url_for(f"{register.slug}.index_view"),
    }


def _one(
    actor: Actor,
    register: Register,
    action: str,
    record: Any,
    version: int,
    raw: dict[str, Any],
    current: service.Work,
) -> str:
    """Do one step inside a savepoint; return why it could not be done, "" when it was."""
    kept = len(current.pending), len(current.befores), len(current.touches)
    try:
        with database.atomic():
            if action == "delete":
                service.delete(actor, register, record.id, current=current)
            elif action == "restore":
                service.restore(actor, register, record.id, current=current)
            else:
                service.update(actor, register, record.id, raw, version, current=current)
    except RecordsError as error:
        # What the failed step had gathered is taken back with its savepoint.
        gathered: tuple[list[Any], ...] = (current.pending, current.befores, current.touches)
        for found, size in zip(gathered, kept, strict=True):
            del found[size:]
        return str(error)
    return ""


def _posted_value(actor: Actor, register: Register, posted: Any) -> dict[str, Any]:
    name = posted.get("field", "")
    chosen = next((one for one in _settable(actor, register) if one.name == name), None)
    if chosen is None:
        raise Invalid({"field": "请选择要改的栏目"})
    form = _value_form(register, chosen, posted)
    return {name: posted_of(form["value"]) if form["value"].raw_data else ""}
