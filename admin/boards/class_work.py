"""班级工作: a class teacher's page: file and gaps, census, the week's check, handing out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.boards.class_board import gaps
from admin.frame.context import actor
from admin.registers.save import fresh_token, typed_again
from models.core import calendar, undo
from models.core.actor import Actor
from models.core.errors import AlreadyDone, Invalid, NotFound
from models.core.register import register_of
from models.core.values import whole
from models.kept.children import CENSUS_MANNERS, CENSUS_RESULTS
from models.kept.talks import SEMESTER_REPORT_MANNERS, SemesterReport
from models.school import class_work as work

bp = Blueprint("class_work", __name__, url_prefix="/class-work")

# What each form writes, by the word in its address.
TITLES = {
    "census": "学期摸底",
    "check": "查阅本周结对记录",
    "hand-out": "发联系卡、交摸底汇总",
    "report": "学期通报",
}
REPORT = register_of(SemesterReport)


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show the class's file, its gaps and the three forms."""
    acting = actor()
    if not work.classes(acting):
        return render_template("class/work.html", page_title="班级工作", school_class=None)
    chosen = work.class_called(acting, whole(request.args.get("class"), least=1))
    return _page(acting, chosen, {}, {})


@bp.post("/<what>")
def do(what: str) -> ResponseReturnValue:
    """Show what a form would write, or write it once it is confirmed."""
    acting, typed = actor(), request.form
    if what not in TITLES:
        raise NotFound("没有这一步")
    chosen = work.class_called(acting, whole(typed.get("class"), least=1) or 0)
    errors = _errors(what, acting, typed)
    if errors or typed.get("step") == "edit":
        return _page(acting, chosen, typed, errors)
    steps = _steps(what, acting, chosen.id, typed)
    if typed.get("step") == "do":
        token = f"class-work/{what}/{typed.get('once', '')[:40]}"
        try:
            done = work.save(acting, steps, _title(what, chosen), token=token)
        except AlreadyDone:
            flash("已经登记过了，没有再登记一次", "partly")
            return _back(chosen)
        except Invalid:
            # Somebody wrote meanwhile: the preview says what stands in the way now.
            pass
        else:
            flash(f"已登记 {len(done.written)} 条，今天可以整批撤销", "met")
            return _back(chosen)
    return render_template(
        "class/work_checked.html",
        page_title=f"核对：{TITLES[what]}",
        what=what,
        school_class=chosen,
        found=work.preview(acting, steps),
        typed=typed_again(typed),
        once=typed.get("once") or fresh_token(),
    )


@bp.post("/undo/<int:batch_id>")
def take_back(batch_id: int) -> ResponseReturnValue:
    """Take back what the own forms wrote today."""
    acting = actor()
    chosen = work.class_called(acting, whole(request.form.get("class"), least=1) or 0)
    if batch_id not in {one.id for one in _recent(acting, chosen)}:
        raise NotFound("没有找到这一次登记，或者已经撤销")
    report = undo.undo(acting, batch_id)
    flash(f"已撤销 {report.undone} 条", "met")
    for _register, label, reason in report.left:
        flash(f"{label}没有撤销：{reason}", "warning")
    return _back(chosen)


def _back(chosen: Any) -> ResponseReturnValue:
    return redirect(url_for("class_work.index", **{"class": chosen.id}), 303)  # type: ignore[arg-type]


def _title(what: str, chosen: Any) -> str:
    return f"{TITLES[what]}：{chosen.name}"


def _recent(acting: Actor, chosen: Any) -> list[Any]:
    return work.recent(acting, [_title(what, chosen) for what in TITLES])


def _reports(typed: Mapping[str, str]) -> dict[int, dict[str, str]]:
    """Return {child: {field: text}} of the reports of which anything was written."""
    found: dict[int, dict[str, str]] = {}
    for name in work.TOLD:
        for number, text in _numbered(typed, f"{name}-").items():
            found.setdefault(number, {})[name] = text
    return found


def _lacking(typed: Mapping[str, str]) -> dict[str, str]:
    """Return what is missing of a report that was begun: it would not count (S08-2)."""
    errors = {}
    for number, said in _reports(typed).items():
        for name in work.TOLD:
            if name not in said:
                errors[f"{name}-{number}"] = REPORT.spec(name).asked
    if typed.get("manner") and typed.get("manner") not in SEMESTER_REPORT_MANNERS:
        errors["manner"] = "请选送达的方式"
    return errors


