"""突发事件: open ones at a glance, the clock on each one's page, and adding a notice."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.frame.context import actor
from admin.registers import incident_pages
from admin.registers.detail import view_detail
from admin.registers.view import RegisterView
from compliance.told.incidents import notify
from models.core import audit
from models.core.errors import Invalid

bp = Blueprint("incidents", __name__, url_prefix="/incidents")


class IncidentView(RegisterView):
    """The register of incidents: its detail begins with the clock."""

    def show_detail(self, record: object) -> ResponseReturnValue:
        """Show one incident with its clock; every look is logged."""
        return show(self, record)


def show(
    view: RegisterView,
    record: object,
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> str:
    """Return an incident's page; after a refused notice with what was typed."""
    acting, register = actor(), incident_pages.INCIDENTS
    audit.log_access(acting, "view", register.slug, record.id)  # type: ignore[attr-defined]
    shown = view_detail(acting, register, record)
    clock = incident_pages.clock(acting, record, typed, errors)
    return view.page("incident/detail.html", page_title=shown["label"], clock=clock, **shown)


@bp.get("/")
def index() -> ResponseReturnValue:
    """The incidents somebody may see, open ones first, and the button to report one at once."""
    return render_template("incident/list.html", **incident_pages.list_page(actor()))


@bp.post("/<int:incident_id>/notices")
def add_notice(incident_id: int) -> ResponseReturnValue:
    """Add a notice; it can never be changed afterwards."""
    acting = actor()
    raw = {name: request.form.get(name, "") for name in incident_pages.ASKED}
    if not raw["staff"] and acting.staff_id is not None:
        raw["staff"] = str(acting.staff_id)
    try:
        saved = notify(acting, incident_id, {**raw, "reached": bool(raw["reached"])})
    except Invalid as error:
        record = incident_pages.fetch(acting, incident_id) or abort(404)
        view = IncidentView(incident_pages.INCIDENTS)
        return show(view, record, raw, error.errors), 422
    told = "已通报" if saved.reached else "没有联系上，已记下"
    flash(f"{saved.recipient_kind}{told}", "met" if saved.reached else "partly")
    return redirect(url_for("incident.detail", rid=incident_id))
