"""通知: what a person should hear of, in one place: the digest of the day and the own notices."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from admin.frame.awhile import for_a_while, forget
from admin.frame.context import actor
from compliance.told.digest import Told, digest
from compliance.told.inbox import inbox
from models.core.actor import Actor
from models.core.boxes import COUNSELLOR, LEADERSHIP, OFFICE
from models.core.display import Page
from models.core.rights import may
from models.school import notices
from models.sealed import messages

bp = Blueprint("notices", __name__, url_prefix="/notices")

_UNREAD = "unread notices"
# So many notices stand on the page; the register has all.
SHOWN = 20
# Where a line of the digest leads; a teacher's duties lead to the day's page.
LEADS_TO = {
    "incident": "incidents.index",
    "decision": "boards.inbox",
    "expiring": "review_tasks.index",
}


@bp.app_context_processor
def bell() -> dict[str, Any]:
    """Put the count of what is unread beside the bell; a leader's counts what waits as well."""
    acting: Actor | None = getattr(g, "actor", None)
    if acting is None:
        return {}
    if acting.role == LEADERSHIP and (waiting := len(inbox(acting))):
        # Unread notices stand on that page.
        return {"notices_count": waiting, "notices_url": url_for("boards.inbox")}
    return {"notices_count": unread_of(acting), "notices_url": url_for("notices.index")}


def unread_of(acting: Actor) -> int:
    """Return how many notices the person has not read, those about seal and accounts included.

    Every page asks it: the own notices are counted anew every half minute, and at once after one
    was read; what is said of seal and accounts does not wait.
    """
    told = acting.role in (LEADERSHIP, COUNSELLOR)
    own = for_a_while(_UNREAD, acting.user_id, lambda: notices.unread(acting))
    return own + (messages.unread(acting) if told else 0)


@bp.get("")
def index() -> ResponseReturnValue:
    """Show what to hear of today, then the own notices, unread ones first."""
    acting = actor()
    told = digest(acting)
    unread, read = _own(acting)
    sealed = messages.unread(acting) if acting.role in (LEADERSHIP, COUNSELLOR) else 0
    return render_template(
        "notices/index.html",
        page_title=_title(told, len(unread) + sealed),
        told=[one._asdict() | {"url": _url(acting, one)} for one in told],
        unread=unread,
        read=read,
        sealed=sealed,
        may_send=bool(may(acting, "create", notices.NOTICES)),
    )


def _title(told: list[Told], unread: int) -> str:
    said = [f"{len(told)} 件事要留意"] if told else []
    said += [f"{unread} 条通知没有看"] if unread else []
    return "，".join(said) or "没有要留意的事，也没有新通知"


def _url(acting: Actor, told: Told) -> str:
    if told.kind == "decision" and acting.role != LEADERSHIP:
        return url_for("sessions.account", _anchor="hat")
    if told.kind in LEADS_TO:
        return url_for(LEADS_TO[told.kind])
    if acting.role in OFFICE:
        return url_for("boards.index", _anchor="duties")
    return url_for("boards.today")


def _own(acting: Actor) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the newest own notices as (unread, read), as the person may see them."""
    found = list(notices.own(acting).limit(SHOWN))
    new = {one.id for one in notices.waiting(acting)}
    page = Page(acting, notices.NOTICES, found, "detail")
    shown = [
        {
            "id": one.id,
            "title": page.text(one, "title"),
            "text": page.text(one, "text"),
            "at": page.text(one, "sent_at"),
            "new": one.id in new,
        }
        for one in found
    ]
    return [one for one in shown if one["new"]], [one for one in shown if not one["new"]]


@bp.post("/<int:notice_id>/read")
def read(notice_id: int) -> ResponseReturnValue:
    """Put an own notice away."""
    acting = actor()
    notices.mark_read(acting, notice_id if notice_id < 2**31 else 0)
    forget(_UNREAD, acting.user_id)
    return redirect(url_for("notices.index"), 303)
