"""Accounts for the staff in one step, and the slips of paper with their first passwords."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.frame.context import actor
from admin.frame.web_server import own_address
from models.core.errors import Invalid
from models.school import connect, many_accounts

bp = Blueprint("many_accounts", __name__, url_prefix="/accounts/many")

# What this machine calls itself; a phone means itself by it.
HERE = ("localhost", "127.0.0.1")


@bp.get("")
def index() -> ResponseReturnValue:
    """Show the staff without an account, all ticked."""
    return _page()


@bp.post("")
def make() -> ResponseReturnValue:
    """Make the accounts and show the slips; they are in this answer only."""
    try:
        slips = many_accounts.make_accounts(actor(), request.form.getlist("staff"))
    except Invalid as error:
        return _page(str(error), 422)
    address = slip_address()
    return render_template(
        "people/slips.html",
        page_title=f"已建 {len(slips)} 个账号，请打印后发给本人",
        slips=slips,
        address=address,
        code=qr_path(address),
    )


@bp.post("/take-back")
def take_back() -> ResponseReturnValue:
    """Shut the accounts just made, as far as nobody used them yet."""
    shut = many_accounts.take_back(actor(), request.form.getlist("user"))
    flash(f"已停用 {shut} 个还没有人用过的账号；要用时可以在账号页重新启用。", "partly")
    return redirect(url_for("accounts.index"), 303)


def _page(error: str = "", status: int = 200) -> ResponseReturnValue:
    people = many_accounts.without_account(actor())
    return (
        render_template(
            "people/many_accounts.html",
            page_title=f"{len(people)} 位教职工还没有账号" if people else "教职工都有账号了",
            people=people,
            ticked=set(request.form.getlist("staff")) if error else None,
            most=many_accounts.AT_ONCE,
            error=error,
        ),
        status,
    )


def sign_in_address() -> str:
    """Return where phones sign in: as the clerk came, by the machine's address in the network."""
    came = urlsplit(request.host_url)
    host = came.hostname or ""
    if host in HERE:
        host = own_address() or host
    port = f":{came.port}" if came.port else ""
    return f"{came.scheme}://{host}{port}{url_for('sessions.sign_in')}"


def slip_address() -> str:
    """Return the address for a slip about to be printed, and note that it is given out."""
    address = sign_in_address()
    connect.note_printed(actor(), address)
    return address


def qr_path(text: str) -> dict[str, Any]:
    """Return a QR code as the size of its square and an SVG path of its dark fields."""
    from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel

    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(text)
    code.make()
    size = range(code.getModuleCount())
    fields = (f"M{x} {y}h1v1h-1z" for y in size for x in size if code.isDark(y, x))
    return {"size": len(size), "path": "".join(fields)}
