"""资助: money decided for a child, or the recorded refusal."""

from __future__ import annotations

from typing import Any

from peewee import CharField, DateField

from models.core.actor import Actor
from models.core.boxes import TEACHER, Box
from models.core.fields import NAME, Link, MoneyField, WordField, col
from models.core.register import Record, register
from models.core.rules import Found, not_before, value
from models.core.scopes import own_children
from models.kept.children import Child
from models.kept.school import Semester

SUBSIDY_SCHEMES = ("两免一补", "生活补助", "其他")
SUBSIDY_RESULTS = ("给予资助", "未予资助", "本人放弃")
SUBSIDY_MANNERS = ("银行卡", "现金", "校园卡", "减免")


GIVEN = "给予资助"


def amount_with_result(record: Any, _actor: Actor) -> Found:
    """A subsidy has an amount; a refusal has a reason and none (Q03-3)."""
    amount = value(record, "amount")
    if record.result == GIVEN:
        return [] if amount else [("amount", "请填写资助金额")]
    if amount:
        return [("amount", "没有资助的不填金额")]
    return [] if record.refusal_reason else [("refusal_reason", "请写明未资助的原因")]


paid_after_decided = not_before("paid_on", "decided_on", "发放日期不能早于认定日期")


@register(
    title="资助",
    box=Box.SUBSIDIES,
    scope={TEACHER: own_children("child")},
    order="-decided_on",
    happened="decided_on",
    label=("scheme", "decided_on"),
    key=(("child", "scheme", "semester"),),
    rules=(amount_with_result, paid_after_decided),
    open_until="paid_on",
    finishing=("paid_on", "manner", "receipt", "receipt-scan"),
    many="child",
    evidence={"receipt-scan": "签收单"},
    purpose="两免一补、生活补助等资助的认定和发放",
)
class Subsidy(Record):
    child = col(Link(Child), "学生", list=2, short=1, filter=True)
    scheme = col(WordField(SUBSIDY_SCHEMES), "项目", list=3, short=2, filter=True)
    semester = col(Link(Semester), "学期", list=4, short=3, filter=True)
    decided_on = col(DateField(), "认定日期", list=1, short=4, filter=True)
    result = col(WordField(SUBSIDY_RESULTS), "结果", list=5, short=5, filter=True)
    refusal_reason = col(
        CharField(max_length=80, null=True),
        "未资助原因",
        short=7,
        wanted=True,
        search=True,
        show_if="result!=给予资助",
    )
    amount = col(
        MoneyField(null=True),
        "金额",
        list=6,
        short=6,
        wanted=True,
        sum=True,
        unit="元",
        help="按发放标准填写，走读生减半",
    )
    paid_on = col(DateField(null=True), "发放日期", list=7, show_if="result=给予资助")
    manner = col(WordField(SUBSIDY_MANNERS, null=True), "发放方式")
    receipt = col(CharField(max_length=80, null=True), "签收", secret=NAME)
