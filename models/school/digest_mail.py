"""The daily mail of each person: made once a day, what became of it, the own address.

A row is the note that the mail was made; person and day are unique, so that nobody gets two.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from peewee import AutoField, CharField, DateField, DateTimeField, IntegerField, TextField

from models.core import service
from models.core.actor import Actor, system
from models.core.boxes import INSPECTOR
from models.core.database import Base, transaction
from models.core.gates import every_row
from models.core.register import register_of
from models.kept.archive import Notice
from models.kept.users import User, is_active

# SENDING is written before a mail leaves: whose worker died then may have it, and gets no second.
WAITING, SENDING, SENT, FAILED = "waiting", "sending", "sent", "failed"
NAMED = 5
USERS = register_of(User)


class DigestMail(Base):
    """One person's mail of one day: its lines as JSON, and how far it came."""

    id = AutoField()
    user_id = IntegerField()
    day = DateField()
    lines = TextField()
    state = CharField(default=WAITING)
    trouble = CharField(default="")
    changed_at = DateTimeField()

    class Meta:
        table_name = "digest_mail"
        indexes = ((("user_id", "day"), True),)

    @property
    def told(self) -> list[str]:
        """The lines of the mail."""
        found: list[str] = json.loads(self.lines)
        return found


def who_gets_mail(today: date) -> list[Any]:
    """Return the accounts with an address that may be used today; inspectors get none."""
    query = every_row(USERS).where(User.mail.is_null(False), User.mail != "").order_by(User.id)
    return [row for row in query if is_active(row, today) and row.role_code != INSPECTOR]


def make(mails: Iterable[tuple[int, list[str]]], now: datetime) -> None:
    """Note the mails of the day; a person who has one already gets no other."""
    with transaction():
        for user_id, lines in mails:
            given = {"user_id": user_id, "day": now.date(), "changed_at": now}
            given["lines"] = json.dumps(lines, ensure_ascii=False)
            DigestMail.insert(given).on_conflict_ignore().execute()


def of_day(day: date) -> list[Any]:
    """Return the mails of a day, in the order they were made."""
    return list(DigestMail.select().where(DigestMail.day == day).order_by(DigestMail.id))


def mark(mail: Any, state: str, now: datetime, trouble: str = "") -> None:
    """Note how far a mail came."""
    given = {"state": state, "trouble": trouble, "changed_at": now}
    DigestMail.update(given).where(DigestMail.id == mail.id).execute()


def tell_clerk(day: date, now: datetime) -> dict[str, Any]:
    """Tell the clerks which mails of the day did not leave; return how many did and did not."""
    mails = of_day(day)
    lost = [mail for mail in mails if mail.state != SENT]
    if lost:
        names = dict(every_row(USERS).select(User.id, User.name).tuples())
        whom = "、".join(str(names.get(mail.user_id, "")) for mail in lost[:NAMED])
        more = "等" if len(lost) > NAMED else ""
        why = "；".join(dict.fromkeys(mail.trouble for mail in lost if mail.trouble))
        raw = {
            "title": f"{len(lost)} 封提醒邮件没有发出",
            "text": f"{day} 给{whom}{more}的提醒邮件没有发出。{why or '发到一半时后台程序断了'}。",
            "recipient_role": "文员",
            "sent_at": now,
        }
        with service.work(system(now)) as current:
            service.create(system(now), register_of(Notice), raw, current=current)
    return {"sent": len(mails) - len(lost), "failed": len(lost)}


def set_own_address(actor: Actor, address: str) -> None:
    """Store where a person wants the daily mail; "" for nowhere. Raises Invalid."""
    current = every_row(USERS).where(User.id == actor.user_id).get()
    given = {"mail": address.strip() or None}
    service.update(actor.as_product, USERS, current.id, given, current.version)
