"""Wakes the worker: huey carries no work, only the news that some may be waiting.

A lost piece of news costs at most a minute, because the worker looks by itself as well.
"""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
import stat
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

from huey import SqliteHuey, crontab

from admin.work import backup_work, names_work
from admin.work.upkeep_work import ask_daily
from admin.work.worker import run_waiting
from models.core.clock import Clock
from models.core.database import connected
from models.core.errors import NotNow
from models.core.jobs import STALE_SECONDS

log = logging.getLogger(__name__)

QUEUE_FILE = "wake.db"
_NAME = "look"
# Seconds between looks into the queue; huey's own default lets a click wait for ten.
_LONGEST_NAP = 1.0


def _storage(path: Path) -> Any:
    """Open huey's file; one that is no database is made anew, since it carries only news."""
    try:
        return SqliteHuey("jobs", filename=str(path), results=False)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        log.warning("the wake-up database is damaged and made anew: %s", error)
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        return SqliteHuey("jobs", filename=str(path), results=False)


def _queue(data_dir: Path, clock: Clock) -> tuple[Any, Any]:
    """Return the queue in the data folder, and the one task it knows."""
    data_dir.mkdir(parents=True, exist_ok=True)
    queue = _storage(data_dir / QUEUE_FILE)

    def look() -> None:
        with connected():
            try:
                ask_daily(clock.now())
                backup_work.ask_daily(clock.now())
                names_work.ask_where_needed(clock.now())
            except NotNow as error:
                log.warning("nothing can be queued: %s", error)
            run_waiting(data_dir, clock)

    task = queue.task(name=_NAME)(look)
    queue.periodic_task(crontab(minute="*"), name=f"{_NAME}-by-itself")(look)
    return queue, task


def wake(data_dir: Path, clock: Clock) -> None:
    """Tell the worker that a job waits; a queue that cannot be written is no error."""
    try:
        queue, task = _queue(data_dir, clock)
        with closing(queue.storage):
            task()
    except sqlite3.Error as error:
        log.warning("the worker could not be woken and will look by itself: %s", error)


def consume(data_dir: Path, clock: Clock) -> None:
    """Do jobs until told to stop: by a signal, or when the server that started us is gone."""
    queue, task = _queue(data_dir, clock)
    try:
        task()  # What an earlier worker left behind is looked at first.
    except sqlite3.Error as error:
        log.warning("the queue cannot be written, the next minute looks by itself: %s", error)
    consumer = queue.create_consumer(workers=1, worker_type="thread", max_delay=_LONGEST_NAP)
    # Work of a worker that died a moment ago is taken up once it has been silent for long enough.
    later = threading.Timer(STALE_SECONDS + 1, task)
    later.daemon = True
    later.start()
    _end_with_parent()
    consumer.run()


def _end_with_parent() -> None:
    """Stop when standard input closes, where it is a pipe from the serving process."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError, AttributeError):
        return
    if stat.S_ISFIFO(mode):
        threading.Thread(target=_wait_for_end, name="parent", daemon=True).start()


def _wait_for_end() -> None:
    # Not through the buffered file: its lock, held by this thread, breaks the interpreter's end.
    while os.read(0, 1):
        pass
    signal.raise_signal(signal.SIGTERM)
