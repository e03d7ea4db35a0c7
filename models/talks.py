"""谈心 and 家访: the two acts a paired teacher enters most."""

from __future__ import annotations

from typing import Any

from peewee import BooleanField, CharField, DateField, DateTimeField, TextField

from models.actor import Actor
from models.boxes import LEADERSHIP, TEACHER, Box
from models.children import Child, Guardian
from models.fields import ADDRESS, NAME, PRIVATE, Link, PersonNameField, WordField, WordsField, col
from models.gates import every_row
from models.register import Record, register, register_of
from models.rules import not_before, once
from models.scopes import own_children_or_own_acts
from models.staff import Staff

ASPECTS = ("学习", "生活", "情绪", "交友", "身体", "亲情")
RISKS = ("无", "关注", "转心理", "强制报告")
# Only a visit at the home counts as a home visit (docs/rules.md, Records and law).
MANNERS = ("入户", "电话", "微信")
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
    evidence={"photo": "照片"},
    purpose="与留守儿童每一次谈心：主题、方面、内容和对策",
)
class Talk(Record):
    child = col(Link(Child), "学生", list=2, filter=True, short=1)
    teacher = col(Link(Staff), "谈心教师", list=3, filter=True, short=2)
    talked_at = col(DateTimeField(), "谈心时间", list=1, filter=True, short=3)
    topic = col(CharField(max_length=60), "主题", list=4, short=4, search=True, help="谈之前先想好")
    theme_set_on = col(DateField(null=True), "主题拟定日期")
    place = col(CharField(max_length=40, null=True), "地点")
    aspects = col(WordsField(ASPECTS, null=True), "方面", list=5, wanted=True, filter=True, short=5)
    content = col(TextField(null=True), "谈话内容", wanted=True, search=True, short=6)
    problem = col(TextField(null=True), "发现的问题", search=True)
    measure = col(TextField(null=True), "对策")
    effect = col(TextField(null=True), "效果")
    risk = col(
        WordField(RISKS, null=True),
        "风险提示",
        list=6,
        short=7,
        filter=True,
        secret=PRIVATE,
        help="选“转心理”或“强制报告”后请当天告诉领导小组",
    )
    private_remark = col(TextField(null=True), "不公开备注", secret=PRIVATE, help="督查看不到")


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
    manner = col(WordField(MANNERS), "方式", list=3, filter=True, short=3, help="只有入户才算家访")
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
    at_school = col(TextField(null=True), "在校表现反馈", wanted=True, search=True)
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
