"""突发事件: what happened, who was told and when; checks of safety and cleanliness."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from peewee import BooleanField, CharField, DateField, IntegerField, TextField

from models.core import calendar
from models.core.actor import Actor
from models.core.boxes import LEADERSHIP, TEACHER, Box
from models.core.fields import (
    NAME,
    ExactMomentField,
    Link,
    MinutesField,
    PersonNameField,
    WordField,
    col,
)
from models.core.register import Record, register, register_of
from models.core.rules import (
    Found,
    compares,
    not_before,
    not_negative,
    one_of,
    only_with,
    parent_of,
    stored,
    value,
)
from models.core.scopes import everyone, own_acts
from models.kept.activities import Activity
from models.kept.assets import Room
from models.kept.children import Child
from models.kept.school import FROM_DISCOVERY, DutySetting, decided
from models.kept.staff import Staff

INCIDENT_KINDS = ("人身伤害", "交通", "溺水", "火灾", "食品", "欺凌", "自伤", "走失", "其他")
INCIDENT_LEVELS = ("一般", "较大", "重大", "特别重大")
INCIDENT_PERSON_ROLES = ("受害", "行为人", "证人", "其他")
NOTIFICATION_RECIPIENT_KINDS = ("监护人", "父母", "教育局", "政府", "公安", "其他")
NOTIFICATION_MANNERS = ("电话", "当面", "微信", "书面", "其他")
SAFETY_CHECK_KINDS = ("安全", "卫生")
CHECK_RESULTS = ("合格", "有问题")


# Within how many minutes whom (Q01-1), and the duty under whose code the school sets its own.
LIMITS = {"监护人": 30, "父母": 60, "教育局": 120, "政府": 120}
LIMIT_DUTIES = {
    "incident-30": "监护人",
    "incident-60": "父母",
    "incident-120a": "教育局",
    "incident-120b": "政府",
}
MINUTES = "时限（分钟）"


def times_in_order(record: Any, actor: Actor) -> Found:
    """An incident is discovered after it occurred, and neither lies ahead (Q01-1)."""
    if not actor.is_system and record.occurred_at > actor.now:
        return [("occurred_at", "发生时间还没有到，请核对")]
    found = value(record, "discovered_at")
    if found is None:
        return []
    if found < record.occurred_at:
        return [("discovered_at", "发现时间不能早于发生时间")]
    if not actor.is_system and found > actor.now:
        return [("discovered_at", "发现时间还没有到，请核对")]
    return []


@compares
def times_stay(record: Any, _actor: Actor) -> Found:
    """The times of an incident cannot be altered once saved (未成年人保护法 11)."""
    before = stored(record)
    if before is None:
        return []
    told = "时间保存后不能改；有出入的，请在续报里写明"
    return [
        (name, told)
        for name in ("occurred_at", "discovered_at")
        if value(before, name) is not None and value(before, name) != value(record, name)
    ]


def told_after_occurrence(record: Any, actor: Actor) -> Found:
    """Nobody was told before it happened, nor in the future (Q01-1)."""
    incident = parent_of(record)
    if incident is not None and record.notified_at < incident.occurred_at:
        return [("notified_at", "通报时间不能早于事件发生时间")]
    if not actor.is_system and record.notified_at > actor.now:
        return [("notified_at", "通报时间还没有到，请核对")]
    return []


@compares
def notices_stay(record: Any, _actor: Actor) -> Found:
    """A notice stands as it was saved; what is wrong in it is corrected beside it (Q01-1)."""
    before = stored(record)
    if before is None:
        return []
    told = "通报保存后不能改，有出入的请另加一条，或在续报里写明"
    return [
        (spec.name, told)
        for spec in register_of(record).fields.values()
        if spec.computed is None and value(before, spec.name) != value(record, spec.name)
    ]


def counts_from_discovery() -> bool:
    """Return whether the school chose that the minutes run from the discovery."""
    school = calendar.school()
    return school is not None and school.clock_from == FROM_DISCOVERY


def clock_start(incident: Any) -> datetime:
    """Return the moment the minutes run from: the occurrence, or the discovery if so chosen."""
    discovered: datetime | None = value(incident, "discovered_at")
    occurred: datetime = incident.occurred_at
    return discovered if counts_from_discovery() and discovered is not None else occurred


def minutes_taken(record: Any) -> int | None:
    """Return how many whole minutes after the clock started somebody was told."""
    incident = parent_of(record) if value(record, "incident") else None
    if incident is None or value(record, "notified_at") is None:
        return None
    return int((record.notified_at - clock_start(incident)) / timedelta(minutes=1))


def limits(day: date) -> dict[str, int]:
    """Return within how many minutes whom, for what occurs on a day: the school's own numbers."""
    own: list[tuple[date, str, int]] = calendar.remember("incident limits", _own_limits)
    return LIMITS | {recipient: minutes for since, recipient, minutes in own if since <= day}


