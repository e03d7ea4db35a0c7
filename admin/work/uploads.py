"""Workbooks waiting between the steps of an import: under a random token, bound to who sent them.

A file lies in the data folder until it is imported or given up; what is left over for a day goes
with the next look at the page. Beside it lie the person's answers and, after the import, what
became of it. A file there that is none of ours, or in pieces, stands in nobody's way: it is
reported, and swept away after a week (`admin.work.orphans`).
"""

from __future__ import annotations

import json
import logging
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from models.core.errors import NotFound
from models.core.files import write_whole

log = logging.getLogger(__name__)

FOLDER = "uploads"
KEPT_FOR = timedelta(days=1)
_FACTS = {"slug", "name", "user_id", "at", "answers", "result"}
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_MISSING = "这份表格已经导入或放得太久，请重新上传"


@dataclass(frozen=True)
class Upload:
    """One uploaded workbook: what it is for (`slug`), its name, and the answers given so far."""

    folder: Path
    token: str
    slug: str
    name: str
    user_id: int
    answers: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] | None = None

    @property
    def workbook(self) -> Path:
        """Where the workbook lies."""
        return self.folder / f"{self.token}.book"

    @property
    def returned(self) -> Path:
        """Where the workbook with reasons lies, once it was imported."""
        return self.folder / f"{self.token}.returned"

    def data(self) -> bytes:
        """Return the workbook; NotFound when it was imported or swept away."""
        try:
            return self.workbook.read_bytes()
        except FileNotFoundError as error:
            raise NotFound(_MISSING) from error


def keep(data_dir: Path, user_id: int, slug: str, name: str, data: bytes, now: datetime) -> Upload:
    """Keep a workbook and return it; files left over from earlier days are removed."""
    folder = data_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder, now)
    upload = Upload(folder, secrets.token_urlsafe(32), slug, name[:80], user_id)
    write_whole(upload.workbook, data)
    _write(upload, now)
    return upload


def find(data_dir: Path, user_id: int | None, token: str) -> Upload:
    """Return the person's own upload; NotFound for anybody else's and for nonsense."""
    folder = data_dir / FOLDER
    said = facts_in(folder / f"{token}.json") if _TOKEN.fullmatch(token) else None
    if said is None or said["user_id"] != user_id:
        raise NotFound(_MISSING)
    return Upload(
        folder, token, said["slug"], said["name"], said["user_id"], said["answers"], said["result"]
    )


def answer(upload: Upload, answers: Mapping[str, Any]) -> None:
    """Keep the person's answers beside the workbook."""
    said = json.loads(_facts(upload).read_text("utf-8"))
    _put(upload, {**said, "answers": dict(answers)})


def finish(upload: Upload, result: Mapping[str, Any], returned: bytes | None) -> None:
    """Keep what became of the import and the workbook with reasons; the upload itself goes."""
    if returned is not None:
        write_whole(upload.returned, returned)
    said = json.loads(_facts(upload).read_text("utf-8"))
    _put(upload, {**said, "result": dict(result)})
    upload.workbook.unlink(missing_ok=True)


def forget(upload: Upload) -> None:
    """Remove everything of an upload."""
    for path in (upload.workbook, upload.returned, _facts(upload)):
        path.unlink(missing_ok=True)


def sweep(folder: Path, now: datetime) -> None:
    """Remove uploads older than a day."""
    for path in folder.glob("*.json"):
        said = facts_in(path)
        if said is None:
            log.warning("not the facts of an upload, left alone for a week: %s", path.name)
        elif not abs(now - datetime.fromisoformat(said["at"])) < KEPT_FOR:
            forget(Upload(folder, path.stem, "", "", 0))


def facts_in(path: Path) -> dict[str, Any] | None:
    """Return what is known of an upload, None when it is not there, in pieces or foreign."""
    try:
        said = json.loads(path.read_bytes())
        datetime.fromisoformat(said["at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return said if set(said) >= _FACTS else None


def _facts(upload: Upload) -> Path:
    return upload.folder / f"{upload.token}.json"


def _write(upload: Upload, now: datetime) -> None:
    said = {
        "slug": upload.slug,
        "name": upload.name,
        "user_id": upload.user_id,
        "at": now.isoformat(),
        "answers": {},
        "result": None,
    }
    _put(upload, said)


def _put(upload: Upload, said: Mapping[str, Any]) -> None:
    write_whole(_facts(upload), json.dumps(said, ensure_ascii=False).encode())
