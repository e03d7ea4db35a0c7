"""How fast 5,000 rows are imported, with full validation and audit, beside a bare insert_many.

Run as `python -m benchmarks.imports [rows]`. Prints one line of JSON per register: rows per second,
seconds in all and holding the write lock, and the ratio of the lock to a plain `insert_many` of
the very same rows into a copy of the table in the same run.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter

import models.kept  # noqa: F401 (declares every register)
from admin.frame.tables import make_tables
from models.core import audit, bulk, service
from models.core.actor import Actor, system
from models.core.database import connected, database, open_database, writing
from models.core.gates import every_row
from models.core.register import Register, find
from models.core.values import check_character
from models.intake.imports import import_table
from models.intake.report import Choices
from models.intake.table import read_table

NOW = datetime(2025, 11, 12, 10, 30)
CLERK = Actor("clerk", NOW, 1, None, "文员", "benchmark")
SURNAMES, GIVEN = "王李张刘陈杨赵黄周吴", "明华丽军强秀英梅兰伟"


def identity(number: int) -> str:
    """Return an invented, valid ID number, different for every `number` below 500,000."""
    born = date(2010, 1, 1) + timedelta(days=number // 500)
    seventeen = f"520624{born:%Y%m%d}{number % 500 * 2 + 1:03d}"
    return seventeen + check_character(seventeen)


def name(number: int) -> str:
    """Return an invented name."""
    return SURNAMES[number % 10] + GIVEN[number // 10 % 10] + GIVEN[number // 100 % 10]


def children(count: int) -> list[list[Any]]:
    """Return the rows of a child workbook, headings first."""
    head = "姓名 性别 出生日期 民族 证件类型 身份证件号 就读方式 现住址 家庭联系电话 认定日期 备注"
    rows: list[list[Any]] = [head.split()]
    for number in range(count):
        own = identity(number)
        born = f"{own[6:10]}-{own[10:12]}-{own[12:14]}"
        phone = f"139{number:08d}"
        said = [name(number), "男", born, "汉族", "居民身份证", own, "住校", "云岭镇大坪村"]
        rows.append([*said, phone, "2025-09-05", f"第 {number} 名，周末由奶奶照看"])
    return rows


def talks(count: int) -> list[list[Any]]:
    """Return the rows of a talk workbook about the first 500 children."""
    fields = find_register("talk").fields
    head = [fields[n].label for n in ("child", "teacher", "talked_at", "topic", "content")]
    rows: list[list[Any]] = [head]
    for number in range(count):
        at = f"2025-11-{number % 10 + 1:02d} {8 + number % 9:02d}:{number % 60:02d}"
        text = f"{name(number)}说近来和同学相处好了一些，第 {number} 次谈心，想给妈妈打电话"
        rows.append([identity(number % 500), f"教师{number % 60}", at, "近况", text])
    return rows


def find_register(slug: str) -> Register:
    """Return a register that must be there."""
    found = find(slug)
    assert found is not None, slug
    return found


def workbook(rows: list[list[Any]]) -> bytes:
    """Return .xlsx bytes of the rows, all texts."""
    target = BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    sheet = book.add_worksheet()
    for place, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write_string(place, column, str(value))
    book.close()
    return target.getvalue()


class Lock:
    """Measures how long the write transaction stood."""

    seconds = 0.0

    @classmethod
    def watch(cls) -> None:
        """Measure every transaction of the service from now on."""
        opened = service.work

        @contextmanager
        def work(actor: Actor, batch: int | None = None) -> Iterator[Any]:
            with opened(actor, batch) as current:
                start = time.perf_counter()
                yield current
            cls.seconds += time.perf_counter() - start

        service.work = work


def plain_insert(register: Register) -> float:
    """Return the seconds a bare insert_many of the register's rows into an empty copy takes."""
    model = register.model
    rows = [dict(record.__data__) for record in every_row(register)]
    table = register.table
    with writing():
        database.execute_sql(
            f'CREATE TABLE "bench" AS SELECT * FROM "{table}" WHERE 0 /*gate:{table}*/'
        )
        model._meta.set_table_name("bench")
        start = time.perf_counter()
        with database.atomic():
            for first in range(0, len(rows), 300):
                model.insert_many(rows[first : first + 300]).execute()
        seconds = time.perf_counter() - start
        model._meta.set_table_name(table)
        database.execute_sql('DROP TABLE "bench"')
    return seconds


def measure(slug: str, rows: list[list[Any]]) -> dict[str, Any]:
    """Import the rows and return what it took."""
    register = find_register(slug)
    data = workbook(rows)
    Lock.seconds = 0.0
    start = time.perf_counter()
    report = import_table(CLERK, read_table(data, register), Choices(), slug)
    seconds = time.perf_counter() - start
    assert report.accepted == len(rows) - 1, report.refused[:3]
    plain = plain_insert(register)
    return {
        "register": slug,
        "rows": report.accepted,
        "seconds": round(seconds, 2),
        "rows_per_second": round(report.accepted / seconds),
        "lock_seconds": round(Lock.seconds, 2),
        "plain_insert_seconds": round(plain, 2),
        "lock_to_plain": round(Lock.seconds / plain, 1),
        "audit_intact": audit.verify().intact,
    }


def main(count: int) -> None:
    """Measure both registers in a school of their own."""
    open_database(Path(tempfile.mkdtemp(prefix="import-benchmark-")))
    with connected():
        make_tables()
        staff = bulk.Drafts(system(NOW))
        staff.new(find_register("staff"), [{"name": f"教师{n}"} for n in range(60)])
        with service.work(system(NOW)) as current:
            staff.write(current)
        Lock.watch()
        for slug, rows in (("child", children(count)), ("talk", talks(count))):
            print(json.dumps(measure(slug, rows), ensure_ascii=False))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
