"""Many records at once through the one write path: prepared outside the transaction, written in it.

What costs time, which is reading, checking and the search text, is done before the write lock is
taken. Inside, the chain's head tells whether anybody wrote meanwhile; only then all is checked
again. Imports and roll-calls use it; the checks, the audit and the touches are the service's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from peewee import fn

from models.core import audit, search_text, validation
from models.core.actor import SYSTEM, Actor
from models.core.database import database, insert_all
from models.core.errors import Conflict, Denied, Invalid, Locked, NotFound, RecordsError
from models.core.gates import every_row, rows
from models.core.history import snapshot, written_changes
from models.core.known import Known
from models.core.lock import Limit, Lock, changed_names
from models.core.lookups import chunks, look_up
from models.core.register import Register, parent_register
from models.core.rights import may
from models.core.service import Work, write_dirty


@dataclass(eq=False)
class Draft:
    """One record ready to be written; `number` is negative until it has one of its own.

    `before` is None for a new record; `limit` is what may still be written of one on file.
    """

    register: Register
    record: Any
    number: int
    before: dict[str, Any] | None = None
    changes: dict[str, list[Any]] = field(default_factory=dict)
    limit: Limit | None = None


class Refused(RecordsError):
    """Some drafts cannot be written after all; `errors` maps each to what is wrong with it."""

    def __init__(self, errors: Mapping[Draft, RecordsError]) -> None:
        super().__init__("；".join(dict.fromkeys(str(error) for error in errors.values())))
        self.errors = dict(errors)


class Drafts:
    """The records of one piece of bulk work, in the order they are written."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.known = Known()
        self.lock = Lock(actor)
        self.drafts: list[Draft] = []
        self._head = audit.head()
        self._last = 0
        self._ids: dict[int, int] = {}

    def new(
        self,
        register: Register,
        raws: Sequence[Mapping[str, Any]],
        given: Mapping[str, Any] | None = None,
    ) -> list[Draft | RecordsError]:
        """Prepare new records and return, per raw values, the draft or why it is refused.

        A link may hold another draft's negative number. Raises Denied without the right.
        """
        _demand(self.actor, "create", register)
        filled: list[tuple[Any, RecordsError | None]] = []
        for raw in raws:
            record = register.model()
            try:
                fill(self.actor, register, record, raw)
                validation.give(register, record, given or {})
                filled.append((record, None))
            except RecordsError as error:
                filled.append((record, error))
        look_up(self.actor, register, [r for r, error in filled if error is None], self.known)
        return [error or self._check_new(register, record) for record, error in filled]

    def _check_new(self, register: Register, record: Any) -> Draft | RecordsError:
        try:
            self.lock.demand_place(register, record)
            validation.check(self.actor, register, record, known=self.known)
        except (Invalid, Locked) as error:
            return error
        self._last -= 1
        draft = Draft(register, record, self._last, changes=written_changes(register, {}, record))
        record.entered_at = record.changed_at = self.actor.now
        record.entered_by = record.changed_by = self.actor.user_id
        search_text.refresh(register, record)
        return self._keep(draft)

    def changed(
        self, register: Register, wanted: Sequence[tuple[Any, Mapping[str, Any]]]
    ) -> list[Draft | RecordsError | None]:
        """Prepare changes of (record, raw values); None where nothing differs from the record."""
        _demand(self.actor, "edit", register)
        if wanted:
            self.known.moving.add(register.slug)
        filled: list[tuple[Any, dict[str, Any], RecordsError | None]] = []
        for record, raw in wanted:
            before = snapshot(register, record)
            self.lock.limit(register, record)
            try:
                fill(self.actor, register, record, raw)
                filled.append((record, before, None))
            except RecordsError as error:
                filled.append((record, before, error))
        look_up(self.actor, register, [r for r, _b, error in filled if error is None], self.known)
        return [
            error or self._check_changed(register, record, before)
            for record, before, error in filled
        ]

    def _check_changed(
        self, register: Register, record: Any, before: dict[str, Any]
    ) -> Draft | RecordsError | None:
        changes = written_changes(register, before, record)
        if not changes:
            return None
        limit = self.lock.limit(register, record)
        try:
            if limit is not None:
                limit.refuse(register, changed_names(register, changes))
            validation.check(
                self.actor, register, record, before=before, known=self.known, limit=limit
            )
        except (Invalid, Locked) as error:
            return error
        return self._keep(Draft(register, record, record.id, before, changes, limit))

    def _keep(self, draft: Draft) -> Draft:
        self.known.take(draft.register, draft.record.__data__, draft.number)
        self.drafts.append(draft)
        return draft

    def drop(self, draft: Draft) -> None:
        """Take a draft out again."""
        self.drafts.remove(draft)

    def write(self, current: Work) -> None:
        """Write every draft inside the transaction of `current`; Refused names those that fail."""
        if audit.head() != self._head:
            self._check_again()
        parents = self._parents_on_file()
        for (register, is_new), group in groupby(
            self.drafts, key=lambda draft: (draft.register, draft.before is None)
        ):
            drafts = list(group)
            if is_new:
                _insert(current, register, drafts, self._ids)
            else:
                _update(current, register, drafts, self._ids)
        self._bump_parents(current, parents)
        self._check_looking_around()

    def number_of(self, draft: Draft) -> int:
        """Return the number a written draft's record has."""
        return self._ids.get(draft.number, draft.number)

    def _parents_on_file(self) -> dict[tuple[Register, int], list[Draft]]:
        """Return the records on file that lines are written to and that are not written anyway."""
        written = {(draft.register, draft.number) for draft in self.drafts}
        parents: dict[tuple[Register, int], list[Draft]] = {}
        for draft in self.drafts:
            parent = parent_register(draft.register)
            if parent is None:
                continue
            number = draft.record.__data__[draft.register.parent]
            if number > 0 and (parent, number) not in written:
                parents.setdefault((parent, number), []).append(draft)
        return parents

    def _bump_parents(
        self, current: Work, parents: Mapping[tuple[Register, int], list[Draft]]
    ) -> None:
        """Move the version of each record whose lines change, where it takes them still."""
        errors: dict[Draft, RecordsError] = {}
        for (register, number), drafts in parents.items():
            record = every_row(register).where(register.model.id == number).first()
            try:
                if record is None:
                    raise NotFound
                limit = current.lock.limit(register, record)
                if limit is not None and any(draft.limit is None for draft in drafts):
                    limit.refuse(register, {drafts[0].register.slug})
            except (NotFound, Locked) as error:
                errors |= dict.fromkeys(drafts, error)
                continue
            write_dirty(current, register, record, set())
            current.note("update", register, record, {"changes": {}, "lines": True})
        if errors:
            raise Refused(errors)

    def _check_again(self) -> None:
        """Somebody wrote since the drafts were made: look everything up afresh and check again."""
        self.known = Known(moving=self.known.moving)
        self.lock = Lock(self.actor)
        errors: dict[Draft, RecordsError] = {}
        for register, group in _by_register(self.drafts):
            look_up(self.actor, register, [draft.record for draft in group], self.known)
            for draft in group:
                try:
                    self._check_stored(draft)
                    validation.check(
                        self.actor,
                        register,
                        draft.record,
                        draft.before,
                        known=self.known,
                        limit=draft.limit,
                    )
                    search_text.refresh(register, draft.record)
                except (Invalid, Locked, Conflict) as error:
                    errors[draft] = error
                self.known.take(register, draft.record.__data__, draft.number)
        if errors:
            raise Refused(errors)

    def _check_stored(self, draft: Draft) -> None:
        """Raise Conflict when the stored record is no longer the one read, Locked if shut since."""
        if draft.before is None:
            self.lock.demand_place(draft.register, draft.record)
            return
        query = every_row(draft.register).where(draft.register.model.id == draft.record.id)
        stored = query.first()
        if stored is None or stored.version != draft.record.version:
            raise Conflict(draft.record, {})
        draft.limit = self.lock.limit(draft.register, stored)
        if draft.limit is not None:
            draft.limit.refuse(draft.register, changed_names(draft.register, draft.changes))

    def _check_looking_around(self) -> None:
        """Ask again the rules that read other records: now all rows of this work stand there."""
        errors: dict[Draft, RecordsError] = {}
        for register, group in _by_register(self.drafts):
            for draft in group:
                try:
                    _check_rules(self.actor, register, draft, self.known.looking)
                except Invalid as error:
                    errors[draft] = error
        if errors:
            raise Refused(errors)


