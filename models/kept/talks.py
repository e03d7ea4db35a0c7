"""谈心 and 家访: the two acts a paired teacher enters most."""

from __future__ import annotations

from typing import Any

from peewee import BooleanField, CharField, DateField, DateTimeField, TextField

from models.core.actor import Actor
from models.core.boxes import LEADERSHIP, TEACHER, Box
from models.core.fields import (
    ADDRESS,
    NAME,
    PRIVATE,
    Link,
    PersonNameField,
    WordField,
    WordsField,
    col,
    paper_day,
)
from models.core.gates import every_row
from models.core.register import Record, register, register_of
from models.core.rules import Found, comes_with, not_before, once, value
from models.core.scopes import own_children_or_own_acts
from models.kept.children import Child, Guardian, Parent
from models.kept.school import Semester
from models.kept.staff import Staff
from models.kept.volunteers import Volunteer

ASPECTS = ("学习", "生活", "情绪", "交友", "身体", "亲情")
RISKS = ("无", "关注", "转心理", "强制报告")
# Only a visit at the home counts as a home visit (docs/rules.md, Records and law).
MANNERS = ("入户", "电话", "微信")
# What a visit tells the family of the child's time at school (S13-4).
TOLD_ABOUT = ("学习", "生活", "纪律", "品德")
VISITED = ("父亲", "母亲", "祖父母", "外祖父母", "其他亲属", "其他监护人", "家中无人")


theme_before_talk = not_before("talked_at", "theme_set_on", "主题要在谈心之前拟定")


@register(
    title="谈心记录",
    box=Box.TALKS_AND_VISITS,
    creates=(TEACHER, LEADERSHIP),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-talked_at",
    happened="talked_at",
    label=("child", "topic"),
    act_by=("teacher",),
    rules=(theme_before_talk,),
    many="child",
    paper="paper_on",
    evidence={"photo": "照片"},
    purpose="与留守儿童每一次谈心：主题、方面、内容和对策",
)
class Talk(Record):
    child = col(Link(Child), "学生", list=2, filter=True, short=1)
    teacher = col(Link(Staff), "谈心教师", list=3, filter=True, short=2)
    talked_at = col(DateTimeField(), "谈心时间", list=1, filter=True, short=3)
    topic = col(CharField(max_length=60), "主题", list=4, short=4, search=True, help="谈之前先想好")
    theme_set_on = col(DateField(null=True), "主题拟定日期")
    place = col(CharField(max_length=40, null=True), "地点", short=5)
    aspects = col(WordsField(ASPECTS, null=True), "方面", list=5, wanted=True, filter=True, short=6)
    content = col(TextField(null=True), "谈话内容", wanted=True, search=True, short=7)
    problem = col(TextField(null=True), "发现的问题", search=True)
    measure = col(TextField(null=True), "对策")
    effect = col(TextField(null=True), "效果")
    risk = col(
        WordField(RISKS, null=True),
        "风险提示",
        list=6,
        short=8,
        filter=True,
        secret=PRIVATE,
        help="选“转心理”或“强制报告”后请当天告诉领导小组",
    )
    private_remark = col(TextField(null=True), "不公开备注", secret=PRIVATE, help="督查看不到")
    paper_on = paper_day()


purpose_before_visit = not_before("visited_at", "purpose_set_on", "家访目的要在走访之前拟定")


def revisit_after_visit(record: Any, _actor: Actor) -> list[tuple[str, str]]:
    """A second visit is planned for after the first."""
    if record.revisit_on and record.revisit_on <= record.visited_at.date():
        return [("revisit_on", "复访日期要晚于这次家访")]
    return []


def visit_has_visitor(record: Any, _actor: Actor) -> list[tuple[str, str]]:
    """Somebody made the visit."""
    visitors = every_row(register_of(HomeVisitor)).where(HomeVisitor.visit == record.id)
    return [] if visitors.exists() else [("home-visitor", "请至少选择一位家访教师")]


