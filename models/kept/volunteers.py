"""志愿者: people from outside and what they did for the children."""

from __future__ import annotations

from typing import Any

from peewee import BooleanField, CharField, DateField, TextField

from models.core import codes
from models.core.actor import Actor
from models.core.boxes import TEACHER, Box
from models.core.fields import Link, PersonNameField, PhoneField, ScaledField, WordField, col
from models.core.gates import every_row
from models.core.register import Record, register, register_of
from models.core.rules import SINCE_UNTIL, Found, one_of, parent_of, value
from models.core.scopes import everyone, own_children, own_children_or_own_acts
from models.kept.children import Child
from models.kept.staff import Staff

VOLUNTEER_KINDS = (
    "教师",
    "爱心妈妈",
    "爱心爸爸",
    "青年志愿者",
    "编外家长",
    "兼职教师",
    "知心朋友",
    "法制辅导员",
    "心理教师",
)
VOLUNTEER_CHECK_RESULTS = ("无违法犯罪记录", "有记录", "未反馈")
VOLUNTEER_SERVICE_KINDS = ("心理辅导", "精神抚慰", "道德教育", "维护权益", "经济扶助", "活动")


CHECK_BAD = "有记录"


def record_free_of_offences(record: Any, _actor: Actor) -> Found:
    """Nobody with an entry in the check of offences is put to a child (未成年人保护法 62)."""
    volunteer = parent_of(record)
    running = record.until is None
    if running and volunteer is not None and volunteer.check_result == CHECK_BAD:
        return [("child", "这位志愿者的入职查询有违法犯罪记录，不能帮扶儿童")]
    return []


def checked_before_service(record: Any, _actor: Actor) -> Found:
    """A volunteer who turns out to have an entry may not go on supporting a child."""
    if record.check_result != CHECK_BAD:
        return []
    supported = every_row(register_of(VolunteerChild)).where(
        VolunteerChild.volunteer == record.id, VolunteerChild.until.is_null(True)
    )
    if not supported.exists():
        return []
    return [("check_result", "有违法犯罪记录的人不能继续帮扶，请先结束帮扶对象")]


def hours_in_a_day(record: Any, _actor: Actor) -> Found:
    """A service lasts longer than nothing and at most a day."""
    hours = value(record, "hours")
    if hours is None or 0 < hours <= 240:
        return []
    return [("hours", "时长要大于 0、不超过 24 小时")]


def kind_of_volunteer(record: Any) -> str | None:
    """Return the volunteer's kind at the time of the service (编外家长 …)."""
    if value(record, "volunteer") is None:
        return None
    found = every_row(register_of(Volunteer)).where(Volunteer.id == record.volunteer_id).first()
    return None if found is None else str(found.kind)


@register(
    title="志愿者",
    box=Box.PAIRINGS,
    scope={TEACHER: everyone},
    order="-id",
    label=("name",),
    match=("name", "phone"),
    rules=(SINCE_UNTIL,),
    whole_rules=(checked_before_service,),
    locks=False,
    evidence={"photo": "照片", "pledge": "承诺书"},
    wants={"photo": ""},
    purpose="爱心妈妈、编外家长、法制辅导员等校外帮扶人员，一人一行",
)
class Volunteer(Record):
    name = col(PersonNameField(max_length=40), "姓名", list=1, short=1, search=True, section="本人")
    sex = col(WordField(codes.SEX, null=True), "性别")
    kind = col(WordField(VOLUNTEER_KINDS), "类别", list=2, short=2, filter=True, section="服务")
    staff = col(Link(Staff, null=True), "对应教职工")
    acts_as_parent = col(BooleanField(default=False), "担任临时父母", filter=True)
    unit = col(CharField(max_length=80, null=True), "单位", list=3, search=True)
    phone = col(
        PhoneField(max_length=30, null=True), "电话", list=4, short=3, wanted=True, search=True
    )
    political_status = col(WordField(codes.POLITICAL, null=True), "政治面貌")
    checked_on = col(
        DateField(null=True),
        "入职查询日期",
        list=5,
        wanted=True,
        section="入职查询",
        help="密切接触未成年人的人员，上岗前查询违法犯罪记录",
    )
    check_result = col(
        WordField(VOLUNTEER_CHECK_RESULTS, null=True),
        "入职查询结果",
        list=6,
        wanted=True,
        filter=True,
    )
    service_hours = col(CharField(max_length=80, null=True), "服务时段", help="如 每周三下午")
    since = col(DateField(null=True), "加入日期", list=7, wanted=True)
    until = col(DateField(null=True), "退出日期", list=8)


@register(
    title="志愿者帮扶对象",
    box=Box.PAIRINGS,
    scope={TEACHER: own_children("child")},
    parent="volunteer",
    order="-since",
    label=("child",),
    rules=(SINCE_UNTIL, record_free_of_offences),
    menu=False,
    locks=False,
    purpose="志愿者帮扶哪几名儿童、从哪天到哪天",
)
class VolunteerChild(Record):
    volunteer = col(Link(Volunteer), "志愿者", list=1)
    child = col(Link(Child), "学生", list=2, short=1)
    since = col(DateField(), "帮扶起", list=3, short=2)
    until = col(DateField(null=True), "帮扶止", list=4, short=3)


who_served = one_of(("volunteer", "organisation"), "请选择志愿者，或填写服务单位")


@register(
    title="志愿者活动记录",
    box=Box.PAIRINGS,
    creates=(TEACHER,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-served_on",
    happened="served_on",
    label=("kind", "served_on"),
    match=("volunteer", "organisation", "served_on", "kind"),
    rules=(who_served, hours_in_a_day),
    evidence={"photo": "照片"},
    purpose="志愿者或单位每一次来校服务：做了什么、多长时间、为了谁",
)
class VolunteerService(Record):
    volunteer = col(Link(Volunteer, null=True), "志愿者", list=2, short=1, wanted=True, filter=True)
    organisation = col(
        CharField(max_length=80, null=True),
        "服务单位",
        list=3,
        short=2,
        search=True,
        help="单位来服务时填写，如 县法院",
    )
    kind = col(WordField(VOLUNTEER_SERVICE_KINDS), "类别", list=4, short=3, filter=True)
    served_on = col(DateField(), "服务日期", list=1, short=4, filter=True)
    hours = col(ScaledField(1, null=True), "时长（小时）", list=5, short=5, wanted=True, sum=True)
    content = col(TextField(null=True), "服务内容", short=6, wanted=True, search=True)
    child = col(Link(Child, null=True), "服务学生", list=7)
    whom = col(CharField(max_length=80, null=True), "服务对象", list=6, wanted=True, search=True)
    conduct_report = col(
        TextField(null=True),
        "校外表现反映",
        wanted=True,
        search=True,
        wanted_if="capacity=编外家长",
        help="编外家长反映的孩子校外表现",
    )
    capacity = col(
        CharField(max_length=80, null=True),
        "志愿者类别",
        filter=True,
        computed=kind_of_volunteer,
        as_saved=True,
    )
