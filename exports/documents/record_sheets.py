"""Sheets of single records: every field with its label, laid out from the declaration."""

from __future__ import annotations

from compliance.ordered.declaration import Filter
from compliance.ordered.papers import STAFF, document
from exports.documents.paper import Asked, Paper
from exports.documents.sheet import sheets_of

NEXT_PAGE = "<pdf:nextpage />"
# Code, title, register, which of its records, and the clauses that ask for it.
SHEETS: tuple[tuple[str, str, str, Filter, tuple[str, ...]], ...] = (
    ("custody-agreement", "托管协议", "agreement", {"kind": "托管协议"}, ("Q10-4",)),
    ("safety-letter", "安全责任书", "agreement", {"kind": "安全责任书"}, ("Q01-1",)),
    ("consent-form", "知情同意书", "agreement", {"kind": "知情同意书"}, ()),
)


def record_sheets(asked: Asked) -> Paper:
    """One sheet for each record asked for."""
    assert asked.register is not None
    made = sheets_of(asked.reader, asked.register, asked.records)
    title = made[0][0] if len(made) == 1 else asked.register.title
    return Paper(title, asked.register.title, NEXT_PAGE.join(html for _title, html in made))


for _code, _title, _slug, _where, _clauses in SHEETS:
    document(
        _code,
        _title,
        clauses=_clauses,
        source=(_slug,),
        about=_slug,
        where=_where,
        roles=STAFF,
    )(record_sheets)
