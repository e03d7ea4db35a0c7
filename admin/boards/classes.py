"""按班级看: every class with the share met of what is asked of its children and of itself."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import url_for

from admin.boards.page import note
from compliance.judged.ledger import add_up
from compliance.judged.store import letters_by_subject
from compliance.ordered.catalogue import duties_on
from compliance.ordered.reading import tuples
from compliance.told.progress import Share, share_of
from models.core.actor import Actor
from models.core.gates import rows
from models.core.labels import labels
from models.core.register import register_of
from models.core.school_calendar import SemesterSpan
from models.core.spans import holds_on
from models.kept.children import Child
from models.kept.left_behind import classes_on
from models.kept.staff import ClassTeacher, SchoolClass, Staff

SUBJECTS = frozenset({"child", "pairing", "class"})


def classes(actor: Actor, semester: SemesterSpan) -> dict[str, Any]:
    """Return the classes with children in them, in their order, with their figures."""
    children = _children(actor)
    placed = {child: one for child, (one, _) in classes_on(children, actor.today).items()}
    held = Counter(placed.values())
    figures = _figures(actor, semester, placed)
    query = rows(actor, register_of(SchoolClass)).where(SchoolClass.id.in_(list(held)))
    found = list(query.order_by(SchoolClass.grade, SchoolClass.number, SchoolClass.id))
    leaders = _leaders(actor, [row.id for row in found])
    behind = sum(1 for row in found if figures.get(row.id, Share(0, 0)).missed)
    listed = {row.id for row in found}
    others = sum((s for whose, s in figures.items() if whose not in listed), Share(0, 0))
    return {
        "page_title": f"{len(found)} 个班中 {behind} 个有未达标的任务"
        if found
        else "还没有班级有在册学生",
        "page_note": note(semester),
        "breadcrumbs": [
            {"title": "职责进度", "url": url_for("boards.index", semester=semester.code)},
            {"title": "按班级"},
        ],
        "beside": _beside(others),
        "rows": [
            _row(row, held[row.id], leaders.get(row.id, []), figures.get(row.id, Share(0, 0)))
            for row in found
        ],
    }


def _children(actor: Actor) -> list[int]:
    query = rows(actor, register_of(Child)).where(
        holds_on(Child, actor.today),
    )
    return [one for (one,) in tuples(query.select(Child.id))]


def _beside(others: Share) -> str:
    """Say by how much the table differs from the board, which counts whoever was there."""
    if not others.asked:
        return ""
    return (
        f"“职责进度”另有应办 {others.asked} 次（做到 {others.met} 次）不在表里："
        "学生已退出、眼下没有班级，或者班里已没有在册学生。"
    )


def _figures(
    actor: Actor, semester: SemesterSpan, placed: dict[int, int]
) -> dict[int | None, Share]:
    """Return per class the share met over the semester so far; None is whoever is in none."""
    asked = [duty.code for duty in duties_on(semester.code) if duty.subject in SUBJECTS]
    grouped: dict[tuple[int | None, str], list[str]] = {}
    for code, _, child, _, whole, letters in letters_by_subject(actor, semester.code, asked):
        whose = whole if child is None else placed.get(child)
        grouped.setdefault((whose, code), []).append(letters)
    found: dict[int | None, Share] = {}
    for (whose, _), listed in grouped.items():
        share = sum((share_of(one) for one in add_up(listed)), Share(0, 0))
        found[whose] = found.get(whose, Share(0, 0)) + share
    return found


def _leaders(actor: Actor, ids: list[int]) -> dict[int, list[str]]:
    """Return per class the names of who leads it today; two queries."""
    query = rows(actor, register_of(ClassTeacher)).where(
        ClassTeacher.school_class.in_(ids),
        holds_on(ClassTeacher, actor.today),
    )
    found = tuples(query.select(ClassTeacher.school_class, ClassTeacher.staff))
    called = labels(actor, {register_of(Staff): {staff for _, staff in found}})
    leaders: dict[int, list[str]] = {}
    for school_class, staff in found:
        leaders.setdefault(school_class, []).append(called.get(("staff", staff), ""))
    return leaders


def _row(one: Any, children: int, leaders: list[str], share: Share) -> dict[str, Any]:
    return {
        "url": url_for("school-class.detail", rid=one.id),
        "cells": [
            one.name,
            "—" if share.percent is None else f"{share.percent}%",
            "、".join(leaders) or {"tone": "unmet", "text": "没有班主任"},
            children,
            share.asked,
            share.met,
            share.missed,
        ],
    }
