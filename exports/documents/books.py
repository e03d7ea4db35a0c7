"""Register books, bound: of any register, and of those a clause asks for by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from compliance.ordered.papers import EACH_REGISTER, STAFF, document
from exports.documents.book_of import blank_fields, cells_of, columns_of, layout_of
from exports.documents.paper import Asked, Paper, book
from exports.documents.templates import fill
from exports.pdf.blank import write_blank_form
from exports.pdf.book import Cover
from exports.pdf.imprint import Imprint
from models.core.gates import rows
from models.core.listing import in_parts
from models.core.register import Register, find


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


def _book(asked: Asked, register: Register, title: str, chunks: Any) -> Paper:
    layout = layout_of(asked.reader, register)
    box = f"{register.box.number} {register.box.title}"
    cover = Cover((("学期", asked.semester.title), ("归档类目", box)))
    return book(
        title,
        asked.semester.title,
        columns_of(layout),
        lambda: cells_of(asked.reader, register, layout, chunks),
        cover,
    )


@document("blank-form", "空白表", about=EACH_REGISTER, roles=STAFF)
def blank_form(asked: Asked) -> Paper:
    """The form of one register with nothing filled in."""
    assert asked.register is not None
    title, fields = asked.register.title, blank_fields(asked.reader, asked.register)
    body = fill("documents/blank.html", {"title": title, "fields": fields})

    def draw(target: Path, imprint: Imprint) -> None:
        write_blank_form(target, title, fields, imprint)

    return Paper(title, asked.semester.title, body, draw=draw)
