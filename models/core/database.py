"""The database: opening it, and the guard that no query gets round the gates.

Every SELECT on a register's table carries the mark that `gates` puts into it; every write
happens while the service is writing. The guard is on under test (and may be on anywhere): it reads
the SQL that really goes out, so that joins, sub-queries, counts and lazy foreign keys are all seen.
"""

from __future__ import annotations

import errno
import re
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import peewee
from peewee import SQL, DatabaseProxy, Expression, Model, NodeList, SqliteDatabase, Value

from models.core import installation, soundness
from models.core.errors import Busy, DiskFull, NotNow, ReadOnly, RecordsError
from models.core.kept_connections import Connection, KeptConnections
from models.core.network_share import refuse_network_share
from models.core.sql_text import Writer

database = DatabaseProxy()

# The two conditions of a query that ask nothing.
NOTHING = Expression(Value(1), "=", Value(0))
EVERYTHING = Expression(Value(1), "=", Value(1))

# Tables of registers; filled by `models.core.register` as classes are declared.
GUARDED_TABLES: set[str] = set()

_TABLE_IN_SELECT = re.compile(r'(?:FROM|JOIN|,)\s+"(\w+)"')
_TABLE_IN_WRITE = re.compile(r'^\s*(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM)\s+"(\w+)"')
_turn = threading.RLock()
_queue = threading.Lock()
_waiting = [0]
# Seconds a writer waits before it is told; who only looks waits for nobody.
WRITER_WAITS, READER_WAITS = 10.0, 0.3
# So many threads may wait long; the others of the server are kept for readers.
MOST_WAITING, SHORT_WAIT = 8, 1.0
_patience: ContextVar[float] = ContextVar("patience", default=WRITER_WAITS)
# What PostgreSQL may hold in memory to look something up by: with its usual 4 MB it goes through a
# county's 300,000 photos for every single visit.
WORK_MEM = "64MB"
# Less than this left on a disk that fails to take something is a full disk.
_NOTHING_LEFT = 2**20
# The last is PostgreSQL's.
_OF_WAITING = ("is locked", "is busy", "lock timeout")
_OF_DAMAGE = ("malformed", "not a database")
_writing: ContextVar[bool] = ContextVar("writing", default=False)


class GateBypassed(RecordsError):
    """A query reached a register's table without passing a gate: a programming error."""


class Base(Model):
    """Every table of the product."""

    class Meta:
        database = database
        legacy_table_names = False


def mark(table: str) -> SQL:
    """Return a condition that is always true and says that a gate made this query."""
    return SQL(f"1 = 1 /*gate:{table}*/")


def within(column: Any, query: Any) -> Any:
    """Return `column IN (query)`, written out once.

    peewee's own `in_` writes a sub-query twice, to see whether it is empty: scopes within scopes
    would cost 2 to the power of their depth. It knows the operator only in capitals.
    """
    return peewee.Expression(column, "in", query)


def living(model: Any, column: Any, *conditions: Any) -> Any:
    """The column of the living rows of a register for which all conditions hold, written flat."""
    standing = [mark(model._meta.table_name), model.deleted_at.is_null(True)]
    return model.select(column).where(all_of([*standing, *conditions]))


def enclosed(query: Any) -> SQL:
    """Return a query written out, for use as a sub-query that looks at nothing outside itself.

    What peewee writes anew wherever it stands is then a text; it holds for this kind of database.
    """
    text, values = query.sql()
    return SQL(f"({text})", values)


def all_of(conditions: list[Any]) -> Any:
    """Return the condition that all of some conditions hold, written flat, as `any_of` is."""
    return NodeList(conditions, glue=" AND ", parens=True) if conditions else EVERYTHING


def any_of(conditions: list[Any]) -> Any:
    """Return the condition that one of many holds, written flat.

    Joined by operators, seventy ORs would nest more parentheses than SQLite's parser takes.
    """
    return NodeList(conditions, glue=" OR ", parens=True) if conditions else NOTHING


