"""心理咨询记录 and 心理档案: the sealed registers (S14, Q13, H07, Q19)."""

from __future__ import annotations

import re
from typing import Any

from peewee import CharField, DateField, IntegerField, TextField, TimeField

from models.core.actor import Actor
from models.core.boxes import COUNSELLOR, Box
from models.core.fields import SEALED, Link, WordField, col
from models.core.register import Register, SealedRecord, register, register_of
from models.core.scopes import own_staff
from models.kept.children import Child
from models.kept.staff import Staff

FORMS = ("个体", "团体", "家长")


SOURCES = ("自愿", "班主任", "家长", "筛查")


RISKS = ("一般", "关注", "预警", "危机")


REFERRALS = ("无", "家长", "医院", "公安")


# Chosen, not written: the reason for a late entry is a plain column.
LATE_REASONS = ("当周课务冲突", "因公外出", "先作纸面记录后补录", "病假事假", "系统或设备故障")


# Letters, digits and a few words: no name can be spelled in it.
_CODE = re.compile(r"[A-Za-z0-9个案心咨询号第_/()（）—-]{1,20}")


def code_is_no_name(record: Any, _actor: Actor) -> list[tuple[str, str]]:
    """The case code is read by the office and says nothing about the child."""
    if not _CODE.fullmatch(record.case_code):
        return [("case_code", "个案号只用字母、数字和“个案、咨询”等字样，不要写姓名")]
    return []


def entered_by_the_counsellor(record: Any, actor: Actor) -> list[tuple[str, str]]:
    """A counsellor enters own sessions; a late one gives a reason from the list."""
    errors = []
    if record.id is None and not actor.is_system and record.counsellor_id != actor.staff_id:
        errors.append(("counsellor", "只能登记自己做的咨询；转给别人请用“移交”"))
    if record.late_reason and record.late_reason not in LATE_REASONS:
        errors.append(("late_reason", "补录原因请从列出的几项中选择，不要写内容"))
    return errors


def ends_after_start(record: Any, _actor: Actor) -> list[tuple[str, str]]:
    """A session ends after it has begun."""
    if record.starts_at and record.ends_at and record.ends_at <= record.starts_at:
        return [("ends_at", "结束时间要晚于开始时间")]
    return []


def disclosure_is_approved(record: Any, _actor: Actor) -> list[tuple[str, str]]:
    """Breaking confidentiality needs a reason and an approval (S14, Q13)."""
    if record.disclosed_on is None:
        return []
    errors = []
    if not record.disclosure_reason:
        errors.append(("disclosure_reason", "突破保密要写明原因"))
    if not record.disclosure_approved_by:
        errors.append(("disclosure_approved_by", "突破保密要先由领导小组成员批准"))
    return errors


def handed_to_another(record: Any, actor: Actor) -> list[tuple[str, str]]:
    """A session is handed over to another counsellor, for a reason (S14-4)."""
    to = record.handed_over_to
    if not to:
        return []
    errors = []
    if not record.handover_reason:
        errors.append(("handover_reason", "请写明回避或移交的原因"))
    is_new = to != (record.opened or {}).get("handed_over_to")
    to_self = to == actor.staff_id or (record.id is None and to == record.counsellor_id)
    if is_new and to_self:
        errors.append(("handed_over_to", "不能移交给自己，请选择另一位心理辅导教师"))
    return errors


def sealed_after_finished(record: Any, _actor: Actor) -> list[tuple[str, str]]:
    """The record is finished after the session, sealed after that, and somebody receives it."""
    errors = []
    if record.finished_on and record.finished_on < record.held_on:
        errors.append(("finished_on", "记录完成日期不能早于咨询日期"))
    if record.sealed_on and record.sealed_on < (record.finished_on or record.held_on):
        errors.append(("sealed_on", "封存日期不能早于记录完成日期"))
    if record.sealed_on and not record.finished_on:
        errors.append(("finished_on", "封存前要先完成记录，请填写记录完成日期"))
    if record.sealed_on and not record.received_by_id:
        errors.append(("received_by", "请选择接收封存件的管理员"))
    if record.received_by_id and not record.sealed_on:
        errors.append(("sealed_on", "请填写封存交管理员的日期"))
    return errors


