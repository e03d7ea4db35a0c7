"""The addresses of the evaluation; each step posts, is checked in the procedure, and leads back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from admin.evaluation import mine_page, sheet_page, year_page
from admin.frame.context import actor, runtime
from admin.frame.security import demand_password
from compliance.evaluated import behind, sheets
from compliance.evaluated.year import Year, year_called
from exports.documents.evaluation import summary_workbook
from exports.tables.plain import write_workbook
from models.core import audit
from models.core.actor import Actor
from models.core.boxes import INSPECTOR, OFFICE
from models.core.errors import Denied, Invalid, NotFound
from models.core.values import whole
from models.kept.evaluation import OF_DEPARTMENT, point_sums
from models.school import evaluations

# Years a page may be asked for; a calendar reckons with no others.
EARLIEST, LATEST = 2000, 2100

bp = Blueprint("evaluations", __name__, url_prefix="/evaluation")


@bp.get("/")
def index() -> ResponseReturnValue:
    """Lead to the running year: the office's and the inspector's page, or the own year."""
    acting = actor()
    if acting.role not in (*OFFICE, INSPECTOR):
        return redirect(url_for("evaluations.mine"))
    return redirect(url_for("evaluations.year", code=year_page.current(acting.today).code))


@bp.get("/<code>")
def year(code: str) -> ResponseReturnValue:
    """One year: the step it has come to, every sheet with what it lacks, what came of it."""
    return _year_page(_year(code), {})


def _year_page(asked: Year, errors: dict[str, str]) -> ResponseReturnValue:
    acting = actor()
    if acting.role == INSPECTOR:
        audit.log_access(acting, "list", "evaluation", None, asked.code)
        shown = year_page.inspected(acting, asked)
        return render_template("evaluation/inspected.html", **shown)
    if acting.role not in OFFICE:
        raise Denied("全校的考核由领导小组办理；自己的在“我的考核”")
    shown = year_page.year(acting, asked, request.args)
    page = render_template("evaluation/year.html", errors=errors, typed=request.form, **shown)
    return (page, 422) if errors else page


@bp.post("/<code>/open")
def open_year(code: str) -> ResponseReturnValue:
    """Open the year with the settings posted."""
    raw: dict[str, Any] = {
        name: request.form[name] for name in evaluations.SETTINGS if name in request.form
    }
    raw["second_signature"] = "second_signature" in request.form
    return _step_of_year(
        code, lambda acting: evaluations.open_year(acting, code, raw), "考核已经开始，请截取事实"
    )


@bp.post("/<code>/freeze")
def freeze(code: str) -> ResponseReturnValue:
    """Draft every sheet from the facts of today."""

    def step(acting: Actor) -> None:
        settings = evaluations.year_row(code)
        evaluations.freeze(acting, code, sheets.drafts(code, settings, acting.today))

    return _step_of_year(code, step, "事实已经截取到今天，每人一份草稿")


@bp.post("/<code>/show")
def show(code: str) -> ResponseReturnValue:
    """Show the sheets to the teachers with the scores proposed."""
    return _step_of_year(
        code,
        lambda acting: evaluations.show(acting, code, _proposals(code)),
        "已经告知各位教师，可以在期限内申诉",
    )


def _proposals(code: str) -> dict[int, int | None]:
    found, settings = evaluations.newest(code), evaluations.year_row(code)
    points = point_sums(found)
    return {one.id: sheets.proposal(one, settings, points.get(one.id, 0)) for one in found}


@bp.post("/<code>/decide")
def decide_all(code: str) -> ResponseReturnValue:
    """Decide all sheets whose teachers have been heard, by score and thresholds."""

    def step(acting: Actor) -> None:
        settings = evaluations.year_row(code)
        waiting = year_page.in_state(acting, code, evaluations.ANSWERED)
        for one in waiting:
            if one.score is not None:
                word = evaluations.outcome_for(one.score, settings)
                evaluations.decide(acting, one.id, one.score, word, "")

    return _step_of_year(code, step, "申诉期已过的都已按分数线决定")


@bp.post("/<code>/sign")
def sign_all(code: str) -> ResponseReturnValue:
    """Sign all decided sheets but the own: the password again."""

    def step(acting: Actor) -> None:
        asked = _year(code)
        states = (evaluations.DECIDED, evaluations.HALF_SIGNED)
        waiting = year_page.in_state(acting, code, *states)
        demand_password()
        for one in waiting:
            evaluations.sign(acting, one.id, _kept(asked, one))

    return _step_of_year(code, step, "已签署，签过的考核表谁也不能再改")


@bp.post("/<code>/publish")
def publish(code: str) -> ResponseReturnValue:
    """Publish what the school chose, for all staff."""

    def step(acting: Actor) -> None:
        until = request.form.get("until", "")
        evaluations.publish(
            acting,
            code,
            request.form.getlist("outcomes"),
            names=request.form.get("names") == "1",
            until=_day(until) if until else None,
        )

    return _step_of_year(code, step, "已经公布，全体教职工可以看到")


@bp.post("/<code>/commend")
def commend(code: str) -> ResponseReturnValue:
    """Enter the awards that the signed sheets order, with their day and meeting."""

    def step(acting: Actor) -> None:
        form = request.form
        evaluations.commend(acting, code, form.get("awarded_on", ""), whole(form.get("meeting")))

    return _step_of_year(code, step, "表彰已经登记，可以在“文书”里打印表彰通知")


@bp.post("/<code>/leaver/<int:staff>")
def leaver(code: str, staff: int) -> ResponseReturnValue:
    """Draft the sheet of one who left, before the others' turn."""
    asked, acting = _year(code), actor()
    evaluations.demand(acting)
    try:
        found = evaluations.draft_leaver(acting, code, _draft_of(acting, code, staff))
    except Invalid as error:
        return _year_page(asked, error.errors)
    flash("已单独出表，请评分后告知本人", "met")
    return redirect(url_for("evaluations.sheet", sheet_id=found.id), 303)


