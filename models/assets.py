"""资产: what the home owns, who keeps it, and who unsealed it."""

from __future__ import annotations

from typing import Any

from peewee import BooleanField, CharField, DateField, IntegerField, TextField

from models.actor import Actor
from models.boxes import TEACHER, Box
from models.converters import show
from models.fields import Link, MoneyField, WordField, col
from models.register import Derived, Record, register
from models.scopes import everyone
from models.staff import Staff

ASSET_KINDS = ("房屋", "设备", "图书", "家具用具", "文体", "低值易耗", "应急用品")
SOURCES = ("配发", "购置", "捐赠", "调入")
CONDITIONS = ("在用", "闲置", "待修", "报废")


def two_openers(record: Any, _actor: Actor) -> list[tuple[str, str]]:
    """Goods received are unsealed by two different people (Q14-2)."""
    if record.opener and record.opener_2 and record.opener == record.opener_2:
        return [("opener_2", "启封核对要两个人，请填写另一位")]
    return []


def amount(assets: list[Any], _day: object) -> list[str]:
    """Return each asset's amount in yuan: price times quantity."""
    return [
        show(Asset.unit_price, asset.unit_price * asset.quantity) if asset.unit_price else ""
        for asset in assets
    ]


@register(
    title="资产登记",
    box=Box.ASSETS,
    systems=("S01", "S02", "S03", "Q14"),
    scope={TEACHER: everyone},
    order="number",
    label=("name", "number"),
    key=(("number",),),
    rules=(two_openers,),
    locks=False,
    derived=(Derived("amount", "金额（元）", amount, list=6),),
    evidence={"photo": "照片"},
    purpose="之家和活动室的每一件财产；硬件清单从这里点数",
)
class Asset(Record):
    """A thing, or several of one kind, that the home owns."""

    number = col(CharField(max_length=20), "编号", list=1, search=True, short=1)
    kind = col(WordField(ASSET_KINDS), "分类", list=3, filter=True, short=2)
    name = col(CharField(max_length=60), "名称", list=2, search=True, short=3)
    model_name = col(CharField(max_length=60, null=True), "规格型号", search=True)
    unit = col(CharField(max_length=10), "单位", short=4)
    quantity = col(IntegerField(), "数量", list=4, short=5, sum=True)
    unit_price = col(MoneyField(null=True), "单价", list=5, unit="元")
    source = col(WordField(SOURCES, null=True), "来源", wanted=True, filter=True)
    acquired_on = col(DateField(null=True), "取得日期", wanted=True, filter=True)
    opener = col(CharField(max_length=40, null=True), "启封核对人一", wanted=True)
    opener_2 = col(CharField(max_length=40, null=True), "启封核对人二", wanted=True)
    quality_ok = col(BooleanField(default=False), "质量核对无误")
    number_ok = col(BooleanField(default=False), "数量核对无误")
    place = col(CharField(max_length=60, null=True), "存放地点", list=7, wanted=True, filter=True)
    keeper = col(Link(Staff, null=True), "保管人", list=8, wanted=True, filter=True)
    condition = col(WordField(CONDITIONS, default="在用"), "状况", list=9, filter=True)
    counted_on = col(DateField(null=True), "最近盘点日期")
    scrapped_by = col(CharField(max_length=60, null=True), "报废审批", show_if="condition=报废")
    remarks = col(TextField(null=True), "备注")
