"""Whether the records still are what the record of changes says, and the log of looks is whole.

Looked at are: every link of the chain and its signed head; every record beside the newest entry
that tells of it; every closed day of the access log. What could not be looked at is counted too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from peewee import fn

from models.core import audit, row_marks
from models.core.actor import SYSTEM, Actor
from models.core.audit import AccessLog, AuditEntry, ChainReport, Pending
from models.core.database import within
from models.core.gates import rows
from models.core.register import REGISTERS, Register
from models.core.row_marks import MarkedFields

# The entries that close a day of the access log stand in the chain under this name.
ACCESS_DAY = "access-day"
CHUNK = 500


@dataclass(frozen=True)
class Stray:
    """A record that is not as the record of changes tells: `how` is added, removed or changed."""

    register: str
    record_id: int
    how: str


@dataclass(frozen=True)
class Verification:
    """What was checked, what was found, and how much could not be checked.

    `unmarked` counts records compared by their version alone: their newest entry is from before
    marks, or its payload was erased. `days` are days of the access log that do not agree, `open`
    counts looks of days not closed yet.
    """

    chain: ChainReport
    records: int
    unmarked: int
    strays: tuple[Stray, ...]
    looks: int
    days: tuple[date, ...]
    open: int

    @property
    def intact(self) -> bool:
        """Whether nothing was found."""
        return self.chain.intact and not self.strays and not self.days


def verify(anchor: str | None = None, noted: Iterable[str] = ()) -> Verification:
    """Check chain, records and access log, and return what was found."""
    chain = audit.verify(anchor, noted)
    records, unmarked, strays = 0, 0, []
    fields = {row.id: row.names for row in MarkedFields.select()}
    for register in REGISTERS.values():
        seen: set[int] = set()
        for part in _in_parts(rows(SYSTEM, register, deleted=None), register.model.id):
            told = _newest(register, [record.id for record in part])
            for record in part:
                seen.add(record.id)
                how, marked = _compared(register, record, told.get(record.id), fields)
                unmarked += not marked and not how
                if how:
                    strays.append(Stray(register.slug, record.id, how))
        records += len(seen)
        strays += [Stray(register.slug, gone, "removed") for gone in _told_of(register) - seen]
    looks, days, left = _access_days()
    return Verification(chain, records, unmarked, tuple(strays), looks, days, left)


def _in_parts(query: Any, column: Any) -> Iterator[list[Any]]:
    last = 0
    while part := list(query.where(column > last).order_by(column).limit(CHUNK)):
        yield part
        last = part[-1].id


def strays_among(register: Register, records: Iterable[Any]) -> int:
    """Count the records, read whole, that are not as the record of changes tells."""
    fields = {row.id: row.names for row in MarkedFields.select()}
    found, count = list(records), 0
    for start in range(0, len(found), CHUNK):
        part = found[start : start + CHUNK]
        told = _newest(register, [record.id for record in part])
        count += sum(bool(_compared(register, one, told.get(one.id), fields)[0]) for one in part)
    return count


def _newest(register: Register, ids: list[int]) -> dict[int, Any]:
    """Return the newest entry of each of the records."""
    newest = (
        AuditEntry.select(fn.MAX(AuditEntry.id))
        .where(AuditEntry.register == register.slug, AuditEntry.record_id.in_(ids))
        .group_by(AuditEntry.record_id)
    )
    entries = AuditEntry.select().where(within(AuditEntry.id, newest))
    return {entry.record_id: entry for entry in entries}


def _compared(
    register: Register, record: Any, entry: Any | None, fields: dict[int, str]
) -> tuple[str, bool]:
    """Return how a record strays ("" when it does not), and whether its mark was looked at."""
    if entry is None:
        return "added", False
    if entry.version != record.version:
        return "changed", False
    marked = json.loads(entry.payload).get("row") if entry.payload is not None else None
    if marked is None:
        return "", False
    number, text = marked
    names = fields.get(number, "")
    right = bool(names) and row_marks.holds(register, record, names, text)
    return "" if right else "changed", True


def _told_of(register: Register) -> set[int]:
    query: Any = AuditEntry.select(AuditEntry.record_id).where(AuditEntry.register == register.slug)
    return {number for (number,) in query.distinct().tuples()}


# ---- the access log, closed day by day ----------------------------------------------------------


def close_access_days(actor: Actor) -> int:
    """Note in the chain what each day of looks before today held; return how many were closed.

    Runs inside a transaction of its own or of the caller's; a day is closed once.
    """
    closed = max(_closed(), default=None)
    query = AccessLog.select(AccessLog.at).where(AccessLog.at < _start(actor.today))
    if closed is not None:
        query = query.where(AccessLog.at >= _start(closed + timedelta(days=1)))
    days = sorted({look.at.date() for look in query})
    noted = [Pending("close", ACCESS_DAY, _number(day), 0, _day_facts(day)) for day in days]
    audit.append(actor, noted)
    return len(noted)


def _start(day: date) -> datetime:
    return datetime.combine(day, time.min)


def _number(day: date) -> int:
    return int(f"{day:%Y%m%d}")


def _day_facts(day: date) -> dict[str, Any]:
    """Return how many looks a day holds and their digest."""
    digest, count = hashlib.sha256(), 0
    query = AccessLog.select().where(
        AccessLog.at >= _start(day), AccessLog.at < _start(day + timedelta(days=1))
    )
    for look in query.order_by(AccessLog.id).iterator():
        values = [str(getattr(look, name)) for name in sorted(AccessLog._meta.fields)]
        digest.update(audit.canonical(values).encode())
        count += 1
    return {"day": day.isoformat(), "looks": count, "digest": digest.hexdigest()}


def _closed() -> dict[date, dict[str, Any]]:
    query = AuditEntry.select().where(
        AuditEntry.register == ACCESS_DAY, AuditEntry.payload.is_null(False)
    )
    found = [json.loads(str(entry.payload)) for entry in query]
    return {date.fromisoformat(facts["day"]): facts for facts in found}


def _access_days() -> tuple[int, tuple[date, ...], int]:
    """Return looks checked, the days that do not agree, and how many looks no day closes."""
    closed = _closed()
    wrong = tuple(day for day, facts in sorted(closed.items()) if _day_facts(day) != facts)
    looks = sum(facts["looks"] for facts in closed.values())
    last = max(closed, default=None)
    query = AccessLog.select()
    if last is not None:
        query = query.where(AccessLog.at >= _start(last + timedelta(days=1)))
    return looks, wrong, query.count()
