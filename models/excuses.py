"""免计: why a duty is not asked of somebody for a while, recorded with its reason."""

from __future__ import annotations

from typing import Any

from peewee import CharField, DateField

from models.actor import Actor
from models.boxes import LEADERSHIP, TEACHER, Box
from models.children import Child
from models.fields import Link, WordField, col
from models.pairings import Pairing
from models.register import Record, register
from models.scopes import own_children_or_own_acts
from models.staff import Staff

EXCUSE_KINDS = ("学生生病", "学生请假", "家庭原因改期", "教师病假", "教师外出", "停课", "其他")


def excuse_is_for_somebody(record: Any, _actor: Actor) -> list[tuple[str, str]]:
    """An excuse names a child, a teacher or a pairing, and its dates run forward."""
    errors = []
    if not (record.child_id or record.teacher_id or record.pairing_id):
        errors.append(("child", "请选择学生、教师或一条结对，说明是对谁免计"))
    if record.last < record.first:
        errors.append(("last", "结束日期不能早于开始日期"))
    return errors


@register(
    title="免计登记",
    box=Box.SUPERVISION,
    creates=(LEADERSHIP,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-first",
    label=("child", "teacher", "first"),
    act_by=("teacher",),
    rules=(excuse_is_for_somebody,),
    locks=False,
    purpose="学生生病、教师外出等做不到的日子，写明原因后不计入应做次数",
)
class Excuse(Record):
    child = col(Link(Child, null=True), "学生", list=1, filter=True, short=1)
    teacher = col(Link(Staff, null=True), "教师", list=2, filter=True, short=2)
    pairing = col(Link(Pairing, null=True), "结对", short=3)
    duty = col(
        CharField(max_length=40, null=True),
        "只免哪项任务",
        list=3,
        short=4,
        help="填任务代码，如 talk-weekly；留空就是全部任务",
    )
    first = col(DateField(), "从哪天起", list=4, filter=True, short=5)
    last = col(DateField(), "到哪天止", list=5, short=6)
    kind = col(WordField(EXCUSE_KINDS), "原因类别", list=6, filter=True, short=7)
    reason = col(CharField(max_length=120), "原因", list=7, short=8, search=True)