def _own_limits() -> list[tuple[date, str, int]]:
    first_days = {semester.id: semester.first_day for semester in calendar.semesters()}
    return [
        (first_days[row.semester_id], LIMIT_DUTIES[row.duty], int(row.value))
        for row in decided(DutySetting, None)
        if row.what == MINUTES and row.duty in LIMIT_DUTIES
    ]


def limit(record: Any) -> int | None:
    """Return the minutes given for telling this recipient, None for none."""
    incident = parent_of(record) if value(record, "incident") else None
    if incident is None:
        return LIMITS.get(record.recipient_kind)
    return limits(incident.occurred_at.date()).get(record.recipient_kind)


def somebody_involved(record: Any, _actor: Actor) -> Found:
    """A line names exactly one person: a pupil, a colleague or somebody else."""
    given = sum(value(record, name) is not None for name in ("child", "staff", "other_name"))
    return [] if given == 1 else [("child", "每行填一个人：学生、教职工或其他人姓名")]


closed_after = not_before("closed_on", "occurred_at", "结案日期不能早于发生日期")
reported_after = not_before("written_report_on", "occurred_at", "书面报告日期不能早于发生日期")
counts = not_negative("injured_count", "death_count")


@register(
    title="突发事件",
    box=Box.SAFETY,
    creates=(TEACHER, LEADERSHIP),
    scope={TEACHER: own_acts},
    order="-occurred_at",
    happened="occurred_at",
    label=("kind", "occurred_at"),
    rules=(times_in_order, times_stay, closed_after, reported_after, counts),
    roster=True,
    open_until="closed_on",
    finishing=(
        "level",
        "found_by",
        "mandatory_report",
        "injured_count",
        "death_count",
        "account",
        "measures",
        "follow_up_report",
        "written_report_on",
        "closed_on",
        "correction",
        "written-report",
        "photo",
        "incident-person",
        "notification",
    ),
    permanent=True,
    locks=False,
    evidence={"written-report": "书面报告", "photo": "照片"},
    purpose="安全事故和突发事件：先通报，后补齐经过和处理",
)
class Incident(Record):
    occurred_at = col(
        ExactMomentField(),
        "发生时间",
        list=1,
        short=1,
        filter=True,
        section="发生",
        help="保存后不能改",
    )
    discovered_at = col(ExactMomentField(null=True), "发现时间")
    found_by = col(
        Link(Staff, null=True),
        "发现人",
        short=7,
        wanted=True,
        filter=True,
        wanted_if="kind=自伤|人身伤害",
        help="自伤、伤人的苗头由心理辅导教师发现的，由本人马上采取措施",
    )
    place = col(CharField(max_length=80), "地点", list=4, short=3, search=True)
    kind = col(WordField(INCIDENT_KINDS), "类别", list=2, short=2, filter=True)
    level = col(WordField(INCIDENT_LEVELS, null=True), "等级", list=3, wanted=True, filter=True)
    mandatory_report = col(
        BooleanField(default=False), "强制报告事项", help="疑似侵害未成年人的，必须立即报告"
    )
    injured_count = col(IntegerField(null=True), "受伤人数", sum=True, section="情况")
    death_count = col(IntegerField(null=True), "死亡人数", sum=True)
    in_school = col(
        BooleanField(default=True),
        "是否在校期间",
        list=5,
        short=4,
        filter=True,
        help="在校期间要在时限内通报监护人、父母、教育局和政府",
    )
    account = col(TextField(null=True), "经过", short=5, wanted=True, search=True)
    measures = col(TextField(null=True), "已采取措施", list=6, short=6, wanted=True, search=True)
    follow_up_report = col(TextField(null=True), "续报", section="后续")
    written_report_on = col(DateField(null=True), "书面报告日期")
    closed_on = col(DateField(null=True), "结案日期", list=7, filter=True)
    correction = col(TextField(null=True), "整改")


