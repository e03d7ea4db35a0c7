"""教师履职: one teacher's children, duties answered for, what was missed, what was recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from flask import url_for

from admin.boards.missed import since_last
from admin.boards.page import RHYTHMS
from admin.boards.teacher_access import ALL_TEACHERS
from admin.boards.teacher_records import excuses_of, records_of
from admin.boards.weeks import day, periods_by_week, state_in, weeks
from admin.frame.paging import page_of, paging
from admin.registers.short_forms import next_step
from compliance.judged.naming import names
from compliance.judged.store import Verdict
from compliance.judged.verdict import State
from compliance.ordered.reading import day as day_of
from compliance.ordered.reading import tuples
from compliance.told.answers import Answered, answered, summed
from compliance.told.progress import Line, Share, running, share_of
from models.core.actor import Actor
from models.core.gates import rows
from models.core.labels import labels
from models.core.register import register_of
from models.core.school_calendar import SemesterSpan
from models.core.spans import holds_within
from models.kept.children import Child
from models.kept.left_behind import classes_on
from models.kept.pairings import Pairing
from models.kept.staff import Staff

# Missed periods on one page; more of them are no to-do list any more.
MISSED = 10
COUNTED = (
    (State.DONE, "按时做到"),
    (State.BACK_FILLED, "补录"),
    (State.DONE_LATE, "迟办"),
    (State.MISSED, "未达标"),
    (State.EXCUSED, "免计"),
    (State.DUE, "眼下还差"),
)


def teacher(
    actor: Actor, semester: SemesterSpan, staff: int, args: Mapping[str, str]
) -> dict[str, Any]:
    """Return a teacher's page; with `duty` in the address, that duty subject by subject."""
    name = labels(actor, {register_of(Staff): {staff}}).get(("staff", staff), "")
    found = answered(actor, semester, staff)
    here: dict[str, Any] = {"staff": staff, "semester": semester.code}
    crumbs = [{"title": "职责进度", "url": url_for("boards.index", semester=semester.code)}]
    if actor.role in ALL_TEACHERS:
        url = url_for("boards.teachers", semester=semester.code)
        crumbs.append({"title": "教师履职", "url": url})
    shown: dict[str, Any] = {
        "name": name,
        "semester": semester,
        "page_note": f"{semester.title} · {day(semester.first)} 至 {day(semester.last)}",
        "own": actor.staff_id == staff,
    }
    chosen = next((one for one in found if one.duty.code == args.get("duty")), None)
    if chosen is not None:
        crumbs.append({"title": name, "url": url_for("boards.teacher", **here)})
        title = f"{name}：{chosen.duty.title}"
        detail = _detail(actor, chosen)
        return shown | {"page_title": title, "breadcrumbs": crumbs, "detail": detail}
    missed, steps = _missed(actor, found, staff, here, args)
    return {
        **shown,
        **_answered_for(actor, semester, found, here),
        "page_title": _title(name, share_of(summed(found))),
        "breadcrumbs": crumbs,
        "children": _children(actor, semester, staff),
        "acts": since_last(actor, [])[0],
        "missed": missed,
        "paging": steps,
        "records": records_of(actor, semester, staff),
        "excuses": excuses_of(actor, semester, staff),
    }


def _answered_for(
    actor: Actor, semester: SemesterSpan, found: list[Answered], here: dict[str, Any]
) -> dict[str, Any]:
    """Return the duties answered for: figures, the map by weeks, what is short and what is met."""
    lines = sorted(found, key=_least_met)
    return {
        "tiles": _tiles(summed(found)),
        "weeks": weeks(actor, semester),
        "heat": [
            _heat_row(line, actor, semester, here) for line in lines if line.duty.every in RHYTHMS
        ],
        "duties": [_duty(line, here) for line in lines if _share(line).percent != 100],
        "met": [_duty(line, here) for line in lines if _share(line).percent == 100],
    }


def _title(name: str, share: Share) -> str:
    if share.percent is None:
        return f"{name}：本学期还没有应办的任务"
    return f"{name}：应办 {share.asked} 次，做到 {share.met} 次（{share.percent}%）"


def _least_met(one: Answered) -> tuple[bool, int]:
    percent = _share(one).percent
    return percent is None, percent or 0


def _share(one: Answered) -> Share:
    return sum((share_of(counted) for counted in one.summed.periods), Share(0, 0))


def _tiles(counted: Counter[str]) -> list[dict[str, Any]]:
    share = share_of(counted)
    whole = {
        "title": "完成",
        "figure": "—" if share.percent is None else f"{share.percent}%",
        "of": f"{share.met} / {share.asked} 次",
        "percent": share.percent,
        "url": "#duties",
    }
    anchors = {State.MISSED: "#missed", State.EXCUSED: "#excuses"}
    return [
        whole,
        *(
            {
                "title": word,
                "figure": counted[state.value],
                "of": "次",
                "url": anchors.get(state, "#duties"),
            }
            for state, word in COUNTED
        ),
    ]


# ---- the duties ---------------------------------------------------------------------------------


def _heat_row(
    one: Answered, actor: Actor, semester: SemesterSpan, here: dict[str, Any]
) -> dict[str, Any]:
    """Return one duty over the weeks; a week shows the period in which it ends."""
    line = Line(one.duty, one.spans, one.summed, running(one.spans, actor.today))
    percent = _share(one).percent
    return {
        "title": one.duty.title,
        "url": url_for("boards.teacher", duty=one.duty.code, **here),
        "cells": [_cell(line, index) for index in periods_by_week(one.spans, actor, semester)],
        "number": "—" if percent is None else f"{percent}%",
    }


