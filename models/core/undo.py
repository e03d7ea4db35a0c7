"""Undoing a whole batch with reversing entries; what others changed since is left and listed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from models.core import batches, receipts, service
from models.core.actor import SYSTEM, Actor
from models.core.audit import AuditEntry
from models.core.errors import Denied, Invalid, Locked, NotFound
from models.core.gates import every_row, row
from models.core.labels import own_label
from models.core.lookups import chunks
from models.core.register import REGISTERS, Register, dependents_of, parent_register
from models.core.rights import may, may_on


@dataclass
class UndoReport:
    """How many records were taken back, and which were left because they changed since."""

    undone: int = 0
    left: list[tuple[str, str, str]] = field(default_factory=list)


_Key = tuple[str, int]
# What makes a record stand that did not stand before.
_APPEARED = ("create", "restore")


@dataclass(frozen=True)
class _Touched:
    register: Register
    record_id: int
    created: bool
    deleted: bool
    version: int

    @property
    def key(self) -> _Key:
        """What names the record among those of all registers."""
        return self.register.slug, self.record_id


class _Standing:
    """The batch's living records and what depends on them, read in a few queries.

    `gone` are those already taken back: they stand in nobody's way any more.
    """

    def __init__(self, touched: list[_Touched]) -> None:
        self.records: dict[_Key, Any] = {}
        self.dependents: dict[_Key, set[_Key]] = {}
        self.gone: set[_Key] = set()
        by_register: dict[Register, list[_Touched]] = {}
        for step in touched:
            by_register.setdefault(step.register, []).append(step)
        for register, steps in by_register.items():
            for part in chunks([step.record_id for step in steps]):
                for record in every_row(register).where(register.model.id.in_(part)):
                    self.records[register.slug, record.id] = record
            created = [step.record_id for step in steps if step.created]
            for other, spec in dependents_of(register):
                self._read(register, other, getattr(other.model, spec.name), created)

    def binned(self, step: _Touched) -> Any | None:
        """Return the record a step deleted; None for a line, which comes back with its record."""
        if step.register.parent:
            return None
        return row(SYSTEM, step.register, step.record_id, deleted=True)

    def read_again(self, step: _Touched) -> None:
        """Read a record afresh whose earlier values were set on it and refused."""
        found = every_row(step.register).where(step.register.model.id == step.record_id).first()
        if found is not None:
            self.records[step.key] = found

    def _read(self, register: Register, other: Register, column: Any, ids: list[int]) -> None:
        for part in chunks(ids):
            query = every_row(other).select(other.model.id, column).where(column.in_(part))
            for number, pointed_to in query.tuples():
                key = (register.slug, pointed_to)
                self.dependents.setdefault(key, set()).add((other.slug, number))


def undo(actor: Actor, batch_id: int) -> UndoReport:
    """Reverse every step of a batch, newest first, in one transaction.

    What it added or restored goes into the recycle bin, what it deleted comes back from there.
    Records somebody changed since, that others now depend on, or whose place is taken stay and
    are listed with the reason. Who undoes a batch a second time is told what the first time did.
    Raises NotFound, Denied, Invalid when somebody else has undone it.
    """
    batch = batches.Batch.get_or_none(batches.Batch.id == batch_id)
    if batch is None:
        raise NotFound("没有找到这一批")
    token = f"undo/{batch_id}"
    first = receipts.outcome_of(actor, token)
    if first is not None:
        return UndoReport(first["undone"], [tuple(line) for line in first["left"]])
    _demand_standing(batch)
    touched = _touched(batch_id)
    standing = _Standing(touched)
    for step in _answered_for(batch, touched):
        if not may(actor, "bulk", step.register) and not _is_own(actor, batch, step, standing):
            raise Denied
    report = UndoReport()
    befores = batches.befores_of(batch_id)
    with service.work(actor, token=token) as current:
        # Somebody may have been quicker while this one was read.
        _demand_standing(batches.Batch.get_by_id(batch_id))
        current.lock.know(standing.records)
        left = touched
        while left:
            # What leans on something that comes back later is tried again behind it.
            report.left, before = [], left
            left = [s for s in left if not _undo_one(current, s, befores, report, standing)]
            if len(left) == len(before):
                break
        batches.forget_befores(batch_id)
        batches.Batch.update(undone_at=actor.now).where(batches.Batch.id == batch_id).execute()
        current.outcome = asdict(report)
    return report


def _answered_for(batch: Any, touched: list[_Touched]) -> list[_Touched]:
    """The steps the right to undo is asked for: of a merge the rows it binned, not their links."""
    return [s for s in touched if s.deleted or batch.kind != batches.MERGE]


def _demand_standing(batch: Any) -> None:
    if batch.undone_at is not None:
        raise Invalid({"": "这一批已经撤销过了"})


def is_own_today(actor: Actor, batch: Any) -> bool:
    """Return whether it is the actor's own roll-call of today, which its maker may take back."""
    return bool(
        batch.kind == batches.ROLL_CALL
        and batch.user_id is not None
        and batch.user_id == actor.user_id
        and batch.at.date() == actor.today
    )


