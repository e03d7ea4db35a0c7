"""Pages of their own: any `flask_admin.BaseView`, added to the one `Admin`.

A view added here stands in the frame and the menu and is closed to every role that is not named
with it. Title, fold of the menu and icon are Flask-Admin's own: `name`, `category` and
`menu_icon_value` of the view.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar, cast

from flask import Flask, current_app, request
from flask_admin import Admin, BaseView
from flask_admin import expose as flask_admin_expose
from flask_admin.theme import Bootstrap4Theme

from admin.frame.context import actor
from admin.frame.security import STATIC
from models.core.boxes import ROLES
from models.core.errors import BadDeclaration, Denied

View = TypeVar("View", bound=Callable[..., Any])


def expose(rule: str = "/", *methods: str) -> Callable[[View], View]:
    """Route a method of a view; Flask-Admin's own decorator has no types."""
    return cast(Callable[[View], View], flask_admin_expose(rule, methods=methods or ("GET",)))


@dataclass(frozen=True)
class Page:
    """A view with the roles it is open to."""

    view: BaseView
    roles: tuple[str, ...]


class Panel(Admin):  # type: ignore[misc]
    """The one `Admin`; closed by default."""

    def __init__(self, app: Flask, index: BaseView) -> None:
        """Begin the panel with the page of all registers, open to whoever is signed in."""
        self.pages: dict[str, Page] = {index.endpoint: Page(index, tuple(ROLES))}
        theme = Bootstrap4Theme(base_template="layout/base.html")
        super().__init__(app, index_view=index, theme=theme)
        app.extensions["panel"] = self
        app.before_request(self._guard)

    def add_view(self, view: BaseView, roles: Iterable[str] = ()) -> None:
        """Add a view that is open to `roles`; without any, nobody gets in."""
        for rule, *_rest in view._urls:
            if re.search(r"[<:]name>", rule):
                # Flask-Admin hands the parts of an address on beside an argument of that name.
                raise BadDeclaration(f"页面 {view.endpoint} 的地址 {rule} 里不能用 name 作变量名")
        # Flask-Admin's own runs a view again after a TypeError inside it.
        view._run_view = partial(_run, view)
        self.pages.setdefault(view.endpoint, Page(view, tuple(roles)))
        super().add_view(view)

    def add_register(self, view: BaseView) -> None:
        """Add the view of a register, which demands the register's verbs of whoever comes."""
        view._run_view = partial(_run, view)
        super().add_view(view)

    def _guard(self) -> None:
        page = self.pages.get(request.blueprint or "")
        if page is None or request.endpoint in STATIC:
            return
        if actor().role not in page.roles:
            raise Denied(f"“{page.view.name}”这一页不对您开放，需要时请联系文员")


def _run(view: BaseView, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return fn(view, *args, **kwargs)


def pages_for(role: str) -> Iterator[BaseView]:
    """Yield the views with a place in the menu of a role, in the order they were added."""
    panel: Panel = current_app.extensions["panel"]
    for page in panel.pages.values():
        if role in page.roles and page.view is not panel.index_view:
            yield page.view
