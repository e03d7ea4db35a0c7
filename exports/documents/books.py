"""Register books, bound: of any register, and of those a clause asks for by name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import chain, islice
from pathlib import Path
from typing import Any

from peewee import fn

from compliance.ordered.papers import EACH_REGISTER, STAFF, document
from compliance.ordered.reading import day, day_text, tuples
from exports.documents.book_of import (
    Chunks,
    cells_of,
    columns_of,
    layout_of,
    write_register_book,
)
from exports.documents.forms import blank_form_of, form_for, sheets_of_records
from exports.documents.paper import Asked, Paper, page_of
from exports.documents.templates import fill
from exports.pdf.blocks import FORM, Text, Title
from exports.pdf.book import Cover
from exports.pdf.imprint import Imprint, chinese_date
from models.core import calendar
from models.core.gates import rows
from models.core.listing import in_parts, selection
from models.core.register import Register, register_of
from models.kept.assets import Asset

# Longer books take more than two seconds: so many rows, or sheets.
ROWS_AT_ONCE, SHEETS_AT_ONCE = 1000, 150
# So many rows, or sheets, of a book stand on its page; the paper has all.
PREVIEW_ROWS, PREVIEW_SHEETS = 200, 20
_MORE = f"页面上显示前 {PREVIEW_ROWS} 行或 {PREVIEW_SHEETS} 张，打印件上有全部。"


def _is_long(asked: Asked) -> bool:
    """Return whether a book has more rows, or sheets, than are made at once."""
    assert asked.register is not None
    return _too_many(asked, asked.register, chosen(asked).count())


def _too_many(asked: Asked, register: Register, count: int) -> bool:
    layout = layout_of(asked.reader, register)
    return count > (SHEETS_AT_ONCE if layout.sheets else ROWS_AT_ONCE)


def chosen(asked: Asked) -> Any:
    """Return the query of the records of a register that a reader's list holds."""
    assert asked.register is not None
    query, _problems = selection(asked.reader, asked.register, asked.listed)
    return query


@document(
    "register-book",
    "登记簿",
    clauses=("S03-2", "S03-3", "S03-5", "S03-6", "S03-7", "S03-8"),
    about=EACH_REGISTER,
    roles=STAFF,
    long=_is_long,
)
def register_book(asked: Asked) -> Paper:
    """The book of one register, of the records of a list as filtered, bound with its cover."""
    assert asked.register is not None
    query = chosen(asked)
    filtered = bool(asked.listed.filters or asked.listed.search)
    count = f"{query.count()} 条{'（按条件选出）' if filtered else ''}"
    span = _span(asked.register, query, asked.reader.today)
    return _book(asked, asked.register, asked.register.title, asked.chunks, span, count)


def _span(register: Register, found: Any, today: date) -> str:
    """Return the time the records lie in: their one semester, else their first and last day."""
    if not register.happened:
        return f"截至{chinese_date(today)}"
    happened = day_text(getattr(register.model, register.happened))
    edges = tuples(found.select(fn.MIN(happened), fn.MAX(happened)).order_by())
    since, until = (day(one) for one in edges[0])
    if since is None or until is None:
        return ""
    known = calendar.school_calendar()
    first, last = known.semester_for_visit(since), known.semester_for_visit(until)
    if first is not None and first == last:
        return first.title
    return f"{chinese_date(since)}至{chinese_date(until)}"


def _has_many_assets(asked: Asked) -> bool:
    register = register_of(Asset)
    return _too_many(asked, register, rows(asked.reader, register).count())


@document(
    "asset-register",
    "资产登记册",
    clauses=("S03-1", "Q14-1"),
    source=("asset",),
    long=_has_many_assets,
)
def asset_register(asked: Asked) -> Paper:
    """All assets, in the order of their numbers."""
    register = register_of(Asset)
    found = rows(asked.reader, register)
    ids = [n for (n,) in found.select(register.model.id).order_by(register.model.number).tuples()]
    span = _span(register, found, asked.reader.today)

    def every() -> Iterator[list[Any]]:
        return in_parts(found, ids)

    return _book(asked, register, "资产登记册", every, span, f"{len(ids)} 条")


def _book(
    asked: Asked, register: Register, title: str, chunks: Chunks, span: str, count: str
) -> Paper:
    """The whole book on paper; its page shows the first records."""
    layout = layout_of(asked.reader, register)
    box = f"{register.box.number} {register.box.title}"
    cover = Cover((("归档类目", box), ("记录数", count)))

    def draw(target: Path, imprint: Imprint) -> None:
        folders = (asked.originals, asked.cache)
        write_register_book(
            target,
            asked.reader,
            register,
            chunks,
            imprint,
            cover=cover,
            blank_rows=asked.blank_rows,
            folders=folders,
            term=asked.semester.title,
        )

    first = _first(chunks, PREVIEW_SHEETS if layout.sheets else PREVIEW_ROWS)
    if layout.sheets:
        printing, form = asked.printing, form_for(register)
        blocks = tuple(sheets_of_records(printing, register, form, [first]))
        body = page_of((*blocks, Text(_MORE)) if blocks else (Title(title), Text("本册暂无记录")))
    else:
        cells = cells_of(asked.reader, register, layout, lambda: [first])
        data = {"title": title, "subtitle": span, "columns": columns_of(layout)}
        body = fill("documents/book.html", data | {"rows": list(cells), "more": _MORE})
    return Paper(
        title, span, body, draw=draw, binding=FORM.left - FORM.right if layout.sheets else 0
    )


def _first(chunks: Chunks, most: int) -> list[Any]:
    """Return the first records, not reading more of them than asked for by a chunk."""
    return list(islice(chain.from_iterable(chunks()), most))


@document("blank-form", "空白表", about=EACH_REGISTER, roles=STAFF)
def blank_form(asked: Asked) -> Paper:
    """The form of one register with nothing filled in, every option there to be ticked."""
    assert asked.register is not None
    return blank_form_of(asked.printing, form_for(asked.register))
