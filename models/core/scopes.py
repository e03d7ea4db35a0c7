"""Whose rows: the conditions that limit a teacher to own children, own class and own acts.

Own children are those paired with the teacher on the actor's date or in the teacher's class on
that date, and those of whoever the teacher stands in for that day; own acts stay readable for ever
(docs/architecture.md, People).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from peewee import SQL

from models.core.actor import Actor
from models.core.database import (
    EVERYTHING,
    NOTHING,
    any_of,
    database,
    enclosed,
    living,
    mark,
    within,
)
from models.core.register import Register, Scope, model_of
from models.core.spans import holds_on


class _OnDay(NamedTuple):
    """A member of staff on a day: all that own children and classes depend on."""

    staff_id: int | None
    today: date


def _written_once(ids: Callable[[_OnDay], Any], actor: Actor) -> SQL:
    """Return a sub-query of an actor, written out once for the day.

    The scope of a photo asks that of every register: writing the same few queries out a hundred
    times took most of a page's time.
    """
    return _text(ids, _OnDay(actor.staff_id, actor.today), database.for_update)


@lru_cache(maxsize=512)
def _text(ids: Callable[[_OnDay], Any], who: _OnDay, _dialect: bool) -> SQL:
    return enclosed(ids(who))


def _stood_in(who: _OnDay, column: Any, *conditions: Any) -> Any:
    """The absences in which somebody stands in on the day, as one of their columns."""
    absence = model_of("substitution")
    mine = absence.substitute == who.staff_id
    return living(absence, column, mine, holds_on(absence, who.today), *conditions)


def _held(who: _OnDay, own: Any, absent: str, named: Any) -> Any:
    """Condition: a post is one's own, or one stands in for whoever holds it.

    `own` is the column of who holds it; `named` the one an absence names by its field `absent`. An
    absence that names neither pairing nor class is one from all posts.
    """
    absence = model_of("substitution")
    from_all = absence.pairing.is_null(True), absence.school_class.is_null(True)
    in_all = _stood_in(who, absence.teacher, *from_all)
    link = getattr(absence, absent)
    in_one = _stood_in(who, link, link.is_null(False))
    return any_of([own == who.staff_id, within(own, in_all), within(named, in_one)])


def paired_children(actor: Actor) -> SQL:
    """Return the ids of children paired with the actor on the actor's date, as a sub-query.

    Those of whoever the actor stands in for that day are among them (代理).
    """
    return _written_once(_paired_children, actor)


def class_children(actor: Actor) -> SQL:
    """Return the ids of children in the actor's class on the actor's date, as a sub-query."""
    return _written_once(_class_children, actor)


def _paired_children(who: _OnDay) -> Any:
    pairing = model_of("pairing")
    held = _held(who, pairing.teacher, "pairing", pairing.id)
    return living(pairing, pairing.child, held, holds_on(pairing, who.today))


def _led_classes(who: _OnDay) -> Any:
    """The ids of the classes somebody leads, or stands in for leading, on the day."""
    post = model_of("class-teacher")
    held = _held(who, post.staff, "school_class", post.school_class)
    return living(post, post.school_class, held, holds_on(post, who.today))


def _class_children(who: _OnDay) -> Any:
    enrolment = model_of("enrolment")
    led = within(enrolment.school_class, _led_classes(who))
    return living(enrolment, enrolment.child, led, holds_on(enrolment, who.today))


def own_classes(field: str) -> Scope:
    """Scope: rows whose class is led by the actor today."""

    def scope(actor: Actor, register: Register) -> Any:
        return within(getattr(register.model, field), _written_once(_led_classes, actor))

    return scope


def own_children(field: str) -> Scope:
    """Scope: rows whose `field` (a child, or "id" on the child register) is an own child."""

    def scope(actor: Actor, register: Register) -> Any:
        if actor.staff_id is None:
            return NOTHING
        column = getattr(register.model, field)
        return within(column, paired_children(actor)) | within(column, class_children(actor))

    return scope


def own_acts(actor: Actor, register: Register) -> Any:
    """Scope: rows the actor entered, or that name the actor's staff record as acting."""
    model = register.model
    condition = model.entered_by == actor.user_id if actor.user_id else NOTHING
    if actor.staff_id is None:
        return condition
    for name in _named_directly(register):
        condition |= getattr(model, name) == actor.staff_id
    for credited in _credits(actor, register):
        condition |= credited
    return condition


def own_ids(actor: Actor, register: Register, records: Sequence[Any]) -> frozenset[int]:
    """Return which of the records are own acts; asks the lines once for all, if at all."""
    names = [f"{name}_id" for name in _named_directly(register)] if actor.staff_id else []
    own = {
        record.id
        for record in records
        if (actor.user_id and record.entered_by == actor.user_id)
        or any(getattr(record, name) == actor.staff_id for name in names)
    }
    others = [record.id for record in records if record.id not in own]
    credits = _credits(actor, register) if others and actor.staff_id else []
    if credits:
        model = register.model
        query = model.select(model.id).where(
            mark(register.table), model.id.in_(others), any_of(credits)
        )
        own.update(number for (number,) in query.tuples())
    return frozenset(own)


def _named_directly(register: Register) -> list[str]:
    """Return the register's own fields that say whose act a record is."""
    return [name for name in register.act_by if "." not in name]


def _credits(actor: Actor, register: Register) -> list[Any]:
    """Return a condition per kind of living line of the record that names the actor as acting."""
    conditions = []
    for name in register.act_by:
        slug, _, field = name.partition(".")
        if field:
            line = model_of(slug)
            parent = _parent_column(line, register.model)
            credited = living(line, parent, getattr(line, field) == actor.staff_id)
            conditions.append(within(register.model.id, credited))
    return conditions


def _parent_column(line: Any, model: Any) -> Any:
    for field in line._meta.sorted_fields:
        if getattr(field, "rel_model", None) is model:
            return field
    raise KeyError(f"{line.__name__} has no link to {model.__name__}")


def own_children_or_own_acts(field: str) -> Scope:
    """Scope: rows about an own child, or own acts."""
    of_children = own_children(field)

    def scope(actor: Actor, register: Register) -> Any:
        return of_children(actor, register) | own_acts(actor, register)

    return scope


def everyone(_actor: Actor, _register: Register) -> Any:
    """Scope: every row, for registers that hold nothing about a person's family."""
    return EVERYTHING


def own_staff(*fields: str) -> Scope:
    """Scope: rows that name the actor's own staff record in one of `fields`."""

    def scope(actor: Actor, register: Register) -> Any:
        if actor.staff_id is None:
            return NOTHING
        return any_of([getattr(register.model, field) == actor.staff_id for field in fields])

    return scope


def either(*scopes: Scope) -> Scope:
    """Scope: rows within any of the given scopes."""

    def scope(actor: Actor, register: Register) -> Any:
        return any_of([each(actor, register) for each in scopes])

    return scope
