"""The page of a year: what is to be done next, and every sheet with score, gaps and state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import url_for

from admin.frame.paging import PER_PAGE, page_of, paging
from compliance.evaluated import sheets
from compliance.evaluated.departments import unassigned
from compliance.evaluated.facts import facts
from compliance.evaluated.report import number
from compliance.evaluated.score import facts_score, final, lines, year_end
from compliance.evaluated.year import Year, running_year, year_called
from compliance.ordered.reading import tuples
from models.core.actor import Actor
from models.core.boxes import LEADERSHIP
from models.core.gates import every_row, rows
from models.core.labels import labels
from models.core.register import register_of
from models.kept.evaluation import (
    EVALUATION_OUTCOMES,
    OF_DEPARTMENT,
    SIDES,
    EvaluationYear,
    point_sums,
    year_end_share,
)
from models.kept.leadership import Department
from models.kept.meetings import Meeting
from models.kept.pairings import Pairing
from models.kept.staff import Staff
from models.school import evaluations

# So many of the latest meetings are offered for announcing awards.
MEETINGS_OFFERED = 30

SORTS = (("gaps", "先看没办完的"), ("score", "得分从高到低"), ("name", "按姓名"))
STEPS = ("设置并开始", "截取事实", "领导小组评分", "告知与申诉", "决定", "签署", "公布")
TONES = {"表彰": "met", "合格": "", "批评": "partly", "取消当年评优资格": "unmet"}


def current(today: date) -> Year:
    """Return the year worked on: the newest one opened, else the one the day lies in."""
    opened = every_row(register_of(EvaluationYear)).order_by(EvaluationYear.school_year.desc())
    codes = [row.school_year for row in opened]
    running = running_year(today)
    unfinished = [code for code in codes if code >= running.code] or codes[:1]
    return (year_called(unfinished[0]) if unfinished else None) or running


def in_state(actor: Actor, code: str, *states: str) -> list[Any]:
    """Return the sheets of a year in some states on which the actor may take a step."""
    settings = evaluations.opened(code)
    return [
        one
        for one in evaluations.newest(code)
        if evaluations.state_of(one, settings, actor.today) in states
        and not evaluations.is_own(actor, one)
    ]


def year(actor: Actor, asked: Year, args: Mapping[str, str]) -> dict[str, Any]:
    """Return the office's page of a year."""
    settings = evaluations.year_row(asked.code)
    shown: dict[str, Any] = {
        "year": asked,
        "settings": settings,
        "sides": SIDES,
        "outcomes": EVALUATION_OUTCOMES,
        "decides": actor.role == LEADERSHIP,
        "years": _years(asked, actor.today),
        "of": number(year_end_share() * 10),
        "unassigned": [duty.title for duty in unassigned()],
    }
    if settings is None:
        return shown | _preview(actor, asked)
    found = evaluations.newest(asked.code)
    states = {one.id: evaluations.state_of(one, settings, actor.today) for one in found}
    counted = Counter(states.values())
    waiting = _next(settings, found, counted)
    rows = _rows(actor, settings, found, states, args)
    page, pages = page_of(args, len(rows))
    so_far = {} if found else {"preview": _preview(actor, asked)["preview"]}
    return (
        shown
        | so_far
        | {
            "page_title": waiting["title"],
            "next": waiting,
            "steps": [
                {
                    "title": title,
                    "done": number_ < waiting["step"],
                    "now": number_ == waiting["step"],
                }
                for number_, title in enumerate(STEPS)
            ],
            "rows": rows[(page - 1) * PER_PAGE : page * PER_PAGE],
            "sheets": len(rows),
            "tabs": [
                {
                    "title": word,
                    "url": url_for("evaluations.year", code=asked.code, by=slug),
                    "active": slug == _sort(args),
                }
                for slug, word in SORTS
            ],
            "paging": paging(
                "evaluations.year", page, pages, f"{len(rows)} 份", code=asked.code, by=_sort(args)
            ),
            "counted": counted,
            "leavers": _leavers(actor, asked),
            "commended": len(evaluations.commended(asked.code)),
            "meetings": _meetings(actor, asked),
            "results": [
                {"word": outcome, "count": n}
                for outcome in EVALUATION_OUTCOMES
                if (n := sheets.outcomes(found).get(outcome))
            ],
        }
    )


