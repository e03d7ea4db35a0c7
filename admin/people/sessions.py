"""Signing in and out, the own account, the own password."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField

from admin.frame.context import actor, runtime, signed_in
from admin.frame.form_fields import PostedForm, put_errors
from admin.frame.security import enter, leave, set_up
from admin.frame.settings import smtp_server
from models.core import calendar
from models.core.boxes import INSPECTOR
from models.core.errors import Denied, Invalid, NotFound, TooOften
from models.school import accounts, browsers, passwords
from models.school.digest_mail import set_own_address

bp = Blueprint("sessions", __name__)


class SignInForm(PostedForm):
    """Who, and the password."""

    username = StringField(
        "登录名", render_kw={"autocomplete": "username", "autocapitalize": "none", "maxlength": 40}
    )
    password = PasswordField(
        "密码", render_kw={"autocomplete": "current-password", "maxlength": 200}
    )


class NewPasswordForm(PostedForm):
    """The new password twice."""

    password = PasswordField(
        "新密码",
        description="至少 8 位，不要用生日、手机号或连续数字",
        render_kw={"autocomplete": "new-password", "maxlength": 200},
    )
    again = PasswordField(
        "再输一遍新密码", render_kw={"autocomplete": "new-password", "maxlength": 200}
    )


class PasswordForm(NewPasswordForm):
    """The old password once, the new one twice."""

    old = PasswordField(
        "现在的密码", render_kw={"autocomplete": "current-password", "maxlength": 200}
    )


@bp.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """Ask who it is."""
    if not set_up():
        return redirect(url_for("setup.begin"), 303)
    if request.method == "GET":
        return redirect(safe_target()) if signed_in() else _sign_in_page(SignInForm(), 200)
    form = SignInForm()
    try:
        opened = accounts.sign_in(
            form.username.data or "",
            form.password.data or "",
            runtime().clock.now(),
            request.remote_addr or "",
            str(request.user_agent),
            request.cookies,
        )
    except TooOften as error:
        put_errors(form, {"password": str(error)})
        return _sign_in_page(form, 429)
    except Denied as error:
        put_errors(form, {"password": str(error)})
        return _sign_in_page(form, 403)
    enter(opened.user, opened.token)
    return _marked(redirect(safe_target(), 303), opened.user)


def _marked(answer: Response, user: Any) -> Response:
    """Let the browser keep that the account came in from it; only this page gets to read it."""
    answer.set_cookie(
        browsers.cookie_of(user.id),
        browsers.new_mark(user),
        max_age=browsers.LASTS,
        path=url_for("sessions.sign_in"),
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )
    return answer


def _sign_in_page(form: SignInForm, status: int) -> ResponseReturnValue:
    # Whoever comes to this page has signed out or timed out: drafts on a shared PC are forgotten
    # only after signing out, because a timed-out person comes back for the draft.
    signed_out = request.args.get("out") == "1"
    school = calendar.school()
    page = render_template(
        "people/sign_in.html",
        form=form,
        drafts_clear=signed_out,
        school_name=school.name if school else "",
    )
    return page, status


def safe_target() -> str:
    """Return the address asked for before signing in, if it is one of our own, else the start."""
    wanted = request.args.get("next", "")
    parts = urlsplit(wanted)
    # Browsers read a backslash as a slash, and "//host" as another host.
    ours = wanted.startswith("/") and not wanted.startswith("//") and "\\" not in wanted
    return (
        wanted if ours and not parts.scheme and not parts.netloc and wanted.isprintable() else "/"
    )


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End this browser's session."""
    leave()
    flash("已退出。", "success")
    return redirect(url_for("sessions.sign_in", out=1), 303)


@bp.get("/account")
def account() -> ResponseReturnValue:
    """Show the own account: who, in which role, where signed in, the way to another password."""
    return _account_page({})


def _account_page(errors: dict[int, str]) -> str:
    return render_template(
        "people/account.html",
        page_title="我的账号",
        user=g.user,
        sends_mail=smtp_server() is not None and actor().role != INSPECTOR,
        hats=accounts.hats(g.user, actor().today),
        errors=errors,
        sessions=accounts.sessions_of(g.user.id, actor().now),
        this_session=current_user.session_id,
    )


@bp.post("/account/hat")
def hat() -> ResponseReturnValue:
    """Go on in another role of the same person: that account's own password opens it.

    Nothing is carried over but who it is. The session of the role left ends, and the rights are
    those of the other account alone.
    """
    own = {str(one.id): one for one in accounts.hats(g.user, actor().today)}
    chosen = own.get(request.form.get("account", ""))
    if chosen is None:
        raise NotFound
    try:
        opened = accounts.sign_in(
            chosen.username,
            request.form.get("password", ""),
            runtime().clock.now(),
            request.remote_addr or "",
            str(request.user_agent),
            request.cookies,
        )
    except (TooOften, Denied) as error:
        return _account_page({chosen.id: str(error)}), 429 if isinstance(error, TooOften) else 403
    leave()
    enter(opened.user, opened.token)
    flash(f"现在是{opened.user.role}，登记都记在这个身份名下。", "success")
    return _marked(redirect("/", 303), opened.user)


@bp.post("/account/mail")
def mail() -> ResponseReturnValue:
    """Note where the person wants the daily mail, or that none is wanted."""
    if actor().role == INSPECTOR:
        raise Denied("督查账号不收提醒邮件")
    try:
        set_own_address(actor(), request.form.get("mail", ""))
    except Invalid as error:
        flash(str(error), "error")
    else:
        wanted = request.form.get("mail", "").strip()
        flash(f"提醒发到 {wanted}。" if wanted else "不再发提醒邮件。", "success")
    return redirect(url_for("sessions.account"), 303)


@bp.post("/account/sign-out-everywhere")
def sign_out_everywhere() -> ResponseReturnValue:
    """End all own sessions, this one too."""
    accounts.end_all_sessions(g.user.id, actor().now)
    leave()
    flash("所有设备都已退出，请重新登录。", "success")
    return redirect(url_for("sessions.sign_in", out=1), 303)


@bp.route("/account/password", methods=["GET", "POST"])
def password() -> ResponseReturnValue:
    """Change the own password; the first page after signing in with a given one."""
    form = PasswordForm()
    if request.method == "GET":
        return _password_page(form, 200)
    try:
        _check_password(form)
    except Invalid as error:
        put_errors(form, error.errors)
        return _password_page(form, 422)
    first = g.user.must_change
    passwords.set_own_password(actor(), g.user, form.password.data, current_user.session_id)
    flash("新密码已生效，别的设备要重新登录。", "success")
    answer = redirect("/" if first else url_for("sessions.account"), 303)
    return _marked(answer, accounts.find_user(g.user.username))


def _check_password(form: PasswordForm) -> None:
    errors = {}
    if form.password.data != form.again.data:
        errors["again"] = "两次输入的新密码不一样，请重新输入"
    if form.password.data and form.password.data == form.old.data:
        errors |= {"password": "新密码不能和现在的一样"}
    try:
        accounts.check_password_rules(form.password.data or "", g.user.username)
    except Invalid as error:
        errors |= error.errors
    if errors:
        raise Invalid(errors)
    passwords.confirm_password(g.user, form.old.data or "", actor().now)


def _password_page(form: PasswordForm, status: int) -> ResponseReturnValue:
    page = render_template(
        "people/password.html", form=form, first=g.user.must_change, login_name=g.user.username
    )
    return page, status
