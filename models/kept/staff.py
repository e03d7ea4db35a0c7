"""Colleagues, village points and classes."""

from __future__ import annotations

from typing import Any

from peewee import BooleanField, CharField, DateField, IntegerField, TextField

from models.core import calendar, codes
from models.core.boxes import TEACHER, Box
from models.core.fields import ADDRESS, Link, PersonNameField, PhoneField, WordField, col
from models.core.gates import every_row
from models.core.register import Derived, Record, model_of, register, register_of
from models.core.rules import SINCE_UNTIL, no_overlap, not_before, not_negative, once
from models.core.school_calendar import POINT_OPEN, POINT_SHUT
from models.core.scopes import everyone, own_classes, own_staff
from models.core.spans import holds_on
from models.kept.school import Semester

GRADES = tuple(f"{word}年级" for word in "一二三四五六七八九")
DUTIES_OFFICES = (
    "校长室",
    "教导处",
    "政教处",
    "总务处",
    "安全办",
    "团队",
    "关工委",
    "教研组",
    "其他",
)


def dates_in_order(record: Any, _actor: object) -> list[tuple[str, str]]:
    """A span that ends does not end before it starts."""
    if record.until is not None and record.until < record.since:
        return [("until", "结束日期不能早于开始日期")]
    return []


def accounts(staff: list[Any], _day: object) -> list[str]:
    """Return the login name of each member of staff, "" for none."""
    user = model_of("user")
    found = every_row(register_of(user)).where(user.staff.in_([one.id for one in staff]))
    names = {row.staff_id: row.username for row in found}
    return [names.get(one.id, "") for one in staff]


left_after_joined = not_before("left_on", "joined_on", "离校日期不能早于到校日期")


@register(
    title="教职工",
    box=Box.LEADERSHIP,
    scope={TEACHER: own_staff("id")},
    order="pinyin_key",
    label=("name",),
    match=("name", "phone"),
    rules=(left_after_joined,),
    pinyin="name",
    locks=False,
    derived=(Derived("user", "登录账号", accounts),),
    by_name=True,
    carried=True,
    purpose="学校的每一位教职工；结对、家访、值班都从这里选人",
    span=("joined_on", "left_on"),
    office=True,
)
class Staff(Record):
    name = col(PersonNameField(max_length=40), "姓名", list=1, short=1, search=True)
    sex = col(WordField(codes.SEX, null=True), "性别", list=2, wanted=True, filter=True)
    phone = col(
        PhoneField(max_length=30, null=True), "联系电话", list=4, short=5, wanted=True, search=True
    )
    address = col(CharField(max_length=120, null=True), "通讯地址", wanted=True, secret=ADDRESS)
    subject = col(
        CharField(max_length=20, null=True),
        "任教学科",
        list=3,
        short=2,
        wanted=True,
        search=True,
        filter=True,
    )
    post = col(
        CharField(max_length=30, null=True), "职务", list=5, short=3, wanted=True, search=True
    )
    office = col(
        WordField(DUTIES_OFFICES, null=True), "所在处室", list=6, short=4, wanted=True, filter=True
    )
    party_member = col(BooleanField(default=False), "党员")
    joined_on = col(DateField(null=True), "到校日期", wanted=True)
    left_on = col(DateField(null=True), "离校日期")
    pinyin_key = CharField(max_length=120, default="", index=True)
    pinyin_search = TextField(default="")


def rooms_of(points: list[Any], day: Any) -> list[str]:
    """Return the names of the rooms each village point has."""
    room = model_of("room")
    query = every_row(register_of(room)).where(
        room.point.in_([point.id for point in points]), holds_on(room, day)
    )
    found: dict[int, list[str]] = {}
    for row in query.order_by(room.name):
        found.setdefault(row.point_id, []).append(row.name)
    return ["、".join(found.get(point.id, [])) for point in points]


@register(
    title="校点",
    box=Box.ASSETS,
    scope={TEACHER: everyone},
    order="name",
    label=("name",),
    key=(("name",),),
    rules=(SINCE_UNTIL,),
    derived=(Derived("rooms", "场所", rooms_of, list=4),),
    locks=False,
    by_name=True,
    moves_calendar=True,
    purpose="本部以外的村小、教学点：负责人、有没有网络、自己的校历；没有校点的学校不用填",
)
class VillagePoint(Record):
    name = col(CharField(max_length=40), "名称", list=1, short=1, search=True, help="如 石门教学点")
    keeper = col(Link(Staff, null=True), "负责人", list=2, short=2, wanted=True, filter=True)
    network = col(
        BooleanField(default=True),
        "有网络",
        list=3,
        short=3,
        filter=True,
        help="没有网络的，每周用 U 盘交换一次工作簿",
    )
    since = col(DateField(), "启用日期", list=5, short=4)
    until = col(DateField(null=True), "停用日期", list=6)
    remark = col(TextField(null=True), "说明")