def _cell(line: Line, index: int | None) -> dict[str, Any]:
    state, title, share = state_in(line, index)
    if index is None or share is None:
        return {"state": state.slug, "title": title}
    counted = line.summed.periods[index]
    if state is State.DONE and counted[State.BACK_FILLED.value]:
        state = State.BACK_FILLED
    return {
        "state": state.slug,
        "text": None if share.met == share.asked else f"{share.met}/{share.asked}",
        "title": f"{line.periods[index].title}：{state.word}，{share.met} / {share.asked}",
    }


def _duty(one: Answered, here: dict[str, Any]) -> dict[str, Any]:
    """Return one duty as a line of figures: asked, and every state apart."""
    counted: Counter[str] = sum(one.summed.periods, Counter())
    share = share_of(counted)
    return {
        "url": url_for("boards.teacher", duty=one.duty.code, **here),
        "cells": [
            one.duty.title,
            one.duty.every.word,
            share.asked,
            *(counted[state.value] for state, _ in COUNTED),
            "—" if share.percent is None else f"{share.percent}%",
        ],
    }


def _detail(actor: Actor, one: Answered) -> dict[str, Any]:
    """Return one duty's subjects with the state of every period, each leading to its records."""
    found = [verdict for verdict, _ in one.answers]
    called = names(actor, found, actor.today)
    return {
        "title": one.duty.title,
        "columns": [
            {"label": period.code.lstrip("w0") or period.title, "title": period.title}
            if period.code.startswith("w")
            else {"label": period.title, "title": period.title}
            for period in one.spans
        ],
        "rows": [
            {
                "title": called[verdict.duty, verdict.subject],
                "url": url_for("boards.subject", code=verdict.duty, subject=verdict.subject),
                "cells": [_period(one, verdict, i, i in mine) for i in range(len(one.spans))],
            }
            for verdict, mine in one.answers
        ],
        "url": url_for("boards.duty", code=one.duty.code),
    }


def _period(one: Answered, verdict: Verdict, index: int, is_mine: bool) -> dict[str, Any]:
    period = one.spans[index]
    if not is_mine:
        return {"state": "not-due", "title": f"{period.title}：这一期由别人负责"}
    state = verdict.state(index)
    count = verdict.counts[index]
    url = url_for("boards.subject", code=verdict.duty, subject=verdict.subject, period=period.code)
    return {
        "state": state.slug,
        "text": count if count > 1 else None,
        "title": f"{period.title}：{state.word}，{count} 次",
        "url": "" if state is State.NOT_DUE else url,
    }


# ---- what was missed ----------------------------------------------------------------------------


def _missed(
    actor: Actor,
    found: list[Answered],
    staff: int,
    here: dict[str, Any],
    args: Mapping[str, str],
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return one page of the missed periods, the newest first, each with the next step."""
    listed = [
        (one, verdict, index)
        for one in found
        for verdict, mine in one.answers
        for index in mine
        if verdict.state(index) is State.MISSED
    ]
    listed.sort(key=lambda each: (each[0].spans[each[2]].last, each[0].duty.code), reverse=True)
    number, pages = page_of(args, len(listed), MISSED)
    chosen = listed[(number - 1) * MISSED : number * MISSED]
    called = names(actor, [verdict for _, verdict, _ in chosen], actor.today)
    shown = [
        _lacking(actor, one, verdict, index, staff) | {"who": called[verdict.duty, verdict.subject]}
        for one, verdict, index in chosen
    ]
    steps = paging("boards.teacher", number, pages, f"{len(listed)} 次", _anchor="missed", **here)
    return shown, steps


def _lacking(
    actor: Actor, one: Answered, verdict: Verdict, index: int, staff: int
) -> dict[str, Any]:
    period = one.spans[index]
    step = next_step(actor, one.duty, verdict, staff)
    return {
        "duty": one.duty.title,
        "period": period.title,
        "count": verdict.counts[index],
        "url": url_for(
            "boards.subject", code=verdict.duty, subject=verdict.subject, period=period.code
        ),
        "actions": [step] if step else [],
    }


# ---- the children -------------------------------------------------------------------------------


def _children(actor: Actor, semester: SemesterSpan, staff: int) -> list[dict[str, Any]]:
    """Return the children paired with the teacher in the semester, and how long ago each act is."""
    query = rows(actor, register_of(Pairing)).where(
        Pairing.teacher == staff, holds_within(Pairing, semester.first, semester.last)
    )
    columns = (Pairing.id, Pairing.child, Pairing.kind, Pairing.since, Pairing.until)
    found = tuples(query.select(*columns).order_by(Pairing.until.is_null(False), Pairing.since))
    ids = [child for _, child, *_ in found]
    called = labels(actor, {register_of(Child): set(ids)})
    placed, ago = classes_on(ids, actor.today), since_last(actor, ids)[1]
    return [
        {
            "url": url_for("child.detail", rid=child),
            "cells": [
                called.get(("child", child), ""),
                placed.get(child, (0, ""))[1],
                kind,
                _stretch(since, until),
                *ago[child],
            ],
        }
        for _, child, kind, since, until in found
    ]


def _stretch(since: Any, until: Any) -> str:
    first, last = day_of(since), day_of(until)
    assert first is not None
    return f"{first:%Y-%m-%d} 至 {last:%Y-%m-%d}" if last else f"{first:%Y-%m-%d} 起"