def _draft_of(acting: Actor, code: str, staff: int) -> evaluations.Draft:
    drafted = sheets.drafts(code, evaluations.opened(code), acting.today)
    found = [draft for draft in drafted if draft.kind != OF_DEPARTMENT and draft.subject == staff]
    if not found:
        raise Invalid({"": "这位教师在这个年度没有可以截取的事实"})
    return found[0]


def _day(said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError as error:
        raise Invalid({"until": "日期写成 2026-08-31 的样子"}) from error


def _step_of_year(code: str, step: Callable[[Actor], object], told: str) -> ResponseReturnValue:
    asked, acting = _year(code), actor()
    evaluations.demand(acting)
    try:
        step(acting)
    except Invalid as error:
        return _year_page(asked, error.errors)
    flash(told, "met")
    return redirect(url_for("evaluations.year", code=code), 303)


@bp.get("/<code>/summary.xlsx")
def summary(code: str) -> ResponseReturnValue:
    """The summary of all sheets as a workbook, noted in the access log."""
    acting, asked = actor(), _year(code)
    if acting.role not in OFFICE:
        raise Denied("汇总表由文员和领导小组导出")
    audit.log_access(acting, "export", "evaluation", None, asked.code)
    target = runtime().cache / f"evaluation-{asked.code}-{acting.user_id}.xlsx"
    write_workbook(
        target,
        [summary_workbook(acting, asked)],
        title=f"{asked.title}考核汇总表",
        made_at=acting.now,
        made_by=acting.name,
    )
    return send_file(target, as_attachment=True, download_name=f"{asked.title}考核汇总表.xlsx")


@bp.get("/<code>/published")
def published(code: str) -> ResponseReturnValue:
    """What was published of a year; for staff alone."""
    acting = actor()
    if acting.role == INSPECTOR:
        raise Denied("公布只对本校教职工")
    return render_template("evaluation/published.html", **year_page.published(acting, _year(code)))


@bp.get("/sheet/<int:sheet_id>")
def sheet(sheet_id: int) -> ResponseReturnValue:
    """One sheet with everything that makes it, in words too."""
    return _sheet_page(sheet_id, {})


def _sheet_page(sheet_id: int, errors: dict[str, str]) -> ResponseReturnValue:
    acting = actor()
    found = evaluations.fetch(acting, sheet_id)
    audit.log_access(acting, "view", "evaluation", found.id)
    shown = sheet_page.sheet(acting, found)
    page = render_template("evaluation/sheet.html", errors=errors, typed=request.form, **shown)
    return (page, 422) if errors else page


@bp.post("/sheet/<int:sheet_id>/<step>")
def step(sheet_id: int, step: str) -> ResponseReturnValue:
    """Take one step on one sheet."""
    if step not in STEPS:
        raise NotFound("没有这个步骤")
    told, take = STEPS[step]
    back = sheet_id
    try:
        back = take(actor(), sheet_id, request.form) or sheet_id
    except Invalid as error:
        return _sheet_page(sheet_id, error.errors)
    flash(told, "met")
    return redirect(url_for("evaluations.sheet", sheet_id=back), 303)


def _decide(acting: Actor, sheet_id: int, form: Any) -> None:
    found = evaluations.fetch(acting, sheet_id)
    settings = evaluations.year_row(found.school_year)
    points = point_sums([found]).get(found.id, 0)
    score = sheets.proposal(found, settings, points)
    evaluations.decide(acting, sheet_id, score, form.get("outcome", ""), form.get("remark", ""))


def _sign(acting: Actor, sheet_id: int, form: Any) -> None:
    demand_password()
    found = evaluations.fetch(acting, sheet_id)
    asked, member = _year(found.school_year), form.get("countersigner", "")
    evaluations.sign(acting, sheet_id, _kept(asked, found), whole(member))


def _tell(acting: Actor, sheet_id: int, _form: Any) -> None:
    found = evaluations.fetch(acting, sheet_id)
    settings = evaluations.year_row(found.school_year)
    points = point_sums([found]).get(found.id, 0)
    evaluations.tell_one(acting, sheet_id, sheets.proposal(found, settings, points))


def _reopen(acting: Actor, sheet_id: int, form: Any) -> int:
    return int(evaluations.reopen(acting, sheet_id, form.get("reason", "")).id)


def _refresh(acting: Actor, sheet_id: int, _form: Any) -> None:
    found = evaluations.fetch(acting, sheet_id)
    settings = evaluations.year_row(found.school_year)
    subject = evaluations.subject_of(found)
    drafted = sheets.drafts(found.school_year, settings, acting.today)
    draft = next((d for d in drafted if (d.kind, d.subject) == (found.kind, subject)), None)
    if draft is None:
        raise Invalid({"": "这个年度没有可以截取的事实"})
    points = point_sums([found]).get(found.id, 0)
    sheets.redraft(found, draft)
    evaluations.refresh_facts(acting, sheet_id, draft, sheets.proposal(found, settings, points))


def _kept(asked: Year, found: Any) -> dict[str, dict[str, str]]:
    """The hashes of the records behind a sheet; a department's figures have none."""
    if found.kind == OF_DEPARTMENT:
        return {}
    as_of = sheets.as_of(found)
    return behind.kept_with(asked, evaluations.subject_of(found), as_of)


STEPS: dict[str, tuple[str, Callable[[Actor, int, Any], int | None]]] = {
    "assess": (
        "评分已记下",
        lambda a, n, f: evaluations.assess(
            a, n, f.get("leadership_score", ""), f.get("remark", "")
        ),
    ),
    "points": (
        "加减分已记下",
        lambda a, n, f: evaluations.give_points(
            a, n, f.get("points", ""), f.get("reason", ""), f.get("basis", "")
        ),
    ),
    "drop": (
        "已去掉这条加减分",
        lambda a, n, f: evaluations.drop_points(a, n, whole(f.get("point")) or 0),
    ),
    "self": (
        "自评已记下",
        lambda a, n, f: evaluations.assess_oneself(
            a, n, f.get("self_score", ""), f.get("self_remark", "")
        ),
    ),
    "tell": ("已告知本人，可以在期限内申诉", _tell),
    "agree": ("已确认没有异议", lambda a, n, _f: evaluations.agree(a, n)),
    "contest": (
        "申诉已交给领导小组",
        lambda a, n, f: evaluations.contest(
            a, n, f.get("objection", ""), f.get("objection_records", "")
        ),
    ),
    "answer": (
        "答复已记下",
        lambda a, n, f: evaluations.answer(a, n, f.get("objection_answer", "")),
    ),
    "decide": ("结果已决定，请签署", _decide),
    "sign": ("已签署，谁也不能再改", _sign),
    "reopen": ("已开新的一版，原来的留着", _reopen),
    "refresh": ("事实已重新截取并告知教师", _refresh),
    "lend": (
        "督查人员两小时内可以看这一份",
        lambda a, n, _f: evaluations.open_to_inspector(a, n) and None,
    ),
}


@bp.get("/mine")
@bp.get("/mine/<code>")
def mine(code: str = "") -> ResponseReturnValue:
    """The own year: facts so far, what is still possible, own sheet and objection."""
    acting = actor()
    if acting.staff_id is None:
        raise Denied("您的账号没有对应到教职工，没有自己的考核")
    asked = _year(code) if code else year_page.current(acting.today)
    return render_template("evaluation/mine.html", **mine_page.mine(acting, asked))


@bp.get("/<code>/teacher/<int:staff>/<duty>")
def cells(code: str, staff: int, duty: str) -> ResponseReturnValue:
    """The periods behind one number, each with its records."""
    acting = actor()
    if acting.role not in OFFICE and staff != acting.staff_id:
        raise NotFound("没有找到这项明细")
    shown = mine_page.cells(acting, _year(code), staff, duty, request.args)
    return render_template("evaluation/cells.html", **shown)


def _year(code: str) -> Year:
    found = year_called(code)
    if found is None or not EARLIEST <= found.first.year <= LATEST:
        raise NotFound("没有这个年度")
    return found
