"""心理咨询记录 and 心理档案: the sealed registers (S14, Q13, H07, Q19).

Only number, date, counsellor and the dates of finishing and sealing are columns; everything else,
the child included, lies in the encrypted payload. A counsellor sees own sessions; handing one over
hands the sight of it over too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from peewee import CharField, DateField, IntegerField, TextField, TimeField

from models import audit, sealing, service
from models.accounts import User
from models.actor import Actor
from models.boxes import COUNSELLOR, LEADERSHIP, Box
from models.children import Child
from models.errors import Denied, Invalid, NotFound
from models.fields import SEALED, Link, WordField, col
from models.gates import directory, row, rows
from models.register import Register, SealedRecord, register, register_of
from models.scopes import own_staff
from models.sealed_requests import DISCLOSURE, granted, people, spend, tell
from models.staff import Staff
from models.values import whole

FORMS = ("个体", "团体", "家长")
SOURCES = ("自愿", "班主任", "家长", "筛查")
RISKS = ("一般", "关注", "预警", "危机")
CRISIS = "危机"
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


def save_session(
    actor: Actor, raw: Mapping[str, Any], *, record_id: int | None = None, version: int = 0
) -> Any:
    """Save a session and alert the leadership when its risk has become 危机.

    The alert holds case code, date and counsellor, no content. Raises what `service` raises.
    """
    with service.work(actor) as current:
        if record_id is None:
            before = None
            record = service.create(actor, SESSIONS, raw, current=current)
        else:
            before = opened(actor, SESSIONS, record_id).risk
            record = service.update(actor, SESSIONS, record_id, raw, version, current=current)
        if record.risk == CRISIS and before != CRISIS:
            _alert(actor, record)
    return record


def _alert(actor: Actor, record: Any) -> None:
    told = (
        f"危机预警：个案 {record.case_code}，{record.held_on}，咨询师 {actor.name}。"
        "请立即与咨询师联系；内容仍然密封。"
    )
    tell(people(LEADERSHIP, actor.now), "crisis", told, actor.now)


def opened(
    actor: Actor, declared: Register, record_id: Any, *, deleted: bool | None = False
) -> Any:
    """Return one record within the actor's rows, opened; Shut without key, WrongKey if it fails."""
    if actor.sealed_key is None:
        raise sealing.Shut
    record = row(actor, declared, record_id, deleted=deleted)
    if record is None:
        raise NotFound
    if sealing.unseal(actor, declared, [record]):
        raise sealing.WrongKey("这一件打不开：它用的是别的密钥，或者数据已经损坏")
    return record


def of_child(actor: Actor, declared: Register, child_id: int) -> list[Any]:
    """Return the actor's opened records of one child, found by the keyed hash, newest first."""
    if actor.sealed_key is None:
        raise sealing.Shut
    model = declared.model
    wanted = sealing.child_hash(actor.sealed_key, declared, child_id)
    query = rows(actor, declared).where(model.child_hash == wanted)
    records = list(query.order_by(getattr(model, declared.happened).desc(), model.id.desc()))
    sealing.unseal(actor, declared, records)
    return records


def of_case(actor: Actor, code: str) -> list[Any]:
    """Return the actor's opened sessions of one case, oldest first; those that fail left out."""
    if actor.sealed_key is None:
        raise sealing.Shut
    query = rows(actor, SESSIONS).where(Counselling.case_code == code)
    records = list(query.order_by(Counselling.held_on, Counselling.id))
    failed = sealing.unseal(actor, SESSIONS, records)
    return [record for record in records if record not in failed]


