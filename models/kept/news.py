"""信息报送: news sent out and reports sent upward."""

from __future__ import annotations

from peewee import CharField, DateField, TextField

from models.core.boxes import LEADERSHIP, TEACHER, Box
from models.core.fields import Link, MonthField, WordField, col
from models.core.register import Record, register
from models.core.rules import comes_with, not_before
from models.core.scopes import everyone
from models.kept.activities import Activity
from models.kept.staff import Staff

NEWS_ITEM_CHANNELS = ("校园网", "区教育局", "媒体")
UPWARD_REPORT_KINDS = ("普遍性问题", "典型问题", "专项")
UPWARD_REPORT_ADDRESSEES = ("学校", "教育局", "政府")


sent_after_written = not_before("sent_on", "written_on", "报送日期不能早于撰写日期")


@register(
    title="信息报送",
    box=Box.NEWS,
    creates=(TEACHER,),
    scope={TEACHER: everyone},
    order="-written_on",
    happened="written_on",
    label=("title",),
    rules=(sent_after_written,),
    act_by=("author",),
    evidence={"photo": "照片"},
    wants={"photo": ""},
    purpose="每月报送的信息：标题、渠道、报送日期、采用情况",
)
class NewsItem(Record):
    month = col(MonthField(), "月份", list=2, short=1, filter=True, help="算哪个月的，如 2025-10")
    title = col(CharField(max_length=80), "标题", list=3, short=2, search=True)
    written_on = col(DateField(), "撰写日期", list=1, short=3, filter=True)
    author = col(Link(Staff, null=True), "撰写人", list=5, filter=True)
    text = col(TextField(null=True), "正文", short=5, wanted=True, search=True)
    channel = col(WordField(NEWS_ITEM_CHANNELS), "报送渠道", list=4, short=4, filter=True)
    sent_on = col(DateField(null=True), "报送日期", list=6, short=6, wanted=True, filter=True)
    receipt = col(
        CharField(max_length=80, null=True), "采用或回执", list=7, wanted=True, search=True
    )
    link = col(CharField(max_length=80, null=True), "网址")
    activity = col(Link(Activity, null=True), "所属活动")


answered_with_text = comes_with("answered_on", "answer", "请写明答复内容")
answered_after = not_before("answered_on", "reported_on", "答复日期不能早于报告日期")


@register(
    title="情况报告",
    box=Box.NEWS,
    creates=(LEADERSHIP,),
    order="-reported_on",
    happened="reported_on",
    label=("title",),
    rules=(answered_with_text, answered_after),
    open_until="answered_on",
    finishing=("answer", "answered_on", "file"),
    evidence={"file": "文件"},
    purpose="向学校、教育局、政府反映的问题和答复",
)
class UpwardReport(Record):
    kind = col(WordField(UPWARD_REPORT_KINDS), "类别", list=2, short=1, filter=True)
    addressee = col(WordField(UPWARD_REPORT_ADDRESSEES), "报送对象", list=4, short=3, filter=True)
    reported_on = col(DateField(), "报告日期", list=1, short=4, filter=True)
    title = col(CharField(max_length=80), "标题", list=3, short=2, search=True)
    matter = col(TextField(null=True), "事项", list=5, short=5, wanted=True, search=True)
    answer = col(TextField(null=True), "答复", search=True)
    answered_on = col(DateField(null=True), "答复日期", list=6, filter=True)


READING_MATERIAL_KINDS = ("书籍", "专家咨询")


@register(
    title="教育书籍资料",
    box=Box.MATERIALS,
    creates=(TEACHER,),
    scope={TEACHER: everyone},
    order="-obtained_on",
    happened="obtained_on",
    label=("title",),
    evidence={"file": "资料"},
    purpose="收集的教育书籍和咨询专家的意见",
)
class ReadingMaterial(Record):
    kind = col(WordField(READING_MATERIAL_KINDS), "类别", list=2, short=1, filter=True)
    title = col(CharField(max_length=80), "书名或专家", list=3, short=2, search=True)
    source = col(
        CharField(max_length=80, null=True), "来源", list=4, short=3, wanted=True, search=True
    )
    advice = col(
        TextField(null=True), "建议要点", short=4, wanted=True, search=True, show_if="kind=专家咨询"
    )
    obtained_on = col(DateField(), "日期", list=1, short=5, filter=True)
    kept_at = col(
        CharField(max_length=80, null=True), "存放处", list=5, short=6, wanted=True, search=True
    )
