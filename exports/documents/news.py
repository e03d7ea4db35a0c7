"""The news sheet (工作简报): masthead, one item with its photos, and at its foot where it went."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from compliance.ordered.papers import STAFF, document
from exports.documents.letters import body_of
from exports.documents.paper import Asked, Paper, laid_out
from exports.documents.pictures import photos_for
from exports.pdf.blocks import (
    OFFICIAL,
    Block,
    Picture,
    Pictures,
    Rule,
    Spread,
    Text,
    Title,
    Together,
    Turn,
)
from exports.pdf.imprint import chinese_date
from models.core import calendar
from models.core.display import Page
from models.core.gates import rows
from models.core.register import register_of
from models.core.spans import between
from models.kept.news import NewsItem

# So many photos stand below the text.
MOST_PHOTOS = 2
HOME = "留守儿童之家"


@document(
    "news-sheet",
    "月度信息",
    clauses=("S03-17", "S03-18", "Q15-3"),
    source=("news-item",),
    about="news-item",
    roles=STAFF,
)
def news_sheet(asked: Asked) -> Paper:
    """A sheet for each item: masthead, the text with its photos, at the foot where it was sent."""
    register = register_of(NewsItem)
    page = Page(asked.reader, register, asked.records, "pdf")
    photos = photos_for(asked.printing, register, asked.records)
    blocks: list[Block] = []
    for record in asked.records:
        blocks += [Turn()] if blocks else []
        blocks += _masthead(asked, record)
        blocks += _item(asked, page, record, photos.get(record.id, []))
    alone = asked.records[0] if len(asked.records) == 1 else None
    title = asked.mask(page.text(alone, "title")) if alone is not None else "月度信息"
    return laid_out(title, asked.semester.title, *blocks, geometry=OFFICIAL)


def _masthead(asked: Asked, record: Any) -> Iterator[Block]:
    school = calendar.school()
    name = (school.home_name if school is not None else "") or HOME
    yield Title(f"{name}工作信息", size=26)
    day = record.written_on
    yield Text(f"{day.year}年第 {issue_of(asked, record)} 期", 14, "centre")
    yield Spread((asked.school, chinese_date(day)), 14, before=3)
    yield Rule(1.5)


def issue_of(asked: Asked, record: Any) -> int:
    """Return the number of an item among those written in its calendar year, in order of days."""
    before = (NewsItem.written_on < record.written_on) | (
        (NewsItem.written_on == record.written_on) & (NewsItem.id <= record.id)
    )
    first = date(record.written_on.year, 1, 1)
    inside = between(NewsItem.written_on, first, record.written_on)
    return int(rows(asked.reader, register_of(NewsItem)).where(inside, before).count())


def _item(asked: Asked, page: Page, record: Any, photos: list[Picture]) -> Iterator[Block]:
    def text(name: str) -> str:
        return asked.mask(page.text(record, name))

    yield Text("", 8)
    yield Title(text("title"))
    yield from body_of(text("text"))
    if photos:
        shown = tuple(photos[:MOST_PHOTOS])
        yield Text("", 8)
        yield Pictures(shown, across=len(shown), height=62)
    author, sent = page.text(record, "author"), page.text(record, "sent_on")
    went = f"{text('channel')}{f'（{sent}）' if sent else ''}"
    yield Together(
        (
            Text("", 12),
            Rule(0.5),
            Spread((f"报送：{went}", f"撰稿：{author}", "审核（签名）：________"), 12, before=0),
            Rule(0.5),
        )
    )
