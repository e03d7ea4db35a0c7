"""How long the verdicts take at full size: cold, and after one new record.

2,000 children, 150 teachers, one semester, 300,000 records written straight into SQLite. The floor
is one grouped scan of as many rows in the same run; the goal stands in docs/benchmarks.md.
Run from the project's folder: python -m benchmarks.verdicts [--children N] [--records N]
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from peewee import fn

from admin.frame.tables import make_tables
from compliance.judged import store
from compliance.judged.tables import DutyTotal, StoredVerdict, VerdictState
from compliance.ordered.catalogue import duties_on
from models.core import calendar, service
from models.core.actor import system
from models.core.database import connected, database, note_table_sizes, open_database, writing
from models.core.gates import every_row
from models.core.register import REGISTERS, find, register_of
from models.kept.children import Child, Enrolment
from models.kept.leadership import LeadershipMember
from models.kept.pairings import Pairing
from models.kept.school import School, Semester
from models.kept.staff import ClassTeacher, SchoolClass, Staff
from models.kept.talks import Talk

FIRST, LAST = date(2025, 9, 1), date(2026, 1, 23)
TODAY = date(2026, 1, 15)
NOW = datetime(2026, 1, 15, 9)
TEACHERS, CLASSES, LEADERS = 150, 40, 8
# How the records are shared out among the registers with a child that the duties read most.
SHARES = {"talk": 0.4, "family-call": 0.35, "home-visit": 0.15, "photo": 0.1}
CHUNK = 5000


def main(arguments: list[str] | None = None) -> int:
    """Make the school, measure, and print one line per figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--children", type=int, default=2000)
    parser.add_argument("--records", type=int, default=300_000)
    said = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        open_database(Path(folder))
        with connected():
            make_tables()
            make(said.children, said.records)
            report(said.children, said.records)
        database.close()
    return 0


def make(children: int, records: int, teachers: int = TEACHERS, classes: int = CLASSES) -> None:
    """Fill the empty database."""
    chance = random.Random(20250901)
    with database.atomic(), writing():
        insert(School, [{"name": "测试中学", "adopted": None}])
        semester = {"code": "2025-2026-1", "title": "2025—2026学年第一学期"}
        insert(Semester, [{**semester, "first_day": FIRST, "last_day": LAST}])
        insert(Staff, ({"name": f"教师{i}"} for i in range(teachers)))
        insert(
            LeadershipMember,
            (
                {"staff": i + 1, "position": "成员", "since": FIRST}
                for i in range(min(LEADERS, teachers))
            ),
        )
        insert(SchoolClass, ({"name": f"{i}班", "grade": 7, "number": i} for i in range(classes)))
        insert(
            ClassTeacher,
            ({"school_class": i + 1, "staff": i + 1, "since": FIRST} for i in range(classes)),
        )
        insert(Child, (child(i) for i in range(children)))
        insert(
            Enrolment,
            (
                {"child": i + 1, "school_class": i % classes + 1, "since": FIRST}
                for i in range(children)
            ),
        )
        insert(
            Pairing,
            (
                {"child": i + 1, "teacher": i % teachers + 1, "since": FIRST}
                for i in range(children)
            ),
        )
        for slug, share in SHARES.items():
            insert(
                REGISTERS[slug].model,
                acts(slug, int(records * share), children, teachers, chance),
            )
        visits = int(records * SHARES["home-visit"])
        insert(
            REGISTERS["home-visitor"].model,
            ({"visit": i + 1, "staff": i % classes + 1} for i in range(visits)),
        )
    note_table_sizes()
    calendar.forget()


def child(number: int) -> dict[str, Any]:
    """One child's row."""
    return {
        "name": f"学生{number}",
        "sex": "男",
        "born_on": date(2012, 5, 1),
        "identified_on": FIRST,
    }


def acts(
    slug: str, number: int, children: int, teachers: int, chance: random.Random
) -> Iterator[dict[str, Any]]:
    """Rows of one register, entered day by day over the semester; a tenth is entered late."""
    span = (TODAY - FIRST).days
    drawn = (drawn_act(span, children, chance) for _ in range(number))
    for i, (entered, who, happened) in enumerate(sorted(drawn)):
        yield {"entered_at": entered, **act(slug, i, who, who % teachers + 1, happened)}


def drawn_act(span: int, children: int, chance: random.Random) -> tuple[datetime, int, datetime]:
    """When something was entered, for which child, and when it happened."""
    who = chance.randrange(children)
    happened = datetime.combine(FIRST, datetime.min.time()) + timedelta(
        days=chance.randrange(span), hours=16
    )
    late = timedelta(days=12 if chance.random() < 0.1 else 0)
    return happened + late, who, happened


