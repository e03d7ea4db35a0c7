"""教师考核: the yearly evaluation, and points given or taken with a reason (Q25)."""

from __future__ import annotations

from typing import Any

from peewee import CharField, DateField, TextField

from models import calendar
from models.actor import Actor
from models.boxes import LEADERSHIP, TEACHER, Box
from models.converters import show
from models.fields import Link, ScaledField, WordField, col
from models.gates import every_row
from models.leadership import Department
from models.register import Derived, Record, register, register_of
from models.rules import Found, compares, parent_of, stored, value
from models.scopes import own_staff
from models.staff import Staff

EVALUATION_KINDS = ("教师", "年终", "部门")
EVALUATION_OUTCOMES = ("表彰", "合格", "批评", "取消当年评优资格")


_SUBJECT = {"教师": "teacher", "年终": "teacher", "部门": "department"}
# Scores are kept with two decimals, scaled by a hundred.
FULL_SCORE = 100_00


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
    score = value(record, "score")
    return [] if score is None or 0 <= score <= FULL_SCORE else [("score", "得分在 0 到 100 之间")]


def objection_answered(record: Any, _actor: Actor) -> Found:
    """An objection is answered before the sheet is signed."""
    if value(record, "signed_on") is None or not record.objection or record.objection_answer:
        return []
    return [("objection_answer", "教师有申诉，请先答复再签署")]


@compares
def signed_stays(record: Any, actor: Actor) -> Found:
    """A signed evaluation is frozen."""
    before = stored(record)
    if before is None or before.signed_on is None or actor.is_system:
        return []
    return [("signed_on", "已经签署，不能再改")]


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


def point_limit() -> int:
    """Return how many points may be given or taken in all, scaled by a hundred."""
    school = calendar.school()
    return (school.point_limit if school is not None else 5) * 100


def adjustments(evaluations: list[Any], _day: object) -> list[str]:
    """Return the sum of the points of each evaluation."""
    rows = every_row(register_of(EvaluationPoint)).where(
        EvaluationPoint.evaluation.in_([one.id for one in evaluations])
    )
    sums: dict[int, int] = {}
    for point in rows:
        sums[point.evaluation_id] = sums.get(point.evaluation_id, 0) + point.points
    return [show(EvaluationPoint.points, sums.get(one.id, 0)) for one in evaluations]


def shares(evaluations: list[Any], _day: object) -> list[str]:
    """Return each score's points of the year-end total: score × the school's share."""
    school = calendar.school()
    share = school.year_end_share if school is not None else 100
    return [
        "" if one.score is None else show(Evaluation.score, (one.score * share + 500) // 1000)
        for one in evaluations
    ]


def ranks(evaluations: list[Any], _day: object) -> list[str]:
    """Return each evaluation's place among those of its year and kind; equal scores tie."""
    years = {one.school_year for one in evaluations}
    rows = every_row(register_of(Evaluation)).where(Evaluation.school_year.in_(years))
    scored = [(row.school_year, row.kind, row.score) for row in rows if row.score is not None]
    return [
        ""
        if one.score is None
        else str(1 + sum(s[:2] == (one.school_year, one.kind) and s[2] > one.score for s in scored))
        for one in evaluations
    ]


@register(
    title="教师考核",
    box=Box.SUPERVISION,
    creates=(LEADERSHIP,),
    scope={TEACHER: own_staff("teacher")},
    order="-school_year",
    happened="evaluated_on",
    label=("school_year", "kind"),
    match=("school_year", "kind", "teacher", "department"),
    rules=(subject_fits, score_in_range, objection_answered, signed_stays),
    locks=False,
    derived=(
        Derived("adjustment", "加减分合计", adjustments),
        Derived("share_points", "年终折算分", shares, list=8),
        Derived("rank", "名次", ranks, list=9),
    ),
    purpose="每学年对教师和部门的考核：得分、结果、申诉和签署",
)
class Evaluation(Record):
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
    evaluated_on = col(DateField(), "考核日期", short=4)
    score = col(ScaledField(2, null=True), "考核得分", list=5, short=5, wanted=True)
    outcome = col(
        WordField(EVALUATION_OUTCOMES, null=True),
        "考核结果",
        list=6,
        short=6,
        wanted=True,
        filter=True,
    )
    remark = col(TextField(null=True), "考核评语", search=True)
    objection = col(TextField(null=True), "教师申诉", section="申诉与签署")
    objection_answer = col(TextField(null=True), "申诉答复")
    signed_by = col(Link(Staff, null=True), "签署人")
    signed_on = col(DateField(null=True), "签署日期", list=7, wanted=True, filter=True)
    computed_score = col(
        ScaledField(2, null=True), "计算得分", readonly=True, help="按各项任务算出，签署前可重算"
    )


@register(
    title="加减分",
    box=Box.SUPERVISION,
    parent="evaluation",
    label=("points", "reason"),
    rules=(points_within_limit,),
    menu=False,
    locks=False,
    purpose="领导小组的加分和减分，逐条写明理由",
)
class EvaluationPoint(Record):
    evaluation = col(Link(Evaluation), "教师考核", list=1)
    points = col(ScaledField(2), "分值", list=2, short=1)
    reason = col(CharField(max_length=80), "理由", list=3, short=2)
    decided_on = col(DateField(null=True), "决定日期", list=4, short=3)
