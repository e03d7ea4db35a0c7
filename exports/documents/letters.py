"""Official papers after GB/T 9704: plans, summaries, letters, reports, each from one record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from compliance.ordered.declaration import Filter
from compliance.ordered.papers import STAFF, document
from exports.documents.paper import Asked, Paper, laid_out
from exports.documents.slips import slip
from exports.pdf.blocks import OFFICIAL, SANHAO, SIHAO, Block, Sealed, Text, Title, Turn
from exports.pdf.imprint import chinese_date
from models.core.display import Page
from models.core.register import REGISTERS

# Words a text may begin with: whom it is written to, a greeting; and how it may end.
_SALUTED = re.compile(
    r"\s*((?:尊敬|敬爱|亲爱)的[^，。；：:\n]{1,14}|各位[^，。；：:\n]{1,10})[：:]\s*"
)
_GREETED = re.compile(r"\s*(?:您好|你们好|大家好)")
# 一、 with a few words and no full stop stands above what it says (GB/T 9704).
_HEADING = re.compile(r"[一二三四五六七八九十]+、[^。！？；]{1,24}$")
_WISHED = re.compile(r"(?:此致|敬礼|祝[^。\n]{1,30})[！!。]?\s*$")


@dataclass(frozen=True)
class Letter:
    """Which record becomes which paper: salutation, texts with their headings, dated by a field.

    In letters of `size`; a letter home is smaller than an official paper, so that its slip stands
    below it. A `greeting` opens the body and a `wish` (此致 敬礼) ends it, unless the text does.
    """

    code: str
    title: str
    register: str
    clauses: tuple[str, ...]
    texts: tuple[tuple[str, str], ...]
    dated: str
    where: Filter
    salutation: str = ""
    greeting: str = ""
    closing: str = ""
    wish: bool = False
    slip: bool = False
    issued: str = ""
    size: float = SANHAO


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
        greeting="您好！",
        wish=True,
        slip=True,
        issued="致家长公开信",
        size=SIHAO,
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

    def line(said: str, indent: int = 2) -> Text:
        return Text(said, letter.size, indent=indent, leading=1.75)

    yield Title(text("title") or letter.title)
    parts = [(heading, said) for heading, name in letter.texts if (said := text(name).strip())]
    if letter.salutation:
        addressee = text("addressee") if "{addressee}" in letter.salutation else ""
        salutation = letter.salutation.replace("{addressee}", addressee)
        if parts and (own := _SALUTED.match(parts[0][1])):
            salutation = f"{own[1]}："
            parts[0] = (parts[0][0], parts[0][1][own.end() :])
        yield line(salutation, 0)
    if letter.greeting and not (parts and _GREETED.match(parts[0][1])):
        yield line(letter.greeting)
    for heading, said in parts:
        yield from body_of(f"{heading}{said}", letter.size)
    if letter.closing:
        yield line(letter.closing)
    if letter.wish and not (parts and _WISHED.search(parts[0][1])):
        yield from (line("此致"), line("敬礼！", 0))
    dated = getattr(record, letter.dated)
    yield Sealed(asked.school, chinese_date(dated) if dated else "　　年　月　日")
    if letter.slip:
        yield slip(asked.school, text("title"))


def body_of(text: str, size: float = SANHAO) -> Iterator[Text]:
    """Yield a text paragraph by paragraph, indented by two characters, headings bold."""
    for paragraph in text.split("\n"):
        if paragraph := paragraph.strip():
            yield Text(
                paragraph, size, indent=2, bold=bool(_HEADING.match(paragraph)), leading=1.75
            )


for _one in LETTERS:
    _declare(_one)
