"""The inspector's first page: the eight parts, the regulations, what was released, whom to draw."""

from __future__ import annotations

from typing import Any

from flask import url_for

from admin.inspection import bundle_pages
from admin.inspection.regulation_pages import overview
from exports.bundle.survey import survey_of
from models.core import calendar
from models.core.actor import Actor
from models.core.school_calendar import SemesterSpan


def visit(actor: Actor, semester: SemesterSpan) -> dict[str, Any]:
    """Return the page; nothing on it names a person."""
    survey = survey_of(actor, semester)
    parts = [{**line, "supplier": "", "url": ""} for line in bundle_pages.part_lines(survey)]
    whole = sum(not state.missing for state in survey.parts)
    school = calendar.school()
    regulations = overview(actor, semester, "")
    return {
        "page_title": f"{school.name if school else ''}：上报材料八个部分齐了 {whole} 个",
        "page_note": f"{semester.title} · {regulations['page_title']}",
        "parts": parts,
        "released": len(bundle_pages.versions(actor)),
        "released_url": url_for("bundles.index"),
        "documents": [
            {
                "name": document["name"],
                "met": sum(line["met"] for line in document["lines"]),
                "judged": sum(line["judged"] for line in document["lines"]),
                "lines": document["lines"],
            }
            for document in regulations["documents"]
            if document["adopted"]
        ],
    }
