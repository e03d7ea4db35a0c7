"""结伴互助: pupils paired with pupils, study groups out of school, care centres."""

from __future__ import annotations

from typing import Any

from peewee import CharField, DateField, IntegerField, TextField

from models.actor import Actor
from models.boxes import TEACHER, Box
from models.children import Child
from models.fields import NAME, Link, PersonNameField, PhoneField, col
from models.gates import every_row
from models.register import Derived, Record, register, register_of
from models.rules import SINCE_UNTIL, Found, no_overlap, value
from models.scopes import own_acts, own_children_or_own_acts
from models.staff import SchoolClass, Staff


def helper_is_another(record: Any, _actor: Actor) -> Found:
    """A pupil does not help himself (S11-3)."""
    if value(record, "helper_child") is None or record.helper_child_id != record.child_id:
        return []
    return [("helper_child", "帮扶学生要是另一名学生")]


def leader_is_member(record: Any, _actor: Actor) -> Found:
    """The leader of a study group is one of its members (Q05-2)."""
    if value(record, "leader") is None:
        return []
    found = every_row(register_of(StudyGroupMember)).where(
        StudyGroupMember.study_group == record.id, StudyGroupMember.child == record.leader_id
    )
    return [] if found.exists() else [("leader", "小组长要在小组成员里，请先把他加进成员名单")]


def children_now(centres: list[Any], day: object) -> list[str]:
    """Return how many children each care centre has on the day."""
    ids = [centre.id for centre in centres]
    rows = every_row(register_of(CareCentreChild)).where(
        CareCentreChild.care_centre.in_(ids),
        CareCentreChild.since <= day,
        CareCentreChild.until.is_null(True) | (CareCentreChild.until >= day),
    )
    found = [row.care_centre_id for row in rows]
    return [str(found.count(centre)) for centre in ids]


pair_once = no_overlap("child", "helper", told="这两名学生在这段时间已经结对")


@register(
    title="生生结对",
    box=Box.PAIRINGS,
    creates=(TEACHER,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-since",
    label=("helper", "since"),
    match=("helper", "child", "since"),
    rules=(SINCE_UNTIL, helper_is_another, pair_once),
    locks=False,
    purpose="优秀学生与留守儿童一对一结对",
)
class PeerPairing(Record):
    helper = col(
        PersonNameField(max_length=40), "帮扶学生姓名", list=2, short=2, search=True, secret=NAME
    )
    helper_class = col(
        Link(SchoolClass, null=True), "帮扶学生班级", list=3, short=3, wanted=True, filter=True
    )
    helper_child = col(Link(Child, null=True), "帮扶学生（已登记）", roster=True)
    child = col(Link(Child), "学生", list=1, short=1, filter=True)
    since = col(DateField(), "结对起", list=4, short=4, filter=True)
    until = col(DateField(null=True), "结对止", list=5)
    purpose = col(
        CharField(max_length=80, null=True), "帮扶内容", list=6, short=5, wanted=True, search=True
    )
    result = col(TextField(null=True), "帮扶效果", search=True)


@register(
    title="校外学习小组",
    box=Box.PAIRINGS,
    creates=(TEACHER,),
    scope={TEACHER: own_acts},
    order="-since",
    label=("name",),
    match=("name", "since"),
    rules=(SINCE_UNTIL,),
    whole_rules=(leader_is_member,),
    act_by=("guiding_teacher",),
    roster=True,
    locks=False,
    purpose="按居住地组成的校外学习小组：组长、成员、指导教师",
)
class StudyGroup(Record):
    name = col(CharField(max_length=80), "小组名称", list=1, short=1, search=True)
    leader = col(
        Link(Child, null=True), "小组长", list=2, short=2, wanted=True, help="请选高年级学生"
    )
    guiding_teacher = col(
        Link(Staff, null=True), "指导教师", list=3, short=3, wanted=True, filter=True
    )
    place = col(CharField(max_length=80, null=True), "活动地点", list=4, short=4, search=True)
    since = col(DateField(), "成立日期", list=5, short=5, filter=True)
    until = col(DateField(null=True), "解散日期", list=6)


@register(
    title="小组成员",
    box=Box.PAIRINGS,
    parent="study_group",
    order="-since",
    label=("child",),
    rules=(SINCE_UNTIL,),
    roster=True,
    menu=False,
    locks=False,
    purpose="小组成员名单，至少两个年级",
)
class StudyGroupMember(Record):
    study_group = col(Link(StudyGroup), "学习小组", list=1)
    child = col(Link(Child), "学生", list=2, short=1)
    since = col(DateField(), "加入日期", list=3, short=2)
    until = col(DateField(null=True), "退出日期", list=4, short=3)


@register(
    title="小组活动",
    box=Box.PAIRINGS,
    creates=(TEACHER,),
    scope={TEACHER: own_acts},
    order="-held_on",
    happened="held_on",
    label=("held_on",),
    key=(("study_group", "held_on"),),
    act_by=("teacher",),
    evidence={"photo": "照片"},
    purpose="校外学习小组每周的活动",
)
class GroupSession(Record):
    study_group = col(Link(StudyGroup), "学习小组", list=2, short=1, filter=True)
    held_on = col(DateField(), "活动日期", list=1, short=2, filter=True)
    place = col(CharField(max_length=80, null=True), "地点", list=6, search=True)
    content = col(TextField(null=True), "活动内容", list=3, short=3, wanted=True, search=True)
    present_count = col(IntegerField(null=True), "到场人数", list=4, short=4, wanted=True, sum=True)
    teacher = col(Link(Staff, null=True), "到场教师", list=5, short=5, filter=True)


@register(
    title="托管中心",
    box=Box.PAIRINGS,
    order="name",
    label=("name",),
    key=(("name",),),
    locks=False,
    derived=(Derived("children_count", "托管学生数", children_now, list=6),),
    purpose="学生校外托管的地方、负责人和检查情况",
)
class CareCentre(Record):
    name = col(CharField(max_length=80), "名称", list=1, short=1, search=True)
    run_by = col(CharField(max_length=80, null=True), "举办人", list=2, wanted=True, search=True)
    address = col(CharField(max_length=120, null=True), "地址", list=3, wanted=True, search=True)
    phone = col(PhoneField(max_length=30, null=True), "电话", list=4, wanted=True)
    checked_on = col(DateField(null=True), "检查日期", list=5, wanted=True, filter=True)
    check_result = col(TextField(null=True), "检查情况", search=True)


@register(
    title="托管学生",
    box=Box.PAIRINGS,
    parent="care_centre",
    order="-since",
    label=("child",),
    rules=(SINCE_UNTIL,),
    menu=False,
    locks=False,
    purpose="哪名儿童在哪个托管中心",
)
class CareCentreChild(Record):
    care_centre = col(Link(CareCentre), "托管中心", list=1)
    child = col(Link(Child), "学生", list=2, short=1)
    since = col(DateField(), "入托日期", list=3, short=2)
    until = col(DateField(null=True), "离托日期", list=4, short=3)
