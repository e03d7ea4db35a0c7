"""体检不再提示: findings the office has looked at and wants told no more, each with the reason."""

from __future__ import annotations

import re
from typing import Any

from peewee import BooleanField, CharField, DateField, IntegerField

from models.adoptions import decision_stays
from models.boxes import INSPECTOR, LEADERSHIP, Box
from models.fields import Secrecy, col
from models.register import Record, register
from models.rules import Found, not_before

_CODE = re.compile(r"F\d{3,4}")

ends_later = not_before("until", "decided_on", "到期日期不能早于决定日期")


def names_a_finding(record: Any, _actor: object) -> Found:
    """What is silenced is a kind of finding, by its code."""
    if _CODE.fullmatch(record.finding or ""):
        return []
    return [("finding", "写体检项的代码，如 F601")]


@register(
    title="体检不再提示",
    box=Box.SUPERVISION,
    creates=(LEADERSHIP,),
    order="-id",
    label=("finding", "subject"),
    rules=(names_a_finding, ends_later, decision_stays),
    hidden_from=(INSPECTOR,),
    locks=False,
    menu=False,
    permanent=True,
    purpose="体检查出、核对后不必再提示的，写明理由；内容有变动或到期后自动恢复提示",
)
class FindingSilence(Record):
    # `mark` says in which version the records concerned were looked at; when one of them changes,
    # the finding is told again.

    finding = col(CharField(max_length=8), "体检项", list=1, short=1, filter=True)
    subject = col(CharField(max_length=160, null=True), "对象", list=2, short=2, search=True)
    at = col(CharField(max_length=40), "登记", short=3, help="对象所在登记的代码")
    record_number = col(IntegerField(null=True), "记录号", short=4)
    note = col(CharField(max_length=160, null=True), "说明", list=3)
    silent = col(BooleanField(default=True), "不再提示", list=4, short=5, filter=True)
    reason = col(CharField(max_length=200), "理由", list=5, short=6, search=True)
    until = col(DateField(null=True), "到哪天为止", list=6, short=7, help="不写就到内容有变动为止")
    decided_on = col(DateField(null=True), "决定日期", list=7, short=8)
    mark = col(CharField(max_length=200, null=True), "当时的版本", secret=Secrecy.INTERNAL)
