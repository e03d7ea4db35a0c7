"""一人一档: one child on one page, with whom to ring and everything that happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from admin.boards.child import child_strip
from admin.boards.child_charts import acts_chart, growth_charts
from admin.boards.child_contacts import chain_of
from admin.boards.child_events import HAPPENED, kind_tabs, kinds_of, page_asked, steps, timeline
from admin.boards.missed import paired
from admin.boards.portraits import portraits
from admin.boards.teacher_access import teacher_url
from admin.frame.context import actor
from admin.registers.detail import history_of, line_cell, related, sections
from admin.registers.list import Marks, link
from admin.registers.view import RegisterView
from models.core import audit
from models.core.actor import Actor
from models.core.boxes import CLERK
from models.core.display import Page
from models.core.display import page as display
from models.core.gates import rows
from models.core.listing import ordering
from models.core.register import REGISTERS, Register, find
from models.core.rights import may, may_on
from models.kept.left_behind import classes_on

SEMESTER, FAMILY, GROWTH, FILES = "semester", "family", "growth", "files"
# One tab is shown at a time, each an address of its own.
TABS = {SEMESTER: "本学期", HAPPENED: "经过", FAMILY: "家庭", GROWTH: "成长", FILES: "材料"}
# Where the declared sections of the child's register stand; one not named here is on file.
TAB_OF_SECTION = {"住址与家庭": FAMILY, "健康与特点": GROWTH}
# Who the child is and where it lives, beside the photo.
HEAD = ("sex", "born_on", "id_number", "no_id_reason", "address", "lives_with")
OF_FAMILY = ("parent", "parent-state", "guardian", "agreement")
OF_GROWTH = ("fitness-test", "growth", "award", "behaviour", "semester-report")
# So many of each register; the others are in its list.
IN_TABLE, COLUMNS = 8, 6
# On a phone a record is a card of so many fields.
ON_CARD = 4
# What parents and the wall ask for most often is printed from the head.
PRINTED = ("growth-booklet", "contact-card")


class ChildView(RegisterView):
    """The child register: its detail is the child's file."""

    def show_detail(self, record: Any) -> ResponseReturnValue:
        """Show the child's file; every look is logged."""
        audit.log_access(actor(), "view", "child", record.id)
        shown = child_page(actor(), self.register, record, request.args)
        return self.page("child/page.html", page_title=shown["name"], **shown)


def child_page(
    actor: Actor, register: Register, record: Any, args: Mapping[str, str]
) -> dict[str, Any]:
    """Return what the child's page shows to this actor: its head, and the one tab asked for."""
    shown = display(actor, register, [record], "detail")
    placed = classes_on([record.id], actor.today).get(record.id)
    parts = sections(actor, register, record, shown)
    tab = _tab_asked(args)
    return {
        "record": record,
        "name": shown.text(record, "name"),
        "class_name": placed[1] if placed else "没有分班",
        "photo_url": portraits(actor, [record.id]).get(record.id, ""),
        "chips": _chips(record, shown),
        "facts": _head_facts(parts),
        "teachers": [
            {"text": name, "url": teacher_url(actor, staff)}
            for staff, name in paired(actor, [record.id]).get(record.id, [])
        ],
        "chain": chain_of(actor, record, placed[0] if placed else None),
        "missing": Marks(actor, register, [record]).missing(record),
        "urls": _urls(actor, register, record),
        "quick": _quick(actor, record.id),
        "print_codes": PRINTED,
        "tab": tab,
        "tabs": [
            {"title": title, "url": _tab_url(record.id, code), "active": code == tab}
            for code, title in TABS.items()
        ],
        "sections": [part for part in parts if TAB_OF_SECTION.get(part["title"], FILES) == tab],
    } | OF_TAB[tab](actor, register, record, args)


def _tab_asked(args: Mapping[str, str]) -> str:
    """Return the tab of the address; a kind of event is asked of what happened."""
    asked = args.get("tab", HAPPENED if "kind" in args else SEMESTER)
    return asked if asked in TABS else SEMESTER


def _tab_url(child_id: int, tab: str) -> str:
    return url_for("child.detail", rid=child_id, tab=tab if tab != SEMESTER else None)


