"""The mark of a browser from which an account came in before, kept in a cookie of its own.

A whole school sits behind one router: who guesses there must not keep somebody out who sits at the
own computer. The mark lets nobody in; it says only with whom wrong tries are counted. It is signed
and holds for the password it was given for, so that a reset ends it everywhere.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from models.core import installation

LASTS = timedelta(days=400)


def cookie_of(user_id: int) -> str:
    """Return the name of the cookie that keeps an account's mark: several share one computer."""
    return f"came-in-{user_id}"


def new_mark(user: Any) -> str:
    """Return a fresh mark for a browser the user just came in from."""
    number = secrets.token_urlsafe(12)
    return f"{number}.{_signature(user, number)}"


def place_of(user: Any, cookies: Mapping[str, str]) -> str:
    """Return the place the browser's tries at this account count for, "" without a right mark."""
    number, _dot, signature = cookies.get(cookie_of(user.id), "").partition(".")
    right = _signature(user, number)
    if not number or not hmac.compare_digest(signature.encode(), right.encode()):
        return ""
    return f"browser {number}"


def _signature(user: Any, number: str) -> str:
    return installation.sign("browser", f"{user.id} {number} {user.password_hash}")
