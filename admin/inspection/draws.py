"""抽查一人: beginning a draw, naming the number, and the page that shows how the lot came out."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField

from admin.frame.context import actor
from admin.frame.form_fields import PostedForm, put_errors
from admin.frame.paging import page_of, paging
from models.core import audit
from models.core.actor import Actor
from models.core.boxes import CLERK, ROLES
from models.core.errors import Invalid, NotFound
from models.core.labels import labels
from models.core.register import register_of
from models.kept.children import Child
from models.kept.left_behind import classes_on
from models.school import draws

PER_PAGE = 100
# No database gives a record a larger number.
MOST_ID = 2**31 - 1

bp = Blueprint("draws", __name__)


class NumberForm(PostedForm):
    """The number of whoever draws."""

    number = StringField(
        "您想的数字",
        description="随意想一个，1 到 12 位。报出以后结果就定了，不能再改",
        render_kw={"inputmode": "numeric", "autocomplete": "off", "maxlength": 12},
    )


@bp.get("/draws")
def index() -> ResponseReturnValue:
    """The draws so far, and the button that begins one."""
    found = draws.draws(actor())
    audit.log_access(actor(), "list", "draw")
    called = children_called(actor(), [draw.child_id for draw in found if draw.child_id])
    return render_template(
        "draws/index.html",
        page_title="抽查一名儿童",
        listed=len(draws.drawing_list(actor().today)),
        rows=[_row(draw, called) for draw in found],
    )


@bp.post("/draws")
def begin() -> ResponseReturnValue:
    """Fix the list and the secret, and lead to the page that asks for the number."""
    draw = draws.begin(actor())
    return redirect(url_for("draws.show", draw_id=draw.id), 303)


@bp.route("/draws/<int:draw_id>", methods=["GET", "POST"])
def show(draw_id: int) -> ResponseReturnValue:
    """One draw: what was fixed, the number, and the lot worked out step by step."""
    form, status = NumberForm(), 200
    if request.method == "POST":
        try:
            draws.finish(actor(), _draw(draw_id).id, form.number.data or "")
            return redirect(url_for("draws.show", draw_id=draw_id), 303)
        except Invalid as error:
            put_errors(form, error.errors)
            status = 422
    page = render_template("draws/show.html", form=form, **_shown(actor(), _draw(draw_id)))
    return page, status


@bp.get("/draws/<int:draw_id>/list")
def listed(draw_id: int) -> ResponseReturnValue:
    """The drawing list as it was fixed, place by place."""
    draw = _draw(draw_id)
    audit.log_access(actor(), "list", "draw", draw.id)
    children = draw.children
    page, pages = _page(len(children))
    first = (page - 1) * PER_PAGE
    chosen = children[first : first + PER_PAGE]
    called = children_called(actor(), chosen)
    return render_template(
        "draws/list.html",
        page_title=f"抽查名单：共 {draw.listed} 名",
        breadcrumbs=[*_crumbs(), {"title": _title(draw), "url": _url(draw)}, {"title": "名单"}],
        draw=draw,
        rows=[
            {"chosen": place == draw.place, "cells": [place, child, called.get(child, "")]}
            for place, child in enumerate(chosen, start=first + 1)
        ],
        paging=paging("draws.listed", page, pages, f"{len(children)} 名", draw_id=draw.id),
    )


def _page(total: int) -> tuple[int, int]:
    return page_of(request.args, total, PER_PAGE)


def _draw(draw_id: int) -> Any:
    if draw_id > MOST_ID:
        raise NotFound("没有找到这次抽查")
    return draws.fetch(actor(), draw_id)


def children_called(acting: Actor, children: list[int]) -> dict[int, str]:
    """Return the children's names with their classes of today; masked for the inspector."""
    named = labels(acting, {register_of(Child): set(children)})
    placed = classes_on(children, acting.today)
    return {
        child: " ".join(
            filter(None, (named.get(("child", child), ""), placed.get(child, (0, ""))[1]))
        )
        for child in children
    }


def _shown(acting: Actor, draw: Any) -> dict[str, Any]:
    ordinal, of_day = draws.of_the_day(draw)
    shown: dict[str, Any] = {
        "draw": draw,
        "page_title": _title(draw),
        "breadcrumbs": [*_crumbs(), {"title": _title(draw)}],
        "role": ROLES.get(draw.role, ""),
        "ordinal": ordinal,
        "of_day": of_day,
        "may_finish": draw.child_id is None and draw.user_id == acting.user_id,
        "list_url": url_for("draws.listed", draw_id=draw.id),
        "lot": None,
    }
    if draw.child_id is None:
        return shown
    return shown | {
        "lot": draws.lot(draw.seed, draw.listed),
        "seed": draw.seed,
        "child": children_called(acting, [draw.child_id]).get(draw.child_id, ""),
        "child_url": url_for("child.detail", rid=draw.child_id),
        "unmask_url": url_for("accounts.unmasks", child=draw.child_id)
        if acting.role == CLERK
        else "",
    }


def _row(draw: Any, called: dict[int, str]) -> dict[str, Any]:
    drawn = draw.child_id is not None
    return {
        "url": _url(draw),
        "cells": [
            f"{draw.begun_at:%Y-%m-%d %H:%M}",
            f"{draw.who}（{ROLES.get(draw.role, '')}）",
            draw.listed,
            f"第 {draw.place} 名" if drawn else {"tone": "partly", "text": "没有抽完"},
            called.get(draw.child_id, "") if drawn else "",
        ],
    }


def _title(draw: Any) -> str:
    if draw.child_id is None:
        return "请报一个数字"
    return f"抽到第 {draw.place} 名，共 {draw.listed} 名"


def _crumbs() -> list[dict[str, str]]:
    return [{"title": "抽查一名儿童", "url": url_for("draws.index")}]


def _url(draw: Any) -> str:
    return url_for("draws.show", draw_id=draw.id)
