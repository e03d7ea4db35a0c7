"""The door of the sealed pages: who, from where, and with which opened key.

The opened key goes into the actor of a request to these pages and of no other, so that no
generated page, search or export can read what is sealed.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, user_logged_out

from admin.frame.context import actor, runtime
from models.core.boxes import COUNSELLOR
from models.core.errors import Denied
from models.core.sealing import Shut
from models.school.accounts import still_signed_in
from models.sealed.keys import KeyRing

PREFIX = "/sealed"
_RING = "sealed_key_ring"


def guarded(name: str, import_name: str) -> Blueprint:
    """Return a blueprint under /sealed whose pages stand behind this door."""
    bp = Blueprint(name, import_name, url_prefix=PREFIX)
    bp.record_once(lambda state: _install(state.app))
    bp.before_request(_stand_guard)
    bp.after_request(_do_not_store)
    bp.register_error_handler(Shut, _to_unlock)
    return bp


def ring() -> KeyRing:
    """Return the keys that are open in this process."""
    found: KeyRing = current_app.extensions[_RING]
    return found


def hold(key: bytes) -> None:
    """Keep an opened key for this browser's session, and let this request use it."""
    ring().put(current_user.session_id, g.user.id, key, actor().now)
    g.actor = replace(actor(), sealed_key=key)


def _install(app: Any) -> None:
    if _RING in app.extensions:
        return
    app.extensions[_RING] = KeyRing()
    app.before_request(_sweep)
    user_logged_out.connect(_drop, app)


def _drop(app: Any, user: object) -> None:
    """Forget the key of a session that signs out."""
    app.extensions[_RING].drop(getattr(user, "session_id", 0))


def _sweep() -> None:
    """Forget the keys of sessions that ended elsewhere, or whose counsellor is one no more."""
    if len(ring()):
        ring().sweep(runtime().clock.now(), _living)


def _living(session_ids: Collection[int]) -> Collection[int]:
    found = still_signed_in(session_ids, runtime().clock.now())
    return [number for number, user in found.items() if user.role_code == COUNSELLOR]


def _stand_guard() -> None:
    acting = actor()
    if acting.role != COUNSELLOR:
        raise Denied("密封的内容只有心理辅导教师可以打开")
    if not runtime().tls and not _on_the_host(request.remote_addr or ""):
        raise Denied("没有启用加密连接，密封的内容只能在主机上打开，请到主机上办理")
    key = ring().get(current_user.session_id, g.user.id, acting.now)
    if key is not None:
        g.actor = replace(acting, sealed_key=key)


def _on_the_host(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_loopback)


def _do_not_store(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response


def _to_unlock(_error: Shut) -> ResponseReturnValue:
    """Ask for the passphrase; an address read before is come back to."""
    wanted = request.path if request.method == "GET" else None
    return redirect(url_for("sealed_keys.index", next=wanted), 303)
