"""A class's page: its children's duties, what the register shows, acts for the whole class."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from admin.boards.class_board import class_board
from admin.frame.context import actor
from admin.registers.detail import view_detail
from admin.registers.view import RegisterView
from models.core import audit, calendar
from models.core.register import REGISTERS
from models.core.rights import may

# The acts most often done with a whole class.
ACTS = (("talk", "全班谈心", "talk"), ("home-visit", "全班家访", "visit"))


class ClassView(RegisterView):
    """The register of classes."""

    def show_detail(self, record: Any) -> ResponseReturnValue:
        """Show the class with the ways to enter something for all its children."""
        audit.log_access(actor(), "view", self.register.slug, record.id)
        quick = [
            {
                "word": word,
                "icon": icon,
                "url": url_for("rollcall.start", slug=slug, group=record.id),
            }
            for slug, word, icon in ACTS
            if may(actor(), "create", REGISTERS[slug])
        ]
        shown = view_detail(actor(), self.register, record)
        shown |= class_board(actor(), record.id, calendar.current_span(actor().today), request.args)
        return self.page("class/page.html", page_title=shown["label"], quick=quick, **shown)