def hand_over(actor: Actor, record_id: int, to_staff: Any, reason: str, version: int) -> Any:
    """Hand a session over to another counsellor, who sees it from now on; the actor no more."""
    others = {one.staff_id: one for one in people(COUNSELLOR, actor.now)}
    chosen = whole(to_staff) or 0
    if chosen not in others:
        raise Invalid({"handed_over_to": "请选择一位有心理辅导教师身份的同事"})
    raw = {"handed_over_to": chosen, "handover_reason": reason, "counsellor": chosen}
    with service.work(actor) as current:
        record = service.update(actor, SESSIONS, record_id, raw, version, current=current)
        told = f"{actor.name}把个案 {record.case_code}（{record.held_on}）移交给您"
        tell([others[chosen]], "handover", told, actor.now)
    return record


def disclose(actor: Actor, record_id: int, reason: str, version: int) -> Any:
    """Record that confidentiality was broken, with the approval that was given for it."""
    request = granted(actor, DISCLOSURE, record_id)
    if request is None:
        raise Denied("突破保密要先申请，由领导小组成员批准")
    if not request.decided_staff_id:
        raise Denied("批准人的账号没有对应教职工，请文员补上后再办")
    raw = {
        "disclosed_on": actor.today,
        "disclosure_reason": reason,
        "disclosure_approved_by": request.decided_staff_id,
    }
    with service.work(actor) as current:
        record = service.update(actor, SESSIONS, record_id, raw, version, current=current)
        spend(current, request)
        told = f"个案 {record.case_code}（{record.held_on}）已由{actor.name}突破保密"
        told += f"，{request.decider}批准"
        tell(people(COUNSELLOR, actor.now), "disclosure", told, actor.now)
        tell(people(LEADERSHIP, actor.now), "disclosure", told, actor.now)
    return record


def seal_envelope(actor: Actor, record_id: int, day: Any, keeper: Any, version: int) -> Any:
    """Record that the sealed envelope was handed to the keeper of the home (Q13-4)."""
    raw = {"sealed_on": day, "received_by": keeper}
    return service.update(actor, SESSIONS, record_id, raw, version)


@dataclass(frozen=True)
class IndexLine:
    """What the office sees of a session: number and date."""

    case_code: str
    held_on: date


def index(actor: Actor, first: date, last: date) -> list[IndexLine]:
    """Return the counselling index of a span, oldest first: numbers and dates only."""
    query = rows(actor, SESSIONS).select(Counselling.case_code, Counselling.held_on)
    inside = query.where(Counselling.held_on >= first, Counselling.held_on <= last)
    return [
        IndexLine(code, day)
        for code, day in inside.order_by(Counselling.held_on, Counselling.id).tuples()
    ]


def known_keepers() -> list[tuple[int, str]]:
    """Return (staff id, name) of the colleagues an envelope can be handed to."""
    query = directory(register_of(Staff), Staff.id, Staff.name)
    return list(query.where(Staff.deleted_at.is_null(True)).order_by(Staff.pinyin_key).tuples())


def take_over(current: service.Work, case_code: str, user_id: int) -> int:
    """Make a case's sessions those of another counsellor, as an approval decided; return how many.

    The content is not opened for it.
    """
    user = rows(current.actor, register_of(User)).where(User.id == user_id).first()
    if user is None or not user.staff_id:
        raise Invalid({"": "申请人的账号没有对应教职工，请文员补上后再批准"})
    changed = 0
    for declared in (SESSIONS, FILES):
        model = declared.model
        for record in list(rows(current.actor, declared).where(model.case_code == case_code)):
            raw = {"counsellor": user.staff_id}
            service.update(current.actor, declared, record.id, raw, record.version, current=current)
            changed += 1
    return changed


def history_of(declared: Register, record_id: int) -> list[tuple[Any, str]]:
    """Return (entry, what happened in words without content) of one record, newest first."""
    words = {"create": "登记", "update": "修改", "delete": "删除", "restore": "恢复"}
    found = []
    for entry in audit.entries_of(declared.slug, record_id):
        said = words.get(entry.action, entry.action)
        sealed = '"sealed"' in (entry.payload or "")
        found.append((entry, f"{said}，内容已改" if sealed and entry.action == "update" else said))
    return found
