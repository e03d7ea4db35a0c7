"""表彰与成长: awards, growth, behaviour."""

from __future__ import annotations

from typing import Any

from peewee import CharField, DateField, TextField

from models.actor import Actor
from models.boxes import LEADERSHIP, TEACHER, Box
from models.children import Child
from models.fields import NAME, Link, PersonNameField, WordField, col
from models.leadership import Department
from models.meetings import Meeting
from models.register import Record, register
from models.rules import Found, not_before, only_with, value
from models.scopes import own_children_or_own_acts
from models.staff import Staff
from models.volunteers import Volunteer

AWARD_RECIPIENT_KINDS = ("教师", "学生", "部门", "志愿者")
AWARD_KINDS = ("先进教师", "优秀代理家长", "进步学生", "优秀学生", "先进部门", "优秀志愿者", "其他")
AWARD_LEVELS = ("班级", "校级", "乡镇", "县区", "市", "省", "国家")
GROWTH_KINDS = ("进步", "获奖", "作品", "阅读", "自评", "教师评语", "监护人评语", "计划", "小结")
BEHAVIOUR_KINDS = (
    "好人好事",
    "迟到",
    "早退",
    "旷课",
    "请假",
    "违纪",
    "考试作弊",
    "仪容",
    "安全",
    "转化帮教",
)


_RECIPIENT = {"教师": "staff", "学生": "child", "部门": "department", "志愿者": "volunteer"}
_CLAUSES = {"S05": 7, "S06": 4, "S09": 6, "Q11": 7, "Q12": 8}
# The clauses of the conduct rules an entry may cite.
CONDUCT_CLAUSES = tuple(
    f"{rule}-{n}" for rule, last in _CLAUSES.items() for n in range(1, last + 1)
)


def recipient_fits(record: Any, _actor: Actor) -> Found:
    """An award has exactly one recipient, of the kind named (S03-15)."""
    wanted = _RECIPIENT[record.recipient_kind]
    others = [name for name in _RECIPIENT.values() if name != wanted]
    if any(value(record, name) is not None for name in others):
        return [("recipient_kind", "表彰对象与所选的人或部门不一致，请只选一个")]
    named = value(record, wanted) or (wanted == "child" and value(record, "pupil_name"))
    return [] if named else [(wanted, f"请选择受表彰的{record.recipient_kind}")]


@register(
    title="表彰",
    box=Box.MEETINGS,
    creates=(LEADERSHIP,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-awarded_on",
    happened="awarded_on",
    label=("kind", "awarded_on"),
    rules=(recipient_fits,),
    evidence={"certificate": "证书"},
    purpose="对教师、学生、部门、志愿者的表彰",
)
class Award(Record):
    recipient_kind = col(WordField(AWARD_RECIPIENT_KINDS), "表彰对象", list=2, short=1, filter=True)
    staff = col(
        Link(Staff, null=True),
        "教师",
        list=3,
        short=2,
        wanted=True,
        filter=True,
        show_if="recipient_kind=教师",
    )
    child = col(
        Link(Child, null=True),
        "学生",
        list=4,
        short=3,
        wanted=True,
        filter=True,
        show_if="recipient_kind=学生",
    )
    pupil_name = col(
        PersonNameField(max_length=40, null=True), "其他学生姓名", list=5, search=True, secret=NAME
    )
    department = col(
        Link(Department, null=True), "部门", wanted=True, show_if="recipient_kind=部门"
    )
    volunteer = col(
        Link(Volunteer, null=True), "志愿者", wanted=True, show_if="recipient_kind=志愿者"
    )
    kind = col(WordField(AWARD_KINDS), "类别", list=6, short=4, filter=True)
    reason = col(TextField(null=True), "事由", list=8, short=6, wanted=True, search=True)
    level = col(
        WordField(AWARD_LEVELS, null=True), "级别", list=7, short=7, wanted=True, filter=True
    )
    awarded_on = col(DateField(), "日期", list=1, short=5, filter=True)
    meeting = col(Link(Meeting, null=True), "表彰会议", wanted=True)


@register(
    title="成长记录",
    box=Box.GROWTH,
    creates=(TEACHER,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-noted_on",
    happened="noted_on",
    label=("kind", "noted_on"),
    act_by=("teacher",),
    many="child",
    evidence={"file": "附件"},
    purpose="成长记录册：进步、获奖、作品、自评和评语",
)
class Growth(Record):
    child = col(Link(Child), "学生", list=2, short=1, filter=True)
    kind = col(WordField(GROWTH_KINDS), "类别", list=3, short=2, filter=True)
    noted_on = col(DateField(), "日期", list=1, short=3, filter=True)
    title = col(CharField(max_length=80, null=True), "标题", list=4, short=4, search=True)
    text = col(TextField(null=True), "内容", list=5, short=5, wanted=True, search=True)
    teacher = col(Link(Staff, null=True), "评语教师", list=6, filter=True, show_if="kind=教师评语")


leave_only = only_with("leave_until", "只有请假才填请假至哪天", kind=("请假",))
leave_span = not_before("leave_until", "happened_on", "请假结束不能早于开始")


@register(
    title="表现与转化",
    box=Box.GROWTH,
    creates=(TEACHER,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-happened_on",
    happened="happened_on",
    label=("kind", "happened_on"),
    rules=(leave_only, leave_span),
    many="child",
    purpose="好人好事、请假、违纪和转化帮教",
)
class Behaviour(Record):
    child = col(Link(Child), "学生", list=2, short=1, filter=True)
    happened_on = col(DateField(), "日期", list=1, short=2, filter=True)
    kind = col(WordField(BEHAVIOUR_KINDS), "类别", list=3, short=3, filter=True)
    clause = col(
        WordField(CONDUCT_CLAUSES, null=True), "对应条款", list=4, short=4, wanted=True, filter=True
    )
    description = col(TextField(null=True), "情况", list=5, short=5, wanted=True, search=True)
    handling = col(TextField(null=True), "处理", list=6, short=6, wanted=True, search=True)
    leave_until = col(DateField(null=True), "请假至", list=7, short=7, show_if="kind=请假")