@register(
    title="家访记录",
    box=Box.TALKS_AND_VISITS,
    creates=(TEACHER, LEADERSHIP),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-visited_at",
    happened="visited_at",
    label=("child", "visited_at"),
    act_by=("home-visitor.staff",),
    rules=(purpose_before_visit, revisit_after_visit),
    many="child",
    wants={"photo": ""},
    whole_rules=(visit_has_visitor,),
    evidence={"photo": "照片", "signature": "家长签名"},
    purpose="走进儿童家里的每一次家访；有照片才算完整",
)
class HomeVisit(Record):
    child = col(Link(Child), "学生", list=2, filter=True, short=1)
    visited_at = col(DateTimeField(), "家访时间", list=1, filter=True, short=2)
    manner = col(
        WordField(MANNERS),
        "方式",
        list=3,
        filter=True,
        short=3,
        default="入户",
        help="只有入户才算家访",
    )
    met = col(WordField(VISITED, null=True), "受访人", list=4, wanted=True, filter=True, short=4)
    met_name = col(
        PersonNameField(max_length=40, null=True), "受访人姓名", wanted=True, secret=NAME
    )
    guardian = col(
        Link(Guardian, null=True),
        "受访监护人",
        wanted=True,
        of="child",
        wanted_if="training_brought=True",
    )
    address = col(CharField(max_length=120, null=True), "家访地址", secret=ADDRESS)
    purpose = col(
        TextField(null=True), "目的", wanted=True, help="走访前填写", short=5, search=True
    )
    purpose_set_on = col(DateField(null=True), "目的拟定日期")
    family = col(TextField(null=True), "家庭情况", wanted=True, search=True)
    at_school = col(TextField(null=True), "在校表现反馈", wanted=True, search=True, short=7)
    told_about = col(WordsField(TOLD_ABOUT, null=True), "反馈内容", short=8)
    findings = col(TextField(null=True), "在家表现与监护情况", wanted=True, search=True, short=6)
    opinion = col(TextField(null=True), "家长意见", wanted=True, search=True)
    advice = col(TextField(null=True), "指导建议", wanted=True)
    follow_up = col(TextField(null=True), "后续措施")
    revisit_on = col(DateField(null=True), "复访日期")
    training_brought = col(
        BooleanField(default=False), "送教上门", filter=True, help="把监护人培训送到家里"
    )
    private_remark = col(
        TextField(null=True), "不公开备注", secret=PRIVATE, help="督查看不到，注意保护儿童自尊"
    )


visitor_once = once("staff", "visit", "这位教师已经在这次家访里")


@register(
    title="家访教师",
    box=Box.TALKS_AND_VISITS,
    parent="visit",
    label=("staff",),
    rules=(visitor_once,),
    menu=False,
    purpose="一次家访去了哪几位教师，每位都计入",
)
class HomeVisitor(Record):
    visit = col(Link(HomeVisit), "家访", list=1)
    staff = col(Link(Staff), "家访教师", list=2, short=1)


INTERVIEW_INTERVIEWER_ROLES = ("领导", "教师")
INTERVIEW_INTERVIEWEE_ROLES = ("教师", "家长", "学生")
PARENT_CONTACT_BEGUN_BYS = ("教师", "家长", "监护人")
PARENT_CONTACT_WITH_WHOMS = ("父", "母", "监护人", "编外家长", "班主任")
PARENT_CONTACT_CHANNELS = ("电话", "书信", "见面", "微信")
SEMESTER_REPORT_MANNERS = ("当面", "学生带回", "微信", "邮寄", "电话")


_PAIRS = {
    ("领导", "教师"): "领导–教师",
    ("领导", "家长"): "领导–家长",
    ("领导", "学生"): "领导–学生",
    ("教师", "家长"): "教师–家长",
    ("教师", "学生"): "教师–学生",
}
PAIR_KINDS = tuple(_PAIRS.values())


def pair(record: Any) -> str | None:
    """Return which of the five pairs of S03-13 an interview is of, None for any other."""
    return _PAIRS.get((record.interviewer_role, record.interviewee_role))


def one_of_five_pairs(record: Any, _actor: Actor) -> Found:
    """Leaders speak with teachers, parents, pupils; teachers with parents, pupils (S03-13)."""
    if pair(record) is not None:
        return []
    return [("interviewee_role", "教师访谈的对象是家长或学生，请改选受访人身份")]


def interviewee_fits(record: Any, _actor: Actor) -> Found:
    """Who was interviewed fits the role said (S03-13)."""
    name = "interviewee_staff" if record.interviewee_role == "教师" else "child"
    if value(record, name) is not None:
        return []
    told = "请选择受访教师" if name == "interviewee_staff" else "请选择这名学生（家长的请选孩子）"
    return [(name, told)]


def failed_has_no_reply(record: Any, _actor: Actor) -> Found:
    """An attempt that reached nobody has no reply."""
    if record.reached or not record.reply:
        return []
    return [("reply", "没有联系上就没有答复；如果联系上了，请勾选“是否联系上”")]


def teacher_named(record: Any, _actor: Actor) -> Found:
    """Somebody of the school made the contact, or a parent told of one with the guardian."""
    relayed = record.begun_by == "家长" and record.with_whom == "监护人"
    if relayed or value(record, "teacher") is not None:
        return []
    return [("teacher", "请选择联系教师")]


