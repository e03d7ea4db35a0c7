"""The one write path: every form, import, job and command saves, deletes and restores here.

One transaction validates, compares versions, writes only dirty fields, appends to the audit
chain, refreshes the search text and leaves a touch for compliance.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

import peewee

from models.core import (
    audit,
    batches,
    calendar,
    masking,
    receipts,
    row_marks,
    sealing,
    search_text,
    validation,
)
from models.core.actor import Actor
from models.core.database import insert_all, is_unique_violation, transaction, writing
from models.core.errors import Conflict, Denied, InUse, Invalid, Locked, NotFound
from models.core.gates import every_row, row, rows
from models.core.history import LATE_REASON, snapshot, written_changes
from models.core.lock import Limit, Lock, changed_names, decide, demand_day
from models.core.register import Register, dependents_of, line_registers, register_of
from models.core.rights import may
from models.core.touches import DateMove, Touch

# More dependents than this are shown as "at least".
DEPENDENTS_CAP = 1000


@dataclass(frozen=True)
class LineInput:
    """One posted line: a new one has no id; `remove` takes an existing one away."""

    values: Mapping[str, Any]
    id: int | None = None
    version: int | None = None
    remove: bool = False


Lines = Mapping[str, Sequence[LineInput]]


@dataclass
class Work:
    """One transaction's work: changes and touches gathered, written once at its end."""

    actor: Actor
    batch: int | None = None
    pending: list[audit.Pending] = field(default_factory=list)
    befores: list[dict[str, Any]] = field(default_factory=list)
    touches: list[dict[str, Any]] = field(default_factory=list)
    moves: list[dict[str, Any]] = field(default_factory=list)
    names: list[tuple[str, int]] = field(default_factory=list)
    marked: dict[str, tuple[int, str]] = field(default_factory=dict)
    moves_calendar: bool = False
    outcome: dict[str, Any] = field(default_factory=dict)
    ends: dict[Ending, list[Any]] = field(default_factory=dict)
    lock: Lock = field(init=False)

    def __post_init__(self) -> None:
        """Ask the lock of every record as it stood before this work."""
        self.lock = Lock(self.actor)

    def note(self, action: str, register: Register, record: Any, payload: dict[str, Any]) -> None:
        """Remember a change for the audit chain."""
        source = register.moves_calendar or masking.is_source(register)
        self.moves_calendar = self.moves_calendar or source
        if register.slug not in self.marked:
            self.marked[register.slug] = row_marks.named_fields(register)
        number, names = self.marked[register.slug]
        payload = {**payload, "row": [number, row_marks.mark(register, record, names)]}
        self.pending.append(
            audit.Pending(action, register.slug, record.id, record.version, payload, self.batch)
        )

    def touch(self, register: Register, before: dict[str, Any], after: dict[str, Any]) -> None:
        """Remember which records and dates a write touched, before and after.

        In a batch the state before is kept too, so that the batch can be undone.
        """
        if self.batch is not None and before and after:
            self.befores.append(batches.before_row(self.batch, register.slug, before))
        for watcher in _WATCHERS.get(register.slug, ()):
            watcher(self, before, after)
        # A photo points to its record by slug and number, not by a link.
        names = [spec.name for spec in register.links] + (
            ["record_id"] if "record_id" in register.fields else []
        )
        links = {name: sorted({v[name] for v in (before, after) if v.get(name)}) for name in names}
        if after:
            self.names += masking.names_written(register, before, after)
        days = [_day(v[register.happened]) for v in (before, after) if v.get(register.happened)]
        if len(set(days)) == 2:
            self.moves.append(
                {
                    "register": register.slug,
                    "record_id": after["id"],
                    "from_day": days[0],
                    "to_day": days[1],
                    "moved_on": self.actor.now.date(),
                }
            )
        self.touches.append(
            {
                "register": register.slug,
                "record_id": (after or before)["id"],
                "links": json.dumps(links),
                "first": min(days, default=None),
                "last": max(days, default=None),
            }
        )

    def at_end(self, ending: Ending, told: Any) -> None:
        """Have `ending` called once with all it was told, when everything else is written."""
        self.ends.setdefault(ending, []).append(told)

    def end(self) -> None:
        """Call the endings; what they write themselves calls none again."""
        for ending, told in list(self.ends.items()):
            ending(self, told)

    def flush(self) -> None:
        """Write what was gathered; runs inside the transaction."""
        audit.append(self.actor, self.pending)
        insert_all(Touch, self.touches)
        insert_all(DateMove, self.moves)
        batches.keep(self.befores)
        masking.note(self.names)
        self.pending, self.touches, self.moves, self.befores, self.names = [], [], [], [], []