def fill(actor: Actor, register: Register, record: Any, raw: Mapping[str, Any]) -> None:
    """Set raw values on the record, the links to drafts by their negative numbers."""
    waiting = {
        spec.name: raw[spec.name]
        for spec in register.links
        if isinstance(raw.get(spec.name), int) and raw[spec.name] < 0
    }
    validation.fill(actor, register, record, {k: v for k, v in raw.items() if k not in waiting})
    for name, number in waiting.items():
        setattr(record, name, number)


def _by_register(drafts: Sequence[Draft]) -> list[tuple[Register, list[Draft]]]:
    return [(r, list(group)) for r, group in groupby(drafts, key=lambda draft: draft.register)]


def _check_rules(actor: Actor, register: Register, draft: Draft, looking: set[Any]) -> None:
    errors: dict[str, str] = {}
    for rule in register.rules:
        if rule in looking:
            for name, message in rule(draft.record, actor):
                errors.setdefault(name, message)
    if errors:
        raise Invalid(errors)
    validation.check_whole(actor, register, draft.record)


def _insert(current: Work, register: Register, drafts: list[Draft], ids: dict[int, int]) -> None:
    for draft in drafts:
        _settle_links(draft, ids)
        draft.record.batch = current.batch
    numbers = insert_rows(register, [draft.record.__data__ for draft in drafts])
    for draft, number in zip(drafts, numbers, strict=True):
        draft.record.id = ids[draft.number] = number
        current.note("create", register, draft.record, {"changes": draft.changes})
        current.touch(register, {}, snapshot(register, draft.record))


