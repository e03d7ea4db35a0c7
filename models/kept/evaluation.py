"""考核: the year of evaluation, the sheets, points, ballots, lost eligibility, whose duty is whose.

Sheets are made, changed and signed by the procedure alone (`models.school.evaluations`); a signed
one is neither changed nor deleted, by nobody (Q25).
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from peewee import BooleanField, CharField, DateField, IntegerField, TextField

from models.core import calendar
from models.core.actor import Actor
from models.core.boxes import INSPECTOR, LEADERSHIP, TEACHER, Box
from models.core.converters import show
from models.core.fields import Link, ScaledField, Secrecy, TitledField, WordField, col
from models.core.gates import every_row
from models.core.register import REGISTERS, Derived, Record, register, register_of
from models.core.rules import Found, not_negative, one_of, parent_of, value
from models.core.scopes import everyone, own_staff
from models.kept.leadership import Department
from models.kept.staff import Staff

OF_TEACHER, YEAR_END, OF_DEPARTMENT = "教师", "年终", "部门"
EVALUATION_KINDS = (OF_TEACHER, YEAR_END, OF_DEPARTMENT)
COMMENDED, PASSED, CRITICISED, BARRED = "表彰", "合格", "批评", "取消当年评优资格"
EVALUATION_OUTCOMES = (COMMENDED, PASSED, CRITICISED, BARRED)
# Where sheets are made and changed.
PROCEDURE = "考核按步骤在“教师考核”页面办理，这里只能查看"
BALLOT_KINDS = ("学生", "监护人", "同事")
# From so many answers on they are shown and counted: fewer would tell who gave which.
FEWEST_ANSWERS = 5

_SUBJECT = {OF_TEACHER: "teacher", YEAR_END: "teacher", OF_DEPARTMENT: "department"}
# Scores are kept with two decimals, scaled by a hundred.
FULL_SCORE = 100_00
# The sides of an evaluation by the field that holds each one's share.
SIDES = {
    "facts": "事实",
    "leadership": "领导小组评议",
    "self": "自评",
    "others": "民主测评",
}
_YEAR = re.compile(r"\d{4}(-\d{4})?")


def year_is_a_year(record: Any, _actor: Actor) -> Found:
    """A year is written 2025-2026, or 2026 where the school goes by calendar years."""
    return [] if _YEAR.fullmatch(record.school_year or "") else [("school_year", "写 2025-2026")]


def shares_make_a_whole(record: Any, _actor: Actor) -> Found:
    """The sides' shares come to 100 %; traces do not judge alone without a reason (Q25-三)."""
    shares = [getattr(record, f"{name}_share") or 0 for name in SIDES]
    if sum(shares) != 100 or min(shares) < 0:
        return [("facts_share", "各方面的比例合计要等于 100")]
    if sum(share > 0 for share in shares) < 2 and not record.one_side_reason:
        return [("one_side_reason", "制度要求多元评价；只用一个方面时请写明理由")]
    return []


def thresholds_descend(record: Any, _actor: Actor) -> Found:
    """Commendation lies above passing, and passing above losing eligibility."""
    if FULL_SCORE >= record.commend_from > record.pass_from > record.bar_below >= 0:
        return []
    return [("pass_from", "三条分数线要由高到低：表彰、合格、取消资格")]


@register(
    title="考核年度",
    box=Box.SUPERVISION,
    creates=(LEADERSHIP,),
    scope={TEACHER: everyone},
    order="-school_year",
    label=("school_year",),
    key=(("school_year",),),
    rules=(year_is_a_year, shares_make_a_whole, thresholds_descend),
    locks=False,
    permanent=True,
    procedure=PROCEDURE,
    menu=False,
    purpose="一年考核怎么评：各方面的比例、分数线、申诉期限，以及办到哪一步",
)
class EvaluationYear(Record):
    school_year = col(CharField(max_length=9), "年度", list=1, help="如 2025-2026")
    facts_share = col(IntegerField(default=60), "事实占比", list=2, unit="%")
    leadership_share = col(IntegerField(default=30), "领导小组评议占比", list=3, unit="%")
    self_share = col(IntegerField(default=10), "自评占比", list=4, unit="%")
    others_share = col(IntegerField(default=0), "民主测评占比", list=5, unit="%")
    one_side_reason = col(TextField(null=True), "只用一个方面的理由")
    late_credit = col(ScaledField(2, default=50), "迟办计几分", help="按时做到计 1")
    commend_from = col(ScaledField(2, default=9000), "表彰线", unit="分")
    pass_from = col(ScaledField(2, default=6000), "合格线", unit="分")
    bar_below = col(ScaledField(2, default=4000), "取消资格线", unit="分")
    objection_days = col(IntegerField(default=7), "申诉期限", unit="天")
    second_signature = col(BooleanField(default=False), "两人签署")
    opened_on = col(DateField(null=True), "开始日期", list=6, readonly=True)
    frozen_on = col(DateField(null=True), "事实截止", list=7, readonly=True)
    shown_on = col(DateField(null=True), "告知日期", list=8, readonly=True)
    published_on = col(DateField(null=True), "公布日期", list=9, readonly=True)
    published_until = col(DateField(null=True), "公布到", readonly=True)
    publishes_names = col(BooleanField(default=False), "公布姓名", readonly=True)
    published_outcomes = col(CharField(max_length=60, null=True), "公布哪些结果", readonly=True)


