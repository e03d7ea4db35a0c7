"""Wakes the worker: huey carries no work, only the news that some may be waiting.

A lost piece of news costs at most a minute, because the worker looks by itself as well. Several
processes on one PostgreSQL leave their news in Redis (SCHOOL_REDIS), one process in a file.
"""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
import stat
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

from huey import SqliteHuey

from admin.frame.context import Runtime
from admin.work import backup_work, mail_work, names_work
from admin.work.upkeep_work import ask_daily
from admin.work.worker import run_waiting
from models.core.database import connected
from models.core.errors import NotNow
from models.core.jobs import STALE_SECONDS

log = logging.getLogger(__name__)

QUEUE_FILE = "wake.db"
_NAME = "look"
# Seconds between looks into the queue; huey's own default lets a click wait for ten.
_LONGEST_NAP = 1.0
# Seconds Redis has for an answer; more than huey lets it wait for news.
_ANSWERS = 3.0
# Seconds between looks without any news.
LOOKS_EVERY = 60.0


def _storage(installed: Runtime) -> Any:
    """Open huey's queue: in Redis where several processes meet there, else a file.

    A file that is no database is made anew, since it carries only news.
    """
    if installed.redis:
        from huey import RedisHuey
        from redis import ConnectionPool  # Memory that one process alone need not spend.

        # Who saves does not wait for a host that is gone.
        pool = ConnectionPool.from_url(
            installed.redis, socket_connect_timeout=_ANSWERS, socket_timeout=_ANSWERS
        )
        return RedisHuey("school", connection_pool=pool, results=False)
    installed.data_dir.mkdir(parents=True, exist_ok=True)
    path = installed.data_dir / QUEUE_FILE
    try:
        return SqliteHuey("jobs", filename=str(path), results=False)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        log.warning("the wake-up database is damaged and made anew: %s", error)
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        return SqliteHuey("jobs", filename=str(path), results=False)


def _silent(installed: Runtime) -> tuple[type[Exception], ...]:
    """Return what is raised while the queue takes no news."""
    if installed.redis:
        from redis import RedisError

        return (RedisError,)
    return (sqlite3.Error,)


def _queue(installed: Runtime) -> tuple[Any, Any]:
    """Return the queue, and the one task it knows: looking for work."""
    queue = _storage(installed)
    turn = threading.Lock()

    def look() -> None:
        clock = installed.clock
        with turn, connected():
            try:
                ask_daily(clock.now())
                backup_work.ask_daily(clock.now())
                names_work.ask_where_needed(clock.now())
                # After the upkeep, which lists what the day has brought about.
                mail_work.ask_daily(clock.now())
            except NotNow as error:
                log.warning("nothing can be queued: %s", error)
            run_waiting(installed.data_dir, clock)

    return queue, queue.task(name=_NAME)(look)


def wake(installed: Runtime) -> None:
    """Tell the worker that a job waits; a queue that cannot be written is no error."""
    try:
        queue, task = _queue(installed)
        with closing(queue.storage):
            task()
        if installed.redis:
            queue.storage.pool.disconnect()
    except _silent(installed) as error:
        log.warning("the worker could not be woken and will look by itself: %s", error)


def consume(installed: Runtime) -> None:
    """Do jobs until told to stop: by a signal, or when the server that started us is gone."""
    queue, task = _queue(installed)
    try:
        task()  # What an earlier worker left behind is looked at first.
    except _silent(installed) as error:
        log.warning("the queue cannot be written, the next minute looks by itself: %s", error)
    for part in ("Worker", "Scheduler"):
        logging.getLogger(f"huey.consumer.{part}").addFilter(OnceAMinute())
    consumer = queue.create_consumer(workers=1, worker_type="thread", max_delay=_LONGEST_NAP)
    _look_later(task.call_local)
    _end_with_parent()
    consumer.run()


class OnceAMinute(logging.Filter):
    """Lets the same words through once a minute.

    A queue that cannot be read is tried every second, and would fill the log.
    """

    def __init__(self) -> None:
        """Nothing was said yet."""
        super().__init__()
        self._said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether this is to be written."""
        last = self._said.get(str(record.msg))
        if last is not None and record.created - last < LOOKS_EVERY:
            return False
        self._said[str(record.msg)] = record.created
        return True


def _look_later(look: Callable[[], None], pause: float = STALE_SECONDS + 1.0) -> None:
    """Look for work after a pause and then every minute, whether or not the queue can be read.

    The first look is for the work of a worker that died a moment ago, once it is silent for long
    enough.
    """
    timer = threading.Timer(pause, _look_and_later, (look,))
    timer.daemon = True
    timer.start()


def _look_and_later(look: Callable[[], None]) -> None:
    try:
        look()
    except BaseException:
        log.exception("looking for work failed")
        raise
    finally:
        # What nobody foresaw in one job does not end the looking for the others.
        _look_later(look, LOOKS_EVERY)


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
