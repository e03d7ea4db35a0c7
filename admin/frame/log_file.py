"""The log of an installation: what went wrong, where in the program, and nobody's data.

Each process writes a file of its own in `logs/` of the data folder, a megabyte and four before it.
Of an error only its kind and the way to it are written: its text may name a child.
"""

from __future__ import annotations

import logging
import sqlite3
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

FOLDER = "logs"
BYTES, OLDER = 2**20, 4


class NobodysData(logging.Formatter):
    """Writes a record without the texts of errors, which quote what somebody typed."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and the way to the error below it."""
        given = record.args
        if isinstance(given, tuple):
            record = logging.makeLogRecord({**vars(record), "args": tuple(map(kind_of, given))})
        # Another handler may have written the whole error into the record already.
        record.exc_text = None
        return super().format(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name logging calls
        """Return the calls that led to an error and its kind."""
        kind, error, trace = ei
        calls = [
            f'  File "{call.filename}", line {call.lineno}, in {call.name}'
            for call in traceback.extract_tb(trace)
        ]
        return "\n".join([*calls, str(kind_of(error or kind))])


def kind_of(given: Any) -> Any:
    """Return what may be written of an argument: the kind of an error, everything else as it is."""
    if isinstance(given, OSError):
        return f"{type(given).__name__} ({given.strerror or 'no reason given'})"
    if isinstance(given, sqlite3.Error):
        return f"{type(given).__name__} ({given})"
    return type(given).__name__ if isinstance(given, BaseException) else given


def write_to(data_dir: Path, name: str) -> None:
    """Write warnings and errors of this process to `logs/NAME.log`, and to the console.

    A folder that cannot be written leaves the console alone.
    """
    form = NobodysData("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    try:
        (data_dir / FOLDER).mkdir(parents=True, exist_ok=True)
        file = RotatingFileHandler(
            data_dir / FOLDER / f"{name}.log", maxBytes=BYTES, backupCount=OLDER, encoding="utf-8"
        )
        handlers.append(file)
    except OSError:
        pass
    for handler in handlers:
        handler.setFormatter(form)
    logging.basicConfig(level=logging.WARNING, handlers=handlers, force=True)