@register(
    title="心理咨询记录",
    box=Box.COUNSELLING,
    creates=(COUNSELLOR,),
    scope={COUNSELLOR: own_staff("counsellor")},
    order="-held_on",
    happened="held_on",
    label=("case_code", "held_on"),
    act_by=("counsellor",),
    sealed=True,
    open_until="sealed_on",
    finishing=(
        "counsellor",
        "ends_at",
        "complaint",
        "background",
        "assessment",
        "risk",
        "intervention",
        "arrangement",
        "referral",
        "disclosed_on",
        "disclosure_reason",
        "disclosure_approved_by",
        "handed_over_to",
        "handover_reason",
        "finished_on",
        "sealed_on",
        "received_by",
    ),
    rules=(
        code_is_no_name,
        entered_by_the_counsellor,
        ends_after_start,
        disclosure_is_approved,
        handed_to_another,
        sealed_after_finished,
    ),
    purpose="每一次心理咨询的记录卡；内容密封，只有心理辅导教师打得开",
)
class Counselling(SealedRecord):
    case_code = col(
        CharField(max_length=20, index=True), "个案号", list=1, short=1, filter=True, help="代号"
    )
    held_on = col(DateField(), "日期", list=2, short=2, filter=True)
    counsellor = col(Link(Staff), "咨询师", list=3)
    child = col(Link(Child), "学生", secret=SEALED, short=3, roster=True)
    starts_at = col(TimeField(null=True), "开始时间", wanted=True, secret=SEALED, short=4)
    ends_at = col(TimeField(null=True), "结束时间", wanted=True, secret=SEALED, short=5)
    session_number = col(IntegerField(null=True), "第几次", secret=SEALED)
    form = col(WordField(FORMS, null=True), "形式", secret=SEALED, short=6)
    source = col(WordField(SOURCES, null=True), "来源", wanted=True, secret=SEALED, short=7)
    complaint = col(TextField(null=True), "主诉", wanted=True, secret=SEALED, short=8)
    background = col(TextField(null=True), "背景", secret=SEALED)
    assessment = col(TextField(null=True), "评估", secret=SEALED)
    risk = col(
        WordField(RISKS, null=True),
        "风险等级",
        wanted=True,
        secret=SEALED,
        short=9,
        help="选“危机”会立即通知领导小组，只告知个案号、日期和咨询师",
    )
    intervention = col(TextField(null=True), "干预", wanted=True, secret=SEALED, short=10)
    arrangement = col(TextField(null=True), "约定", secret=SEALED)
    referral = col(WordField(REFERRALS, null=True), "转介", secret=SEALED)
    disclosed_on = col(DateField(null=True), "突破保密日期", secret=SEALED)
    disclosure_reason = col(
        TextField(null=True),
        "突破保密原因",
        wanted=True,
        secret=SEALED,
        show_if="disclosed_on!=",
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
        CharField(max_length=200, null=True),
        "回避/移交原因",
        wanted=True,
        secret=SEALED,
        show_if="handed_over_to!=",
    )
    finished_on = col(DateField(null=True), "记录完成日期", list=4, wanted=True, filter=True)
    sealed_on = col(DateField(null=True), "封存交管理员日期", list=5, wanted=True, filter=True)
    received_by = col(Link(Staff, null=True), "接收管理员", list=6, wanted=True)


@register(
    title="心理档案",
    box=Box.COUNSELLING,
    creates=(COUNSELLOR,),
    scope={COUNSELLOR: own_staff("counsellor")},
    order="-observed_on",
    happened="observed_on",
    label=("case_code", "observed_on"),
    act_by=("counsellor",),
    sealed=True,
    rules=(code_is_no_name, entered_by_the_counsellor),
    purpose="心理辅导教师对儿童的观察；内容密封",
)
class MindFile(SealedRecord):
    case_code = col(
        CharField(max_length=20, index=True), "个案号", list=1, short=1, filter=True, help="代号"
    )
    observed_on = col(DateField(), "日期", list=2, short=2, filter=True)
    counsellor = col(Link(Staff), "咨询师", list=3)
    child = col(Link(Child), "学生", secret=SEALED, short=3, roster=True)
    observations = col(TextField(null=True), "观察记录", wanted=True, secret=SEALED, short=4)


SESSIONS: Register = register_of(Counselling)


FILES: Register = register_of(MindFile)


# Written by the steps below, not typed into the card.
BY_STEPS = frozenset(
    {
        "disclosed_on",
        "disclosure_reason",
        "disclosure_approved_by",
        "handed_over_to",
        "handover_reason",
    }
)
