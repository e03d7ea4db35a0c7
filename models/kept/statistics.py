"""统计表: the statistics table of a semester as a leader signed it, version by version."""

from __future__ import annotations

from peewee import CharField, DateField, DateTimeField, IntegerField, TextField

from models.core.boxes import Box
from models.core.fields import OPEN, Link, Secrecy, col
from models.core.register import Record, register
from models.kept.school import Semester

PROCEDURE = "统计表由领导小组成员在文书“留守儿童统计表”的页面签署，这里只能查看"


@register(
    title="统计表签署",
    box=Box.CHILDREN,
    order="-id",
    label=("semester", "edition"),
    key=(("semester", "edition"),),
    happened="counted_on",
    locks=False,
    permanent=True,
    final="signed_at",
    procedure=PROCEDURE,
    menu=False,
    purpose="每学期签署的留守儿童统计表：内容、校验值、谁在什么时候签署；签后不改，再签另成一版",
)
class StatisticsTable(Record):
    semester = col(Link(Semester), "学期", list=1, filter=True, secret=OPEN)
    edition = col(IntegerField(), "版本", list=2, secret=OPEN)
    counted_on = col(DateField(), "统计截止日期", list=3, secret=OPEN)
    content = col(TextField(), "统计表内容", secret=Secrecy.INTERNAL)
    sha256 = col(CharField(max_length=64), "校验值", secret=OPEN)
    signed_by = col(CharField(max_length=40), "签署人", list=4, secret=OPEN)
    signed_at = col(DateTimeField(), "签署时间", list=5, secret=OPEN)
    head = col(CharField(max_length=64), "审计链头", secret=OPEN)