def _leavers(actor: Actor, asked: Year) -> list[dict[str, Any]]:
    """Who left within the year and was told nothing yet, with the way to a sheet of their own."""
    if actor.role != LEADERSHIP:
        return []
    gone = evaluations.leavers(actor, asked.code, asked.first, asked.last)
    called = labels(actor, {register_of(Staff): {leaver.id for leaver in gone}})
    return [
        {
            "name": called.get(("staff", leaver.id), ""),
            "left_on": leaver.left_on,
            "url": url_for("evaluations.leaver", code=asked.code, staff=leaver.id),
        }
        for leaver in gone
    ]


def _meetings(actor: Actor, asked: Year) -> list[dict[str, Any]]:
    """The meetings at which a year's awards may have been announced, the newest first."""
    query = rows(actor, register_of(Meeting)).where(Meeting.held_at >= asked.first)
    found = list(query.order_by(Meeting.held_at.desc()).limit(MEETINGS_OFFERED))
    called = labels(actor, {register_of(Meeting): {row.id for row in found}})
    return [{"id": row.id, "name": called.get(("meeting", row.id), "")} for row in found]


def _sort(args: Mapping[str, str]) -> str:
    return next((slug for slug, _ in SORTS if slug == args.get("by")), "gaps")


def _years(asked: Year, today: date) -> list[dict[str, Any]]:
    """The years one may go to: those opened, the running one, the one shown."""
    opened = every_row(register_of(EvaluationYear)).select(EvaluationYear.school_year)
    codes = {code for (code,) in tuples(opened)} | {running_year(today).code, asked.code}
    found = [one for code in sorted(codes, reverse=True) if (one := year_called(code))]
    return [
        {
            "title": one.title,
            "url": url_for("evaluations.year", code=one.code),
            "active": one == asked,
        }
        for one in found
    ]


def _preview(actor: Actor, asked: Year) -> dict[str, Any]:
    """The facts so far of a year that was not opened yet."""
    live = facts(asked, actor.today)
    called = labels(actor, {register_of(Staff): set(live)})
    children = _children(asked)
    rows = []
    for who, own in live.items():
        score = final(facts_score(lines(own)))
        rows.append((score is None, score or 0, who, score))
    rows.sort()
    return {
        "page_title": f"{asked.title}的考核还没有开始",
        "preview": [
            {
                "cells": [
                    {
                        "text": called.get(("staff", who), ""),
                        "url": url_for("boards.teacher", staff=who),
                    },
                    number(score) or "无数据",
                    children.get(who, 0),
                    sum(count.judged for count in live[who].counts.values()),
                ]
            }
            for _, _, who, score in rows[:PER_PAGE]
        ],
    }


def _next(settings: Any, found: list[Any], counted: Counter[str]) -> dict[str, Any]:
    """What is to be done next, as the page's title and the number of the step."""
    draft = counted[evaluations.DRAFT]
    unassessed = sum(
        one.leadership_score is None and one.shown_on is None and one.signed_on is None
        for one in found
    )
    if settings.frozen_on is None:
        return {"step": 1, "title": "请截取事实，每位教师生成一份草稿", "do": "freeze"}
    if draft and settings.leadership_share and unassessed:
        return {"step": 2, "title": f"还有 {unassessed} 份等领导小组评分", "do": "assess"}
    if draft:
        return {"step": 3, "title": f"{draft} 份都已评分，可以告知教师", "do": "show"}
    if counted[evaluations.OBJECTED]:
        return {"step": 3, "title": f"{counted[evaluations.OBJECTED]} 份申诉等答复", "do": ""}
    if counted[evaluations.ANSWERED]:
        return {"step": 4, "title": f"{counted[evaluations.ANSWERED]} 份待决定", "do": "decide"}
    if counted[evaluations.DECIDED] + counted[evaluations.HALF_SIGNED]:
        n = counted[evaluations.DECIDED] + counted[evaluations.HALF_SIGNED]
        return {"step": 5, "title": f"{n} 份待签署", "do": "sign"}
    if counted[evaluations.TOLD]:
        return {"step": 3, "title": f"{counted[evaluations.TOLD]} 份还在申诉期内", "do": ""}
    if settings.published_on is None:
        return {"step": 6, "title": f"{len(found)} 份都已签署，可以公布", "do": "publish"}
    return {"step": 7, "title": f"{len(found)} 份都已签署，结果已公布", "do": "published"}


