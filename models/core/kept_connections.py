"""Connections to SQLite kept open from one request to the next.

SQLite reads what the tables are anew for every connection: with some hundred and fifty tables that
is half the work of a small page, and closing the last connection writes the whole log back. What a
request leaves is therefore laid aside for the next one, a few at most, without anything half read.
"""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any
from weakref import WeakSet

# More are opened when more threads work at once, and closed again: each holds up to 8 MB.
MOST_KEPT = 6


class Connection(sqlite3.Connection):
    """A connection that knows what is still being read on it."""

    def __init__(self, *words: Any, **options: Any) -> None:
        self._cursors: WeakSet[sqlite3.Cursor] = WeakSet()
        # Which file it was opened on, as `KeptConnections.which` tells it.
        self.file: tuple[int, int] | None = None
        super().__init__(*words, **options)

    def cursor(self, *words: Any, **options: Any) -> Any:
        """Return a cursor, and remember it as long as anybody holds it."""
        made = super().cursor(*words, **options)
        self._cursors.add(made)
        return made

    def stop_reading(self) -> None:
        """End every query not read to its end.

        It would hold the records as they were when it began, for whoever is next on this
        connection.
        """
        for cursor in list(self._cursors):
            cursor.close()
        self._cursors.clear()


class KeptConnections:
    """Those of one database file; whoever comes takes the one laid aside last."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._idle: list[Connection] = []

    def take(self) -> Connection | None:
        """Return a connection to the file that stands there now, or None to open one."""
        now = self.which()
        while True:
            with self._lock:
                if not self._idle:
                    return None
                kept = self._idle.pop()
            if kept.file == now:
                return kept
            kept.close()

    def keep(self, connection: Any) -> bool:
        """Lay a connection aside; False when it must be closed instead."""
        if not isinstance(connection, Connection) or connection.in_transaction:
            return False
        connection.stop_reading()
        with self._lock:
            if len(self._idle) >= MOST_KEPT:
                return False
            self._idle.append(connection)
        return True

    def close_all(self) -> None:
        """Close them all."""
        with self._lock:
            idle, self._idle = self._idle, []
        for kept in idle:
            kept.close()

    def which(self) -> tuple[int, int] | None:
        """Which file stands there: a restored backup is another one."""
        try:
            status = self._file.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino
