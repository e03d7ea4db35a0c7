"""活动记录: everything the home does with the children but lectures."""

from __future__ import annotations

from peewee import CharField, DateTimeField, IntegerField, TextField

from models.core.boxes import TEACHER, Box
from models.core.fields import Link, WordField, WordsField, col
from models.core.register import Record, register
from models.core.rules import after, needed, once, one_of
from models.core.scopes import everyone
from models.kept.children import Child
from models.kept.staff import SchoolClass, Staff

ACTIVITY_KINDS = (
    "法治",
    "安全",
    "心理",
    "德育",
    "文体",
    "竞赛",
    "社会实践",
    "夏冬令营",
    "集体生日",
    "升旗",
    "书信竞赛",
    "主题班队会",
    "公益",
    "兴趣小组",
    "生存",
    "少先队·团队",
    "班委会",
    "社区服务",
    "信息服务",
    "献爱心",
    "假日营",
    "自立教育",
    "调查走访",
    "劳动体验",
    "科技探秘",
    "关爱老人",
    "环保",
)
REACHES = ("全校", "年级", "班级", "小组")
AUDIENCES = ("学生", "家长", "教师")


ends_after_begin = after("ends_at", "held_at", "结束时间要晚于开始时间")
class_named = needed("school_class", "班级活动请选择班级", reach=("班级",))
camp_named = needed("school_class", "假日营按班级开展，请选择班级", kind=("假日营",))


@register(
    title="活动记录",
    box=Box.ACTIVITIES,
    creates=(TEACHER,),
    scope={TEACHER: everyone},
    order="-held_at",
    happened="held_at",
    label=("theme", "held_at"),
    rules=(ends_after_begin, class_named, camp_named),
    act_by=("responsible", "leader"),
    roster=True,
    evidence={"script": "讲稿", "photo": "照片"},
    wants={"script": "kind=德育", "photo": ""},
    purpose="升旗、文体、社会实践、集体生日等每一次活动，附照片",
)
class Activity(Record):
    theme = col(
        CharField(max_length=80),
        "主题",
        list=2,
        short=1,
        search=True,
        section="活动",
        help="如 重阳节看望老人",
    )
    kind = col(WordField(ACTIVITY_KINDS), "类别", list=3, short=2, filter=True)
    held_at = col(DateTimeField(), "时间", list=1, short=3, filter=True)
    place = col(
        CharField(max_length=80, null=True), "地点", list=4, short=4, wanted=True, search=True
    )
    speaker = col(CharField(max_length=80, null=True), "主讲", search=True)
    responsible = col(Link(Staff, null=True), "负责教师", list=5, short=5, wanted=True, filter=True)
    leader = col(Link(Staff, null=True), "负责领导", wanted=True, help="每次活动都要有成人在场负责")
    reach = col(
        WordField(REACHES, null=True), "范围", list=7, wanted=True, filter=True, section="参加"
    )
    school_class = col(
        Link(SchoolClass, null=True), "班级", list=8, wanted=True, filter=True, show_if="reach=班级"
    )
    audience = col(WordsField(AUDIENCES, null=True), "参加对象", wanted=True)
    people_count = col(IntegerField(null=True), "参加人数", list=6, short=6, wanted=True, sum=True)
    process = col(
        TextField(null=True),
        "过程",
        short=7,
        wanted=True,
        search=True,
        section="过程",
        help="写三五句即可",
    )
    summary = col(TextField(null=True), "小结", search=True)
    ends_at = col(DateTimeField(null=True), "结束时间")


one_participant = one_of(("child", "staff"), "每行选一位学生或一位教师", exactly=True)
child_once = once("child", "activity", "这名学生已经在名单里")
staff_once = once("staff", "activity", "这位教师已经在名单里")


@register(
    title="活动参加人员",
    box=Box.ACTIVITIES,
    parent="activity",
    label=("child", "staff"),
    rules=(one_participant, child_once, staff_once),
    roster=True,
    menu=False,
    purpose="活动参加人员：学生和带队教师",
)
class ActivityParticipant(Record):
    activity = col(Link(Activity), "活动记录", list=1)
    child = col(Link(Child, null=True), "学生", list=2, short=1)
    staff = col(Link(Staff, null=True), "教师", list=3, short=2)


LECTURE_KINDS = ("法治", "安全", "心理", "健康", "生存")


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


child_hears_once = once("child", "lecture", "这名学生已经在名单里")
staff_hears_once = once("staff", "lecture", "这位教师已经在名单里")


@register(
    title="讲座参加人员",
    box=Box.LECTURES,
    parent="lecture",
    label=("child", "staff"),
    rules=(one_participant, child_hears_once, staff_hears_once),
    roster=True,
    menu=False,
    purpose="听讲座的学生和教师",
)
class LectureParticipant(Record):
    lecture = col(Link(Lecture), "讲座", list=1)
    child = col(Link(Child, null=True), "学生", list=2, short=1)
    staff = col(Link(Staff, null=True), "教师", list=3, short=2)
