"""Files of the data folder that nothing points to: left by a killed process, swept after a week.

Looked for from the files' side, because the rows know nothing of them: parts of files never
finished, photos and packages without a row, workbooks without their facts, folders of prints.
"""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from admin.frame.context import Runtime
from admin.work import uploads
from models.core import service
from models.core.actor import SYSTEM, system
from models.core.clock import BEIJING
from models.core.files import PART
from models.core.gates import rows
from models.core.register import register_of
from models.kept.bundles import Bundle, files_of
from models.kept.photos import Photo

log = logging.getLogger(__name__)

KEPT_FOR = timedelta(days=7)
_HASH = re.compile(r"[0-9a-f]{64}")
_BUNDLE = re.compile(r"([0-9a-f]{64}|job-\d+(-\d+)?)\.zip")


def sweep(installed: Runtime, now: datetime) -> int:
    """Delete what nothing has pointed to for a week; return how many files and folders went."""
    gone = 0
    for path in [*_parts(installed), *_bundles(installed), *_uploads(installed)]:
        if is_old(path, now):
            path.unlink(missing_ok=True)
            gone += 1
    for folder in (installed.cache / "print").glob("*/"):
        if is_old(folder, now):
            shutil.rmtree(folder, ignore_errors=True)
            gone += 1
    return gone + _sweep_photos(installed, now)


def is_old(path: Path, now: datetime) -> bool:
    """Return whether a file was last written more than a week before `now`."""
    try:
        written = datetime.fromtimestamp(path.stat().st_mtime, BEIJING).replace(tzinfo=None)
    except FileNotFoundError:
        return False
    return written < now - KEPT_FOR


def unreadable_uploads(data_dir: Path) -> list[Path]:
    """Return the files of the upload folder that are no upload's, or only pieces of one."""
    folder = data_dir / uploads.FOLDER
    known = {path.stem for path in folder.glob("*.json") if uploads.facts_in(path) is not None}
    files = sorted(path for path in folder.glob("*") if path.is_file())
    return [path for path in files if path.stem not in known and path.suffix != PART]


def _parts(installed: Runtime) -> Iterator[Path]:
    for folder in ("", uploads.FOLDER, "files", "bundles", "cache"):
        root = installed.data_dir / folder
        yield from (root.rglob if folder else root.glob)(f"*{PART}")


def _uploads(installed: Runtime) -> Iterator[Path]:
    yield from unreadable_uploads(installed.data_dir)


def _bundles(installed: Runtime) -> Iterator[Path]:
    register = register_of(Bundle)
    query = rows(SYSTEM, register, deleted=None).select(Bundle.path, Bundle.volumes)
    known = {name for one in query for name in files_of(one)}
    for path in installed.bundles.glob("*.zip"):
        if _BUNDLE.fullmatch(path.name) and path.name not in known:
            yield path


def _sweep_photos(installed: Runtime, now: datetime) -> int:
    """Delete photos without a row, unless so many have none that the records must be older.

    Then somebody put an old database beside newer photos, and they are all there is of these.
    """
    kept = [p for p in installed.originals.glob("*/*/*") if _HASH.fullmatch(p.stem)]
    known = _known_photos()
    lost = [path for path in kept if path.stem not in known and is_old(path, now)]
    if 2 * len(lost) > len(kept) and len(kept) > len(known):
        log.error("%s of %s photos have no record, nothing is deleted", len(lost), len(kept))
        return 0
    for path in lost:
        with service.work(system(now)):  # An upload of the same photo waits, and writes it anew.
            if path.stem not in _known_photos(path.stem):
                path.unlink(missing_ok=True)
    return len(lost)


def _known_photos(sha256: str = "") -> set[str]:
    query = rows(SYSTEM, register_of(Photo), deleted=None).select(Photo.sha256)
    if sha256:
        query = query.where(Photo.sha256 == sha256)
    return {digest for (digest,) in query.tuples()}
