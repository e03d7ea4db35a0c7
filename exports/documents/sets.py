"""按班分好打印: one document for every child the reader has, sorted by class, then by child.

Each class is a stack of its own: a file, or the part of one file that follows its separating sheet.
How many pages a stack has is counted on the finished pages, so that it can be handed out unopened.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from compliance.ordered import conditions
from compliance.ordered.papers import EACH_REGISTER, SCHOOL, Document
from exports.documents.paper import Asked, Paper, laid_out
from exports.pdf.blocks import FORM, Cell, Grid, Row, Spread, Text, Title, label
from exports.pdf.imposed import DUPLEX
from exports.pdf.imprint import Imprint
from exports.tables.plain import stored_entry
from models.core.actor import Actor
from models.core.display import Page
from models.core.errors import NotFound
from models.core.gates import every_row, rows
from models.core.register import Register, find, register_of
from models.core.school_calendar import SemesterSpan
from models.core.semester_records import in_semester
from models.core.spans import holds_on
from models.core.whose import child_column
from models.kept.children import Child
from models.kept.left_behind import classes_on
from models.kept.staff import SchoolClass

# One file with a sheet between the classes, or a file per class.
SHEETS, FILES = "sheets", "files"
WAYS = {SHEETS: "按班打印（每班前夹一张分班页）", FILES: "按班打印（每班一个文件）"}
# More records than this are no set to be handed out.
MOST = 3000
NO_CLASS = "未编班"
# Files of the same pages are the same, whenever they are packed.
_MOMENT = (1980, 1, 1, 0, 0, 0)
_FACE = replace(FORM, running=False)


@dataclass(frozen=True)
class Stack:
    """What one class gets: its name, the children in order of names, their records."""

    name: str
    children: tuple[int, ...]
    records: tuple[Any, ...]


@dataclass(frozen=True)
class Printed:
    """A stack that was laid out: its file and how many pages it has."""

    stack: Stack
    path: Path
    pages: int

    @property
    def told(self) -> dict[str, Any]:
        """What the page of the job says of it."""
        return {"name": self.stack.name, "children": len(self.stack.children), "pages": self.pages}


def sortable(document: Document) -> Register | None:
    """Return the register of the records a document is made for, None if those are no child's."""
    if document.about in (SCHOOL, EACH_REGISTER) or document.maker is None:
        return None
    register = find(document.about)
    return register if register is not None and _whose(register) is not None else None


def _whose(register: Register) -> Any:
    """Return the column of the child a record is about, None where it is none or sealed."""
    return None if register.sealed else child_column(register)


def stacks(
    reader: Actor, document: Document, semester: SemesterSpan, school_class: int = 0
) -> tuple[Stack, ...]:
    """Return a stack per class, of what the reader sees of the semester; of one class if asked.

    NotFound when there is nothing to print, or too much for one set.
    """
    register = sortable(document)
    if register is None:
        raise NotFound(f"“{document.title}”不是为学生做的，不能按班打印")
    records = _records(reader, document, register, semester)
    column = _whose(register).name
    whose = {record.id: record.__data__[column] for record in records}
    children = sorted(set(whose.values()))
    placed = classes_on(children, reader.today)
    order = _by_name(reader, children)
    found = []
    for number, name in _classes(placed):
        theirs = [one for one in order if placed.get(one, (0, ""))[0] == number]
        if school_class not in (0, number) or not theirs:
            continue
        place = {child: at for at, child in enumerate(theirs)}
        mine = sorted(
            (one for one in records if whose[one.id] in place), key=lambda one: place[whose[one.id]]
        )
        found.append(Stack(name, tuple(theirs), tuple(mine)))
    if not found:
        raise NotFound("这学期没有可以按班打印的记录")
    return tuple(found)


def _records(
    reader: Actor, document: Document, register: Register, semester: SemesterSpan
) -> list[Any]:
    """Return the records in order of their days; of children those in the register today."""
    model = register.model
    query = rows(reader, register).where(
        conditions.condition(register, document.where),
        _whose(register).is_null(False),
        holds_on(Child, reader.today) if model is Child else in_semester(register, semester),
    )
    by = (getattr(model, register.happened), model.id) if register.happened else (model.id,)
    found = list(query.order_by(*by).limit(MOST + 1))
    if len(found) > MOST:
        raise NotFound(f"一次最多按班打印 {MOST} 份，请到班级页面逐班打印")
    return found


