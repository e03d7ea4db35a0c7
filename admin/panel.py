"""The panel: one generated view for every declared register, the pages of their own, the search."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from flask import Flask, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import AdminIndexView, BaseView

from admin import pages as own_pages
from admin.boards.child_page import ChildView
from admin.boards.class_page import ClassView
from admin.boards.staff_page import StaffView
from admin.documents.views import DocumentsView, documents_of, documents_on
from admin.frame.context import actor
from admin.frame.menu import JOBS
from admin.frame.pages import Panel, expose
from admin.inspection.bundles import BundlesView
from admin.inspection.regulations import RegulationsView
from admin.inspection.views import InspectionView
from admin.registers import search
from admin.registers.endpoints import BY_NAME, ENDPOINTS, Endpoint
from admin.registers.incident_clock import IncidentView
from admin.registers.photo_album import PhotoView
from admin.registers.view import RegisterView
from compliance.ordered.papers import DOCUMENTS
from models.core.boxes import INSPECTOR, OFFICE, ROLES, Box
from models.core.errors import BadDeclaration
from models.core.pinyin import search_keys
from models.core.register import REGISTERS, Register
from models.core.rights import may

__all__ = ["BY_NAME", "ENDPOINTS", "VIEWS", "Endpoint", "mount"]

# Registers whose pages need more than the generated view; each still goes through the gates.
VIEWS: dict[str, type[RegisterView]] = {
    "child": ChildView,
    "incident": IncidentView,
    "photo": PhotoView,
    "school-class": ClassView,
    "staff": StaffView,
}
# Pages that are no register's, in the order of the menu, with the roles they are open to.
VIEWS_OF_THEIR_OWN: tuple[tuple[type[BaseView], tuple[str, ...]], ...] = (
    (InspectionView, tuple(ROLES)),
    (BundlesView, (*OFFICE, INSPECTOR)),
    (RegulationsView, tuple(ROLES)),
    (DocumentsView, tuple(ROLES)),
)


class AllRegisters(AdminIndexView):  # type: ignore[misc]
    """Every register the signed-in person may read, by job, counted and searched by its name."""

    @expose()
    def index(self) -> ResponseReturnValue:
        """Show the jobs and what is filed under each, or the registers a word is found in."""
        asked = request.args.get("q", "").strip()[:100]
        jobs = [(title, icon, _of_job(boxes, asked)) for title, icon, boxes in JOBS]
        jobs = [(title, icon, entries) for title, icon, entries in jobs if entries]
        many = sum(len(entries) for _title, _icon, entries in jobs)
        return render_template(
            "register/all.html",
            page_title=f"{'找到登记' if asked else '全部登记'} {many} 张",
            jobs=jobs,
            asked=asked,
        )


def _of_job(boxes: tuple[Box, ...], asked: str) -> list[dict[str, str]]:
    return [
        {
            "title": register.title,
            "purpose": register.purpose,
            "url": url_for(f"{register.slug}.index_view"),
        }
        for box in boxes
        for register in REGISTERS.values()
        if register.box is box and not register.parent and may(actor(), "read", register)
        if not asked or _is_called(register, asked)
    ]


def _is_called(register: Register, asked: str) -> bool:
    """Return whether every word asked for stands in a register's title, its pinyin or purpose."""
    words = asked.lower().split()
    told = f"{register.title}{register.purpose}".lower()
    return all(word in told for word in words) or all(
        word in told or word in search_keys(register.title) for word in words
    )


def view_of(register: Register) -> RegisterView:
    """Return the view of a register."""
    return VIEWS.get(register.slug, RegisterView)(register)


def mount(app: Flask) -> None:
    """Put every page of the panel and the search on the app."""
    # "admin" keeps Flask-Admin's own files under the name the guard knows.
    panel = Panel(app, AllRegisters(name="全部登记", endpoint="admin", url="/r"))
    for register in REGISTERS.values():
        panel.add_register(view_of(register))
    for view, roles in VIEWS_OF_THEIR_OWN:
        panel.add_view(view(), roles)
    for file in iter_modules(own_pages.__path__):
        import_module(f"{own_pages.__name__}.{file.name}").add_to(panel)
    app.register_blueprint(search.bp)
    for document in DOCUMENTS.values():
        if document.page and document.page not in app.view_functions:
            raise BadDeclaration(f"文书 {document.code} 的 page 里写的页面 {document.page} 不存在")
    app.context_processor(lambda: {"documents_on": documents_on, "documents_of": documents_of})
