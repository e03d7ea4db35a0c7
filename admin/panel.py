"""The panel: one generated view for every declared register, the child's page, the search."""

from __future__ import annotations

from flask import Flask, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_admin import Admin, AdminIndexView, expose

from admin.boards.child_page import ChildView
from admin.boards.class_page import ClassView
from admin.boards.staff_page import StaffView
from admin.frame.context import actor
from admin.registers import search
from admin.registers.endpoints import BY_NAME, ENDPOINTS, Endpoint
from admin.registers.incident_clock import IncidentView
from admin.registers.view import RegisterView
from models.core.boxes import Box
from models.core.register import REGISTERS, Register
from models.core.rights import may

__all__ = ["BY_NAME", "ENDPOINTS", "VIEWS", "Endpoint", "mount"]

# Registers whose pages need more than the generated view; each still goes through the gates.
VIEWS: dict[str, type[RegisterView]] = {
    "child": ChildView,
    "incident": IncidentView,
    "school-class": ClassView,
    "staff": StaffView,
}


class AllRegisters(AdminIndexView):  # type: ignore[misc]
    """Every register the signed-in person may read, by box."""

    @expose("/")  # type: ignore[untyped-decorator]
    def index(self) -> ResponseReturnValue:
        """Show the boxes and what is filed in them."""
        boxes = [(box, _readable(box)) for box in Box]
        return render_template(
            "register/all.html",
            page_title="全部登记",
            boxes=[(box, entries) for box, entries in boxes if entries],
        )


def _readable(box: Box) -> list[dict[str, str]]:
    return [
        {
            "title": register.title,
            "purpose": register.purpose,
            "url": url_for(f"{register.slug}.index_view"),
        }
        for register in REGISTERS.values()
        if register.box is box and not register.parent and may(actor(), "read", register)
    ]


def view_of(register: Register) -> RegisterView:
    """Return the view of a register."""
    return VIEWS.get(register.slug, RegisterView)(register)


def mount(app: Flask) -> None:
    """Put every register's pages and the search on the app, under /r/ and /search."""
    # "admin" keeps Flask-Admin's own files under the name the guard knows.
    panel = Admin(app, index_view=AllRegisters(name="全部登记", endpoint="admin", url="/r"))
    for register in REGISTERS.values():
        panel.add_view(view_of(register))
    app.register_blueprint(search.bp)
