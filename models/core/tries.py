"""How often a secret may be tried: a wait that grows with every wrong try, at most a minute.

A try is counted in the database before the secret is looked at, so that guesses sent at one time
pass no more often than guesses sent one after the other. Nothing sleeps and nothing is locked for
good: who comes too early is told at once in how many seconds to come again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from peewee import AutoField, CharField, DateTimeField, IntegerField

from models.core.database import Base, database, transaction
from models.core.errors import TooOften

# So many wrong tries cost nothing; then 2, 4, 8 … seconds.
FREE = 3
LONGEST = timedelta(seconds=60)


class Attempt(Base):
    """Wrong tries at one secret from one place.

    `username` is the login name, or another name that starts with a blank, as no login name does;
    `origin` is an address or a browser counted apart, or "" for all the others together.
    """

    id = AutoField()
    username = CharField()
    origin = CharField()
    failures = IntegerField(default=0)
    wait_until = DateTimeField(null=True)

    class Meta:
        table_name = "attempt"
        indexes = ((("username", "origin"), True),)


def take_try(name: str, place: str, now: datetime) -> None:
    """Count a try as a wrong one until `passed` says otherwise; TooOften while one has to wait."""
    with transaction():
        Attempt.insert(username=name, origin=place).on_conflict_ignore().execute()
        query = Attempt.select().where(Attempt.username == name, Attempt.origin == place)
        counted = (query.for_update() if database.for_update else query).get()
        wait = _wait(counted, now)
        if wait:
            raise TooOften(wait)
        counted.failures += 1
        if counted.failures > FREE:
            doubled = timedelta(seconds=2 ** min(counted.failures - FREE, 9))
            counted.wait_until = now + min(doubled, LONGEST)
        counted.save()


def passed(name: str, place: str) -> None:
    """Forget the wrong tries from a place, for the secret was right."""
    Attempt.delete().where(Attempt.username == name, Attempt.origin == place).execute()


def seconds_to_wait(name: str, place: str, now: datetime) -> int:
    """Return how long nobody may try from this place, 0 when one may."""
    counted = Attempt.get_or_none(Attempt.username == name, Attempt.origin == place)
    return _wait(counted, now) if counted is not None else 0


def _wait(counted: Attempt, now: datetime) -> int:
    # A clock that was put back must not keep anybody waiting for longer than it ever takes.
    if counted.wait_until is None or not now < counted.wait_until <= now + LONGEST:
        return 0
    left: timedelta = counted.wait_until - now
    return int(left.total_seconds())


def forget_tries(now: datetime) -> int:
    """Clear away the tries of other days; return how many."""
    yesterday = now - timedelta(days=1)
    waited = Attempt.wait_until.is_null(True) | (Attempt.wait_until < yesterday)
    return int(Attempt.delete().where(waited).execute())
