"""制度建设: documents on file, where they hang, and the programme of the week."""

from __future__ import annotations

from peewee import CharField, DateField, TextField, TimeField

from models.core.boxes import TEACHER, Box
from models.core.fields import Link, WordField, col
from models.core.register import Record, register
from models.core.rules import SINCE_UNTIL, after, not_before
from models.core.scopes import everyone
from models.kept.assets import Room
from models.kept.staff import Staff
from models.kept.words import PROGRAMMES, WEEKDAYS

TOPICS = (
    "资产管理制度",
    "电话电脑使用制度",
    "定期活动制度",
    "联席会议制度",
    "考核奖惩制度",
    "信息报送制度",
    "领导机构",
    "领导小组工作制度",
    "工作职责",
    "组织网络图",
    "管理规章制度",
    "活动安排计划",
    "建设与管理办法",
    "考核奖励办法",
    "留守学生管理办法",
    "协调小组名单",
    "学校社会家庭责任制度",
    "学习制度",
    "生活制度",
    "之家活动制度",
    "安全生活卫生制度",
    "学习制度（思渠中学）",
    "采用的制度文本",
    "其他",
)
DOCUMENT_KINDS = ("制度", "职责", "办法", "方案", "名单", "协议范本", "组织网络图", "计划")


SYSTEMS = (
    *(f"S{n:02}" for n in range(1, 19)),
    "G01",
    *(f"Q{n:02}" for n in range(1, 26)),
    *(f"H{n:02}" for n in range(1, 8)),
    "Z01",
    "Z02",
)


not_withdrawn_before = not_before("withdrawn_on", "adopted_on", "废止日期不能早于通过日期")


@register(
    title="制度文件",
    box=Box.RULES,
    scope={TEACHER: everyone},
    order="title",
    label=("title",),
    match=("title",),
    rules=(not_withdrawn_before,),
    locks=False,
    evidence={"file": "文件"},
    purpose="学校的制度、职责、方案和名单；正文或文件至少有一样",
    span=("", "withdrawn_on"),
)
class Regulation(Record):
    title = col(CharField(max_length=80), "标题", list=1, short=1, search=True)
    topic = col(WordField(TOPICS), "主题", list=2, short=2, filter=True, help="检查按主题找制度")
    regulation = col(
        WordField(SYSTEMS, null=True),
        "所属制度",
        list=4,
        filter=True,
        show_if="topic=采用的制度文本",
        help="采用的制度文本属于哪一项",
    )
    kind = col(WordField(DOCUMENT_KINDS), "类别", list=3, short=3, filter=True)
    adopted_on = col(DateField(null=True), "通过日期", list=5, wanted=True)
    withdrawn_on = col(DateField(null=True), "废止日期", list=6)
    text = col(
        TextField(null=True), "正文", wanted=True, search=True, help="粘贴正文，或者上传文件"
    )


not_removed_before = not_before("removed_on", "posted_on", "取下日期不能早于上墙日期")


@register(
    title="上墙记录",
    box=Box.RULES,
    parent="document",
    order="-id",
    label=("room", "posted_on"),
    rules=(not_removed_before,),
    menu=False,
    locks=False,
    evidence={"photo": "上墙照片"},
    wants={"photo": ""},
    purpose="哪份制度挂在哪间房的墙上，有照片为证",
    span=("posted_on", "removed_on"),
)
class WallPosting(Record):
    document = col(Link(Regulation), "制度文件", list=1)
    room = col(Link(Room), "上墙场所", list=2, short=1)
    posted_on = col(DateField(null=True), "上墙日期", list=3, short=2, wanted=True)
    removed_on = col(DateField(null=True), "取下日期", list=4)


ends_after_starts = after("ends_at", "starts_at", "结束时间要晚于开始时间")


@register(
    title="每周开放安排",
    box=Box.PLANS,
    scope={TEACHER: everyone},
    order="weekday",
    label=("weekday", "programme"),
    match=("regulation", "weekday", "programme", "since"),
    rules=(SINCE_UNTIL, ends_after_starts),
    locks=False,
    purpose="星期几开放什么项目、在哪间房、谁负责",
)
class WeekProgramme(Record):
    regulation = col(
        WordField(("S15", "Q18", "H04")),
        "依据制度",
        list=3,
        short=8,
        filter=True,
        help="星期二各制度不同，按哪项制度安排",
    )
    weekday = col(WordField(WEEKDAYS), "星期", list=1, short=1, filter=True)
    programme = col(WordField(PROGRAMMES), "项目", list=2, short=2, filter=True)
    room = col(Link(Room, null=True), "场所", list=4, short=3, wanted=True)
    starts_at = col(TimeField(null=True), "开始时间", list=5, short=4, wanted=True)
    ends_at = col(TimeField(null=True), "结束时间", list=6, short=5, wanted=True)
    responsible = col(Link(Staff, null=True), "负责人", list=7, short=6, wanted=True)
    since = col(DateField(), "执行起", short=7)
    until = col(DateField(null=True), "执行止")