Watcher = Callable[["Work", dict[str, Any], dict[str, Any]], None]
Ending = Callable[["Work", list[Any]], None]
_WATCHERS: dict[str, list[Watcher]] = {}
T = TypeVar("T")


def watches(register: Register) -> Callable[[Watcher], Watcher]:
    """Call the decorated function in the transaction of every write to a register.

    It gets the work and the record's values before and after, {} where there are none.
    """

    def keep(watcher: Watcher) -> Watcher:
        _WATCHERS.setdefault(register.slug, []).append(watcher)
        return watcher

    return keep


def _day(value: date | datetime | str) -> date:
    return value.date() if isinstance(value, datetime) else value  # type: ignore[return-value]


@contextmanager
def work(actor: Actor, batch: int | None = None, *, token: str = "") -> Iterator[Work]:
    """Hold one transaction; everything inside is written together or not at all.

    With the `token` of a post the `outcome` put on the work is kept with it, and AlreadyDone is
    raised when that post was done before.
    """
    current = Work(actor, batch)
    try:
        with transaction(), writing():
            receipts.demand_first(actor, token)
            # A name another process has just written is masked in what this one writes.
            calendar.refresh()
            yield current
            current.end()
            current.moves_calendar = current.moves_calendar or bool(current.names)
            if current.moves_calendar:
                calendar.move_stamp()
            current.flush()
            receipts.keep(actor, token, current.outcome)
    except peewee.IntegrityError as error:
        # Where writers do not wait for each other, both passed the first question.
        receipts.demand_first(actor, token)
        if is_unique_violation(error):
            raise Invalid({"": "已有一条相同的记录，请查找后修改那一条"}) from error
        raise Invalid({"": "这条记录与其他记录的关系不对，请核对后再保存"}) from error
    finally:
        # Also after a failure: what was read inside the transaction was never committed.
        if current.moves_calendar:
            calendar.forget()


class _Enough(Exception):
    """Ends a rehearsal: everything was written, and is now rolled back."""


def rehearsed(actor: Actor, write: Callable[[Work], T], kind: str = "") -> T:
    """Return what `write` makes of a work that is then rolled back; `kind` makes it a batch."""
    outcome: list[T] = []
    try:
        with work(actor) as current:
            if kind:
                current.batch = batches.open_batch(actor, kind, "预览").id
            outcome.append(write(current))
            raise _Enough
    except _Enough:
        pass
    return outcome[0]


def create(
    actor: Actor,
    register: Register,
    raw: Mapping[str, Any],
    lines: Lines | None = None,
    *,
    act: str | None = None,
    given: Mapping[str, Any] | None = None,
    current: Work | None = None,
) -> Any:
    """Save a new record and return it.

    `given` are values the product itself sets, read-only fields among them; never pass a post.
    Raises Denied without the right, Invalid with a message per field, Locked in a closed semester.
    """
    _demand(may(actor, "create", register))
    if current is None:
        with work(actor) as opened:
            return create(actor, register, raw, lines, act=act, given=given, current=opened)
    record = register.model(act=act, batch=current.batch)
    validation.fill(actor, register, record, raw)
    validation.give(register, record, given or {})
    current.lock.demand_place(register, record)
    validation.check(actor, register, record)
    record.entered_at = record.changed_at = actor.now
    record.entered_by = record.changed_by = actor.user_id
    search_text.refresh(register, record)
    record.save(force_insert=True)
    current.lock.is_new(register, record)
    sealed = sealing.seal_new(actor, register, record)
    changes = written_changes(register, {}, record)
    current.note("create", register, record, {"changes": changes, **sealed})
    current.touch(register, {}, snapshot(register, record))
    _save_lines(current, register, record, lines or {}, None)
    validation.check_whole(actor, register, record)
    return record


def update(
    actor: Actor,
    register: Register,
    record_id: Any,
    raw: Mapping[str, Any],
    version: int,
    lines: Lines | None = None,
    *,
    given: Mapping[str, Any] | None = None,
    current: Work | None = None,
) -> Any:
    """Change a record that stood at `version` when it was read, and return it.

    Only fields in `raw` and `given` (see `create`) are touched, only dirty ones written. Raises
    Conflict when somebody else saved meanwhile, Locked where the record as it stood takes no more
    or not this (see `lock`), and NotFound, Denied, Invalid.
    """
    if current is None:
        with work(actor) as opened:
            return update(
                actor, register, record_id, raw, version, lines, given=given, current=opened
            )
    record = _fetch(actor, "edit", register, record_id)
    sealing.unseal(actor, register, [record])
    before = snapshot(register, record)
    limit = current.lock.limit(register, record)
    if record.version != version:
        raise _conflict(register, record, raw, version)
    validation.fill(actor, register, record, raw)
    validation.give(register, record, given or {})
    changes = _save_changes(actor, current, register, record, before)
    if _save_lines(current, register, record, lines or {}, limit) and not changes:
        write_dirty(current, register, record, set())
        current.note("update", register, record, {"changes": {}, "lines": True})
    validation.check_whole(actor, register, record)
    return record


