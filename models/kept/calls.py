"""亲情电话: entered before the call is made, finished after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from peewee import CharField, DateField, DateTimeField, IntegerField, TextField, TimeField

from models.core import calendar
from models.core.actor import Actor
from models.core.boxes import TEACHER, Box
from models.core.fields import (
    NAME,
    OPEN,
    Link,
    PersonNameField,
    PhoneField,
    WordField,
    WordsField,
    col,
    paper_day,
)
from models.core.gates import every_row
from models.core.register import Derived, Record, model_of, register, register_of
from models.core.rules import (
    SINCE_UNTIL,
    comes_with,
    compares,
    needed,
    not_before,
    stored,
    value,
)
from models.core.scopes import everyone, own_children_or_own_acts
from models.core.spans import holds_on
from models.kept.children import EXCLUDED, Child, Guardian, Parent
from models.kept.left_behind import state_today
from models.kept.plans import Plan
from models.kept.school import Semester
from models.kept.staff import Staff
from models.kept.words import TOPICS

CALL_WAYS = ("电话", "视频")
BEGUN_BY = ("学生", "家长")
CALL_PLACES = ("之家", "家中")
GUARDIAN, AT_SCHOOL_ONLY = "临时监护人", "临时监护人只在学生在校期间可以通话"
CALLEES = ("父亲", "母亲", "临时监护人", "其他人")
MATTERS = ("问候", "学习", "生活", "身体", "节日", "求助", "其他")


def callee_is_allowed(record: Any, _actor: Actor) -> list[tuple[str, str]]:
    """The callee is a parent; on school days also the temporary guardian (S09-2)."""
    if record.callee == "其他人":
        return [("callee", "亲情电话只打给父母，在校期间也可以打给临时监护人；请改选通话对象")]
    if record.callee == GUARDIAN and not _is_school_day(record.begun_at.date()):
        return [("callee", f"这天不上学；{AT_SCHOOL_ONLY}，请改选父亲或母亲")]
    return []


def _is_school_day(day: date) -> bool:
    return calendar.school_calendar().is_school_day(day)


# Which rows of the register of parents a word on the form may mean.
_RELATIONS = {"父亲": ("父亲", "继父或养父"), "母亲": ("母亲", "继母或养母")}
# How the register of parents' states calls somebody who died.
DEAD = "死亡"
# So long after the hour written down a call still counts as entered before it was made.
GRACE = timedelta(minutes=10)


@dataclass(frozen=True)
class Callee:
    """Somebody of the family a call may mean: the word on the form, and why not, if so."""

    word: str
    name: str
    phone: str
    why_not: str = ""


def callees(child: int, day: date) -> list[Callee]:
    """Return the parents and that day's guardians of a child, as the registers hold them (S09-2).

    It reads past the gates: the call desk asks for any child of the school while it is open.
    """
    parent = model_of("parent")
    parents = every_row(register_of(parent)).where(parent.child == child)
    listed = list(parents.order_by(parent.relation, parent.id))
    found = []
    for one, state in zip(listed, state_today(listed, day), strict=True):
        word = next(word for word, meant in _RELATIONS.items() if one.relation in meant)
        dead = "已经去世，请改选另一位" if state == DEAD else ""
        found.append(Callee(word, one.name, one.phone or "", _barred(one, day) or dead))
    guardians = every_row(register_of(Guardian)).where(
        Guardian.child == child, holds_on(Guardian, day)
    )
    for guardian in guardians.order_by(Guardian.rank, Guardian.id):
        excluded = "核查有禁止情形，不能通话" if guardian.excluded == EXCLUDED[-1] else ""
        away = "" if _is_school_day(day) else f"这天不上学，{AT_SCHOOL_ONLY}"
        why = _barred(guardian, day) or excluded or away
        found.append(Callee(GUARDIAN, guardian.name, guardian.phone or "", why))
    return found


def _barred(one: Any, day: date) -> str:
    if one.barred is None or (one.barred_since is not None and one.barred_since > day):
        return ""
    return f"登记为不予通话：{one.barred}"


def callee_is_registered(record: Any, _actor: Actor) -> list[tuple[str, str]]:
    """The callee is a registered parent or that day's guardian whom nothing bars (S09-2)."""
    day = record.begun_at.date()
    meant_word = record.callee if record.callee in _RELATIONS else GUARDIAN
    found = [callee for callee in callees(record.child_id, day) if callee.word == meant_word]
    if not found:
        told = f"这名学生还没有登记{record.callee}，请先补登记，或改选通话对象"
        return [("callee", told)]
    meant = [callee for callee in found if callee.name == record.callee_name] or found
    if all(one.why_not for one in meant):
        return [("callee", f"{record.callee}{meant[0].name}{meant[0].why_not}")]
    return []


