"""The bulletin of a supervision (督查通报): what was found, to be put right by when; no names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compliance.ordered.papers import document
from exports.documents.looked import Looked, looked
from exports.documents.paper import Asked, Paper, laid_out
from exports.pdf.blocks import (
    OFFICIAL,
    SANHAO,
    Block,
    Cell,
    Grid,
    Row,
    Sealed,
    Text,
    Title,
    Turn,
    label,
)
from exports.pdf.imprint import chinese_date
from models.core.actor import Actor
from models.core.boxes import INSPECTOR
from models.core.display import Page
from models.core.masking import TextMask
from models.core.register import register_of
from models.kept.supervision import Rectification, Supervision

# What is said of each field of the supervision, in the order of Q22.
ITEMS = ("support_and_incentives", "home_building", "pairing", "interest_activities", "publicity")
CLOSING = "请各有关部门和教师对照上述问题，按期整改，并把整改情况报领导小组办公室验收。"


def outward(asked: Asked) -> TextMask:
    """Return what hides every child's name, whoever reads: such papers go round the school."""
    return TextMask(Actor(role=INSPECTOR, now=asked.reader.now, name=asked.reader.name))


@document(
    "supervision-bulletin",
    "督查通报",
    clauses=("Q22-5", "Q25-三.2"),
    source=("supervision", "rectification"),
    about="supervision",
)
def supervision_bulletin(asked: Asked) -> Paper:
    """An official paper per supervision after GB/T 9704: basis, what was found, wrong, to do."""
    page = Page(asked.reader, register_of(Supervision), asked.records, "pdf")
    ids = [one.id for one in asked.records]
    wrong = looked(asked.reader, Rectification, Rectification.supervision.in_(ids))
    blocks: list[Block] = []
    for record in asked.records:
        blocks += [Turn()] if blocks else []
        blocks += _bulletin(asked, page, record, wrong)
    return laid_out("督查通报", asked.semester.title, *blocks, geometry=OFFICIAL)


def _bulletin(asked: Asked, page: Page, record: Any, wrong: Looked) -> Iterator[Block]:
    hide = outward(asked)
    day = chinese_date(record.supervised_on)
    theirs = [one for one in wrong if one.supervision_id == record.id]
    area = hide(page.text(record, "area"))
    yield Title("关于关爱留守儿童工作督查情况的通报")
    yield _line("各年级、各班，各部门：", 0)
    by = page.text(record, "supervised_by") or page.text(record, "member")
    work = area.removesuffix("工作").removesuffix("的") or "留守儿童之家"
    yield _line(f"{day}，{by}对{work}工作进行了督查。现将情况通报如下。")
    yield _line("一、基本情况", bold=True)
    found = [(page.register.spec(n).label, hide(page.text(record, n))) for n in ITEMS]
    told = [f"{title}：{_closed(text)}" for title, text in found if text]
    findings = hide(page.text(record, "findings"))
    for line in [*told, *([_closed(findings)] if findings else [])] or ["督查记录没有写明情况。"]:
        yield _line(line)
    yield _line("二、存在问题", bold=True)
    problems = [f"{n}．{_closed(hide(wrong.text(one, 'problem')))}" for n, one in _numbered(theirs)]
    for line in problems or ["本次督查没有登记需要整改的问题。"]:
        yield _line(line)
    yield _line("三、整改要求", bold=True)
    yield _line(CLOSING)
    if theirs:
        yield _table(hide, wrong, theirs)
    yield _line("特此通报。")
    yield Sealed(asked.school, day)


def _table(hide: TextMask, wrong: Looked, theirs: list[Any]) -> Grid:
    head = Row(tuple(map(label, ("序号", "整改措施", "责任人", "期限", "完成"))))
    body = [
        Row(
            (
                Cell(str(n), align="centre"),
                Cell(hide(wrong.text(one, "measure"))),
                *(
                    Cell(wrong.text(one, name), align="centre")
                    for name in ("responsible", "deadline", "done_on")
                ),
            )
        )
        for n, one in _numbered(theirs)
    ]
    return Grid((12, 74, 22, 25, 25), (head, *body), head=1, whole=True)


def _numbered(records: list[Any]) -> list[tuple[int, Any]]:
    return list(enumerate(records, start=1))


def _line(text: str, indent: int = 2, *, bold: bool = False) -> Text:
    return Text(text, SANHAO, indent=indent, bold=bold, leading=1.75)


def _closed(text: str) -> str:
    """A sentence ends with its stop."""
    return text if text.endswith(("。", "！", "？", "…")) else f"{text}。"
