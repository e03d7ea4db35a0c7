"""组织领导: the leadership group, the departments, the posts, the coordination group."""

from __future__ import annotations

from datetime import date
from typing import Any

from peewee import CharField, DateField, TextField

from models.core.actor import Actor
from models.core.boxes import LEADERSHIP, TEACHER, Box
from models.core.fields import Link, PersonNameField, PhoneField, WordField, col
from models.core.register import Record, register
from models.core.rules import SINCE_UNTIL, Found, no_overlap, one_of, twins
from models.core.scopes import everyone
from models.core.spans import holds_within
from models.kept.staff import Staff
from models.kept.volunteers import Volunteer
from models.kept.words import PROGRAMMES

LEADERSHIP_MEMBER_POSITIONS = ("组长", "副组长", "成员")
LEADERSHIP_MEMBER_OFFICES = (
    "校长",
    "分管副校长",
    "教导处",
    "政教处",
    "总务处",
    "后勤处",
    "安全办",
    "团队",
    "关工委",
    "班主任",
    "其他",
)
POST_KINDS = (
    "之家管理员",
    "档案管理员",
    "资产保管",
    "信息员",
    "法制辅导员",
    "心理辅导教师",
    "项目负责人",
)
COORDINATION_MEMBER_UNITS = ("团委", "妇联", "企业", "村委", "派出所", "其他")


def one_head(record: Any, _actor: Actor) -> Found:
    """The group has one head (组长) at any time (Q03-1, H01-1)."""
    if record.position != "组长":
        return []
    term = holds_within(LeadershipMember, record.since, record.until or date.max)
    if not twins(record, "position").where(term).exists():
        return []
    return [("position", "领导小组同一时间只有一位组长，请先结束原组长的任期")]


@register(
    title="部门",
    box=Box.LEADERSHIP,
    scope={TEACHER: everyone},
    order="name",
    label=("name",),
    key=(("name",),),
    locks=False,
    purpose="政教处、总务处等部门和负责人；部门考核从这里选",
)
class Department(Record):
    name = col(CharField(max_length=80), "部门名称", list=1, short=1, search=True)
    head = col(Link(Staff, null=True), "负责人", list=2, short=2, wanted=True, filter=True)


one_term = no_overlap("staff", told="这位成员在这段时间已在领导小组内，请先结束原来的任期")


@register(
    title="领导小组",
    box=Box.LEADERSHIP,
    creates=(LEADERSHIP,),
    scope={TEACHER: everyone},
    order="-since",
    label=("staff", "position"),
    match=("staff", "since"),
    rules=(SINCE_UNTIL, one_term, one_head),
    locks=False,
    purpose="领导小组成员、代表的部门和职责；组织网络图由此画出",
)
class LeadershipMember(Record):
    staff = col(Link(Staff), "成员", list=1, short=1, filter=True)
    position = col(WordField(LEADERSHIP_MEMBER_POSITIONS), "组内职务", list=2, short=2, filter=True)
    office = col(
        WordField(LEADERSHIP_MEMBER_OFFICES, null=True),
        "代表部门",
        short=4,
        list=3,
        wanted=True,
        filter=True,
    )
    duties = col(
        TextField(null=True),
        "工作职责",
        wanted=True,
        search=True,
        help="写清分管哪一块、做哪些事，检查时要看",
    )
    since = col(DateField(), "任职起", list=4, short=3)
    until = col(DateField(null=True), "任职止", list=5)


person_given = one_of(
    ("staff", "volunteer"), "请选择一位人员：教职工或校外人员，只选一位", exactly=True
)


@register(
    title="岗位",
    box=Box.LEADERSHIP,
    scope={TEACHER: everyone},
    order="-since",
    label=("kind", "staff"),
    match=("kind", "staff", "since"),
    rules=(SINCE_UNTIL, person_given),
    locks=False,
    purpose="之家管理员、档案管理员、信息员等岗位由谁担任",
)
class Post(Record):
    kind = col(WordField(POST_KINDS), "岗位", list=1, short=1, filter=True)
    staff = col(Link(Staff, null=True), "人员（教职工）", list=2, short=2, wanted=True, filter=True)
    volunteer = col(
        Link(Volunteer, null=True), "人员（校外）", list=3, help="法制辅导员可以是校外人员"
    )
    programme = col(WordField(PROGRAMMES, null=True), "负责项目", list=4, show_if="kind=项目负责人")
    since = col(DateField(), "任职起", list=5, short=3)
    until = col(DateField(null=True), "任职止", list=6)


@register(
    title="协调小组",
    box=Box.LEADERSHIP,
    creates=(LEADERSHIP,),
    scope={TEACHER: everyone},
    order="unit",
    label=("name", "unit_name"),
    match=("name", "unit"),
    rules=(SINCE_UNTIL,),
    locks=False,
    office=True,
    purpose="团委、妇联、村委、派出所等协调小组成员名单",
)
class CoordinationMember(Record):
    name = col(PersonNameField(max_length=40), "姓名", list=1, short=1, search=True)
    unit = col(WordField(COORDINATION_MEMBER_UNITS), "单位", list=2, short=2, filter=True)
    unit_name = col(
        CharField(max_length=80, null=True), "单位全称", list=3, wanted=True, search=True
    )
    post = col(
        CharField(max_length=80, null=True), "职务", list=4, short=3, wanted=True, search=True
    )
    phone = col(
        PhoneField(max_length=30, null=True), "联系电话", list=5, short=4, wanted=True, search=True
    )
    since = col(DateField(), "加入日期", list=6, short=5)
    until = col(DateField(null=True), "退出日期", list=7)
