"""图书报刊: the catalogue and what is lent."""

from __future__ import annotations

from typing import Any

from peewee import CharField, DateField, IntegerField

from models.actor import Actor
from models.boxes import TEACHER, Box
from models.children import Child
from models.fields import Link, MoneyField, WordField, col
from models.gates import every_row
from models.register import Record, register, register_of
from models.rules import SINCE_UNTIL, Found, not_before, value
from models.scopes import everyone
from models.staff import Staff

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
returned_after = not_before("returned_on", "lent_on", "归还日期不能早于借出日期")


@register(
    title="图书报刊借阅",
    box=Box.ROOMS_AND_READING,
    creates=(TEACHER,),
    scope={TEACHER: everyone},
    order="-lent_on",
    happened="lent_on",
    label=("title", "lent_on"),
    rules=(kind_fits, due_after, returned_after, copies_left),
    act_by=("handler",),
    roster=True,
    open_until="returned_on",
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
