"""文书: every document there is, each ready to be looked at and printed."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import BaseView

from admin.boards.views import chosen_semester
from admin.documents import asked as asking
from admin.documents import drafting
from admin.documents import signing as signing_page
from admin.documents.before_print import complaints
from admin.frame.context import actor, runtime
from admin.frame.menu import INSPECTION
from admin.frame.pages import expose
from admin.frame.printing import send_kept
from admin.frame.security import demand_password
from admin.work import print_work
from admin.work.printing import asked_here, log_document, printed, printed_in_sets
from compliance.ordered.papers import AT_ONCE, EACH_REGISTER, Document, document_called
from exports.documents import sets
from exports.documents.asking import CHILD, allows
from exports.documents.books import PREVIEW_ROWS
from exports.documents.paper import Asked, Paper
from exports.pdf.imposed import DUPLEX, TILES
from models.core import calendar, jobs
from models.core.audit import log_access
from models.core.display import Page
from models.core.errors import Denied, Invalid
from models.core.listing import read_request
from models.core.register import Register, find, register_of
from models.core.rights import may
from models.core.school_calendar import SemesterSpan
from models.kept.staff import SchoolClass
from models.school import signing
from models.sealed import leaders

# What a body on paper has and a page has not.
_PHOTO = re.compile(r'src="app-photo:(\d+)"')
MORE = "内容较多，页面上只显示前面的一部分；打印件上有全部，在后台制作。"
_NEXT_PAGE = "<pdf:nextpage />"


class DocumentsView(BaseView):  # type: ignore[misc]
    """The list of documents, the page of one, its PDF."""

    def __init__(self) -> None:
        """Stand under /documents, endpoints `documents.<method>`."""
        super().__init__("文书", INSPECTION, "documents", "/documents", menu_icon_value="file")

    @expose()
    def index(self) -> ResponseReturnValue:
        """Every document the reader may open."""
        ready = asking.readable(actor())
        return render_template(
            "documents/pages/index.html",
            page_title=f"可以直接打开和打印的文书 {len(ready)} 种",
            ready=[_line(one) for one in ready],
            made=[
                {
                    "title": one.job.title,
                    "note": f"{one.job.finished_at:%m-%d %H:%M} 做好，留到 {one.until:%m-%d %H:%M}",
                    "url": url_for("documents.made", job_id=one.job.id),
                }
                for one in print_work.of_person(actor(), runtime())
            ],
        )

    @expose("/draft/<code>")
    def draft(self, code: str) -> ResponseReturnValue:
        """A draft written from the records: to be put into a new record, or into one kept."""
        document = _opened(code)
        shown = drafting.draft_page(
            actor(), document, chosen_semester() or abort(404), request.args
        )
        return render_template(
            "documents/pages/draft.html",
            breadcrumbs=[
                {"title": "文书", "url": url_for("documents.index")},
                {"title": document.title, "url": asking.show_url(code)},
            ],
            **(shown or abort(404)),
        )

    @expose("/<code>")
    def show(self, code: str) -> ResponseReturnValue:
        """One document as it goes on paper; first the choice of its record where it has one."""
        return _shown(code, {})

    @expose("/<code>/sign", "POST")
    def sign(self, code: str) -> ResponseReturnValue:
        """Sign the document as it is counted now: a leader's own act, with the password again."""
        document = _opened(code)
        leaders.demand(actor())
        semester = chosen_semester() or abort(404)
        wanted = _asked(document, semester)
        if wanted is None or not document.signed_in:
            abort(404)
        try:
            demand_password()
            made = signing.sign(actor(), *signing_page.as_counted_now(document, wanted))
        except Invalid as error:
            return _shown(code, error.errors)
        flash(f"已签署，存为第 {made.edition} 版；以后数字有变，再签就是新的一版", "met")
        return redirect(asking.show_url(code, semester=semester.code), 303)

    @expose("/<code>/pdf")
    def pdf(self, code: str) -> ResponseReturnValue:
        """One document as PDF, with the reader's name at the foot; a long one by a job."""
        document = _opened(code, "print")
        semester = chosen_semester() or abort(404)
        if print_work.sets_in(request.args.to_dict(flat=False)):
            return printed_in_sets(document, semester, request.query_string.decode())
        wanted = _asked(document, semester) if document.maker is not None else None
        if wanted is None:
            return redirect(_with_query("documents.show", code))
        return printed(document, wanted, request.query_string.decode())

    @expose("/prints/<int:job_id>")
    def made(self, job_id: int) -> ResponseReturnValue:
        """How far a long print of one's own is; once it is made, the way to it."""
        job = print_work.job_of(actor(), job_id)
        made = print_work.fetch(actor(), job_id, runtime()) if job.state == jobs.DONE else None
        return render_template(
            "documents/pages/made.html",
            page_title=job.title,
            breadcrumbs=[{"title": "文书", "url": url_for("documents.index")}],
            job=job,
            made=made,
            again=_again(job),
        )

    @expose("/prints/<int:job_id>/file")
    def fetch(self, job_id: int) -> ResponseReturnValue:
        """The finished print, to the one who asked for it."""
        made = print_work.fetch(actor(), job_id, runtime())
        slug = made.job.found["register"] or "document"
        action = "export" if made.job.given["code"] == print_work.WORKBOOK else "print"
        log_access(actor(), action, slug, detail=f"取走 {made.job.title} {made.path.stem}")
        return send_kept(made.name, made.path)


