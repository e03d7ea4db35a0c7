"""资产: what the home owns, who keeps it, and who unsealed it."""

from __future__ import annotations

from typing import Any

from peewee import BooleanField, CharField, DateField, IntegerField, TextField

from models.actor import Actor
from models.boxes import TEACHER, Box
from models.converters import show
from models.fields import Link, MoneyField, WordField, col
from models.gates import every_row
from models.register import Derived, Record, model_of, register, register_of
from models.rooms import Room
from models.rules import needed, not_negative
from models.scopes import everyone
from models.staff import Staff

ASSET_KINDS = ("房屋", "设备", "图书", "家具用具", "文体", "低值易耗", "应急用品")
SOURCES = ("配发", "购置", "捐赠", "调入")
CONDITIONS = ("在用", "闲置", "待修", "报废")
# What the hardware lists of S01 and S02 count.
HARDWARE = (
    "电脑",
    "专用电话",
    "档案柜",
    "桌",
    "凳",
    "开水",
    "雨伞",
    "手电筒",
    "急救箱",
    "电视",
    "VCD播放器",
    "篮球",
    "乒乓球",
    "羽毛球",
    "象棋",
    "军棋",
    "跳绳",
    "毽子",
)


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


def _last_counts(assets: list[Any]) -> dict[int, Any]:
    """Return per asset (day, line) of the newest stock-take that counted it."""
    line, take = model_of("stock-take-line"), model_of("stock-take")
    lines = list(every_row(register_of(line)).where(line.asset.in_([one.id for one in assets])))
    takes = every_row(register_of(take)).where(take.id.in_([one.stock_take_id for one in lines]))
    days = {one.id: one.counted_on for one in takes}
    dated = [(days[one.stock_take_id], one) for one in lines if one.stock_take_id in days]
    return {one.asset_id: (day, one) for day, one in sorted(dated, key=lambda pair: pair[0])}


def counted_on(assets: list[Any], _day: object) -> list[str]:
    """Return the day each asset was last counted, "" for never."""
    last = _last_counts(assets)
    return [last[one.id][0].isoformat() if one.id in last else "" for one in assets]


def count_result(assets: list[Any], _day: object) -> list[str]:
    """Return how each asset's last count came out against the book."""
    last = _last_counts(assets)
    return [_result(last[one.id][1]) if one.id in last else "" for one in assets]


def _result(line: Any) -> str:
    if not line.difference:
        return "相符"
    word = "盘盈" if line.difference > 0 else "盘亏"
    return f"{word} {abs(line.difference)}"


scrap_approved = needed("scrapped_by", "报废要有审批人", condition=("报废",))
not_below_zero = not_negative("quantity", "unit_price")


@register(
    title="资产",
    box=Box.ASSETS,
    scope={TEACHER: everyone},
    order="number",
    label=("name", "number"),
    key=(("number",),),
    rules=(two_openers, scrap_approved, not_below_zero),
    locks=False,
    derived=(
        Derived("amount", "金额（元）", amount, list=6),
        Derived("stock_taken_on", "盘点日期", counted_on),
        Derived("stock_result", "盘点结果", count_result),
    ),
    evidence={"photo": "照片"},
    purpose="之家和活动室的每一件财产；硬件清单从这里点数",
)
class Asset(Record):
    number = col(CharField(max_length=20), "编号", list=1, search=True, short=1)
    kind = col(WordField(ASSET_KINDS), "分类", list=3, filter=True, short=2)
    name = col(CharField(max_length=60), "名称", list=2, search=True, short=3)
    checklist_item = col(
        WordField(HARDWARE, null=True), "对应硬件项目", filter=True, help="硬件清单按它点数"
    )
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
    room = col(Link(Room, null=True), "存放场所", short=6, wanted=True, filter=True)
    place = col(CharField(max_length=60, null=True), "存放位置", list=7, help="如 东墙档案柜")
    keeper = col(Link(Staff, null=True), "保管人", list=8, wanted=True, filter=True)
    condition = col(WordField(CONDITIONS, default="在用"), "状况", list=9, filter=True)
    scrapped_by = col(
        CharField(max_length=60, null=True), "报废审批人", wanted=True, show_if="condition=报废"
    )
    scrapped_on = col(DateField(null=True), "报废审批日期", wanted=True, show_if="condition=报废")
    remarks = col(TextField(null=True), "备注")
