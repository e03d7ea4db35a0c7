"""The growth booklet (成长记录册): one child's semester in one book, to be given to the family.

Its outside says nothing of left-behind children. Of talks it tells day and subject only: what a
child said to a teacher is not for whoever leafs through the booklet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from compliance.ordered.papers import STAFF, document
from exports.documents.fitness import chart_of, compared, table_of
from exports.documents.looked import Looked, looked
from exports.documents.paper import Asked, Paper, laid_out
from exports.documents.pictures import photos_for
from exports.pdf.blocks import (
    FORM,
    Block,
    Cell,
    Grid,
    Picture,
    Pictures,
    Row,
    Spread,
    Text,
    Title,
    Turn,
    label,
    long_text,
)
from models.core.display import Page
from models.core.register import register_of
from models.core.semester_records import in_semester
from models.core.spans import holds_on
from models.kept.calls import Letter
from models.kept.children import Child, Guardian, Parent
from models.kept.growth import Award, FitnessTest, Growth
from models.kept.pairings import CareDiary
from models.kept.talks import HomeVisit, Talk

# Registers whose photos show this child alone with whoever cares for it.
PICTURED = (Growth, Talk, HomeVisit)
MOST_PHOTOS = 12
# The kinds of growth records under each heading of the folder list, as schools order them.
PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("自我情况介绍", ("自评",)),
    ("思想品行进步材料", ("进步",)),
    ("作品与作业样本", ("作品",)),
    ("阅读书目", ("阅读",)),
    ("获奖证书", ("获奖",)),
    ("阶段性学习计划", ("计划",)),
    ("阶段性学习小结", ("小结",)),
)
MESSAGES = (("孩子的话", ""), ("家长的话", "监护人评语"), ("老师的话", "教师评语"))


@dataclass(frozen=True)
class Section:
    """One item of the booklet: its title, how many papers it has, the days, and its blocks."""

    title: str
    count: int
    days: str
    blocks: tuple[Block, ...]


@document(
    "growth-booklet",
    "成长记录册",
    clauses=("S03-4",),
    source=(
        "child",
        "parent",
        "guardian",
        "growth",
        "talk",
        "home-visit",
        "care-diary",
        "letter",
        "award",
        "fitness-test",
    ),
    about="child",
    roles=STAFF,
    issued="成长记录册",
)
def growth_booklet(asked: Asked) -> Paper:
    """Cover, contents, the child, the family, the items, the fitness chart, photos, messages."""
    page = Page(asked.reader, register_of(Child), asked.records, "pdf")
    faces = photos_for(asked.printing, register_of(Child), asked.records, "thumb")
    blocks: list[Block] = []
    for child in asked.records:
        blocks += [Turn()] if blocks else []
        blocks += _booklet(asked, page, child, faces.get(child.id, []))
    alone = asked.records[0] if len(asked.records) == 1 else None
    title = f"成长记录册（{page.label(alone)}）" if alone is not None else "成长记录册"
    return laid_out(title, asked.semester.title, *blocks, geometry=FORM)


def _booklet(asked: Asked, page: Page, child: Any, faces: Sequence[Picture]) -> list[Block]:
    sections = _sections(asked, child)
    photos = _photos(asked, child)
    blocks: list[Block] = [*_cover(asked, page, child, faces), Turn(), *_contents(sections, photos)]
    blocks += [Turn(), *_person(page, child), *_family(asked, child)]
    for section in sections:
        if section.count:
            blocks += [Text(section.title, 14, bold=True, before=5), *section.blocks]
    if photos:
        blocks += [Turn(), Text("成长留影", 14, bold=True), Pictures(photos, height=60)]
    blocks += [Turn(), *_messages(asked, child)]
    return blocks


def _cover(asked: Asked, page: Page, child: Any, faces: Sequence[Picture]) -> Iterable[Block]:
    yield Text("", before=35)
    yield Title("成长记录册", size=36)
    yield Text("", before=10)
    if faces:
        yield Pictures((replace(faces[-1], caption=""),), across=1, height=45)
    else:
        yield Text("", before=49)
    said = (
        ("学校", asked.school),
        ("姓名", page.text(child, "name")),
        ("班级", page.text(child, "school_class")),
        ("学期", asked.semester.title),
    )
    yield Text("", before=15)
    for word, text in said:
        yield Text(f"{word}：{text}", 16, "centre", leading=2)


def _contents(sections: Sequence[Section], photos: Sequence[Picture]) -> Iterable[Block]:
    """The list of what lies in the folder; what comes on paper gets its page number by hand."""
    listed: list[tuple[str, int, str]] = [
        (section.title, section.count, section.days) for section in sections
    ]
    listed += [("成长留影", len(photos), ""), ("寄语", 1, "")]
    head = Row(tuple(map(label, ("序号", "材料名称", "份数", "日期", "页码", "备注"))))
    body = [
        Row(
            (
                Cell(str(n), align="centre"),
                Cell(title),
                Cell(str(count) if count else "", align="centre"),
                Cell(days),
                Cell(),
                Cell(),
            )
        )
        for n, (title, count, days) in enumerate(listed, start=1)
    ]
    yield Title("目　录", size=18)
    yield Grid((12, 58, 16, 44, 16, 24), (head, *body), head=1)


def _person(page: Page, child: Any) -> Iterable[Block]:
    def pair(name: str, word: str, across: int = 1) -> tuple[Cell, Cell]:
        return label(word), Cell(page.text(child, name), across)

    rows = (
        Row((*pair("name", "姓名"), *pair("sex", "性别"), *pair("born_on", "出生日期"))),
        Row((*pair("school_class", "班级"), *pair("boarding", "就读"), *pair("travel", "上下学"))),
        Row((*pair("lives_with", "与谁同住", 2), *pair("health", "健康状况", 2))),
        Row(pair("talents", "兴趣特长", 5), 12),
        Row(pair("address", "住址", 5)),
    )
    yield Text("我的基本情况", 14, bold=True)
    yield Grid((20, 36, 18, 36, 22, 38), rows)


def _family(asked: Asked, child: Any) -> Iterable[Block]:
    parents = looked(asked.reader, Parent, Parent.child == child.id)
    today = asked.reader.today
    guardians = looked(
        asked.reader, Guardian, (Guardian.child == child.id) & holds_on(Guardian, today)
    )
    rows = [Row(tuple(map(label, ("关系", "姓名", "联系电话", "在哪里"))))]
    names = ("relation", "name", "phone", "work_place")
    for parent in parents:
        rows.append(Row(tuple(Cell(parents.text(parent, name), align="centre") for name in names)))
    for guardian in guardians:
        cells = [Cell(guardians.text(guardian, name), align="centre") for name in names[:3]]
        rows.append(Row((*cells, Cell("在家照顾我", align="centre"))))
    yield Text("我的家庭", 14, bold=True, before=5)
    yield Grid((36, 40, 46, 48), tuple(rows), head=1)


def _sections(asked: Asked, child: Any) -> list[Section]:
    """The items in the order of the folder list, those without papers among them."""
    growth = _of(asked, Growth, child)
    by_kind = {title: _growth(growth, title, kinds) for title, kinds in PARTS}
    awards = _table(
        _of(asked, Award, child), "", (("kind", "称号"), ("level", "级别"), ("reason", "事由"))
    )
    talks = _table(
        _of(asked, Talk, child), "师生谈心记录", (("topic", "主题"), ("teacher", "老师"))
    )
    letters = _table(
        _of(asked, Letter, child), "和父母的书信", (("direction", "方向"), ("kind", "形式"))
    )
    care = _table(
        _of(asked, CareDiary, child),
        "代理家长关心活动",
        (("categories", "活动"), ("teacher", "老师"), ("effect", "收获")),
    )
    visits = _table(_of(asked, HomeVisit, child), "家访", (("manner", "方式"), ("met", "受访人")))
    won = by_kind["获奖证书"]
    merged = Section(
        won.title, won.count + awards.count, won.days or awards.days, (*awards.blocks, *won.blocks)
    )
    return [
        by_kind["自我情况介绍"],
        talks,
        by_kind["思想品行进步材料"],
        _fitness(asked, child),
        letters,
        by_kind["作品与作业样本"],
        by_kind["阅读书目"],
        merged,
        by_kind["阶段性学习计划"],
        by_kind["阶段性学习小结"],
        care,
        visits,
    ]


def _of(asked: Asked, model: Any, child: Any) -> Looked:
    """Return the semester's records of one register about the child, oldest first."""
    register = register_of(model)
    assert register.happened is not None
    column = getattr(model, register.happened)
    inside = (model.child == child.id) & in_semester(register, asked.semester)
    return looked(asked.reader, model, inside, order=column)


