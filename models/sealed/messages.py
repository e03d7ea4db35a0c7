"""Messages from the product to single persons: what they must hear of seal and accounts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from peewee import AutoField, CharField, DateTimeField, IntegerField, TextField

from models.core.actor import Actor
from models.core.boxes import COUNSELLOR, LEADERSHIP, ROLES
from models.core.database import Base
from models.core.gates import every_row
from models.core.register import register_of
from models.kept.users import User, is_active


class SealedNotice(Base):
    """One message to one person; stays on top of the pages until it is marked as read."""

    id = AutoField()
    user_id = IntegerField(index=True)
    at = DateTimeField()
    kind = CharField()
    text = TextField()
    read_at = DateTimeField(null=True)

    class Meta:
        table_name = "sealed_notice"


def people(role: str, now: datetime) -> list[Any]:
    """Return the active accounts of a role; of the leadership those somebody made sure of."""
    query = every_row(register_of(User)).where(User.role == ROLES[role]).order_by(User.id)
    found = [user for user in query if is_active(user, now.date())]
    return [user for user in found if role != LEADERSHIP or user.confirmed_at is not None]


def tell(users: Iterable[Any], kind: str, text: str, now: datetime) -> None:
    """Leave the same message for each of the users."""
    rows = [{"user_id": user.id, "at": now, "kind": kind, "text": text} for user in users]
    if rows:
        SealedNotice.insert_many(rows).execute()


def tell_counsellors(text: str, now: datetime, kind: str = "key") -> None:
    """Leave a message for every counsellor, the one it is about included."""
    tell(people(COUNSELLOR, now), kind, text, now)


def notices_of(actor: Actor) -> list[Any]:
    """Return the actor's unread messages, newest first."""
    query = SealedNotice.select().where(
        SealedNotice.user_id == actor.user_id, SealedNotice.read_at.is_null(True)
    )
    return list(query.order_by(SealedNotice.id.desc()).limit(50))


def unread(actor: Actor) -> int:
    """Return how many messages the actor has not read."""
    query = SealedNotice.select().where(
        SealedNotice.user_id == actor.user_id, SealedNotice.read_at.is_null(True)
    )
    return int(query.count())


def mark_read(actor: Actor, notice_id: int) -> None:
    """Put an own message away."""
    SealedNotice.update(read_at=actor.now).where(
        SealedNotice.id == notice_id, SealedNotice.user_id == actor.user_id
    ).execute()
