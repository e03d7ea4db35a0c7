"""发布版: news and weekly arrangements as they may go on a web page or into a chat group.

Names no child of the school's, nor their families, nor numbers and addresses, whoever opens it;
its photos are those every child on which has the consent to publicity. The page is copied from as
text and pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from compliance.ordered.papers import PUBLIC, STAFF, document
from exports.documents.bulletins import outward
from exports.documents.looked import looked
from exports.documents.paper import Asked, Paper, laid_out
from exports.documents.pictures import photos_for
from exports.pdf.blocks import FORM, XIAOSI, Block, Picture, Pictures, Text, Title, Turn
from exports.pdf.imprint import chinese_date
from models.core.display import Page
from models.core.register import Register, register_of
from models.core.rights import may
from models.core.validation import happened_on
from models.kept.activities import Activity
from models.kept.news import NewsItem
from models.kept.plans import Plan

COPY = (
    "这一页可以直接复制：选中文字复制，按住照片保存，贴到公众号、网页或群里。"
    "姓名、电话、住址已经隐去，发布前请再看一遍。"
)
ONLY = "照片只放可以发布的：上面每名学生的监护人都同意“对外宣传”，没有标出学生的要标明“无人脸”。"
Photos = Callable[[Asked], dict[int, list[Picture]]]


def _photos_of_news(asked: Asked) -> dict[int, list[Picture]]:
    """The photos of a news item and those of the activity it tells of."""
    register, activities = register_of(NewsItem), register_of(Activity)
    own = photos_for(asked.printing, register, asked.records, published=True)
    wanted = {record.activity_id for record in asked.records if record.activity_id}
    told = looked(asked.reader, Activity, Activity.id.in_(sorted(wanted))) if wanted else ()
    if not told or not may(asked.reader, "read", activities):
        return own
    shown = photos_for(asked.printing, activities, told, published=True)
    return {
        record.id: own[record.id] + shown.get(record.activity_id, []) for record in asked.records
    }


def _paper(asked: Asked, register: Register, title: str, photos: Photos | None) -> Paper:
    page, hide = Page(asked.reader, register, asked.records, "pdf"), outward(asked)
    pictures = photos(asked) if photos is not None else {}
    blocks: list[Block] = []
    for record in asked.records:
        blocks += [Turn()] if blocks else []
        blocks += _item(asked, page, record, pictures.get(record.id), hide)
    alone = asked.records[0] if len(asked.records) == 1 else None
    name = hide(page.text(alone, "title")) if alone is not None else ""
    made = laid_out(name or title, asked.semester.title, *blocks, geometry=FORM)
    return replace(made, note=COPY + (ONLY if photos is not None else ""))


def _item(
    asked: Asked,
    page: Page,
    record: Any,
    pictures: list[Picture] | None,
    hide: Callable[[str], str],
) -> Iterator[Block]:
    yield Title(hide(page.text(record, "title")), size=18)
    for paragraph in hide(page.text(record, "text")).strip().split("\n"):
        if paragraph.strip():
            yield Text(paragraph.strip(), XIAOSI, indent=2, leading=1.75)
    if pictures:
        shown = tuple(
            Picture(picture.key, picture.path, hide(picture.caption)) for picture in pictures
        )
        yield Pictures(shown)
    day = happened_on(page.register, record)
    dated = chinese_date(day) if day is not None else ""
    yield Text(f"{asked.school}\n{dated}", XIAOSI, "right", before=4, leading=1.75)


@document(
    "published-news",
    "信息（发布版）",
    clauses=("S03-17", "Q15-3"),
    source=("news-item",),
    about="news-item",
    roles=STAFF,
    editions=(PUBLIC,),
)
def published_news(asked: Asked) -> Paper:
    """A news item to be published, with the photos that may be."""
    return _paper(asked, register_of(NewsItem), "信息（发布版）", _photos_of_news)


@document(
    "published-arrangement",
    "周工作安排（发布版）",
    clauses=("Q15-1",),
    source=("plan",),
    about="plan",
    where={"kind": "周安排"},
    roles=STAFF,
    editions=(PUBLIC,),
)
def published_arrangement(asked: Asked) -> Paper:
    """A week's arrangement to be published."""
    return _paper(asked, register_of(Plan), "周工作安排（发布版）", None)
