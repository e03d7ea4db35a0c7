"""Who did what: the hash chain of changes, and the plain log of looks.

Each `AuditEntry` holds a salted digest of its payload; the chain runs over digests, so a payload
can be erased by a recorded decision without breaking it. The chain's head is one row, locked while
a transaction appends. Looks (views, reveals, prints, exports) go to `AccessLog`, outside the chain.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections import deque
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from peewee import AutoField, CharField, DateTimeField, IntegerField, TextField, chunked

from models.core import installation
from models.core.actor import Actor
from models.core.database import Base, database, insert_all
from models.core.errors import NotNow

GENESIS = "0" * 64
# A clock that is set right by a little is nobody's doing.
CLOCK_SLACK = timedelta(minutes=1)

# What a link of the chain covers besides the link before it; the payload only by its digest.
_COVERED = (
    "id",
    "at",
    "user_id",
    "who",
    "origin",
    "action",
    "register",
    "record_id",
    "version",
    "batch",
    "digest",
)


class AuditEntry(Base):
    """One change of one record; `payload` is canonical JSON, secrets masked.

    `hat` is the role in which it was done: one person may hold several, each by an account of its
    own. Entries from before it was noted have none.
    """

    id = IntegerField(primary_key=True)
    at = DateTimeField(index=True)
    user_id = IntegerField(null=True)
    who = CharField()
    hat = CharField(null=True)
    origin = CharField()
    action = CharField()
    register = CharField()
    record_id = IntegerField()
    version = IntegerField(default=0)
    batch = IntegerField(null=True, index=True)
    payload = TextField(null=True)
    salt = CharField()
    digest = CharField()
    previous = CharField()
    hash = CharField()

    class Meta:
        table_name = "audit_entry"
        indexes = ((("register", "record_id"), False),)


class AuditHead(Base):
    """The chain's head: how many entries, the last hash, both signed by this installation. One row.

    `doubt` is the number of entries at which a head without the right signature was last met: it
    had been rewritten behind the service.
    """

    id = IntegerField(primary_key=True)
    entries = IntegerField()
    hash = CharField()
    doubt = IntegerField(null=True)
    signature = CharField(null=True)

    class Meta:
        table_name = "audit_head"


class AccessLog(Base):
    """One look at personal data: who, what, when, why."""

    id = AutoField()
    at = DateTimeField(index=True)
    user_id = IntegerField(null=True, index=True)
    who = CharField()
    role = CharField()
    origin = CharField()
    action = CharField()
    register = CharField()
    record_id = IntegerField(null=True)
    detail = CharField(max_length=400, default="")

    class Meta:
        table_name = "access_log"


@dataclass(frozen=True)
class Pending:
    """A change waiting to be appended when its transaction ends."""

    action: str
    register: str
    record_id: int
    version: int
    payload: dict[str, Any]
    batch: int | None = None


def canonical(value: Any) -> str:
    """Return the canonical JSON text of plain data: sorted keys, no blanks, dates in ISO form."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def _digest(payload: str, salt: str) -> str:
    return hashlib.sha256(f"{salt}{payload}".encode()).hexdigest()


def _link(previous: str, entry: dict[str, Any]) -> str:
    covered = [entry[name] for name in _COVERED]
    # Links from before roles were noted stay what they were; nobody can take a noted one away.
    covered += [entry["hat"]] if entry["hat"] else []
    text = canonical([previous, *map(str, covered)])
    return hashlib.sha256(text.encode()).hexdigest()


def append(actor: Actor, pending: Sequence[Pending]) -> None:
    """Append the changes of one transaction to the chain; must run inside that transaction."""
    if not pending:
        return
    head = _locked_head()
    entries = []
    number, previous = head.entries, head.hash
    for change in pending:
        number += 1
        payload, salt = canonical(change.payload), secrets.token_hex(8)
        entry: dict[str, Any] = {
            "id": number,
            "at": actor.now,
            "user_id": actor.user_id,
            "who": actor.name,
            "hat": actor.hat,
            "origin": actor.origin,
            "action": change.action,
            "register": change.register,
            "record_id": change.record_id,
            "version": change.version,
            "batch": change.batch,
            "payload": payload,
            "salt": salt,
            "digest": _digest(payload, salt),
            "previous": previous,
        }
        previous = entry["hash"] = _link(previous, entry)
        entries.append(entry)
    insert_all(AuditEntry, entries)
    _sign_head(number, previous, head.doubt if is_signed(head) else head.entries)