def act(slug: str, number: int, who: int, teacher: int, happened: datetime) -> dict[str, Any]:
    """What one row of a register says."""
    text = "谈到学习和在家的情况，孩子说周末想和父母视频。" * 4
    if slug == "talk":
        said = {"talked_at": happened, "topic": "近况", "content": text}
        return {"child": who + 1, "teacher": teacher, **said}
    if slug == "family-call":
        said = {"begun_at": happened, "ended_at": happened + timedelta(minutes=10)}
        said |= {"callee": "母亲", "matter_kind": "问候", "way": "电话"}
        return {"child": who + 1, "duty_teacher": 1, **said}
    if slug == "home-visit":
        return {"child": who + 1, "visited_at": happened, "manner": "入户", "findings": text}
    return {
        "register": "home-visit",
        "record_id": number + 1,
        "evidence": "photo",
        "sha256": "0" * 64,
        "path": "x",
        "kind": "jpg",
    }


def insert(model: Any, rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows as they are, in chunks."""
    fields = model._meta.fields
    usual = {name: default(one) for name, one in fields.items() if one.default is not None}
    waiting = iter(rows)
    while chunk := [{**usual, **row} for row in islice(waiting, CHUNK)]:
        named = {name: fields[name] for name in chunk[0]}
        columns = ", ".join(f'"{one.column_name}"' for one in named.values())
        marks = ", ".join([database.param] * len(named))
        database.cursor().executemany(
            f'INSERT INTO "{model._meta.table_name}" ({columns}) VALUES ({marks})',
            [[one.db_value(row[name]) for name, one in named.items()] for row in chunk],
        )


def default(field: Any) -> Any:
    """Return what a field says where a row does not."""
    return field.default() if callable(field.default) else field.default


def report(children: int, records: int) -> None:
    """Measure and print."""
    duties = duties_on()
    calendar.school_calendar()
    floor = timed(scan, times=3)
    cold = timed(from_nothing, times=3, before=forget)
    after = [one_new_talk(children, i) for i in range(9)]
    idle = timed(lambda: store.refresh(TODAY), times=3)
    print(f"{children} children, {TEACHERS} teachers, {records} records, {len(duties)} duties")
    print("                              elapsed   processor, the best of each")
    print(f"floor, one grouped scan      {told(floor)}")
    times_floor = cold.processor / floor.processor
    print(f"cold, all duties             {told(cold)}   {times_floor:6.1f} × floor")
    new = Times(*map(median, zip(*after, strict=True)))
    print(f"after one new record         {told(new)}   the median")
    print(f"nothing written              {told(idle)}")
    print(f"rows kept                    {StoredVerdict.select().count():8}")


class Times(NamedTuple):
    """How long something took: on the clock, and of the processor, in seconds."""

    elapsed: float
    processor: float


def told(times: Times) -> str:
    """Return both in milliseconds."""
    return f"{times.elapsed * 1000:8.1f} ms {times.processor * 1000:8.1f} ms"


def once(work: Callable[[], Any]) -> Times:
    """Do some work and return how long it took."""
    elapsed, processor = time.perf_counter(), time.process_time()
    work()
    return Times(time.perf_counter() - elapsed, time.process_time() - processor)


def timed(work: Callable[[], Any], times: int, before: Callable[[], Any] = int) -> Times:
    """Return the best of some runs."""
    found = []
    for _ in range(times):
        before()
        found.append(once(work))
    return Times(*map(min, zip(*found, strict=True)))


def scan() -> None:
    """Group every record once by child and day, as many rows as all duties read."""
    for slug in SHARES:
        register = REGISTERS[slug]
        model = register.model
        key = model.child if "child" in register.fields else model.record_id
        query = every_row(register).select(key, fn.COUNT(model.id)).group_by(key)
        database.execute(query).fetchall()


def from_nothing() -> None:
    """Work out and store every verdict, as where none is kept yet."""
    store.refresh(TODAY)


def forget() -> None:
    """Forget every verdict."""
    for table in (StoredVerdict, DutyTotal, VerdictState):
        table.delete().execute()


def one_new_talk(children: int, number: int, teachers: int = TEACHERS) -> Times:
    """Save a talk and return how long the next reader needs."""
    raw = {
        "child": number * 7 % children + 1,
        "teacher": number * 7 % children % teachers + 1,
        "talked_at": "2026-01-14 12:00",
        "topic": "近况",
    }
    talk = find("talk")
    assert talk is register_of(Talk)
    service.create(system(NOW), talk, raw)
    return once(lambda: store.refresh(TODAY))


if __name__ == "__main__":
    sys.exit(main())
