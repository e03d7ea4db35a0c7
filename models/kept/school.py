"""The school itself: its settings, its semesters, its days off."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from peewee import BooleanField, CharField, DateField, DateTimeField, IntegerField, TextField

from models.core import calendar
from models.core.actor import Actor
from models.core.boxes import INSPECTOR, LEADERSHIP, TEACHER, Box
from models.core.errors import BadValue
from models.core.fields import Link, ScaledField, Secrecy, TitledField, WordField, WordsField, col
from models.core.gates import every_row
from models.core.register import REGISTERS, Record, register, register_of
from models.core.rules import Found, compares, stored, value
from models.core.school_calendar import semester_title
from models.core.scopes import everyone
from models.core.spans import holds_within

# The five school documents a school may adopt.
REGULATION_SETS = ("四新中学", "留守儿童相关制度", "思渠中学", "回龙学校", "张大庙小学")
# From when the minutes of an incident run (Q01-1; ours is the occurrence).
FROM_OCCURRENCE, FROM_DISCOVERY = "发生时间", "发现时间"
SCHOOL_YEAR, CALENDAR_YEAR = "学年", "自然年"
# What one post may hold, less its other fields (admin/frame/security).
MOST_FILE_MB = 200
DAY_KINDS = ("放假", "补班", "本校放假", "本校上课")


def semester_fits(record: Any, _actor: object) -> list[tuple[str, str]]:
    """A semester runs forward, has a code of the usual shape, and overlaps no other."""
    if record.last_day <= record.first_day:
        return [("last_day", "结束日期要晚于开始日期")]
    try:
        semester_title(record.code)
    except BadValue as error:
        return [("code", str(error))]
    meeting = holds_within(Semester, record.first_day, record.last_day)
    others = every_row(register_of(Semester)).where(meeting)
    overlapping = next((other for other in others if other.id != record.id), None)
    if overlapping is not None:
        return [("first_day", f"和{overlapping.title}的日期有重叠，请核对")]
    return []


@compares
def closed_stays(record: Any, _actor: object) -> list[tuple[str, str]]:
    """The days of a closed semester do not move: records would slip out of the lock."""
    if record.id is None or record.closed_on is None:
        return []
    stored = every_row(register_of(Semester)).where(Semester.id == record.id).first()
    if stored is None or stored.closed_on is None:
        return []
    if (stored.first_day, stored.last_day) == (record.first_day, record.last_day):
        return []
    return [("first_day", "这个学期已经封存，起止日期不能再改；请领导小组先重新开放")]


def file_limit_fits(record: Any, _actor: object) -> list[tuple[str, str]]:
    """A file may have from one megabyte up to what the server takes in."""
    if 1 <= value(record, "file_limit_mb") <= MOST_FILE_MB:
        return []
    return [("file_limit_mb", f"请填 1 到 {MOST_FILE_MB} 之间的数")]


def only_school(record: Any, _actor: object) -> list[tuple[str, str]]:
    """One installation serves one school: its settings are one row."""
    if record.id is None and every_row(register_of(School)).exists():
        return [("name", "学校设置只有一条，请修改原来那一条")]
    return []


@compares
def closed_keeps_its_grounds(record: Any, _actor: object) -> list[tuple[str, str]]:
    """What a closed semester was judged by is not altered in the settings behind its back."""
    school = every_row(register_of(School)).where(School.id == record.id).first()
    closed = list(every_row(register_of(Semester)).where(Semester.closed_on.is_null(False)))
    if record.id is None or school is None or not closed:
        return []
    told = []
    if (school.adopted or "") != (record.adopted or ""):
        said = "有学期已经封存，这里不能再改；请到“制度落实”的“采用情况”，写明从哪学期起和理由"
        told.append(("adopted", said))
    if school.clock_from != record.clock_from and any(map(_found_later, closed)):
        said = "已封存的学期里有事后才发现的突发事件，计时起点不能再改；请领导小组先重新开放"
        told.append(("clock_from", said))
    return told


def _found_later(semester: Any) -> bool:
    """Whether an incident of the semester was discovered later than it occurred."""
    incidents = REGISTERS["incident"]
    model = incidents.model
    first = datetime.combine(semester.first_day, time.min)
    after = datetime.combine(semester.last_day + timedelta(days=1), time.min)
    query = every_row(incidents).where(model.occurred_at >= first, model.occurred_at < after)
    return bool(query.where(model.discovered_at > model.occurred_at).exists())


@register(
    title="学校设置",
    box=Box.SYSTEM,
    scope={TEACHER: everyone},
    label=("name",),
    rules=(only_school, closed_keeps_its_grounds, file_limit_fits),
    locks=False,
    permanent=True,
    moves_calendar=True,
    purpose="学校名称、联系方式和本校自定的数字",
)
class School(Record):
    name = col(CharField(max_length=60), "学校名称", list=1, public=True)
    home_name = col(
        CharField(max_length=60, default="留守儿童之家"), "之家名称", list=2, public=True
    )
    address = col(CharField(max_length=120, null=True), "学校地址", public=True)
    phone = col(CharField(max_length=30, null=True), "学校电话", public=True)
    adopted = col(WordsField(REGULATION_SETS, null=True), "采用的制度文本", list=3)
    away_months = col(
        IntegerField(default=3),
        "外出满几个月算留守",
        unit="月",
        help="国家口径不看月数，本校口径看",
    )
    edit_days = col(IntegerField(default=7), "教师可修改自己记录的天数", unit="天")
    file_limit_mb = col(
        IntegerField(default=50),
        "一个附件最大多少",
        unit="MB",
        help="讲稿、录音、视频等文件，1 到 200；照片另有 20 MB 的上限",
    )
    chat_records = col(
        BooleanField(default=False), "保存通话聊天记录", help="法律保护未成年人通信秘密，默认不保存"
    )
    year_end_share = col(
        ScaledField(1, default=100), "结对考核占年终考核比例", unit="%", section="考核"
    )
    evaluation_year = col(
        WordField((SCHOOL_YEAR, CALENDAR_YEAR), default=SCHOOL_YEAR),
        "考核按哪一年",
        help="学年从 9 月到 8 月，自然年从 1 月到 12 月",
    )
    point_limit = col(
        IntegerField(default=5), "考核加减分上限", unit="分", help="每人加减分合计不超过这个数"
    )
    clock_from = col(
        WordField((FROM_OCCURRENCE, FROM_DISCOVERY), default=FROM_OCCURRENCE),
        "突发事件计时起点",
        help="通报时限从这个时间算起",
        section="突发事件",
    )
    bureau_phone = col(CharField(max_length=30, null=True), "教育局值班电话", public=True)
    government_phone = col(CharField(max_length=30, null=True), "政府值班电话", public=True)
    police_phone = col(CharField(max_length=30, null=True), "派出所电话", public=True)
    notes = col(TextField(null=True), "备注", section="其他")


@register(
    title="学期",
    box=Box.SYSTEM,
    scope={TEACHER: everyone},
    order="-first_day",
    label=("title",),
    key=(("code",),),
    locks=False,
    rules=(semester_fits, closed_stays),
    moves_calendar=True,
    by_name=True,
    carried=True,
    purpose="每学期的起止日期；周次、应做次数都按它计算",
    span=("first_day", "last_day"),
)
class Semester(Record):
    code = col(CharField(max_length=11), "学期代码", list=2, help="如 2025-2026-1", search=True)
    title = col(CharField(max_length=30), "学期名称", list=1, help="如 2025—2026学年第一学期")
    first_day = col(DateField(), "开学第一天", list=3)
    last_day = col(DateField(), "最后一天", list=4)
    closed_on = col(DateField(null=True), "封存日期", list=5, readonly=True)


@register(
    title="节假日与调休",
    box=Box.SYSTEM,
    scope={TEACHER: everyone},
    order="day",
    label=("day",),
    key=(("day",),),
    locks=False,
    moves_calendar=True,
    purpose="放假和补班的日子；本校自己的安排优先",
)
class Holiday(Record):
    day = col(DateField(), "日期", list=1, filter=True)
    kind = col(WordField(DAY_KINDS), "性质", list=2, filter=True)
    name = col(CharField(max_length=40, null=True), "名称", list=3, search=True)


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
        return [("duty", "全校标准不写任务，任务的数字要写明是哪一项任务")]
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
    moves_calendar=True,
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
    moves_calendar=True,
    purpose="本校自定的任务次数、时限、权重和需要的材料，写明理由；按学期生效",
)
class DutySetting(Record):
    duty = col(TitledField("duty", max_length=40, null=True), "任务", list=1, short=1, search=True)
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


CLOSE, REOPEN = "封存", "重新开放"


def only_the_page_closes(record: Any, actor: Actor) -> list[tuple[str, str]]:
    """A semester is closed on its page, with the password; no row is typed in."""
    if record.id is None and not actor.is_system:
        return [("", "封存和重新开放请在“学期”页面办理")]
    return []


@register(
    title="学期封存",
    box=Box.SYSTEM,
    order="-id",
    label=("semester", "step"),
    rules=(only_the_page_closes,),
    hidden_from=(INSPECTOR,),
    locks=False,
    permanent=True,
    menu=False,
    moves_calendar=True,
    purpose="每一次封存和重新开放：谁、何时、为什么，以及当时的数字",
)
class SemesterClose(Record):
    semester = col(Link(Semester), "学期", list=1, readonly=True)
    step = col(WordField((CLOSE, REOPEN)), "办理", list=2, readonly=True)
    at = col(DateTimeField(), "时间", list=3, readonly=True)
    by = col(CharField(max_length=40), "办理人", list=4, readonly=True)
    reason = col(TextField(), "理由", list=5, readonly=True)
    records = col(IntegerField(default=0), "记录条数", list=6, readonly=True)
    lacking = col(IntegerField(default=0), "不完整条数", list=7, readonly=True)
    findings = col(IntegerField(null=True), "体检提醒", list=8, readonly=True)
    duties = col(TextField(default="{}"), "职责数字", readonly=True, secret=Secrecy.INTERNAL)
    head = col(CharField(max_length=64, default=""), "审计链头", readonly=True)


calendar.read_from(school=School, semester=Semester, holiday=Holiday)
