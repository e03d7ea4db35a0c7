"""What the pages of the scoring sheet show, and how a posted sheet is saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import url_for

from compliance.checklists.scoring import Suggestion, suggestions, tree
from compliance.ordered.catalogue import duties
from models.core import calendar, service
from models.core.actor import Actor
from models.core.display import Page
from models.core.errors import Invalid, NotFound
from models.core.gates import row, rows
from models.core.labels import labels
from models.core.register import register_of
from models.core.rights import may, may_on
from models.core.service import LineInput
from models.core.values import whole
from models.kept.school import Semester
from models.kept.supervision import ScoringLine, ScoringSheet

SHEETS, LINES = register_of(ScoringSheet), register_of(ScoringLine)
# What is filled in when scoring, and when the indicators themselves are changed.
SCORED = ("score", "reason", "evidence")
INDICATOR = ("code", "group", "title", "standard", "points", "how_checked")


def sheets_page(actor: Actor) -> dict[str, Any]:
    """Return the sheets there are, newest first, with their totals."""
    found = list(rows(actor, SHEETS).order_by(ScoringSheet.made_on.desc(), ScoringSheet.id.desc()))
    sums: dict[int, list[int]] = {sheet.id: [0, 0, 0] for sheet in found}
    for line in rows(actor, LINES).where(ScoringLine.sheet.in_(list(sums))):
        total = sums[line.sheet_id]
        total[0] += line.score or 0
        total[1] += line.points
        total[2] += line.score is None
    terms = labels(actor, {register_of(Semester): {one.semester_id for one in found}})
    return {
        "page_title": f"自评打分 {len(found)} 份" if found else "还没有自评打分",
        "sheets": [
            {
                "title": sheet.title,
                "url": url_for("inspection.sheet", sheet_id=sheet.id),
                "note": f"{terms.get(('semester', sheet.semester_id), '')} · {sheet.made_on}",
                "score": f"{sums[sheet.id][0] / 10:g}",
                "of": f"{sums[sheet.id][1] / 10:g}",
                "open": sums[sheet.id][2],
            }
            for sheet in found
        ],
        "may_start": bool(may(actor, "create", SHEETS)),
        "shipped": tree().title,
    }


def fetch(actor: Actor, sheet_id: Any) -> Any:
    """Return a sheet within the actor's rows; NotFound otherwise."""
    found = row(actor, SHEETS, sheet_id)
    if found is None:
        raise NotFound("没有找到这份打分表")
    return found


def sheet_page(
    actor: Actor,
    sheet: Any,
    *,
    changing: bool = False,
    posted: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return one sheet: its groups and indicators with scores and what the records suggest."""
    lines = list(rows(actor, LINES).where(ScoringLine.sheet == sheet.id).order_by(ScoringLine.code))
    shown = Page(actor, LINES, lines, "detail")
    code = next((s.code for s in calendar.semesters() if s.id == sheet.semester_id), "")
    span = calendar.school_calendar().semester(code)
    suggested = suggestions(actor, span, duties()) if span is not None and not changing else {}
    groups: dict[str, list[dict[str, Any]]] = {}
    for place, line in enumerate(lines):
        values = _values(shown, line, place, posted)
        one = _line(line, values, suggested.get(line.code), place, errors or {})
        groups.setdefault(values["group"] or "其他", []).append(one)
    scored = sum(line.score or 0 for line in lines)
    points = sum(line.points for line in lines)
    left = sum(line.score is None for line in lines)
    return {
        "page_title": f"自评 {scored / 10:g} 分" + (f"，还有 {left} 项没打" if left else ""),
        "sheet": sheet,
        "term": labels(actor, {register_of(Semester): {sheet.semester_id}}).get(
            ("semester", sheet.semester_id), ""
        ),
        "groups": [_group(title, found) for title, found in groups.items()],
        "total": f"{scored / 10:g}",
        "points": f"{points / 10:g}",
        "may_edit": bool(may_on(actor, "edit", SHEETS, sheet)),
        "changing": changing,
        "next_place": len(lines),
        "errors": errors or {},
    }


def _group(title: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a group of indicators with its score out of its points."""
    return {
        "title": title,
        "lines": found,
        "score": f"{sum(one['scored'] for one in found) / 10:g}",
        "points": f"{sum(one['worth'] for one in found) / 10:g}",
    }


def _values(shown: Page, line: Any, place: int, posted: Mapping[str, str] | None) -> dict[str, str]:
    """Return what stands in the inputs: what was typed, else what is kept."""
    kept = {name: shown.text(line, name) for name in (*INDICATOR, *SCORED)}
    if posted is None:
        return kept
    return {name: posted.get(f"{place}.{name}", text) for name, text in kept.items()}


def _line(
    line: Any,
    values: dict[str, str],
    suggested: Suggestion | None,
    place: int,
    errors: Mapping[str, str],
) -> dict[str, Any]:
    mine = {
        key.rpartition(".")[2]: text
        for key, text in errors.items()
        if key.startswith(f"{LINES.slug}.{place}.")
    }
    return {
        "id": line.id,
        "version": line.version,
        "place": place,
        "scored": line.score or 0,
        "worth": line.points,
        "suggested": f"{suggested.score / 10:g}" if suggested else "",
        "facts": "；".join(suggested.facts) if suggested else "",
        "errors": mine,
        **values,
    }


def save(actor: Actor, sheet: Any, form: Mapping[str, str]) -> None:
    """Save the posted lines of a sheet; Invalid with keys as the service gives them."""
    given = []
    for place in range(_count(form)):
        values = {
            name: form[f"{place}.{name}"]
            for name in (*INDICATOR, *SCORED)
            if f"{place}.{name}" in form
        }
        number = whole(form.get(f"{place}.id"))
        if number is None:
            if any(values.get(name, "").strip() for name in ("title", "points")):
                given.append(LineInput(values))
            continue
        given.append(
            LineInput(
                values,
                id=number,
                version=whole(form.get(f"{place}.version")),
                remove=bool(form.get(f"{place}.remove")),
            )
        )
    seen = whole(form.get("version"))
    version = sheet.version if seen is None else seen
    service.update(actor, SHEETS, sheet.id, {}, version, {LINES.slug: given})


def _count(form: Mapping[str, str]) -> int:
    """Return how many lines were posted; a sheet of a school has some dozens."""
    count = whole(form.get("lines"), most=999) or 0
    if count > 300:
        raise Invalid({"": "指标太多，一份打分表最多 300 项"})
    return count
