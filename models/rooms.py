"""场所: the rooms of the home, checked by the hardware lists."""

from __future__ import annotations

from peewee import BooleanField, CharField, DateField

from models.boxes import TEACHER, Box
from models.fields import Link, ScaledField, WordField, col
from models.register import Record, register
from models.scopes import everyone
from models.staff import Staff

ROOM_KINDS = (
    "留守儿童之家",
    "文体活动室",
    "图书室",
    "阅览室",
    "电脑室",
    "工作站",
    "心理咨询室",
    "亲情电话室",
    "其他",
)


@register(
    title="场所",
    box=Box.ASSETS,
    scope={TEACHER: everyone},
    order="name",
    label=("name",),
    key=(("name",),),
    locks=False,
    evidence={"photo": "照片"},
    wants={"photo": ""},
    purpose="之家、活动室、图书室等每一间房：面积、标牌、负责人",
)
class Room(Record):
    name = col(CharField(max_length=80), "名称", list=1, short=1, search=True)
    kind = col(WordField(ROOM_KINDS), "用途", list=2, short=2, filter=True)
    area_m2 = col(
        ScaledField(1, null=True),
        "面积（平方米）",
        list=3,
        short=3,
        wanted=True,
        sum=True,
        help="上级要求之家和活动室不小于 60 平方米",
    )
    sign = col(BooleanField(default=False), "标牌", list=4, filter=True, help="门口已挂标牌")
    keeper = col(Link(Staff, null=True), "负责人", list=5, short=4, wanted=True, filter=True)
    equipped_since = col(DateField(null=True), "启用日期", list=6)
    closed_on = col(DateField(null=True), "停用日期")
