"""迎检自查: findings, checklists, the scoring sheet and the corrections of the supervision."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import BaseView

from admin.frame.context import actor
from admin.frame.menu import INSPECTION as FOLD
from admin.frame.pages import expose
from admin.frame.security import demand_password
from admin.inspection import bundle_pages, corrections_due, findings, lists, scoring
from compliance.checklists.hardware import line_called
from compliance.checklists.scoring import start
from compliance.findings.silence import decide
from compliance.told import corrections
from models.core import audit, calendar
from models.core.actor import Actor
from models.core.boxes import CLERK, INSPECTOR, OFFICE, TEACHING
from models.core.errors import Conflict, Denied, Invalid
from models.core.rights import may_on

PAGES = (
    ("index", "体检"),
    ("hardware", "硬件清单"),
    ("archive", "档案清单"),
    ("sheets", "自评打分"),
    ("corrections", "督查整改"),
)


def page(template: str, endpoint: str, **shown: Any) -> str:
    """Return a page with the row of pages above it; what an inspector reads is logged."""
    acting = actor()
    if acting.role == INSPECTOR:
        audit.log_access(acting, "list", "inspection", None, endpoint)
    pages = [
        {"title": title, "url": url_for(f"inspection.{name}"), "active": name == endpoint}
        for name, title in PAGES
        if name == "index" or acting.role not in TEACHING
    ]
    return render_template(f"inspection/{template}.html", pages=pages, **shown)


def demand_office_or_inspector() -> Actor:
    """Return the actor; the lists are about the school as a whole."""
    acting = actor()
    if acting.role in TEACHING:
        raise Denied("这份清单由文员和领导小组查看，您的待办在“今日”和“体检”里")
    return acting


def _office() -> Actor:
    acting = actor()
    if acting.role not in OFFICE:
        raise Denied("体检提示由文员和领导小组决定要不要再提示")
    return acting


class InspectionView(BaseView):  # type: ignore[misc]
    """Findings, the two checklists, the scoring sheet, corrections."""

    def __init__(self) -> None:
        """Stand under /inspection, endpoints `inspection.<method>`."""
        super().__init__("迎检体检", FOLD, "inspection", "/inspection", menu_icon_value="check")

    @expose("/")
    def index(self) -> ResponseReturnValue:
        """What an inspector would find today, by level."""
        return page("findings", "index", **findings.page(actor(), request.args))

    @expose("/silence", "POST")
    def silence(self) -> ResponseReturnValue:
        """Tell a finding no more, with a reason, for as long as its records stay as they are."""
        acting, said = _office(), request.form
        finding = findings.named(acting, said)
        try:
            decide(
                acting,
                finding.kind.id,
                finding.hit,
                subject=finding.subject,
                reason=said.get("reason", ""),
                until=said.get("until", ""),
            )
        except Invalid as error:
            flash(str(error), "unmet")
        else:
            flash("不再提示；内容有变动或到期后会自动恢复", "met")
        return redirect(url_for("inspection.index", kind=finding.kind.id))

    @expose("/silence/undo", "POST")
    def tell_again(self) -> ResponseReturnValue:
        """Tell a finding again, at once."""
        acting = _office()
        finding = findings.named(acting, request.form)
        decide(
            acting,
            finding.kind.id,
            finding.hit,
            subject=finding.subject,
            reason="恢复提示",
            silent=False,
        )
        flash("已恢复提示", "met")
        return redirect(url_for("inspection.index", kind=finding.kind.id))

    @expose("/hardware")
    def hardware(self) -> ResponseReturnValue:
        """The hardware checklist, room by room."""
        acting = demand_office_or_inspector()
        return page(
            "hardware", "hardware", **lists.hardware_page(acting, request.args.get("home", ""))
        )

    @expose("/hardware/<line>", "GET", "POST")
    def target(self, line: str) -> ResponseReturnValue:
        """Let the clerk set the school's own number of a line, with the reason."""
        acting = actor()
        declared = line_called(line) or abort(404)
        if acting.role != CLERK:
            raise Denied("清单数量由文员修改，请联系文员")
        errors: dict[str, str] = {}
        typed = {"number": str(declared.target), "reason": ""}
        if request.method == "POST":
            typed = {name: request.form.get(name, "") for name in typed}
            try:
                lists.set_target(acting, declared, **typed)
            except Invalid as error:
                errors = error.errors
            else:
                flash(f"{declared.title}已改为 {typed['number'].strip()} {declared.unit}", "met")
                return redirect(url_for("inspection.hardware"))
        shown = page(
            "target",
            "hardware",
            page_title=f"{declared.room}：{declared.title}要多少",
            line=declared,
            typed=typed,
            errors=errors,
        )
        return (shown, 422) if errors else shown

    @expose("/archive")
    def archive(self) -> ResponseReturnValue:
        """The eighteen archive items and the eight parts of the last."""
        acting = demand_office_or_inspector()
        record = bundle_pages.semester_asked(acting, request.args.get("semester", ""))
        span = calendar.school_calendar().semester(record.code) or abort(404)
        shown = lists.archive_page(acting, span)
        semesters = list(reversed(calendar.semesters()))
        return page("archive", "archive", semesters=semesters, **shown)

    @expose("/scoring/")
    def sheets(self) -> ResponseReturnValue:
        """The scoring sheets of the school."""
        return page("sheets", "sheets", **scoring.sheets_page(demand_office_or_inspector()))

    @expose("/scoring/", "POST")
    def start_sheet(self) -> ResponseReturnValue:
        """Begin a sheet of the running semester with the indicators that ship."""
        acting = demand_office_or_inspector()
        semester = bundle_pages.semester_asked(acting, "")
        sheet = start(acting, semester)
        return redirect(url_for("inspection.sheet", sheet_id=sheet.id))

    @expose("/scoring/<int:sheet_id>", "GET", "POST")
    def sheet(self, sheet_id: int) -> ResponseReturnValue:
        """Score, or change the indicators of the sheet."""
        acting = demand_office_or_inspector()
        found = scoring.fetch(acting, sheet_id)
        changing = request.args.get("change") == "1"
        if request.method == "GET":
            return page("sheet", "sheets", **scoring.sheet_page(acting, found, changing=changing))
        decided = may_on(acting, "edit", scoring.SHEETS, found)
        if not decided:
            raise Denied(f"{decided.reason}，不能修改这份打分表")
        try:
            scoring.save(acting, found, request.form)
        except Invalid as error:
            shown = scoring.sheet_page(
                acting, found, changing=changing, posted=request.form, errors=error.errors
            )
            return page("sheet", "sheets", **shown), 422
        except Conflict:
            told = {"": "别人刚改过这份表，已显示新的内容，请再填一次您的分数"}
            shown = scoring.sheet_page(acting, found, changing=changing, errors=told)
            return page("sheet", "sheets", **shown), 409
        flash("打分表已保存", "met")
        return redirect(url_for("inspection.sheet", sheet_id=sheet_id))

    @expose("/scoring/<int:sheet_id>/print")
    def print_sheet(self, sheet_id: int) -> ResponseReturnValue:
        """The sheet as it goes on paper, marked unofficial."""
        acting = demand_office_or_inspector()
        found = scoring.fetch(acting, sheet_id)
        audit.log_access(acting, "print", scoring.SHEETS.slug, sheet_id)
        return page("print", "sheets", **scoring.sheet_page(acting, found))

    @expose("/corrections/")
    def corrections(self) -> ResponseReturnValue:
        """The problems the supervision found, overdue first."""
        acting = demand_office_or_inspector()
        shown = corrections_due.page(acting, request.args.get("step", ""))
        return page("corrections", "corrections", **shown)

    @expose("/corrections/<int:record_id>/done", "POST")
    def finish(self, record_id: int) -> ResponseReturnValue:
        """Note that a problem was put right."""
        form = request.form
        corrections.mark_done(actor(), record_id, form.get("done_on", ""), form.get("measure", ""))
        flash("已登记整改完成，请另一位同志验收", "met")
        return redirect(url_for("inspection.corrections"))

    @expose("/corrections/<int:record_id>/verify", "POST")
    def verify(self, record_id: int) -> ResponseReturnValue:
        """Verify a correction as somebody else."""
        acting = demand_office_or_inspector()
        try:
            corrections.demand_verifiable(acting, record_id)
            if acting.role in OFFICE:
                demand_password()
            corrections.verify(acting, record_id)
        except Invalid as error:
            shown = corrections_due.page(acting, corrections.WAITING, record_id, error.errors)
            return page("corrections", "corrections", **shown), 422
        flash("已验收", "met")
        return redirect(url_for("inspection.corrections"))
