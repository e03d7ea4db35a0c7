"""Sheets of single records: every field with its label, laid out from the declaration."""

from __future__ import annotations

from compliance.ordered.declaration import Filter
from compliance.ordered.papers import STAFF, document
from exports.documents.paper import Asked, Paper
from exports.documents.sheet import sheets_of

NEXT_PAGE = "<pdf:nextpage />"
# Code, title, register, which of its records, and the clauses that ask for it.
SHEETS: tuple[tuple[str, str, str, Filter, tuple[str, ...]], ...] = (
    ("regulation-text", "制度文本", "regulation", {}, ("Q23-2",)),
    ("situation-report", "情况报告", "upward-report", {}, ("S08-3", "G01-3", "Q24-3", "Z02-3")),
    ("open-letter", "致家长公开信", "open-letter", {}, ("S03-16", "S03-18")),
    ("news-sheet", "月度信息", "news-item", {}, ("S03-17", "S03-18", "Q15-3")),
    (
        "semester-plan",
        "学期工作计划",
        "plan",
        {"kind": "学期工作计划"},
        ("S03-4", "S03-18", "Q15-4"),
    ),
    ("weekly-arrangement", "周工作安排", "plan", {"kind": "周安排"}, ("Q15-1",)),
    (
        "semester-summary",
        "学期工作总结",
        "summary",
        {"kind": "学期"},
        ("S03-4", "S03-18", "Q02-12", "Q15-4"),
    ),
    ("experience-summary", "月度经验小结", "summary", {"kind": "月"}, ("Q15-2",)),
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