def _sign_head(entries: int, hash_: str, doubt: int | None) -> None:
    signature = _signature(entries, hash_, doubt)
    signed = AuditHead.update(entries=entries, hash=hash_, doubt=doubt, signature=signature)
    signed.where(AuditHead.id == 1).execute()


def _signature(entries: int, hash_: str, doubt: int | None) -> str:
    return installation.sign("audit head", canonical([entries, hash_, doubt]))


def is_signed(found: Any) -> bool:
    """Return whether this installation signed the head as it stands."""
    right = _signature(found.entries, found.hash, found.doubt)
    return hmac.compare_digest(found.signature or "", right)


def begin_chain(*, upgraded: bool = False) -> None:
    """Make the head of an empty chain, or sign that of a database from before signatures."""
    found = AuditHead.get_or_none(AuditHead.id == 1)
    if found is None:
        # Beside entries a new head has no signature: somebody took the old one away.
        found = AuditHead.create(id=1, entries=0, hash=GENESIS)
        upgraded = not AuditEntry.select().exists()
    if upgraded:
        _sign_head(found.entries, found.hash, None)


def _locked_head() -> Any:
    query = AuditHead.select().where(AuditHead.id == 1)
    if database.for_update:
        query = query.for_update()
    head = query.first()
    if head is None:
        head = AuditHead.create(id=1, entries=0, hash=GENESIS)
    return head


def head() -> tuple[int, str]:
    """Return the number of entries and the head hash, for printing on bundles and sheets."""
    found = AuditHead.get_or_none(AuditHead.id == 1)
    return (found.entries, found.hash) if found else (0, GENESIS)


@dataclass(frozen=True)
class ChainReport:
    """The result of checking the chain; `broken_at` is the first bad entry's number or None.

    `backwards` are the entries whose time lies before that of the one before: the clock was set
    back; it is told, and breaks nothing. `erased` are the entries whose payload was taken out,
    `lost` the heads noted elsewhere that are not in the chain, `doubt` the entry at which a head
    without the right signature was met.
    """

    entries: int
    hash: str
    broken_at: int | None
    anchor_found: bool | None = None
    erased: tuple[int, ...] = ()
    lost: tuple[str, ...] = ()
    doubt: int | None = None
    backwards: tuple[int, ...] = ()

    @property
    def intact(self) -> bool:
        """Whether the chain holds, is signed, and every head asked for or noted is in it."""
        whole = self.broken_at is None and self.doubt is None and not self.lost
        return whole and self.anchor_found is not False


def verify(anchor: str | None = None, noted: Iterable[str] = ()) -> ChainReport:
    """Walk the whole chain and return what was found.

    `anchor` is a head hash printed earlier, `noted` are those kept with packages, draws and closed
    semesters; each must be one of the chain's links.
    """
    previous, count, seen = GENESIS, 0, anchor == GENESIS
    lost, erased = {head for head in noted if head} - {GENESIS}, []
    latest: datetime | None = None
    backwards: list[int] = []
    for entry in AuditEntry.select().order_by(AuditEntry.id).iterator():
        count += 1
        if not _entry_holds(entry, previous, count):
            return ChainReport(count, previous, entry.id, seen if anchor else None)
        if entry.payload is None:
            erased.append(entry.id)
        if latest is not None and latest - entry.at > CLOCK_SLACK:
            backwards.append(entry.id)
        latest = entry.at
        previous = entry.hash
        lost.discard(previous)
        seen = seen or previous == anchor
    entries, stored = head()
    broken = None if (entries, stored) == (count, previous) else count + 1
    found = seen if anchor else None
    return ChainReport(
        count,
        previous,
        broken,
        found,
        tuple(erased),
        tuple(sorted(lost)),
        _doubt(count),
        tuple(backwards),
    )


