"""Whether the database file is what it was: looked at from outside, before and beside its opening.

What is found stands in a file beside the database, because a damaged database is no place to write
it: which tables, and since when. SQLite alone; PostgreSQL has means of its own.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from models.core.errors import RecordsError
from models.core.files import write_whole
from models.core.installation import FILES

DATABASE = "records.db"
NOTE = "damage.json"
# What SQLite says of the file as a whole, not of one table.
WHOLE = ""
RESTORE = "请停止程序，把数据文件夹改名留着，再用 restore 把最近一份完好的备份恢复到空的文件夹"


class Damaged(RecordsError):
    """The database file is missing or is no longer one; nothing is opened or made."""


def demand_readable(data_dir: Path) -> None:
    """Raise Damaged where opening the database would fail, or make a new school beside old photos.

    Takes a moment at any size: damage within the file is `look_for_damage`'s.
    """
    path = data_dir / DATABASE
    if not path.exists():
        kept = data_dir / FILES
        if kept.is_dir() and any(one.is_file() for one in kept.rglob("*")):
            raise Damaged(
                f"{DATABASE} 不见了，照片还在 {data_dir}：没有新建学校。"
                f"请找回这个文件，或{RESTORE.removeprefix('请停止程序，')}"
            )
        return
    try:
        with closing(_opened(path)) as opened:
            opened.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
            pages = opened.execute("PRAGMA page_count").fetchone()[0]
    except sqlite3.OperationalError:
        return  # Locked or unreadable for now: whoever opens it says so.
    except sqlite3.DatabaseError as error:
        raise Damaged(f"{path} 已不是完整的数据库（{error}）：没有打开。{RESTORE}") from error
    if not pages and path.stat().st_size:
        raise Damaged(f"{path} 已不是完整的数据库：没有打开。{RESTORE}")


def look_for_damage(data_dir: Path, now: datetime, *, full: bool) -> dict[str, str]:
    """Return {table: since when} of what is damaged, note it, and forget what is sound again.

    `full` compares every index with its table too (integrity_check), else pages alone are read.
    """
    check = "integrity_check" if full else "quick_check"
    found: set[str] = set()
    with closing(_opened(data_dir / DATABASE)) as opened:
        if not _is_sound(opened, check):
            found = {name for name in _tables(opened) if not _is_sound(opened, check, name)}
            found = found or {WHOLE}
    known = noted(data_dir)
    if not full:
        # What only the full check sees stays noted until that says otherwise.
        found |= set(known)
    damage = {name: known.get(name, now.isoformat(" ")) for name in sorted(found)}
    _note(data_dir, damage)
    return damage


def noted(data_dir: Path) -> dict[str, str]:
    """Return {table: since when} as it was noted last; WHOLE for the file itself."""
    try:
        said = json.loads((data_dir / NOTE).read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        return {WHOLE: ""}
    return {str(name): str(since) for name, since in said.items()} if _is_plain(said) else {}


def forget(data_dir: Path, names: Iterable[str]) -> None:
    """Take tables that were made anew out of the note."""
    gone = set(names)
    _note(data_dir, {name: at for name, at in noted(data_dir).items() if name not in gone})


def _note(data_dir: Path, damage: Mapping[str, str]) -> None:
    if damage:
        write_whole(data_dir / NOTE, json.dumps(damage, ensure_ascii=False).encode())
    else:
        (data_dir / NOTE).unlink(missing_ok=True)


def _is_plain(said: Any) -> bool:
    return isinstance(said, dict)


def _opened(path: Path) -> sqlite3.Connection:
    # By URI, so that looking never makes a file; not read-only, because a log may have to be read.
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=5)


def _tables(opened: sqlite3.Connection) -> list[str]:
    named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    return [name for (name,) in opened.execute(named)]


def _is_sound(opened: sqlite3.Connection, check: str, table: str = "") -> bool:
    about = f'("{table}")' if table else "(1)"
    try:
        return opened.execute(f"PRAGMA {check}{about}").fetchall() == [("ok",)]
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        return False