def subject_fits(record: Any, _actor: Actor) -> Found:
    """A department's evaluation names the department, any other the teacher (Q25-三.2)."""
    name = _SUBJECT[record.kind]
    other = "department" if name == "teacher" else "teacher"
    if value(record, other) is not None:
        return [(other, "与考核对象不一致，请清空")]
    told = "请选择部门" if name == "department" else "请选择教师"
    return [] if value(record, name) is not None else [(name, told)]


def score_in_range(record: Any, _actor: Actor) -> Found:
    """A score lies between 0 and 100."""
    return [
        (name, "得分在 0 到 100 之间")
        for name in ("score", "leadership_score", "self_score")
        if value(record, name) is not None and not 0 <= value(record, name) <= FULL_SCORE
    ]


def objection_answered(record: Any, _actor: Actor) -> Found:
    """An objection is answered before the sheet is signed."""
    if value(record, "signed_on") is None or not record.objection or record.objection_answer:
        return []
    return [("objection_answer", "教师有申诉，请先答复再签署")]


def points_within_limit(record: Any, _actor: Actor) -> Found:
    """The points of one evaluation stay within the school's limit, and only before signing."""
    evaluation = parent_of(record)
    if evaluation is not None and evaluation.signed_on is not None:
        return [("points", "考核已经签署，不能再加减分")]
    others = every_row(register_of(EvaluationPoint)).where(
        EvaluationPoint.evaluation == record.evaluation_id
    )
    total = sum(point.points for point in others if point.id != record.id) + record.points
    most = point_limit()
    if abs(total) <= most:
        return []
    return [("points", f"加减分合计不能超过 {most // 100} 分")]


_FINDING = re.compile(r"F\d{3,4}")


def basis_stands(record: Any, _actor: Actor) -> Found:
    """Points rest on a record, written as 家访记录 12, or on a finding of the self-inspection."""
    said = (record.basis or "").strip()
    if _FINDING.fullmatch(said) or basis_record(said) is not None:
        return []
    return [("basis", "写依据的记录，如“家访记录 12”（登记名称和编号），或体检项，如 F601")]


def basis_record(said: str) -> tuple[str, int] | None:
    """Return the register and the number of the record a basis names, None when there is none."""
    title, _, number = said.rpartition(" ")
    declared = next((one for one in REGISTERS.values() if one.title == title.strip()), None)
    if declared is None or declared.sealed or not number.isascii() or not number.isdigit():
        return None
    model = declared.model
    known = every_row(declared).where(model.id == min(int(number), 2**31 - 1)).exists()
    return (declared.slug, int(number)) if known else None


def point_limit() -> int:
    """Return how many points may be given or taken in all, scaled by a hundred."""
    school = calendar.school()
    return (school.point_limit if school is not None else 5) * 100


def year_end_share() -> int:
    """Return the share of the year-end total, in tenths of a percent."""
    school = calendar.school()
    return int(school.year_end_share) if school is not None else 100


def point_sums(evaluations: list[Any]) -> dict[int, int]:
    """Return the sum of the points of each evaluation that has any, scaled by a hundred."""
    rows = every_row(register_of(EvaluationPoint)).where(
        EvaluationPoint.evaluation.in_([evaluation.id for evaluation in evaluations])
    )
    sums: dict[int, int] = {}
    for point in rows:
        sums[point.evaluation_id] = sums.get(point.evaluation_id, 0) + point.points
    return sums


def adjustments(evaluations: list[Any], _day: object) -> list[str]:
    """Return the sum of the points of each evaluation."""
    sums = point_sums(evaluations)
    return [show(EvaluationPoint.points, sums.get(evaluation.id, 0)) for evaluation in evaluations]


