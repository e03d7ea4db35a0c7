"""A county in one database: verdicts, a teacher's day and the board, at growing size.

20,000 children and 3,000,000 records of one semester, ten schools of the size of
`benchmarks.verdicts`, and a hundredth and a tenth of that. With DATABASE_URL naming a PostgreSQL
server that may fill and drop a database of its own, else on SQLite in a temporary folder. Run from
the project's folder: python -m benchmarks.county [--scale RECORDS] [--steps 1] [--json]
"""

from __future__ import annotations

import os
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from admin.frame.tables import make_tables
from app import create_app
from benchmarks import big_school, measuring, verdicts
from benchmarks.big_school import CLERK, TEACHER
from models.core.boxes import ROLES
from models.core.clock import Clock
from models.core.database import connected, database, let_go, open_database, writing
from models.core.register import REGISTERS

RECORDS = 3_000_000
# Records for each child of the semester, and how many children a teacher and a class have.
EACH, OF_TEACHER, OF_CLASS = 150, 13, 50
SMALLER = (100, 10, 1)


class StoppedClock(Clock):
    """A clock that always says the same."""

    def now(self) -> Any:
        """Return the moment of the benchmark."""
        return verdicts.NOW


def main() -> int:
    """Measure every size in a process of its own and print a row for each."""
    said = measuring.arguments(__doc__, RECORDS, "records", steps=len(SMALLER))
    sizes = [max(said.scale // part, EACH * OF_TEACHER) for part in SMALLER[-said.steps :]]
    rows = [measuring.in_child(partial(measured, size)) for size in sizes]
    measuring.report(said, "county", rows)
    return 0


@contextmanager
def own_database() -> Iterator[str | None]:
    """Make an empty database on the server of DATABASE_URL and drop it; None is SQLite."""
    server = os.environ.get("DATABASE_URL")
    if not server:
        yield None
        return
    name = f"county_{uuid.uuid4().hex}"
    ask(server, f'CREATE DATABASE "{name}"')
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        let_go()
        ask(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def ask(server: str, statement: str) -> None:
    """Run one statement on the server."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement)


def measured(records: int) -> dict[str, Any]:
    """Make a county with so many records and return its figures."""
    children = records // EACH
    teachers = children // OF_TEACHER
    with tempfile.TemporaryDirectory(prefix="county-") as name, own_database() as url:
        open_database(Path(name), url)
        with connected():
            make_tables()
            verdicts.make(children, records, teachers, max(children // OF_CLASS, 1))
            accounts()
            database.execute_sql("ANALYZE")
            cold = verdicts.once(verdicts.from_nothing)
            kept = verdicts.StoredVerdict.select().count()
            after = sorted(
                verdicts.one_new_talk(children, number, teachers) for number in range(5)
            )[2]
        return {
            "database": "PostgreSQL" if url else "SQLite",
            "records": records,
            "children": children,
            "cold s": round(cold.elapsed, 2),
            "cold processor s": round(cold.processor, 2),
            "verdicts": kept,
            "after a record ms": round(after.elapsed * 1000, 1),
            **pages(Path(name), url),
        }


def accounts() -> None:
    """Give the clerk and the first teacher accounts."""
    people = ((CLERK, CLERK, None), (TEACHER, TEACHER, 1))
    with database.atomic(), writing():
        verdicts.insert(
            REGISTERS["user"].model,
            (
                {
                    "username": username,
                    "name": username,
                    "role": ROLES[role],
                    "staff": staff,
                    "password_hash": "no password opens this account",
                    "must_change": False,
                }
                for username, role, staff in people
            ),
        )


def pages(folder: Path, url: str | None) -> dict[str, float]:
    """Return the median milliseconds of a teacher's day and the clerk's board, verdicts kept."""
    app = create_app(folder, clock=StoppedClock(), database_url=url)
    found = {}
    for name, reader, path in (("today ms", TEACHER, "/today"), ("board ms", CLERK, "/board/")):
        client = big_school.browser(app, reader, verdicts.NOW)

        def asked(client: Any = client, path: str = path) -> None:
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.status_code)

        found[name] = measuring.median_ms(asked, times=5)
    return found


if __name__ == "__main__":
    sys.exit(main())
