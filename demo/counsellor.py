"""What the invented counsellor keeps: sealed sessions, cards finished, envelopes handed over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from demo.roll import Roll
from demo.specs import DATA
from demo.writer import NAME, registered
from models.core import calendar, service, toml
from models.core.actor import Actor
from models.core.boxes import COUNSELLOR
from models.core.toml import Declared
from models.sealed import counselling, keys

# For trying the sealed pages; a school's own is known to its counsellor alone.
DEMO_PASSPHRASE = "操场边的老槐树 1987"  # noqa: S105  the invented one, printed at start
DAY = timedelta(days=1)
# Which of the children come to the counsellor, counted from the start of the roll.
CLIENTS = (1, 6, 11, 17)
# Every so many school days somebody comes.
BETWEEN = 12
# One card in so many is finished only after the week it may take; the envelope follows the card.
LATE, LATE_DAYS = 7, 9
SEALED_AFTER = 9
AFTERNOON = time(17, 30)


class Session(Declared, frozen=True):
    """One visit of a child: what the card says, and what the counsellor saw."""

    card: dict[str, Any]
    observed: str


class SessionFile(Declared, frozen=True):
    """The file of sessions."""

    session: tuple[Session, ...]


def counsel(roll: Roll, opened: date, until: date) -> None:
    """Start the seal on the first day; then sessions and observations on their days until now."""
    actor = _counsellor(roll, opened)
    key, _printed = keys.start(actor, DEMO_PASSPHRASE, DEMO_PASSPHRASE)
    told = toml.read(DATA / "counsellor.toml", SessionFile).session
    for number, day in enumerate(_days(opened, until)):
        actor = replace(_counsellor(roll, day), sealed_key=key)
        child, case = _client(roll, number)
        if roll.there(child, day):
            common = {"case_code": case, "counsellor": actor.staff_id, "child": child}
            record = _session(actor, common, told[number % len(told)])
            _put_away(actor, record, number, until, roll.clerk)


def _client(roll: Roll, number: int) -> tuple[int, str]:
    """The child who comes, and the code the case goes by."""
    place = CLIENTS[number % len(CLIENTS)]
    children = list(roll.children)
    return children[place % len(children)], f"XL-{place:02d}"


def _counsellor(roll: Roll, day: date) -> Actor:
    staff = roll.counsellor
    now = datetime.combine(day, AFTERNOON)
    return Actor(COUNSELLOR, now, roll.users[staff], staff, roll.staff_name[staff], NAME)


def _days(opened: date, until: date) -> Iterator[date]:
    for span in calendar.school_calendar().semesters:
        days = calendar.school_calendar().list_school_days(span.first, min(span.last, until))
        yield from (day for day in days[BETWEEN // 2 :: BETWEEN] if day > opened)


def _session(actor: Actor, common: dict[str, Any], told: Session) -> Any:
    """Write the card of a session and what was observed in it."""
    hours = {"starts_at": time(16, 30), "ends_at": time(17, 10)}
    card = {**common, **told.card, **hours, "held_on": actor.today, "form": "个体"}
    observed = {**common, "observed_on": actor.today, "observations": told.observed}
    service.create(actor, registered("mind-file"), observed)
    return counselling.save_session(actor, card)


def _put_away(actor: Actor, record: Any, number: int, until: date, keeper: int) -> None:
    """Finish the card and hand the envelope over, on the days that have come by `until`."""
    finished = record.held_on + DAY * (LATE_DAYS if number % LATE == LATE - 1 else 1)
    handed = finished + SEALED_AFTER * DAY
    if finished <= until:
        done = {"finished_on": finished}
        then = _on(actor, finished)
        record = counselling.save_session(then, done, record_id=record.id, version=record.version)
    if handed <= until:
        then = _on(actor, handed)
        counselling.seal_envelope(then, record.id, handed, keeper, record.version)


def _on(actor: Actor, day: date) -> Actor:
    return replace(actor, now=datetime.combine(day, AFTERNOON))
