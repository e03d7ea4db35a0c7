"""迎检自查: numbers a school sets for its checks, and the unofficial scoring sheet it fills in."""

from __future__ import annotations

from typing import Any

from peewee import CharField, DateField, IntegerField, TextField

from models.actor import Actor
from models.boxes import LEADERSHIP, Box
from models.fields import Link, ScaledField, WordField, col
from models.register import Record, register
from models.rules import Found, not_negative, value
from models.school import Semester
from models.staff import Staff

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
