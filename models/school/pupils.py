"""Which children may be ticked together for one act: a class, or the actor's paired children."""

from __future__ import annotations

from typing import Any, NamedTuple

from models.core.actor import Actor
from models.core.boxes import TEACHING
from models.core.database import within
from models.core.fields import FieldSpec
from models.core.gates import directory, every_row, rows
from models.core.register import Register, model_of, register_of
from models.core.scopes import class_children, paired_children
from models.core.spans import holds_on
from models.core.validation import picks_from_directory
from models.core.whose import about

# What stands in place of a class for the children paired with the actor.
MINE = "mine"
# A class holds no more children than this by far; the whole school at once is not one act.
PUPILS_CAP = 200


class Pupil(NamedTuple):
    """A child by number and name: all that the directory tells."""

    id: int
    name: str


def child_field(register: Register) -> FieldSpec | None:
    """Return the field that names the child a record is about, None when it has none to pick."""
    spec = register.fields.get(about(register))
    if spec is None or spec.readonly or register.many not in ("", spec.name):
        return None
    return spec


def classes(actor: Actor, register: Register, spec: FieldSpec) -> list[tuple[int, str]]:
    """Return (id, name) of the classes whose children the actor may pick for the field."""
    declared = register_of(model_of("school-class"))
    model = declared.model
    if picks_from_directory(actor, register, spec):
        query = directory(declared, model.id, model.name).where(model.deleted_at.is_null(True))
    else:
        query = rows(actor, declared).select(model.id, model.name)
    return [(number, name) for number, name in query.order_by(model.id).tuples()]


def pupils(actor: Actor, register: Register, spec: FieldSpec, group: str) -> list[Pupil]:
    """Return the children of a group on the actor's date that may be picked, in order of names.

    `group` is a class's number, or MINE; nonsense is an empty group. Children who have left the
    register are not among them.
    """
    declared = register_of(model_of("child"))
    child = declared.model
    members = _members(actor, group)
    if members is None:
        return []
    if picks_from_directory(actor, register, spec):
        query = directory(declared, child.id, child.name).where(child.deleted_at.is_null(True))
    else:
        query = rows(actor, declared).select(child.id, child.name)
    staying = every_row(declared).select(child.id).where(holds_on(child, actor.today))
    query = query.where(within(child.id, members), within(child.id, staying))
    ordered = query.order_by(child.pinyin_key, child.id).limit(PUPILS_CAP)
    return [Pupil(number, name) for number, name in ordered.tuples()]


def _members(actor: Actor, group: str) -> Any | None:
    """Return the sub-query of a group's children, None for nonsense."""
    if group == MINE:
        return paired_children(actor) if actor.staff_id is not None else None
    if not (group.isascii() and group.isdigit() and len(group) < 10):
        return None
    enrolment = model_of("enrolment")
    query = every_row(register_of(enrolment)).select(enrolment.child)
    return query.where(enrolment.school_class == int(group), holds_on(enrolment, actor.today))


def first_group(actor: Actor, found: list[tuple[int, str]]) -> str:
    """Return the group a page opens with: the own class or paired children, else the first."""
    if actor.role in TEACHING:
        led = every_row(register_of(model_of("child"))).where(
            within(model_of("child").id, class_children(actor))
        )
        return str(found[0][0]) if found and led.exists() else MINE
    return str(found[0][0]) if found else ""
