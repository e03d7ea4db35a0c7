"""表彰与成长: awards, growth, behaviour."""

from __future__ import annotations

from datetime import date
from typing import Any

from peewee import BooleanField, CharField, DateField, IntegerField, TextField

from models.core.actor import Actor
from models.core.boxes import LEADERSHIP, SYSTEM_ROLE, TEACHER, Box
from models.core.fields import (
    NAME,
    PRIVATE,
    DurationField,
    Link,
    PersonNameField,
    ScaledField,
    WordField,
    col,
)
from models.core.gates import every_row
from models.core.register import Record, register, register_of
from models.core.rules import Found, compares, needed, not_before, only_with, stored, value
from models.core.scopes import own_children_or_own_acts
from models.kept.children import Child
from models.kept.evaluation import OF_TEACHER, AwardBar, Evaluation, bars
from models.kept.leadership import Department
from models.kept.meetings import Meeting
from models.kept.staff import Staff
from models.kept.volunteers import Volunteer

AWARD_RECIPIENT_KINDS = ("教师", "学生", "部门", "志愿者")
AWARD_KINDS = (
    "先进教师",
    "优秀代理家长",
    "进步学生",
    "优秀学生",
    "先进部门",
    "优秀志愿者",
    "推荐晋级",
    "其他",
)
AWARD_LEVELS = ("班级", "校级", "乡镇", "县区", "市", "省", "国家")
GROWTH_KINDS = ("进步", "获奖", "作品", "阅读", "自评", "教师评语", "监护人评语", "计划", "小结")
BEHAVIOUR_KINDS = (
    "好人好事",
    "迟到",
    "早退",
    "旷课",
    "请假",
    "违纪",
    "考试作弊",
    "仪容",
    "安全",
    "转化帮教",
)


_RECIPIENT = {"教师": "staff", "学生": "child", "部门": "department", "志愿者": "volunteer"}
_CLAUSES = {"S05": 7, "S06": 4, "S09": 6, "Q11": 7, "Q12": 8}
# The clauses of the conduct rules an entry may cite.
CONDUCT_CLAUSES = tuple(
    f"{rule}-{n}" for rule, last in _CLAUSES.items() for n in range(1, last + 1)
)


def recipient_fits(record: Any, _actor: Actor) -> Found:
    """An award has exactly one recipient, of the kind named (S03-15)."""
    wanted = _RECIPIENT[record.recipient_kind]
    others = [name for name in _RECIPIENT.values() if name != wanted]
    if any(value(record, name) is not None for name in others):
        return [("recipient_kind", "表彰对象与所选的人或部门不一致，请只选一个")]
    named = value(record, wanted) or (wanted == "child" and value(record, "pupil_name"))
    return [] if named else [(wanted, f"请选择受表彰的{record.recipient_kind}")]


@compares
def not_barred(record: Any, actor: Actor) -> Found:
    """Who lost the year's eligibility is not commended, but by the leadership with a reason.

    It is lost for the year judged and for a year from the decision, because a year is judged at
    its end (Q25-三.2; the second half is ours).
    """
    name = {"教师": "teacher", "部门": "department"}.get(record.recipient_kind)
    whom = value(record, _RECIPIENT[record.recipient_kind])
    if name is None or whom is None:
        return []
    standing = every_row(register_of(AwardBar)).where(
        getattr(AwardBar, name) == whom, AwardBar.lifted_on.is_null(True)
    )
    if not any(bars(bar, record.awarded_on) for bar in standing):
        return []
    told = "今年的考核结果是取消当年评优资格，不能登记表彰；确有理由的由领导小组写明"
    return _unless_overridden(record, actor, _RECIPIENT[record.recipient_kind], told)


@compares
def better_judged_first(record: Any, actor: Actor) -> Found:
    """Of two teachers who stood level the better judged is chosen, but by the leadership's reason.

    Asked of the last school year that ended before and in which both have a signed evaluation; a
    draw decides nothing (Q25-三.2, priority in awards and promotion).
    """
    chosen, other = value(record, "staff"), value(record, "equal_with")
    if other is None:
        return []
    if record.recipient_kind != "教师" or chosen == other:
        return [("equal_with", "选与受表彰的教师条件相同、没有选上的另一名教师")]
    mine, theirs = (_scores(teacher, record.awarded_on) for teacher in (chosen, other))
    common = max(mine.keys() & theirs.keys(), default=None)
    if common is None or mine[common] >= theirs[common]:
        return []
    told = f"同等条件下优先考虑考核好的：这名教师 {common} 的考核得分更高；破例的由领导小组写明理由"
    return _unless_overridden(record, actor, "equal_with", told)


def _scores(teacher: Any, day: date) -> dict[str, Any]:
    """The score of every signed sheet of a teacher's pairing work until a day, by school year."""
    signed = every_row(register_of(Evaluation)).where(
        Evaluation.teacher == teacher,
        Evaluation.kind == OF_TEACHER,
        Evaluation.signed_on <= day,
        Evaluation.score.is_null(False),
    )
    return {sheet.school_year: sheet.score for sheet in signed.order_by(Evaluation.edition)}


def _unless_overridden(record: Any, actor: Actor, name: str, told: str) -> Found:
    """A refusal at `name`, unless the leadership has written why it is set aside."""
    if value(record, "override_reason") is None:
        return [(name, told)]
    if actor.role in (LEADERSHIP, SYSTEM_ROLE) or _is_overridden(record):
        return []
    return [("override_reason", "破例表彰的，由领导小组登记并写明理由")]


def _is_overridden(record: Any) -> bool:
    """Whether the leadership's reason stood there before."""
    before = stored(record)
    return before is not None and before.override_reason == record.override_reason


