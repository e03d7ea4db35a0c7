"""制度采用与本校数字: which regulations a school follows from when, and its own numbers."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from peewee import BooleanField, CharField, DateField

from models.boxes import LEADERSHIP, TEACHER, Box
from models.fields import Link, WordField, col
from models.gates import every_row
from models.register import Record, register, register_of
from models.rules import Found, compares, stored, value
from models.school import REGULATION_SETS, Semester
from models.scopes import everyone

_CLAUSE = re.compile(r"[SGQHZ]\d\d-(\d+|[一二三](\.\d)?)")

# What of a duty a school may set itself, and which standards of judging hold for all duties.
# How long one entry takes judges nobody; it only says what is asked of a teacher's time.
ENTRY_MINUTES = "录入分钟"
DUTY_NUMBERS = (
    "次数",
    "上限",
    "频次",
    "时限（分钟）",
    "时限（天）",
    "时限（周）",
    "权重",
    "需要",
    ENTRY_MINUTES,
)
STANDARDS = ("周上课日", "两周上课日", "半月上课日", "月上课日", "在籍上课日", "补录天数")


def names_a_text_or_clause(record: Any, _actor: object) -> Found:
    """What is adopted or set aside is one of the five documents, or one clause."""
    if record.what in REGULATION_SETS or _CLAUSE.fullmatch(record.what or ""):
        return []
    return [("what", "写制度文本的名称，如“四新中学”；或者一条条款，如 S12-1")]


def standard_or_duty(record: Any, _actor: object) -> Found:
    """A standard holds for all duties, any other number for the duty it names."""
    if bool(record.duty) == (record.what in STANDARDS):
        return [("duty", "全校标准不写任务代码，任务的数字要写明是哪一项任务")]
    return []


def semester_is_open(record: Any, _actor: object) -> Found:
    """A closed semester keeps what it was judged by: nothing takes effect before its end."""
    first = every_row(register_of(Semester)).where(Semester.id == record.semester_id).first()
    if first is None:
        return []
    closed = every_row(register_of(Semester)).where(
        Semester.first_day >= first.first_day, Semester.closed_on.is_null(False)
    )
    kept = closed.order_by(Semester.first_day.desc()).first()
    if kept is None:
        return []
    return [("semester", f"{kept.title}已经封存，考核依据不能再改；请选择之后的学期")]


@compares
def decision_stays(record: Any, _actor: object) -> Found:
    """A decision is never altered, or a closed semester would be judged by another number."""
    before = stored(record)
    if before is None:
        return []
    told = "决定记下后不能改；要改的请另作一项决定，写明从哪学期起"
    return [
        (spec.name, told)
        for spec in register_of(record).fields.values()
        if value(before, spec.name) != value(record, spec.name)
    ]


@register(
    title="制度采用",
    box=Box.SYSTEM,
    creates=(LEADERSHIP,),
    scope={TEACHER: everyone},
    order="-id",
    label=("what", "semester"),
    rules=(names_a_text_or_clause, semester_is_open, decision_stays),
    locks=False,
    menu=False,
    permanent=True,
    purpose="从哪学期起采用或不采用哪一份制度文本、哪一条款，写明理由",
)
class Adoption(Record):
    what = col(CharField(max_length=20), "制度文本或条款", list=1, short=1, search=True)
    adopted = col(BooleanField(default=True), "采用", list=2, short=2)
    semester = col(Link(Semester), "从哪学期起", list=3, short=3, filter=True)
    reason = col(CharField(max_length=200), "理由", list=4, short=4, search=True)
    decided_on = col(DateField(null=True), "决定日期", list=5, short=5)


@register(
    title="任务数字",
    box=Box.SYSTEM,
    creates=(LEADERSHIP,),
    scope={TEACHER: everyone},
    order="-id",
    label=("duty", "what"),
    rules=(standard_or_duty, semester_is_open, decision_stays),
    locks=False,
    menu=False,
    permanent=True,
    purpose="本校自定的任务次数、时限、权重和需要的材料，写明理由；按学期生效",
)
class DutySetting(Record):
    duty = col(CharField(max_length=40, null=True), "任务代码", list=1, short=1, search=True)
    part = col(CharField(max_length=40, null=True), "分项", list=2, short=2)
    what = col(WordField((*DUTY_NUMBERS, *STANDARDS)), "哪个数字", list=3, short=3, filter=True)
    value = col(CharField(max_length=120), "本校数字", list=4, short=4)
    semester = col(Link(Semester), "从哪学期起", list=5, short=5, filter=True)
    reason = col(CharField(max_length=200), "理由", list=6, short=6, search=True)
    decided_on = col(DateField(null=True), "决定日期", list=7, short=7)


def decided(model: Any, upto: date | None) -> list[Any]:
    """Return the decisions of one kind in the order in which they take effect.

    With a day, those alone that hold from a semester begun by then; the last of each counts.
    """
    first_days = {one.id: one.first_day for one in every_row(register_of(Semester))}
    rows = [
        row
        for row in every_row(register_of(model))
        if upto is None or first_days[row.semester_id] <= upto
    ]
    return sorted(rows, key=lambda row: (first_days[row.semester_id], row.id))
