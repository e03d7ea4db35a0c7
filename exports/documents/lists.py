"""Lists a clause asks for by name: each a title, one ruled table, a line for signatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from compliance.ordered.papers import document
from exports.documents.labels import BOX_NAMES, RETENTIONS
from exports.documents.paper import Asked, Paper, laid_out
from exports.pdf.blocks import FORM_ACROSS, Cell, Grid, Row, Spread, Text, Title, label
from exports.pdf.imprint import chinese_date
from exports.tables.plain import Sheet
from models.core.display import Page
from models.core.gates import rows
from models.core.register import REGISTERS, register_of
from models.core.semester_records import in_semester
from models.core.spans import holds_on

BLANK_ROWS = 3


@dataclass(frozen=True)
class Column:
    """A column: its heading, its width, and the field it shows ("link.field" of what is linked).

    Of several fields ("staff+child") it shows those that are filled. With `digits` a date is
    written in eight digits, as archives do (DA/T 22). `words` say in plain Chinese what is kept as
    a code.
    """

    label: str
    width: float
    name: str
    digits: bool = False
    words: Mapping[str, str] = field(default_factory=dict)

    def shown(self, text: str) -> str:
        """Return a cell's text as the list prints it."""
        return self.words.get(text, text.replace("-", "") if self.digits else text)

    @property
    def names(self) -> list[str]:
        """The fields it shows."""
        return self.name.split("+")


@dataclass(frozen=True)
class Listing:
    """A list: which register, which of its rows, in which columns."""

    code: str
    title: str
    register: str
    clauses: tuple[str, ...]
    columns: tuple[Column, ...]
    current: bool = False
    issued: str = ""
    signed: tuple[str, ...] = ("制表人：", "审核人（签名）：", "学校（盖章）：")


LISTS: tuple[Listing, ...] = (
    Listing(
        "class-teacher-sheet",
        "班主任联系方式表",
        "class-teacher",
        ("Q01-2",),
        (
            Column("班级", 40, "school_class"),
            Column("班主任", 36, "staff"),
            Column("电话", 50, "staff.phone"),
            Column("住址", 110, "staff.address"),
        ),
        current=True,
        issued="班主任联系方式",
    ),
    Listing(
        "commendation-list",
        "表彰名单",
        "award",
        ("S03-15",),
        (
            Column("对象", 22, "recipient_kind"),
            Column("受表彰人", 44, "staff+child+pupil_name+department+volunteer"),
            Column("称号", 44, "kind"),
            Column("级别", 20, "level"),
            Column("日期", 26, "awarded_on"),
            Column("事由", 93, "reason"),
        ),
    ),
    Listing(
        "archive-list",
        "归档文件目录",
        "archive-item",
        ("Q20-1", "Q20-2", "Q20-3", "Q20-4"),
        (
            Column("档号", 44, "archive_code"),
            Column("文号", 26, "document_number"),
            Column("责任者", 34, "responsible"),
            Column("题名", 68, "title"),
            Column("日期", 20, "dated_on", digits=True),
            Column("密级", 12, "secrecy"),
            Column("页数", 12, "pages"),
            Column("备注", 21, "remark"),
        ),
        signed=("整理人：", "检查人（签名）：", "　　年　　月　　日"),
    ),
    Listing(
        "review-sheet",
        "档案审核表",
        "archive-item",
        ("Q20-3",),
        (
            Column("档案盒", 34, "box", words=BOX_NAMES),
            Column("档号", 44, "archive_code"),
            Column("题名", 72, "title"),
            Column("期限", 16, "retention", words=RETENTIONS),
            Column("审核人", 30, "reviewed_by"),
            Column("审核日期", 28, "reviewed_on"),
        ),
        signed=("整理人：", "审核人（签名）：", "校长（签名、盖章）："),
    ),
)


def _declare(listing: Listing) -> None:
    fields = REGISTERS[listing.register].fields
    linked = {register_of(fields[link].target).slug for link in _links(listing)}

    @document(
        listing.code,
        listing.title,
        clauses=listing.clauses,
        source=(listing.register, *sorted(linked)),
        issued=listing.issued,
    )
    def made(asked: Asked) -> Paper:
        table = _table(asked, listing)
        head = Row((label("序号"), *(label(column.label) for column in listing.columns)))
        body = [
            Row((Cell(str(place), align="centre"), *map(Cell, cells)))
            for place, cells in enumerate(table, start=1)
        ]
        empty = [Row(tuple(Cell() for _ in range(len(listing.columns) + 1)), 11)] * BLANK_ROWS
        none = () if table else (Text("这学期还没有登记，可先打印空表手填。", 9),)
        widths = (10, *(column.width for column in listing.columns))
        return laid_out(
            listing.title,
            asked.semester.title,
            Title(listing.title, asked.semester.title),
            Spread((f"学校：{asked.school}", f"填报日期：{chinese_date(asked.reader.today)}")),
            Grid(widths, (head, *body, *empty), head=1),
            *none,
            Spread(listing.signed, before=5),
            geometry=FORM_ACROSS,
            tables=(
                Sheet(
                    listing.title,
                    ["序号", *(column.label for column in listing.columns)],
                    [[place, *cells] for place, cells in enumerate(table, start=1)],
                ),
            ),
        )


def _links(listing: Listing) -> set[str]:
    """The fields through which a list shows what another record says."""
    names = (name for column in listing.columns for name in column.names)
    return {name.partition(".")[0] for name in names if "." in name}


def _table(asked: Asked, listing: Listing) -> list[Sequence[str]]:
    """Return the texts of the list's cells as the reader sees them."""
    register = REGISTERS[listing.register]
    query = rows(asked.reader, register)
    if listing.current:
        query = query.where(holds_on(register.model, asked.reader.today))
    else:
        query = query.where(in_semester(register, asked.semester))
    order = getattr(register.model, register.order.lstrip("-"))
    found = list(query.order_by(order, register.model.id))
    page = Page(asked.reader, register, found, "pdf")
    behind = {link: _linked(asked, register, found, link) for link in _links(listing)}

    def text(record: Any, name: str) -> str:
        link, _, inner = name.partition(".")
        if not inner:
            return page.text(record, name)
        shown, targets = behind[link]
        target = targets.get(record.__data__.get(link))
        return shown.text(target, inner) if target is not None else ""

    def cell(record: Any, column: Column) -> str:
        texts = (text(record, name) for name in column.names)
        return "、".join(column.shown(one) for one in texts if one)

    return [[cell(record, one) for one in listing.columns] for record in found]


def _linked(
    asked: Asked, register: Any, found: Sequence[Any], link: str
) -> tuple[Page, dict[int, Any]]:
    target = register_of(register.fields[link].target)
    ids = sorted({n for record in found if (n := record.__data__.get(link))})
    records = list(rows(asked.reader, target).where(target.model.id.in_(ids)))
    return Page(asked.reader, target, records, "pdf"), {one.id: one for one in records}


for _one in LISTS:
    _declare(_one)
