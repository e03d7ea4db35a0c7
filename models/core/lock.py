"""What may still be written of a record, asked of the record as it stands before the write.

A closed semester and a reviewed file take nothing more; after the days a teacher may edit an own
act, neither does it. One thing is left: what a record begun in time declares as its finishing (a
loan is returned, an enquiry answered), and only until it is finished. A line, a photo and a
correction stand and fall with the record they belong to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from models.core import calendar
from models.core.actor import SYSTEM, Actor
from models.core.errors import Locked
from models.core.gates import every_row, rows
from models.core.history import LATE_REASON
from models.core.register import Register, find, line_registers, parent_register
from models.core.rights import Decision, is_in_time, is_own_act, left_to_finish, may, may_on
from models.core.rules import day_of


@dataclass(frozen=True)
class Limit:
    """The only names that may still be written of a record, and why no others.

    Names are fields, kinds of evidence and registers of new lines (see `Register.finishing`).
    `shut` tells a closed semester and a reviewed file from the days of an own act.
    """

    names: frozenset[str]
    reason: str
    shut: bool

    def refuse(self, register: Register, names: Iterable[str]) -> None:
        """Raise Locked where one of the names is not among those left."""
        if set(names) <= self.names:
            return
        told = self.reason
        if self.names:
            told = f"{told}；还可以补填：{named(register, self.names)}"
        raise Locked(told)

    def of_line(self, register: Register, line: Any) -> Limit:
        """Return the limit of a line of the record, as the line stands."""
        return Limit(left_to_finish(register, line), self.reason, self.shut)


@dataclass
class Lock:
    """The limits of one piece of work, each record's as it stood when it was first asked about.

    `actor` acts; what is read of a record above another is kept, so that many lines of one record
    cost one look.
    """

    actor: Actor
    _limits: dict[tuple[str, int], Limit | None] = field(default_factory=dict)
    _above: dict[tuple[str, int], Any] = field(default_factory=dict)

    def know(self, records: Mapping[tuple[str, int], Any]) -> None:
        """Take in records (by slug and number) read already."""
        self._above.update(records)

    def limit(self, register: Register, record: Any) -> Limit | None:
        """Return what limits the writing of a record on file, None where nothing does."""
        key = register.slug, record.id
        if key not in self._limits:
            self._limits[key] = self._limit(register, record)
        return self._limits[key]

    def is_new(self, register: Register, record: Any) -> None:
        """Note that a record was begun in this very work: what follows belongs to its beginning."""
        self._limits[register.slug, record.id] = None

    def _limit(self, register: Register, record: Any) -> Limit | None:
        left = left_to_finish(register, record)
        shut = shut_with(register, record)
        if shut is not None:
            return Limit(left if not is_final(register, record) else frozenset(), shut, shut=True)
        above = self._home(register, record)
        limit = self.limit(*above) if above is not None else None
        if limit is not None and (limit.shut or register.parent):
            return limit.of_line(register, record)
        if not register.parent and not is_in_time(self.actor, register, record):
            days = f"登记满 {self.actor.edit_days} 天后不能修改，可以补一条更正说明"
            return Limit(left, days, shut=False)
        return None

    def _home(self, register: Register, record: Any) -> tuple[Register, Any] | None:
        """Return the record a line, a photo or a correction belongs to, with its register."""
        parent = parent_register(register)
        if parent is not None:
            number = record.__data__.get(register.parent)
        elif register.attached:
            parent, number = find(record.register), record.record_id
        if parent is None or not number or number < 0:
            return None
        key = parent.slug, number
        if key not in self._above:
            found = rows(SYSTEM, parent, deleted=None).where(parent.model.id == number).first()
            self._above[key] = found
        above = self._above[key]
        return None if above is None else (parent, above)

    def demand_open(self, register: Register, record: Any) -> None:
        """Raise Locked where the record is shut: nothing deleted there comes or goes."""
        limit = self.limit(register, record)
        if limit is not None and limit.shut:
            raise Locked(limit.reason)

    def demand_place(self, register: Register, record: Any) -> None:
        """Raise Locked where what a new line, photo or correction belongs to takes it no more.

        Corrections are what is written after the days are over; a closed semester takes none.
        """
        above = self._home(register, record)
        limit = self.limit(*above) if above is not None else None
        if above is None or limit is None:
            return
        is_evidence = "evidence" in register.fields
        if limit.shut or is_evidence:
            limit.refuse(above[0], {record.evidence if is_evidence else register.slug})


def named(register: Register, names: Iterable[str]) -> str:
    """Return the Chinese names of what is left to finish, in the order of the declaration."""
    lines = {line.slug: line.title for line in line_registers(register)}
    labels = {name: spec.label for name, spec in register.fields.items()}
    said = {**labels, **register.evidence, **lines}
    return "、".join(said[name] for name in register.finishing if name in names)


def closed_with(register: Register, record: Any) -> str | None:
    """Return the title of what makes the record read-only: itself, or its semester; else None."""
    if is_final(register, record):
        return f"这条{register.title}"
    return _closed_semester(register, record)


def shut_with(register: Register, record: Any) -> str | None:
    """Return the sentence that refuses a write to a final record or one of a closed semester."""
    if is_final(register, record):
        return f"这条{register.title}审核后已经封存，不能再改也不能删；有误的请另登记一条说明"
    closed = _closed_semester(register, record)
    if closed is None:
        return None
    return f"{closed}已经审核封存，不能再改；确需修改请领导小组重新开放"


def is_final(register: Register, record: Any) -> bool:
    """Return whether the field that ends all changes of a record is filled in."""
    return bool(register.final) and getattr(record, register.final) is not None


def demand_day(register: Register, record: Any) -> None:
    """Raise Locked where a record begins in, or moves into, a closed semester."""
    if _closed_semester(register, record) is not None:
        raise Locked(shut_with(register, record))


def _closed_semester(register: Register, record: Any) -> str | None:
    if not register.happened or not register.locks:
        return None
    moment = getattr(record, register.happened)
    return None if moment is None else calendar.closed_semester_on(day_of(moment))


def decide(actor: Actor, verb: str, register: Register, record: Any) -> Decision:
    """Decide `verb` on one record within the actor's rows, lines that wait to be finished included.

    Asks `may_on` first, and one query more only where that ends with the days of an own act.
    """
    decided = may_on(actor, verb, register, record)
    if decided or verb != "edit" or not may(actor, verb, register):
        return decided
    if is_own_act(actor, register, record) and has_open_lines(register, record):
        return Decision(True, "还有没办结的，可以继续填写")
    return decided


def has_open_lines(register: Register, record: Any) -> bool:
    """Return whether a line of the record waits to be finished."""
    for lines in line_registers(register):
        if not lines.open_until:
            continue
        model = lines.model
        waiting = every_row(lines).where(
            getattr(model, lines.parent) == record.id,
            getattr(model, lines.open_until).is_null(True),
        )
        if any(left_to_finish(lines, line) for line in waiting):
            return True
    return False


def changed_names(register: Register, changes: Iterable[str]) -> set[str]:
    """Return the names a person changed: what is worked out from others follows by itself."""
    return {
        name for name in changes if name == LATE_REASON or register.fields[name].computed is None
    }
