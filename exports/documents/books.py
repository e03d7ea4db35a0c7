"""Register books, bound: of any register, and of those a clause asks for by name."""

from __future__ import annotations

from itertools import chain, islice
from pathlib import Path
from typing import Any

from compliance.ordered.papers import EACH_REGISTER, STAFF, document
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
from exports.pdf.blocks import Text, Title
from exports.pdf.book import Cover
from exports.pdf.imprint import Imprint
from models.core.gates import rows
from models.core.listing import in_parts
from models.core.register import Register, find

# So many rows, or sheets, of a book stand on its page; the paper has all.
PREVIEW_ROWS, PREVIEW_SHEETS = 200, 20
_MORE = f"页面上显示前 {PREVIEW_ROWS} 行或 {PREVIEW_SHEETS} 张，打印件上有全部。"


@document(
    "register-book",
    "登记簿",
    clauses=("S03-2", "S03-3", "S03-5", "S03-6", "S03-7", "S03-8"),
    about=EACH_REGISTER,
    roles=STAFF,
)
def register_book(asked: Asked) -> Paper:
    """The book of one register, of the records asked for."""
    assert asked.register is not None
    return _book(asked, asked.register, asked.register.title, asked.chunks)


@document(
    "asset-register",
    "资产登记册",
    clauses=("S03-1", "Q14-1"),
    source=("asset",),
)
def asset_register(asked: Asked) -> Paper:
    """All assets, in the order of their numbers."""
    register = find("asset")
    assert register is not None
    found = rows(asked.reader, register)
    ids = [n for (n,) in found.select(register.model.id).order_by(register.model.number).tuples()]
    return _book(asked, register, "资产登记册", lambda: in_parts(found, ids))


def _book(asked: Asked, register: Register, title: str, chunks: Chunks) -> Paper:
    """The whole book on paper; its page shows the first records."""
    layout = layout_of(asked.reader, register)
    box = f"{register.box.number} {register.box.title}"
    cover = Cover((("学期", asked.semester.title), ("归档类目", box)))

    def draw(target: Path, imprint: Imprint) -> None:
        folders = (asked.originals, asked.cache)
        write_register_book(
            target, asked.reader, register, chunks, imprint, cover=cover, folders=folders
        )

    first = _first(chunks, PREVIEW_SHEETS if layout.sheets else PREVIEW_ROWS)
    if layout.sheets:
        printing, form = asked.printing, form_for(register)
        blocks = tuple(sheets_of_records(printing, register, form, [first]))
        body = page_of((*blocks, Text(_MORE)) if blocks else (Title(title), Text("本册暂无记录")))
    else:
        cells = cells_of(asked.reader, register, layout, lambda: [first])
        data = {"title": title, "subtitle": asked.semester.title, "columns": columns_of(layout)}
        body = fill("documents/book.html", data | {"rows": list(cells), "more": _MORE})
    return Paper(title, asked.semester.title, body, draw=draw)


def _first(chunks: Chunks, most: int) -> list[Any]:
    """Return the first records, not reading more of them than asked for by a chunk."""
    return list(islice(chain.from_iterable(chunks()), most))


@document("blank-form", "空白表", about=EACH_REGISTER, roles=STAFF)
def blank_form(asked: Asked) -> Paper:
    """The form of one register with nothing filled in, every option there to be ticked."""
    assert asked.register is not None
    return blank_form_of(asked.printing, form_for(asked.register))
