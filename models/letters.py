"""亲情沟通: letters between child and parents, hotlines, the open letter to parents."""

from __future__ import annotations

from peewee import CharField, DateField, DateTimeField, IntegerField, TextField

from models.boxes import TEACHER, Box
from models.children import Child, Parent
from models.fields import NAME, OPEN, Link, PersonNameField, PhoneField, WordField, WordsField, col
from models.plans import Plan
from models.register import Record, register
from models.rules import SINCE_UNTIL, comes_with, not_before
from models.school import Semester
from models.scopes import everyone, own_children_or_own_acts
from models.staff import Staff
from models.words import TOPICS

LETTER_DIRECTIONS = ("孩子致父母", "父母致孩子")
LETTER_KINDS = ("书信", "明信片", "电子邮件", "其他")
LINES = ("帮扶热线", "亲情热线", "师长热线", "家长热线")
CALLED_LINES = ("帮扶热线", "亲情热线", "师长热线", "留守家长热线")
HOTLINE_CALLERS = ("家长", "监护人", "学生", "其他")


# An answered enquiry has its answer, no earlier than the call (Q02-7).
answered_with_text = comes_with("answered_on", "answer", "请写明答复内容")
answered_after_call = not_before("answered_on", "called_at", "答复日期不能早于来电日期")


@register(
    title="书信",
    box=Box.FAMILY_CALLS,
    creates=(TEACHER,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-written_on",
    happened="written_on",
    label=("direction", "written_on"),
    many="child",
    evidence={"scan": "留存扫描件"},
    purpose="孩子与父母互通的书信，扫描件可留可不留",
)
class Letter(Record):
    child = col(Link(Child), "学生", list=2, short=1, filter=True)
    direction = col(WordField(LETTER_DIRECTIONS), "方向", list=3, short=2, filter=True)
    parent = col(Link(Parent, null=True), "父母", list=4, short=4, wanted=True, of="child")
    written_on = col(DateField(), "日期", list=1, short=3, filter=True)
    kind = col(
        WordField(LETTER_KINDS, null=True), "类别", list=5, short=5, wanted=True, filter=True
    )


@register(
    title="热线号码",
    box=Box.FAMILY_CALLS,
    scope={TEACHER: everyone},
    order="name",
    label=("name", "number"),
    key=(("name", "number"),),
    rules=(SINCE_UNTIL,),
    locks=False,
    purpose="帮扶热线、亲情热线等号码、值守人和时间",
)
class HotlineLine(Record):
    name = col(WordField(LINES), "热线名称", list=1, short=1, filter=True)
    number = col(PhoneField(max_length=30), "号码", list=2, short=2, search=True, secret=OPEN)
    staffed_by = col(Link(Staff, null=True), "值守人", list=3, short=3, wanted=True, filter=True)
    hours = col(
        CharField(max_length=80, null=True),
        "开通时间",
        list=4,
        short=4,
        wanted=True,
        help="如 每天 18:00—20:00",
    )
    since = col(DateField(null=True), "启用日期", list=5, wanted=True)
    until = col(DateField(null=True), "停用日期", list=6)


@register(
    title="热线与咨询",
    box=Box.FAMILY_CALLS,
    creates=(TEACHER,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-called_at",
    happened="called_at",
    label=("line", "called_at"),
    rules=(answered_with_text, answered_after_call),
    act_by=("answered_by",),
    open_until="answered_on",
    purpose="热线来电和家长咨询，答复后办结",
)
class Hotline(Record):
    line = col(WordField(CALLED_LINES), "热线", list=2, short=1, filter=True)
    called_at = col(DateTimeField(), "来电时间", list=1, short=2, filter=True)
    caller_name = col(
        PersonNameField(max_length=40, null=True),
        "来电人",
        list=4,
        short=4,
        wanted=True,
        search=True,
        secret=NAME,
    )
    caller = col(WordField(HOTLINE_CALLERS), "来电人身份", list=3, short=3, filter=True)
    child = col(Link(Child, null=True), "学生", list=5, short=5, filter=True)
    matter = col(TextField(null=True), "事项", list=6, short=6, wanted=True, search=True)
    answered_by = col(Link(Staff, null=True), "答复人", list=7, short=7, wanted=True, filter=True)
    answer = col(TextField(null=True), "答复", wanted=True, search=True)
    answered_on = col(DateField(null=True), "答复日期", list=8, wanted=True, filter=True)


sent_after_written = not_before("sent_on", "written_on", "发出日期不能早于成文日期")


@register(
    title="致家长公开信",
    box=Box.HOME_AND_SCHOOL,
    scope={TEACHER: everyone},
    order="-written_on",
    happened="written_on",
    label=("title",),
    match=("semester", "title"),
    rules=(sent_after_written,),
    evidence={"receipt": "回执"},
    purpose="每学期致家长公开信：联系电话、通话视频时间、活动计划",
)
class OpenLetter(Record):
    semester = col(Link(Semester), "学期", list=3, short=1, filter=True)
    title = col(CharField(max_length=80), "标题", list=2, short=2, search=True)
    written_on = col(DateField(), "成文日期", list=1, short=3, filter=True)
    text = col(TextField(null=True), "正文", wanted=True, search=True)
    phones = col(
        CharField(max_length=80, null=True), "联系电话", wanted=True, help="公开的联系电话"
    )
    call_times = col(
        CharField(max_length=80, null=True),
        "通话时间",
        short=4,
        wanted=True,
        help="如 周一至周五 16:30—17:30",
    )
    video_times = col(CharField(max_length=80, null=True), "视频时间", short=5, wanted=True)
    plan = col(Link(Plan, null=True), "活动计划", wanted=True)
    topics = col(WordsField(TOPICS, null=True), "主题", list=6)
    sent_on = col(DateField(null=True), "发出日期", list=4, short=6, wanted=True, filter=True)
    copies = col(IntegerField(null=True), "发出份数", list=5, short=7, wanted=True, sum=True)
