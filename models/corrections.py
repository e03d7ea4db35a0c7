"""更正说明: what a teacher adds to an own record whose days of editing are over."""

from __future__ import annotations

from typing import Any

from peewee import CharField, IntegerField, TextField

from models.actor import Actor
from models.boxes import LEADERSHIP, TEACHER, TEACHING, Box
from models.fields import col
from models.gates import row, rows
from models.register import REGISTERS, Record, Register, find, register
from models.rights import is_own_act
from models.scopes import any_of, own_acts


def by_corrected_record(actor: Actor, declared: Register) -> Any:
    """Scope: own corrections, and those of records within the actor's rows."""
    model = declared.model
    conditions = [
        (model.register == other.slug)
        & model.record_id.in_(rows(actor, other).select(other.model.id))
        for other in REGISTERS.values()
        if correctable(other)
    ]
    return any_of([own_acts(actor, declared), *conditions])


def correctable(declared: Register) -> bool:
    """Return whether records of the register take corrections: those teachers enter as acts."""
    return bool(declared.creates and declared.happened) and not (declared.sealed or declared.parent)


def corrects_an_own_record(record: Any, actor: Actor) -> list[tuple[str, str]]:
    """A correction belongs to a record the writer may see; a teacher's to an own act."""
    declared = find(record.register)
    corrected = row(actor, declared, record.record_id) if declared else None
    if declared is None or corrected is None or not correctable(declared):
        return [("record_id", "没有找到要更正的记录，请从那条记录的页面上填写更正说明")]
    if actor.role in TEACHING and not is_own_act(actor, declared, corrected):
        return [("record_id", "只能更正自己登记的记录")]
    return []


@register(
    title="更正说明",
    box=Box.SYSTEM,
    creates=(TEACHER, LEADERSHIP),
    scope={TEACHER: by_corrected_record},
    order="-id",
    label=("text",),
    rules=(corrects_an_own_record,),
    locks=False,
    menu=False,
    purpose="过了可修改的天数后，对自己记录的补充和更正；原记录不动",
)
class Correction(Record):
    register = col(CharField(max_length=40), "所属登记", list=2, help="登记的英文名，如 talk")
    record_id = col(IntegerField(), "所属记录", list=3, help="那条记录的编号")
    text = col(TextField(), "更正内容", list=1, short=1)


def corrections_of(actor: Actor, slug: str, record_id: int) -> list[Any]:
    """Return the corrections of one record the actor may see, oldest first."""
    declared = find("correction")
    assert declared is not None
    query = rows(actor, declared).where(
        Correction.register == slug, Correction.record_id == record_id
    )
    return list(query.order_by(Correction.id))
