"""A school of any size written straight into its tables: children, teachers, pairings, talks.

Names, accounts and rights are real, so that the panel can be signed in to; only the write path is
left out, because a million records are made to be read.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from admin.frame.tables import make_tables
from models.core import calendar, pinyin
from models.core.boxes import ROLES
from models.core.clock import Clock
from models.core.database import connected, database, open_database, writing
from models.core.register import REGISTERS, Register
from models.core.values import check_character
from models.school import accounts

FIRST, LAST = date(2024, 9, 1), date(2026, 7, 3)
NOW = datetime(2026, 6, 12, 10, 30)
CHILDREN, TEACHERS, CLASSES = 2000, 150, 40
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧曾单"
GIVEN = "明华丽军强秀英梅兰伟雨欣怡浩宇轩子涵梓萱思源佳慧鑫磊洋婷静敏娜超"
TOPICS = ("近况", "学习", "想家", "交友", "亲情", "习惯", "安全", "升学")
SENTENCES = (
    "说到期中考试数学没有考好，计算总是粗心，愿意每天多练十道题",
    "周末由奶奶照看，爸爸在外地工地上，一个星期通一次电话",
    "和同桌闹了别扭，现在已经和好，中午一起去打饭",
    "夜里想妈妈睡不着，寝室长陪着聊了一会儿",
    "最近喜欢上了打乒乓球，想参加学校的兴趣小组",
    "上课有时走神，答应把不懂的题记下来问老师",
    "家里的手机被没收以后作业写得比以前快",
)
RARE = "彩虹跑道"
TEACHER, IDLE, CLERK = "teacher", "idle", "clerk"


class StoppedClock(Clock):
    """A clock that always says the same."""

    def now(self) -> datetime:
        """Return the moment of the benchmark."""
        return NOW


def make(folder: Path, talks: int, children: int = CHILDREN, teachers: int = TEACHERS) -> None:
    """Make the school's database in `folder` with `talks` talks over two years."""
    chance = random.Random(20240901)
    open_database(folder)
    with connected():
        make_tables()
        with database.atomic(), writing():
            _frame()
            _staff(teachers, chance)
            _children(children, teachers, chance)
            put("talk", _talks(talks, children, teachers, chance))
        database.execute_sql("ANALYZE")
    calendar.forget()


def register(slug: str) -> Register:
    """Return a register that is there."""
    return REGISTERS[slug]


def put(slug: str, rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows of one shape as they are, some thousand at a time."""
    waiting = iter(rows)
    fields = register(slug).model._meta.fields
    common = {name: f.default for name, f in fields.items() if f.default is not None}
    while chunk := [{**common, **row} for row in islice(waiting, 5000)]:
        names = list(chunk[0])
        columns = ", ".join(f'"{fields[name].column_name}"' for name in names)
        marks = ", ".join("?" for _ in names)
        sql = f'INSERT INTO "{register(slug).table}" ({columns}) VALUES ({marks})'
        database.cursor().executemany(sql, [[row[name] for name in names] for row in chunk])


def kept(**said: Any) -> dict[str, Any]:
    """Return a row with the times every record keeps, `said` on top."""
    return {"entered_at": NOW, "changed_at": NOW, **said}


def _frame() -> None:
    put("school", [kept(name="云岭中学", adopted="四新中学")])
    put(
        "semester",
        [
            kept(code=code, title=code, first_day=first, last_day=last)
            for code, first, last in (
                ("2024-2025-1", FIRST, date(2025, 1, 17)),
                ("2024-2025-2", date(2025, 2, 17), date(2025, 7, 4)),
                ("2025-2026-1", date(2025, 9, 1), date(2026, 1, 23)),
                ("2025-2026-2", date(2026, 3, 2), LAST),
            )
        ],
    )
    numbers = [(grade, number) for grade in (7, 8, 9) for number in range(1, 15)][:CLASSES]
    put(
        "school-class",
        [
            kept(name=f"{'七八九'[g - 7]}（{n}）班", grade=g, number=n, entry_year=2032 - g)
            for g, n in numbers
        ],
    )


def _name(chance: random.Random) -> dict[str, str]:
    said = chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=chance.choice((1, 2, 2))))
    return {
        "name": said,
        "pinyin_key": pinyin.sort_key(said),
        "pinyin_search": pinyin.search_keys(said),
    }


def _staff(teachers: int, chance: random.Random) -> None:
    """150 teachers, forty of them with a class; the last member of staff has nothing to do."""
    put("staff", [kept(**_name(chance)) for _ in range(teachers + 1)])
    led = range(min(CLASSES, teachers))
    put("class-teacher", [kept(school_class=i + 1, staff=i + 1, since=FIRST) for i in led])
    hashed = "no password opens this account"
    people = ((CLERK, CLERK, None), (TEACHER, TEACHER, 1), (IDLE, TEACHER, teachers + 1))
    put(
        "user",
        [
            kept(
                username=username,
                name=username,
                role=ROLES[role],
                staff=staff,
                password_hash=hashed,
                must_change=False,
            )
            for username, role, staff in people
        ],
    )


def identity(number: int) -> str:
    """Return an invented, valid ID number, different for every `number` below 500,000."""
    born = date(2010, 1, 1) + timedelta(days=number // 500)
    seventeen = f"520624{born:%Y%m%d}{number % 500 * 2 + 1:03d}"
    return seventeen + check_character(seventeen)


def _children(children: int, teachers: int, chance: random.Random) -> None:
    said = {"sex": "男", "born_on": date(2012, 5, 1), "identified_on": FIRST, "boarding": "住校"}
    put(
        "child",
        (
            kept(**said, **_name(chance), id_number=identity(i), family_phone=f"139{i:08d}")
            for i in range(children)
        ),
    )
    since = {"since": FIRST}
    classed = ((i + 1, i % CLASSES + 1) for i in range(children))
    put("enrolment", (kept(child=c, school_class=s, **since) for c, s in classed))
    paired = ((i + 1, i % teachers + 1) for i in range(children))
    put("pairing", (kept(child=c, teacher=t, **since) for c, t in paired))


def _talks(count: int, children: int, teachers: int, chance: random.Random) -> Iterator[Any]:
    """Every tenth talk is by somebody else than the paired teacher; one in 20,000 is rare."""
    span = (LAST - FIRST).days * 24 * 60
    for number in range(count):
        child = chance.randrange(children)
        teacher = child % teachers if number % 10 else chance.randrange(teachers)
        at = datetime.combine(FIRST, datetime.min.time())
        at += timedelta(minutes=span * number // count // 10 * 10)
        content = "；".join(chance.choices(SENTENCES, k=3)) + f"。第{number}次"
        if number % 20_000 == 7:
            content += RARE
        topic = TOPICS[number % len(TOPICS)]
        yield kept(
            child=child + 1,
            teacher=teacher + 1,
            talked_at=at,
            topic=topic,
            content=content,
            aspects="、学习、情绪、" if number % 3 else "、亲情、",
            risk="关注" if number % 50 == 0 else "无",
            entered_at=at,
            entered_by=100 + teacher,
        ) | {"search_open": f"{topic} {content}"}


def browser(app: Flask, username: str, now: datetime = NOW) -> FlaskClient:
    """Return a test client signed in as one of the accounts."""
    with connected():
        user = accounts.find_user(username)
        assert user is not None, username
        token = accounts.open_session(user.id, now, "127.0.0.1", "benchmark")
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = token
        session["_fresh"] = True
    return client
