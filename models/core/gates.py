"""The two gates: `rows` says which records, `surface` says which fields and how far.

Nothing reaches a register's table but through here. `directory` is the one narrower door beside
them: it names records (a child by name and class, a colleague by name) and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from peewee import CharField, TextField

from models.core.actor import SYSTEM, Actor
from models.core.boxes import (
    CLERK,
    COUNSELLOR,
    INSPECTOR,
    LEADERSHIP,
    SYSTEM_ROLE,
    TEACHER,
    TEACHING,
)
from models.core.database import NOTHING, mark, within
from models.core.fields import FieldSpec, PhoneField, Secrecy, WordField, WordsField
from models.core.register import Register, parent_register, register_of
from models.core.remembered import remember
from models.core.rights import may
from models.core.values import whole

SHOW, MASK, HIDE = "show", "mask", "hide"

# Where a masked field may still appear; elsewhere masking means absence.
_SHOWS_MASKED = frozenset({"list", "detail", "export", "pdf", "history", "form"})


def rows(actor: Actor, register: Register, *, deleted: bool | None = False) -> Any:
    """Return the query of the records of `register` that `actor` may see.

    `deleted` True gives the recycle bin, None both. Callers add conditions, order and limits;
    SYSTEM (compliance, jobs, the service) sees all rows.
    """
    model = register.model
    query = model.select().where(mark(register.table))
    if deleted is not None:
        query = query.where(model.deleted_at.is_null(not deleted))
    condition = _scope(actor, register)
    return query if condition is None else query.where(condition)


def _scope(actor: Actor, register: Register) -> Any | None:
    if not may(actor, "read", register):
        return NOTHING
    parent = parent_register(register)
    if parent is not None and actor.role in TEACHING:
        column = getattr(register.model, register.parent)
        condition = within(column, rows(actor, parent).select(parent.model.id))
        narrower = register.scope.get(actor.role) or register.scope.get(TEACHER)
        return condition if narrower is None else condition & narrower(actor, register)
    own = register.scope.get(actor.role)
    if actor.role not in TEACHING and own is None:
        return None
    scope = own or register.scope.get(TEACHER)
    return NOTHING if scope is None else scope(actor, register)


def row(actor: Actor, register: Register, record_id: Any, *, deleted: bool | None = False) -> Any:
    """Return one record within the actor's rows, or None; any nonsense as id is None."""
    number = whole(record_id)
    if number is None:
        return None
    query = rows(actor, register, deleted=deleted)
    return query.where(register.model.id == number).first()


def every_row(register: Register) -> Any:
    """Return all living rows, for compliance, jobs and the service's own checks."""
    return rows(SYSTEM, register)


def every_other(alias: Any) -> Any:
    """Return all living rows of a register under an alias, to hold a row against the others."""
    return alias.select().where(mark(register_of(alias).table), alias.deleted_at.is_null())


def places(register: Register) -> dict[int, str]:
    """Return the names of the village points by their ids; most schools have none.

    Kept in memory: every page asks whether the link to one is shown.
    """
    label = getattr(register.model, register.label[0])
    query = every_row(register).select(register.model.id, label).order_by(register.model.id)
    found: dict[int, str] = remember("places", lambda: dict(query.tuples()))
    return found


def treatment(actor: Actor, register: Register, spec: FieldSpec) -> str:
    """Return SHOW, MASK or HIDE for one field and actor (docs/architecture.md, Masks)."""
    secrecy = spec.secret
    if actor.role == SYSTEM_ROLE:
        return SHOW
    if secrecy is Secrecy.INTERNAL:
        return HIDE
    if secrecy is Secrecy.SEALED:
        return SHOW if actor.role == COUNSELLOR and actor.sealed_key else HIDE
    if secrecy is Secrecy.IDENTITY:
        return MASK
    if actor.role == INSPECTOR:
        return _for_inspector(secrecy)
    if secrecy is Secrecy.PHONE and actor.role not in (CLERK, LEADERSHIP):
        return SHOW if register.own_contacts else MASK
    return SHOW


