"""怎么连接: the address phones sign in at, as a code to scan, and whether paper still shows it."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.frame.context import actor
from admin.people.many_accounts import HERE, qr_path, sign_in_address
from models.core.actor import Actor
from models.school import connect

bp = Blueprint("connect", __name__, url_prefix="/connect")


def moved(acting: Actor) -> str:
    """Return the address given out on paper where phones sign in no more, "" where they still do.

    A computer without a network has no other address: nothing was moved, it is cut off.
    """
    before, address = connect.last_printed(acting), sign_in_address()
    cut_off = (urlsplit(address).hostname or "") in HERE
    return "" if before is None or cut_off or before.address == address else before.address


@bp.get("")
def index() -> ResponseReturnValue:
    """Show the address and its code; say when the one on paper is another."""
    before = connect.last_printed(actor())
    address = sign_in_address()
    changed = before is not None and before.address != address
    alone = (urlsplit(address).hostname or "") in HERE
    return render_template(
        "people/connect.html",
        page_title="登录地址变了，发出去的纸要换" if changed else "手机和别的电脑怎么连接",
        address=address,
        code=qr_path(address),
        before=before,
        changed=changed,
        alone=alone,
    )


@bp.post("")
def printed() -> ResponseReturnValue:
    """Note that the notice on the page was printed and given out."""
    acting, address = actor(), sign_in_address()
    connect.demand(acting)
    if request.form.get("address") != address:
        flash("地址刚刚又变了，请用页面上现在的", "warning")
    else:
        connect.note_printed(acting, address)
        flash("记下了：以后地址再变，这一页会提醒", "met")
    return redirect(url_for("connect.index"), 303)