def shares(evaluations: list[Any], _day: object) -> list[str]:
    """Return each score's points of the year-end total: score × the school's share."""
    share = year_end_share()
    return [
        ""
        if evaluation.score is None
        else show(Evaluation.score, (evaluation.score * share + 500) // 1000)
        for evaluation in evaluations
    ]


def ranks(evaluations: list[Any], _day: object) -> list[str]:
    """Return each evaluation's place among those of its year and kind; equal scores tie.

    Of a sheet that was opened again the last edition alone has a place.
    """
    years = {evaluation.school_year for evaluation in evaluations}
    rows = every_row(register_of(Evaluation)).where(Evaluation.school_year.in_(years))
    last: dict[tuple[Any, ...], Any] = {}
    for row in rows.order_by(Evaluation.edition):
        last[row.school_year, row.kind, row.teacher_id, row.department_id] = row
    current = {row.id for row in last.values()}
    scored = [(r.school_year, r.kind, r.score) for r in last.values() if r.score is not None]
    return [
        ""
        if evaluation.score is None or evaluation.id not in current
        else str(
            1
            + sum(
                s[:2] == (evaluation.school_year, evaluation.kind) and s[2] > evaluation.score
                for s in scored
            )
        )
        for evaluation in evaluations
    ]


@register(
    title="教师考核",
    box=Box.SUPERVISION,
    creates=(LEADERSHIP,),
    scope={TEACHER: own_staff("teacher")},
    order="-school_year",
    happened="evaluated_on",
    label=("school_year", "kind"),
    key=(
        ("school_year", "kind", "teacher", "edition"),
        ("school_year", "kind", "department", "edition"),
    ),
    rules=(subject_fits, score_in_range, objection_answered),
    locks=False,
    final="signed_on",
    permanent=True,
    procedure=PROCEDURE,
    derived=(
        Derived("adjustment", "加减分合计", adjustments),
        Derived("share_points", "年终折算分", shares, list=8, field=ScaledField(2)),
        Derived("rank", "名次", ranks, list=9, field=IntegerField()),
    ),
    evidence={"countersign": "会签扫描件"},
    hidden_from=(INSPECTOR,),
    purpose="每学年对教师和部门的考核：得分、结果、申诉和签署",
)
class Evaluation(Record):
    # `facts` is what the score was worked out from, `records` the records behind it with their
    # hashes at the signature, `head` the audit chain's head then; all JSON of the procedure.

    school_year = col(
        CharField(max_length=40),
        "学年",
        list=1,
        short=1,
        filter=True,
        search=True,
        section="考核",
        help="如 2025-2026",
    )
    kind = col(WordField(EVALUATION_KINDS), "考核对象", list=2, short=2, filter=True)
    teacher = col(
        Link(Staff, null=True),
        "教师",
        list=3,
        short=3,
        wanted=True,
        filter=True,
        show_if="kind=教师|年终",
    )
    department = col(
        Link(Department, null=True), "部门", list=4, wanted=True, filter=True, show_if="kind=部门"
    )
    edition = col(IntegerField(default=1), "第几版", readonly=True)
    reopened_why = col(TextField(null=True), "重新开放的理由", readonly=True)
    evaluated_on = col(DateField(), "考核日期", short=4)
    computed_score = col(ScaledField(2, null=True), "计算得分", readonly=True)
    leadership_score = col(
        ScaledField(2, null=True), "领导小组评分", readonly=True, section="各方面"
    )
    leadership_by = col(Link(Staff, null=True), "评议人", readonly=True)
    self_score = col(ScaledField(2, null=True), "自评分", readonly=True)
    self_remark = col(TextField(null=True), "自评", readonly=True, secret=Secrecy.PRIVATE)
    several_sides = col(BooleanField(default=False), "多方面或有理由", readonly=True)
    score = col(ScaledField(2, null=True), "考核得分", list=5, short=5, wanted=True, readonly=True)
    outcome = col(
        WordField(EVALUATION_OUTCOMES, null=True),
        "考核结果",
        list=6,
        short=6,
        wanted=True,
        filter=True,
        readonly=True,
    )
    remark = col(
        TextField(null=True), "考核评语", search=True, readonly=True, secret=Secrecy.PRIVATE
    )
    shown_on = col(DateField(null=True), "告知日期", readonly=True, section="申诉与签署")
    agreed_on = col(DateField(null=True), "教师无异议", readonly=True)
    objection = col(TextField(null=True), "教师申诉", readonly=True, secret=Secrecy.PRIVATE)
    objected_on = col(DateField(null=True), "申诉日期", readonly=True)
    objection_records = col(
        TextField(null=True), "申诉所附记录", readonly=True, secret=Secrecy.PRIVATE
    )
    objection_answer = col(TextField(null=True), "申诉答复", readonly=True, secret=Secrecy.PRIVATE)
    answered_by = col(Link(Staff, null=True), "答复人", readonly=True)
    decided_on = col(DateField(null=True), "决定日期", readonly=True)
    decided_by = col(Link(Staff, null=True), "决定人", readonly=True)
    first_signed_by = col(Link(Staff, null=True), "第一签署人", readonly=True)
    countersigned_by = col(Link(Staff, null=True), "纸面会签人", readonly=True)
    signed_by = col(Link(Staff, null=True), "签署人", readonly=True)
    signed_on = col(
        DateField(null=True), "签署日期", list=7, wanted=True, filter=True, readonly=True
    )
    facts = col(TextField(null=True), "事实", readonly=True, secret=Secrecy.INTERNAL)
    records = col(TextField(null=True), "记录", readonly=True, secret=Secrecy.INTERNAL)
    head = col(CharField(max_length=64, null=True), "审计链头", readonly=True)


@register(
    title="加减分",
    box=Box.SUPERVISION,
    parent="evaluation",
    label=("points", "reason"),
    rules=(points_within_limit, basis_stands),
    hidden_from=(INSPECTOR,),
    menu=False,
    locks=False,
    purpose="领导小组的加分和减分，逐条写明理由和依据",
)
class EvaluationPoint(Record):
    evaluation = col(Link(Evaluation), "教师考核", list=1)
    points = col(ScaledField(2), "分值", list=2, short=1)
    reason = col(CharField(max_length=80), "理由", list=3, short=2)
    basis = col(CharField(max_length=80, null=True), "依据", list=5, short=4, wanted=True)
    decided_on = col(DateField(null=True), "决定日期", list=4, short=3)


@register(
    title="民主测评",
    box=Box.SUPERVISION,
    creates=(LEADERSHIP,),
    order="-counted_on",
    label=("school_year", "teacher"),
    key=(("school_year", "teacher", "kind"),),
    rules=(year_is_a_year, not_negative("excellent", "good", "fair", "poor")),
    hidden_from=(INSPECTOR,),
    locks=False,
    purpose="学生、监护人或同事不记名测评一位教师的票数；满五票才计入考核",
)
class EvaluationBallot(Record):
    school_year = col(
        CharField(max_length=9), "年度", list=1, short=1, filter=True, help="如 2025-2026"
    )
    teacher = col(Link(Staff), "教师", list=2, short=2, filter=True)
    kind = col(WordField(BALLOT_KINDS), "谁来测评", list=3, short=3, filter=True)
    excellent = col(IntegerField(default=0), "很好", list=4, short=4, unit="票")
    good = col(IntegerField(default=0), "较好", list=5, short=5, unit="票")
    fair = col(IntegerField(default=0), "一般", list=6, short=6, unit="票")
    poor = col(IntegerField(default=0), "较差", list=7, short=7, unit="票")
    counted_on = col(DateField(), "计票日期", list=8, short=8)


# How long after the decision an award is refused.
BARRED_FOR = timedelta(days=365)
# What one answer is worth; ours, the source says only "from many sides".
BALLOT_WORTH = {"excellent": 100, "good": 80, "fair": 60, "poor": 40}

barred_one = one_of(("teacher", "department"), "请选择一位教师或一个部门", exactly=True)


@register(
    title="取消评优资格",
    box=Box.SUPERVISION,
    scope={TEACHER: own_staff("teacher")},
    order="-decided_on",
    label=("school_year", "teacher"),
    rules=(barred_one,),
    procedure=PROCEDURE,
    locks=False,
    hidden_from=(INSPECTOR,),
    permanent=True,
    menu=False,
    purpose="考核结果为取消当年评优资格的教师和部门；当年表彰登记时会拒绝",
)
class AwardBar(Record):
    school_year = col(CharField(max_length=9), "年度", list=1, filter=True)
    teacher = col(Link(Staff, null=True), "教师", list=2, filter=True)
    department = col(Link(Department, null=True), "部门", list=3, filter=True)
    evaluation = col(Link(Evaluation), "依据的考核", list=4)
    decided_on = col(DateField(), "决定日期", list=5)
    lifted_on = col(DateField(null=True), "撤销日期", list=6)


def bars(bar: Any, day: date) -> bool:
    """Return whether a lost eligibility stands on a day: in its year, and a year from decision."""
    begins = day.year if "-" not in bar.school_year or day.month >= 9 else day.year - 1
    in_year = bar.school_year[:4] == str(begins)
    return bool(in_year or bar.decided_on <= day < bar.decided_on + BARRED_FOR)


@register(
    title="任务归口部门",
    box=Box.SUPERVISION,
    creates=(LEADERSHIP,),
    scope={TEACHER: everyone},
    order="duty",
    label=("duty", "department"),
    key=(("duty",),),
    locks=False,
    purpose="学校和办公室的任务由哪个部门负责；部门考核按此计算",
)
class DutyDepartment(Record):
    duty = col(TitledField("duty", max_length=40), "任务", list=1, short=1, search=True)
    department = col(Link(Department), "归口部门", list=2, short=2, filter=True)
    reason = col(CharField(max_length=120, null=True), "说明", list=3, short=3)
