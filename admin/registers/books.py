"""The register book and the blank form of every register, as PDF for one reader."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from peewee import fn

from admin.frame.context import actor, runtime
from compliance.ordered.reading import day, day_text, tuples
from exports.documents.book_of import blank_fields, write_register_book
from exports.pdf.blank import write_blank_form
from exports.pdf.book import Cover
from exports.pdf.imprint import Imprint, chinese_date
from exports.pdf.stamp import stamp_personal_copy
from models.core import calendar
from models.core.actor import Actor
from models.core.audit import log_access
from models.core.errors import Denied, NotFound
from models.core.listing import every, read_request, selection
from models.core.register import REGISTERS, Register, find
from models.core.rights import may
from models.core.values import whole

bp = Blueprint("books", __name__)

MOST_BLANK_ROWS = 200
_PIECE = 1 << 18


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
    imprint = _imprint(acting, register.title, _span(register, rows, acting.today))
    filtered = bool(asked.filters or asked.search)

    def write(target: Path) -> None:
        write_register_book(
            target,
            acting,
            register,
            lambda: every(acting, register, asked),
            imprint,
            cover=_cover(register, count, filtered=filtered),
            blank_rows=_blank_rows(),
        )

    return _personal(acting, f"{register.title}.pdf", write)


def blank(slug: str) -> ResponseReturnValue:
    """Send the register's form to be filled in by hand."""
    acting, register = actor(), _printable(slug)
    current = calendar.current_semester(acting.today)
    imprint = _imprint(acting, register.title, current.title if current is not None else "")
    fields = blank_fields(acting, register)
    return _sent(
        f"{register.title}（空白表）.pdf",
        lambda target: write_blank_form(target, register.title, fields, imprint),
    )


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


def _imprint(acting: Actor, title: str, subtitle: str) -> Imprint:
    school = calendar.school()
    return Imprint(
        school=school.name if school is not None else "",
        title=title,
        made_at=acting.now,
        made_by=acting.name or "本校",
        subtitle=subtitle,
    )


def _cover(register: Register, count: int, *, filtered: bool) -> Cover:
    scope = f"{count} 条（按条件选出）" if filtered else f"{count} 条"
    box = f"{register.box.number} {register.box.title}"
    return Cover((("归档类目", box), ("记录数", scope)))


def _blank_rows() -> int:
    return min(whole(request.args.get("rows")) or 0, MOST_BLANK_ROWS)


def _personal(acting: Actor, name: str, write: Any) -> Response:
    """Send a PDF with the reader's name and the time at the foot of each page."""

    def stamped(target: Path) -> None:
        plain = target.with_suffix(".plain.pdf")
        write(plain)
        stamp_personal_copy(plain, target, f"{acting.name} 于 {acting.now:%Y-%m-%d %H:%M} 下载")

    return _sent(name, stamped)


def _sent(name: str, write: Any) -> Response:
    """Write a PDF into a folder of its own and send it from there, piece by piece."""
    folder = tempfile.TemporaryDirectory(prefix="print-", dir=_print_folder())
    try:
        target = Path(folder.name) / "document.pdf"
        write(target)
    except BaseException:
        folder.cleanup()
        raise
    answer = Response(_pieces(target, folder), mimetype="application/pdf")
    answer.content_length = target.stat().st_size
    answer.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(name)}"
    answer.headers["Cache-Control"] = "no-store"
    answer.call_on_close(folder.cleanup)
    return answer


def _pieces(target: Path, folder: tempfile.TemporaryDirectory[str]) -> Iterator[bytes]:
    try:
        with target.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece
    finally:
        folder.cleanup()


def _print_folder() -> Path:
    folder = runtime().cache / "print"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


_declare()