def _rows(
    actor: Actor,
    settings: Any,
    found: list[Any],
    states: Mapping[int, str],
    args: Mapping[str, str],
) -> list[dict[str, Any]]:
    people = {one.teacher_id for one in found if one.teacher_id is not None}
    departments = {one.department_id for one in found if one.department_id is not None}
    called = labels(actor, {register_of(Staff): people, register_of(Department): departments})
    points, places, tenths = point_sums(found), sheets.ranking(found), year_end_share()
    asked = year_called(settings.school_year)
    children = _children(asked) if asked is not None else {}
    rows = []
    for one in found:
        slug = "department" if one.kind == OF_DEPARTMENT else "staff"
        name = called.get((slug, evaluations.subject_of(one)), "")
        given = points.get(one.id, 0)
        settled = one.decided_on is not None or one.shown_on is not None
        score = one.score if settled else sheets.proposal(one, settings, given)
        lacking = [] if one.signed_on else sheets.gaps(one, settings)
        place = places.get(one.id)
        rows.append(
            {
                "key": {
                    "gaps": (evaluations.STATES.index(states[one.id]), not lacking, score or 0),
                    "score": (-(score if score is not None else -1),),
                    "name": (name,),
                }[_sort(args)],
                "url": url_for("evaluations.sheet", sheet_id=one.id),
                "cells": [
                    name,
                    one.kind,
                    {"text": states[one.id], "tone": "met" if one.signed_on else "partly"},
                    number(score) or "无数据",
                    number(year_end(score, tenths)) or "",
                    f"{place.place}{'（并列）' if place.tied else ''}" if place and settled else "",
                    {"text": one.outcome, "tone": TONES[one.outcome]} if one.outcome else "",
                    children.get(one.teacher_id, 0) if slug == "staff" else "",
                    {"chips": [{"text": word, "tone": "unmet"} for word in lacking]}
                    if lacking
                    else "",
                ],
            }
        )
    return sorted(rows, key=lambda row: row["key"])


def _children(asked: Year) -> dict[int, int]:
    """How many children each teacher was paired with in the year: loads differ."""
    query = every_row(register_of(Pairing)).select(
        Pairing.teacher, Pairing.child, Pairing.since, Pairing.until
    )
    heaps: dict[int, set[int]] = {}
    for teacher, child, since, until in tuples(query):
        if str(since) <= str(asked.last) and (until is None or str(until) >= str(asked.first)):
            heaps.setdefault(teacher, set()).add(child)
    return {teacher: len(children) for teacher, children in heaps.items()}


def inspected(actor: Actor, asked: Year) -> dict[str, Any]:
    """Return what the inspector sees: procedure, counts, outcomes by number, signed sheets."""
    settings = evaluations.year_row(asked.code)
    found = evaluations.newest(asked.code) if settings is not None else []
    signed = [one for one in found if one.signed_on is not None]
    results = sheets.outcomes(found)
    return {
        "page_title": f"{asked.title}考核：{len(signed)} 份已签署，共 {len(found)} 份",
        "year": asked,
        "settings": settings,
        "sides": SIDES,
        "years": _years(asked, actor.today),
        "results": [{"word": word, "count": results.get(word, 0)} for word in EVALUATION_OUTCOMES],
        "objections": sum(bool(one.objection) for one in found),
        "rows": [
            {
                "url": url_for("evaluations.sheet", sheet_id=one.id)
                if evaluations.is_open_to_inspector(actor, one.id)
                else "",
                "cells": [
                    f"第 {one.id} 号" + (f"（第 {one.edition} 版）" if one.edition > 1 else ""),
                    one.kind,
                    one.outcome,
                    one.signed_on,
                    (one.head or "")[:12],
                ],
            }
            for one in sorted(signed, key=lambda one: one.id)
        ],
    }


def published(actor: Actor, asked: Year) -> dict[str, Any]:
    """Return what was published of a year, while it stands."""
    settings = evaluations.year_row(asked.code)
    until = settings.published_until if settings is not None else None
    if settings is None or settings.published_on is None or (until and until < actor.today):
        return {
            "page_title": f"{asked.title}的考核结果没有公布",
            "groups": [],
            "until": None,
            "on": None,
        }
    chosen = (settings.published_outcomes or "").split("、")
    found = [one for one in evaluations.newest(asked.code) if one.outcome in chosen]
    people = {one.teacher_id for one in found if one.teacher_id is not None}
    departments = {one.department_id for one in found if one.department_id is not None}
    called = labels(actor, {register_of(Staff): people, register_of(Department): departments})
    groups = []
    for word in chosen:
        those = [one for one in found if one.outcome == word]
        names = [
            called.get(
                (
                    "department" if one.kind == OF_DEPARTMENT else "staff",
                    evaluations.subject_of(one),
                ),
                "",
            )
            for one in those
        ]
        groups.append(
            {
                "word": word,
                "count": len(those),
                "names": sorted(names) if settings.publishes_names else [],
            }
        )
    return {
        "page_title": f"{asked.title}考核结果",
        "groups": groups,
        "until": settings.published_until,
        "on": settings.published_on,
    }