def _settle_links(draft: Draft, ids: Mapping[int, int]) -> None:
    """Put the real numbers where the draft points to others of the same work."""
    for spec in draft.register.links:
        number = draft.record.__data__.get(spec.name)
        if number is not None and number < 0:
            draft.record.__data__[spec.name] = ids[number]
            draft.changes[spec.name] = [None, ids[number]]


def _update(current: Work, register: Register, drafts: list[Draft], ids: dict[int, int]) -> None:
    for draft in drafts:
        _settle_links(draft, ids)
        assert draft.before is not None
        write_dirty(current, register, draft.record, set(draft.changes))
        current.note("update", register, draft.record, {"changes": draft.changes})
        current.touch(register, draft.before, snapshot(register, draft.record))


def insert_rows(register: Register, data: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert complete rows and return their numbers, in order; inside a transaction only."""
    model = register.model
    if database.for_update:
        names = [name for name in model._meta.fields if name != "id"]
        return [
            number
            for part in chunks([{n: row.get(n) for n in names} for row in data])
            for (number,) in model.insert_many(part).returning(model.id).tuples().execute()
        ]
    # While SQLite's transaction stands nobody else writes, so the next numbers are ours.
    last = rows(SYSTEM, register, deleted=None).select(fn.MAX(model.id)).scalar() or 0
    numbers = list(range(last + 1, last + 1 + len(data)))
    names = list(model._meta.fields)
    insert_all(
        model,
        [
            {name: number if name == "id" else row.get(name) for name in names}
            for row, number in zip(data, numbers, strict=True)
        ],
    )
    return numbers


def _demand(actor: Actor, verb: str, register: Register) -> None:
    decision = may(actor, verb, register)
    if register.sealed:
        raise Denied("密封登记只能逐条填写")
    if not decision:
        raise Denied(f"{decision.reason}，不能办理这一步")
