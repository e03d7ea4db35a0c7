"""一人一档: one child on one page, with whom to ring and everything that happened."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import add
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from peewee import Select, Value

from admin.boards.portraits import portraits
from admin.frame.context import actor
from admin.frame.menu import ICONS
from admin.registers.detail import history_of, related, sections
from admin.registers.list import Marks, link
from admin.registers.view import RegisterView
from models.core import audit
from models.core import labels as naming
from models.core.actor import Actor
from models.core.boxes import CLERK
from models.core.converters import converter_of
from models.core.database import database
from models.core.display import Page
from models.core.display import page as display
from models.core.gates import every_row, rows
from models.core.register import REGISTERS, Register, find, model_of, parent_register
from models.core.rights import may, may_on
from models.core.spans import holds_on
from models.core.validation import is_backfilled
from models.core.values import whole
from models.kept.left_behind import classes_on

# So many acts stand on the page, the newest first; older ones are a step away.
TIMELINE = 30
# As far back as one steps; a child's whole time at school is less.
MOST_PAGES = 100


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
    """Return everything the child's page shows to this actor."""
    shown = display(actor, register, [record], "detail")
    placed = classes_on([record.id], actor.today).get(record.id)
    kinds = _kinds(actor)
    kind, page = args.get("kind", ""), _page_asked(args)
    events, counted, is_more = timeline(actor, record.id, kinds, kind, page)
    return {
        "record": record,
        "name": shown.text(record, "name"),
        "class_name": placed[1] if placed else "没有分班",
        "photo_url": portraits(actor, [record.id]).get(record.id, ""),
        "chips": _chips(record, shown),
        "chain": chain_of(actor, record, placed[0] if placed else None),
        "sections": sections(actor, register, record, shown),
        "missing": Marks(actor, register, [record]).missing(record),
        "events": events,
        "kinds": _kind_tabs(record.id, counted, kind, page),
        "steps": _steps(record.id, kind, page, is_more),
        "related": related(actor, register, record),
        "history": history_of(actor, register, record)[:3],
        "urls": _urls(actor, register, record),
        "quick": _quick(actor, record.id),
    }


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


# ---- whom to ring -------------------------------------------------------------------------------


def chain_of(actor: Actor, record: Any, class_id: int | None) -> list[dict[str, Any]]:
    """Return the class teacher, the parents and the guardians of today, in the order to ring."""
    chain = _class_teacher(actor, class_id)
    for slug, place in (("parent", "relation"), ("guardian", "relation")):
        declared = find(slug)
        if declared is None or not may(actor, "read", declared):
            continue
        model = declared.model
        query = rows(actor, declared).where(model.child == record.id)
        if slug == "guardian":
            query = query.where(holds_on(model, actor.today)).order_by(model.rank, model.id)
        shown = display(actor, declared, query, "detail")
        found = [_contact(shown, one, place, slug) for one in shown.records]
        missing = {"role": declared.title.removesuffix("登记"), "missing": True}
        chain += found or [missing]
    return chain


def _class_teacher(actor: Actor, class_id: int | None) -> list[dict[str, Any]]:
    declared, staff = find("class-teacher"), find("staff")
    if class_id is None or declared is None or staff is None:
        return [{"role": "班主任", "missing": True}]
    model = declared.model
    led = every_row(declared).where(
        model.school_class == class_id,
        holds_on(model, actor.today),
    )
    found = led.order_by(-model.since).first()
    if found is None:
        return [{"role": "班主任", "missing": True}]
    teacher = rows(actor, staff).where(staff.model.id == found.staff_id).first()
    if teacher is None:
        names = naming.labels(actor, {staff: [found.staff_id]})
        return [{"role": "班主任", "name": names.get(("staff", found.staff_id), "")}]
    shown = display(actor, staff, [teacher], "detail")
    return [_contact(shown, teacher, "", "staff") | {"role": "班主任"}]


def _contact(shown: Page, record: Any, relation: str, slug: str) -> dict[str, Any]:
    number = shown.text(record, "phone")
    one = shown.surface.get("phone")
    masked = bool(one and one.masked and "*" in number)
    role = shown.text(record, relation) if relation else ""
    return {
        "role": f"监护人 · {role}" if slug == "guardian" else role,
        "name": shown.text(record, "name"),
        "number": number or "没有电话",
        "tel": number if number and not masked else "",
        "masked": masked,
    }


# ---- what happened ------------------------------------------------------------------------------


def _kinds(actor: Actor) -> list[Register]:
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


def _page_asked(args: Mapping[str, str]) -> int:
    return min(whole(args.get("page"), least=1) or 1, MOST_PAGES)


def _steps(child_id: int, kind: str, page: int, is_more: bool) -> dict[str, str]:
    """Return the addresses of the newer and the older events."""

    def url(number: int) -> str:
        here: dict[str, Any] = {"kind": kind or None, "page": number if number > 1 else None}
        return url_for("child.detail", rid=child_id, _anchor="timeline", **here)

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


def _kind_tabs(
    child_id: int, counted: dict[str, int], kind: str, page: int
) -> list[dict[str, Any]]:
    """Return the filter by kind; nothing to choose when there is only one."""
    if len(counted) < 2:
        return []
    here = url_for("child.detail", rid=child_id)
    tabs: list[dict[str, Any]] = [{"title": "全部", "url": here, "active": not kind}]
    for slug, count in counted.items():
        cap = page * TIMELINE
        word = f"{cap}+" if count > cap else count
        url = url_for("child.detail", rid=child_id, kind=slug)
        tabs.append(
            {"title": REGISTERS[slug].title, "url": url, "active": kind == slug, "count": word}
        )
    return tabs
