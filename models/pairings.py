"""师生结对: which teacher supports which child, from when to when."""

from __future__ import annotations

from typing import Any

from peewee import CharField, DateField

from models.actor import Actor
from models.boxes import TEACHER, Box
from models.children import Child
from models.fields import Link, WordField, col
from models.gates import every_row
from models.pairing_knowledge import knows_child, knows_guardian, knows_migration, subjects
from models.register import Derived, Record, register, register_of
from models.scopes import own_children_or_own_acts
from models.staff import Staff, dates_in_order

PROXIMITY = ("就近", "就亲", "其他")
PAIRING_KINDS = ("结对教师", "代理家长", "领导")


def pairing_does_not_overlap(record: Any, actor: Actor) -> list[tuple[str, str]]:
    """The same teacher and child are not paired twice in the same kind at one time."""
    errors = dates_in_order(record, actor)
    if errors:
        return errors
    query = every_row(register_of(Pairing)).where(
        Pairing.teacher == record.teacher_id,
        Pairing.child == record.child_id,
        Pairing.kind == record.kind,
        Pairing.until.is_null(True) | (Pairing.until >= record.since),
    )
    if record.until is not None:
        query = query.where(Pairing.since <= record.until)
    if record.id:
        query = query.where(Pairing.id != record.id)
    if query.exists():
        return [("since", "这位教师与这名学生在这段时间已经结对，请先结束原来的结对")]
    return []


@register(
    title="师生结对",
    box=Box.PAIRINGS,
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-since",
    label=("teacher", "child"),
    rules=(pairing_does_not_overlap,),
    act_by=("teacher",),
    match=("teacher", "child", "kind", "since"),
    derived=(
        Derived("subject", "学科", subjects),
        Derived("knows_child", "知学生基本情况", knows_child),
        Derived("knows_guardian", "知监护人情况", knows_guardian),
        Derived("knows_migration", "知父母外出情况", knows_migration),
    ),
    locks=False,
    purpose="教师与留守儿童一对几结对；谈心、家访、通话的次数都按结对计算",
)
class Pairing(Record):
    teacher = col(Link(Staff), "教师", list=1, filter=True, short=1)
    child = col(Link(Child), "学生", list=2, filter=True, short=2)
    kind = col(
        WordField(PAIRING_KINDS, default="结对教师"), "结对类型", list=3, filter=True, short=3
    )
    since = col(DateField(), "起", list=4, short=4)
    until = col(DateField(null=True), "止", list=5)
    reason = col(CharField(max_length=80, null=True), "结束或调整原因")
    proximity = col(WordField(PROXIMITY, null=True), "就近就亲")
