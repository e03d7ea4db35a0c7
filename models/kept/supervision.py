"""督查: rounds of the leadership group, what was put right, whose records were looked at."""

from __future__ import annotations

import re
from typing import Any

from peewee import BooleanField, CharField, DateField, IntegerField, TextField

from models.core.actor import Actor
from models.core.boxes import INSPECTOR, LEADERSHIP, TEACHER, Box
from models.core.fields import Link, ScaledField, Secrecy, TitledField, WordField, WordsField, col
from models.core.register import Record, register
from models.core.rules import (
    Found,
    comes_with,
    not_before,
    not_negative,
    parent_of,
    value,
)
from models.core.scopes import either, own_acts, own_staff
from models.kept.leadership import LeadershipMember
from models.kept.school import Semester, decision_stays
from models.kept.staff import SchoolClass, Staff

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
    finishing=("measure", "done_on", "verified_by", "verified_on", "evidence"),
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


CHECK_KINDS = ("硬件数量", "体检标准")
# Points are given in half steps; they are kept scaled by ten.
HALF_STEP = 5

number_counts = not_negative("number")


@register(
    title="检查数字",
    box=Box.SUPERVISION,
    order="kind",
    label=("title",),
    key=(("kind", "code"),),
    rules=(number_counts,),
    locks=False,
    purpose="本校自定的检查数字：硬件清单要多少、体检超过几天才提醒，逐条写明理由",
)
class CheckNumber(Record):
    kind = col(WordField(CHECK_KINDS), "用在哪里", list=1, short=1, filter=True)
    code = col(
        CharField(max_length=40),
        "代码",
        short=2,
        help="从硬件清单、迎检体检的页面里改时自动填好，不必从这里新增",
    )
    title = col(CharField(max_length=60), "项目", list=2, short=3, search=True)
    number = col(IntegerField(), "本校数字", list=3, short=4)
    reason = col(CharField(max_length=200), "理由", list=4, short=5, search=True)
    decided_on = col(DateField(null=True), "决定日期", list=5, short=6)


def in_half_steps(record: Any, _actor: Actor) -> Found:
    """Points are given in half steps, and no more than the indicator has."""
    errors = []
    for name in ("points", "score"):
        given = value(record, name)
        if given is not None and (given < 0 or given % HALF_STEP):
            errors.append((name, "分数按 0.5 分一档填写，如 2.5"))
    score, points = value(record, "score"), value(record, "points")
    if not errors and score is not None and points is not None and score > points:
        errors.append(("score", f"得分不能超过分值 {points / 10:g} 分"))
    return errors


def lost_points_have_a_reason(record: Any, _actor: Actor) -> Found:
    """Whoever takes points off says why."""
    score, points = value(record, "score"), value(record, "points")
    if score is None or points is None or score >= points or value(record, "reason"):
        return []
    return [("reason", "没有给满分的，请写明扣分原因")]


@register(
    title="自评打分表",
    box=Box.SUPERVISION,
    creates=(LEADERSHIP,),
    order="-made_on",
    happened="made_on",
    label=("title", "made_on"),
    act_by=("made_by",),
    purpose="迎检前学校自己打分：指标可以改，参考用，不是官方标准",
)
class ScoringSheet(Record):
    title = col(CharField(max_length=80), "名称", list=2, short=1, search=True)
    semester = col(Link(Semester), "学期", list=3, short=2, filter=True)
    made_on = col(DateField(), "自评日期", list=1, short=3, filter=True)
    made_by = col(Link(Staff, null=True), "自评人", list=4, short=4, wanted=True)
    remark = col(TextField(null=True), "说明", search=True)


@register(
    title="自评指标",
    box=Box.SUPERVISION,
    parent="sheet",
    order="code",
    label=("code", "title"),
    rules=(in_half_steps, lost_points_have_a_reason),
    menu=False,
    purpose="打分表的一条指标：标准、分值、得分、扣分原因和依据",
)
class ScoringLine(Record):
    sheet = col(Link(ScoringSheet), "自评打分表", list=1)
    code = col(CharField(max_length=12), "序号", list=2, short=1)
    group = col(CharField(max_length=40, null=True), "类别", list=3, short=2)
    title = col(CharField(max_length=60), "指标", list=4, short=3, search=True)
    standard = col(CharField(max_length=200, null=True), "标准", short=4)
    points = col(ScaledField(1), "分值", list=5, short=5)
    how_checked = col(CharField(max_length=80, null=True), "查法", short=6)
    score = col(ScaledField(1, null=True), "得分", list=6, short=7, wanted=True)
    reason = col(CharField(max_length=200, null=True), "扣分原因", list=7, short=8)
    evidence = col(CharField(max_length=200, null=True), "依据（档号）", list=8)


_CODE = re.compile(r"F\d{3,4}")

ends_later = not_before("until", "decided_on", "到期日期不能早于决定日期")


def names_a_finding(record: Any, _actor: object) -> Found:
    """What is silenced is a kind of finding, by its code."""
    if _CODE.fullmatch(record.finding or ""):
        return []
    return [("finding", "写体检项的代码，如 F601")]


@register(
    title="体检不再提示",
    box=Box.SUPERVISION,
    creates=(LEADERSHIP,),
    order="-id",
    label=("finding", "subject"),
    rules=(names_a_finding, ends_later, decision_stays),
    hidden_from=(INSPECTOR,),
    locks=False,
    menu=False,
    permanent=True,
    purpose="体检查出、核对后不必再提示的，写明理由；内容有变动或到期后自动恢复提示",
)
class FindingSilence(Record):
    # `mark` says in which version the records concerned were looked at; when one of them changes,
    # the finding is told again.

    finding = col(CharField(max_length=8), "体检项", list=1, short=1, filter=True)
    subject = col(CharField(max_length=160, null=True), "对象", list=2, short=2, search=True)
    at = col(TitledField("register", max_length=40), "登记", short=3, help="对象所在的登记")
    record_number = col(IntegerField(null=True), "记录号", short=4)
    note = col(CharField(max_length=160, null=True), "说明", list=3)
    silent = col(BooleanField(default=True), "不再提示", list=4, short=5, filter=True)
    reason = col(CharField(max_length=200), "理由", list=5, short=6, search=True)
    until = col(DateField(null=True), "到哪天为止", list=6, short=7, help="不写就到内容有变动为止")
    decided_on = col(DateField(null=True), "决定日期", list=7, short=8)
    mark = col(CharField(max_length=200, null=True), "当时的版本", secret=Secrecy.INTERNAL)
