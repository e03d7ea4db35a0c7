"""心理咨询: sealed; in plain only the case code, the dates and the counsellor (S14, Q13)."""

from __future__ import annotations

from typing import Any

from peewee import CharField, DateField, IntegerField, TextField, TimeField

from models.actor import Actor
from models.boxes import Box
from models.children import Child
from models.fields import SEALED, Link, WordField, col
from models.register import SealedRecord, register
from models.rules import Found, after, comes_with, not_before, value
from models.staff import Staff

COUNSELLING_FORMS = ("个体", "团体", "家长")
COUNSELLING_SOURCES = ("自愿", "班主任", "家长", "筛查")
COUNSELLING_RISKS = ("一般", "关注", "预警", "危机")
COUNSELLING_REFERRALS = ("无", "家长", "医院", "公安")


def disclosure_approved(record: Any, _actor: Actor) -> Found:
    """Confidentiality is broken only with a reason and an approval (S14, Q13)."""
    if value(record, "disclosed_on") is None:
        return []
    return [
        (name, told)
        for name, told in (
            ("disclosure_reason", "突破保密要写明原因"),
            ("disclosure_approved_by", "突破保密要有批准人"),
        )
        if not value(record, name)
    ]


def handed_over_with_reason(record: Any, _actor: Actor) -> Found:
    """A case is handed to another counsellor, for a reason (S14-4)."""
    if value(record, "handed_over_to") is None:
        return []
    if value(record, "handed_over_to") == value(record, "counsellor"):
        return [("handed_over_to", "移交给另一位咨询师，不能是本人")]
    return [] if record.handover_reason else [("handover_reason", "请写明回避或移交的原因")]


ends_after_starts = after("ends_at", "starts_at", "结束时间要晚于开始时间")
finished_after = not_before("finished_on", "held_on", "完成日期不能早于咨询日期")
finished_first = comes_with("sealed_on", "finished_on", "封存前请先填写完成日期")
sealed_after = not_before("sealed_on", "finished_on", "封存日期不能早于完成日期")
received_with_seal = comes_with("sealed_on", "received_by", "请选择接收的管理员")


@register(
    title="心理咨询记录",
    box=Box.COUNSELLING,
    systems=("S14", "Q13", "H07"),
    sealed=True,
    order="-held_on",
    happened="held_on",
    label=("case_code", "held_on"),
    rules=(
        ends_after_starts,
        disclosure_approved,
        handed_over_with_reason,
        finished_after,
        finished_first,
        sealed_after,
        received_with_seal,
    ),
    open_until="sealed_on",
    purpose="心理咨询记录卡，只有心理辅导教师看得到内容",
)
class Counselling(SealedRecord):
    """One session of counselling; all but code, dates and counsellor is sealed."""

    case_code = col(
        CharField(max_length=40), "个案号", list=2, short=1, section="个案", help="编号，不写姓名"
    )
    held_on = col(DateField(), "日期", list=1, short=2, filter=True)
    counsellor = col(Link(Staff), "咨询师", list=3, short=3, filter=True)
    child = col(Link(Child), "学生", short=4, secret=SEALED)
    starts_at = col(
        TimeField(null=True), "开始时间", wanted=True, secret=SEALED, section="内容（密封）"
    )
    ends_at = col(TimeField(null=True), "结束时间", wanted=True, secret=SEALED)
    session_number = col(IntegerField(null=True), "第几次", secret=SEALED)
    form = col(WordField(COUNSELLING_FORMS, null=True), "形式", short=5, secret=SEALED)
    source = col(WordField(COUNSELLING_SOURCES, null=True), "来源", wanted=True, secret=SEALED)
    complaint = col(TextField(null=True), "主诉", short=6, wanted=True, secret=SEALED)
    background = col(TextField(null=True), "背景", secret=SEALED)
    assessment = col(TextField(null=True), "评估", secret=SEALED)
    risk = col(
        WordField(COUNSELLING_RISKS, null=True), "风险等级", short=7, wanted=True, secret=SEALED
    )
    intervention = col(TextField(null=True), "干预", wanted=True, secret=SEALED)
    arrangement = col(TextField(null=True), "约定", secret=SEALED)
    referral = col(WordField(COUNSELLING_REFERRALS, null=True), "转介", secret=SEALED)
    disclosed_on = col(
        DateField(null=True), "突破保密日期", secret=SEALED, section="突破保密与移交（密封）"
    )
    disclosure_reason = col(
        TextField(null=True), "突破保密原因", wanted=True, secret=SEALED, show_if="disclosed_on!="
    )
    disclosure_approved_by = col(
        Link(Staff, null=True),
        "突破保密批准人",
        wanted=True,
        secret=SEALED,
        show_if="disclosed_on!=",
    )
    handed_over_to = col(Link(Staff, null=True), "移交咨询师", secret=SEALED)
    handover_reason = col(
        CharField(max_length=80, null=True),
        "回避/移交原因",
        wanted=True,
        secret=SEALED,
        show_if="handed_over_to!=",
    )
    finished_on = col(
        DateField(null=True), "记录完成日期", list=4, wanted=True, filter=True, section="封存"
    )
    sealed_on = col(DateField(null=True), "封存交管理员日期", list=5, wanted=True, filter=True)
    received_by = col(Link(Staff, null=True), "接收管理员", list=6, wanted=True)


@register(
    title="心理档案",
    box=Box.COUNSELLING,
    systems=("S04", "Q19"),
    sealed=True,
    order="-observed_on",
    happened="observed_on",
    label=("case_code", "observed_on"),
    purpose="心理档案，只有心理辅导教师看得到内容",
)
class MindFile(SealedRecord):
    """A counsellor's observation of a child; all but code, date and counsellor is sealed."""

    case_code = col(CharField(max_length=40), "个案号", list=2, short=1)
    observed_on = col(DateField(), "日期", list=1, short=2, filter=True)
    counsellor = col(Link(Staff), "咨询师", list=3, filter=True)
    child = col(Link(Child), "学生", short=3, secret=SEALED)
    observations = col(TextField(null=True), "观察记录", short=4, wanted=True, secret=SEALED)
