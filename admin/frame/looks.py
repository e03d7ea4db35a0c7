"""Every page shown to an inspector is noted, whichever it is: no view has to remember it.

A view that knows better what was looked at (a record, a download) notes that itself.
"""

from __future__ import annotations

from flask import Flask, Response, g, request

from admin.frame.security import STATIC
from models.core.actor import Actor
from models.core.audit import log_access, looks_noted, new_look
from models.core.boxes import INSPECTOR
from models.core.values import whole

# They tell of nobody but who signs in.
OF_NOBODY = frozenset(
    {"health", "sessions.sign_in", "sessions.sign_out", "sessions.account", "sessions.password"}
)


def note_looks(app: Flask) -> None:
    """Have the app note what inspectors are shown."""
    app.before_request(new_look)
    app.after_request(_note)


def _note(response: Response) -> Response:
    acting: Actor | None = getattr(g, "actor", None)
    endpoint = request.endpoint or ""
    if acting is None or acting.role != INSPECTOR or endpoint in STATIC | OF_NOBODY:
        return response
    if response.status_code < 300 and not looks_noted():
        place = endpoint.partition(".")[0]
        number = whole((request.view_args or {}).get("rid"))
        log_access(acting, "page", place, number, request.full_path.rstrip("?"))
    return response
