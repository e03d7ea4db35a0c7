"""One duty: its subjects with their periods, and one subject with the records behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from flask import url_for

from admin.boards.teacher_access import teacher_url
from admin.boards.weeks import day
from admin.frame.menu import register_url
from admin.frame.paging import PER_PAGE, page_of, paging
from admin.registers.short_forms import next_step, sources_of
from compliance.judged.evaluation import as_of_in, periods_of
from compliance.judged.evidence import LIMIT, Evidence, evidence
from compliance.judged.naming import names
from compliance.judged.store import STATES, Verdict, totals_of, verdicts
from compliance.judged.verdict import GRAVEST, State
from compliance.ordered.catalogue import source_register
from compliance.ordered.duty import Duty
from compliance.ordered.periods import Period
from compliance.told.grounds import BY, ground
from compliance.told.progress import RUNNING, Share, latest, noun, running, share_of
from models.core import calendar
from models.core.actor import Actor
from models.core.display import Page
from models.core.labels import labels
from models.core.register import register_of
from models.core.rights import may
from models.core.school_calendar import SemesterSpan
from models.kept.children import Child
from models.kept.pairings import Excuse
from models.kept.staff import Staff


def duty_page(
    actor: Actor, duty: Duty, semester: SemesterSpan, args: Mapping[str, str]
) -> dict[str, Any]:
    """Return a duty's page: the subjects of one period, filtered by state, worst first."""
    spans = periods_of(duty, semester, calendar.school_calendar())
    found = verdicts(actor, semester.code, duty=duty.code)
    index = chosen_period(spans, args.get("period", ""), actor)
    counted = (
        Counter(verdict.letters[index] for verdict in found) if index is not None else Counter()
    )
    state = args.get("state", "")
    listed = [
        verdict for verdict in found if index is None or not state or _is(verdict, index, state)
    ]
    listed.sort(key=lambda one: _rank(one, index))
    page, pages = page_of(args, len(listed))
    chosen = listed[(page - 1) * PER_PAGE : page * PER_PAGE]
    called = names(actor, chosen, actor.today)
    here: dict[str, Any] = {"code": duty.code, "semester": semester.code}
    period = spans[index] if index is not None else None
    kept = {name: args[name] for name in ("period", "state") if args.get(name)}
    return {
        "page_title": _title(duty, period, counted, bool(found)),
        "breadcrumbs": [
            {"title": "职责进度", "url": url_for("boards.index", semester=semester.code)},
        ],
        "facts": facts(duty),
        "tabs": _tabs(counted, state, period, here),
        "steps": _steps(spans, index, here),
        "columns": [_column(span, span is period) for span in spans],
        "rows": [_row(verdict, called, spans, here) for verdict in chosen],
        "share": _share(found),
        "empty": not found,
        "list_url": register_url(actor, source_register(sources_of(duty)[0])),
        "noun": noun(duty),
        "paging": paging("boards.duty", page, pages, f"{len(listed)} 个", **here, **kept),
    }


def subject_page(
    actor: Actor,
    duty: Duty,
    semester: SemesterSpan,
    subject: int,
    args: Mapping[str, str],
) -> dict[str, Any] | None:
    """Return one subject's page with its records, None when the actor may not see it."""
    found = verdicts(actor, semester.code, duty=duty.code, subject=subject)
    if not found:
        return None
    (verdict,) = found
    school_calendar = calendar.school_calendar()
    spans = periods_of(duty, semester, school_calendar)
    here: dict[str, Any] = {"code": duty.code, "semester": semester.code}
    asked = next((i for i, one in enumerate(spans) if one.code == args.get("period")), None)
    chosen = spans if asked is None else (spans[asked],)
    as_of = as_of_in(semester, actor.today, school_calendar)
    name = names(actor, found, actor.today)[duty.code, subject]
    return {
        "page_title": f"{name}：{_answer(verdict, spans, asked, actor)}",
        "breadcrumbs": [
            {"title": "职责进度", "url": url_for("boards.index", semester=semester.code)},
            {"title": duty.title, "url": url_for("boards.duty", **here)},
        ],
        "facts": [*facts(duty), *_who(actor, verdict)],
        "columns": [_column(one, i == asked) for i, one in enumerate(spans)],
        "row": {
            "title": noun(duty),
            "cells": [
                _subject_cell(verdict, i, one.title)
                | {"url": url_for("boards.subject", subject=subject, period=one.code, **here)}
                for i, one in enumerate(spans)
            ],
        },
        "period": spans[asked] if asked is not None else None,
        "all_url": url_for("boards.subject", subject=subject, **here),
        "groups": [_group(actor, one) for one in evidence(actor, duty, verdict, chosen, as_of)],
        "noun": noun(duty),
        "actions": _actions(actor, duty, verdict, spans[asked] if asked is not None else None),
    }


