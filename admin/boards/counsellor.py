"""What a counsellor's day begins with: today's sessions, cards to finish, the next step.

Code of the case and dates alone, which stand open beside the sealed payload; a card's child and
text are read on the sealed pages, which ask for the passphrase.
"""

from __future__ import annotations

from typing import Any

from flask import url_for

from models.core.actor import Actor
from models.core.boxes import COUNSELLOR
from models.core.gates import rows
from models.kept.counselling import SESSIONS, Counselling

# So many cards stand on the page, the oldest first; all are in the list.
CARDS = 5


def counselling_day(actor: Actor) -> dict[str, Any] | None:
    """Return the card of the counsellor's day, None for anybody else.

    A card is to be finished until its day of completion is noted; until then it is not handed over.
    """
    if actor.role != COUNSELLOR:
        return None
    own = rows(actor, SESSIONS).where(Counselling.counsellor == actor.staff_id)
    happened = list(own.where(Counselling.held_on == actor.today).order_by(Counselling.id))
    unfinished = own.where(Counselling.finished_on.is_null(True))
    oldest = list(unfinished.order_by(Counselling.held_on, Counselling.id).limit(CARDS + 1))
    count = unfinished.count() if len(oldest) > CARDS else len(oldest)
    return {
        "held": [_line(row) for row in happened],
        "unfinished": [_line(row) for row in oldest[:CARDS]],
        "count": count,
        "more_url": url_for("sealed.records", slug=SESSIONS.slug) if count > CARDS else "",
        "next": _next(oldest),
    }


def _line(one: Any) -> dict[str, str]:
    return {
        "code": one.case_code,
        "day": f"{one.held_on:%m-%d}",
        "url": url_for("sealed.detail", slug=SESSIONS.slug, rid=one.id),
    }


def _next(oldest: list[Any]) -> dict[str, str]:
    """Return the one filled button: the card that waits longest, else a new session."""
    if oldest:
        return {"word": f"写完 {oldest[0].case_code} 的记录卡", "url": _line(oldest[0])["url"]}
    return {"word": "登记一次咨询", "url": url_for("sealed.new", slug=SESSIONS.slug)}
