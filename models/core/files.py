"""Writing files so that what lies under its name is whole: aside, onto the disk, then renamed.

A process or the power may go at any moment; left is the old file or the new one, beside it at most
a `.part` that nobody reads and the daily upkeep sweeps away.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PART = ".part"


def size_told(size: int | None) -> str:
    """Return how large a file is, as people say it; "" where there is none yet."""
    if size is None:
        return ""
    return f"{size / 2**20:.1f} MB" if size >= 2**20 else f"{-(-size // 1024)} KB"


@contextmanager
def aside(target: Path) -> Iterator[Path]:
    """Yield a path beside `target` to write to; it takes the target's place when all went well."""
    # The name says whose it is, short enough for a file system's longest names.
    part = target.with_name(f".{target.name[:60]}.{secrets.token_hex(4)}{PART}")
    try:
        yield part
        sync(part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    _sync_directory(target.parent)


def write_whole(target: Path, data: bytes) -> None:
    """Write a file so that readers see the old content or the new, never a part of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with aside(target) as part:
        part.write_bytes(data)


def copy_whole(source: Path, target: Path) -> None:
    """Copy a file so that under its name it is whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with aside(target) as part:
        shutil.copyfile(source, part)


def sync(path: Path) -> None:
    """Wait until a file's bytes are on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _sync_directory(directory: Path) -> None:
    if os.name == "nt":  # Windows cannot open a directory, and keeps renames in its journal.
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