@register(
    title="涉及人",
    box=Box.SAFETY,
    parent="incident",
    label=("other_name", "role"),
    rules=(somebody_involved,),
    roster=True,
    menu=False,
    locks=False,
    purpose="事件涉及的学生、教职工和其他人",
)
class IncidentPerson(Record):
    incident = col(Link(Incident), "突发事件", list=1)
    child = col(Link(Child, null=True), "学生", list=2, short=1)
    staff = col(Link(Staff, null=True), "教职工", list=3, short=2)
    other_name = col(
        PersonNameField(max_length=40, null=True), "其他人姓名", list=4, short=3, secret=NAME
    )
    role = col(WordField(INCIDENT_PERSON_ROLES, null=True), "情形", list=5, short=4, wanted=True)
    injury = col(CharField(max_length=80, null=True), "伤情", list=6, short=5)


@register(
    title="通报",
    box=Box.SAFETY,
    parent="incident",
    order="notified_at",
    label=("recipient_kind", "notified_at"),
    rules=(told_after_occurrence, notices_stay),
    permanent=True,
    locks=False,
    purpose="事件发生后逐一通报的时间、方式和经办人",
)
class Notification(Record):
    incident = col(Link(Incident), "突发事件", list=2)
    recipient_kind = col(
        WordField(NOTIFICATION_RECIPIENT_KINDS), "对象", list=3, short=1, filter=True
    )
    recipient = col(
        PersonNameField(max_length=40, null=True),
        "接收人",
        list=4,
        short=2,
        wanted=True,
        search=True,
        secret=NAME,
    )
    limit_minutes = col(MinutesField(null=True), "时限（分钟）", computed=limit, as_saved=True)
    notified_at = col(ExactMomentField(), "实际时间", list=1, short=3)
    manner = col(WordField(NOTIFICATION_MANNERS, null=True), "方式", list=6, short=4, wanted=True)
    staff = col(Link(Staff), "经办人", list=5, short=5, filter=True)
    reached = col(BooleanField(default=True), "是否联系上", list=7, filter=True)
    minutes_taken = col(
        MinutesField(null=True), "用时（分钟）", list=8, computed=minutes_taken, as_saved=True
    )
    content = col(TextField(null=True), "通报内容", search=True)


room_or_activity = one_of(("room", "activity"), "请选择场所或活动，只选一个", exactly=True)
corrected_only = only_with("corrected_on", "有问题的才填整改完成日期", passed=("有问题",))
corrected_after = not_before("corrected_on", "checked_on", "整改完成不能早于检查日期")


@register(
    title="安全卫生检查",
    box=Box.SAFETY,
    creates=(TEACHER,),
    scope={TEACHER: everyone},
    order="-checked_on",
    happened="checked_on",
    label=("kind", "checked_on"),
    rules=(room_or_activity, corrected_only, corrected_after),
    act_by=("checked_by",),
    open_until="corrected_on",
    finishing=("corrected_on", "photo"),
    evidence={"photo": "照片"},
    purpose="场所和活动的安全、卫生检查，有问题的要整改",
)
class SafetyCheck(Record):
    kind = col(WordField(SAFETY_CHECK_KINDS), "类别", list=2, short=1, filter=True)
    room = col(Link(Room, null=True), "场所", list=3, short=2, wanted=True, filter=True)
    activity = col(Link(Activity, null=True), "活动", list=4, short=3)
    checked_on = col(DateField(), "检查日期", list=1, short=4, filter=True)
    checked_by = col(Link(Staff), "检查人", list=5, short=5, filter=True)
    passed = col(
        WordField(CHECK_RESULTS, null=True), "检查结论", list=6, short=6, wanted=True, filter=True
    )
    findings = col(TextField(null=True), "检查情况", list=7, short=7, wanted=True, search=True)
    corrected_on = col(
        DateField(null=True),
        "整改完成日期",
        list=8,
        wanted=True,
        filter=True,
        show_if="passed=有问题",
    )
