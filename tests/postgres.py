"""The same tests on a real PostgreSQL: `TEST_DATABASE_URL` names a server this may fill and empty.

Built schools become databases that each test copies (`CREATE DATABASE … TEMPLATE …`), as the file
is copied on SQLite. tests/run.sh starts a server of its own and runs the chosen files on both.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from models.core.database import let_go

SERVER = os.environ.get("TEST_DATABASE_URL", "")
# Which database stands for the records.db of a folder.
_of_folder: dict[Path, str] = {}


def url_of(folder):
    """The address of a folder's database, made empty at the first question; None on SQLite."""
    if not SERVER:
        return None
    if folder not in _of_folder:
        _of_folder[folder] = f"t_{uuid.uuid4().hex}"
        _ask(f'CREATE DATABASE "{_of_folder[folder]}"')
    return _address(_of_folder[folder])


def copy(source, target):
    """Let the target folder's database begin as a copy of the source folder's."""
    # A database that somebody is connected to cannot be copied: the pool keeps connections.
    let_go()
    _of_folder[target] = f"t_{uuid.uuid4().hex}"
    _ask(f'CREATE DATABASE "{_of_folder[target]}" TEMPLATE "{_of_folder[source]}"')


def drop(folder):
    """Forget a folder's database."""
    name = _of_folder.pop(folder, None)
    if name:
        _ask(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _address(name):
    return urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}"))


def _ask(statement):
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(statement)
