"""Accounts as the clerk manages them: making, new passwords, shutting, and drawn children."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

from admin.frame.context import actor
from admin.frame.form_fields import PostedForm, put_errors
from admin.people.many_accounts import qr_path, slip_address
from models.core.boxes import LEADERSHIP, ROLES
from models.core.errors import Denied, Invalid
from models.core.gates import directory, row, rows
from models.core.pinyin import search_keys
from models.core.register import register_of
from models.core.rights import may
from models.kept.children import Child
from models.kept.staff import Staff
from models.kept.users import User, is_active
from models.school import accounts, passwords, reveals
from models.school.many_accounts import Slip
from models.sealed.leaders import ALONE
from models.sealed.requests import granted_alone

bp = Blueprint("accounts", __name__)


class AccountForm(PostedForm):
    """A new account; role and member of staff are chosen from lists."""

    name = StringField("姓名", render_kw={"maxlength": 40, "autocomplete": "off"})
    username = StringField(
        "登录名",
        description="字母、数字或姓名，不能和别人的一样",
        render_kw={"maxlength": 40, "autocomplete": "off", "autocapitalize": "none"},
    )
    role = SelectField("身份", validate_choice=False)
    staff = SelectField("对应教职工", validate_choice=False)
    expires_on = DateField("到期日期", description="到这一天为止可以登录；督查账号必填")


class UnmaskForm(PostedForm):
    """Which drawn child, for which inspector, why."""

    child = StringField("抽到的学生", render_kw={"placeholder": "输入姓名或拼音首字母"})
    inspector = SelectField("督查人员", validate_choice=False)
    reason = StringField("原因", render_kw={"maxlength": 200})


@bp.before_request
def _only_who_manages() -> None:
    if not may(actor(), "edit", register_of(User)):
        raise Denied("账号由文员管理")


# What waits for somebody, as a question of the page; the tone of a state says so.
TO_DO = "要处理"


@bp.get("/accounts")
def index() -> ResponseReturnValue:
    """List the accounts: who, as what, whether usable; counted, narrowed, searched."""
    today, asked = actor().today, request.args.get("q", "").strip()[:40]
    query = rows(actor(), register_of(User)).order_by(User.disabled, User.role, User.username)
    users, narrowed = list(query), request.args.get("as", "")
    groups = _groups(users, today)
    chosen = groups.get(narrowed, users)
    found = [user for user in chosen if _is_called(user, asked)]
    alone = granted_alone(user.id for user in found)
    return render_template(
        "people/accounts.html",
        accounts=[_row(user, today, alone) for user in found],
        asked=asked,
        narrowed=narrowed if narrowed in groups else "",
        groups=[
            {"title": word, "number": len(them), "url": _narrowed(word, narrowed, asked)}
            | {"active": word == narrowed}
            for word, them in groups.items()
        ],
        page_title=_counted_title(len(users), len(groups.get(TO_DO, []))),
    )


def _groups(users: list[Any], today: date) -> dict[str, list[Any]]:
    """Return the accounts by what one asks for: those somebody must see to, then each role."""
    waiting = [user for user in users if _state(user, today)["tone"] == "partly"]
    found = {TO_DO: waiting} if waiting else {}
    for word in ROLES.values():
        them = [user for user in users if user.role == word and is_active(user, today)]
        found |= {word.partition("（")[0]: them} if them else {}
    ended = [user for user in users if not is_active(user, today)]
    return found | ({"停用、到期": ended} if ended else {})


def _narrowed(word: str, narrowed: str, asked: str) -> str:
    """Return the address that shows one group; of the group shown, that of all accounts."""
    more: dict[str, Any] = {"as": None if word == narrowed else word}
    return url_for("accounts.index", q=asked or None, **more)


def _counted_title(many: int, waiting: int) -> str:
    return f"账号 {many} 个" + (f"，{waiting} 个要处理" if waiting else "，都可以用了")


def _is_called(user: Any, asked: str) -> bool:
    """Return whether every word stands in name, login name, role or the name's pinyin."""
    said = f"{user.name} {user.username} {user.role}".lower()
    return all(word in said or word in search_keys(user.name) for word in asked.lower().split())


def _row(user: Any, today: date, alone: set[int]) -> dict[str, Any]:
    role = f"{user.role}（{ALONE}）" if user.id in alone else user.role
    return {
        "id": user.id,
        "url": url_for("accounts.show", user_id=user.id),
        "cells": [user.name, user.username, role, _state(user, today)],
    }


def _state(user: Any, today: date) -> dict[str, str]:
    if user.disabled:
        return {"tone": "unmet", "text": "已停用"}
    if not is_active(user, today):
        return {"tone": "unmet", "text": f"{user.expires_on} 已到期"}
    if not user.password_hash:
        return {"tone": "partly", "text": "还没有密码"}
    if user.role_code == LEADERSHIP and user.confirmed_at is None:
        return {"tone": "partly", "text": "等另一位领导确认"}
    if user.must_change:
        return {"tone": "partly", "text": "等本人改密码"}
    return {"tone": "met", "text": f"用到 {user.expires_on}" if user.expires_on else "可用"}


