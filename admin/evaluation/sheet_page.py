"""The page of a sheet: how the score came about, in a table and in words, and the next step."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from flask import url_for

from compliance.evaluated import behind, sheets
from compliance.evaluated.report import number
from compliance.evaluated.score import PLACES, Line, facts_score, gain, half_up, year_end
from compliance.evaluated.year import Year, year_called
from compliance.judged.verdict import State
from models.core import audit
from models.core.actor import Actor
from models.core.boxes import INSPECTOR, LEADERSHIP
from models.core.gates import every_row
from models.core.labels import labels
from models.core.register import REGISTERS, register_of
from models.kept.evaluation import (
    EVALUATION_OUTCOMES,
    OF_DEPARTMENT,
    SIDES,
    Evaluation,
    EvaluationPoint,
    basis_record,
    point_sums,
    year_end_share,
)
from models.kept.leadership import Department, LeadershipMember
from models.kept.staff import Staff
from models.school import evaluations

SHOWN = (
    (State.DONE, "按时"),
    (State.BACK_FILLED, "补录"),
    (State.DONE_LATE, "迟办"),
    (State.MISSED, "未做到"),
    (State.EXCUSED, "免计"),
    (State.DUE, "未到期"),
)


def sheet(actor: Actor, found: Any) -> dict[str, Any]:
    """Return a sheet's page for whoever may open it; remarks and objections stay with the staff."""
    settings = evaluations.year_row(found.school_year)
    asked = year_called(found.school_year)
    assert asked is not None
    own_lines, points = sheets.lines_on(found), _points(found)
    state = evaluations.state_of(found, settings, actor.today)
    given = point_sums([found]).get(found.id, 0)
    settled = found.shown_on is not None
    score = found.score if settled else sheets.proposal(found, settings, given)
    told, tenths = sheets.facts_on(found), year_end_share()
    people = _people(actor, found)
    name = people["subject"]
    inspects = actor.role == INSPECTOR
    return {
        "page_title": f"{name}：{_answer(score, found.outcome)}",
        "breadcrumbs": _crumbs(actor, asked),
        "sheet": found,
        "register": register_of(Evaluation),
        "record": found,
        "name": name,
        "people": people,
        "state": state,
        "settings": settings,
        "score": number(score),
        "share": number(year_end(score, tenths)),
        "of": number(tenths * 10),
        "as_of": told.get("as_of"),
        "before": number(told.get("before")),
        "sides": _sides(found, settings),
        "answers": told.get("answers", 0),
        "lines": table(own_lines, asked.code, found, since=_after_closing(found, asked)),
        "words": words(own_lines),
        "points": points,
        "given": number(given),
        "staff_only": not inspects,
        "place": sheets.ranking(evaluations.newest(found.school_year)).get(found.id)
        if settled
        else None,
        "since": _since(actor, found),
        "editions": [edition for edition in evaluations.editions(found) if edition.id != found.id],
        "last_day": evaluations.last_day_to_object(found, settings) if settled else None,
        "forms": _forms(actor, found, settings, state),
        "outcomes": EVALUATION_OUTCOMES,
        "by_thresholds": evaluations.outcome_for(score, settings) if score is not None else "",
        "countersigners": _countersigners(actor, found, settings),
        "head": audit.head()[1],
    }


def _answer(score: int | None, outcome: str | None) -> str:
    if score is None:
        return "没有应办的任务，没有得分"
    return f"{number(score)} 分" + (f"，{outcome}" if outcome else "")


def _crumbs(actor: Actor, asked: Any) -> list[dict[str, str]]:
    if evaluations.may_see_all(actor) or actor.role == INSPECTOR:
        url = url_for("evaluations.year", code=asked.code)
        return [{"title": f"{asked.title}考核", "url": url}]
    return [{"title": "我的考核", "url": url_for("evaluations.mine", code=asked.code)}]


def _people(actor: Actor, found: Any) -> dict[str, str]:
    named = {
        name: found.__data__.get(name)
        for name in (
            "teacher",
            "leadership_by",
            "answered_by",
            "decided_by",
            "first_signed_by",
            "countersigned_by",
            "signed_by",
        )
    }
    departments = {found.department_id} - {None}
    staff = {one for one in named.values() if one is not None}
    called = labels(actor, {register_of(Staff): staff, register_of(Department): departments})
    people = {name: called.get(("staff", one), "") for name, one in named.items()}
    slug = "department" if found.kind == OF_DEPARTMENT else "staff"
    return people | {"subject": called.get((slug, evaluations.subject_of(found)), "")}


def _sides(found: Any, settings: Any) -> list[dict[str, Any]]:
    scores, shares = sheets.sides_on(found), sheets.shares_of(settings)
    return [
        {
            "word": word,
            "share": shares[name],
            "score": None if (exact := scores[name]) is None else number(half_up(exact * PLACES)),
        }
        for name, word in SIDES.items()
        if shares[name]
    ]


def _after_closing(found: Any, asked: Year) -> dict[str, int]:
    """What was added behind a closing, of a sheet that is not frozen yet."""
    if found.signed_on is not None or found.teacher_id is None:
        return {}
    return behind.after_closing(asked, found.teacher_id, sheets.as_of(found))


