"""What is in the school's way right now, told to the office on every page and by /health.

Looked at anew every half minute at most: a page must not wait for a slow disk.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from flask import Flask, current_app, g
from flask.typing import ResponseReturnValue

from admin.frame.context import runtime
from admin.frame.settings import Settings
from admin.work import health as checks
from compliance.findings.kinds import ERROR
from models.core.boxes import OFFICE

LOOK_EVERY = 30.0
_KNOWN, _CLOCK = "troubles", "clock seen"
# Seconds: what is no jump yet, and how long one is told.
JUMP, TOLD_FOR = 20.0, 3600.0


def tell(app: Flask) -> None:
    """Have the app tell the office on every page, and answer /health."""
    app.context_processor(_for_pages)
    app.add_url_rule("/health", "health", health)


def _for_pages() -> dict[str, list[str]]:
    acting = getattr(g, "actor", None)
    return {"troubles": troubles() if acting is not None and acting.role in OFFICE else []}


def troubles() -> list[str]:
    """Return what is wrong, each as one sentence with what to do."""
    return [f"{finding.name}：{finding.text}" for finding in _findings()]


def health() -> ResponseReturnValue:
    """Answer whoever watches from outside: whether all is well, else what is not; no numbers."""
    names = [finding.name for finding in _findings()]
    return ({"ok": False, "troubles": names}, 503) if names else {"ok": True}


def _findings() -> list[checks.Finding]:
    known = current_app.extensions.get(_KNOWN)
    if known is None or time.monotonic() - known[0] > LOOK_EVERY or current_app.testing:
        known = (time.monotonic(), list(_look()))
        current_app.extensions[_KNOWN] = known
    found: list[checks.Finding] = known[1]
    return found


def _look() -> Iterator[checks.Finding]:
    installed = runtime()
    said, now = Settings(installed.data_dir), installed.clock.now()
    for look in checks.QUICK:
        yield from (one for one in look(said, now) if one.level == ERROR)
    back = _set_back()
    if back is not None:
        yield back


def _set_back() -> checks.Finding | None:
    """Tell for an hour that the wall clock was set back while the program ran.

    Forward it also seems to jump when a PC wakes from its sleep, which is no trouble.
    """
    steady, wall = time.monotonic(), time.time()
    seen = current_app.extensions.setdefault(_CLOCK, {"ahead": wall - steady, "until": 0.0})
    behind = seen["ahead"] - (wall - steady)
    if behind > JUMP:
        seen |= {"until": steady + TOLD_FOR, "minutes": round(behind / 60) or 1}
    seen["ahead"] = wall - steady
    if steady > seen["until"]:
        return None
    text = f"这台电脑的时间被拨回了约 {seen['minutes']} 分钟：请校准，这段时间登记的先后以编号为准"
    return checks.Finding("时钟", ERROR, text)
