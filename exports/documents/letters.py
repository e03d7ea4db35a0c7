"""Official papers after GB/T 9704: plans, summaries, letters, reports, each from one record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from compliance.ordered.declaration import Filter
from compliance.ordered.papers import STAFF, document
from exports.documents.paper import Asked, Paper, laid_out
from exports.pdf.blocks import OFFICIAL, SANHAO, Block, CutLine, Sealed, Spread, Text, Title, Turn
from exports.pdf.imprint import chinese_date
from models.core.display import Page
from models.core.register import REGISTERS


@dataclass(frozen=True)
class Letter:
    """Which record becomes which paper: salutation, texts with their headings, dated by a field."""

    code: str
    title: str
    register: str
    clauses: tuple[str, ...]
    texts: tuple[tuple[str, str], ...]
    dated: str
    where: Filter
    salutation: str = ""
    closing: str = ""
    slip: bool = False
    issued: str = ""


LETTERS: tuple[Letter, ...] = (
    Letter(
        "semester-plan",
        "学期工作计划",
        "plan",
        ("S03-4", "S03-18", "Q15-4"),
        (("", "text"),),
        "made_on",
        {"kind": "学期工作计划"},
    ),
    Letter(
        "weekly-arrangement",
        "周工作安排",
        "plan",
        ("Q15-1",),
        (("", "text"),),
        "made_on",
        {"kind": "周安排"},
    ),
    Letter(
        "semester-summary",
        "学期工作总结",
        "summary",
        ("S03-4", "S03-18", "Q02-12", "Q15-4"),
        (("", "text"),),
        "made_on",
        {"kind": "学期"},
    ),
    Letter(
        "experience-summary",
        "月度经验小结",
        "summary",
        ("Q15-2",),
        (("", "text"),),
        "made_on",
        {"kind": "月"},
    ),
    Letter(
        "open-letter",
        "致家长公开信",
        "open-letter",
        ("S03-16", "S03-18"),
        (
            ("", "text"),
            ("联系电话：", "phones"),
            ("通话时间：", "call_times"),
            ("视频时间：", "video_times"),
            ("活动计划：", "plan"),
        ),
        "written_on",
        {},
        salutation="尊敬的家长：",
        slip=True,
        issued="致家长公开信",
    ),
    Letter(
        "situation-report",
        "情况报告",
        "upward-report",
        ("S08-3", "G01-3", "Q24-3", "Z02-3"),
        (("", "matter"),),
        "reported_on",
        {},
        salutation="{addressee}：",
        closing="特此报告。",
    ),
    Letter(
        "news-sheet",
        "月度信息",
        "news-item",
        ("S03-17", "S03-18", "Q15-3"),
        (("", "text"),),
        "written_on",
        {},
    ),
    Letter(
        "regulation-text",
        "制度文本",
        "regulation",
        ("Q23-2",),
        (("", "text"),),
        "adopted_on",
        {},
    ),
)


def _declare(letter: Letter) -> None:
    @document(
        letter.code,
        letter.title,
        clauses=letter.clauses,
        source=(letter.register,),
        about=letter.register,
        where=letter.where,
        roles=STAFF,
        issued=letter.issued,
    )
    def made(asked: Asked) -> Paper:
        page = Page(asked.reader, REGISTERS[letter.register], asked.records, "pdf")
        blocks: list[Block] = []
        for record in asked.records:
            blocks += [Turn()] if blocks else []
            blocks += _letter(asked, letter, page, record)
        alone = asked.records[0] if len(asked.records) == 1 else None
        title = page.text(alone, "title") if alone is not None else letter.title
        return laid_out(
            asked.mask(title or letter.title),
            asked.semester.title,
            *blocks,
            geometry=OFFICIAL,
        )


def _letter(asked: Asked, letter: Letter, page: Page, record: Any) -> Iterator[Block]:
    """Title, salutation flush left, the body indented by two characters, signature and date."""

    def text(name: str) -> str:
        return asked.mask(page.text(record, name))

    yield Title(text("title") or letter.title)
    if letter.salutation:
        addressee = text("addressee") if "{addressee}" in letter.salutation else ""
        yield Text(letter.salutation.replace("{addressee}", addressee), SANHAO, leading=1.75)
    for heading, name in letter.texts:
        said = text(name)
        if said:
            yield Text(f"{heading}{said}", SANHAO, indent=2, leading=1.75)
    if letter.closing:
        yield Text(letter.closing, SANHAO, indent=2, leading=1.75)
    dated = getattr(record, letter.dated)
    yield Sealed(asked.school, chinese_date(dated) if dated else "　　年　月　日")
    if letter.slip:
        yield CutLine("回　　执")
        yield Text(f"{asked.school}：你校《{text('title')}》已阅读。", 12)
        yield Spread(("班级：__________", "学生姓名：__________", "家长签字：__________"), 12)
        yield Spread(("意见或建议：________________________________", "日期：__________"), 12)


for _one in LETTERS:
    _declare(_one)
