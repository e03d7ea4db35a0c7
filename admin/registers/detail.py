"""One record as a page: its fields, its lines, what hangs on it, and what happened to it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import reduce
from operator import add
from typing import Any

from flask import current_app, url_for
from peewee import SQL, DateField, DateTimeField, Select, TimeField, Value, fn

from admin.registers.list import Marks
from models.core import audit, service
from models.core.actor import Actor
from models.core.boxes import OFFICE, ROLES
from models.core.converters import converter_of
from models.core.database import database
from models.core.display import Page
from models.core.display import page as display
from models.core.fields import Secrecy
from models.core.gates import every_row, rows, surface
from models.core.lock import Lock, closed_with, decide, has_open_lines, is_final, named
from models.core.register import (
    Register,
    dependents_of,
    find,
    line_registers,
    parent_register,
    register_of,
)
from models.core.rights import is_own_act, may, may_on
from models.core.validation import happened_on, is_backfilled, missing_wanted
from models.kept.archive import Correction, correctable, corrections_of
from models.kept.users import User
from models.school.semester_close import finished_after_closing

VERBS = {
    "create": "新增",
    "update": "修改",
    "delete": "放进回收站",
    "restore": "从回收站恢复",
    "undo": "撤销批次",
    "erase": "按规定删除内容",
}


def view_detail(actor: Actor, register: Register, record: Any) -> dict[str, Any]:
    """Return everything the detail page shows of a record within the actor's rows."""
    shown = display(actor, register, [record], "detail")
    slug, rid = register.slug, record.id
    closed = closed_with(register, record)
    marks = Marks(actor, register, [record])
    limit = Lock(actor).limit(register, record)
    may_edit = may_finish = bool(decide(actor, "edit", register, record))
    if limit is not None:
        may_finish = may_edit and (bool(limit.names) or has_open_lines(register, record))
        may_edit = False
    return {
        "record": record,
        "label": f"{register.title}：{shown.label(record)}",
        "sections": sections(actor, register, record, shown),
        "lines": [line for line in _lines(actor, register, record) if line["rows"]],
        "times": _times(register, record, shown),
        "backfilled": is_backfilled(register, record),
        "final": is_final(register, record),
        "missing": marks.missing(record),
        "finished_late": record.id in marks.finished_late,
        "closed": closed,
        "limited": limit is not None,
        "left": named(register, limit.names) if limit is not None and may_finish else "",
        "related": related(actor, register, record),
        "history": history_of(actor, register, record)[:5],
        "corrections": _corrections(actor, register, record, shown),
        "may_correct": closed is None and _may_correct(actor, register, record, may_edit),
        "urls": {
            "edit": url_for(f"{slug}.edit", rid=rid) if may_finish else "",
            "delete": url_for(f"{slug}.delete", rid=rid)
            if closed is None and may_on(actor, "delete", register, record)
            else "",
            "history": url_for(f"{slug}.history", rid=rid),
            "correct": url_for(f"{slug}.correct", rid=rid),
        },
    }


def sections(actor: Actor, register: Register, record: Any, shown: Page) -> list[dict[str, Any]]:
    """Return the record's fields by declared section, as the facts macro shows them."""
    found: dict[str, list[dict[str, Any]]] = {}
    title = ""
    missing = {spec.name for spec in missing_wanted(register, record)}
    opened = _opened(actor, register, record)
    reveal = "reveal.reveal" in current_app.view_functions and actor.role in OFFICE
    for name, spec in register.fields.items():
        title = spec.section or title
        one = shown.surface.get(name)
        text = shown.text(record, name)
        if one is None or (not text and name not in missing and not spec.required):
            continue
        value: Any = {"masked": text} if one.masked and text else text
        if name in missing:
            value = {"unfilled": True}
        elif spec.target is not None and text:
            value = text
            if (spec.target, record.__data__.get(name)) in opened:
                url = url_for(f"{register_of(spec.target).slug}.detail", rid=record.__data__[name])
                value = {"text": text, "url": url}
        elif spec.unit and text:
            value = f"{text} {spec.unit}"
        fact = {"label": spec.label, "value": value, "name": name}
        fact["long"] = converter_of(spec.field).widget == "textarea"
        fact["reveal"] = reveal and one.masked and bool(text) and spec.secret is Secrecy.IDENTITY
        found.setdefault(title, []).append(fact)
    derived = [
        {"label": one.label, "value": shown.text(record, one.name), "name": one.name}
        for one in register.derived
    ]
    first = next(iter(found), "")
    found[first] = found.get(first, []) + [fact for fact in derived if fact["value"]]
    return [{"title": name, "facts": facts} for name, facts in found.items()]


