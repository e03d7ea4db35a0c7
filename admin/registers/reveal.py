"""Looking at one masked number: a page asks for the reason, the answer shows the value once.

A script that posts with `Accept: application/json` gets {"label", "value"}.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import StringField

from admin.frame.context import actor
from admin.frame.form_fields import PostedForm, put_errors
from admin.frame.security import wants_json
from models.core.errors import Invalid
from models.school import reveals

bp = Blueprint("reveal", __name__)


class ReasonForm(PostedForm):
    """Why somebody looks."""

    reason = StringField(
        "查看原因",
        description="会连同您的姓名和时间一起记下来",
        render_kw={"maxlength": 200, "autocomplete": "off"},
    )


@bp.route("/reveal", methods=["GET", "POST"])
def reveal() -> ResponseReturnValue:
    """Ask for the reason, or answer with the plain value."""
    said: Any = request.get_json(silent=True) if request.is_json else request.values
    asked = said if isinstance(said, Mapping) else {}
    place = tuple(str(asked.get(name, "")) for name in ("register", "record", "field"))
    slug, record, field = place
    if request.method == "GET":
        return _page(
            ReasonForm(), place, reveals.label_of_masked(actor(), slug, record, field), 200
        )
    try:
        label, value = reveals.reveal(actor(), slug, record, field, str(asked.get("reason", "")))
    except Invalid as error:
        if wants_json():
            raise
        form = ReasonForm()
        put_errors(form, error.errors)
        return _page(form, place, reveals.label_of_masked(actor(), slug, record, field), 422)
    if wants_json():
        return {"label": label, "value": value}
    return _page(None, place, label, 200, value=value)


def _page(
    form: Any, place: tuple[str, ...], label: str, status: int, value: str = ""
) -> ResponseReturnValue:
    slug, record, field = place
    page = render_template(
        "people/reveal.html",
        form=form,
        label=label,
        value=value,
        slug=slug,
        record=record,
        field_name=field,
        page_title=f"查看{label}",
    )
    return page, status