def _head_facts(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return who the child is and where it lives, for the head."""
    every = {fact["name"]: fact for part in parts for fact in part["facts"]}
    return [every[name] for name in HEAD if name in every]


# ---- the tabs -----------------------------------------------------------------------------------


def _this_semester(
    actor: Actor, _register: Register, record: Any, args: Mapping[str, str]
) -> dict[str, Any]:
    return {"strip": child_strip(actor, record.id, every="every" in args)}


def _what_happened(
    actor: Actor, _register: Register, record: Any, args: Mapping[str, str]
) -> dict[str, Any]:
    kind, page = args.get("kind", ""), page_asked(args)
    events, counted, is_more = timeline(actor, record.id, kinds_of(actor), kind, page)
    return {
        "events": events,
        "kinds": kind_tabs(record.id, counted, kind, page),
        "steps": steps(record.id, kind, page, is_more),
        "chart": acts_chart(actor, record.id) if page == 1 and not kind else None,
    }


def _family(
    actor: Actor, _register: Register, record: Any, _args: Mapping[str, str]
) -> dict[str, Any]:
    return {"tables": tables(actor, record.id, OF_FAMILY)}


def _growth(
    actor: Actor, _register: Register, record: Any, _args: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "charts": growth_charts(actor, record.id),
        "tables": tables(actor, record.id, OF_GROWTH),
    }


def _files(
    actor: Actor, register: Register, record: Any, _args: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "related": related(actor, register, record),
        "history": history_of(actor, register, record)[:3],
    }


def tables(actor: Actor, child_id: int, slugs: Iterable[str]) -> list[dict[str, Any]]:
    """Return the child's newest records of some registers as tables; empty ones are left out."""
    found = []
    for slug in slugs:
        register = REGISTERS[slug]
        if not may(actor, "read", register):
            continue
        query = rows(actor, register).where(register.model.child == child_id)
        records = list(query.order_by(*ordering(actor, register, "")).limit(IN_TABLE + 1))
        if records:
            here: dict[str, Any] = {"f.child": child_id}
            every = url_for(f"{slug}.index_view", **here)
            more = every if len(records) > IN_TABLE else ""
            found.append(_table(display(actor, register, records[:IN_TABLE], "list"), more))
    return found


def _table(shown: Page, more_url: str) -> dict[str, Any]:
    register = shown.register
    columns = [(name, label) for name, label in shown.columns() if name != "child"][:COLUMNS]
    return {
        "title": register.title,
        "more_url": more_url,
        "columns": [
            {"key": name, "label": label, "card": place if place <= ON_CARD else None}
            for place, (name, label) in enumerate(columns, start=1)
        ],
        "rows": [
            {
                "url": url_for(f"{register.slug}.detail", rid=record.id),
                "cells": [line_cell(shown, record, name) for name, _label in columns],
            }
            for record in shown.records
        ],
    }


OF_TAB: dict[str, Callable[..., dict[str, Any]]] = {
    SEMESTER: _this_semester,
    HAPPENED: _what_happened,
    FAMILY: _family,
    GROWTH: _growth,
    FILES: _files,
}


# ---- the head -----------------------------------------------------------------------------------


def _chips(record: Any, shown: Page) -> list[Any]:
    """How the child is left behind, who looks after it, where it sleeps, how closely to watch."""
    migration = shown.text(record, "migration")
    chips: list[Any] = [{"text": migration, "tone": "accent"}] if migration else []
    care = shown.text(record, "care_class")
    if care:
        chips.append({"text": care, "tone": "unmet" if care == "重点关注" else ""})
    chips += [shown.text(record, name) for name in ("guardianship", "boarding", "hardship")]
    if record.left_on is not None:
        chips.append({"text": f"已退出 {shown.text(record, 'left_why')}", "tone": "partly"})
    return [chip for chip in chips if chip]


def _urls(actor: Actor, register: Register, record: Any) -> dict[str, str]:
    rid = record.id
    return {
        "edit": url_for("child.edit", rid=rid) if may_on(actor, "edit", register, record) else "",
        "delete": url_for("child.delete", rid=rid)
        if may_on(actor, "delete", register, record)
        else "",
        "history": url_for("child.history", rid=rid),
        "photos": link("photos.gallery", slug="child", record_id=rid),
        "unmask": link("accounts.unmasks", child=rid) if actor.role == CLERK else "",
    }


def _quick(actor: Actor, child_id: int) -> list[dict[str, str]]:
    """Return the acts to enter for this child with one tap."""
    found = []
    for slug, word, icon in (
        ("talk", "记谈心", "talk"),
        ("home-visit", "记家访", "visit"),
        ("family-call", "记通话", "phone"),
    ):
        declared = find(slug)
        if declared is not None and may(actor, "create", declared):
            url = url_for(f"{slug}.new", child=child_id)
            found.append({"word": word, "icon": icon, "url": url})
    return found