@compares
def entered_before(record: Any, actor: Actor) -> list[tuple[str, str]]:
    """A call the child makes at the home is entered before it is made (S09-1)."""
    before, says = stored(record), ("begun_at", "begun_by", "place")
    if before is not None and all(value(before, name) == value(record, name) for name in says):
        return []
    ahead = (record.entered_at or actor.now) <= record.begun_at + GRACE
    if ahead or actor.is_system or record.late_reason or record.batch:
        return []
    if (record.begun_by, record.place) != ("学生", "之家"):
        return []
    return [("late_reason", "亲情电话要先登记再打；已经打过的，请写明补录原因")]


duty_teacher_at_home = needed("duty_teacher", "在之家打的电话要有值班教师", place=("之家",))


def call_ends_after_it_began(record: Any, _actor: Actor) -> list[tuple[str, str]]:
    """A finished call ended after it began."""
    if record.ended_at is not None and record.ended_at <= record.begun_at.time():
        return [("ended_at", "结束时间要晚于开始时间")]
    return []


def duration(calls: list[Any], _day: object) -> list[str]:
    """Return each call's length in minutes as text, "" while it is not finished."""
    return [_minutes(call) for call in calls]


def _minutes(call: Any) -> str:
    if call.ended_at is None:
        return ""
    ended = call.begun_at.replace(hour=call.ended_at.hour, minute=call.ended_at.minute)
    return f"{(ended - call.begun_at) // timedelta(minutes=1)} 分钟"


