"""学期摸底: once a semester somebody asks how each family is."""

from __future__ import annotations

from peewee import DateField, TextField

from models.boxes import TEACHER, Box
from models.children import Child
from models.fields import Link, WordField, col
from models.register import Record, register
from models.rules import needed
from models.school import Semester
from models.scopes import own_children_or_own_acts
from models.staff import Staff

CENSUS_MANNERS = ("上门", "电话", "访群众")
CENSUS_RESULTS = ("情况无变化", "情况有变化")


changes_told = needed("changes", "情况有变化的，请写明变化了什么", result=("情况有变化",))


@register(
    title="学期摸底",
    box=Box.CHILDREN,
    creates=(TEACHER,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-surveyed_on",
    happened="surveyed_on",
    label=("child", "surveyed_on"),
    key=(("child", "semester"),),
    rules=(changes_told,),
    act_by=("surveyor",),
    many="child",
    purpose="每学期对每名儿童家庭情况的摸底核对",
)
class Census(Record):
    child = col(Link(Child), "学生", list=2, short=1, filter=True)
    semester = col(Link(Semester), "学期", list=3, short=2, filter=True)
    surveyed_on = col(DateField(), "摸底日期", list=1, short=3, filter=True)
    surveyor = col(Link(Staff), "摸底人", list=6, short=4, filter=True)
    manner = col(WordField(CENSUS_MANNERS), "方式", list=4, short=5, filter=True)
    result = col(
        WordField(CENSUS_RESULTS, null=True), "摸底结果", list=5, short=6, wanted=True, filter=True
    )
    changes = col(
        TextField(null=True),
        "变化情况",
        short=7,
        wanted=True,
        search=True,
        show_if="result=情况有变化",
        help="同时请到父母、监护人登记里改成新情况",
    )
