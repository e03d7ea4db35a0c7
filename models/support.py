"""帮扶: the diary, hand-ins, notes on the mind, key children, families in need."""

from __future__ import annotations

from typing import Any

from peewee import CharField, DateField, IntegerField, TextField

from models.actor import Actor
from models.boxes import INSPECTOR, LEADERSHIP, TEACHER, Box
from models.children import Child
from models.fields import PRIVATE, Link, MinutesField, MoneyField, WordField, WordsField, col
from models.meetings import Meeting
from models.register import Record, register
from models.rules import Found, needed, value
from models.school import Semester
from models.scopes import own_acts, own_children_or_own_acts
from models.staff import SchoolClass, Staff
from models.volunteers import Volunteer

CARE_DIARY_CATEGORIES = (
    "学习辅导",
    "检查作业",
    "共进晚餐",
    "生活困难",
    "情感沟通",
    "行为矫正",
    "社会实践",
    "参加家长会",
    "与班主任交换意见",
)
HAND_IN_KINDS = (
    "周记录",
    "帮扶留守儿童活动记录表",
    "留守儿童成长记录表",
    "班级摸底汇总",
    "班级材料",
)
KEY_CHILD_GROUNDS = ("学习", "日常表现")
FAMILY_SUPPORT_KINDS = ("贫困型", "老龄型", "文盲型")


# Who hands in what (Q04-4, H02-5, Q20-5, S10-2).
_HANDED_IN_BY = {
    "周记录": ("teacher",),
    "帮扶留守儿童活动记录表": ("teacher", "volunteer"),
    "留守儿童成长记录表": ("teacher", "volunteer"),
    "班级摸底汇总": ("school_class",),
    "班级材料": ("school_class",),
}
_ASKED = {"teacher": "请选择教师", "volunteer": "请选择志愿者", "school_class": "请选择班级"}


def handed_in_by_somebody(record: Any, _actor: Actor) -> Found:
    """A hand-in names whose it is, as its kind asks (Q20-6)."""
    names = _HANDED_IN_BY[record.kind]
    if any(value(record, name) is not None for name in names):
        return []
    return [(names[0], _ASKED[names[0]])]