@register(
    title="亲情电话／视频登记",
    box=Box.FAMILY_CALLS,
    creates=(TEACHER,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-begun_at",
    happened="begun_at",
    label=("child", "begun_at"),
    act_by=("duty_teacher",),
    rules=(
        callee_is_allowed,
        callee_is_registered,
        entered_before,
        call_ends_after_it_began,
        duty_teacher_at_home,
    ),
    roster=True,
    paper="paper_on",
    open_until="ended_at",
    finishing=("mood", "ended_at", "note", "photo", "chat-record"),
    evidence={"photo": "照片", "chat-record": "聊天记录"},
    derived=(Derived("duration", "时长", duration, list=6),),
    purpose="先登记再打电话，打完补上结束时间；不记录通话内容",
)
class FamilyCall(Record):
    child = col(Link(Child), "学生", list=2, filter=True, short=1)
    begun_at = col(DateTimeField(), "开始时间", list=1, filter=True, short=2)
    way = col(WordField(CALL_WAYS, default="电话"), "方式", list=3, filter=True, short=3)
    begun_by = col(WordField(BEGUN_BY, default="学生"), "谁打来", filter=True)
    place = col(WordField(CALL_PLACES, default="之家"), "在哪里打", filter=True)
    callee = col(WordField(CALLEES), "通话对象", list=4, filter=True, short=4)
    callee_name = col(
        PersonNameField(max_length=40, null=True), "对象姓名", wanted=True, secret=NAME
    )
    number = col(PhoneField(max_length=30, null=True), "电话号码", wanted=True)
    matter_kind = col(WordField(MATTERS), "事由", list=5, filter=True, short=5)
    matter = col(CharField(max_length=100, null=True), "事由说明", search=True, wanted=True)
    mood = col(CharField(max_length=40, null=True), "情绪")
    duty_teacher = col(
        Link(Staff, null=True), "值班教师", list=7, wanted=True, filter=True, short=6
    )
    ended_at = col(TimeField(null=True), "结束时间", wanted=True, help="打完电话后填写")
    told_by = col(
        Link(Guardian, null=True), "告知人", of="child", show_if="place=家中", help="谁说的"
    )
    note = col(TextField(null=True), "备注")
    paper_on = paper_day()


LETTER_DIRECTIONS = ("孩子致父母", "父母致孩子")
LETTER_KINDS = ("书信", "明信片", "电子邮件", "其他")
# One list of names for the lines and for the calls to them (S08-2, Q05-3, S04-3, Q02-13).
LINES = ("帮扶热线", "亲情热线", "师长热线", "家长热线", "留守家长热线")
HOTLINE_CALLERS = ("家长", "监护人", "学生", "其他")


# An answered enquiry has its answer, no earlier than the call (Q02-7).
answered_with_text = comes_with("answered_on", "answer", "请写明答复内容")
answered_after_call = not_before("answered_on", "called_at", "答复日期不能早于来电日期")


@register(
    title="书信",
    box=Box.FAMILY_CALLS,
    creates=(TEACHER,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-written_on",
    happened="written_on",
    label=("direction", "written_on"),
    many="child",
    evidence={"scan": "留存扫描件"},
    purpose="孩子与父母互通的书信，扫描件可留可不留",
)
class Letter(Record):
    child = col(Link(Child), "学生", list=2, short=1, filter=True)
    direction = col(WordField(LETTER_DIRECTIONS), "方向", list=3, short=2, filter=True)
    parent = col(Link(Parent, null=True), "父母", list=4, short=4, wanted=True, of="child")
    written_on = col(DateField(), "日期", list=1, short=3, filter=True)
    kind = col(
        WordField(LETTER_KINDS, null=True), "类别", list=5, short=5, wanted=True, filter=True
    )


@register(
    title="热线号码",
    box=Box.FAMILY_CALLS,
    scope={TEACHER: everyone},
    order="name",
    label=("name", "number"),
    key=(("name", "number"),),
    rules=(SINCE_UNTIL,),
    locks=False,
    purpose="帮扶热线、亲情热线等号码、值守人和时间",
)
class HotlineLine(Record):
    name = col(WordField(LINES), "热线名称", list=1, short=1, filter=True)
    number = col(PhoneField(max_length=30), "号码", list=2, short=2, search=True, secret=OPEN)
    staffed_by = col(Link(Staff, null=True), "值守人", list=3, short=3, wanted=True, filter=True)
    hours = col(
        CharField(max_length=80, null=True),
        "开通时间",
        list=4,
        short=4,
        wanted=True,
        help="如 每天 18:00—20:00",
    )
    since = col(DateField(null=True), "启用日期", list=5, wanted=True)
    until = col(DateField(null=True), "停用日期", list=6)


@register(
    title="热线与咨询",
    box=Box.FAMILY_CALLS,
    creates=(TEACHER,),
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-called_at",
    happened="called_at",
    label=("line", "called_at"),
    rules=(answered_with_text, answered_after_call),
    act_by=("answered_by",),
    open_until="answered_on",
    finishing=("answered_by", "answer", "answered_on"),
    purpose="热线来电和家长咨询，答复后办结",
)
class Hotline(Record):
    line = col(WordField(LINES), "热线", list=2, short=1, filter=True)
    called_at = col(DateTimeField(), "来电时间", list=1, short=2, filter=True)
    caller_name = col(
        PersonNameField(max_length=40, null=True),
        "来电人",
        list=4,
        short=4,
        wanted=True,
        search=True,
        secret=NAME,
    )
    caller = col(WordField(HOTLINE_CALLERS), "来电人身份", list=3, short=3, filter=True)
    child = col(Link(Child, null=True), "学生", list=5, short=5, filter=True)
    matter = col(TextField(null=True), "事项", list=6, short=6, wanted=True, search=True)
    answered_by = col(Link(Staff, null=True), "答复人", list=7, short=7, wanted=True, filter=True)
    answer = col(TextField(null=True), "答复", wanted=True, search=True)
    answered_on = col(DateField(null=True), "答复日期", list=8, wanted=True, filter=True)


sent_after_written = not_before("sent_on", "written_on", "发出日期不能早于成文日期")


@register(
    title="致家长公开信",
    box=Box.HOME_AND_SCHOOL,
    scope={TEACHER: everyone},
    order="-written_on",
    happened="written_on",
    label=("title",),
    match=("semester", "title"),
    rules=(sent_after_written,),
    evidence={"receipt": "回执"},
    purpose="每学期致家长公开信：联系电话、通话视频时间、活动计划",
)
class OpenLetter(Record):
    semester = col(Link(Semester), "学期", list=3, short=1, filter=True)
    title = col(CharField(max_length=80), "标题", list=2, short=2, search=True)
    written_on = col(DateField(), "成文日期", list=1, short=3, filter=True)
    text = col(TextField(null=True), "正文", wanted=True, search=True)
    phones = col(
        CharField(max_length=80, null=True), "联系电话", wanted=True, help="公开的联系电话"
    )
    call_times = col(
        CharField(max_length=80, null=True),
        "通话时间",
        short=4,
        wanted=True,
        help="如 周一至周五 16:30—17:30",
    )
    video_times = col(CharField(max_length=80, null=True), "视频时间", short=5, wanted=True)
    plan = col(Link(Plan, null=True), "活动计划", wanted=True)
    topics = col(WordsField(TOPICS, null=True), "主题", list=6)
    sent_on = col(DateField(null=True), "发出日期", list=4, short=6, wanted=True, filter=True)
    copies = col(IntegerField(null=True), "发出份数", list=5, short=7, wanted=True, sum=True)
