"""The sheet of one record: every field with its label, laid out from the declaration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from peewee import TextField

from exports.documents.templates import fill
from models.core.actor import Actor
from models.core.display import Page
from models.core.fields import WordsField
from models.core.register import Register

TEMPLATE = "documents/sheet.html"


def sheets_of(actor: Actor, register: Register, records: Sequence[Any]) -> list[tuple[str, str]]:
    """Return (title, HTML) of each record's sheet, texts as the actor reads them."""
    page = Page(actor, register, records, "pdf")
    return [_sheet(page, register, record) for record in records]


def _sheet(page: Page, register: Register, record: Any) -> tuple[str, str]:
    facts: list[tuple[str, str]] = []
    texts: list[tuple[str, str]] = []
    for name, label in page.columns():
        text = page.text(record, name)
        spec = register.fields.get(name)
        if not text or (spec is not None and spec.readonly and spec.computed is None):
            continue
        long = spec is not None and isinstance(spec.field, TextField)
        is_text = long and not isinstance(spec.field, WordsField)  # type: ignore[union-attr]
        (texts if is_text else facts).append((label, text))
    title = page.label(record)
    data = {"title": title, "register": register.title, "facts": facts, "texts": texts}
    return title, fill(TEMPLATE, data)
