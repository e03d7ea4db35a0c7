"""出发前带走: the chosen children's facts, whom to ring, and empty forms on a page of its own.

The page needs no network once it is open: pickers are lists of the chosen children, and what is
saved waits on the phone until it can be sent (static/js/outbox.js).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for

from admin.boards.child_contacts import chain_of
from admin.boards.missed import since_last
from admin.frame.form_fields import PickerField
from admin.registers.form import FormPage, form_page
from admin.registers.save import fresh_token
from compliance.told.owing import own_children
from models.core import audit
from models.core.actor import Actor
from models.core.display import Page
from models.core.register import find, register_of
from models.core.rights import may
from models.core.values import whole
from models.kept.children import Child
from models.kept.left_behind import classes_on

# What is written on the way; as many children as one round of visits has.
ALONG = ("home-visit", "talk", "family-call")
MOST = 12
FACTS = ("sex", "born_on", "address", "care_class", "boarding", "health", "allergies")


def take_along(actor: Actor, chosen: Sequence[str]) -> dict[str, Any]:
    """Return the page: whom to take along, or what is taken of the children chosen."""
    children = own_children(actor)
    asked = {whole(text) for text in chosen}
    taken = [child for child in children if child.id in asked][:MOST]
    page = Page(actor, register_of(Child), children, "detail")
    names = [{"id": str(one.id), "name": page.text(one, "name")} for one in children]
    ids = [child.id for child in taken]
    for child in ids:
        audit.log_access(actor, "view", "child", child, "出发前带走")
    placed = classes_on(ids, actor.today)
    words, since = since_last(actor, ids)
    return {
        "page_title": f"带走 {len(taken)} 名学生的资料和空表" if taken else "出发前带走：去看谁",
        "children": names,
        "most": MOST,
        "taken": [
            {
                "name": page.text(child, "name"),
                "school_class": page.text(child, "school_class"),
                "facts": _facts(page, child),
                "chain": chain_of(
                    actor, child, placed[child.id][0] if child.id in placed else None
                ),
                "since": list(zip(words, since[child.id], strict=True)),
            }
            for child in taken
        ],
        "forms": [made for slug in ALONG if (made := _form(actor, slug))] if taken else [],
        "options": [name for name in names if int(name["id"]) in ids],
    }


def _facts(page: Page, child: Any) -> list[tuple[str, str]]:
    shown = [(fact, page.text(child, fact)) for fact in FACTS if page.surface.get(fact) is not None]
    return [(page.surface.get(one).spec.label, text) for one, text in shown if text]  # type: ignore[union-attr]


def _form(actor: Actor, slug: str) -> dict[str, Any] | None:
    """Return the short form of a register: what is typed, and what goes along unseen."""
    register = find(slug)
    if register is None or not may(actor, "create", register):
        return None
    page = form_page(actor, register)
    typed, hidden = [], _lines(page)
    for field in page.short[0].fields:
        if field.short_name == register.many:
            continue
        if isinstance(field, PickerField):
            hidden.append((field.name, str(field.data or "")))
            continue
        field.id = f"{slug}-{field.id}"
        typed.append(field)
    return {
        "register": register,
        "many": register.many,
        "typed": typed,
        "hidden": [(name, value) for name, value in hidden if value],
        "url": url_for(f"{slug}.new"),
        "blank_url": url_for("books.blank", slug=slug) if may(actor, "print", register) else "",
        "once": fresh_token(),
        "draft_key": f"{actor.user_id}:{slug}:new",
    }


def _lines(page: FormPage) -> list[tuple[str, str]]:
    """Return what the lines of a new record say by themselves, as who made the visit."""
    inputs = [one for block in page.lines for form in block.forms for one in form.inputs]
    return [
        (one.name, str(one.data)) for one in inputs if isinstance(one, PickerField) and one.data
    ]
