"""制度落实一览: the five documents, their systems and clauses, each with its state and proof."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import BaseView

from admin.boards.views import chosen_semester
from admin.frame.context import actor
from admin.frame.menu import INSPECTION as FOLD
from admin.frame.pages import expose
from admin.inspection import regulation_pages
from compliance.ordered import adoption
from compliance.ordered.catalogue import duties
from compliance.ordered.duty import Duty
from compliance.ordered.in_force import NEEDED
from compliance.ordered.regulations import system_called
from compliance.told.needed import in_codes
from models.core import calendar
from models.core.boxes import OFFICE
from models.core.errors import Denied, Invalid
from models.core.school_calendar import SemesterSpan


def _adoption(semester: SemesterSpan, errors: dict[str, str]) -> ResponseReturnValue:
    shown = regulation_pages.adoption_page(semester)
    shown |= _form(semester, errors)
    return render_template("regulations/adoption.html", **shown)


def _numbers(
    duty: Duty | None, semester: SemesterSpan, errors: dict[str, str]
) -> ResponseReturnValue:
    shown = regulation_pages.numbers_page(duty, semester) | _form(semester, errors)
    return render_template("regulations/numbers.html", **shown)


def _form(semester: SemesterSpan, errors: dict[str, str]) -> dict[str, Any]:
    return {
        "may_decide": actor().role in OFFICE,
        "errors": errors,
        "typed": request.form,
        "semester": semester,
        "semesters": [one for one in calendar.semesters() if one.closed_on is None],
    }


def _duty(code: str) -> Duty | None:
    if not code:
        return None
    return next((duty for duty in duties() if duty.code == code), None) or abort(404)


def _decider() -> Any:
    acting = actor()
    if acting.role not in OFFICE:
        raise Denied("采用哪些制度、改数字由领导小组和文员办理")
    return acting


def _semester_id(said: str, semester: SemesterSpan) -> int:
    known = {one.code: int(one.id) for one in calendar.semesters()}
    return known.get(said, known[semester.code])


class RegulationsView(BaseView):  # type: ignore[misc]
    """The five documents, one system, what is adopted, the numbers."""

    def __init__(self) -> None:
        """Stand under /regulations, endpoints `regulations.<method>`."""
        super().__init__(
            "制度落实一览", FOLD, "regulations", "/regulations", menu_icon_value="book"
        )

    @expose("/")
    def index(self) -> ResponseReturnValue:
        """All systems of the five documents with their states."""
        semester = chosen_semester()
        if semester is None:
            return render_template("boards/unset.html")
        asked = request.args
        shown = regulation_pages.overview(
            actor(), semester, asked.get("state", ""), asked.get("part", "")
        )
        return render_template("regulations/index.html", **shown)

    @expose("/<code>")
    def system(self, code: str) -> ResponseReturnValue:
        """One system, clause by clause."""
        found = system_called(code) or abort(404)
        semester = chosen_semester() or abort(404)
        shown = regulation_pages.system_page(actor(), semester, found)
        return render_template("regulations/system.html", **shown)

    @expose("/adoption")
    def adopted(self) -> ResponseReturnValue:
        """What the school follows, where documents disagree, and every decision so far."""
        return _adoption(chosen_semester() or abort(404), {})

    @expose("/adoption", "POST")
    def decide(self) -> ResponseReturnValue:
        """Adopt a document or clause, or set it aside, from a semester on."""
        semester = chosen_semester() or abort(404)
        said = request.form
        try:
            adoption.adopt(
                _decider(),
                said.get("what", "").strip(),
                _semester_id(said.get("semester", ""), semester),
                said.get("reason", ""),
                adopted=said.get("adopted") == "1",
            )
        except Invalid as error:
            return _adoption(semester, error.errors)
        flash("已记下，从所选学期起按此考核", "success")
        return redirect(url_for("regulations.adopted"))

    @expose("/numbers")
    @expose("/numbers/<code>")
    def numbers(self, code: str = "") -> ResponseReturnValue:
        """The numbers of one duty, or the standards that hold for all, with their history."""
        return _numbers(_duty(code), chosen_semester() or abort(404), {})

    @expose("/numbers", "POST")
    @expose("/numbers/<code>", "POST")
    def set_number(self, code: str = "") -> ResponseReturnValue:
        """Set one number, with its reason, from a semester on."""
        duty, semester, said = _duty(code), chosen_semester() or abort(404), request.form
        what, _, part = said.get("what", "").partition("｜")
        value = said.get("value", "")
        if duty is not None and what == NEEDED:
            value = in_codes(duty, value)
        try:
            adoption.set_number(
                _decider(),
                code,
                what,
                value,
                _semester_id(said.get("semester", ""), semester),
                said.get("reason", ""),
                part,
            )
        except Invalid as error:
            return _numbers(duty, semester, error.errors)
        flash("已改好，从所选学期起按这个数字考核", "success")
        return redirect(url_for("regulations.numbers", code=code or None))
