"""督查: rounds of the leadership group, what was put right, whose records were looked at."""

from __future__ import annotations

from typing import Any

from peewee import CharField, DateField, IntegerField, TextField

from models.actor import Actor
from models.boxes import LEADERSHIP, TEACHER, Box
from models.fields import Link, WordField, WordsField, col
from models.leadership import LeadershipMember
from models.register import Record, register
from models.rules import Found, comes_with, not_before, parent_of, value
from models.school import Semester
from models.scopes import either, own_acts, own_staff
from models.staff import SchoolClass, Staff

PAIRING_CHECK_ROLES = ("班主任", "办公室")


# The five headings of Q22, by the field that holds what was found under each.
HEADINGS = {
    "support_and_incentives": "支持与激励",
    "home_building": "之家建设",
    "pairing": "结对帮扶",
    "interest_activities": "兴趣活动",
    "publicity": "宣传",
}
HEADING_WORDS = tuple(HEADINGS.values())


def headings(record: Any) -> str | None:
    """Return the headings something was written under, as a stored list of words."""
    said = [word for name, word in HEADINGS.items() if value(record, name)]
    return f"、{'、'.join(said)}、" if said else None


def verified_by_another(record: Any, _actor: Actor) -> Found:
    """Who is responsible does not verify the own work (Q22-0)."""
    if value(record, "verified_by") is None or record.verified_by_id != record.responsible_id:
        return []
    return [("verified_by", "验收人不能是责任人自己，请换一位")]


def not_before_supervision(record: Any, _actor: Actor) -> Found:
    """Deadline and completion do not lie before the round that found the problem (Q22-0)."""
    round_ = parent_of(record)
    if round_ is None:
        return []
    return [
        (name, "不能早于督查日期")
        for name in ("deadline", "done_on")
        if value(record, name) is not None and value(record, name) < round_.supervised_on
    ]


def looks_at_another(record: Any, _actor: Actor) -> Found:
    """Nobody looks at the own records (Q20-6)."""
    if record.teacher_id != record.checked_by_id:
        return []
    return [("checked_by", "不能查阅自己的记录，请换一位查阅人")]


@register(
    title="督查",
    box=Box.SUPERVISION,
    creates=(LEADERSHIP,),
    order="-supervised_on",
    happened="supervised_on",
    label=("area", "supervised_on"),
    act_by=("supervised_by",),
    evidence={"photo": "照片"},
    purpose="领导小组每学期的督查：五个方面的情况和结论",
)
class Supervision(Record):
    supervised_on = col(DateField(), "督查日期", list=1, short=1, filter=True, section="督查")
    member = col(Link(LeadershipMember), "分管成员", list=2, short=2, filter=True)
    supervised_by = col(Link(Staff, null=True), "督查人", list=4, wanted=True, filter=True)
    area = col(
        CharField(max_length=80, null=True), "分管范围", list=3, short=3, wanted=True, search=True
    )
    support_and_incentives = col(
        TextField(null=True), "关爱帮扶与激励机制", wanted=True, section="五个方面"
    )
    home_building = col(TextField(null=True), "之家建设", wanted=True, search=True)
    pairing = col(TextField(null=True), "帮扶结对", wanted=True, search=True)
    interest_activities = col(TextField(null=True), "兴趣活动", wanted=True)
    publicity = col(TextField(null=True), "宣传", wanted=True)
    headings = col(
        WordsField(HEADING_WORDS, null=True), "督查方面", list=5, filter=True, computed=headings
    )
    findings = col(
        TextField(null=True), "督查结论", list=6, short=4, wanted=True, search=True, section="结论"
    )


verified_after_done = not_before("verified_on", "done_on", "验收日期不能早于完成日期")
done_first = comes_with("verified_on", "done_on", "验收前请先填写完成日期")


@register(
    title="整改",
    box=Box.SUPERVISION,
    parent="supervision",
    order="-deadline",
    label=("problem",),
    rules=(verified_by_another, verified_after_done, done_first, not_before_supervision),
    open_until="verified_on",
    evidence={"evidence": "整改依据"},
    wants={"evidence": ""},
    purpose="督查发现的问题：期限、责任人、完成和验收",
)
class Rectification(Record):
    supervision = col(Link(Supervision), "督查", list=1)
    problem = col(TextField(), "问题", list=2, short=1, search=True)
    deadline = col(DateField(null=True), "整改期限", list=4, short=3, wanted=True, filter=True)
    responsible = col(Link(Staff, null=True), "责任人", list=3, short=2, wanted=True, filter=True)
    measure = col(TextField(null=True), "整改措施", short=4, search=True)
    done_on = col(DateField(null=True), "完成日期", list=5, short=5, wanted=True, filter=True)
    verified_by = col(Link(Staff, null=True), "验收人", list=6, short=6, wanted=True)
    verified_on = col(DateField(null=True), "验收日期", list=7, short=7, wanted=True, filter=True)


@register(
    title="结对记录查阅",
    box=Box.SUPERVISION,
    creates=(TEACHER, LEADERSHIP),
    scope={TEACHER: either(own_acts, own_staff("teacher"))},
    order="-checked_on",
    happened="checked_on",
    label=("role", "checked_on"),
    match=("teacher", "checked_by", "checked_on"),
    rules=(looks_at_another,),
    act_by=("checked_by",),
    purpose="班主任或政教处每周查阅教师的结对记录",
)
class PairingCheck(Record):
    teacher = col(Link(Staff), "被查教师", list=2, short=1, filter=True)
    school_class = col(
        Link(SchoolClass, null=True),
        "班级",
        list=3,
        wanted=True,
        filter=True,
        show_if="role=班主任",
    )
    semester = col(Link(Semester), "学期", short=2, filter=True)
    week = col(IntegerField(null=True), "查阅周次", list=4, short=3, wanted=True)
    checked_on = col(DateField(), "查阅日期", list=1, short=4, filter=True)
    checked_by = col(Link(Staff), "查阅人", list=5, short=5, filter=True)
    role = col(WordField(PAIRING_CHECK_ROLES), "查阅身份", list=6, short=6, filter=True)
    remark = col(TextField(null=True), "意见", list=7, short=7, wanted=True, search=True)