def _opened(actor: Actor, register: Register, record: Any) -> set[tuple[Any, int]]:
    """Return which records a record links to have a page the actor may open: one query for all.

    A name may be read where the record itself may not; a link to it would end on a refusal.
    """
    targets: dict[Any, set[int]] = {}
    for spec in register.links:
        target, linked = register_of(spec.target), record.__data__.get(spec.name)
        if linked and not target.parent and not target.sealed and may(actor, "read", target):
            targets.setdefault(spec.target, set()).add(linked)
    parts = [
        rows(actor, register_of(model), deleted=None)
        .select(Value(place), model.id)
        .where(model.id.in_(ids))
        for place, (model, ids) in enumerate(targets.items())
    ]
    if not parts:
        return set()
    models = list(targets)
    return {(models[place], linked) for place, linked in reduce(add, parts).tuples()}


def _lines(actor: Actor, register: Register, record: Any) -> list[dict[str, Any]]:
    found = []
    for lines in line_registers(register):
        if not may(actor, "read", lines):
            continue
        parent = getattr(lines.model, lines.parent)
        query = rows(actor, lines).where(parent == record.id).order_by(lines.model.id)
        shown = display(actor, lines, query, "detail")
        columns = [(n, label) for n, label in shown.columns() if n != lines.parent]
        day = happened_on(register, record)
        late = finished_after_closing(lines, ((one, day) for one in shown.records))
        found.append(
            {
                "title": lines.title,
                "finished_late": len(late),
                "columns": [
                    {"key": n, "label": label, "card": i}
                    for i, (n, label) in enumerate(columns, start=1)
                ],
                "rows": [
                    {"cells": [line_cell(shown, one, n) for n, _label in columns]}
                    for one in shown.records
                ],
            }
        )
    return found


def line_cell(shown: Page, record: Any, name: str) -> Any:
    """Return one field of a record as a table cell, as the actor reads it."""
    text = shown.text(record, name)
    one = shown.surface.get(name)
    return {"masked": text} if one is not None and one.masked and text else text


def _times(register: Register, record: Any, shown: Page) -> list[dict[str, Any]]:
    """Return the three times of a record: happened, entered, changed, and by whom."""
    ids = {record.entered_by, record.changed_by} - {None}
    names: dict[int, str] = {}
    if ids:
        query = every_row(register_of(User)).select(User.id, User.name)
        names = dict(query.where(User.id.in_(ids)).tuples())
    times: list[dict[str, Any]] = []
    day = happened_on(register, record)
    if day is not None:
        times.append({"label": "发生", "value": day.isoformat()})
    for label, at, by in (
        ("录入", record.entered_at, record.entered_by),
        ("最近修改", record.changed_at, record.changed_by),
    ):
        if at is not None:
            times.append({"label": label, "value": f"{at:%Y-%m-%d %H:%M} {names.get(by, '系统')}"})
    if record.late_reason:
        times.append(
            {"label": "补录原因", "value": shown.plain(record, record.late_reason), "long": True}
        )
    return times


def related(actor: Actor, register: Register, record: Any) -> list[dict[str, Any]]:
    """Return how many records of each register point here, within the actor's rows: one query."""
    parts: list[Any] = []
    specs: dict[tuple[str, str], Any] = {}
    for other, spec in dependents_of(register):
        home = parent_register(other) or other
        # Who is on which photo is asked of the photos; their scope is too deep for one query.
        if other.sealed or home.attached or not may(actor, "read", other):
            continue
        specs[other.slug, spec.name] = (other, spec)
        column = getattr(other.model, spec.name)
        hits = rows(actor, other).select(other.model.id).where(column == record.id)
        capped = hits.limit(service.DEPENDENTS_CAP).alias(f"hits{len(parts)}")
        parts.append(Select((capped,), (Value(other.slug), Value(spec.name), fn.COUNT(SQL("*")))))
    if not parts:
        return []
    found = []
    for slug, name, count in reduce(add, parts).bind(database).tuples():
        other, spec = specs[slug, name]
        if count:
            filtered = name in surface(actor, other, "filter")
            url = url_for(f"{slug}.index_view", **{f"f.{name}": record.id}) if filtered else ""
            at_cap = count >= service.DEPENDENTS_CAP
            found.append(
                {
                    "title": other.title,
                    "role": spec.label,
                    "count": f"{count}+" if at_cap else count,
                    "url": url,
                    "slug": slug,
                }
            )
    return found


