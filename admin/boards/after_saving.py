"""What a teacher does after saving: the next child owed the same act, or the next act."""

from __future__ import annotations

from collections.abc import Collection

from flask import url_for

from admin.boards.today import by_urgency, paired_today
from admin.registers.short_forms import next_step, written_in
from compliance.told.owing import deadline_of, marks_of, own_children
from models.core.actor import Actor
from models.core.boxes import TEACHING
from models.core.display import Page
from models.core.register import register_of
from models.core.school_calendar import SemesterSpan
from models.kept.children import Child


def next_owed(
    actor: Actor, semester: SemesterSpan | None, slug: str, made: Collection[int] = ()
) -> dict[str, str] | None:
    """Return {word, url} of what comes after a record of the register `slug` was made.

    Not one of the children it was `made` for, who may still be owed the act because something is
    missing in the record: the child owed the same act soonest, else whatever is owed soonest, else
    the way back to the day; None for whoever has no such day.
    """
    if actor.role not in TEACHING or semester is None:
        return None
    children = own_children(actor)
    marks = marks_of(actor, semester, [child.id for child in children])
    owing = by_urgency(children, marks, paired_today(actor))
    page = Page(actor, register_of(Child), owing, "list")
    acts = [
        (page.text(child, "name"), mark)
        for child in owing
        if child.id not in made
        for mark in sorted((one for one in marks[child.id] if one.open), key=deadline_of)
    ]
    # The sort keeps the order of urgency within both halves.
    acts.sort(key=lambda one: written_in(one[1].duty).slug != slug)
    for name, mark in acts:
        step = next_step(actor, mark.duty, mark.verdict, actor.staff_id)
        if step is not None:
            return {"word": f"下一名：{name} · {step['word']}", "url": step["url"]}
    return {"word": "都办好了，回到今日", "url": url_for("boards.today")}