def table(
    own: list[Line],
    code: str,
    found: Any | None,
    staff: int | None = None,
    since: Mapping[str, int] | None = None,
) -> list[Any]:
    """Return the duties as rows; each number leads to exactly its periods and their records.

    `since` says per duty how many records came in after the closing of their semester.
    """
    whose = staff if found is None else found.teacher_id
    rows = []
    for line in own:
        later = (since or {}).get(line.duty.code, 0)
        title = f"{line.title}（封存后 +{later}）" if later else line.title
        cells: list[Any] = [title, line.weight, line.counted.judged]
        for state, _ in SHOWN:
            n = line.counted.of(state)
            url = ""
            if whose is not None:
                more = {"state": state.slug} | ({"sheet": found.id} if found is not None else {})
                url = url_for(
                    "evaluations.cells", code=code, staff=whose, duty=line.duty.code, **more
                )
            cells.append(({"text": str(n), "url": url} if url else n) if n else "")
        cells.append("" if line.share is None else f"{percent(line.share)}%")
        rows.append({"cells": cells})
    return rows


def percent(share: Fraction) -> str:
    """Return a share in percent with two places."""
    return number(half_up(share * 100 * PLACES)) or ""


def words(own: list[Line]) -> list[str]:
    """Return how the facts' score came about, and what would have raised it most, in sentences."""
    exact = facts_score(own)
    if exact is None:
        return ["这一年没有到期应办的任务，所以没有事实得分；没有数据不等于零分。"]
    judged = [line for line in own if line.share is not None]
    weights = sum(line.weight for line in judged)
    said = [
        f"事实得分 {number(half_up(exact * PLACES))}：{len(judged)} 项任务各按"
        f"“做到的份额 × 权重”相加，再除以权重之和 {weights}。"
        "份额只看应办的做到多少，不看记录写了多少条。",
        "按时做到和补录各计 1，迟办按本校设置计，没做满的按做到的比例计；"
        "免计和没到期的两边都不算。",
    ]
    best = sorted(judged, key=lambda one: -gain(one, judged))[:3]
    raised = [
        f"“{line.title}”全部做到可多 {number(half_up(gain(line, judged) * PLACES))} 分"
        f"（应办 {line.counted.judged} 次，还差 {line.counted.of(State.MISSED)} 次）"
        for line in best
        if gain(line, judged) > 0
    ]
    if raised:
        said.append("影响最大的是：" + "；".join(raised) + "。")
    else:
        said.append("应办的都做到了。")
    return said


def _points(found: Any) -> list[dict[str, Any]]:
    query = every_row(register_of(EvaluationPoint)).where(EvaluationPoint.evaluation == found.id)
    rows = []
    for row in query.order_by(EvaluationPoint.id):
        record = basis_record(row.basis or "")
        url = url_for(f"{record[0]}.detail", rid=record[1]) if record else ""
        rows.append(
            {
                "id": row.id,
                "points": number(row.points),
                "reason": row.reason,
                "basis": {"text": row.basis or "", "url": url},
            }
        )
    return rows


def _since(actor: Actor, found: Any) -> list[dict[str, Any]]:
    """What was changed or deleted of a signed sheet's records since, for the staff."""
    if found.signed_on is None or actor.role == INSPECTOR:
        return []
    seen = behind.changes(found)
    rows = [(name, "签署后改过") for name in seen.changed]
    rows += [(name, "签署后已删除") for name in seen.gone]
    return [
        {
            "text": f"{REGISTERS[slug].title} {record}",
            "note": note,
            "url": url_for(f"{slug}.detail", rid=record)
            if note == "签署后改过" and not REGISTERS[slug].parent
            else "",
        }
        for (slug, record), note in rows
    ]


def _countersigners(actor: Actor, found: Any, settings: Any) -> list[dict[str, Any]]:
    if actor.role != LEADERSHIP or not evaluations.needs_paper(actor, found, settings):
        return []
    members = evaluations.countersigners(actor, found)
    called = labels(actor, {register_of(LeadershipMember): {member.id for member in members}})
    return [
        {"id": member.id, "name": called.get(("leadership-member", member.id), "")}
        for member in members
    ]


def _has_left(found: Any, actor: Actor) -> bool:
    """Whether the teacher has left: told alone, without waiting for the others."""
    left = every_row(register_of(Staff)).where(
        Staff.id == found.teacher_id, Staff.left_on <= actor.today
    )
    return found.teacher_id is not None and bool(left.exists())


def _forms(actor: Actor, found: Any, settings: Any, state: str) -> set[str]:
    """The steps the actor may take now; the procedure checks each again."""
    own = evaluations.is_own(actor, found)
    newest = evaluations.editions(found)[0].id == found.id
    steps: set[str] = set()
    if found.teacher_id == actor.staff_id and actor.staff_id is not None and newest:
        if state == evaluations.DRAFT:
            steps.add("self")
        if state == evaluations.TOLD:
            steps |= {"agree", "contest"}
    if actor.role != LEADERSHIP or not newest:
        return steps
    if state in (evaluations.DECIDED, evaluations.HALF_SIGNED) and (
        not own or evaluations.needs_paper(actor, found, settings)
    ):
        steps.add("sign")
    if own:
        return steps
    allowed = {
        evaluations.DRAFT: {"assess", "points"},
        evaluations.OBJECTED: {"answer"},
        evaluations.ANSWERED: {"decide"},
        evaluations.DECIDED: {"decide"},
        evaluations.SIGNED: {"reopen", "lend"},
    }
    steps |= allowed.get(state, set())
    if state == evaluations.DRAFT and found.edition > 1:
        steps.add("refresh")
    elif state == evaluations.DRAFT and _has_left(found, actor):
        steps.add("tell")
    return steps