@bp.route("/accounts/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Make an account and show its first password once."""
    form = _account_form()
    if request.method == "GET":
        return _new_page(form, 200)
    raw = {
        "name": form.name.data,
        "username": form.username.data,
        "role": form.role.data,
        "staff": form.staff.data or None,
        # What was typed, not what WTForms made of it: the service says what is wrong with it.
        "expires_on": request.form.get("expires_on", "").strip() or None,
    }
    try:
        user, password = passwords.create_account(actor(), raw)
    except Invalid as error:
        for field in form:
            field.errors = []
        put_errors(form, error.errors)
        return _new_page(form, 422)
    return _given_page(user, password)


def _new_page(form: AccountForm, status: int) -> ResponseReturnValue:
    return render_template("people/account_new.html", form=form, page_title="新增账号"), status


def _account_form() -> AccountForm:
    form = AccountForm()
    form.role.choices = [SelectChoice(word, word) for word in ROLES.values()]
    named = directory(register_of(Staff), Staff.id, Staff.name)
    query = named.where(Staff.deleted_at.is_null(True)).order_by(Staff.pinyin_key)
    people = [SelectChoice(str(one), name) for one, name in query.tuples()]
    form.staff.choices = [SelectChoice("", "（不对应）"), *people]
    if request.method == "GET":
        form.role.data = ROLES["teacher"]
    return form


def _given_page(user: Any, password: str) -> ResponseReturnValue:
    """Show a given password; it is in this answer only, never in a redirect or a cookie."""
    address = slip_address()
    return render_template(
        "people/given_password.html",
        slip=Slip(user.id, user.name, user.username, password),
        address=address,
        code=qr_path(address),
        page_title="请记下这个密码",
    )


@bp.get("/accounts/<user_id>")
def show(user_id: str) -> ResponseReturnValue:
    """Show one account and what may be done with it."""
    user = passwords.account(actor(), user_id)
    return render_template(
        "people/account_one.html",
        user=user,
        state=_state(user, actor().today),
        alone=user.id in granted_alone([user.id]),
        sessions=accounts.sessions_of(user.id, actor().now),
        mine=user.id == actor().user_id,
        edit_url=url_for("user.edit", rid=user.id),
        page_title=user.name,
    )


@bp.post("/accounts/<user_id>/password")
def reset(user_id: str) -> ResponseReturnValue:
    """Give a new first password and show it once."""
    return _given_page(*passwords.reset_password(actor(), user_id))


@bp.post("/accounts/<user_id>/disabled")
def disable(user_id: str) -> ResponseReturnValue:
    """Shut the account, or open it again."""
    shut = request.form.get("disabled") == "1"
    try:
        user = passwords.set_disabled(actor(), user_id, shut)
        flash(
            f"{user.name}的账号已{'停用，正在使用的也已退出' if shut else '重新启用'}。", "success"
        )
    except Invalid as error:
        flash(str(error), "error")
    return redirect(url_for("accounts.show", user_id=user_id), 303)


@bp.post("/accounts/<user_id>/sign-out")
def sign_out(user_id: str) -> ResponseReturnValue:
    """Sign the person out everywhere."""
    user = passwords.account(actor(), user_id)
    count = accounts.end_all_sessions(user.id, actor().now)
    flash(f"{user.name}已在 {count} 处退出。" if count else f"{user.name}没有在任何地方登录。")
    return redirect(url_for("accounts.show", user_id=user.id), 303)


@bp.route("/unmask", methods=["GET", "POST"])
def unmasks() -> ResponseReturnValue:
    """Show a drawn child to an inspector without masks for two hours; list what is shown now."""
    form = UnmaskForm()
    known = reveals.inspectors(actor())
    form.inspector.choices = [SelectChoice(str(user.id), user.name) for user in known]
    if request.method == "GET":
        form.child.data = request.args.get("child", "")
        return _unmask_page(form, known, 200)
    try:
        reveals.unmask(actor(), form.child.data, form.inspector.data, form.reason.data or "")
    except Invalid as error:
        put_errors(form, error.errors)
        return _unmask_page(form, known, 422)
    flash("两小时内这位督查人员看到的是完整信息，已记录。", "success")
    return redirect(url_for("accounts.unmasks"), 303)


def _unmask_page(form: UnmaskForm, known: list[Any], status: int) -> ResponseReturnValue:
    living = reveals.living(actor())
    names = reveals.children_named(actor(), {one.child_id for one in living})
    people = {user.id: user.name for user in known}
    shown = [(one, names.get(one.child_id, ""), people.get(one.inspector_id, "")) for one in living]
    child = row(actor(), register_of(Child), form.child.data or "")
    chosen = [{"id": child.id, "text": child.name}] if child is not None else []
    page = render_template(
        "people/unmask.html",
        form=form,
        chosen=chosen,
        shown=shown,
        has_inspectors=bool(known),
        page_title="抽查显示",
    )
    return page, status


@bp.post("/unmask/<unmask_id>/end")
def mask_again(unmask_id: str) -> ResponseReturnValue:
    """Put the masks back before the two hours are over."""
    reveals.mask_again(actor(), unmask_id)
    flash("已恢复遮蔽。", "success")
    return redirect(url_for("accounts.unmasks"), 303)
