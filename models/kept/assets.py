"""场所: the rooms of the home, checked by the hardware lists."""

from __future__ import annotations

from typing import Any

from peewee import BooleanField, CharField, DateField, IntegerField, TextField

from models.core.actor import Actor
from models.core.boxes import TEACHER, Box
from models.core.converters import show
from models.core.fields import Link, MoneyField, ScaledField, WordField, col
from models.core.gates import every_row
from models.core.register import Derived, Record, model_of, register, register_of
from models.core.rules import Found, needed, not_before, not_negative, once, value
from models.core.scopes import everyone
from models.kept.staff import Staff, VillagePoint

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
    carried=True,
    purpose="之家、活动室、图书室等每一间房：面积、标牌、负责人",
    span=("", "closed_on"),
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
    point = col(
        Link(VillagePoint, null=True), "校点", list=7, filter=True, place=True, help="本部不填"
    )
    equipped_since = col(DateField(null=True), "启用日期", list=6)
    closed_on = col(DateField(null=True), "停用日期")


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


def worth(asset: Any) -> Any:
    """Return what all assets together are worth, for a sum: nothing for one without a price."""
    return asset.unit_price * asset.quantity


def _last_counts(assets: list[Any]) -> dict[int, Any]:
    """Return per asset (day, line) of the newest stock-take that counted it."""
    line, take = model_of("stock-take-line"), model_of("stock-take")
    lines = list(every_row(register_of(line)).where(line.asset.in_([asset.id for asset in assets])))
    takes = every_row(register_of(take)).where(take.id.in_([one.stock_take_id for one in lines]))
    days = {one.id: one.counted_on for one in takes}
    dated = [(days[one.stock_take_id], one) for one in lines if one.stock_take_id in days]
    return {one.asset_id: (day, one) for day, one in sorted(dated, key=lambda pair: pair[0])}


def counted_on(assets: list[Any], _day: object) -> list[str]:
    """Return the day each asset was last counted, "" for never."""
    last = _last_counts(assets)
    return [last[asset.id][0].isoformat() if asset.id in last else "" for asset in assets]


def count_result(assets: list[Any], _day: object) -> list[str]:
    """Return how each asset's last count came out against the book."""
    last = _last_counts(assets)
    return [_result(last[asset.id][1]) if asset.id in last else "" for asset in assets]


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
        Derived("amount", "金额（元）", amount, list=6, field=MoneyField(), total=worth),
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
    quantity = col(IntegerField(), "数量", list=4, short=5)
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


def approved_before(record: Any, _actor: Actor) -> Found:
    """A move is approved before it happens, by somebody (Q14-1)."""
    if value(record, "approved_on") is None:
        return []
    if value(record, "approved_by") is None:
        return [("approved_by", "请选择批准人")]
    if record.approved_on > record.moved_on:
        return [("approved_on", "调用要先批准，批准日期不能晚于调用日期")]
    return []


def enough_there(record: Any, _actor: Actor) -> Found:
    """No more is moved than the asset has left (Q14-1)."""
    if record.quantity < 1:
        return [("quantity", "数量至少为 1")]
    asset = every_row(register_of(Asset)).where(Asset.id == record.asset_id).first()
    away = every_row(register_of(AssetMove)).where(
        AssetMove.asset == record.asset_id, AssetMove.returned_on.is_null(True)
    )
    gone = sum(move.quantity for move in away if move.id != record.id)
    if asset is None or record.returned_on is not None or gone + record.quantity <= asset.quantity:
        return []
    return [("quantity", f"这项资产共 {asset.quantity}，已调出 {gone}，数量不够")]


def open_differences(takes: list[Any], _day: object) -> list[str]:
    """Return 是 for each stock-take that has a difference without a day it was settled."""
    rows = every_row(register_of(StockTakeLine)).where(
        StockTakeLine.stock_take.in_([take.id for take in takes]),
        StockTakeLine.difference != 0,
        StockTakeLine.handled_on.is_null(True),
    )
    unsettled = {row.stock_take_id for row in rows}
    return ["是" if take.id in unsettled else "否" for take in takes]