def _errors(what: str, acting: Actor, typed: Mapping[str, str]) -> dict[str, str]:
    if what == "report":
        return _lacking(typed)
    if what != "census":
        return {}
    errors = {}
    if typed.get("manner") not in CENSUS_MANNERS:
        errors["manner"] = "请选摸底的方式"
    day = _day(typed)
    if day is None or day > acting.today:
        errors["day"] = "请写清摸底日期，不能晚于今天"
    for name, text in typed.items():
        number = name.removeprefix("result-")
        if name != number and text == CENSUS_RESULTS[1] and not _said(typed, f"changes-{number}"):
            errors[f"changes-{number}"] = "情况有变化的，请写明变化了什么"
    return errors


def _day(typed: Mapping[str, str]) -> date | None:
    try:
        return date.fromisoformat(typed.get("day", ""))
    except ValueError:
        return None


def _said(typed: Mapping[str, str], name: str) -> str:
    return typed.get(name, "").strip()[:2000]


def _numbered(typed: Mapping[str, str], prefix: str) -> dict[int, str]:
    """Return {number: text} of the fields called prefix and number, without the blank ones."""
    found = {}
    for name in typed:
        number = whole(name.removeprefix(prefix), least=1)
        if name.startswith(prefix) and number is not None and _said(typed, name):
            found[number] = _said(typed, name)
    return found


def _steps(
    what: str, acting: Actor, school_class: int, typed: Any
) -> Callable[[], list[work.Step]]:
    if what == "census":
        changes = _numbered(typed, "changes-")
        answers = {
            number: work.Answer(result, changes.get(number, ""))
            for number, result in _numbered(typed, "result-").items()
        }
        day, manner = _day(typed) or acting.today, typed.get("manner", "")
        return lambda: work.census(acting, school_class, day, manner, answers)
    if what == "check":
        remarks = _numbered(typed, "remark-")
        return lambda: work.check(acting, school_class, remarks)
    if what == "report":
        manner, told = typed.get("manner", ""), _reports(typed)
        return lambda: work.report(acting, school_class, manner, told)
    chosen = [n for text in typed.getlist("child") if (n := whole(text, least=1))]
    report = typed.get("report") == "1"
    return lambda: work.hand_out(acting, school_class, chosen, report=report)


def _page(
    acting: Actor, chosen: Any, typed: Mapping[str, str], errors: Mapping[str, str]
) -> ResponseReturnValue:
    semester = calendar.current_span(acting.today)
    if semester is None:
        raise NotFound("还没有登记学期，请文员先登记")
    pupils = work.children(acting, chosen.id)
    waiting = work.waiting(acting, pupils)
    lacking = gaps(acting, chosen.id, semester)
    page = render_template(
        "class/work.html",
        page_title=_owed(chosen, waiting, lacking),
        school_class=chosen,
        classes=work.classes(acting),
        pupils=pupils,
        gaps=lacking,
        waiting=waiting,
        on_file=work.on_file(acting, waiting),
        results=CENSUS_RESULTS,
        manners=CENSUS_MANNERS,
        today=acting.today,
        week=work.week_of(acting, chosen.id) if _has_teacher(acting, chosen) else [],
        without_card=work.without_card(acting, pupils),
        without_report=work.without_report(acting, pupils),
        told=[(name, REPORT.spec(name).label) for name in work.TOLD],
        ways=SEMESTER_REPORT_MANNERS,
        reported=work.is_reported(acting, chosen.id),
        card_url=url_for(
            "documents.show",
            code="contact-card",
            semester=semester.code,
            **{"class": chosen.id},  # type: ignore[arg-type]
        ),
        recent=[(one.id, one.title) for one in _recent(acting, chosen)],
        typed=typed,
        ticked=request.form.getlist("child") if typed else None,
        errors=errors,
        once=fresh_token(),
    )
    return page, 422 if errors else 200


def _has_teacher(acting: Actor, chosen: Any) -> bool:
    try:
        work.by(acting, chosen.id)
    except Invalid:
        return False
    return True


def _owed(chosen: Any, waiting: list[Any], lacking: list[Any]) -> str:
    parts = [f"{len(waiting)} 人没有摸底"] if waiting else []
    parts += [f"{len(lacking)} 人档案有缺"] if lacking else []
    return f"{chosen.name}：{'，'.join(parts) or '都齐了'}"
