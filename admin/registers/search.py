"""The search box in every page's head: children, colleagues and records, within the rights."""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from peewee import Select, Value

from admin.frame.context import actor
from models.core.actor import Actor
from models.core.database import database
from models.core.display import page as display
from models.core.gates import rows, search_columns
from models.core.listing import ListRequest, found_order, is_waiting, selection
from models.core.register import OWN_ROW, REGISTERS, Register, register_of
from models.core.rights import may
from models.core.whose import about

bp = Blueprint("search", __name__)

# Of each register so many are shown; the rest is one step further, in its list.
SHOWN = 5


@bp.get("/search")
def index() -> ResponseReturnValue:
    """Show what was found, by register."""
    typed = request.args.get("q", "").strip()[:100]
    found = search(actor(), typed) if typed else []
    many = sum(len(group["items"]) for group in found)
    title = f"“{typed}”找到 {len(found)} 类登记" if many else f"没有找到“{typed}”"
    if is_waiting(actor(), typed):
        title = f"姓名刚有变动，“{typed}”一分钟后才能查找"
    return render_template(
        "register/search.html",
        page_title=title if typed else "搜索儿童、教师和记录",
        query=typed,
        found=found,
    )


def search(actor: Actor, typed: str) -> list[dict[str, Any]]:
    """Return per register the records found by every word typed, children and staff first."""
    registers = sorted((r for r in REGISTERS.values() if _searchable(actor, r)), key=_rank)
    hits = _hits(actor, registers, typed)
    groups = []
    for register in registers:
        ids = hits.get(register.slug, [])
        if ids:
            groups.append(_group(actor, register, ids, typed))
    return groups


def _rank(register: Register) -> tuple[bool, bool, bool]:
    """Names are what people look for: children first, then colleagues, then families."""
    return about(register) != OWN_ROW, not register.of_people, not register.own_contacts


def _searchable(actor: Actor, register: Register) -> bool:
    if not register.menu or register.sealed or register.parent or not may(actor, "read", register):
        return False
    named = any(register_of(spec.target).pinyin for spec in register.links)
    texts = any(spec.search for spec in register.fields.values())
    return bool(search_columns(actor, register)) and (texts or named)


def _hits(actor: Actor, registers: list[Register], typed: str) -> dict[str, list[int]]:
    """Return the first ids found in each register: one query for all."""
    parts: list[Any] = []
    for register in registers:
        query, _problems = selection(actor, register, ListRequest(search=typed))
        model = register.model
        order = found_order(actor, register, typed)
        first = query.select(model.id).order_by(*order).limit(SHOWN + 1)
        name = first.alias(f"hits{len(parts)}")
        parts.append(Select((name,), (Value(register.slug), name.c.id)))
    hits: dict[str, list[int]] = {}
    if parts:
        for slug, found in reduce(add, parts).bind(database).tuples():
            hits.setdefault(slug, []).append(found)
    return hits


def _group(actor: Actor, register: Register, ids: list[int], typed: str) -> dict[str, Any]:
    model = register.model
    query = rows(actor, register).where(model.id.in_(ids))
    records = list(query.order_by(*found_order(actor, register, typed)))
    shown = display(actor, register, records, "list")
    columns = [name for name, _label in shown.columns()]
    return {
        "title": register.title,
        "more_url": url_for(f"{register.slug}.index_view", q=typed) if len(ids) > SHOWN else "",
        "items": [
            {
                "label": shown.label(record),
                "url": url_for(f"{register.slug}.detail", rid=record.id),
                "note": " · ".join(
                    text for text in (shown.text(record, name) for name in columns[:5]) if text
                ),
            }
            for record in records[:SHOWN]
        ],
    }
