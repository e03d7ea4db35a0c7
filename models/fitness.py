"""体能测试: the test card of each child."""

from __future__ import annotations

from typing import Any

from peewee import BooleanField, CharField, DateField, IntegerField, TextField

from models.actor import Actor
from models.boxes import TEACHER, Box
from models.children import Child
from models.fields import DurationField, Link, ScaledField, WordField, col
from models.register import Record, register
from models.rules import Found, needed, not_before, only_with, value
from models.scopes import own_children_or_own_acts

FITNESS_TEST_ABNORMALS = ("无异常", "异常")


def bmi(record: Any) -> int | None:
    """Return the body mass index (kg/m²) scaled by ten, from height and weight scaled by ten."""
    height, weight = value(record, "height_cm"), value(record, "weight_kg")
    if not height or not weight:
        return None
    return int((weight * 200_000 + height * height) // (2 * height * height))


def exempt_has_reason(record: Any, _actor: Actor) -> Found:
    """A child excused from the test is so for a reason."""
    if not record.exempt or record.exempt_reason:
        return []
    return [("exempt_reason", "免测的请写明原因")]


abnormal_said = needed("abnormal_note", "请写明哪里异常", abnormal=("异常",))
told_only_abnormal = only_with("guardian_told_on", "没有异常就不填告知日期", abnormal=("异常",))
told_after_test = not_before("guardian_told_on", "tested_on", "告知日期不能早于测试日期")


@register(
    title="体能测试",
    box=Box.GROWTH,
    creates=(TEACHER,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-tested_on",
    happened="tested_on",
    label=("tested_on",),
    key=(("child", "tested_on"),),
    rules=(exempt_has_reason, abnormal_said, told_only_abnormal, told_after_test),
    many="child",
    purpose="每学期体质测试成绩；异常的要告知监护人",
)
class FitnessTest(Record):
    child = col(Link(Child), "学生", list=2, short=1, filter=True, section="测试")
    tested_on = col(DateField(), "测试日期", list=1, short=2, filter=True)
    exempt = col(BooleanField(default=False), "免测", filter=True)
    exempt_reason = col(
        CharField(max_length=80, null=True), "免测原因", wanted=True, show_if="exempt=True"
    )
    height_cm = col(ScaledField(1, null=True), "身高（厘米）", list=3, short=3, section="身体形态")
    weight_kg = col(ScaledField(1, null=True), "体重（千克）", list=4, short=4)
    bmi = col(ScaledField(1, null=True), "体重指数", list=5, computed=bmi)
    vital_capacity_ml = col(IntegerField(null=True), "肺活量（毫升）", section="体能项目")
    run_50m = col(ScaledField(1, null=True), "50米跑（秒）")
    sit_and_reach_cm = col(ScaledField(1, null=True), "坐位体前屈（厘米）", help="可以是负数")
    rope_skips = col(IntegerField(null=True), "跳绳（次/分）")
    sit_ups = col(IntegerField(null=True), "仰卧起坐（次/分）")
    run_50x8 = col(DurationField(null=True), "50米×8往返跑", help="写成 1分45秒")
    standing_jump_cm = col(IntegerField(null=True), "立定跳远（厘米）")
    pull_ups = col(IntegerField(null=True), "引体向上（次）")
    run_1000m = col(DurationField(null=True), "1000米跑", help="写成 4分05秒")
    run_800m = col(DurationField(null=True), "800米跑", help="写成 3分45秒")
    vision_left = col(ScaledField(1, null=True), "左眼视力", section="视力")
    vision_right = col(ScaledField(1, null=True), "右眼视力")
    abnormal = col(
        WordField(FITNESS_TEST_ABNORMALS, null=True),
        "是否异常",
        list=6,
        short=5,
        wanted=True,
        filter=True,
        section="异常处理",
    )
    abnormal_note = col(
        TextField(null=True), "异常说明", short=6, wanted=True, search=True, show_if="abnormal=异常"
    )
    guardian_told_on = col(
        DateField(null=True),
        "告知监护人日期",
        list=7,
        short=7,
        wanted=True,
        show_if="abnormal=异常",
    )
    treatment = col(TextField(null=True), "治疗情况", search=True)
