"""The set-up page: on the first start every page leads here.

It asks for the one-time code printed where the program was started, so that nobody else on the
network can take the school over before its clerk does.
"""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, Flask, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import DateField, PasswordField, SelectMultipleField, StringField
from wtforms.widgets import CheckboxInput, ListWidget

from admin.frame.context import runtime
from admin.frame.form_fields import PostedForm, put_errors
from admin.frame.security import enter, set_up
from models.core.errors import Invalid, TooOften
from models.core.tries import passed, take_try
from models.kept.school import REGULATION_SETS
from models.school import accounts
from models.school import setup as making

bp = Blueprint("setup", __name__)

# Tries at the one-time code are counted under this name.
CODE_TRIES = " setup"


class SetUpForm(PostedForm):
    """What a school and its first clerk need."""

    code = StringField(
        "一次性口令",
        description="八位数字，在启动程序的窗口里",
        render_kw={"autocomplete": "off", "inputmode": "numeric", "maxlength": 20},
    )
    name = StringField("学校名称", render_kw={"maxlength": 60})
    address = StringField("学校地址", render_kw={"maxlength": 120})
    phone = StringField("学校电话", render_kw={"maxlength": 30, "inputmode": "tel"})
    first_day = DateField("本学期开学第一天")
    last_day = DateField("本学期最后一天")
    adopted = SelectMultipleField(
        "执行哪些制度",
        choices=list(REGULATION_SETS),
        description="可多选；以后可以在“学校设置”里改",
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        # The service answers what is wrong; a forged choice is refused there too.
        validate_choice=False,
    )
    clerk_name = StringField("您的姓名", render_kw={"autocomplete": "name", "maxlength": 40})
    username = StringField(
        "登录名",
        description="字母、数字或姓名",
        render_kw={"autocomplete": "username", "autocapitalize": "none", "maxlength": 40},
    )
    password = PasswordField(
        "密码",
        description="至少 8 位，不要用生日、手机号或连续数字",
        render_kw={"autocomplete": "new-password", "maxlength": 200},
    )
    again = PasswordField(
        "再输一遍密码", render_kw={"autocomplete": "new-password", "maxlength": 200}
    )


# Which field of the form an error of `models.school.setup` belongs to.
FIELD_OF = {
    "school.name": "name",
    "school.address": "address",
    "school.phone": "phone",
    "semesters.1.first_day": "first_day",
    "semesters.1.last_day": "last_day",
    "semesters.1.code": "first_day",
    "clerk.name": "clerk_name",
    "clerk.username": "username",
    "clerk.password": "password",
}


def prepare(app: Flask) -> None:
    """Make the one-time code of an app whose school is not set up; the server prints it."""
    if not accounts.is_set_up():
        number = f"{secrets.randbelow(10**8):08d}"
        app.extensions["setup_code"] = f"{number[:4]}-{number[4:]}"


@bp.route("/setup", methods=["GET", "POST"])
def begin() -> ResponseReturnValue:
    """Ask for the school and its clerk; closed for ever once there is one."""
    if set_up():
        return redirect("/", 303)
    form = SetUpForm()
    now = runtime().clock.now()
    if request.method == "GET":
        usual = making.default_semester(now.date())
        form.first_day.data, form.last_day.data = usual.first_day, usual.last_day
        return _page(form, 200)
    try:
        _check(form)
        made = making.set_up(now, request.remote_addr or "", _plan(form))
    except TooOften as error:
        put_errors(form, {"code": str(error)})
        return _page(form, 429)
    except Invalid as error:
        put_errors(form, {FIELD_OF.get(key, key): text for key, text in error.errors.items()})
        return _page(form, 422)
    current_app.extensions.pop("setup_code", None)
    token = accounts.open_session(
        made.clerk.id, now, request.remote_addr or "", str(request.user_agent)
    )
    enter(made.clerk, token)
    return redirect("/", 303)


def _check(form: SetUpForm) -> None:
    """Refuse a wrong code before anything else is said; then what only the page can tell."""
    right = "".join(ch for ch in current_app.extensions.get("setup_code", "") if ch.isdigit())
    given = "".join(ch for ch in form.code.data or "" if ch.isascii() and ch.isdigit())
    origin = request.remote_addr or ""
    take_try(CODE_TRIES, origin, runtime().clock.now())
    if not right or not secrets.compare_digest(right, given):
        raise Invalid({"code": "口令不对，请看启动程序的窗口里最近一次显示的八位数字"})
    passed(CODE_TRIES, origin)
    errors = {}
    for field in (form.first_day, form.last_day):
        if field.data is None:
            errors[field.short_name] = "请选择日期"
            field.errors = []
    if form.password.data != form.again.data:
        errors["again"] = "两次输入的密码不一样，请重新输入"
    if errors:
        raise Invalid(errors)


def _plan(form: SetUpForm) -> making.SchoolPlan:
    semester = making.SemesterPlan(form.first_day.data, form.last_day.data)
    return making.SchoolPlan(
        school={
            "name": form.name.data,
            "address": form.address.data,
            "phone": form.phone.data,
        },
        semesters=(semester,),
        adopted=tuple(form.adopted.data or ()),
        clerk_name=form.clerk_name.data or "",
        username=form.username.data or "",
        password=form.password.data or "",
    )


def _page(form: Any, status: int) -> ResponseReturnValue:
    return render_template("people/setup.html", form=form, sheet_wide=True), status
