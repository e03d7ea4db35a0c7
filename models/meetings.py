"""会议: one sheet with its sign-in lines."""

from __future__ import annotations

from typing import Any

from peewee import BooleanField, CharField, DateTimeField, IntegerField, TextField

from models.actor import Actor
from models.boxes import LEADERSHIP, TEACHER, Box
from models.children import Child, Guardian, Parent
from models.fields import NAME, Link, PersonNameField, PhoneField, WordField, col
from models.register import Record, register
from models.scopes import own_acts
from models.staff import SchoolClass, Staff

MEETING_KINDS = (
    "领导小组",
    "例会",
    "学校周例会",
    "联席",
    "班级座谈",
    "恳谈会",
    "家长会",
    "监护人会",
    "监护人培训",
    "返乡家长会",
    "教师会",
    "学生会",
    "表彰",
    "专题研讨",
    "经验交流",
)
FORMS = ("校内", "家长分校", "送教上门")


def present_not_above_due(record: Any, _actor: Actor) -> list[tuple[str, str]]:
    """No more people came than were due, unless the number due is unknown."""
    if record.due and record.present and record.present > record.due:
        return [("present", "实到人数不能多于应到人数，请核对")]
    return []


@register(
    title="会议记录",
    box=Box.MEETINGS,
    systems=("S03", "S16", "Q07", "Q10", "Q16", "Q18", "Q25"),
    creates=(TEACHER, LEADERSHIP),
    scope={TEACHER: own_acts},
    order="-held_at",
    happened="held_at",
    label=("title", "held_at"),
    act_by=("chair", "recorder"),
    rules=(present_not_above_due,),
    roster=True,
    evidence={"photo": "照片", "sign-in": "签到表", "speech": "讲话稿", "minutes": "会议纪要"},
    purpose="例会、家长会、联席会等每一次会议：议题、内容、签到和照片",
)
class Meeting(Record):
    """A meeting of the home."""

    kind = col(WordField(MEETING_KINDS), "会议类型", list=2, filter=True, short=1)
    title = col(CharField(max_length=80), "会议名称", list=3, short=2, search=True)
    held_at = col(DateTimeField(), "时间", list=1, filter=True, short=3)
    place = col(CharField(max_length=60), "地点", list=4, short=4)
    form = col(WordField(FORMS, default="校内"), "形式", filter=True)
    school_class = col(Link(SchoolClass, null=True), "班级", filter=True, help="班级座谈时填写")
    chair = col(Link(Staff), "主持人", list=5, filter=True, short=5)
    recorder = col(Link(Staff, null=True), "记录人")
    by_principal = col(BooleanField(default=False), "校长主持")
    home_on_agenda = col(BooleanField(default=False), "议程含之家工作", show_if="kind=学校周例会")
    due = col(IntegerField(null=True), "应到人数", wanted=True, sum=True)
    present = col(IntegerField(null=True), "实到人数", list=6, wanted=True, sum=True)
    agenda = col(TextField(null=True), "议题", wanted=True, search=True, short=6)
    content = col(TextField(null=True), "会议内容", wanted=True, search=True, short=7)
    resolution = col(TextField(null=True), "决议", search=True)


def attendee_is_somebody(record: Any, _actor: Actor) -> list[tuple[str, str]]:
    """A sign-in line names one person: picked, or written."""
    picked = (record.staff_id, record.parent_id, record.guardian_id, record.child_id, record.name)
    if not any(picked):
        return [("name", "请选择参加人，或填写姓名")]
    return []


@register(
    title="签到",
    box=Box.MEETINGS,
    parent="meeting",
    label=("name", "staff", "child"),
    rules=(attendee_is_somebody,),
    roster=True,
    menu=False,
    purpose="会议签到：教职工、家长、监护人、学生或来宾",
)
class Attendee(Record):
    """One person who signed in at a meeting."""

    meeting = col(Link(Meeting), "会议", list=1)
    name = col(PersonNameField(max_length=40, null=True), "姓名", list=2, short=1, secret=NAME)
    staff = col(Link(Staff, null=True), "教职工", list=3, short=2)
    child = col(Link(Child, null=True), "学生或其家长", list=4, short=3)
    parent = col(Link(Parent, null=True), "父母")
    guardian = col(Link(Guardian, null=True), "监护人")
    relation = col(CharField(max_length=40, null=True), "单位或与学生关系", list=5, short=4)
    phone = col(PhoneField(max_length=30, null=True), "电话")
    signed = col(BooleanField(default=True), "已签到", list=6)