def difference(record: Any) -> int | None:
    """Return how many more were counted than stand in the book."""
    counted, book = value(record, "counted_quantity"), value(record, "book_quantity")
    return None if counted is None or book is None else int(counted - book)


def difference_handled(record: Any, _actor: Actor) -> Found:
    """A difference between book and count is explained and handled (S03-1)."""
    if not difference(record) or record.handling:
        return []
    return [("handling", "账实不符，请写明怎样处理")]


returned_after = not_before("returned_on", "moved_on", "归还日期不能早于调用日期")


@register(
    title="资产调用",
    box=Box.ASSETS,
    scope={TEACHER: everyone},
    order="-moved_on",
    happened="moved_on",
    label=("to_place", "moved_on"),
    rules=(approved_before, enough_there, returned_after),
    open_until="returned_on",
    finishing=("returned_on",),
    purpose="资产调用和借出，先批准后调用，归还后办结",
)
class AssetMove(Record):
    asset = col(Link(Asset), "资产", list=2, short=1, filter=True)
    quantity = col(IntegerField(), "数量", list=3, short=2)
    from_room = col(Link(Room, null=True), "调出场所", list=4, wanted=True)
    to_place = col(CharField(max_length=80), "调往", list=5, short=3, search=True)
    to_room = col(Link(Room, null=True), "调往场所")
    borrower = col(
        CharField(max_length=80, null=True), "领用人", list=6, short=4, wanted=True, search=True
    )
    moved_on = col(DateField(), "调用日期", list=1, short=5, filter=True)
    approved_by = col(Link(Staff, null=True), "批准人", list=7, short=6, wanted=True, filter=True)
    approved_on = col(DateField(null=True), "批准日期", short=7, wanted=True)
    returned_on = col(DateField(null=True), "归还日期", list=8, filter=True)


@register(
    title="资产盘点",
    box=Box.ASSETS,
    scope={TEACHER: everyone},
    order="-counted_on",
    happened="counted_on",
    label=("counted_on",),
    match=("counted_on",),
    evidence={"photo": "照片"},
    derived=(
        Derived("open_difference", "未处理差异", open_differences, list=6, field=IntegerField()),
    ),
    purpose="资产盘点：逐项账实核对，差异要写处理",
)
class StockTake(Record):
    counted_on = col(DateField(), "盘点日期", list=1, short=1, filter=True)
    counted_by = col(Link(Staff), "盘点人", list=2, short=2, filter=True)
    witness = col(Link(Staff, null=True), "监盘人", list=3, short=3)
    extent = col(CharField(max_length=80, null=True), "盘点范围", list=4, short=4, search=True)
    remark = col(TextField(null=True), "说明", list=5, search=True)


asset_once = once("asset", "stock_take", "这项资产已经在这次盘点里")
counts_not_below_zero = not_negative("book_quantity", "counted_quantity")


@register(
    title="盘点明细",
    box=Box.ASSETS,
    parent="stock_take",
    label=("asset", "handling"),
    rules=(difference_handled, asset_once, counts_not_below_zero),
    open_until="handled_on",
    finishing=("handling", "handled_on"),
    menu=False,
    purpose="盘点明细：账面、实盘、差异和处理",
)
class StockTakeLine(Record):
    stock_take = col(Link(StockTake), "资产盘点", list=1)
    asset = col(Link(Asset), "资产", list=2, short=1)
    book_quantity = col(IntegerField(), "账面数量", list=3, short=2)
    counted_quantity = col(IntegerField(), "实盘数量", list=4, short=3)
    difference = col(IntegerField(null=True), "差异", list=5, computed=difference)
    handling = col(
        TextField(null=True), "差异处理", list=6, short=4, wanted=True, wanted_if="difference!=0"
    )
    handled_on = col(DateField(null=True), "处理日期", list=7, short=5, wanted_if="difference!=0")
