"""Masking search texts anew once a name was added: looked for every minute, done by the worker."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from admin.frame.context import Runtime
from models.core.jobs import Running, ask
from models.core.masking import KnownName
from models.core.search_refresh import note_searched, refresh_texts

KIND = "names"


def ask_where_needed(now: datetime) -> bool:
    """Put the work into the queue when search texts may hold a new name; return whether they may.

    Work that waits already is not queued twice.
    """
    needed = bool(KnownName.select().where(~KnownName.searched).exists())
    if needed:
        ask(KIND, "整理检索文字", {}, now)
    return needed


def run(_given: Mapping[str, Any], running: Running, _installed: Runtime) -> Mapping[str, Any]:
    """Take the new names out of what masked readers search."""
    told = "正在把新的姓名从检索文字里遮蔽"
    texts, names = refresh_texts(lambda done, total: running.progress(told, done, total))
    with running.effect() as outcome:
        note_searched(names)
        outcome["texts"] = texts
    return outcome
