"""A colleague's record, with the way to what the colleague answers for."""

from __future__ import annotations

from typing import Any

from flask.typing import ResponseReturnValue

from admin.boards.teacher_access import teacher_url
from admin.frame.context import actor
from admin.registers.detail import view_detail
from admin.registers.view import RegisterView
from models.core import audit


class StaffView(RegisterView):
    """The register of staff."""

    def show_detail(self, record: Any) -> ResponseReturnValue:
        """Show the colleague with the way to the page of what was done and missed."""
        audit.log_access(actor(), "view", self.register.slug, record.id)
        url = teacher_url(actor(), record.id)
        quick = [{"word": "教师履职", "icon": "award", "url": url}] if url else []
        shown = view_detail(actor(), self.register, record)
        return self.page("register/detail.html", page_title=shown["label"], quick=quick, **shown)