def _subject_cell(verdict: Verdict, index: int, period: str) -> dict[str, Any]:
    state, count = verdict.state(index), verdict.counts[index]
    return {
        "state": state.slug,
        "text": count or None,
        "title": f"{period}：{state.word}，{count} 次",
    }


def facts(duty: Duty) -> list[dict[str, Any]]:
    """Return what the duty asks, in words: how often, by whom, on which clauses."""
    often = duty.every.word + ("（本校自定）" if duty.proposed else "")
    least = sum(part.least for part in duty.parts) or duty.measure.least
    return [
        {"label": "要求", "value": f"{often}至少 {least} 次"},
        {"label": "由谁做", "value": "、".join(BY[one] for one in duty.by)},
        {"label": "依据口径", "value": f"{ground(duty)}。"},
        {"label": "依据", "value": "、".join(duty.clauses)},
    ]


def _who(actor: Actor, verdict: Verdict) -> list[dict[str, Any]]:
    """The teacher and the child behind a verdict, each leading to the own page."""
    behind = {register_of(Staff): verdict.staff, register_of(Child): verdict.child}
    called = labels(actor, {kind: {one} for kind, one in behind.items() if one is not None})
    found: list[dict[str, Any]] = []
    if verdict.staff is not None:
        name = called.get(("staff", verdict.staff), "")
        url = teacher_url(actor, verdict.staff)
        found.append({"label": "教师", "value": {"text": name, "url": url}})
    if verdict.child is not None:
        name = called.get(("child", verdict.child), "")
        url = url_for("child.detail", rid=verdict.child)
        found.append({"label": "学生", "value": {"text": name, "url": url}})
    return found


def chosen_period(spans: tuple[Period, ...], code: str, actor: Actor) -> int | None:
    """Return the number of the period asked for, else of the running or last one."""
    asked = next((i for i, one in enumerate(spans) if one.code == code), None)
    return latest(spans, actor.today) if asked is None else asked


def _is(verdict: Verdict, index: int, slug: str) -> bool:
    return verdict.state(index).slug == slug


def _rank(verdict: Verdict, index: int | None) -> tuple[int, int, int]:
    """Worst in the period first, then whoever was missed most often."""
    state = GRAVEST.index(verdict.state(index)) if index is not None else 0
    return state, -verdict.letters.count(State.MISSED.value), verdict.subject


def _title(duty: Duty, period: Period | None, counted: Counter[str], has_rows: bool) -> str:
    if not has_rows:
        return f"{duty.title}：这学期没有应办的对象"
    if period is None:
        return duty.title
    missed, due = counted[State.MISSED.value], counted[State.DUE.value]
    if missed:
        return f"{period.title}有 {missed} 个没有{noun(duty)}"
    return (
        f"{period.title}还差 {due} 次{noun(duty)}" if due else f"{period.title}{noun(duty)}都办了"
    )


def _tabs(
    counted: Counter[str], state: str, period: Period | None, here: dict[str, Any]
) -> list[dict[str, Any]]:
    if period is None:
        return []
    base: dict[str, Any] = {**here, "period": period.code}
    whole = sum(counted.values())
    tabs = [
        {
            "title": "全部",
            "url": url_for("boards.duty", **base),
            "active": not state,
            "count": whole,
        }
    ]
    for one in GRAVEST:
        if counted[one.value]:
            url = url_for("boards.duty", state=one.slug, **base)
            tabs.append(
                {
                    "title": one.word,
                    "url": url,
                    "active": state == one.slug,
                    "count": counted[one.value],
                }
            )
    return tabs