@register(
    title="亲情结对工作日记",
    box=Box.PAIRINGS,
    creates=(TEACHER,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-written_on",
    happened="written_on",
    label=("written_on", "categories"),
    act_by=("teacher",),
    many="child",
    purpose="代理家长和结对教师的工作日记：检查作业、共进晚餐、谈话等",
)
class CareDiary(Record):
    child = col(Link(Child), "学生", list=2, short=1, filter=True)
    teacher = col(Link(Staff), "教师", list=3, short=2, filter=True)
    written_on = col(DateField(), "日期", list=1, short=3, filter=True)
    categories = col(
        WordsField(CARE_DIARY_CATEGORIES), "类别", list=4, short=4, filter=True, help="可以多选"
    )
    measures = col(TextField(null=True), "措施", short=5, wanted=True, search=True)
    minutes = col(MinutesField(null=True), "时长（分钟）", list=5, sum=True)
    goods_amount = col(MoneyField(null=True), "物资金额", list=6, sum=True, unit="元")
    effect = col(TextField(null=True), "效果", list=7, search=True)
    next_step = col(TextField(null=True), "下步打算", search=True)
    class_teacher_remark = col(TextField(null=True), "班主任检查意见", help="由班主任检查后填写")


week_named = needed("week", "周记录要写明第几周", kind=("周记录",))


@register(
    title="记录上交",
    box=Box.PAIRINGS,
    creates=(TEACHER,),
    scope={TEACHER: own_acts},
    order="-handed_on",
    happened="handed_on",
    label=("kind", "handed_on"),
    match=("kind", "teacher", "school_class", "volunteer", "child", "semester", "week"),
    rules=(handed_in_by_somebody, week_named),
    act_by=("teacher",),
    purpose="周记录、成长记录表、班级材料等按时上交的登记",
)
class HandIn(Record):
    kind = col(WordField(HAND_IN_KINDS), "类别", list=2, short=1, filter=True)
    teacher = col(Link(Staff, null=True), "教师", list=3, short=2, wanted=True, filter=True)
    school_class = col(
        Link(SchoolClass, null=True),
        "班级",
        list=4,
        short=3,
        wanted=True,
        filter=True,
        show_if="kind=班级摸底汇总|班级材料",
    )
    volunteer = col(Link(Volunteer, null=True), "志愿者", list=5)
    child = col(
        Link(Child, null=True),
        "学生",
        wanted=True,
        show_if="kind=帮扶留守儿童活动记录表|留守儿童成长记录表",
    )
    semester = col(Link(Semester), "学期", short=4, filter=True)
    week = col(
        IntegerField(null=True),
        "周次",
        list=6,
        short=5,
        wanted=True,
        show_if="kind=周记录",
        help="本学期第几周",
    )
    handed_on = col(DateField(), "上交日期", list=1, short=6, filter=True)
    received_by = col(Link(Staff, null=True), "接收人", list=7, short=7, wanted=True, filter=True)


@register(
    title="心理表现记录",
    box=Box.PAIRINGS,
    creates=(TEACHER,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-noted_on",
    happened="noted_on",
    label=("noted_on",),
    act_by=("teacher",),
    many="child",
    hidden_from=(INSPECTOR,),
    purpose="结对教师记下的心理表现，督查看不到",
)
class MindNote(Record):
    child = col(Link(Child), "学生", list=2, short=1, filter=True, secret=PRIVATE)
    noted_on = col(DateField(), "日期", list=1, short=3, filter=True, secret=PRIVATE)
    teacher = col(Link(Staff), "结对教师", list=3, short=2, filter=True, secret=PRIVATE)
    observation = col(
        TextField(null=True), "心理表现", list=4, short=4, wanted=True, search=True, secret=PRIVATE
    )


@register(
    title="导教重点对象",
    box=Box.PAIRINGS,
    creates=(LEADERSHIP, TEACHER),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-decided_on",
    happened="decided_on",
    label=("decided_on", "ground"),
    key=(("child", "semester"),),
    act_by=("teacher",),
    purpose="研讨确定的导教重点对象和导教效果",
)
class KeyChild(Record):
    child = col(Link(Child), "学生", list=2, short=1, filter=True)
    semester = col(Link(Semester), "学期", list=5, short=2, filter=True)
    ground = col(WordsField(KEY_CHILD_GROUNDS), "确定依据", list=3, short=3, filter=True)
    decided_on = col(DateField(), "确定日期", list=1, short=4, filter=True)
    meeting = col(Link(Meeting, null=True), "确定会议")
    teacher = col(Link(Staff, null=True), "导教教师", list=4, short=5, wanted=True, filter=True)
    result = col(TextField(null=True), "导教效果", list=6, search=True)


@register(
    title="特殊家庭帮扶",
    box=Box.PAIRINGS,
    creates=(TEACHER,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-supported_on",
    happened="supported_on",
    label=("kind", "supported_on"),
    act_by=("staff",),
    purpose="对贫困型、老龄型、文盲型家庭的帮扶",
)
class FamilySupport(Record):
    child = col(Link(Child), "学生", list=2, short=1, filter=True)
    kind = col(WordField(FAMILY_SUPPORT_KINDS), "类型", list=3, short=2, filter=True)
    measure = col(TextField(null=True), "帮扶措施", list=4, short=3, wanted=True, search=True)
    staff = col(Link(Staff, null=True), "帮扶人", list=5, short=5, wanted=True, filter=True)
    helper = col(CharField(max_length=80, null=True), "校外帮扶人或单位", list=6, search=True)
    supported_on = col(DateField(), "日期", list=1, short=4, filter=True)
    amount = col(MoneyField(null=True), "金额", list=7, short=6, sum=True, unit="元")
    result = col(TextField(null=True), "效果", search=True)
