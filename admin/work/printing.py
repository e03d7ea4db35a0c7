"""A document as PDF to whoever asked: at once, or by a job when that takes longer."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from admin.frame.context import actor, runtime
from admin.frame.printing import imprint, personal_pdf
from admin.work import print_work
from admin.work.wake import wake
from compliance.ordered.papers import Document
from exports.documents import sets
from exports.documents.asking import Query, asked_in
from exports.documents.paper import Asked, Paper
from models.core.audit import log_access
from models.core.register import Register
from models.core.school_calendar import SemesterSpan


def asked_here(document: Document, semester: SemesterSpan, query: Query) -> Asked | None:
    """Return what a query asks of the maker for who is signed in; None while a choice is due."""
    installed = runtime()
    return asked_in(actor(), document, semester, (installed.originals, installed.cache), query)


def printed(document: Document, wanted: Asked, query: str) -> ResponseReturnValue:
    """Send a document as PDF; what takes longer than two seconds leads to the page of its job.

    `query` is the address's, from which the job asks for the same.
    """
    acting, installed = wanted.reader, runtime()
    if document.long(wanted):
        log_document("print", document, wanted)
        about = wanted.register.title if wanted.register is not None else ""
        title = document.title if about in ("", document.title) else f"{document.title}（{about}）"
        job = print_work.ask_for(acting, document, wanted.semester, query, title, installed)
        wake(installed)
        return redirect(url_for("documents.made", job_id=job.id))
    assert document.maker is not None
    paper: Paper = document.maker(wanted)
    if paper.nothing:
        flash(paper.nothing, "partly")
        address = url_for("documents.show", code=document.code)
        return redirect(f"{address}?{query}" if query else address)
    log_document("print", document, wanted)
    made = imprint(acting, paper.title, paper.subtitle)
    return personal_pdf(
        acting, f"{paper.title}.pdf", lambda path: paper.write(path, made, wanted.sides)
    )


def printed_in_sets(document: Document, semester: SemesterSpan, query: str) -> ResponseReturnValue:
    """Lead to the page of the job that prints a document for every child, sorted by class."""
    acting, installed = actor(), runtime()
    found = print_work.stacks_in(acting, document, semester, parse_qs(query))
    for stack in found:
        log_records("print", document, sets.sortable(document), stack.records)
    title = f"{document.title}（按班）"
    job = print_work.ask_for(acting, document, semester, query, title, installed)
    wake(installed)
    return redirect(url_for("documents.made", job_id=job.id))


def log_document(action: str, document: Document, wanted: Asked) -> None:
    """Note the document, under the register and the record it is about."""
    log_records(action, document, wanted.register, wanted.records)


def log_records(
    action: str, document: Document, register: Register | None, records: tuple[Any, ...]
) -> None:
    """Note a document under each of its records, or under its register where there are none."""
    slug = register.slug if register is not None else "document"
    for record in records or (None,):
        number = record.id if record is not None else None
        log_access(actor(), action, slug, number, f"文书 {document.title}")
