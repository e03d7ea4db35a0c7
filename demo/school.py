"""Making the whole invented school: settings, people, two semesters of life, photos, assets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from compliance.ordered.papers import document_called
from demo.album import Album
from demo.counsellor import DEMO_PASSPHRASE, counsel
from demo.evaluations import evaluate
from demo.life import Life
from demo.names import People
from demo.people import DEMO_PASSWORD, Builder, accounts
from demo.roll import Ref, Roll
from demo.story import tell
from demo.writer import founder, registered
from exports.documents.paper import Asked
from models.core import calendar, service
from models.core.actor import Actor, system
from models.core.boxes import LEADERSHIP
from models.core.gates import rows
from models.core.school_calendar import fill_holidays, semester_title
from models.school.accounts import hash_password
from models.school.signing import sign

# One photo per child fills the albums; more would make the first start long.
MOST_PHOTOS = 400
KIND_OF_DAY = {"休": "放假", "班": "补班"}


@dataclass(frozen=True)
class DemoSchool:
    """What was made: the roll, and the accounts to show.

    `passphrase` opens what the counsellor has sealed.
    """

    roll: Roll
    accounts: dict[str, str]
    password: str
    passphrase: str
    photos: int


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
    today: date,
    size: int = 300,
    seed: int = 1,
    progress: Callable[[str], None] = _quiet,
    photos_in: Path | None = None,
) -> DemoSchool:
    """Make the invented school as it stands on `today`, through the service.

    `size` is the number of left-behind children; staff and classes scale with it. The database
    must be empty. `photos_in` is the folder of originals; without one no photo is drawn.
    """
    people = People(seed)
    dates = semester_dates(today)
    opened = dates[0][1]
    founding = founder(opened)
    semesters = _settings(founding, dates, today)
    progress("教师、班级和儿童")
    roll = Builder(people, opened, size, today).build()
    roll.made["semester"] = semesters
    shown = accounts(founding, roll, hash_password(DEMO_PASSWORD))
    _extend_inspector(today)
    until = today - timedelta(days=1)
    life = Life(people, roll, calendar.school_calendar(), until)
    tell(life)
    album = None
    if photos_in is not None:
        album = Album(photos_in, min(size, MOST_PHOTOS), until, dates[-1][1], progress)
    life.live(progress, album)
    progress("心理辅导")
    counsel(roll, opened, until)
    progress("教师考核")
    evaluate(roll, dates, today)
    _sign_statistics(roll, dates, today)
    taken = album.taken if album else 0
    return DemoSchool(roll, shown, DEMO_PASSWORD, DEMO_PASSPHRASE, taken)


def _add(actor: Actor, slug: str, values: dict[str, Any], current: service.Work) -> Any:
    return service.create(actor, registered(slug), values, current=current)


def _settings(actor: Actor, dates: list[tuple[str, date, date]], today: date) -> list[Ref]:
    """Enter the school, its semesters and every holiday known; return the semesters."""
    semesters = []
    with service.work(actor) as current:
        given = {
            "name": "青山镇初级中学（示例）",
            "address": "青山镇学府路1号",
            "phone": "0856-8120041",
            "adopted": ["四新中学", "思渠中学"],
        }
        _add(actor, "school", given, current)
        for code, first, last in dates:
            said: dict[str, Any] = {"code": code, "title": semester_title(code)}
            said |= {"first_day": first, "last_day": last}
            made = _add(actor, "semester", said, current)
            semesters.append(Ref(made.id, made))
        # Next year's notice comes about November; until then there is nothing to fill.
        for year in range(dates[0][1].year, today.year + 2):
            for day, kind, name in fill_holidays(year):
                given_day = {"day": day, "kind": KIND_OF_DAY[kind], "name": name}
                _add(actor, "holiday", given_day, current)
    return semesters


def _sign_statistics(roll: Roll, dates: list[tuple[str, date, date]], today: date) -> None:
    """Have the principal sign the statistics of every semester a fortnight old, on that day."""
    document = document_called("statistics-table")
    assert document is not None
    assert document.maker is not None
    for code, first, _last in dates:
        day = first + timedelta(days=14)
        if day >= today:
            continue
        semester = calendar.semester_called(code)
        name = roll.staff_name[roll.principal]
        now = datetime.combine(day, time(17, 0))
        user = roll.users[roll.principal]
        leader = Actor(LEADERSHIP, now, user, roll.principal, name, "示例学校")
        school = calendar.school()
        nowhere = Path()
        asked = Asked(leader, school.name if school else "", semester, nowhere, nowhere)
        content = document.maker(asked).content
        sign(leader, registered(document.signed_in), semester, content, day)


def _extend_inspector(today: date) -> None:
    """Let the inspector's account run from today, not from the school's first day."""
    declared = registered("user")
    actor = system(datetime.combine(today, time(7, 0)), "示例学校")
    model = declared.model
    for user in rows(actor, declared).where(model.username == "ducha"):
        until = {"expires_on": today + timedelta(days=7)}
        service.update(actor, declared, user.id, until, user.version)
