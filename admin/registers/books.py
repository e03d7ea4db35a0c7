"""The register book and the blank form of every register, as PDF for one reader."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from peewee import fn

from admin.frame.context import actor, runtime
from admin.frame.printing import imprint, personal_pdf, send_pdf
from compliance.ordered.reading import day, day_text, tuples
from exports.documents.book_of import write_register_book
from exports.documents.forms import blank_form_of, form_for
from exports.documents.paper import Printing
from exports.pdf.book import Cover
from exports.pdf.imprint import chinese_date
from models.core import calendar
from models.core.audit import log_access
from models.core.errors import Denied, NotFound
from models.core.listing import every, read_request, selection
from models.core.register import REGISTERS, Register, find
from models.core.rights import may
from models.core.values import whole

bp = Blueprint("books", __name__)

MOST_BLANK_ROWS = 200


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

    `rows` asks for that many empty rows for handwriting.
    """
    acting, register = actor(), _printable(slug)
    asked = read_request(request.args)
    rows, _problems = selection(acting, register, asked)
    count = rows.count()
    log_access(acting, "print", slug, detail=f"登记册 {count} 条 {request.query_string.decode()}")
    made = imprint(acting, register.title, _span(register, rows, acting.today))
    filtered = bool(asked.filters or asked.search)

    def write(target: Path) -> None:
        write_register_book(
            target,
            acting,
            register,
            lambda: every(acting, register, asked),
            made,
            cover=_cover(register, count, filtered=filtered),
            blank_rows=_blank_rows(),
            folders=(runtime().originals, runtime().cache),
        )

    return personal_pdf(acting, f"{register.title}.pdf", write)


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


def _span(register: Register, chosen: Any, today: date) -> str:
    """Return the time the records lie in: their one semester, else their first and last day."""
    if not register.happened:
        return f"截至{chinese_date(today)}"
    happened = day_text(getattr(register.model, register.happened))
    found = tuples(chosen.select(fn.MIN(happened), fn.MAX(happened)).order_by())
    since, until = (day(one) for one in found[0])
    if since is None or until is None:
        return ""
    known = calendar.school_calendar()
    first, last = known.semester_for_visit(since), known.semester_for_visit(until)
    if first is not None and first == last:
        return first.title
    return f"{chinese_date(since)}至{chinese_date(until)}"


def _cover(register: Register, count: int, *, filtered: bool) -> Cover:
    scope = f"{count} 条（按条件选出）" if filtered else f"{count} 条"
    box = f"{register.box.number} {register.box.title}"
    return Cover((("归档类目", box), ("记录数", scope)))


def _blank_rows() -> int:
    return min(whole(request.args.get("rows")) or 0, MOST_BLANK_ROWS)


_declare()
