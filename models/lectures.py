"""讲座: law, safety, the mind, health and survival, for pupils, parents and teachers."""

from __future__ import annotations

from peewee import CharField, DateTimeField, IntegerField, TextField

from models.activities import AUDIENCES
from models.boxes import TEACHER, Box
from models.children import Child
from models.fields import Link, WordField, WordsField, col
from models.register import Record, register
from models.rules import after, once, one_of
from models.scopes import everyone
from models.staff import Staff

LECTURE_KINDS = ("法治", "安全", "心理", "健康", "生存")


ends_after_begin = after("ends_at", "held_at", "结束时间要晚于开始时间")


@register(
    title="讲座",
    box=Box.LECTURES,
    creates=(TEACHER,),
    scope={TEACHER: everyone},
    order="-held_at",
    happened="held_at",
    label=("theme", "held_at"),
    rules=(ends_after_begin,),
    act_by=("responsible",),
    roster=True,
    evidence={"script": "讲稿", "photo": "照片"},
    wants={"script": "", "photo": ""},
    purpose="法治、安全、心理、健康讲座，讲稿和照片齐全才算完整",
)
class Lecture(Record):
    theme = col(CharField(max_length=80), "主题", list=2, short=1, search=True)
    kind = col(WordField(LECTURE_KINDS), "类别", list=3, short=2, filter=True)
    held_at = col(DateTimeField(), "时间", list=1, short=3, filter=True)
    place = col(CharField(max_length=80, null=True), "地点", list=5, short=4, wanted=True)
    lecturer = col(
        CharField(max_length=80, null=True), "主讲", list=4, short=5, wanted=True, search=True
    )
    lecturer_unit = col(CharField(max_length=80, null=True), "主讲人单位", search=True)
    responsible = col(Link(Staff, null=True), "负责教师", list=8, wanted=True, filter=True)
    audience = col(
        WordsField(AUDIENCES), "对象", list=6, short=6, filter=True, help="监护人参加的选家长"
    )
    people_count = col(IntegerField(null=True), "参加人数", list=7, short=7, wanted=True, sum=True)
    process = col(TextField(null=True), "过程", wanted=True, search=True)
    summary = col(TextField(null=True), "小结", search=True)
    ends_at = col(DateTimeField(null=True), "结束时间")


one_participant = one_of(("child", "staff"), "每行选一位学生或一位教师", exactly=True)
child_once = once("child", "lecture", "这名学生已经在名单里")
staff_once = once("staff", "lecture", "这位教师已经在名单里")


@register(
    title="讲座参加人员",
    box=Box.LECTURES,
    parent="lecture",
    label=("child", "staff"),
    rules=(one_participant, child_once, staff_once),
    roster=True,
    menu=False,
    purpose="听讲座的学生和教师",
)
class LectureParticipant(Record):
    lecture = col(Link(Lecture), "讲座", list=1)
    child = col(Link(Child, null=True), "学生", list=2, short=1)
    staff = col(Link(Staff, null=True), "教师", list=3, short=2)
