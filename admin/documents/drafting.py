"""起草: a draft from the records, shown with its numbers linked, put into a form to be edited.

Nothing is written here: the text goes into the form of a new record, or of the one it was kept in,
and counts once it is saved there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask import url_for

from admin.documents.asked import document_url
from admin.registers.list import link
from compliance.ordered.papers import Document
from exports.documents.drafts import (
    Part,
    Sentence,
    month_draft,
    month_span,
    refreshed,
    semester_draft,
    text_of,
)
from models.core import calendar
from models.core.actor import Actor
from models.core.gates import row
from models.core.register import REGISTERS, find
from models.core.rights import may
from models.core.school_calendar import SemesterSpan
from models.core.values import whole

MONTHLY = ("experience-summary", "news-sheet")
# Which documents have a draft, and what it is written from.
DRAFTS: dict[str, Callable[[Actor, SemesterSpan, date], list[Sentence]]] = {
    "semester-summary": lambda actor, semester, _month: semester_draft(actor, semester),
    **{code: lambda actor, _semester, month: month_draft(actor, month) for code in MONTHLY},
}


def draft_url(
    actor: Actor, document: Document, semester: SemesterSpan, records: tuple[Any, ...] = ()
) -> str:
    """Return where a draft is, for one kept record or a new one; "" when the actor writes none."""
    register = find(document.about)
    if document.code not in DRAFTS or register is None or not may(actor, "create", register):
        return ""
    if len(records) > 1:
        return ""
    kept = {"for": records[0].id} if records else {}
    return url_for("documents.draft", code=document.code, semester=semester.code, **kept)


def draft_page(
    actor: Actor, document: Document, semester: SemesterSpan, args: Mapping[str, str]
) -> dict[str, Any] | None:
    """Return what the page of a draft shows; None when the document has none for the actor."""
    register = find(document.about)
    if document.code not in DRAFTS or register is None or not may(actor, "create", register):
        return None
    kept = None
    if number := whole(args.get("for"), least=1):
        kept = row(actor, register, number)
        if kept is None:
            return None
    month = _month(kept, actor.today)
    draft = DRAFTS[document.code](actor, semester, month)
    span = month_span(month) if document.code in MONTHLY else (semester.first, semester.last)
    lines = [
        [
            {"text": part.text, "url": _behind(actor, part, semester, span)}
            for part in sentence.parts
        ]
        for sentence in draft
    ]
    if kept is not None:
        text = refreshed(kept.text or "", draft)
        keep = link(f"{register.slug}.edit", rid=kept.id, text=text)
        return {
            "page_title": "刷新数字",
            "lines": lines,
            "keep_url": keep,
            "keep_word": "把新数字放进原文",
        }
    asked: dict[str, Any] = dict(document.where)
    if "semester" in register.fields and document.code not in MONTHLY:
        known = next((one for one in calendar.semesters() if one.code == semester.code), None)
        asked |= {"semester": known.id} if known is not None else {}
    if document.code in MONTHLY:
        asked["month"] = f"{month:%Y-%m}"
    title = semester.title if document.code not in MONTHLY else f"{month.month}月"
    asked |= {"title": f"{title}{document.title}", "text": text_of(draft)}
    if register.happened:
        asked[register.happened] = actor.today.isoformat()
    return {
        "page_title": f"起草{document.title}",
        "lines": lines,
        "keep_url": link(f"{register.slug}.new", **asked),
        "keep_word": "放进新的一份里修改",
    }


def _month(kept: Any | None, today: date) -> date:
    """The month a kept record is of, else the one of the day."""
    said = getattr(kept, "month", None) if kept is not None else None
    if isinstance(said, date):
        return said
    try:
        return date.fromisoformat(f"{said}-01")
    except ValueError:
        return today


def _behind(actor: Actor, part: Part, semester: SemesterSpan, span: tuple[date, date]) -> str:
    """Where the actor looks a number up: a register's list, a document; "" where neither opens."""
    if part.document:
        return document_url(actor, part.document, semester.code)
    opens = part.register and may(actor, "read", REGISTERS[part.register])
    return _list(part.register, *span) if opens else ""


def _list(slug: str, first: date, last: date) -> str:
    """The list behind a number, narrowed to the days it counts where the register has a date."""
    register = REGISTERS[slug]
    asked = {}
    if register.happened:
        asked = {
            f"f.{register.happened}.from": first.isoformat(),
            f"f.{register.happened}.to": last.isoformat(),
        }
    return link(f"{register.slug}.index_view", **asked)
