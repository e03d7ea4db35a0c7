"""The search box in every page's head: children, colleagues and records, within the rights."""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from peewee import Select, Value

from admin.frame.context import actor
from admin.registers.picker import pick
from models.core import search_blocks
from models.core.actor import Actor
from models.core.database import database
from models.core.display import page as display
from models.core.gates import rows, search_columns
from models.core.listing import ListRequest, Named, found_order, is_waiting, selection
from models.core.register import OWN_ROW, REGISTERS, Register, register_of
from models.core.rights import may
from models.core.whose import about
from models.kept.children import Child
from models.kept.staff import Staff

bp = Blueprint("search", __name__)

# Of each register so many are shown; the rest is one step further, in its list.
SHOWN = 5
# So many registers show what was found; the others only say that something was.
OPEN = 4
# Whom the box proposes while one types, and so many of each.
SUGGESTED = ((Child, 6), (Staff, 3))


@bp.get("/search")
def index() -> ResponseReturnValue:
    """Show what was found, by register."""
    typed = request.args.get("q", "").strip()[:100]
    found = search(actor(), typed) if typed else []
    title = _title(typed, found)
    if is_waiting(actor(), typed):
        title = f"姓名刚有变动，“{typed}”一分钟后才能查找"
    return render_template(
        "register/search.html",
        page_title=title if typed else "搜索儿童、教师和记录",
        query=typed,
        found=found[:OPEN],
        others=found[OPEN:],
    )


@bp.get("/search/suggest")
def suggest() -> ResponseReturnValue:
    """Propose children and colleagues while somebody types, as JSON: the nearest name first."""
    typed = request.args.get("q", "").strip()[:60]
    return {"results": suggestions(actor(), typed) if typed else []}


def suggestions(actor: Actor, typed: str) -> list[dict[str, str]]:
    """Return the nearest names within the actor's rows, children before colleagues."""
    found = []
    for model, most in SUGGESTED:
        register = register_of(model)
        if not may(actor, "read", register):
            continue
        found += [
            {
                "text": one["text"],
                "hint": one["hint"] or register.title,
                "url": url_for(f"{register.slug}.detail", rid=one["id"]),
            }
            for one in pick(actor, register, "", typed)["results"][:most]
        ]
    return found


def search(actor: Actor, typed: str) -> list[dict[str, Any]]:
    """Return per register the records found by every word typed, children and staff first.

    Of the first few registers the records themselves, of the others how many there are.
    """
    registers = sorted((r for r in REGISTERS.values() if _searchable(actor, r)), key=_rank)
    hits = _hits(actor, registers, typed)
    found = [register for register in registers if hits.get(register.slug)]
    return [
        _group(actor, register, hits[register.slug], typed, shown=number < OPEN)
        for number, register in enumerate(found)
    ]


def _title(typed: str, found: list[dict[str, Any]]) -> str:
    """Say how many children were found before in how many registers something stands."""
    if not found:
        return f"没有找到“{typed}”"
    children = next((one for one in found if one["slug"] == register_of(Child).slug), None)
    if children is None:
        return f"“{typed}”找到 {len(found)} 类登记"
    rest = f"，另有 {len(found) - 1} 类登记" if len(found) > 1 else ""
    more = " 名以上" if children["more_url"] else " 名"
    return f"“{typed}”找到学生 {len(children['items'])}{more}{rest}"


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
    """Return the first ids found in each register: one query for all.

    A large register looks its linked names up by itself, so that its index proposes where to look.
    """
    parts: list[Any] = []
    named = Named(actor, shared=True)
    large = search_blocks.reach()
    for register in registers:
        asking = Named(actor) if register.slug in large else named
        query, _problems = selection(actor, register, ListRequest(search=typed), asking)
        model = register.model
        order = found_order(actor, register, typed)
        first = query.select(model.id).order_by(*order).limit(SHOWN + 1)
        name = first.alias(f"hits{len(parts)}")
        parts.append(Select((name,), (Value(register.slug), name.c.id)))
    hits: dict[str, list[int]] = {}
    if parts:
        whole = named.in_front_of(reduce(add, parts))
        for slug, found in whole.bind(database).tuples():
            hits.setdefault(slug, []).append(found)
    return hits


def _group(
    actor: Actor, register: Register, ids: list[int], typed: str, *, shown: bool
) -> dict[str, Any]:
    every = url_for(f"{register.slug}.index_view", q=typed)
    more = len(ids) > SHOWN
    if not shown:
        number = f"{SHOWN} 条以上" if more else f"{len(ids)} 条"
        told = {"title": register.title, "url": every, "number": number, "items": []}
        return told | {"slug": register.slug}
    model = register.model
    query = rows(actor, register).where(model.id.in_(ids))
    records = list(query.order_by(*found_order(actor, register, typed)))
    page = display(actor, register, records, "list")
    columns = [name for name, _label in page.columns()]
    return {
        "slug": register.slug,
        "title": register.title,
        "more_url": every if more else "",
        "items": [
            {
                "label": page.label(record),
                "url": url_for(f"{register.slug}.detail", rid=record.id),
                "note": " · ".join(
                    text for text in (page.text(record, name) for name in columns[:5]) if text
                ),
            }
            for record in records[:SHOWN]
        ],
    }
