"""What a phone asks before it sends what it kept without network, and how it is answered.

The phone keeps the entries (static/js/outbox.js); an entry carries an identity of its own in
`sent_as`, and its post is done once however often it arrives (models/core/receipts.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from admin.frame.context import actor
from models.core.register import Register

bp = Blueprint("outbox", __name__, url_prefix="/outbox")


@bp.get("/ticket")
def ticket() -> ResponseReturnValue:
    """Say who is signed in and give the token a post needs; nobody signed in is answered 401."""
    return {"account": str(actor().user_id or ""), "csrf": generate_csrf()}


def is_kept_entry() -> bool:
    """Return whether the post is an entry the phone kept, sent by its script."""
    return bool(request.form.get("sent_as"))


def answer(register: Register, records: Sequence[int]) -> ResponseReturnValue:
    """Answer an entry that was written, now or by an earlier sending: the same both times."""
    gallery = url_for("photos.gallery", slug=register.slug, record_id=records[0], _anchor="add")
    return {
        "records": list(records),
        "url": url_for(f"{register.slug}.detail", rid=records[0]),
        "photo_url": gallery if register.evidence else "",
    }