def history_of(actor: Actor, register: Register, record: Any) -> list[dict[str, Any]]:
    """Return the record's changes, newest first, through the actor's history surface."""
    entries = audit.entries_of(register.slug, record.id)
    versions: list[Any] = []
    for entry in entries:
        changes = json.loads(entry.payload or "{}").get("changes", {})
        # What a new record said at first is not shown again: the page says it.
        changes = {} if entry.action == "create" else changes
        versions += [_as_record(register, record, changes, place) for place in (0, 1)]
    shown = display(actor, register, versions, "history")
    found = []
    for number, entry in enumerate(entries):
        changes = json.loads(entry.payload or "{}").get("changes", {})
        old, new = versions[2 * number], versions[2 * number + 1]
        found.append(
            {
                "id": entry.id,
                "when": f"{entry.at:%Y-%m-%d %H:%M}",
                "who": in_hat(entry),
                "verb": VERBS.get(entry.action, entry.action),
                "changes": []
                if entry.action == "create"
                else list(_shown_changes(shown, register, changes, old, new)),
            }
        )
    return found


def in_hat(entry: Any) -> str:
    """Return who made a change, and in which role."""
    word = ROLES.get(entry.hat or "", "").partition("（")[0]
    return f"{entry.who}（{word}）" if word else str(entry.who)


def _as_record(register: Register, record: Any, changes: dict[str, Any], place: int) -> Any:
    """Return the record as it stood before (0) or after (1) a change, as far as that says."""
    version = register.model(**record.__data__)
    for name, pair in changes.items():
        spec = register.fields.get(name)
        if spec is None:
            continue
        value = pair[place]
        if value is not None and isinstance(spec.field, (DateField, DateTimeField, TimeField)):
            value = spec.field.python_value(value)  # type: ignore[no-untyped-call]
        version.__data__[name] = value
    return version


def _shown_changes(
    shown: Page, register: Register, changes: Iterable[str], old: Any, new: Any
) -> Iterable[dict[str, str]]:
    for name in changes:
        if name in shown.surface:
            label = register.fields[name].label
            yield {"label": label, "old": shown.text(old, name), "new": shown.text(new, name)}


def history_page(actor: Actor, register: Register, record: Any) -> dict[str, Any]:
    """Return the history page of a record."""
    shown = display(actor, register, [record], "detail")
    return {
        "record": record,
        "label": shown.label(record),
        "history": _with_ways_back(actor, register, record),
        "back_url": url_for(f"{register.slug}.detail", rid=record.id)
        if record.deleted_at is None
        else url_for(f"{register.slug}.bin"),
    }


def _with_ways_back(actor: Actor, register: Register, record: Any) -> list[dict[str, Any]]:
    """Return the history with a way back to every version but the one that stands."""
    found = history_of(actor, register, record)
    is_open = record.deleted_at is None and closed_with(register, record) is None
    if register.parent or not is_open or not may_on(actor, "edit", register, record):
        return found
    # Nothing to go back to where nothing was changed since.
    since = 0
    for one in found:
        if since:
            one["restore_url"] = url_for(f"{register.slug}.edit", rid=record.id, back_to=one["id"])
        since += len(one["changes"])
    return found


def _corrections(
    actor: Actor, register: Register, record: Any, shown: Page
) -> list[dict[str, str]]:
    declared = find("correction")
    if declared is None or not correctable(register) or not may(actor, "read", declared):
        return []
    found = corrections_of(actor, register, record.id)
    return [
        {
            "text": shown.plain(record, one.text),
            "when": f"{one.entered_at:%Y-%m-%d %H:%M}",
        }
        for one in found
    ]


def _may_correct(actor: Actor, register: Register, record: Any, may_edit: bool) -> bool:
    """A correction is offered where an own act can no longer be edited."""
    declared = register_of(Correction)
    return (
        correctable(register)
        and not may_edit
        and bool(may(actor, "create", declared))
        and is_own_act(actor, register, record)
    )
