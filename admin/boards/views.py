"""The boards: how far the duties have come, who was missed, what a teacher owes today."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.boards import (
    burden as board_burden,
)
from admin.boards import (
    classes as board_classes,
)
from admin.boards import (
    desk as board_desk,
)
from admin.boards import (
    duty as board_duty,
)
from admin.boards import (
    groups,
    heat,
    page,
)
from admin.boards import (
    inbox as board_inbox,
)
from admin.boards import (
    missed as board_missed,
)
from admin.boards import (
    teacher as board_teacher,
)
from admin.boards import (
    teachers as board_teachers,
)
from admin.boards import (
    today as board_today,
)
from admin.boards.after_saving import next_owed
from admin.boards.first_day import first_day_of
from admin.boards.take_along import take_along
from admin.boards.teacher_access import ALL_TEACHERS, sees_teacher
from admin.frame.context import actor
from compliance.ordered.catalogue import duty_called
from compliance.ordered.duty import Duty
from models.core import audit, calendar
from models.core.boxes import CLERK, LEADERSHIP, OFFICE, TEACHING
from models.core.errors import Denied
from models.core.school_calendar import SemesterSpan

# No database gives a record a larger number.
MOST_ID = 2**31 - 1

bp = Blueprint("boards", __name__)


@bp.app_context_processor
def strips() -> dict[str, Any]:
    """Give the page of a record just made the act that comes next."""
    return {
        "next_owed": lambda slug, made: next_owed(actor(), chosen_semester(), slug, made),
    }


@bp.get("/board/")
def index() -> ResponseReturnValue:
    """The board of all duties; where the office's and the inspector's day begins."""
    semester = chosen_semester()
    if semester is None:
        return render_template("boards/unset.html")
    match request.args.get("view", ""):
        case "box":
            shown = groups.box_view(actor(), semester)
            return render_template("boards/groups.html", **shown)
        case "regulation":
            shown = groups.regulation_view(actor(), semester)
            return render_template("boards/groups.html", **shown)
        case "heat":
            return render_template("boards/heat.html", **heat.heat(actor(), semester))
    shown = page.board(actor(), semester)
    shown["tiles"].append(board_burden.tile(actor(), semester))
    return render_template("boards/board.html", **shown)


@bp.get("/inbox")
def inbox() -> ResponseReturnValue:
    """Where a leader's day begins: what waits for a decision, then the school in one look."""
    if actor().role != LEADERSHIP:
        raise Denied("这一页给领导小组成员")
    return render_template(
        "boards/inbox.html", **board_inbox.inbox_page(actor(), chosen_semester())
    )


@bp.get("/desk")
def desk() -> ResponseReturnValue:
    """Where the clerk's day begins: five questions, each with its number and its button."""
    if actor().role != CLERK:
        raise Denied("这一页给文员")
    begun, semester = first_day_of(actor()), chosen_semester()
    if semester is None:
        return render_template("boards/unset.html", first_day=begun)
    shown = board_desk.desk(actor(), semester)
    return render_template("boards/desk.html", first_day=begun, **shown)


@bp.get("/board/burden")
def burden() -> ResponseReturnValue:
    """What every teacher is asked to enter per week; a teacher is led to the own figures."""
    semester = chosen_semester()
    if semester is None:
        return render_template("boards/unset.html")
    person = actor()
    if person.role in TEACHING:
        return burden_of(person.staff_id or 0)
    shown = board_burden.burden_page(person, semester, request.args)
    return render_template("boards/burden.html", **shown)


@bp.get("/board/burden/<int:staff>")
def burden_of(staff: int) -> ResponseReturnValue:
    """What one teacher's load is made of."""
    semester = chosen_semester() or abort(404)
    shown = None
    if staff <= MOST_ID:
        shown = board_burden.burden_of(actor(), semester, staff)
    if shown is None:
        abort(404)
    return render_template("boards/burden_of.html", **shown)


@bp.get("/today")
def today() -> ResponseReturnValue:
    """What a teacher owes, child by child, for the phone."""
    person = actor()
    if person.role not in TEACHING and (person.role not in OFFICE or person.staff_id is None):
        return redirect(url_for("boards.index"))
    semester = chosen_semester()
    if semester is None:
        return render_template("boards/unset.html")
    return render_template("boards/today.html", **board_today.today(actor(), semester))


@bp.get("/take-along")
def along() -> ResponseReturnValue:
    """What a teacher takes along where there is no network."""
    if actor().role not in TEACHING + OFFICE:
        raise Denied("这一页给有自己学生的教师")
    shown = take_along(actor(), request.args.getlist("child"))
    return render_template("boards/take_along.html", **shown)


@bp.get("/missed")
def missed() -> ResponseReturnValue:
    """Who has not been talked to, visited or called for longest."""
    shown = board_missed.missed(actor(), request.args)
    return render_template("boards/missed.html", **shown)


@bp.get("/board/classes")
def classes() -> ResponseReturnValue:
    """Every class with the share met."""
    semester = chosen_semester() or abort(404)
    return render_template("boards/classes.html", **board_classes.classes(actor(), semester))


@bp.get("/board/teachers")
def teachers() -> ResponseReturnValue:
    """Every teacher with the share met; a teacher is led to the own page."""
    if actor().role not in ALL_TEACHERS:
        return redirect(url_for("boards.teacher", staff=actor().staff_id or abort(404)))
    semester = chosen_semester() or abort(404)
    shown = board_teachers.teachers(actor(), semester, request.args)
    return render_template("boards/teachers.html", **shown)


@bp.get("/board/teachers/<int:staff>")
def teacher(staff: int) -> ResponseReturnValue:
    """One teacher's children, duties, missed periods and records."""
    semester = chosen_semester() or abort(404)
    if staff > MOST_ID or not sees_teacher(actor(), staff):
        abort(404)
    audit.log_access(actor(), "view", "staff", staff, "教师履职")
    shown = board_teacher.teacher(actor(), semester, staff, request.args)
    burden_url = url_for("boards.burden_of", staff=staff, semester=semester.code)
    return render_template("boards/teacher.html", burden_url=burden_url, **shown)


@bp.get("/board/duties/<code>")
def duty(code: str) -> ResponseReturnValue:
    """One duty, subject by subject."""
    semester = chosen_semester() or abort(404)
    shown = board_duty.duty_page(actor(), known(code), semester, request.args)
    return render_template("boards/duty.html", **shown)


@bp.get("/board/duties/<code>/<int:subject>")
def subject(code: str, subject: int) -> ResponseReturnValue:
    """One subject of a duty, with the records that make its verdicts."""
    semester = chosen_semester() or abort(404)
    if subject > MOST_ID:
        abort(404)
    shown = board_duty.subject_page(actor(), known(code), semester, subject, request.args)
    if shown is None:
        abort(404)
    return render_template("boards/subject.html", **shown)


def known(code: str) -> Duty:
    """Return the duty of that code; page not found otherwise."""
    return duty_called(code) or abort(404)


def chosen_semester() -> SemesterSpan | None:
    """Return the semester asked for in the address, else the running one; None before set-up."""
    asked = calendar.school_calendar().semester(request.args.get("semester", ""))
    return asked if asked is not None else calendar.current_span(actor().today)