def _happened(found: Looked) -> str:
    name = found.page.register.happened
    assert name is not None
    return name


def _days(found: Looked) -> str:
    """The first and the last day of some records."""
    name = _happened(found)
    days = [found.text(one, name)[:10] for one in found]
    if not days:
        return ""
    return days[0] if days[0] == days[-1] else f"{days[0]}至{days[-1]}"


def _growth(growth: Looked, title: str, kinds: tuple[str, ...]) -> Section:
    found = Looked(growth.page, tuple(one for one in growth if growth.text(one, "kind") in kinds))
    rows = [
        Row((label(found.text(one, "noted_on")), long_text(_said(found, one))), 14) for one in found
    ]
    blocks = (Grid((30, 140), tuple(rows)),) if rows else ()
    return Section(title, len(found), _days(found), blocks)


def _said(found: Looked, one: Any) -> str:
    return "\n".join(filter(None, (found.text(one, "title"), found.text(one, "text"))))


def _table(found: Looked, title: str, columns: tuple[tuple[str, str], ...]) -> Section:
    name = _happened(found)
    head = Row((label("日期"), *(label(word) for _name, word in columns)))
    body = [
        Row((Cell(found.text(one, name)[:10]), *(Cell(found.text(one, n)) for n, _w in columns)))
        for one in found
    ]
    widths = (28, *(142 / len(columns) for _ in columns))
    blocks = (Grid(widths, (head, *body), head=1),) if body else ()
    return Section(title, len(found), _days(found), blocks)