def _save_changes(
    actor: Actor, current: Work, register: Register, record: Any, before: dict[str, Any]
) -> dict[str, list[Any]]:
    """Check and write what differs from `before`, note it and leave a touch; return it."""
    changes = written_changes(register, before, record)
    if changes or sealing.is_changed(record):
        limit = current.lock.limit(register, record)
        if limit is not None:
            limit.refuse(register, changed_names(register, changes) | sealing.changed(record))
        if register.attached:
            current.lock.demand_place(register, record)
        validation.check(actor, register, record, before=before, limit=limit)
        sealed = sealing.seal(actor, register, record)
        written = set(changes) | (sealing.COLUMNS if sealed else set())
        write_dirty(current, register, record, written)
        current.note("update", register, record, {"changes": changes, **sealed})
        current.touch(register, before, snapshot(register, record))
    return changes


def write_new(current: Work, register: Register, record: Any) -> None:
    """Write a new unsealed record that was checked, or that follows from one that was."""
    record.entered_at = record.changed_at = current.actor.now
    record.entered_by = record.changed_by = current.actor.user_id
    search_text.refresh(register, record)
    record.save(force_insert=True)
    changes = written_changes(register, {}, record)
    current.note("create", register, record, {"changes": changes})
    current.touch(register, {}, snapshot(register, record))


def write_dirty(current: Work, register: Register, record: Any, names: set[str]) -> None:
    """Write the named fields and the bookkeeping that follows from them; bump the version."""
    if names - {"deleted_at", "deleted_by"}:
        search_text.refresh(register, record)
    expected = record.version
    record.version = expected + 1
    record.changed_at, record.changed_by = current.actor.now, current.actor.user_id
    kept = {"version", "changed_at", "changed_by", "search_open", "search_staff", "search_office"}
    if register.pinyin:
        kept |= {"pinyin_key", "pinyin_search"}
    model = register.model
    columns = {name: record.__data__.get(name) for name in names | kept}
    written = (
        model.update(columns).where(model.id == record.id, model.version == expected).execute()
    )
    if not written:
        raise Conflict(record, {})


def _conflict(register: Register, record: Any, raw: Mapping[str, Any], version: int) -> Conflict:
    changed = audit.changed_since(register.slug, record.id, version)
    theirs = {name: record.__data__.get(name) for name in changed if name in raw}
    return Conflict(record, theirs)


def _save_lines(
    current: Work, register: Register, record: Any, lines: Lines, limit: Limit | None
) -> bool:
    """Save the lines within the record's limit; an error's key names register, place and field."""
    touched = False
    for line_register in line_registers(register):
        for place, given in enumerate(lines.get(line_register.slug, ())):
            try:
                touched |= _save_line(current, line_register, record, given, limit)
            except Invalid as error:
                where = f"{line_register.slug}.{place}"
                raise Invalid({f"{where}.{k}": text for k, text in error.errors.items()}) from error
    return touched


def _save_line(
    current: Work, register: Register, parent: Any, given: LineInput, above: Limit | None
) -> bool:
    raw = {**given.values, register.parent: parent.id}
    if given.id is None:
        if given.remove or not any(str(v or "").strip() for v in given.values.values()):
            return False
        if above is not None:
            above.refuse(register_of(parent), {register.slug})
        record = register.model(batch=current.batch)
        _fill_line(current, register, record, raw)
        write_new(current, register, record)
        return True
    record = _line_of(register, parent, given.id)
    if given.remove:
        _demand(may(current.actor, "delete", register))
        if above is not None:
            raise Locked(above.reason)
        mark_deleted(current, register, record)
        return True
    before = snapshot(register, record)
    limit = above.of_line(register, record) if above is not None else None
    _fill_line(current, register, record, raw, before, limit)
    changes = written_changes(register, before, record)
    if not changes:
        return False
    if limit is not None:
        limit.refuse(register, changed_names(register, changes))
    if given.version != record.version:
        raise Conflict(parent, {})
    write_dirty(current, register, record, set(changes))
    current.note("update", register, record, {"changes": changes})
    current.touch(register, before, snapshot(register, record))
    return True


