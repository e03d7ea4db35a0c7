"""One server per data folder: a lock that goes with its process, on Windows too.

Two servers on one folder would each keep the calendar, the names to mask and the locks of their own
threads in mind, and start two workers. Several on one PostgreSQL share no such folder.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from models.core.errors import RecordsError

LOCK_FILE = "server.lock"


class ServedAlready(RecordsError):
    """Another process serves this data folder."""


@contextmanager
def only_server(data_dir: Path) -> Iterator[None]:
    """Hold the folder's lock; ServedAlready at once when somebody else does.

    The file stays: what is locked is the open file, which the system lets go with its process.
    """
    handle = os.open(data_dir / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            _lock(handle)
        except OSError as error:
            raise ServedAlready(
                f"{data_dir} 已有一个程序在用：不要再启动一次；"
                "要看页面，直接用浏览器打开已启动的那个窗口里的地址"
            ) from error
        yield
        with suppress(OSError):
            _unlock(handle)
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

    def _unlock(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)
