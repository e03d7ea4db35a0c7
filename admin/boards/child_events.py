"""What happened to one child: the records of all registers on one time line, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import add
from typing import Any

from flask import url_for
from peewee import Select, Value

from admin.frame.menu import ICONS
from models.core.actor import Actor
from models.core.converters import converter_of
from models.core.database import database
from models.core.display import Page
from models.core.display import page as display
from models.core.gates import rows
from models.core.register import REGISTERS, Register, model_of, parent_register
from models.core.rights import may
from models.core.validation import is_backfilled
from models.core.values import whole

# The tab of the child's page on which the events stand.
HAPPENED = "happened"
# So many acts stand on the page, the newest first; older ones are a step away.
TIMELINE = 30
# As far back as one steps; a child's whole time at school is less.
MOST_PAGES = 100


def kinds_of(actor: Actor) -> list[Register]:
    """Return the registers whose records are events in a child's life, as far as readable."""
    child = model_of("child")
    return [
        register
        for register in REGISTERS.values()
        if "child" in register.fields
        and register.fields["child"].target is child
        and not register.sealed
        and may(actor, "read", register)
        and (parent_register(register) or register).happened
    ]


def page_asked(args: Mapping[str, str]) -> int:
    """Return which page of the events the address asks for."""
    return min(whole(args.get("page"), least=1) or 1, MOST_PAGES)


def steps(child_id: int, kind: str, page: int, is_more: bool) -> dict[str, str]:
    """Return the addresses of the newer and the older events."""

    def url(number: int) -> str:
        here: dict[str, Any] = {"kind": kind or None, "page": number if number > 1 else None}
        return url_for("child.detail", rid=child_id, _anchor="timeline", tab=HAPPENED, **here)

    return {
        "newer": url(page - 1) if page > 1 else "",
        "older": url(page + 1) if is_more and page < MOST_PAGES else "",
    }


def timeline(
    actor: Actor, child_id: int, kinds: list[Register], kind: str, page: int = 1
) -> tuple[list[dict[str, Any]], dict[str, int], bool]:
    """Return a page of a child's events, how many of each register, and whether older ones are."""
    parts: list[Any] = []
    for register in kinds:
        home = parent_register(register) or register
        happened = getattr(home.model, home.happened)
        found = _of_child(actor, register, home, child_id).select(home.model.id, happened)
        newest = (
            found.order_by(happened.desc()).limit(page * TIMELINE + 1).alias(f"kind{len(parts)}")
        )
        columns = (Value(home.slug), newest.c.id, getattr(newest.c, happened.column_name))
        parts.append(Select((newest,), columns))
    if not parts:
        return [], {}, False
    found = set(reduce(add, parts).bind(database).tuples())
    counted: dict[str, int] = {}
    for slug, _id, _when in found:
        counted[slug] = counted.get(slug, 0) + 1
    chosen = [one for one in found if not kind or one[0] == kind]
    chosen.sort(key=lambda one: (str(one[2]), one[1]), reverse=True)
    asked = chosen[(page - 1) * TIMELINE : page * TIMELINE]
    shown = _shown(actor, asked)
    events = [shown[slug, one] for slug, one, _when in asked if (slug, one) in shown]
    return events, counted, len(chosen) > page * TIMELINE


def _of_child(actor: Actor, register: Register, home: Register, child_id: int) -> Any:
    if register is home:
        return rows(actor, home).where(register.model.child == child_id)
    parent = getattr(register.model, register.parent)
    lines = rows(actor, register).select(parent).where(register.model.child == child_id)
    return rows(actor, home).where(home.model.id.in_(lines))


def _shown(actor: Actor, chosen: list[Any]) -> dict[tuple[str, int], dict[str, Any]]:
    by_slug: dict[str, list[int]] = {}
    for slug, one, _when in chosen:
        by_slug.setdefault(slug, []).append(one)
    found = {}
    for slug, ids in by_slug.items():
        register = REGISTERS[slug]
        records = rows(actor, register).where(register.model.id.in_(ids))
        shown = display(actor, register, records, "detail")
        for record in shown.records:
            found[slug, record.id] = _event(register, shown, record)
    return found


def _event(register: Register, shown: Page, record: Any) -> dict[str, Any]:
    doer = next((name for name in register.act_by if "." not in name), "")
    named = [n for n in register.label if n not in ("child", register.happened)]
    words = [shown.text(record, name) for name in named]
    told = (
        shown.text(record, name)
        for name, spec in register.fields.items()
        if converter_of(spec.field).widget == "textarea" and spec.search
    )
    text = next(filter(None, told), "") or _in_short(register, shown, record, doer)
    when = shown.text(record, register.happened)
    return {
        "icon": ICONS[register.box],
        "title": " · ".join([register.title, *filter(None, words)]),
        "url": url_for(f"{register.slug}.detail", rid=record.id),
        "when": when,
        "who": shown.text(record, doer) if doer else "",
        "text": text if text not in words and text != when else "",
        "state": "back-filled" if is_backfilled(register, record) else "",
    }


def _in_short(register: Register, shown: Page, record: Any, doer: str) -> str:
    """Say an event without a text by its short fields: whom was rung, what about."""
    said = {"child", register.happened, doer, *register.label}
    names = [spec.name for spec in register.ordered("short") if spec.name not in said]
    return " · ".join(filter(None, (shown.text(record, name) for name in names)))


def kind_tabs(child_id: int, counted: dict[str, int], kind: str, page: int) -> list[dict[str, Any]]:
    """Return the filter by kind; nothing to choose when there is only one."""
    if len(counted) < 2:
        return []
    here = url_for("child.detail", rid=child_id, tab=HAPPENED)
    tabs: list[dict[str, Any]] = [{"title": "全部", "url": here, "active": not kind}]
    for slug, count in counted.items():
        cap = page * TIMELINE
        word = f"{cap}+" if count > cap else count
        url = url_for("child.detail", rid=child_id, tab=HAPPENED, kind=slug)
        tabs.append(
            {"title": REGISTERS[slug].title, "url": url, "active": kind == slug, "count": word}
        )
    return tabs
