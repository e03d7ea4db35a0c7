"""计划总结: plans, the calendar of events, summaries."""

from __future__ import annotations

from peewee import CharField, DateField, IntegerField, TextField

from models.core.boxes import TEACHER, Box
from models.core.fields import Link, MonthField, WordField, col
from models.core.register import Record, register
from models.core.rules import needed, not_before
from models.core.scopes import everyone, own_acts
from models.kept.activities import Activity
from models.kept.meetings import Meeting
from models.kept.school import Semester
from models.kept.staff import SchoolClass, Staff

PLAN_KINDS = ("学期工作计划", "活动计划", "周安排", "沟通方法", "假日营")
CALENDAR_EVENT_KINDS = ("教学", "会议", "活动", "讲座", "家访", "检查", "放假", "其他")
SUMMARY_KINDS = ("学期", "月", "活动", "经验做法", "个案", "调研")


week_named = needed("week", "周安排要写明第几周", kind=("周安排",))
class_named = needed("school_class", "请选择班级", kind=("沟通方法", "假日营"))


@register(
    title="计划",
    box=Box.PLANS,
    creates=(TEACHER,),
    scope={TEACHER: everyone},
    order="-made_on",
    happened="made_on",
    label=("title",),
    match=("kind", "semester", "week", "school_class", "title"),
    rules=(week_named, class_named),
    evidence={"file": "文件"},
    purpose="学期工作计划、每周安排、班级沟通方法等计划",
)
class Plan(Record):
    kind = col(WordField(PLAN_KINDS), "类别", list=3, short=1, filter=True)
    title = col(CharField(max_length=80), "标题", list=2, short=2, search=True)
    made_on = col(DateField(), "制定日期", list=1, short=3, filter=True)
    semester = col(Link(Semester), "学期", list=4, short=4, filter=True)
    week = col(
        IntegerField(null=True),
        "周次",
        list=5,
        short=5,
        wanted=True,
        show_if="kind=周安排",
        help="本学期第几周",
    )
    school_class = col(
        Link(SchoolClass, null=True),
        "班级",
        list=6,
        short=6,
        wanted=True,
        filter=True,
        show_if="kind=沟通方法|假日营",
    )
    text = col(TextField(null=True), "正文", short=7, wanted=True, search=True)
    published_on = col(DateField(null=True), "发布日期", list=7, wanted=True, show_if="kind=周安排")
    published_where = col(
        CharField(max_length=80, null=True),
        "发布位置",
        wanted=True,
        search=True,
        show_if="kind=周安排",
        help="如 校园网、公示栏",
    )


ends_not_before = not_before("ends_on", "starts_on", "结束日期不能早于开始日期")


@register(
    title="行事历",
    box=Box.PLANS,
    scope={TEACHER: everyone},
    order="starts_on",
    happened="starts_on",
    label=("title",),
    match=("title", "starts_on"),
    rules=(ends_not_before,),
    planned=True,
    purpose="本学期哪天做什么；行事历由此排出",
)
class CalendarEvent(Record):
    title = col(CharField(max_length=80), "事项", list=3, short=1, search=True)
    starts_on = col(DateField(), "开始日期", list=1, short=2, filter=True)
    ends_on = col(DateField(null=True), "结束日期", list=2, short=3)
    place = col(CharField(max_length=80, null=True), "地点", list=5, short=5, search=True)
    responsible = col(Link(Staff, null=True), "负责人", list=6, short=6, wanted=True, filter=True)
    kind = col(
        WordField(CALENDAR_EVENT_KINDS, null=True),
        "类别",
        list=4,
        short=4,
        wanted=True,
        filter=True,
    )


semester_named = needed("semester", "学期总结要选择学期", kind=("学期",))
month_named = needed("month", "月总结要填写月份，如 2025-10", kind=("月",))


@register(
    title="总结",
    box=Box.PLANS,
    creates=(TEACHER,),
    scope={TEACHER: own_acts},
    order="-made_on",
    happened="made_on",
    label=("title",),
    match=("kind", "title", "made_on"),
    rules=(semester_named, month_named),
    act_by=("author",),
    evidence={"file": "文件"},
    purpose="学期总结、月总结、经验做法、个案和调研",
)
class Summary(Record):
    kind = col(WordField(SUMMARY_KINDS), "类别", list=3, short=1, filter=True)
    title = col(
        CharField(max_length=80),
        "标题",
        list=2,
        short=2,
        search=True,
        help="个案请不要写出儿童姓名",
    )
    made_on = col(DateField(), "完成日期", list=1, short=3, filter=True)
    semester = col(
        Link(Semester, null=True),
        "学期",
        list=4,
        short=4,
        wanted=True,
        filter=True,
        show_if="kind=学期",
    )
    month = col(
        MonthField(null=True), "月份", list=5, short=5, wanted=True, show_if="kind=月|经验做法"
    )
    activity = col(Link(Activity, null=True), "所属活动", show_if="kind=活动")
    author = col(Link(Staff, null=True), "撰写人", list=6, filter=True)
    text = col(TextField(null=True), "正文", short=6, wanted=True, search=True)
    shared_at = col(
        Link(Meeting, null=True),
        "交流会议",
        show_if="kind=个案",
        help="在哪次经验交流会上交流推广",
    )
