"""The inspector's first page: the eight parts, the regulations, what was released, whom to draw."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from admin.boards.views import chosen_semester
from admin.frame.context import actor
from admin.inspection import bundle_pages
from admin.inspection.regulation_pages import overview
from exports.bundle.survey import survey_of
from models.core import calendar
from models.core.actor import Actor
from models.core.boxes import INSPECTOR
from models.core.errors import Denied
from models.core.school_calendar import SemesterSpan

bp = Blueprint("visit", __name__)


@bp.get("/visit")
def index() -> ResponseReturnValue:
    """Where an inspector's day begins; nobody else's does."""
    if actor().role != INSPECTOR:
        raise Denied("这一页给督查人员")
    semester = chosen_semester()
    if semester is None:
        return render_template("boards/unset.html")
    return render_template("inspection/visit.html", **visit(actor(), semester))


def visit(acting: Actor, semester: SemesterSpan) -> dict[str, Any]:
    """Return the page; nothing on it names a person."""
    survey = survey_of(acting, semester)
    parts = [{**line, "supplier": "", "url": ""} for line in bundle_pages.part_lines(survey)]
    whole = sum(not state.missing for state in survey.parts)
    school = calendar.school()
    regulations = overview(acting, semester, "")
    return {
        "page_title": f"{school.name if school else ''}：上报材料八个部分齐了 {whole} 个",
        "page_note": f"{semester.title} · {regulations['page_title']}",
        "parts": parts,
        "released": len(bundle_pages.versions(acting)),
        "released_url": url_for("bundles.index"),
        "documents": [
            {
                "name": document["name"],
                "met": sum(line["met"] for line in document["lines"]),
                "judged": sum(line["judged"] for line in document["lines"]),
                "lines": document["lines"],
            }
            for document in regulations["documents"]
        ],
    }