@register(
    title="表彰",
    box=Box.MEETINGS,
    creates=(LEADERSHIP,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-awarded_on",
    happened="awarded_on",
    label=("kind", "awarded_on"),
    rules=(recipient_fits, not_barred, better_judged_first),
    evidence={"certificate": "证书"},
    purpose="对教师、学生、部门、志愿者的表彰",
)
class Award(Record):
    recipient_kind = col(WordField(AWARD_RECIPIENT_KINDS), "表彰对象", list=2, short=1, filter=True)
    staff = col(
        Link(Staff, null=True),
        "教师",
        list=3,
        short=2,
        wanted=True,
        filter=True,
        show_if="recipient_kind=教师",
    )
    child = col(
        Link(Child, null=True),
        "学生",
        list=4,
        short=3,
        wanted=True,
        filter=True,
        show_if="recipient_kind=学生",
    )
    pupil_name = col(
        PersonNameField(max_length=40, null=True), "其他学生姓名", list=5, search=True, secret=NAME
    )
    department = col(
        Link(Department, null=True), "部门", wanted=True, show_if="recipient_kind=部门"
    )
    volunteer = col(
        Link(Volunteer, null=True), "志愿者", wanted=True, show_if="recipient_kind=志愿者"
    )
    kind = col(WordField(AWARD_KINDS), "类别", list=6, short=4, filter=True)
    reason = col(TextField(null=True), "事由", list=8, short=6, wanted=True, search=True)
    level = col(
        WordField(AWARD_LEVELS, null=True), "级别", list=7, short=7, wanted=True, filter=True
    )
    awarded_on = col(DateField(), "日期", list=1, short=5, filter=True)
    meeting = col(Link(Meeting, null=True), "表彰会议", wanted=True)
    evaluation = col(
        Link(Evaluation, null=True), "依据的考核", readonly=True, show_if="recipient_kind=教师|部门"
    )
    equal_with = col(
        Link(Staff, null=True),
        "同等条件的人选",
        secret=PRIVATE,
        show_if="recipient_kind=教师",
        help="与受表彰（或推荐晋级）的教师条件相同、没有选上的一名；同等条件下优先考虑考核好的",
    )
    override_reason = col(
        TextField(null=True),
        "破例表彰的理由",
        secret=PRIVATE,
        help="当年评优资格被取消的，或同等条件下没有选考核更好的，由领导小组写明理由才能登记",
    )


@register(
    title="成长记录",
    box=Box.GROWTH,
    creates=(TEACHER,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-noted_on",
    happened="noted_on",
    label=("kind", "noted_on"),
    act_by=("teacher",),
    many="child",
    evidence={"file": "附件"},
    purpose="成长记录册：进步、获奖、作品、自评和评语",
)
class Growth(Record):
    child = col(Link(Child), "学生", list=2, short=1, filter=True)
    kind = col(WordField(GROWTH_KINDS), "类别", list=3, short=2, filter=True)
    noted_on = col(DateField(), "日期", list=1, short=3, filter=True)
    title = col(CharField(max_length=80, null=True), "标题", list=4, short=4, search=True)
    text = col(TextField(null=True), "内容", list=5, short=5, wanted=True, search=True)
    teacher = col(Link(Staff, null=True), "评语教师", list=6, filter=True, show_if="kind=教师评语")


leave_only = only_with("leave_until", "只有请假才填请假至哪天", kind=("请假",))
leave_span = not_before("leave_until", "happened_on", "请假结束不能早于开始")


@register(
    title="表现与转化",
    box=Box.GROWTH,
    creates=(TEACHER,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-happened_on",
    happened="happened_on",
    label=("kind", "happened_on"),
    rules=(leave_only, leave_span),
    many="child",
    purpose="好人好事、请假、违纪和转化帮教",
)
class Behaviour(Record):
    child = col(Link(Child), "学生", list=2, short=1, filter=True)
    happened_on = col(DateField(), "日期", list=1, short=2, filter=True)
    kind = col(WordField(BEHAVIOUR_KINDS), "类别", list=3, short=3, filter=True)
    clause = col(
        WordField(CONDUCT_CLAUSES, null=True), "对应条款", list=4, short=4, wanted=True, filter=True
    )
    description = col(TextField(null=True), "情况", list=5, short=5, wanted=True, search=True)
    handling = col(TextField(null=True), "处理", list=6, short=6, wanted=True, search=True)
    leave_until = col(DateField(null=True), "请假至", list=7, short=7, show_if="kind=请假")


FITNESS_TEST_ABNORMALS = ("无异常", "异常")


def bmi(record: Any) -> int | None:
    """Return the body mass index (kg/m²) scaled by ten, from height and weight scaled by ten."""
    height, weight = value(record, "height_cm"), value(record, "weight_kg")
    if not height or not weight:
        return None
    return int((weight * 2_000_000 + height * height) // (2 * height * height))


def exempt_has_reason(record: Any, _actor: Actor) -> Found:
    """A child excused from the test is so for a reason."""
    if not record.exempt or record.exempt_reason:
        return []
    return [("exempt_reason", "免测的请写明原因")]


abnormal_said = needed("abnormal_note", "请写明哪里异常", abnormal=("异常",))
told_only_abnormal = only_with("guardian_told_on", "没有异常就不填告知日期", abnormal=("异常",))
filed_after_test = not_before("filed_on", "tested_on", "归档日期不能早于测试日期")
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
    rules=(
        exempt_has_reason,
        abnormal_said,
        told_only_abnormal,
        told_after_test,
        filed_after_test,
    ),
    open_until="guardian_told_on",
    finishing=("guardian_told_on", "filed_on"),
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
    filed_on = col(DateField(null=True), "测试卡归档日期", filter=True, section="归档")