def _by_name(reader: Actor, children: Sequence[int]) -> list[int]:
    """Return the children in order of names; whom the reader may not open comes last."""
    query = rows(reader, register_of(Child)).select(Child.id).where(Child.id.in_(children))
    known = [one for (one,) in query.order_by(Child.pinyin_key, Child.id).tuples()]
    return known + sorted(set(children) - set(known))


def _classes(placed: dict[int, tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Yield the classes in the order of the school, last those in none."""
    names = dict(placed.values())
    query = every_row(register_of(SchoolClass)).select(SchoolClass.id)
    ordered = query.where(SchoolClass.id.in_(sorted(names)))
    for (one,) in ordered.order_by(SchoolClass.grade, SchoolClass.number, SchoolClass.id).tuples():
        yield one, names[one]
    yield 0, NO_CLASS


def lay_out(
    document: Document,
    asked: Asked,
    sorted_stacks: Sequence[Stack],
    folder: Path,
    imprint: Callable[[str, str], Imprint],
) -> Iterator[Printed]:
    """Lay out one stack after another, each into a file of its own.

    A stack with nothing to print is left out; NotFound says why when there is no other.
    """
    from pypdf import PdfReader

    assert document.maker is not None
    made, why = 0, ""
    for at, stack in enumerate(sorted_stacks):
        paper: Paper = document.maker(replace(asked, records=stack.records))
        if paper.nothing:
            why = paper.nothing
            continue
        path = folder / f"stack-{at}.pdf"
        paper.write(path, imprint(paper.title, paper.subtitle), asked.sides)
        made += 1
        yield Printed(stack, path, len(PdfReader(path).pages))
    if why and not made:
        raise NotFound(why)


def bind(
    document: Document,
    asked: Asked,
    printed: Sequence[Printed],
    target: Path,
    imprint: Callable[[str, str], Imprint],
) -> None:
    """Write all stacks into one file, a separating sheet before each.

    For printing on both sides every sheet and every stack begins on a front side.
    """
    from pypdf import PdfWriter

    writer = PdfWriter()
    for at, one in enumerate(printed):
        face = target.with_name(f"face-{at}.pdf")
        paper = separating_sheet(document, asked, one)
        paper.write(face, imprint(paper.title, paper.subtitle))
        for part in (face, one.path):
            writer.append(part)
            if asked.sides == DUPLEX and len(writer.pages) % 2:
                writer.add_blank_page()
    writer.add_metadata({"/Title": document.title, "/Author": asked.school})
    with target.open("wb") as file:
        writer.write(file)


def pack(document: Document, printed: Iterable[Printed], target: Path) -> None:
    """Write a ZIP with a file per class, named by class, children and pages."""
    with zipfile.ZipFile(target, "w") as archive:
        for at, one in enumerate(printed, 1):
            told = f"{len(one.stack.children)}人{one.pages}页"
            name = f"{at:02d}-{one.stack.name}-{document.title}-{told}.pdf"
            entry = stored_entry(name.replace("/", "／"), _MOMENT)
            archive.writestr(entry, one.path.read_bytes())


def separating_sheet(document: Document, asked: Asked, one: Printed) -> Paper:
    """Return the sheet on top of a stack: class, what it is, how much, for whom, who took it."""
    stack, register = one.stack, register_of(Child)
    query = rows(asked.reader, register).where(Child.id.in_(stack.children))
    found = {child.id: child for child in query}
    page = Page(asked.reader, register, tuple(found.values()), "pdf")
    names = [page.text(found[child], "name") for child in stack.children if child in found]
    head = Row((label("序号"), label("学生"), label("领取人签名"), label("备注")))
    lines = [
        Row((Cell(str(at), align="centre"), Cell(name), Cell(""), Cell("")))
        for at, name in enumerate(names, 1)
    ]
    return laid_out(
        document.title,
        asked.semester.title,
        Title(stack.name, document.title),
        Text(f"{asked.school}　{asked.semester.title}", align="centre"),
        Spread((f"学生 {len(stack.children)} 人", f"共 {one.pages} 页（不含本页）")),
        Grid((12, 48, 60, 50), (head, *lines), head=1),
        Spread(("班主任签收：", "日期：　　　　年　　月　　日"), before=6),
        geometry=_FACE,
    )
