"""资产调用与盘点: goods moved and goods counted."""

from __future__ import annotations

from typing import Any

from peewee import CharField, DateField, IntegerField, TextField

from models.actor import Actor
from models.assets import Asset
from models.boxes import TEACHER, Box
from models.fields import Link, col
from models.gates import every_row
from models.register import Derived, Record, register, register_of
from models.rooms import Room
from models.rules import Found, not_before, not_negative, once, value
from models.scopes import everyone
from models.staff import Staff


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
    purpose="资产调用和借出，先批准后调用，归还后办结",
)
class AssetMove(Record):
    asset = col(Link(Asset), "资产", list=2, short=1, filter=True)
    quantity = col(IntegerField(), "数量", list=3, short=2, sum=True)
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
    derived=(Derived("open_difference", "未处理差异", open_differences, list=6),),
    purpose="资产盘点：逐项账实核对，差异要写处理",
)
class StockTake(Record):
    counted_on = col(DateField(), "盘点日期", list=1, short=1, filter=True)
    counted_by = col(Link(Staff), "盘点人", list=2, short=2, filter=True)
    witness = col(Link(Staff, null=True), "监盘人", list=3, short=3)
    extent = col(CharField(max_length=80, null=True), "盘点范围", list=4, short=4, search=True)
    remark = col(TextField(null=True), "说明", list=5, search=True)


asset_once = once("asset", "stock_take", "这项资产已经在这次盘点里")
not_below_zero = not_negative("book_quantity", "counted_quantity")


@register(
    title="盘点明细",
    box=Box.ASSETS,
    parent="stock_take",
    label=("asset", "handling"),
    rules=(difference_handled, asset_once, not_below_zero),
    menu=False,
    purpose="盘点明细：账面、实盘、差异和处理",
)
class StockTakeLine(Record):
    stock_take = col(Link(StockTake), "资产盘点", list=1)
    asset = col(Link(Asset), "资产", list=2, short=1)
    book_quantity = col(IntegerField(), "账面数量", list=3, short=2, sum=True)
    counted_quantity = col(IntegerField(), "实盘数量", list=4, short=3, sum=True)
    difference = col(IntegerField(null=True), "差异", list=5, sum=True, computed=difference)
    handling = col(
        TextField(null=True), "差异处理", list=6, short=4, wanted=True, wanted_if="difference!=0"
    )
    handled_on = col(DateField(null=True), "处理日期", list=7, short=5, wanted_if="difference!=0")