def _doubt(count: int) -> int | None:
    found = AuditHead.get_or_none(AuditHead.id == 1)
    if found is None or not is_signed(found):
        return count
    doubt: int | None = found.doubt
    return doubt


def _entry_holds(entry: Any, previous: str, number: int) -> bool:
    if entry.id != number or entry.previous != previous:
        return False
    erased = entry.payload is None
    if not erased and _digest(entry.payload, entry.salt) != entry.digest:
        return False
    data = {name: getattr(entry, name) for name in AuditEntry._meta.fields}
    return bool(_link(previous, data) == entry.hash)


MOST_UNWRITTEN = 200
_unwritten: deque[dict[str, Any]] = deque()
_noted: ContextVar[bool] = ContextVar("noted", default=False)


def new_look() -> None:
    """Begin a request: nothing was noted of it yet."""
    _noted.set(False)


def looks_noted() -> bool:
    """Return whether a look was noted since the request began."""
    return _noted.get()


def log_access(
    actor: Actor, action: str, register: str, record_id: int | None = None, detail: str = ""
) -> None:
    """Note that the actor looked at something (view, reveal, print, export, list).

    While nothing can be written looks wait in memory for the next one that can. Beyond so many that
    a death of the process would lose a whole visit, nobody looks any more: NotNow.
    """
    look = {
        "at": actor.now,
        "user_id": actor.user_id,
        "who": actor.name,
        "role": actor.role,
        "origin": actor.origin,
        "action": action,
        "register": register,
        "record_id": record_id,
        "detail": detail[:400],
    }
    try:
        AccessLog.insert(**look).execute()
    except NotNow:
        if len(_unwritten) >= MOST_UNWRITTEN:
            raise
        _unwritten.append(look)
    else:
        _write_waiting_looks()
    _noted.set(True)


def _write_waiting_looks() -> None:
    while _unwritten:
        try:
            look = _unwritten.popleft()
        except IndexError:  # Another thread writes them.
            return
        try:
            AccessLog.insert(**look).execute()
        except NotNow:
            _unwritten.appendleft(look)
            return


def entries_of(register: str, record_id: int) -> list[Any]:
    """Return the changes of one record, newest first; callers show them through the surface."""
    return list(
        AuditEntry.select()
        .where(AuditEntry.register == register, AuditEntry.record_id == record_id)
        .order_by(AuditEntry.id.desc())
        .limit(200)
    )


def changed_since(register: str, record_id: int, version: int) -> set[str]:
    """Return the names of the fields others changed after `version`."""
    names: set[str] = set()
    later = AuditEntry.select(AuditEntry.payload).where(
        AuditEntry.register == register,
        AuditEntry.record_id == record_id,
        AuditEntry.version > version,
    )
    for entry in later:
        names |= set(json.loads(entry.payload or "{}").get("changes", {}))
    return names


def set_since(register: str, record_ids: Sequence[int], name: str, since: datetime) -> set[int]:
    """Return those of the records whose field `name` was written after `since`.

    A change whose payload was erased proves nothing and is not among them.
    """
    found: set[int] = set()
    for ids in chunked(record_ids, 500):
        later = AuditEntry.select(AuditEntry.record_id, AuditEntry.payload).where(
            AuditEntry.register == register,
            AuditEntry.record_id.in_(ids),
            AuditEntry.at > since,
        )
        for entry in later:
            if name in json.loads(entry.payload or "{}").get("changes", {}):
                found.add(entry.record_id)
    return found


def last_change(register: str, record_id: int, names: frozenset[str]) -> datetime | None:
    """Return when one of the named fields of a record was set last, None when never.

    A change whose payload was erased may have been one of them.
    """
    entries = AuditEntry.select(AuditEntry.at, AuditEntry.payload).where(
        AuditEntry.register == register, AuditEntry.record_id == record_id
    )
    for entry in entries.order_by(AuditEntry.id.desc()):
        payload = json.loads(entry.payload) if entry.payload is not None else None
        if payload is None or names & set(payload.get("changes", {})):
            moment: datetime = entry.at
            return moment
    return None
