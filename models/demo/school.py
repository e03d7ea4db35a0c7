"""Making the whole invented school: settings, people, two semesters of life, photos, assets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

from models import calendar, photo_store, service
from models.accounts import hash_password
from models.actor import system
from models.demo import pictures
from models.demo.names import People
from models.demo.people import DEMO_PASSWORD, Builder, Roll, accounts
from models.demo.records import Life
from models.gates import row, rows
from models.register import find
from models.school_calendar import fill_holidays, semester_title

KIND_OF_DAY = {"休": "放假", "班": "补班"}
ASSETS = (
    ("设备", "台式电脑", "台", 1, 420000),
    ("设备", "专用电话", "部", 1, 12000),
    ("设备", "电视机", "台", 1, 260000),
    ("设备", "影碟机", "台", 1, 38000),
    ("家具用具", "档案柜", "组", 2, 68000),
    ("家具用具", "方桌", "张", 8, 24000),
    ("家具用具", "凳子", "张", 30, 4500),
    ("文体", "篮球", "个", 6, 8000),
    ("文体", "象棋", "副", 12, 1500),
    ("文体", "军棋", "副", 9, 1500),
    ("文体", "羽毛球拍", "副", 6, 6000),
    ("文体", "跳绳", "根", 20, 800),
    ("应急用品", "急救箱", "个", 1, 15000),
    ("应急用品", "雨伞", "把", 10, 2500),
    ("应急用品", "手电筒", "支", 4, 3000),
)


@dataclass(frozen=True)
class DemoSchool:
    """What was made: the roll, the accounts to show, and which records deserve photos."""

    roll: Roll
    accounts: dict[str, str]
    password: str
    visits: list[tuple[int, date]]
    meetings: list[tuple[int, date]]


def semester_dates(today: date) -> list[tuple[str, date, date]]:
    """Return (code, first, last) of the last two semesters begun by `today`, oldest first."""
    found = []
    for year in (today.year - 2, today.year - 1, today.year):
        autumn = _weekday_from(date(year, 9, 1))
        spring = _weekday_from(date(year + 1, 3, 1))
        found.append((f"{year}-{year + 1}-1", autumn, date(year + 1, 1, 23)))
        found.append((f"{year}-{year + 1}-2", spring, date(year + 1, 7, 4)))
    return [item for item in found if item[1] <= today][-2:]


def _weekday_from(day: date) -> date:
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return day


def _quiet(_text: str) -> None:
    """Tell nobody."""


def make(
    today: date, size: int = 300, seed: int = 1, progress: Callable[[str], None] = _quiet
) -> DemoSchool:
    """Make the invented school as it stands on `today`, through the service.

    `size` is the number of left-behind children; staff and classes scale with it. The database
    must be empty. Returns what the caller shows or adds photos to.
    """
    people = People(seed)
    dates = semester_dates(today)
    opened = dates[0][1]
    actor = system(datetime.combine(opened, time(7, 0)), "示例学校")
    _settings(actor, dates, today)
    progress("教师、班级和儿童")
    roll = Builder(people, today, opened, size).build()
    shown = accounts(
        system(datetime.combine(opened, time(7, 30)), "示例学校"),
        roll,
        hash_password(DEMO_PASSWORD),
    )
    _extend_inspector(today)
    _assets(actor, roll)
    life = Life(people, roll, calendar.school_calendar())
    for span in calendar.school_calendar().semesters:
        life.semester(span, today - timedelta(days=1), progress)
    return DemoSchool(roll, shown, DEMO_PASSWORD, life.visits, life.meetings)


def add_photos(
    made: DemoSchool, storage: Path, count: int, progress: Callable[[str], None] = _quiet
) -> int:
    """Draw photos for the newest visits and meetings, as uploads would bring them; return how many.

    `storage` is the folder of originals; each record gets one or two photos.
    """
    random = Random(len(made.visits))  # noqa: S311  invented data, not a secret
    acts = [("home-visit", found, day) for found, day in made.visits]
    acts += [("meeting", found, day) for found, day in made.meetings]
    acts.sort(key=lambda act: act[2], reverse=True)
    taken = 0
    for slug, record_id, day in acts:
        if taken >= count:
            break
        taken += _photograph(slug, record_id, day, random, storage)
        progress(f"照片 {taken} 张")
    return taken


def _photograph(slug: str, record_id: int, day: date, random: Random, storage: Path) -> int:
    declared = find(slug)
    assert declared is not None
    actor = system(datetime.combine(day, time(20, 0)), "示例学校")
    token = f"demo-{slug}-{record_id}-upload"
    number = random.randrange(1, 3)
    for _ in range(number):
        photo_store.receive(
            actor,
            pictures.draw(random, indoors=slug == "meeting"),
            register=declared,
            record_id=record_id,
            token=token,
            evidence="photo",
            storage_root=storage,
        )
    with service.work(actor) as current:
        photo_store.attach(
            actor,
            declared,
            row(actor, declared, record_id),
            token=token,
            captions={},
            removed=set(),
            current=current,
        )
    return number


def _add(actor: Any, slug: str, values: dict[str, Any], current: service.Work) -> Any:
    declared = find(slug)
    assert declared is not None
    return service.create(actor, declared, values, current=current)


def _settings(actor: Any, dates: list[tuple[str, date, date]], today: date) -> None:
    with service.work(actor) as current:
        given = {
            "name": "青山镇初级中学（示例）",
            "address": "青山镇学府路1号",
            "phone": "0856-8120041",
            "adopted": ["四新中学", "思渠中学"],
        }
        _add(actor, "school", given, current)
        for code, first, last in dates:
            named = {"code": code, "title": semester_title(code)}
            _add(actor, "semester", {**named, "first_day": first, "last_day": last}, current)
        for year in range(dates[0][1].year, today.year + 1):
            for day, kind, name in fill_holidays(year):
                given_day = {"day": day, "kind": KIND_OF_DAY[kind], "name": name}
                _add(actor, "holiday", given_day, current)


def _extend_inspector(today: date) -> None:
    """Let the inspector's account run from today, not from the school's first day."""
    declared = find("user")
    assert declared is not None
    actor = system(datetime.combine(today, time(7, 0)), "示例学校")
    model = declared.model
    for user in rows(actor, declared).where(model.username == "ducha"):
        until = {"expires_on": today + timedelta(days=7)}
        service.update(actor, declared, user.id, until, user.version)


def _assets(actor: Any, roll: Roll) -> None:
    with service.work(actor) as current:
        for number, (kind, name, unit, quantity, price) in enumerate(ASSETS, start=1):
            given = {
                "number": f"ZC-{number:03d}",
                "kind": kind,
                "name": name,
                "unit": unit,
                "quantity": quantity,
                "unit_price": f"{price / 100:.2f}",
                "source": "购置",
                "acquired_on": actor.today - timedelta(days=200),
                "opener": "王校长",
                "opener_2": "李主任",
                "quality_ok": True,
                "number_ok": True,
                "place": "之家",
                "keeper": roll.staff[-1],
            }
            _add(actor, "asset", given, current)