@register(
    title="访谈记录",
    box=Box.TALKS_AND_VISITS,
    creates=(LEADERSHIP, TEACHER),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-interviewed_on",
    happened="interviewed_on",
    label=("topic", "interviewed_on"),
    rules=(one_of_five_pairs, interviewee_fits),
    act_by=("interviewer",),
    evidence={"photo": "照片"},
    wants={"photo": ""},
    purpose="领导、教师、家长、学生之间的访谈记录",
)
class Interview(Record):
    interviewed_on = col(DateField(), "访谈日期", list=1, short=1, filter=True)
    interviewer = col(Link(Staff), "访谈人", list=2, short=2, filter=True)
    interviewer_role = col(WordField(INTERVIEW_INTERVIEWER_ROLES), "访谈人身份", short=3)
    interviewee_role = col(
        WordField(INTERVIEW_INTERVIEWEE_ROLES), "受访人身份", short=4, filter=True
    )
    interviewee_staff = col(
        Link(Staff, null=True), "受访教师", list=4, wanted=True, show_if="interviewee_role=教师"
    )
    child = col(
        Link(Child, null=True),
        "学生",
        list=5,
        short=5,
        wanted=True,
        filter=True,
        show_if="interviewee_role=家长|学生",
    )
    interviewee_name = col(
        PersonNameField(max_length=40, null=True),
        "受访人姓名",
        wanted=True,
        search=True,
        secret=NAME,
        show_if="interviewee_role=家长",
    )
    pair = col(WordField(PAIR_KINDS, null=True), "访谈类型", list=3, filter=True, computed=pair)
    topic = col(
        CharField(max_length=80, null=True), "主题", list=6, short=6, wanted=True, search=True
    )
    content = col(TextField(null=True), "内容", short=7, wanted=True, search=True)
    follow_up = col(TextField(null=True), "后续措施", search=True)


@register(
    title="家校联系",
    box=Box.TALKS_AND_VISITS,
    creates=(TEACHER, LEADERSHIP),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-contacted_at",
    happened="contacted_at",
    label=("with_whom", "contacted_at"),
    rules=(failed_has_no_reply, teacher_named),
    act_by=("teacher",),
    many="child",
    paper="paper_on",
    purpose="与父母、监护人、编外家长、班主任的每次联系，没联系上的也记",
)
class ParentContact(Record):
    child = col(Link(Child), "学生", list=2, short=1, filter=True)
    contacted_at = col(DateTimeField(), "联系时间", list=1, short=2, filter=True)
    begun_by = col(WordField(PARENT_CONTACT_BEGUN_BYS), "发起方", list=6, short=3, filter=True)
    with_whom = col(WordField(PARENT_CONTACT_WITH_WHOMS), "联系对象", list=3, short=4, filter=True)
    teacher = col(
        Link(Staff, null=True),
        "联系教师",
        list=5,
        short=5,
        wanted=True,
        filter=True,
        help="家长与监护人之间的联系可以不填",
    )
    parent = col(Link(Parent, null=True), "父母", of="child", show_if="with_whom=父|母")
    guardian = col(Link(Guardian, null=True), "监护人", of="child", show_if="with_whom=监护人")
    volunteer = col(Link(Volunteer, null=True), "编外家长", show_if="with_whom=编外家长")
    channel = col(WordField(PARENT_CONTACT_CHANNELS), "渠道", list=4, short=6, filter=True)
    reached = col(BooleanField(default=True), "是否联系上", list=7, filter=True)
    reported = col(
        TextField(null=True),
        "通报内容",
        list=8,
        short=7,
        wanted=True,
        search=True,
        help="告诉对方孩子的学习和生活情况",
    )
    reply = col(TextField(null=True), "对方答复", search=True)
    paper_on = paper_day()


receipt_after_sent = not_before("receipt_on", "sent_on", "回执日期不能早于送达日期")
sent_first = comes_with("receipt_on", "sent_on", "有回执的，请先填写送达日期")


@register(
    title="学期通报",
    box=Box.TALKS_AND_VISITS,
    creates=(TEACHER,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-written_on",
    happened="written_on",
    label=("written_on",),
    key=(("child", "semester"),),
    rules=(receipt_after_sent, sent_first),
    open_until="receipt_on",
    finishing=("guardian", "sent_on", "manner", "receipt_on", "receipt"),
    act_by=("teacher",),
    evidence={"receipt": "回执"},
    purpose="每学期向监护人通报学习、生活、品行和心理情况",
)
class SemesterReport(Record):
    child = col(Link(Child), "学生", list=2, short=1, filter=True, section="通报")
    semester = col(Link(Semester), "学期", list=3, short=2, filter=True)
    written_on = col(DateField(), "填写日期", list=1, short=3, filter=True)
    teacher = col(Link(Staff, null=True), "填写教师", list=4, short=4, wanted=True, filter=True)
    study = col(TextField(null=True), "学习情况", short=5, wanted=True, search=True, section="情况")
    exam_results = col(TextField(null=True), "考试成绩", wanted=True)
    life = col(TextField(null=True), "生活情况", wanted=True, search=True)
    conduct = col(TextField(null=True), "品行表现", wanted=True, search=True)
    mental_health = col(TextField(null=True), "心理健康", wanted=True)
    suggestions = col(TextField(null=True), "教育建议", short=6, wanted=True, search=True)
    guardian = col(
        Link(Guardian, null=True), "送达监护人", list=5, wanted=True, of="child", section="送达"
    )
    sent_on = col(DateField(null=True), "送达日期", list=6, short=7, wanted=True, filter=True)
    manner = col(WordField(SEMESTER_REPORT_MANNERS, null=True), "送达方式")
    receipt_on = col(DateField(null=True), "回执日期", list=7)
