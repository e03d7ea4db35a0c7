"""Across a counsellor's records: all of one child, and a case without the people in it."""

from __future__ import annotations

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.frame.context import actor
from admin.sealed.guard import guarded
from models.core import audit, sealing
from models.core import labels as naming
from models.core.display import Page
from models.core.errors import NotFound
from models.core.gates import directory
from models.core.register import Register, register_of
from models.core.values import whole
from models.kept.counselling import FILES, SESSIONS
from models.sealed import counselling
from models.sealed.anonymous_case import again, anonymous_case

bp = guarded("sealed_cases", __name__)

PURPOSES = ("教学", "研究", "写作")


@bp.route("/child", methods=["GET", "POST"])
def child() -> ResponseReturnValue:
    """List own records of one child; asked by post, so that no address names the child."""
    if actor().sealed_key is None:
        raise sealing.Shut
    target = register_of(SESSIONS.spec("child").target)
    child_id = whole(request.form.get("child")) or 0
    known = directory(target, target.model.id).where(target.model.id == child_id).exists()
    name = naming.labels(actor(), {target: [child_id]}) if known else {}
    found = [_of_child(declared, child_id) for declared in (SESSIONS, FILES)] if known else []
    return render_template(
        "counselling/child.html",
        picker_url=url_for("sealed.pick", slug=target.slug, place=f"{SESSIONS.slug}.child"),
        chosen=[{"id": child_id, "text": text} for text in name.values()],
        groups=found,
    )


def _of_child(declared: Register, child_id: int) -> dict[str, object]:
    records = counselling.of_child(actor(), declared, child_id)
    shown = Page(actor(), declared, records, "detail")
    names = ("complaint", "risk") if declared is SESSIONS else ("observations",)
    return {
        "title": declared.title,
        "items": [
            {
                "title": shown.text(record, "case_code"),
                "when": shown.text(record, declared.happened),
                "url": url_for("sealed.detail", slug=declared.slug, rid=record.id),
                "text": "；".join(text for n in names if (text := shown.text(record, n))),
            }
            for record in records
        ],
    }


@bp.route("/case/<code>/anonymous", methods=["GET", "POST"])
def anonymous(code: str) -> ResponseReturnValue:
    """Preview the anonymised case; hand it out as text once the counsellor has read it."""
    if actor().sealed_key is None:
        raise sealing.Shut
    hidden = anonymous_case(actor(), code)
    problem = ""
    if request.method == "POST":
        purpose = request.form.get("purpose", "")
        hidden = again(actor(), code, request.form.get("text", "").replace("\r\n", "\n"))
        if purpose in PURPOSES and request.form.get("read"):
            audit.log_access(actor(), "export", SESSIONS.slug, None, f"匿名案例，用于{purpose}")
            return _file(hidden.text)
        problem = "请选择用途，并确认已经逐句读过"
    page = render_template(
        "counselling/anonymous.html", code=code, hidden=hidden, purposes=PURPOSES, problem=problem
    )
    return page, 422 if problem else 200


def _file(text: str) -> Response:
    if not text.strip():
        raise NotFound("没有可导出的内容")
    answer = Response(f"\ufeff{text}", mimetype="text/plain; charset=utf-8")
    answer.headers["Content-Disposition"] = "attachment; filename=anonymous-case.txt"
    return answer
