"""Whom to ring about a child: class teacher, parents and guardians of today."""

from __future__ import annotations

from typing import Any

from models.core import labels as naming
from models.core.actor import Actor
from models.core.display import Page
from models.core.display import page as display
from models.core.gates import every_row, rows
from models.core.register import find
from models.core.rights import may
from models.core.spans import holds_on


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
