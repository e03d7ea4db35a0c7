"""The week's workbook of a village point, as the school hands it out on a stick."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from exports.tables.book import in_memory, open_book, put
from exports.tables.writing import write_sheets
from models.core.actor import Actor
from models.core.gates import rows
from models.core.places import place_of, way
from models.core.register import REGISTERS, Register
from models.core.spans import between, holds_on
from models.intake.point_week import KEPT, SLIP, Slip
from models.kept.assets import Room
from models.kept.children import Child
from models.kept.left_behind import classes_on
from models.kept.staff import SchoolClass, Staff

# The point sees what the school has of the weeks before, too.
BEFORE = timedelta(weeks=3)
_TOLD = (
    "新的一行写在已有的行下面，“记录编号”空着；已有的行可以改，不要删“记录编号”。",
    "开放登记的“序号”自己编，到场学生写在“到场学生”表里，“所属序号”写同一个号。",
    "这一页不要改：签名对不上，学校就不收。填好后存在 U 盘里交回，一份文件多交几次也不会重复登记。",
)


def workbook(actor: Actor, slip: Slip) -> bytes:
    """Return the workbook of a slip: the slip, who and what may be named, and what is kept."""
    target = in_memory()
    with open_book(target, f"{slip.name}交换", actor.name, actor.now) as book:
        _write_slip(book, actor, slip)
        for slug in KEPT:
            register = REGISTERS[slug]
            records = list(_kept(actor, register, slip))
            write_sheets(book, actor, register, [records] if records else [], actor.now)
    return target.getvalue()


def _write_slip(book: Any, actor: Actor, slip: Slip) -> None:
    sheet = book.add_worksheet(SLIP)
    bold = book.add_format({"bold": True, "num_format": "@"})
    text = book.add_format({"num_format": "@"})
    sheet.set_column(0, 0, 14)
    sheet.set_column(1, 1, 70)
    for place, (label, said) in enumerate(slip.lines):
        put(sheet, place, 0, label, bold)
        put(sheet, place, 1, said, text)
    below = len(slip.lines) + 1
    for place, said in enumerate(_TOLD, start=below):
        put(sheet, place, 0, "说明", bold)
        put(sheet, place, 1, said, text)
    for place, (label, names) in enumerate(_named(actor, slip), start=below + len(_TOLD)):
        put(sheet, place, 0, label, bold)
        put(sheet, place, 1, "、".join(names), text)


def _named(actor: Actor, slip: Slip) -> list[tuple[str, list[str]]]:
    """Return what the point may name: its rooms, the colleagues, the children of its classes."""
    today = actor.today
    rooms = rows(actor, REGISTERS["room"]).where(Room.point == slip.point, holds_on(Room, today))
    staff = rows(actor, REGISTERS["staff"]).where(holds_on(Staff, today))
    children = list(rows(actor, REGISTERS["child"]).where(holds_on(Child, today)))
    placed = classes_on([child.id for child in children], today)
    classes = rows(actor, REGISTERS["school-class"]).where(SchoolClass.point == slip.point)
    own = {row.id for row in classes}
    there = [child for child in children if placed.get(child.id, (0, ""))[0] in own]
    return [
        ("场所", [room.name for room in rooms.order_by(Room.name)]),
        ("教师", [row.name for row in staff.order_by(Staff.pinyin_key)]),
        ("学生", [f"{child.name}（{placed[child.id][1]}）" for child in there]),
    ]


def _kept(actor: Actor, register: Register, slip: Slip) -> Any:
    """Return what the school has of the point: of a register of acts, of the last weeks."""
    query = rows(actor, register).where(place_of(register, way(register)) == slip.point)
    if register.happened:
        happened = getattr(register.model, register.happened)
        query = query.where(between(happened, slip.first - BEFORE, slip.last))
    return query.order_by(register.model.id)