def _fill_line(
    current: Work,
    register: Register,
    record: Any,
    raw: Mapping[str, Any],
    before: dict[str, Any] | None = None,
    limit: Limit | None = None,
) -> None:
    validation.fill(current.actor, register, record, raw)
    validation.check(current.actor, register, record, before, limit=limit)


def _line_of(register: Register, parent: Any, line_id: int) -> Any:
    model = register.model
    column = getattr(model, register.parent)
    found = every_row(register).where(model.id == line_id, column == parent.id).first()
    if found is None:
        raise NotFound("这一行已被别人删除，请刷新后再改")
    return found


def delete(actor: Actor, register: Register, record_id: Any, *, current: Work | None = None) -> Any:
    """Move a record and its lines to the recycle bin and return it; InUse while others depend."""
    if current is None:
        with work(actor) as opened:
            return delete(actor, register, record_id, current=opened)
    record = _fetch(actor, "delete", register, record_id)
    current.lock.demand_open(register, record)
    standing = dependents(register, record.id)
    if standing:
        raise InUse(standing)
    for line_register in line_registers(register):
        column = getattr(line_register.model, line_register.parent)
        for line in every_row(line_register).where(column == record.id):
            mark_deleted(current, line_register, line)
    mark_deleted(current, register, record)
    return record


def mark_deleted(current: Work, register: Register, record: Any) -> None:
    """Soft-delete one record that may be deleted; for the service and for undoing a batch."""
    before = snapshot(register, record)
    record.deleted_at, record.deleted_by = current.actor.now, current.actor.user_id
    write_dirty(current, register, record, {"deleted_at", "deleted_by"})
    current.note("delete", register, record, {"changes": {}})
    current.touch(register, before, {})


def put_back(current: Work, register: Register, record: Any, values: Mapping[str, Any]) -> None:
    """Set a record back to earlier declared values (plain JSON data), for undoing a batch.

    Raises Invalid or Locked, before anything is written, where they do not fit any more.
    """
    before = snapshot(register, record)
    current.lock.demand_open(register, record)
    for name, spec in register.fields.items():
        value = values.get(name)
        setattr(record, name, value if value is None else spec.field.python_value(value))
    record.late_reason = values.get(LATE_REASON)
    changes = written_changes(register, before, record)
    demand_day(register, record)
    validation.check_restored(current.actor, register, record)
    write_dirty(current, register, record, set(changes))
    current.note("undo", register, record, {"changes": changes})
    current.touch(register, before, snapshot(register, record))


def dependents(register: Register, record_id: int) -> dict[str, int]:
    """Return how many living records of which register (by title) point at the record."""
    standing: dict[str, int] = {}
    for other, spec in dependents_of(register):
        column = getattr(other.model, spec.name)
        query = every_row(other).select(other.model.id).where(column == record_id)
        count = query.limit(DEPENDENTS_CAP).count()
        if count:
            standing[other.title] = standing.get(other.title, 0) + count
    return standing


def restore(
    actor: Actor, register: Register, record_id: Any, *, current: Work | None = None
) -> Any:
    """Bring a record and the lines deleted with it back from the recycle bin.

    Raises Invalid where what it points to lies there still, or its place is taken meanwhile.
    """
    _demand(may(actor, "restore", register))
    if current is None:
        with work(actor) as opened:
            return restore(actor, register, record_id, current=opened)
    record = row(actor, register, record_id, deleted=True)
    if record is None:
        raise NotFound("回收站里没有这条记录")
    current.lock.demand_open(register, record)
    sealing.unseal(actor, register, [record])
    parts = [(register, record)]
    for line_register in line_registers(register):
        model = line_register.model
        column = getattr(model, line_register.parent)
        lines = rows(actor, line_register, deleted=True)
        lines = lines.where(column == record.id, model.deleted_at == record.deleted_at)
        parts += [(line_register, line) for line in lines]
    for part_register, part in parts:
        validation.check_restored(actor, part_register, part)
    for part_register, part in parts:
        _mark_restored(current, part_register, part)
    return record


def _mark_restored(current: Work, register: Register, record: Any) -> None:
    record.deleted_at = record.deleted_by = None
    write_dirty(current, register, record, {"deleted_at", "deleted_by"})
    current.note("restore", register, record, {"changes": {}})
    current.touch(register, {}, snapshot(register, record))


def _fetch(actor: Actor, verb: str, register: Register, record_id: Any) -> Any:
    _demand(may(actor, verb, register))
    record = row(actor, register, record_id)
    if record is None:
        raise NotFound
    _demand(decide(actor, verb, register, record))
    return record


def _demand(decision: Any) -> None:
    if not decision:
        raise Denied(f"{decision.reason}，不能办理这一步")
