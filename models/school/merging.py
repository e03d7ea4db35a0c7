"""Two living rows of one person made one: every link moved, one row kept, undoable as a batch.

Rows that hang on both and say the same (twice the same enrolment, twice the same father) are made
one in their turn. Nothing is merged while a closed semester, a final record or a rule across
records stands against it; the reasons name the records.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from models.core import batches, service, validation
from models.core.actor import Actor
from models.core.conditions import applies
from models.core.converters import show
from models.core.display import mask
from models.core.errors import Denied, Invalid, Locked, NotFound
from models.core.fields import FieldSpec
from models.core.gates import SHOW, every_row, row, rows, treatment
from models.core.history import snapshot, written_changes
from models.core.labels import own_label
from models.core.register import REGISTERS, Register, find, register_of
from models.core.rights import may

# Whose rows may be merged, and what two rows of one person have in common.
MERGEABLE: dict[str, tuple[str, ...]] = {
    "child": ("name", "born_on"),
    "staff": ("name",),
    "parent": ("child", "name"),
    "guardian": ("child", "name"),
    "volunteer": ("name",),
    "coordination-member": ("name", "unit"),
}
# A row of a family is merged only with another of the same child.
_OF_ONE = "child"
_MOST_TOLD = 8


@dataclass
class Merged:
    """What a merge does: links moved by register title, rows made one, fields filled or differing.

    `filled` are (label, text) taken from the row given up, `differing` (label, kept, given up);
    both are masked as for the actor. `batch` is None before it is done.
    """

    register: Register
    kept: Any
    lost: Any
    moved: dict[str, int] = field(default_factory=dict)
    doubles: list[tuple[str, str]] = field(default_factory=list)
    filled: list[tuple[str, str]] = field(default_factory=list)
    differing: list[tuple[str, str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    binned: int = 0
    sealed: bool = False
    batch: int | None = None


def links_to(register: Register) -> list[tuple[Register, FieldSpec]]:
    """Return every (register, link) whose rows may point at a row of `register`, lines included."""
    return [
        (other, spec)
        for other in REGISTERS.values()
        for spec in other.links
        if spec.target is register.model
    ]


def likely_twins(actor: Actor, register: Register) -> list[list[Any]]:
    """Return the groups of living rows that are likely one person, by what MERGEABLE names."""
    names = MERGEABLE[register.slug]
    groups: dict[tuple[Any, ...], list[Any]] = {}
    for record in rows(actor, register).order_by(register.model.id):
        key = tuple(record.__data__.get(name) for name in names)
        if all(value not in (None, "") for value in key):
            groups.setdefault(key, []).append(record)
    return [group for group in groups.values() if len(group) > 1]


def preview(actor: Actor, register: Register, kept_id: int, lost_id: int) -> Merged:
    """Return what merging would do; it is done and rolled back. Raises as `merge`."""
    return service.rehearsed(
        actor, lambda current: _merge(current, actor, register, kept_id, lost_id), batches.MERGE
    )


def merge(
    actor: Actor, register: Register, kept_id: int, lost_id: int, *, token: str = ""
) -> Merged:
    """Move every link from one row to the other, bin the first, as one batch that can be undone.

    Raises Denied without the right, NotFound, AlreadyDone, and Invalid with the reasons where it
    cannot be done whole.
    """
    with service.work(actor, token=token) as current:
        lost = _person(actor, register, lost_id)
        title = f"合并{register.title}：{own_label(register, lost)}"
        batch = batches.open_batch(actor, batches.MERGE, title)
        current.batch = batch.id
        merged = _merge(current, actor, register, kept_id, lost_id)
        if merged.problems:
            told = "；".join(merged.problems[:_MOST_TOLD])
            raise Invalid({"": f"没有合并：{told}"})
        batches.close_batch(batch, {"updated": sum(merged.moved.values())})
        merged.batch = batch.id
        current.outcome = {"batch": batch.id}
    return merged


def _person(actor: Actor, register: Register, number: int) -> Any:
    if register.slug not in MERGEABLE or not may(actor, "bulk", register):
        raise Denied(f"{register.title}由文员合并")
    found = row(actor, register, number)
    if found is None:
        raise NotFound("要合并的记录不在了，请刷新后再选")
    return found


def _merge(
    current: service.Work, actor: Actor, register: Register, kept_id: int, lost_id: int
) -> Merged:
    if kept_id == lost_id:
        raise Invalid({"": "两边选的是同一条，请选两条"})
    kept, lost = (_person(actor, register, number) for number in (kept_id, lost_id))
    if _OF_ONE in MERGEABLE[register.slug] and kept.child_id != lost.child_id:
        raise Invalid({"": "不是同一名学生的家人，不能合并"})
    merged = Merged(register, kept, lost)
    merged.differing = _differing(actor, register, kept, lost)
    merged.filled = [
        (spec.label, _text(actor, register, spec, lost)) for spec in _blanks(register, kept, lost)
    ]
    merged.sealed = any(other.sealed and spec.secret.name == "SEALED" and every_row(other).exists()
                        for other, spec in links_to(register))  # fmt: skip
    work = _Merging(current, merged)
    work.into(register, kept, lost)
    work.judge()
    return merged


class _Merging:
    """One merge under way."""

    def __init__(self, current: service.Work, merged: Merged) -> None:
        self._current = current
        self._merged = merged
        self._bumped: set[tuple[str, int]] = set()
        # (register, number) → what was wrong before the move, as no fault of the merge.
        self._moved: dict[tuple[str, int], set[str]] = {}

    def into(self, register: Register, kept: Any, lost: Any) -> None:
        """Move all that hangs on `lost` to `kept`, bin it, and fill what `kept` leaves blank."""
        for other, spec in links_to(register):
            column = getattr(other.model, spec.name)
            for record in list(every_row(other).where(column == lost.id)):
                double = self._double(other, spec.name, record, kept.id)
                if double is not None:
                    self._merged.doubles.append((other.title, own_label(other, record)))
                    self.into(other, double, record)
                else:
                    self._move(other, spec.name, record, kept.id)
            gone = rows(self._current.actor, other, deleted=True) if not other.sealed else None
            self._merged.binned += gone.where(column == lost.id).count() if gone is not None else 0
        for other in REGISTERS.values():
            if other.attached:
                model = other.model
                here = (model.register == register.slug) & (model.record_id == lost.id)
                for record in list(every_row(other).where(here)):
                    self._move(other, "record_id", record, kept.id)
        self._bin(register, lost)
        self._fill(register, kept, lost)

    def _double(self, other: Register, link: str, record: Any, kept_id: int) -> Any | None:
        """Return the row of the person kept that says the same as this one, if there is one."""
        if other.sealed:
            return None
        keys = [names for names in (*other.key, other.match) if link in names]
        same = [name for name, spec in other.fields.items() if name != link and not spec.readonly]
        for standing in every_row(other).where(getattr(other.model, link) == kept_id):
            if standing.id == record.id:
                continue
            told, said = standing.__data__, record.__data__
            for names in (*keys, (link, *same)):
                rest = [name for name in names if name != link]
                filled = any(said.get(name) not in (None, "") for name in rest)
                if filled and all(told.get(name) == said.get(name) for name in rest):
                    return standing
        return None

    def _move(self, other: Register, name: str, record: Any, kept_id: int) -> None:
        key = (other.slug, record.id)
        try:
            self._demand(other, record, name)
        except Locked as error:
            self._blame(other, record, str(error))
            return
        self._moved.setdefault(key, set(self._wrong(other, record)))
        before = snapshot(other, record)
        record.__data__[name] = kept_id
        self._write(other, record, before)
        title = other.title
        self._merged.moved[title] = self._merged.moved.get(title, 0) + 1

    def _demand(self, other: Register, record: Any, name: str) -> None:
        limit = self._current.lock.limit(other, record)
        if limit is not None:
            limit.refuse(other, {name})

    def _write(self, register: Register, record: Any, before: dict[str, Any]) -> None:
        changes = written_changes(register, before, record)
        service.write_dirty(self._current, register, record, set(changes))
        self._current.note("update", register, record, {"changes": changes})
        self._current.touch(register, before, snapshot(register, record))
        self._bump_parent(register, record)

    def _bump_parent(self, register: Register, line: Any) -> None:
        """A changed line moves the version of its record."""
        if not register.parent:
            return
        parent = register_of(register.spec(register.parent).target)
        number = line.__data__[register.parent]
        itself = parent is self._merged.register and number == self._merged.kept.id
        if (parent.slug, number) in self._bumped or itself:
            return
        self._bumped.add((parent.slug, number))
        above = every_row(parent).where(parent.model.id == number).first()
        if above is not None:
            service.write_dirty(self._current, parent, above, set())
            self._current.note("update", parent, above, {"changes": {}, "lines": True})

    def _bin(self, register: Register, lost: Any) -> None:
        fresh = every_row(register).where(register.model.id == lost.id).first()
        try:
            self._current.lock.demand_open(register, fresh)
        except Locked as error:
            self._blame(register, fresh, str(error))
            return
        service.mark_deleted(self._current, register, fresh)

    def _fill(self, register: Register, kept: Any, lost: Any) -> None:
        fresh = every_row(register).where(register.model.id == kept.id).first()
        blanks = _blanks(register, fresh, lost)
        if not blanks:
            return
        before = snapshot(register, fresh)
        for spec in blanks:
            fresh.__data__[spec.name] = lost.__data__[spec.name]
        self._moved.setdefault((register.slug, fresh.id), set())
        self._write(register, fresh, before)

    def judge(self) -> None:
        """Ask the rules of every row that was written, now that all stand where they will."""
        for (slug, number), known in self._moved.items():
            register = find(slug)
            assert register is not None
            record = every_row(register).where(register.model.id == number).first()
            for text in self._wrong(register, record) if record is not None else ():
                if text not in known:
                    self._blame(register, record, text)

    def _wrong(self, register: Register, record: Any) -> list[str]:
        """Return what the rules say against a row as it stands."""
        if register.sealed:
            return []
        try:
            validation.check(self._current.actor, register, record, snapshot(register, record))
            validation.check_whole(self._current.actor, register, record)
        except (Invalid, Locked) as error:
            return list(error.errors.values()) if isinstance(error, Invalid) else [str(error)]
        return []

    def _blame(self, register: Register, record: Any, text: str) -> None:
        told = f"{register.title}“{own_label(register, record)}”：{text}"
        if told not in self._merged.problems:
            self._merged.problems.append(told)


def _said(register: Register) -> Iterator[FieldSpec]:
    """The fields of a person's own that are written down, links and worked-out ones excepted."""
    for spec in register.fields.values():
        if not spec.readonly and spec.computed is None and spec.target is None:
            yield spec


def _blanks(register: Register, kept: Any, lost: Any) -> list[FieldSpec]:
    blank = (None, "")
    return [
        spec
        for spec in _said(register)
        if spec.secret.name != "SEALED"
        and kept.__data__.get(spec.name) in blank
        and lost.__data__.get(spec.name) not in blank
        and applies(register, spec, kept)
    ]


def _differing(
    actor: Actor, register: Register, kept: Any, lost: Any
) -> list[tuple[str, str, str]]:
    told = []
    for spec in _said(register):
        if spec.secret.name == "SEALED":
            continue
        pair = [record.__data__.get(spec.name) for record in (kept, lost)]
        if pair[0] != pair[1] and all(value not in (None, "") for value in pair):
            texts = [_text(actor, register, spec, record) for record in (kept, lost)]
            told.append((spec.label, texts[0], texts[1]))
    return told


def _text(actor: Actor, register: Register, spec: FieldSpec, record: Any) -> str:
    text = show(spec.field, record.__data__.get(spec.name))
    return text if treatment(actor, register, spec) == SHOW else mask(spec, text)