def _is_own(actor: Actor, batch: Any, step: _Touched, standing: _Standing) -> bool:
    """Return whether the actor takes back what the own roll-call of today added or changed.

    Changed is what was there already and was the actor's own: a photo sent before its record was
    saved, and tied to it then.
    """
    if not is_own_today(actor, batch) or step.deleted:
        return False
    if step.created:
        return bool(may(actor, "delete", parent_register(step.register) or step.register))
    record = standing.records.get(step.key)
    return record is None or bool(may_on(actor, "edit", step.register, record))


def _touched(batch_id: int) -> list[_Touched]:
    """Return each record the batch wrote once, the last written first."""
    steps: dict[tuple[str, int], _Touched] = {}
    entries = AuditEntry.select().where(AuditEntry.batch == batch_id).order_by(AuditEntry.id)
    for entry in entries:
        key = (entry.register, entry.record_id)
        earlier = steps.pop(key, None)
        created = entry.action in _APPEARED or (earlier is not None and earlier.created)
        steps[key] = _Touched(
            REGISTERS[entry.register],
            entry.record_id,
            created,
            entry.action == "delete",
            entry.version,
        )
    return list(reversed(steps.values()))


def _undo_one(
    current: service.Work,
    step: _Touched,
    befores: dict[tuple[str, int], dict[str, Any]],
    report: UndoReport,
    standing: _Standing,
) -> bool:
    """Take one step back; False, with the reason in the report, when it stays."""
    record = standing.binned(step) if step.deleted else standing.records.get(step.key)
    if record is None:
        return True
    reason = _why_not(step, record, standing)
    try:
        if not reason:
            _take_back(current, step, record, befores)
    except (Invalid, Locked) as error:
        reason = str(error)
        standing.read_again(step)
    if reason:
        report.left.append((step.register.title, own_label(step.register, record), reason))
        return False
    if step.created:
        standing.gone.add(step.key)
    report.undone += 1
    return True


def _take_back(
    current: service.Work,
    step: _Touched,
    record: Any,
    befores: dict[tuple[str, int], dict[str, Any]],
) -> None:
    if step.deleted:
        service.restore(current.actor, step.register, record.id, current=current)
    elif step.created:
        current.lock.demand_open(step.register, record)
        service.mark_deleted(current, step.register, record)
    elif step.key in befores:
        service.put_back(current, step.register, record, befores[step.key])
    else:
        # Only its lines were written: they are taken back by themselves, and its version moves.
        current.lock.demand_open(step.register, record)
        service.write_dirty(current, step.register, record, set())
        current.note("undo", step.register, record, {"changes": {}, "lines": True})


def _why_not(step: _Touched, record: Any, standing: _Standing) -> str:
    if record.version != step.version:
        return "之后又被改过"
    if step.created and standing.dependents.get(step.key, set()) - standing.gone:
        return "已有其他记录与它相关"
    return ""
