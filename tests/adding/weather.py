"""A register: one class in one file, models/kept/weather.py."""

from peewee import CharField, DateField, TextField

from models.core.boxes import TEACHER, Box
from models.core.fields import OPEN, Link, col
from models.core.register import Record, register
from models.core.scopes import own_children_or_own_acts
from models.kept.children import Child
from models.kept.staff import Staff


@register(
    title="雨天记录",
    box=Box.SAFETY,
    creates=(TEACHER,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-seen_on",
    happened="seen_on",
    label=("child", "seen_on"),
    act_by=("teacher",),
    purpose="下雨天谁送孩子回家",
)
class Weather(Record):
    child = col(Link(Child), "学生", list=2, filter=True, short=1, secret=OPEN)
    teacher = col(Link(Staff), "教师", list=3, filter=True, short=2, secret=OPEN)
    seen_on = col(DateField(), "日期", list=1, filter=True, short=3, secret=OPEN)
    sky = col(CharField(max_length=20), "天色", list=4, search=True, short=4)
    remark = col(TextField(null=True), "说明", wanted=True)
