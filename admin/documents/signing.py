"""Documents a leader signs: the versions kept, whether the numbers changed since, the signing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from flask import url_for

from admin.documents import asked as asking
from compliance.ordered.papers import Document
from exports.documents.paper import Asked, Paper
from models.core.actor import Actor
from models.core.boxes import LEADERSHIP
from models.core.register import Register, find
from models.core.rights import may
from models.core.school_calendar import SemesterSpan
from models.core.values import whole
from models.school import signing


def version(actor: Actor, document: Document, semester: SemesterSpan, said: str) -> Any | None:
    """Return the signed version of that number, None where the actor sees none."""
    number = whole(said, least=1)
    found = _versions(actor, document, semester)
    return next((one for one in found if one.edition == number), None)


def as_counted_now(document: Document, wanted: Asked) -> tuple[Register, SemesterSpan, str, date]:
    """Return what is signed: where it is kept, its semester, the text of now, its day."""
    assert document.maker is not None
    paper = document.maker(replace(wanted, signed=None))
    day = min(wanted.reader.today, wanted.semester.last)
    return _register(document), wanted.semester, paper.content, day


def state(actor: Actor, document: Document, wanted: Asked, paper: Paper) -> dict[str, Any] | None:
    """Return the signed versions as the page shows them, None for a document nobody signs."""
    if not document.signed_in or not may(actor, "read", _register(document)):
        return None
    assert document.maker is not None
    found = _versions(actor, document, wanted.semester)
    now = paper if wanted.signed is None else document.maker(replace(wanted, signed=None))
    newest = document.maker(replace(wanted, signed=found[0])) if found else None
    semester = wanted.semester.code
    return {
        "versions": [
            {
                "title": f"第 {one.edition} 版",
                "note": f"{one.signed_by}于 {one.signed_at:%Y-%m-%d %H:%M} 签署"
                f" · 统计截止 {one.counted_on} · 校验值 {one.sha256[:12]}…",
                "url": asking.show_url(document.code, semester=semester, signed=one.edition),
                "shown": wanted.signed is not None and one.id == wanted.signed.id,
            }
            for one in found
        ],
        "changed": newest is not None and newest.tables != now.tables,
        "today_url": asking.show_url(document.code, semester=semester),
        "shows_signed": wanted.signed is not None,
        "decides": actor.role == LEADERSHIP and actor.today >= wanted.semester.first,
        "url": url_for("documents.sign", code=document.code, semester=semester),
    }


def _versions(actor: Actor, document: Document, semester: SemesterSpan) -> list[Any]:
    return signing.versions(actor, _register(document), semester)


def _register(document: Document) -> Register:
    register = find(document.signed_in)
    assert register is not None, "checked where documents are declared"
    return register
