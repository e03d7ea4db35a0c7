"""The register book and the blank form of every register, as PDF for one reader."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from admin.frame.context import actor
from admin.frame.printing import imprint, send_pdf
from admin.work.printing import asked_here, printed
from compliance.ordered.papers import document_called
from exports.documents.forms import blank_form_of, form_for
from exports.documents.paper import Printing
from models.core import calendar
from models.core.errors import Denied, NotFound
from models.core.register import REGISTERS, Register, find
from models.core.rights import may

bp = Blueprint("books", __name__)


def _declare() -> None:
    """Give each register its own two addresses.

    A rule with a variable register would lose against the panel's /r/child/<record>.
    """
    for slug in REGISTERS:
        named: dict[str, Any] = {"defaults": {"slug": slug}}
        bp.add_url_rule(f"/r/{slug}/book.pdf", "book", book, **named)
        bp.add_url_rule(f"/r/{slug}/blank.pdf", "blank", blank, **named)


def book(slug: str) -> ResponseReturnValue:
    """Send the list, filtered as on the page, as a bound book with the reader's name on it.

    `rows` asks for that many empty rows for handwriting. A long book is made in the background.
    """
    _printable(slug)
    document = document_called("register-book")
    semester = calendar.current_span(actor().today)
    assert document is not None
    if semester is None:
        raise NotFound("还没有学期，请先在“学期”里登记")
    query = request.args.to_dict(flat=False) | {"of": [slug]}
    wanted = asked_here(document, semester, query) or abort(404)
    return printed(document, wanted, urlencode(query, doseq=True))


def blank(slug: str) -> ResponseReturnValue:
    """Send the register's form to be filled in by hand."""
    acting, register = actor(), _printable(slug)
    current = calendar.current_semester(acting.today)
    made = imprint(acting, register.title, current.title if current is not None else "")
    paper = blank_form_of(Printing(acting, made.school, made.subtitle), form_for(register))
    return send_pdf(f"{register.title}（空白表）.pdf", lambda target: paper.write(target, made))


def _printable(slug: str) -> Register:
    register = find(slug)
    if register is None:
        raise NotFound
    decided = may(actor(), "print", register)
    if not decided:
        raise Denied(f"{decided.reason}，不能打印这项登记")
    if register.sealed:
        raise Denied("密封登记不打印成册")
    return register


_declare()
