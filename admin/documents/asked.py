"""Which documents a reader may open, and for which of the records the reader may see."""

from __future__ import annotations

from typing import Any

from flask import url_for

from compliance.ordered import conditions
from compliance.ordered.papers import DOCUMENTS, SCHOOL, Document
from exports.documents.asking import allows, child_spec
from models.core import calendar
from models.core.actor import Actor
from models.core.boxes import INSPECTOR
from models.core.listing import ListRequest, selection
from models.core.register import REGISTERS, Register, find, register_of
from models.core.rights import may
from models.core.school_calendar import SemesterSpan
from models.core.semester_records import in_semester
from models.core.whose import child_of
from models.kept.archive import DocumentIssue
from models.kept.left_behind import classes_on
from models.school.pupils import classes

# So many records are offered to choose from.
MOST_OFFERED = 60


def readable(acting: Actor, verb: str = "read") -> list[Document]:
    """Return the documents the actor may open, or with "print" have as PDF."""
    return [document for document in DOCUMENTS.values() if allows(acting, document, verb)]


def is_staff(acting: Actor) -> bool:
    """Return whether the actor is of the school."""
    return acting.role != INSPECTOR


def show_url(code: str, **query: Any) -> str:
    """Return where a document is looked at; `query` are a semester, a register, records."""
    return url_for("documents.show", code=code, **query)


def document_url(acting: Actor, code: str, semester: str) -> str:
    """Return where a document is looked at, "" when it is not for the actor."""
    document = DOCUMENTS[code]
    if not allows(acting, document):
        return ""
    return url_for(document.page) if document.page else show_url(code, semester=semester)


def registers_offered(acting: Actor) -> list[Register]:
    """Return the registers whose book and blank form the actor may have."""
    return [
        register
        for register in REGISTERS.values()
        if register.menu and not register.sealed and may(acting, "print", register)
    ]


def records_offered(
    acting: Actor, document: Document, asked: ListRequest, semester: SemesterSpan
) -> list[Any]:
    """Return the newest records a document may be made for, as searched and filtered."""
    register = find(document.about)
    assert register is not None
    query, _problems = selection(acting, register, asked)
    query = query.where(
        in_semester(register, semester), conditions.condition(register, document.where)
    )
    order = getattr(register.model, register.order.lstrip("-"))
    falling = register.order.startswith("-")
    return list(query.order_by(order.desc() if falling else order).limit(MOST_OFFERED))


def handing_out(
    acting: Actor, document: Document, semester: SemesterSpan, records: tuple[Any, ...]
) -> list[dict[str, str]]:
    """Return where handing the document out is registered, a class at a time: title and address.

    A print hands nothing out. The page ticks the children printed for, all of the class when the
    document is for everybody; whoever is absent is unticked there.
    """
    issues = register_of(DocumentIssue)
    if not document.issued or not may(acting, "create", issues):
        return []
    known = next((one for one in calendar.semesters() if one.code == semester.code), None)
    asked: dict[str, Any] = {"document": document.issued, "issued_on": acting.today.isoformat()}
    asked |= {"semester": str(known.id)} if known is not None else {}
    children = sorted({n for record in records if (n := _child(document, record))})
    if document.about != SCHOOL and children:
        placed = classes_on(children, acting.today)
        by_class: dict[tuple[int, str], list[int]] = {}
        for child in children:
            if child in placed:
                by_class.setdefault(placed[child], []).append(child)
    else:
        by_class = {one: [] for one in classes(acting, issues, child_spec())}
    return [
        {
            "title": f"{name}{f'（{len(theirs)} 人）' if theirs else ''}",
            "url": url_for(
                "rollcall.start", slug=issues.slug, group=number, child=theirs or None, **asked
            ),
        }
        for (number, name), theirs in sorted(by_class.items())
    ]


def _child(document: Document, record: Any) -> int | None:
    register = find(document.about)
    return child_of(register, record.__data__) if register is not None else None