def _again(job: Any) -> str:
    """Where the same is asked for anew."""
    if job.given["code"] == print_work.WORKBOOK:
        return f"{url_for('tables.export', slug=job.given['register'])}?{job.given['query']}"
    address = url_for("documents.pdf", code=job.given["code"])
    semester = urlencode({"semester": job.given["semester"]})
    return f"{address}?{semester}&{job.given['query']}"


def _shown(code: str, errors: dict[str, str]) -> ResponseReturnValue:
    document = _opened(code)
    if document.page:
        return redirect(url_for(document.page))
    semester = chosen_semester() or abort(404)
    wanted = _asked(document, semester)
    if wanted is None:
        return _choice(document, semester)
    shown = _first_of(document, wanted)
    paper = _made(document, shown)
    log_document("view", document, shown)
    printable = allows(actor(), document, "print") and not paper.nothing
    page = _page(
        document,
        semester,
        title=paper.title,
        body=_for_screen(paper.body),
        pdf=_with_query("documents.pdf", code) if printable else "",
        sides=_sides(code, paper) if printable else [],
        draft=drafting.draft_url(actor(), document, semester, wanted.records),
        complaints=_complaints(shown),
        told=[one for one in (paper.note, MORE if shown is not wanted else "") if one],
        handing=[]
        if paper.nothing
        else asking.handing_out(actor(), document, semester, wanted.records),
        nothing=paper.nothing,
        signing=signing_page.state(actor(), document, wanted, paper),
        errors=errors,
    )
    return (page, 422) if errors else page


def _sides(code: str, paper: Paper) -> list[tuple[str, str]]:
    """Other ways onto the sheets of an office printer: word and address."""
    ways = [("双面打印", DUPLEX)] if paper.binding > 0 else []
    ways += [("A3 拼两张 A4", TILES)] if code == "wall-poster" else []
    asked = _with_query("documents.pdf", code)
    joined = "&" if "?" in asked else "?"
    return [(word, f"{asked}{joined}sides={how}") for word, how in ways]


def documents_on(register: Register, record: Any) -> list[dict[str, str]]:
    """Return the documents the actor may open about one record, as links of its page.

    On a class stand those that can be made for all its children.
    """
    if register is register_of(SchoolClass):
        return [
            {
                "code": one.code,
                "title": one.title,
                "url": asking.show_url(one.code, **{"class": record.id}),
            }
            for one in asking.readable(actor())
            if one.about == CHILD and not one.where
        ]
    return [
        {
            "code": one.code,
            "title": one.title,
            "url": asking.show_url(one.code, **{"for": record.id}),
        }
        for one in asking.readable(actor())
        if one.about == register.slug
        and all(record.__data__.get(name) == word for name, word in one.where.items())
    ]


def documents_of(register: Register) -> list[dict[str, str]]:
    """Return the documents made of the register's records, as links of its list, as filtered."""
    acting = actor()
    asked = {key: text for key, text in request.args.items() if key.startswith("f.") or key == "q"}
    found = [
        {"title": one.title, "url": asking.show_url(one.code, **asked)}
        for one in asking.readable(acting)
        if one.about == register.slug
    ]
    album = document_called("photo-album")
    prints = "photo" in register.evidence and not register.sealed and may(acting, "print", register)
    if prints and album is not None and allows(acting, album):
        url = asking.show_url(album.code, of=register.slug, **asked)
        found.append({"title": album.title, "url": url})
    return found


