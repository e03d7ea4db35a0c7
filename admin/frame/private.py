"""The data folder belongs to whoever runs the program: nobody else on the machine reads it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

from models.core.errors import RecordsError

FOLDER, FILE = 0o700, 0o600


class Unusable(RecordsError):
    """The data folder cannot be made or written."""


def keep_private(folder: Path) -> None:
    """Make the data folder the owner's alone, and whatever this program writes from now on.

    What lies in a folder that was open to others is closed file by file, once. Unusable when the
    folder cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise Unusable(
            f"数据文件夹 {folder} 用不了（{error.strerror or error}）："
            "请核对 SCHOOL_DATA 指的是一个能写的文件夹，磁盘没有满、没有写保护"
        ) from error
    if sys.platform == "win32":
        _own_on_windows(folder)
        return
    os.umask(0o077)
    if stat.S_IMODE(folder.stat().st_mode) == FOLDER:
        return
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(FOLDER if path.is_dir() else FILE)
    # Last, so that a closing that was broken off is done again.
    folder.chmod(FOLDER)


def _own_on_windows(folder: Path) -> None:
    """Take away inherited rights and give the owner all; a disk without rights stays as it is."""
    owner = f"{os.environ.get('USERDOMAIN', '.')}\\{os.environ.get('USERNAME', '')}"
    command = ["icacls", str(folder), "/inheritance:r", "/grant:r", f"{owner}:(OI)(CI)F", "/Q"]
    subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - fixed words
