"""Whose approval counts: leaders' accounts confirmed by another leader, or by the host's code."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField

from admin.frame.context import actor, runtime
from admin.frame.form_fields import put_errors
from admin.frame.security import demand_password, enter, limiter
from admin.people.sessions import NewPasswordForm
from models.core.boxes import LEADERSHIP, OFFICE
from models.core.errors import Denied, Invalid, NotFound
from models.kept.users import is_active
from models.school import accounts, rescue
from models.sealed import leaders

bp = Blueprint("leaders", __name__)

# Beside the five tries that a code is good for.
TRIES_PER_MINUTE = 10


@bp.app_context_processor
def steps() -> dict[str, Any]:
    """Give every page that asks a leader's password what was done to leaders' accounts of late."""
    return {"leader_steps": _steps}


def _steps() -> list[str]:
    if "leader_steps" not in g:  # A page may ask for several decisions.
        leads = actor().role == LEADERSHIP
        g.leader_steps = leaders.recent_steps(actor().now) if leads else []
    found: list[str] = g.leader_steps
    return found


class RescueForm(NewPasswordForm):
    """Whose account, the code from the host, the new password twice."""

    username = StringField(
        "登录名", render_kw={"autocomplete": "username", "autocapitalize": "none", "maxlength": 40}
    )
    code = StringField(
        "一次性口令",
        description="在主机上运行 python app.py rescue 登录名，会显示八位数字，15 分钟内有效",
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 12},
    )


@bp.get("/leaders")
def index() -> ResponseReturnValue:
    """List the leaders' accounts: whose approval counts, and what was done to them of late."""
    return _page()


def _page(error: str = "", status: int = 200) -> ResponseReturnValue:
    if actor().role not in OFFICE:
        raise Denied("这一页由文员和领导小组查看")
    now = actor().now
    found = leaders.accounts(now)
    counting = [user for user in found if user.confirmed_at and is_active(user, now.date())]
    page = render_template(
        "people/leaders.html",
        accounts=[_row(user) for user in found],
        steps=leaders.recent_steps(now),
        counting=len(counting),
        error=error,
        page_title="领导小组账号",
    )
    return page, status


def _row(user: Any) -> dict[str, Any]:
    usable = is_active(user, actor().today)
    if not usable:
        state = {"tone": "unmet", "text": "已停用或已到期"}
    elif user.confirmed_at is None:
        state = {"tone": "partly", "text": "等另一位领导确认"}
    else:
        state = {"tone": "met", "text": "可以批准"}
    sure = f"{user.confirmed_at:%Y-%m-%d} 由{user.confirmed_by}确认" if user.confirmed_at else ""
    confirms = actor().role == LEADERSHIP and usable and user.confirmed_at is None
    return {
        "user": user,
        "state": state,
        "sure": sure,
        "confirm_url": url_for("leaders.confirm", user_id=user.id)
        if confirms and user.id != actor().user_id
        else "",
    }


@bp.post("/leaders/<int:user_id>/confirm")
def confirm(user_id: int) -> ResponseReturnValue:
    """Make sure of a colleague's account, with the own password."""
    leaders.demand(actor())
    try:
        demand_password()
        user = leaders.confirm(actor(), user_id)
    except (Invalid, NotFound) as error:
        return _page(str(error), 422)
    flash(f"{user.name}的账号已确认，从现在起可以批准；各位领导都会收到通知。", "success")
    return redirect(url_for("leaders.index"), 303)


@bp.get("/leaders/waiting")
def waiting() -> ResponseReturnValue:
    """What a leader sees whose account nobody made sure of yet."""
    helpers = [user.name for user in leaders.counting(actor().now) if user.id != g.user.id]
    return render_template(
        "people/leader_waiting.html",
        user=g.user,
        helpers=helpers,
        sign_out_url=url_for("sessions.sign_out"),
        page_title="账号等待确认",
    )


@bp.route("/rescue", methods=["GET", "POST"])
@limiter.limit(f"{TRIES_PER_MINUTE}/minute", methods=["POST"])  # type: ignore[untyped-decorator]
def open_again() -> ResponseReturnValue:
    """Let the only clerk or leader in with the code that the host shows."""
    form = RescueForm()
    if request.method == "GET":
        return _rescue_page(form, 200)
    now, origin = runtime().clock.now(), request.remote_addr or ""
    try:
        if form.password.data != form.again.data:
            raise Invalid({"again": "两次输入的密码不一样，请重新输入"})
        user = rescue.finish(
            now,
            origin,
            form.username.data or "",
            form.code.data or "",
            form.password.data or "",
        )
    except (Invalid, Denied) as error:
        told = error.errors if isinstance(error, Invalid) else {"code": str(error)}
        put_errors(form, told)
        return _rescue_page(form, 422)
    enter(user, accounts.open_session(user.id, now, origin, str(request.user_agent)))
    flash("密码已重设，这一步已经记录并告知所有人。", "success")
    return redirect("/", 303)


def _rescue_page(form: RescueForm, status: int) -> ResponseReturnValue:
    return render_template("people/rescue.html", form=form), status
