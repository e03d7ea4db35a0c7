"""What every page asks of a person and rarely changes, kept in the process for half a minute."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from flask import current_app

KEPT_FOR = 30.0
_KNOWN = "kept for a while"

T = TypeVar("T")


def for_a_while(what: str, user_id: int | None, reckon: Callable[[], T]) -> T:
    """Return what was reckoned of an account at most half a minute ago, else reckon it."""
    known = current_app.extensions.setdefault(_KNOWN, {})
    found = known.get((what, user_id))
    if found is None or time.monotonic() - found[0] > KEPT_FOR or current_app.testing:
        known[what, user_id] = found = (time.monotonic(), reckon())
    kept: T = found[1]
    return kept


def forget(what: str, user_id: int | None) -> None:
    """Have it reckoned anew at the next page."""
    current_app.extensions.get(_KNOWN, {}).pop((what, user_id), None)
