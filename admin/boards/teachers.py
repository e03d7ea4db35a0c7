"""教师履职一览: every teacher with the share met, whoever has most left to do first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from flask import url_for
from peewee import fn

from admin.boards.page import note
from admin.boards.teacher import COUNTED
from admin.frame.paging import PER_PAGE, page_of, paging
from compliance.judged.sources import Window, within
from compliance.judged.verdict import State
from compliance.ordered.reading import tuples
from compliance.told.answers import SharedOut, shared_out
from compliance.told.progress import share_of
from models.core.actor import Actor
from models.core.gates import directory, rows
from models.core.labels import labels
from models.core.register import register_of
from models.core.school_calendar import SemesterSpan
from models.kept.pairings import Pairing
from models.kept.staff import Staff

SORTS = (("share", "完成最少"), ("missed", "未达标最多"), ("name", "按姓名"))


def teachers(actor: Actor, semester: SemesterSpan, args: Mapping[str, str]) -> dict[str, Any]:
    """Return the list of teachers who answer for something, with their figures."""
    shared = shared_out(actor, semester)
    counted = shared.staff
    children = _paired(actor)
    places = _places()
    ids = [one for one in {*counted, *children} if one in places]
    chosen_sort = next((slug for slug, _ in SORTS if slug == args.get("by")), "share")
    ids.sort(key=lambda one: (*_rank(chosen_sort, counted.get(one, Counter())), places[one]))
    page, pages = page_of(args, len(ids))
    shown = ids[(page - 1) * PER_PAGE : page * PER_PAGE]
    called = labels(actor, {register_of(Staff): set(shown)})
    here: dict[str, Any] = {"semester": semester.code}
    behind = sum(1 for one in ids if counted.get(one, Counter())[State.MISSED.value])
    return {
        "page_title": f"{len(ids)} 位教师中 {behind} 位有未达标的任务" if ids else "还没有结对教师",
        "page_note": note(semester),
        "breadcrumbs": [
            {"title": "职责进度", "url": url_for("boards.index", **here)},
            {"title": "教师履职"},
        ],
        "tabs": [
            {
                "title": word,
                "url": url_for("boards.teachers", by=slug, **here),
                "active": slug == chosen_sort,
            }
            for slug, word in SORTS
        ],
        "rows": [
            _row(one, called, counted.get(one, Counter()), children.get(one, 0), here)
            for one in shown
        ],
        "beside": _beside(shared, ids),
        "paging": paging(
            "boards.teachers", page, pages, f"{len(ids)} 位教师", by=chosen_sort, **here
        ),
    }


def _beside(shared: SharedOut, ids: list[int]) -> list[str]:
    """Say by how much the table differs from the board, whose duties these are."""
    listed = {*ids}
    gone = (counted for staff, counted in shared.staff.items() if staff not in listed)
    nobody = share_of(sum(gone, shared.nobody))
    again = share_of(shared.again)
    told = []
    if nobody.asked:
        told.append(
            f"另有应办 {nobody.asked} 次（做到 {nobody.met} 次）没有人负责，不在表里："
            "学生没有班主任或结对教师。"
        )
    if again.asked:
        told.append(
            f"有 {again.asked} 次（做到 {again.met} 次）由几位教师一起负责，每位都算，"
            "“职责进度”里只算一次。"
        )
    return told


def _rank(by: str, counted: Counter[str]) -> tuple[float, ...]:
    """Return what is sorted by before the name; who has nothing to do comes after all others."""
    share = share_of(counted)
    if by == "share":
        return (not share.asked, share.met / share.asked if share.asked else 0)
    return (-share.missed,) if by == "missed" else ()


def _row(
    staff: int,
    called: Mapping[tuple[str, int], str],
    counted: Counter[str],
    children: int,
    here: dict[str, Any],
) -> dict[str, Any]:
    share = share_of(counted)
    return {
        "url": url_for("boards.teacher", staff=staff, **here),
        "cells": [
            called.get(("staff", staff), ""),
            "—" if share.percent is None else f"{share.percent}%",
            children,
            share.asked,
            *(counted[state.value] for state, _ in COUNTED),
        ],
    }


def _paired(actor: Actor) -> dict[int, int]:
    """Return per teacher how many children are paired with them today; one query."""
    register = register_of(Pairing)
    query = within(rows(actor, register), register, Window(actor.today, actor.today, state=True))
    counted = query.select(Pairing.teacher, fn.COUNT(Pairing.child.distinct()))
    return dict(tuples(counted.group_by(Pairing.teacher)))


def _places() -> dict[int, int]:
    """Return every colleague's place in the order of the names."""
    query = directory(register_of(Staff), Staff.id).where(Staff.deleted_at.is_null(True))
    return {one: place for place, (one,) in enumerate(tuples(query.order_by(Staff.pinyin_key)))}
