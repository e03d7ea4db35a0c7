"""What the office does about sealed counselling unseen: approvals, notices, the index."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import (
    Blueprint,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from admin.frame.context import actor
from admin.frame.security import demand_password
from admin.people.outside_paper import paper_sent, paper_shown
from models.core import audit
from models.core.boxes import CLERK, COUNSELLOR, INSPECTOR, LEADERSHIP, TEACHER
from models.core.calendar import current_semester
from models.core.converters import clean
from models.core.errors import BadValue, Denied, Invalid, NotFound
from models.core.gates import row
from models.core.register import register_of
from models.core.rights import may
from models.kept.counselling import SESSIONS
from models.kept.users import User
from models.sealed import counselling, decisions, leaders, messages, requests

bp = Blueprint("sealed_office", __name__, url_prefix="/sealed-office")


def _demand(*roles: str) -> None:
    if actor().role not in roles:
        raise Denied("这一页不对您开放")


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show own notices and the requests."""
    return _page()


def _page(error: str = "", status: int = 200) -> ResponseReturnValue:
    _demand(CLERK, LEADERSHIP, COUNSELLOR)
    page = render_template(
        "counselling/office.html",
        notices=messages.notices_of(actor()),
        requests=requests.requests_for(actor()),
        may_decide=_may_decide,
        alone=leaders.is_alone(actor()),
        deciders=_deciders(),
        candidates=_candidates(),
        error=error,
    )
    return page, status


def _may_decide(one: Any) -> bool:
    """Return whether the reader is to be offered the decision on a request."""
    if actor().role != LEADERSHIP or one.state != requests.WAITING:
        return False
    try:
        requests.open_request(actor(), one.id)
    except (Denied, NotFound):
        return False
    return True


def _deciders() -> dict[int, str]:
    """Return how the account of each leader was made sure of, by its number."""
    return {
        user.id: f"账号 {user.confirmed_at:%Y-%m-%d} 由{user.confirmed_by}确认"
        for user in leaders.accounts(actor().now)
        if user.confirmed_at is not None
    }


def _candidates() -> list[Any]:
    """Return the teachers' accounts for which the role may be asked."""
    if actor().role not in (CLERK, LEADERSHIP):
        return []
    return [person for person in messages.people(TEACHER, actor().now) if person.staff_id]


@bp.post("/notice/<int:notice_id>")
def read(notice_id: int) -> ResponseReturnValue:
    """Put an own notice away."""
    messages.mark_read(actor(), notice_id)
    return redirect(url_for("sealed_office.index"), 303)


@bp.post("/role")
def ask_role() -> ResponseReturnValue:
    """Ask that a teacher become a counsellor."""
    _demand(CLERK, LEADERSHIP)
    user = row(actor(), register_of(User), request.form.get("user", ""))
    if user is None:
        return _page("请选择一位教师的账号", 422)
    try:
        decisions.ask_role(actor(), user.id, paper_sent())
    except Invalid as error:
        return _page(str(error), 422)
    flash("申请已提出，由另一位领导小组成员批准。", "success")
    return redirect(url_for("sealed_office.index"), 303)


@bp.get("/request/<int:request_id>/scan")
def scan(request_id: int) -> ResponseReturnValue:
    """Show the paper that was signed outside the school; the look is logged."""
    _demand(CLERK, LEADERSHIP, COUNSELLOR)
    found = requests.SealedRequest.get_or_none(requests.SealedRequest.id == request_id)
    if found is None:
        raise NotFound("没有找到这项申请")
    answer = paper_shown(found.scan)
    audit.log_access(actor(), "view", "sealed-request", found.id, "签字件")
    return answer


@bp.post("/request/<int:request_id>")
def decide(request_id: int) -> ResponseReturnValue:
    """Approve or refuse a request."""
    _demand(LEADERSHIP)
    said = request.form.get("decision", "")
    if said not in ("approve", "refuse"):
        return _page("请选择批准或不批准", 422)
    try:
        demand_password()
        if said == "approve":
            decisions.approve(actor(), request_id)
        else:
            decisions.refuse(actor(), request_id)
    except (Invalid, NotFound) as error:
        return _page(str(error), 422)
    flash("已办理，申请人会收到通知。", "success")
    return redirect(url_for("sealed_office.index"), 303)


@bp.get("/counselling-index")
def counselling_index() -> ResponseReturnValue:
    """The counselling index: number, date, count; nothing else."""
    decided = may(actor(), "read", SESSIONS)
    if not decided:
        raise Denied(decided.reason)
    first, last = _span()
    lines = counselling.index(actor(), first, last)
    if actor().role == INSPECTOR:
        audit.log_access(actor(), "list", SESSIONS.slug, None, "咨询目录")
    return render_template("counselling/index_sheet.html", lines=lines, first=first, last=last)


def _span() -> tuple[date, date]:
    found = current_semester(actor().today)
    first = found.first_day if found else actor().today - timedelta(days=180)
    last = found.last_day if found else actor().today
    return _asked("from", first), _asked("to", last)


def _asked(name: str, otherwise: date) -> date:
    """Return a date of the address; what is no date is taken for not said."""
    try:
        return clean(SESSIONS.spec("held_on").field, request.args.get(name, "")) or otherwise
    except BadValue:
        return otherwise
