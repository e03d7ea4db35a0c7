"""开放与放映: when the home was open, what was shown, what was used and damaged."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from peewee import CharField, DateField, DateTimeField, IntegerField, TextField, TimeField

from models.core.actor import Actor
from models.core.boxes import TEACHER, Box
from models.core.fields import NAME, Link, MinutesField, MoneyField, PersonNameField, WordField, col
from models.core.gates import every_row
from models.core.register import Derived, Record, register, register_of
from models.core.rules import SINCE_UNTIL, Found, after, not_before, once, value
from models.core.scopes import everyone, own_children_or_own_acts
from models.kept.assets import Asset, Room
from models.kept.children import Child
from models.kept.staff import Staff
from models.kept.words import PROGRAMMES

EQUIPMENT_USE_KINDS = ("体育器材", "棋类", "电脑", "其他")


def open_minutes(record: Any) -> int | None:
    """Return for how many minutes the home was open, None while it is."""
    if not record.starts_at or not record.ends_at or record.ends_at < record.starts_at:
        return None
    minutes = (record.ends_at.hour - record.starts_at.hour) * 60
    return int(minutes + record.ends_at.minute - record.starts_at.minute)


def within_opening(record: Any, _actor: Actor) -> Found:
    """A showing lies within the opening it belongs to (S03-6)."""
    if value(record, "opening") is None:
        return []
    opening = every_row(register_of(Opening)).where(Opening.id == record.opening_id).first()
    if opening is None:
        return []
    begun = datetime.combine(opening.opened_on, opening.starts_at)
    ended = datetime.combine(opening.opened_on, opening.ends_at or opening.starts_at)
    if record.shown_at.date() == opening.opened_on and (
        opening.ends_at is None or begun <= record.shown_at <= ended
    ):
        return []
    return [("shown_at", "放映时间不在所选的开放时段内，请核对")]


def viewers(showings: list[Any], _day: object) -> list[str]:
    """Return how many children saw each showing."""
    rows = every_row(register_of(ScreeningViewer)).where(
        ScreeningViewer.screening.in_([showing.id for showing in showings])
    )
    found = [row.screening_id for row in rows]
    return [str(found.count(showing.id)) for showing in showings]


def at_least_one(record: Any, _actor: Actor) -> Found:
    """Something was taken."""
    return [] if record.quantity >= 1 else [("quantity", "数量至少为 1")]


def at_cost(record: Any, _actor: Actor) -> Found:
    """Damage is paid at cost, or less with a reason (S09-4)."""
    paid = value(record, "compensation")
    if paid is None or paid == record.cost:
        return []
    if paid > record.cost:
        return [("compensation", "照价赔偿，不能超过物品原价")]
    return [] if record.waived_reason else [("waived_reason", "少于原价的，请写明减免原因")]


ends_after_starts = after("ends_at", "starts_at", "结束时间要晚于开始时间")


@register(
    title="开放登记",
    box=Box.ROOMS_AND_READING,
    creates=(TEACHER,),
    scope={TEACHER: everyone},
    order="-opened_on",
    happened="opened_on",
    label=("opened_on", "programme"),
    match=("opened_on", "room", "programme", "starts_at"),
    rules=(ends_after_starts,),
    act_by=("duty_teacher",),
    roster=True,
    evidence={"photo": "照片"},
    carried=True,
    purpose="之家每天开放的登记：时段、项目、值班教师、人数",
)
class Opening(Record):
    opened_on = col(DateField(), "日期", list=1, short=1, filter=True)
    room = col(Link(Room), "场所", list=2, short=2, filter=True)
    programme = col(WordField(PROGRAMMES), "项目", list=3, short=3, filter=True)
    starts_at = col(TimeField(), "开始时间", list=4, short=4)
    ends_at = col(TimeField(null=True), "结束时间", list=5, short=5, wanted=True)
    minutes = col(MinutesField(null=True), "时长（分钟）", list=6, sum=True, computed=open_minutes)
    duty_teacher = col(
        Link(Staff, null=True), "值班教师", list=7, short=6, wanted=True, filter=True
    )
    children_count = col(
        IntegerField(null=True), "参加人数", list=8, short=7, wanted=True, sum=True
    )
    safety_note = col(TextField(null=True), "安全情况", wanted=True, search=True)


present_once = once("child", "opening", "这名学生已经在名单里")


@register(
    title="到场学生",
    box=Box.ROOMS_AND_READING,
    parent="opening",
    label=("child",),
    rules=(present_once,),
    roster=True,
    menu=False,
    purpose="一次开放到场的学生，由点名登记",
)
class OpeningChild(Record):
    opening = col(Link(Opening), "开放登记", list=1)
    child = col(Link(Child), "学生", list=2, short=1)


@register(
    title="放映登记",
    box=Box.ROOMS_AND_READING,
    creates=(TEACHER,),
    scope={TEACHER: everyone},
    order="-shown_at",
    happened="shown_at",
    label=("content", "shown_at"),
    rules=(within_opening,),
    act_by=("organiser",),
    roster=True,
    evidence={"signature-sheet": "签名单", "photo": "照片"},
    wants={"signature-sheet": "", "photo": ""},
    derived=(Derived("viewers_count", "参加人数", viewers, list=6, field=IntegerField()),),
    purpose="电视、影片放映：内容、组织人、观看人员和观后感",
)
class Screening(Record):
    opening = col(Link(Opening, null=True), "所属开放", list=4, short=1, wanted=True)
    shown_at = col(DateTimeField(), "时间", list=1, short=2, filter=True)
    content = col(CharField(max_length=80), "观看内容", list=2, short=3, search=True)
    organiser = col(Link(Staff, null=True), "组织人", list=3, short=4, wanted=True, filter=True)
    impressions = col(TextField(null=True), "观后感", list=5, short=5, wanted=True, search=True)


viewer_once = once("child", "screening", "这名学生已经在名单里")


@register(
    title="观看人员",
    box=Box.ROOMS_AND_READING,
    parent="screening",
    label=("child",),
    rules=(viewer_once,),
    roster=True,
    menu=False,
    purpose="观看人员名单",
)
class ScreeningViewer(Record):
    screening = col(Link(Screening), "放映登记", list=1)
    child = col(Link(Child), "学生", list=2, short=1)
    impression = col(TextField(null=True), "观后感", list=3, short=2)


returned_after = after("returned_at", "taken_at", "归还时间要晚于领用时间")


@register(
    title="器材使用",
    box=Box.ROOMS_AND_READING,
    creates=(TEACHER,),
    scope={TEACHER: everyone},
    order="-taken_at",
    happened="taken_at",
    label=("item", "taken_at"),
    rules=(returned_after, at_least_one),
    act_by=("staff",),
    roster=True,
    open_until="returned_at",
    finishing=("returned_at", "damage", "signed_by"),
    purpose="器材和电脑的领用与归还",
)
class EquipmentUse(Record):
    child = col(Link(Child, null=True), "使用学生", list=5, short=1, wanted=True, filter=True)
    staff = col(Link(Staff, null=True), "使用教师", list=6)
    kind = col(WordField(EQUIPMENT_USE_KINDS), "类别", list=2, short=2, filter=True)
    asset = col(Link(Asset, null=True), "资产", filter=True)
    item = col(CharField(max_length=80), "器材", list=3, short=3, search=True)
    quantity = col(IntegerField(default=1), "数量", list=4, short=4)
    taken_at = col(DateTimeField(), "领用时间", list=1, short=5, filter=True)
    returned_at = col(DateTimeField(null=True), "归还时间", list=7, short=6, wanted=True)
    damage = col(CharField(max_length=80, null=True), "损坏情况", list=8, search=True)
    signed_by = col(
        CharField(max_length=80, null=True), "签字", short=7, wanted=True, search=True, secret=NAME
    )


paid_after = not_before("paid_on", "damaged_on", "赔偿日期不能早于损坏日期")


@register(
    title="损坏赔偿",
    box=Box.ROOMS_AND_READING,
    scope={TEACHER: own_children_or_own_acts("child")},
    order="-damaged_on",
    happened="damaged_on",
    label=("item", "damaged_on"),
    rules=(at_cost, paid_after),
    act_by=("handler",),
    open_until="paid_on",
    finishing=("compensation", "paid_on", "waived_reason", "handler"),
    purpose="损坏物品照价赔偿，赔清后办结",
)
class Damage(Record):
    item = col(CharField(max_length=80), "损坏物品", list=2, short=1, search=True)
    asset = col(Link(Asset, null=True), "资产")
    damaged_on = col(DateField(), "损坏日期", list=1, short=2, filter=True)
    child = col(Link(Child, null=True), "责任学生", list=3, short=3, wanted=True, filter=True)
    responsible = col(
        PersonNameField(max_length=40, null=True), "其他责任人", search=True, secret=NAME
    )
    cost = col(MoneyField(), "物品原价", list=4, short=4, sum=True, unit="元")
    compensation = col(
        MoneyField(null=True), "赔偿金额", list=5, short=5, wanted=True, sum=True, unit="元"
    )
    paid_on = col(DateField(null=True), "赔偿日期", list=6, wanted=True, filter=True)
    waived_reason = col(CharField(max_length=80, null=True), "减免原因", search=True)
    handler = col(Link(Staff, null=True), "经手人", list=7)


PERIODICAL_KINDS = ("期刊", "报纸")
LOAN_ITEMS = ("图书", "报刊")
LOAN_CONDITIONS = ("完好", "轻微破损", "损坏", "遗失")


def kind_fits(record: Any, _actor: Actor) -> Found:
    """A book is lent as a book, a periodical as a periodical."""
    other = "periodical" if record.item == "图书" else "book"
    if value(record, other) is not None:
        return [(other, "类别与所选书刊不一致，请只选一种")]
    return []


def copies_left(record: Any, _actor: Actor) -> Found:
    """No more copies of a book are out than there are (S03-7)."""
    if value(record, "book") is None or value(record, "returned_on") is not None:
        return []
    book = every_row(register_of(Book)).where(Book.id == record.book_id).first()
    out = every_row(register_of(Loan)).where(
        Loan.book == record.book_id, Loan.returned_on.is_null(True)
    )
    if record.id:
        out = out.where(Loan.id != record.id)
    if book is None or out.count() < book.copies:
        return []
    return [("book", f"《{book.title}》共 {book.copies} 册，都已借出")]


@register(
    title="图书目录",
    box=Box.ROOMS_AND_READING,
    scope={TEACHER: everyone},
    order="number",
    label=("title", "number"),
    key=(("number",),),
    locks=False,
    purpose="图书目录：书号、书名、册数",
)
class Book(Record):
    number = col(CharField(max_length=40), "书号", list=1, short=1, search=True)
    title = col(CharField(max_length=80), "书名", list=2, short=2, search=True)
    author = col(CharField(max_length=80, null=True), "作者", list=3, short=3, search=True)
    class_mark = col(
        CharField(max_length=80, null=True), "分类号", list=4, short=4, filter=True, search=True
    )
    copies = col(IntegerField(), "册数", list=5, short=5, sum=True)
    acquired_on = col(DateField(null=True), "入库日期", list=6)


@register(
    title="报刊目录",
    box=Box.ROOMS_AND_READING,
    scope={TEACHER: everyone},
    order="number",
    label=("title", "number"),
    key=(("number",),),
    rules=(SINCE_UNTIL,),
    locks=False,
    purpose="报刊目录：刊号、名称、种类、份数",
)
class Periodical(Record):
    number = col(CharField(max_length=40), "刊号", list=1, short=1, search=True)
    title = col(CharField(max_length=80), "报刊名", list=2, short=2, search=True)
    kind = col(WordField(PERIODICAL_KINDS), "种类", list=3, short=3, filter=True)
    publisher = col(CharField(max_length=80, null=True), "主办单位", list=4, search=True)
    class_mark = col(CharField(max_length=80, null=True), "分类号")
    copies = col(IntegerField(), "份数", list=5, short=4, sum=True)
    since = col(DateField(null=True), "订阅起", list=6)
    until = col(DateField(null=True), "订阅止", list=7)


due_after = not_before("due_on", "lent_on", "应还日期不能早于借出日期")
loan_returned_after = not_before("returned_on", "lent_on", "归还日期不能早于借出日期")


@register(
    title="图书报刊借阅",
    box=Box.ROOMS_AND_READING,
    creates=(TEACHER,),
    scope={TEACHER: everyone},
    order="-lent_on",
    happened="lent_on",
    label=("title", "lent_on"),
    rules=(kind_fits, due_after, loan_returned_after, copies_left),
    act_by=("handler",),
    roster=True,
    open_until="returned_on",
    finishing=("returned_on", "condition", "compensation"),
    purpose="图书报刊的借出和归还，逾期的排在前面",
)
class Loan(Record):
    child = col(Link(Child), "借阅学生", list=2, short=1, filter=True)
    item = col(WordField(LOAN_ITEMS), "类别", list=4, short=2, filter=True)
    book = col(
        Link(Book, null=True), "图书", short=3, wanted=True, filter=True, show_if="item=图书"
    )
    periodical = col(
        Link(Periodical, null=True), "报刊", wanted=True, filter=True, show_if="item=报刊"
    )
    item_number = col(CharField(max_length=80, null=True), "书号/条码", search=True)
    title = col(CharField(max_length=80), "书名", list=3, short=4, search=True)
    author = col(CharField(max_length=80, null=True), "作者", search=True)
    class_mark = col(CharField(max_length=80, null=True), "分类号")
    lent_on = col(DateField(), "借出日期", list=1, short=5, filter=True)
    due_on = col(DateField(null=True), "应还日期", list=5, short=6, wanted=True, filter=True)
    returned_on = col(DateField(null=True), "归还日期", list=6, filter=True)
    condition = col(WordField(LOAN_CONDITIONS, null=True), "归还状况", list=7, filter=True)
    compensation = col(MoneyField(null=True), "赔偿", sum=True, unit="元")
    handler = col(Link(Staff, null=True), "经手人", list=8, short=7, wanted=True, filter=True)
