"""Damage of the database: looked for at the start and daily, told in words, mended where it can be.

What is only worked out from the records (verdicts and their sums) is thrown away and worked out
anew; of records a backup is the only cure.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path

from compliance.judged.store import TABLES
from models.core import soundness
from models.core.register import REGISTERS

log = logging.getLogger(__name__)

DERIVED = tuple(model._meta.table_name for model in TABLES)
_WORDS = {
    soundness.WHOLE: "整个文件",
    "audit_entry": "操作记录",
    "access_log": "查看记录",
    "session": "登录",
    "job": "后台工作",
}


def look(data_dir: Path, now: datetime, *, full: bool) -> dict[str, str]:
    """Look for damage, mend what is derived, and return what is left: {table: since when}."""
    found = soundness.look_for_damage(data_dir, now, full=full)
    if set(found) & set(DERIVED) and _throw_away(data_dir):
        soundness.forget(data_dir, DERIVED)
        found = soundness.look_for_damage(data_dir, now, full=full)
    if found:
        log.error("the database is damaged: %s", ", ".join(found) or "the file")
    return found


def _throw_away(data_dir: Path) -> bool:
    """Drop the derived tables, all of them, because they agree with each other; they come back."""
    try:
        with closing(sqlite3.connect(data_dir / soundness.DATABASE, timeout=10)) as opened:
            for name in DERIVED:
                opened.execute(f'DROP TABLE IF EXISTS "{name}"')
            opened.commit()
    except sqlite3.Error as error:
        log.error("damaged verdicts cannot be thrown away: %s", error)
        return False
    log.warning("damaged verdicts were thrown away and are worked out anew")
    return True


def told(damage: Mapping[str, str]) -> str:
    """Return one sentence: which tables, since when, what to do; "" when nothing is damaged."""
    if not damage:
        return ""
    since = min((at for at in damage.values() if at), default="")
    names = "、".join(_title(name) for name in damage)
    seen = f"，{since[:16]} 发现" if since else ""
    return f"已损坏（{names}{seen}），新登记的也可能保不住：{soundness.RESTORE}"


def _title(table: str) -> str:
    for register in REGISTERS.values():
        if register.table == table:
            return register.title
    return _WORDS.get(table, f"{table} 表")
