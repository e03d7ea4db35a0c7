"""The school itself: its settings, its semesters, its days off."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from peewee import BooleanField, CharField, DateField, IntegerField, TextField

from models.boxes import TEACHER, Box
from models.errors import BadValue
from models.fields import ScaledField, WordField, WordsField, col
from models.gates import every_row
from models.register import REGISTERS, Record, register, register_of
from models.rules import compares
from models.school_calendar import semester_title
from models.scopes import everyone

# The five school documents a school may adopt.
REGULATION_SETS = ("四新中学", "留守儿童相关制度", "思渠中学", "回龙学校", "张大庙小学")
# From when the minutes of an incident run (Q01-1; ours is the occurrence).
FROM_OCCURRENCE, FROM_DISCOVERY = "发生时间", "发现时间"
DAY_KINDS = ("放假", "补班", "本校放假", "本校上课")


def semester_fits(record: Any, _actor: object) -> list[tuple[str, str]]:
    """A semester runs forward, has a code of the usual shape, and overlaps no other."""
    if record.last_day <= record.first_day:
        return [("last_day", "结束日期要晚于开始日期")]
    try:
        semester_title(record.code)
    except BadValue as error:
        return [("code", str(error))]
    others = every_row(register_of(Semester)).where(
        Semester.first_day <= record.last_day, Semester.last_day >= record.first_day
    )
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
    rules=(only_school, closed_keeps_its_grounds),
    locks=False,
    permanent=True,
    purpose="学校名称、联系方式和本校自定的数字",
)
class School(Record):
    name = col(CharField(max_length=60), "学校名称", list=1)
    home_name = col(CharField(max_length=60, default="留守儿童之家"), "之家名称", list=2)
    address = col(CharField(max_length=120, null=True), "学校地址")
    phone = col(CharField(max_length=30, null=True), "学校电话")
    adopted = col(WordsField(REGULATION_SETS, null=True), "采用的制度文本", list=3)
    away_months = col(
        IntegerField(default=3),
        "外出满几个月算留守",
        unit="月",
        help="国家口径不看月数，本校口径看",
    )
    edit_days = col(IntegerField(default=7), "教师可修改自己记录的天数", unit="天")
    chat_records = col(
        BooleanField(default=False), "保存通话聊天记录", help="法律保护未成年人通信秘密，默认不保存"
    )
    year_end_share = col(
        ScaledField(1, default=100), "结对考核占年终考核比例", unit="%", section="考核"
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
    bureau_phone = col(CharField(max_length=30, null=True), "教育局值班电话")
    government_phone = col(CharField(max_length=30, null=True), "政府值班电话")
    police_phone = col(CharField(max_length=30, null=True), "派出所电话")
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
    purpose="每学期的起止日期；周次、应做次数都按它计算",
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
    purpose="放假和补班的日子；本校自己的安排优先",
)
class Holiday(Record):
    day = col(DateField(), "日期", list=1, filter=True)
    kind = col(WordField(DAY_KINDS), "性质", list=2, filter=True)
    name = col(CharField(max_length=40, null=True), "名称", list=3, search=True)
