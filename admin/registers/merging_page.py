"""合并重复的人: likely twins, two rows side by side, and making them one."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.frame.context import actor
from admin.registers.import_pages import batch_rows
from admin.registers.save import fresh_token
from models.core import batches
from models.core.actor import Actor
from models.core.boxes import CLERK
from models.core.display import page as display
from models.core.errors import AlreadyDone, BadValue, Denied, Invalid, NotFound, RecordsError
from models.core.gates import row
from models.core.labels import own_label
from models.core.register import Register, find
from models.core.values import whole
from models.intake.links import LinkFinder, link_texts
from models.school.merging import MERGEABLE, Merged, likely_twins, merge, preview

bp = Blueprint("merging", __name__, url_prefix="/merging")

# So many columns of a register tell two rows apart at a glance, and so many groups are listed.
_COLUMNS, _MOST = 6, 50
_RECENT = 20


def _acting() -> Actor:
    acting = actor()
    if acting.role != CLERK:
        raise Denied("合并由文员办理")
    return acting


def _register(slug: str) -> Register:
    register = find(slug)
    if register is None or slug not in MERGEABLE:
        raise NotFound
    return register


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show the rows that are likely one person, a way to name two others, and earlier merges."""
    acting = _acting()
    return _index(acting)


def _index(acting: Actor, problem: str = "", typed: dict[str, str] | None = None) -> str:
    registers = [_register(slug) for slug in MERGEABLE]
    groups = [(register, group) for r in registers for register, group in _twins(acting, r)]
    return render_template(
        "people/merging.html",
        page_title=f"{len(groups)} 组可能是同一个人" if groups else "没有看出重复的人",
        groups=[_group(acting, register, group) for register, group in groups[:_MOST]],
        more=max(0, len(groups) - _MOST),
        registers=registers,
        typed=typed or {},
        problem=problem,
        earlier=batch_rows(batches.recent(_RECENT, batches.MERGE)),
    )


def _twins(acting: Actor, register: Register) -> list[tuple[Register, list[Any]]]:
    return [(register, group) for group in likely_twins(acting, register)]


def _group(acting: Actor, register: Register, group: list[Any]) -> dict[str, Any]:
    shown = display(acting, register, group, "list")
    columns = shown.columns()[:_COLUMNS]
    rows = []
    for place, record in enumerate(group):
        cells: list[Any] = [shown.text(record, name) for name, _label in columns]
        address = url_for(f"{register.slug}.detail", rid=record.id)
        cells[0] = {"text": cells[0] or f"第{record.id}号", "url": address}
        item: dict[str, Any] = {"id": record.id, "cells": cells}
        if place:
            pair = {"keep": group[0].id, "give": record.id}
            item["actions"] = [
                {
                    "word": "与第一条核对",
                    "icon": "users",
                    "url": url_for("merging.show", slug=register.slug, **pair),
                }
            ]
        rows.append(item)
    return {
        "title": register.title,
        "columns": [
            {"key": name, "label": label, "card": place}
            for place, (name, label) in enumerate(columns, start=1)
        ],
        "rows": rows,
    }


@bp.get("/choose")
def choose() -> ResponseReturnValue:
    """Find the two rows that were named, and show them."""
    acting = _acting()
    register = _register(request.args.get("register", ""))
    typed = {name: request.args.get(name, "").strip() for name in ("register", "keep", "give")}
    finder = LinkFinder(acting, register)
    finder.look_up({typed["keep"], typed["give"]} - {""})
    try:
        keep, give = (finder.find(typed[name]) for name in ("keep", "give"))
    except BadValue as error:
        return _index(acting, str(error), typed)
    return redirect(url_for("merging.show", slug=register.slug, keep=keep, give=give))


@bp.get("/<slug>")
def show(slug: str) -> ResponseReturnValue:
    """Show what merging the two would do."""
    acting, register = _acting(), _register(slug)
    keep, give = _pair(acting, register, request.args)
    try:
        merged = preview(acting, register, keep, give)
    except Invalid as error:
        return _index(acting, str(error))
    return _preview(register, merged)


def _preview(register: Register, merged: Merged, problem: str = "") -> str:
    ids = {merged.kept.id, merged.lost.id}
    names = link_texts(register, ids)
    return render_template(
        "people/merge.html",
        page_title=f"合并{own_label(register, merged.kept)}",
        register=register,
        merged=merged,
        names=names,
        problem=problem,
        once=fresh_token(),
    )


def _pair(acting: Actor, register: Register, given: Any) -> tuple[int, int]:
    keep, give = (whole(given.get(name), least=1) for name in ("keep", "give"))
    if not keep or not give:
        raise NotFound
    if row(acting, register, keep) is None or row(acting, register, give) is None:
        raise NotFound("要合并的记录不在了，请刷新后再选")
    return keep, give


@bp.post("/<slug>")
def commit(slug: str) -> ResponseReturnValue:
    """Merge the two; the same confirmation sent again is one merge."""
    acting, register = _acting(), _register(slug)
    keep = whole(request.form.get("keep"), least=1) or 0
    give = whole(request.form.get("give"), least=1) or 0
    token = f"merge/{request.form.get('once', '')[:40]}"
    try:
        merge(acting, register, keep, give, token=token)
    except AlreadyDone:
        flash("已经合并过了，没有再做一次", "partly")
    except NotFound:
        raise
    except RecordsError as error:
        return _index(acting, str(error))
    else:
        flash("已合并，可以在下面撤销", "met")
    return redirect(url_for("merging.index"), 303)
