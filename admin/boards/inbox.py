"""The leader's first page: what waits for a signature, each with the button that leads to it."""

from __future__ import annotations

from typing import Any

from flask import url_for

from admin.boards.notices import unread_of
from admin.boards.page import least_met, tiles
from admin.boards.today import credited_lines, my_pupils
from compliance.told.inbox import Waiting, inbox
from compliance.told.progress import lines
from models.core.actor import Actor
from models.core.school_calendar import SemesterSpan

# So many of the duties furthest behind stand on the page; the board has all.
BEHIND = 5


def inbox_page(actor: Actor, semester: SemesterSpan | None) -> dict[str, Any]:
    """Return the page; before the first semester there is no state of the school to show."""
    waiting, unread = inbox(actor), unread_of(actor)
    shown: dict[str, Any] = {
        "page_title": f"等您办 {len(waiting)} 件" if waiting else "没有等您签字或决定的事",
        "waiting": [_shown(one) for one in waiting],
        "unread": unread,
        "credited": credited_lines(actor),
        "unread_url": url_for("notices.index"),
        "mine": None,
        "tiles": [],
        "behind": [],
    }
    if semester is None:
        return shown
    found = lines(actor, semester)
    shares = [(line.duty, line.share()) for line in sorted(found, key=least_met)]
    behind = [(duty, share) for duty, share in shares if share.percent not in (None, 100)]
    return shown | {
        "mine": my_pupils(actor, semester),
        "tiles": tiles(actor, found, semester),
        "behind": [
            {
                "title": duty.title,
                "said": f"{share.met} / {share.asked}",
                "url": url_for("boards.duty", code=duty.code, semester=semester.code),
            }
            for duty, share in behind[:BEHIND]
        ],
    }


def _shown(one: Waiting) -> dict[str, Any]:
    since = f"{one.since:%m-%d} 起" if one.since else ""
    return {"kind": one.kind, "about": one.about, "since": since, "url": decided_at(one)}


def decided_at(one: Waiting) -> str:
    """Return the address of the page that decides it."""
    if one.at == "evaluation":
        return url_for("evaluations.year", code=one.number)
    if one.at == "semester":
        return url_for("semesters.show", semester_id=one.number)
    if one.at == "correction":
        return url_for("inspection.corrections", step="待验收")
    return url_for(PAGES[one.at])


PAGES = {
    "bundle": "bundles.index",
    "request": "sealed_office.index",
    "account": "leaders.index",
}