def _with_query(endpoint: str, code: str) -> str:
    """Return the address of another view of the same document, all that was asked for kept."""
    query = request.query_string.decode()
    return url_for(endpoint, code=code) + (f"?{query}" if query else "")


def _opened(code: str, verb: str = "read") -> Document:
    document = document_called(code) or abort(404)
    if not allows(actor(), document, verb):
        word = "打印" if verb == "print" else "打开"
        raise Denied(f"文书“{document.title}”您不能{word}，需要时请联系文员")
    return document


def _asked(document: Document, semester: SemesterSpan) -> Asked | None:
    """Return what the address asks of the maker, None while a record or register is to choose."""
    wanted = asked_here(document, semester, request.args.to_dict(flat=False))
    if wanted is not None and document.signed_in and request.args.get("signed"):
        version = signing_page.version(actor(), document, semester, request.args["signed"])
        wanted = replace(wanted, signed=version or abort(404))
    return wanted


def _made(document: Document, wanted: Asked) -> Paper:
    assert document.maker is not None
    paper: Paper = document.maker(wanted)
    return paper


def _first_of(document: Document, wanted: Asked) -> Asked:
    """Return what is asked for, or, of what would take long, the first records."""
    if not document.long(wanted):
        return wanted
    if wanted.records:
        return replace(wanted, records=wanted.records[:AT_ONCE])
    return replace(wanted, chunks=lambda: [p[:PREVIEW_ROWS] for p in islice(wanted.chunks(), 1)])


def _complaints(wanted: Asked) -> list[dict[str, str]]:
    """What to look at before printing; nothing for the inspector, who prints nothing."""
    if wanted.register is None or not wanted.records or not asking.is_staff(actor()):
        return []
    page = Page(actor(), wanted.register, wanted.records, "detail")
    return complaints(page, wanted.register, wanted.records)


def _for_screen(body: str) -> str:
    """Photos by their address, the turn of a page as a rule."""
    body = body.replace(_NEXT_PAGE, '<hr class="paper__turn">')

    def source(found: re.Match[str]) -> str:
        return f'src="{url_for("photos.picture", photo_id=found[1], size="display")}"'

    return _PHOTO.sub(source, body)


def _choice(document: Document, semester: SemesterSpan) -> ResponseReturnValue:
    """Let the reader choose the register, or the record, a document is made for."""
    acting = actor()
    if document.about == EACH_REGISTER:
        offered = [
            {"title": one.title, "url": asking.show_url(document.code, of=one.slug)}
            for one in asking.registers_offered(acting)
        ]
    else:
        register = find(document.about)
        assert register is not None
        records = asking.records_offered(acting, document, read_request(request.args), semester)
        named = Page(acting, register, records, "list")

        def address(ids: list[int]) -> str:
            return asking.show_url(document.code, semester=semester.code, **{"for": ids})

        offered = [{"title": named.label(one), "url": address([one.id])} for one in records]
        if len(records) > 1:
            together = address([one.id for one in records])
            offered.insert(0, {"title": f"下面 {len(records)} 份合成一份", "url": together})
    draft = drafting.draft_url(acting, document, semester)
    by_class = _by_class(document, semester) if offered else []
    return _page(
        document,
        semester,
        offered=offered,
        most=asking.MOST_OFFERED,
        draft=draft,
        by_class=by_class,
    )


def _by_class(document: Document, semester: SemesterSpan) -> list[tuple[str, str]]:
    """Ways to print a document for every child, sorted by class: word and address."""
    if sets.sortable(document) is None or not allows(actor(), document, "print"):
        return []

    def address(**query: Any) -> str:
        return url_for("documents.pdf", code=document.code, semester=semester.code, **query)

    ways = [(word, address(sets=how)) for how, word in sets.WAYS.items()]
    return [*ways, ("按班双面打印（夹分班页）", address(sets=sets.SHEETS, sides=DUPLEX))]


def _page(document: Document, semester: SemesterSpan, **shown: Any) -> str:
    title = shown.pop("title", document.title)
    return render_template(
        "documents/pages/show.html",
        page_title=title,
        page_note=f"{document.title} · {semester.title}" if title != document.title else "",
        breadcrumbs=[{"title": "文书", "url": url_for("documents.index")}],
        document=document,
        semester=semester,
        semesters=list(reversed(calendar.semesters())),
        **shown,
    )


def _line(document: Document) -> dict[str, str]:
    return {
        "title": document.title,
        "url": asking.show_url(document.code),
        "clauses": "、".join(document.clauses),
    }
