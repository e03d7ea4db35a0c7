"""教育书籍资料: books on the education of left-behind children, and experts asked (Q02)."""

from __future__ import annotations

from peewee import CharField, DateField, TextField

from models.boxes import TEACHER, Box
from models.fields import WordField, col
from models.register import Record, register
from models.scopes import everyone

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