def insert_all(model: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert complete rows of one shape, many times faster than row by row.

    Registers are written only while the service is writing, as with every other statement.
    """
    if not rows:
        return
    table = model._meta.table_name
    if table in GUARDED_TABLES and not _writing.get():
        raise GateBypassed(f"write outside the service: {table}")
    if database.for_update:
        for start in range(0, len(rows), 400):
            model.insert_many(rows[start : start + 400]).execute()
        return
    fields = [(name, model._meta.fields[name]) for name in rows[0]]
    columns = ", ".join(f'"{field.column_name}"' for _name, field in fields)
    places = ", ".join("?" for _field in fields)
    with _told():
        database.cursor().executemany(
            f'INSERT INTO "{table}" ({columns}) VALUES ({places})',  # noqa: S608 (declared names)
            [[field.db_value(row[name]) for name, field in fields] for row in rows],
        )


@contextmanager
def transaction() -> Iterator[None]:
    """Hold one write transaction; on SQLite the threads of this process take turns.

    SQLite's own waiting is a lottery: of fifty who save at once some would wait ten seconds. Other
    processes (the worker's imports) still wait in SQLite's way. Busy after ten seconds of both.
    """
    if database.for_update:
        with database.atomic():
            yield
        return
    left = _take_turn()
    try:
        with _within(left), database.atomic():
            yield
    finally:
        _turn.release()


def _take_turn() -> float:
    """Take this process's turn at writing; return how many seconds of patience are left."""
    patience = _patience.get()
    if _turn.acquire(blocking=False):
        return patience
    began = time.monotonic()
    with _queue:
        _waiting[0] += 1
        most = SHORT_WAIT if _waiting[0] > MOST_WAITING else patience
    try:
        if not _turn.acquire(timeout=min(most, patience)):
            raise Busy
    finally:
        with _queue:
            _waiting[0] -= 1
    return max(patience - (time.monotonic() - began), READER_WAITS)


@contextmanager
def _within(left: float) -> Iterator[None]:
    """Let SQLite wait only for what is left where much of the patience is used up already."""
    if left > _patience.get() - SHORT_WAIT:
        yield
        return
    _wait_at_most(left)
    try:
        yield
    finally:
        _wait_at_most(_patience.get())


def be_patient(seconds: float) -> None:
    """Wait for other writers at most so long, in this thread and its connection from now on."""
    if not database.for_update:
        _patience.set(seconds)
        _wait_at_most(seconds)


def _wait_at_most(seconds: float) -> None:
    if not database.is_closed():
        database.connection().execute(f"PRAGMA busy_timeout={int(seconds * 1000)}")


def trouble_of(error: BaseException) -> NotNow | None:
    """Return what an error of the driver or of a file means, None when it is none of the host's."""
    if isinstance(error, OSError):
        return DiskFull() if error.errno in (errno.ENOSPC, errno.EDQUOT) else None
    said = str(error).lower()
    if "is full" in said:
        return DiskFull()
    if any(words in said for words in _OF_WAITING):
        return Busy()
    if "readonly" in said:
        return ReadOnly()
    if "disk i/o" in said and _free() < _NOTHING_LEFT:
        return DiskFull()
    return None


def _free() -> int:
    try:
        return shutil.disk_usage(installation.originals().parent).free
    except OSError:
        return 0


@contextmanager
def _told() -> Iterator[None]:
    """Raise what the driver says as what it means to people."""
    try:
        yield
    except (sqlite3.OperationalError, peewee.OperationalError) as error:
        trouble = trouble_of(error)
        if trouble is None:
            raise
        raise trouble from error
    except (sqlite3.DatabaseError, peewee.DatabaseError) as error:
        if not any(words in str(error).lower() for words in _OF_DAMAGE):
            raise
        raise soundness.Damaged(
            f"数据库里有读不出来的地方：这一步没有办成。{soundness.RESTORE}"
        ) from error


@contextmanager
def writing() -> Iterator[None]:
    """Allow writes to registers for the enclosed statements; only the service uses this."""
    token = _writing.set(True)
    try:
        yield
    finally:
        _writing.reset(token)


class _Guard:
    """Counts queries, and with `guarded` refuses those that came round the gates."""

    guarded = False
    query_count = 0
    context_class = Writer

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        self.query_count += 1
        if self.guarded:
            _refuse_bypass(sql)
        return super().execute_sql(sql, params)  # type: ignore[misc]


def _refuse_bypass(sql: str) -> None:
    written = _TABLE_IN_WRITE.match(sql)
    if written:
        if written.group(1) in GUARDED_TABLES and not _writing.get():
            raise GateBypassed(f"write outside the service: {sql[:200]}")
        return
    if sql.lstrip().startswith("CREATE "):  # Its list of columns looks like a list of tables.
        return
    for table in set(_TABLE_IN_SELECT.findall(sql)) & GUARDED_TABLES:
        if f"/*gate:{table}*/" not in sql:
            raise GateBypassed(f"select on {table} outside rows(): {sql[:300]}")


class GuardedSqlite(_Guard, SqliteDatabase):
    """SQLite as the product opens it; its troubles with the host are raised as NotNow."""

    def __init__(self, file: str, **options: Any) -> None:
        self._kept = KeptConnections(Path(file))
        super().__init__(file, factory=Connection, check_same_thread=False, **options)

    def _connect(self) -> Any:
        kept = self._kept.take()
        if kept is None:
            file = self._kept.which()
            opened = super()._connect()  # type: ignore[misc]
            opened.file = file
            return opened
        kept.execute(f"PRAGMA busy_timeout={int(WRITER_WAITS * 1000)}")
        return kept

    def lay_aside(self) -> None:
        """Close as far as this thread goes, and keep the connection for whoever opens next."""
        held: Any = self.connection()  # type: ignore[no-untyped-call]
        if self.in_transaction() or not self._kept.keep(held):
            self.close()
        else:
            self.dispose()

    def close_all(self) -> None:
        """Close what was laid aside."""
        self._kept.close_all()

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        """Run one statement."""
        with _told():
            return super().execute_sql(sql, params)

    def begin(self, lock_type: str | None = None) -> None:
        """Begin a transaction, which is where a writer waits."""
        with _told():
            super().begin(lock_type)

    def commit(self) -> None:
        """Commit, which is where a full disk shows."""
        with _told():
            super().commit()

    def rollback(self) -> None:
        """Roll back, unless SQLite has done so itself, as it does on a full disk."""
        if not self.is_closed() and self.connection().in_transaction:  # type: ignore[no-untyped-call]
            super().rollback()


SQLITE_PRAGMAS: dict[str, Any] = {
    "journal_mode": "wal",
    # FULL: an acknowledged record survives a power cut; costs 0.2 ms a commit.
    "synchronous": 2,
    "foreign_keys": 1,
    "cache_size": -8000,
}


def open_database(data_dir: Path, url: str | None = None) -> Any:
    """Bind the product to its database and return it, not yet connected.

    SQLite in `data_dir` unless `url` (postgresql://…) is given; OnNetworkShare where SQLite's
    locks cannot be relied on.
    """
    installation.use(data_dir)
    let_go()
    if url:
        opened = _open_postgres(url)
    else:
        data_dir.mkdir(parents=True, exist_ok=True)
        refuse_network_share(data_dir)
        soundness.demand_readable(data_dir)
        opened = GuardedSqlite(
            str(data_dir / "records.db"),
            pragmas=SQLITE_PRAGMAS,
            timeout=WRITER_WAITS,
            lock_type="IMMEDIATE",
            autoconnect=False,
        )
    database.initialize(opened)
    return opened


def let_go() -> None:
    """Close the connections kept of the database opened before."""
    if database.obj is not None:
        database.close_all()


def close_for_now() -> None:
    """Close a request's connection; what opened it stays ready for the next request."""
    if database.for_update:
        database.close()
    else:
        database.lay_aside()


def _open_postgres(url: str) -> Any:
    import psycopg  # noqa: F401 - the one driver: peewee would take psycopg 2 where both are
    from playhouse.db_url import connect, parse, register_database
    from playhouse.pool import PooledPostgresqlDatabase

    class GuardedPostgres(_Guard, PooledPostgresqlDatabase):  # type: ignore[misc]
        def execute_sql(self, sql: str, params: Any = None) -> Any:
            with _told():
                return super().execute_sql(sql, params)

    register_database(GuardedPostgres, "postgresql", "postgres")
    # Who waits for a row another transaction holds is told, as on SQLite; the address may ask more.
    said = parse(url).get("options", "")
    options = f"-c lock_timeout={int(WRITER_WAITS * 1000)} -c work_mem={WORK_MEM} {said}"
    return connect(
        url,
        autoconnect=False,
        max_connections=20,
        stale_timeout=300,
        prefer_psycopg3=True,
        options=options.strip(),
    )


@contextmanager
def connected() -> Iterator[Any]:
    """Hold a connection for the enclosed code (command line, jobs, tests)."""
    opened_here = database.is_closed()
    if opened_here:
        database.connect(reuse_if_open=True)
    try:
        yield database
    finally:
        if opened_here and not database.is_closed():
            database.close()


def note_table_sizes() -> None:
    """Let SQLite sample how the tables have grown, so that it goes on choosing the right index.

    Takes some 20 ms at a million records; done after imports and at the end of the day's serving.
    PostgreSQL does so by itself.
    """
    if not database.for_update:
        database.execute_sql("PRAGMA analysis_limit=400")
        database.execute_sql("ANALYZE")


def is_unique_violation(error: peewee.IntegrityError) -> bool:
    """Return whether a database error is a broken uniqueness, on either database."""
    text = str(error).lower()
    return "unique" in text or "duplicate key" in text
