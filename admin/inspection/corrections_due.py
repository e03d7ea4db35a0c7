"""What the page of corrections shows: problem, deadline, what was done, who verified it."""

from __future__ import annotations

from typing import Any

from flask import url_for

from admin.registers.list import link
from compliance.told.corrections import (
    OPEN,
    OVERDUE,
    RECTIFICATIONS,
    VERIFIED,
    WAITING,
    Correction,
    corrections,
)
from models.core.actor import Actor
from models.core.boxes import OFFICE
from models.core.display import Page
from models.core.register import register_of
from models.core.rights import may
from models.kept.supervision import Supervision

STEPS = (OVERDUE, WAITING, OPEN, VERIFIED)


def page(
    actor: Actor, step: str, wrong: int = 0, errors: dict[str, str] | None = None
) -> dict[str, Any]:
    """Return the problems, of one step or all, and what may be done with each.

    `errors` belong to the verification of the problem numbered `wrong`.
    """
    found = corrections(actor)
    chosen = [correction for correction in found if step not in STEPS or correction.step == step]
    shown = Page(actor, RECTIFICATIONS, [correction.record for correction in chosen], "detail")
    counts = {name: sum(correction.step == name for correction in found) for name in STEPS}
    return {
        "page_title": _heading(counts, len(found)),
        "tabs": _tabs(counts, step, len(found)),
        "lines": [_line(actor, shown, correction) for correction in chosen],
        "add_url": url_for("supervision.new")
        if may(actor, "create", register_of(Supervision))
        else "",
        "any": bool(found),
        "wrong": wrong,
        "errors": errors or {},
    }


def _heading(counts: dict[str, int], total: int) -> str:
    if counts[OVERDUE]:
        return f"{counts[OVERDUE]} 个问题整改超期"
    open_ = counts[OPEN] + counts[WAITING]
    if open_:
        return f"还有 {open_} 个问题没有整改验收"
    return f"{total} 个问题都已整改验收" if total else "还没有督查发现的问题"


def _tabs(counts: dict[str, int], step: str, total: int) -> list[dict[str, Any]]:
    here = url_for("inspection.corrections")
    tabs: list[dict[str, Any]] = [
        {"title": "全部", "url": here, "active": step not in STEPS, "count": total}
    ]
    for name in STEPS:
        url = url_for("inspection.corrections", step=name)
        tabs.append({"title": name, "url": url, "active": step == name, "count": counts[name]})
    return tabs


def _line(actor: Actor, shown: Page, one: Correction) -> dict[str, Any]:
    record = one.record

    def said(name: str) -> str:
        return shown.text(record, name)

    late = f"{one.step} {one.days_late} 天" if one.step == OVERDUE else one.step
    writes = actor.role in OFFICE
    return {
        "id": record.id,
        "state": one.state.slug,
        "step": late,
        "late": one.days_late if one.step in (WAITING, VERIFIED) else 0,
        "problem": said("problem"),
        "url": url_for("supervision.detail", rid=record.supervision_id),
        "facts": [
            {"label": "期限", "value": said("deadline") or {"unfilled": True}},
            {"label": "责任人", "value": said("responsible") or {"unfilled": True}},
            {"label": "整改措施", "value": said("measure"), "long": True},
            {"label": "完成", "value": said("done_on")},
            {
                "label": "验收",
                "value": " ".join((said("verified_by"), said("verified_on"))).strip(),
            },
        ],
        "evidence": f"{one.evidence} 份依据" if one.evidence else "还没有依据",
        "evidence_url": link("photos.gallery", slug=RECTIFICATIONS.slug, record_id=record.id),
        "may_finish": writes and record.verified_on is None and record.done_on is None,
        "may_verify": bool(one.may_verify),
        "why_not": one.may_verify.reason if writes and one.step == WAITING else "",
        "today": actor.today.isoformat(),
    }