def _for_inspector(secrecy: Secrecy) -> str:
    if secrecy is Secrecy.OPEN:
        return SHOW
    return HIDE if secrecy is Secrecy.PRIVATE else MASK


def is_free_text(spec: FieldSpec) -> bool:
    """Return whether somebody's name or number may slip into a field: words typed by a person.

    A closed word, a phone number and what is public (a hotline, the school's number) stand as
    they are.
    """
    typed = isinstance(spec.field, (CharField, TextField))
    closed = isinstance(spec.field, (WordField, WordsField, PhoneField))
    return typed and not closed and not spec.public


@dataclass(frozen=True)
class SurfaceField:
    """One field as an actor meets it: declared spec, whether masked, whether writable."""

    spec: FieldSpec
    masked: bool
    writable: bool

    @property
    def name(self) -> str:
        """The field's name."""
        return self.spec.name


@dataclass(frozen=True)
class Surface:
    """The fields of one register for one actor in one place, in declared order."""

    register: Register
    where: str
    fields: tuple[SurfaceField, ...]

    def __contains__(self, name: str) -> bool:
        return any(field.name == name for field in self.fields)

    def get(self, name: str) -> SurfaceField | None:
        """Return the field called `name` if it is on the surface."""
        return next((field for field in self.fields if field.name == name), None)

    @property
    def names(self) -> tuple[str, ...]:
        """The names on the surface, in order."""
        return tuple(field.name for field in self.fields)


def surface(actor: Actor, register: Register, where: str) -> Surface:
    """Return which fields the actor meets at `where`, masked or not, writable or not.

    `where` is list, detail, form, short, search, sort, filter, export, import, history or pdf.
    """
    chosen = []
    for spec in _fields_at(register, where):
        if spec.place and not places(register_of(spec.target)):
            continue
        treated = treatment(actor, register, spec)
        if treated == HIDE or (treated == MASK and where not in _SHOWS_MASKED | {"import"}):
            continue
        masked = treated == MASK
        # A masked field is writable only for the clerk: blank means unchanged there.
        writable = not spec.readonly and (not masked or actor.role == CLERK)
        # The index of a sealed register is read by the office, and written by the counsellor.
        writable = writable and not (register.sealed and actor.role != COUNSELLOR)
        if where == "import" and not writable:
            continue
        if where in ("form", "short") and masked and not writable:
            # Who creates a record types in what later is masked for them.
            writable = not spec.readonly and actor.role in TEACHING
        chosen.append(SurfaceField(spec, masked, writable))
    return Surface(register, where, tuple(chosen))


def _fields_at(register: Register, where: str) -> Iterable[FieldSpec]:
    if where == "list":
        return register.ordered("list")
    if where == "short":
        short = register.ordered("short")
        return short or list(register.fields.values())
    if where == "search":
        return [spec for spec in register.fields.values() if spec.search]
    if where == "filter":
        return [spec for spec in register.fields.values() if spec.filter]
    if where == "sort":
        return [spec for spec in register.ordered("list") if spec.sort]
    return register.fields.values()


def search_columns(actor: Actor, register: Register) -> list[Any]:
    """Return the search text columns the actor's level of secrecy may look into."""
    model = register.model
    if actor.role == INSPECTOR:
        return [model.search_open]
    if actor.role in (CLERK, LEADERSHIP, SYSTEM_ROLE) or register.own_contacts:
        return [model.search_open, model.search_staff, model.search_office]
    return [model.search_open, model.search_staff]


def directory(register: Register, *columns: Any) -> Any:
    """Return living rows reduced to `columns`, for naming records.

    Never more than a name, a class and a birth year may be selected.
    """
    model = register.model
    allowed = {model.id, *(getattr(model, name) for name in register.label)}
    allowed |= {
        getattr(model, name)
        for name in ("pinyin_search", "pinyin_key", "born_on")
        if hasattr(model, name)
    }
    if not set(columns) <= allowed:
        raise ValueError("the directory names records and nothing else")
    return model.select(*columns).where(mark(register.table))