def _steps(spans: tuple[Period, ...], index: int | None, here: dict[str, Any]) -> dict[str, Any]:
    """The period before and the one after."""

    def step(number: int | None) -> dict[str, str] | None:
        if number is None or not 0 <= number < len(spans):
            return None
        one = spans[number]
        return {"title": one.title, "url": url_for("boards.duty", period=one.code, **here)}

    now = spans[index] if index is not None else None
    return {
        "before": step(None if index is None else index - 1),
        "after": step(None if index is None else index + 1),
        "now": f"{now.title}（{day(now.first)} 至 {day(now.last)}）" if now else "",
    }


def _column(period: Period, current: bool) -> dict[str, Any]:
    label = period.code.lstrip("w").lstrip("0") if period.code[0] == "w" else period.title
    return {"label": label, "title": period.title, "current": current}


def _row(
    verdict: Verdict,
    called: dict[tuple[str, int], str],
    spans: tuple[Period, ...],
    here: dict[str, Any],
) -> dict[str, Any]:
    return {
        "title": called[verdict.duty, verdict.subject],
        "url": url_for("boards.subject", subject=verdict.subject, **here),
        "cells": [
            {
                "state": STATES[letter].slug,
                "text": count if count > 1 else None,
                "title": f"{period.title}：{STATES[letter].word}",
            }
            for letter, count, period in zip(verdict.letters, verdict.counts, spans, strict=True)
        ],
        "number": verdict.letters.count(State.MISSED.value),
    }


def _share(found: list[Verdict]) -> Share:
    summed = totals_of(found)
    return sum(
        (share_of(period) for each in summed.values() for period in each.periods), Share(0, 0)
    )


def _answer(verdict: Verdict, spans: tuple[Period, ...], asked: int | None, actor: Actor) -> str:
    """What became of the period asked for, or how many periods were missed."""
    if asked is not None:
        return f"{spans[asked].title}{verdict.state(asked).word}"
    missed = verdict.letters.count(State.MISSED.value)
    now = running(spans, actor.today)
    if missed:
        return f"本学期有 {missed} 次未达标"
    if now is not None and verdict.state(now) is State.DUE:
        return f"{RUNNING[spans[now].frequency]}还没有办"
    return "到今天都做到了"


def _group(actor: Actor, found: Evidence) -> dict[str, Any]:
    """The records of one register as a table of its list columns."""
    page = Page(actor, found.register, found.records, "list")
    columns = page.columns()[:6]
    return {
        "title": found.register.title,
        "more": f"只列最近 {LIMIT} 条，更早的请到“{found.register.title}”里查看。"
        if found.more
        else "",
        "columns": [
            {"key": name, "label": label, "card": min(i + 1, 3)}
            for i, (name, label) in enumerate(columns)
        ]
        + [{"key": "counts", "label": "计入", "card": 3}],
        "rows": [
            {
                "id": record.id,
                "url": url_for(f"{found.register.slug}.detail", rid=record.id),
                "cells": [page.text(record, name) for name, _ in columns]
                + [_counts(record.id in found.lacking)],
            }
            for record in found.records
        ],
    }


def _counts(lacks: bool) -> dict[str, str]:
    return (
        {"state": "missed", "text": "还缺内容，没有计入"}
        if lacks
        else {"state": "done", "text": "计入"}
    )


def _actions(
    actor: Actor, duty: Duty, verdict: Verdict, period: Period | None
) -> list[dict[str, str]]:
    """Enter one now, and excuse it."""
    step = next_step(actor, duty, verdict)
    found = [step | {"kind": "primary", "icon": "plus"}] if step else []
    excuses = register_of(Excuse)
    whom = _whom(duty, verdict)
    if may(actor, "create", excuses) and whom:
        if period is not None:
            whom |= {"first": period.first, "last": period.last}
        url = url_for("excuse.new", duty=duty.code, **whom)
        found.append({"word": "登记免计", "url": url, "kind": "", "icon": "calendar"})
    return found


def _whom(duty: Duty, verdict: Verdict) -> dict[str, Any]:
    if duty.subject == "pairing":
        return {"pairing": verdict.subject}
    if verdict.child is not None:
        return {"child": verdict.child}
    return {"teacher": verdict.staff} if verdict.staff is not None else {}