def _fitness(asked: Asked, child: Any) -> Section:
    """The last test of the semester against the one before it, as a table and as bars."""
    tests = looked(
        asked.reader,
        FitnessTest,
        (FitnessTest.child == child.id) & (FitnessTest.tested_on <= asked.semester.last),
        order=FitnessTest.tested_on,
    )
    now = [one for one in tests if asked.semester.first <= one.tested_on]
    title = "身心健康材料"
    if not now:
        return Section(title, 0, "", ())
    last = now[-1]
    measured = compared(tests, last)
    blocks: tuple[Block, ...] = (table_of(measured), *chart_of(measured))
    day = tests.text(last, "tested_on")
    return Section(title, len(now), day, blocks)


def _photos(asked: Asked, child: Any) -> tuple[Picture, ...]:
    found: list[Picture] = []
    for model in PICTURED:
        records = _of(asked, model, child)
        for pictures in photos_for(asked.printing, register_of(model), records).values():
            found += pictures
    return tuple(found[:MOST_PHOTOS])


def _messages(asked: Asked, child: Any) -> Iterable[Block]:
    """What child, family and teacher write at the end: kept remarks, else room for a pen."""
    growth = _of(asked, Growth, child)
    yield Text("寄　语", 18, "centre", bold=True)
    yield Text("", 6)
    rows = []
    for word, kind in MESSAGES:
        said = [_said(growth, one) for one in growth if kind and growth.text(one, "kind") == kind]
        rows.append(Row((label(word), long_text("\n".join(said))), 58))
    yield Grid((24, 146), tuple(rows))
    yield Spread(("审核人（签名）：", "装订人：", "　　年　　月　　日"), before=6)