@register(
    title="校点校历",
    box=Box.ASSETS,
    parent="point",
    order="-since",
    label=("since", "kind"),
    rules=(SINCE_UNTIL,),
    locks=False,
    menu=False,
    moves_calendar=True,
    purpose="校点和全校不一样的日子：停课或上课，其余的天按学校的校历",
)
class PointDay(Record):
    point = col(Link(VillagePoint), "校点", list=1)
    kind = col(WordField((POINT_SHUT, POINT_OPEN)), "性质", list=2, short=1)
    since = col(DateField(), "从哪天", list=3, short=2)
    until = col(DateField(), "到哪天", list=4, short=3)
    reason = col(CharField(max_length=60, null=True), "原因", list=5, short=4, wanted=True)


calendar.points_from(PointDay)


@register(
    title="班级",
    box=Box.CHILDREN,
    scope={TEACHER: own_classes("id")},
    order="grade",
    label=("name",),
    key=(("name", "entry_year"),),
    pinyin="name",
    locks=False,
    by_name=True,
    carried=True,
    purpose="学校的班级和每班学生总数，统计表用",
)
class SchoolClass(Record):
    name = col(CharField(max_length=30), "班级", list=1, short=1, search=True, help="如 七（1）班")
    grade = col(IntegerField(), "年级", list=2, short=2, filter=True, help="1 至 9，七年级写 7")
    number = col(IntegerField(), "班号", list=3, short=3)
    entry_year = col(IntegerField(null=True), "入学年份")
    point = col(
        Link(VillagePoint, null=True), "校点", list=5, filter=True, place=True, help="本部不填"
    )
    pupils = col(
        IntegerField(null=True),
        "全班学生数",
        list=4,
        wanted=True,
        sum=True,
        help="现在的人数；各学期的人数填在班级学生数里",
    )
    boys = col(IntegerField(null=True), "其中男生", sum=True)
    pinyin_key = CharField(max_length=120, default="", index=True)
    pinyin_search = TextField(default="")


def sums_tie(record: Any, _actor: object) -> list[tuple[str, str]]:
    """Boys and girls make the pupils, so that the statistics tie."""
    if record.boys is None or record.girls is None:
        return []
    if record.boys + record.girls == record.pupils:
        return []
    return [("pupils", "男生加女生要等于学生总数，请核对")]


class_semester_once = once("semester", "school_class", "这个学期的人数已经填过")
not_below_zero = not_negative("pupils", "boys", "girls")


@register(
    title="班级学生数",
    box=Box.CHILDREN,
    parent="school_class",
    order="-semester",
    label=("semester", "pupils"),
    rules=(sums_tie, class_semester_once, not_below_zero),
    menu=False,
    locks=False,
    purpose="每学期各班的学生总数，统计表按它算比例",
)
class ClassSize(Record):
    school_class = col(Link(SchoolClass), "班级", list=1)
    semester = col(Link(Semester), "学期", list=2, short=1)
    pupils = col(IntegerField(), "学生总数", list=3, short=2, sum=True)
    boys = col(IntegerField(null=True), "男生数", list=4, short=3, sum=True)
    girls = col(IntegerField(null=True), "女生数", list=5, short=4, sum=True)


one_class_teacher = no_overlap(
    "school_class", told="这个班在这段时间已有班主任，请先填写原班主任的任职止"
)


@register(
    title="班主任任职",
    box=Box.CHILDREN,
    scope={TEACHER: own_staff("staff")},
    order="-since",
    label=("staff", "school_class"),
    match=("school_class", "since"),
    rules=(dates_in_order, one_class_teacher),
    locks=False,
    purpose="谁从哪天起当哪个班的班主任",
)
class ClassTeacher(Record):
    school_class = col(Link(SchoolClass), "班级", list=1, short=1, filter=True)
    staff = col(Link(Staff), "班主任", list=2, short=2, filter=True)
    since = col(DateField(), "起", list=3, short=3)
    until = col(DateField(null=True), "止", list=4)


taught_once = no_overlap(
    "school_class", "staff", "subject", told="这位教师在这段时间已经教这个班的这一科"
)


@register(
    title="任课安排",
    box=Box.CHILDREN,
    scope={TEACHER: own_staff("staff")},
    order="-since",
    label=("staff", "school_class", "subject"),
    match=("school_class", "staff", "subject", "since"),
    rules=(dates_in_order, taught_once),
    locks=False,
    purpose="谁从哪天起在哪个班教哪一科；任课教师的家访只算到自己教的班",
)
class TeachingPost(Record):
    school_class = col(Link(SchoolClass), "班级", list=1, short=1, filter=True)
    staff = col(Link(Staff), "任课教师", list=2, short=2, filter=True)
    subject = col(CharField(max_length=20), "学科", list=3, short=3, filter=True)
    since = col(DateField(), "起", list=4, short=4)
    until = col(DateField(null=True), "止", list=5)
