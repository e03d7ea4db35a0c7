"""The meeting file (会议材料): notice, sign-in sheet, minutes and photos of one meeting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from compliance.ordered.papers import STAFF, document
from exports.documents.paper import Asked, Paper, laid_out
from exports.documents.pictures import photos_for
from exports.pdf.blocks import (
    FORM,
    SANHAO,
    Block,
    Cell,
    Grid,
    Picture,
    Pictures,
    Row,
    Sealed,
    Spread,
    Text,
    Title,
    Turn,
    label,
    long_text,
)
from exports.pdf.imprint import chinese_date
from models.core import calendar
from models.core.actor import Actor
from models.core.display import Page
from models.core.gates import rows
from models.core.register import register_of
from models.core.rights import may
from models.kept.left_behind import classes_on
from models.kept.meetings import Attendee, Meeting, Opinion, Resolution

# The columns of a table of lines: field, heading, millimetres.
Columns = tuple[tuple[str, str, int], ...]
RESOLUTIONS: Columns = (
    ("content", "事项", 84),
    ("responsible", "责任人", 24),
    ("deadline", "时限", 26),
    ("done_on", "落实", 26),
)
OPINIONS: Columns = (
    ("content", "意见", 46),
    ("given_by", "提出人", 20),
    ("answer", "答复", 46),
    ("responsible", "责任人", 20),
    ("deadline", "时限", 24),
)
# A page of the sheet holds so many rows high enough to sign in; at least some stay free.
SIGNED_ROWS, SPARE_ROWS, BY_HAND = 18, 3, 11.0
BLANK_DATE = "　　　　年　　月　　日"


@dataclass(frozen=True)
class MeetingFile:
    """One meeting as its file shows it: title, and the blocks of the pages."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Came:
    """One line of the sign-in sheet: who is due, whose child's, and whether they came."""

    name: str
    role: str
    phone: str
    pupil: str
    school_class: str
    signed: bool


class _Lines:
    """What belongs to some meetings line by line: who was due, opinions, resolutions."""

    def __init__(self, actor: Actor, ids: list[int]) -> None:
        self.attendees = _lines_of(actor, Attendee, ids)
        self.opinions = _lines_of(actor, Opinion, ids)
        self.resolutions = _lines_of(actor, Resolution, ids)
        found = [line for theirs in self.attendees.values() for _page, line in theirs]
        children = sorted({line.child_id for line in found if line.child_id})
        self.classes = classes_on(children, actor.today)


def _lines_of(actor: Actor, model: Any, ids: list[int]) -> dict[int, list[tuple[Page, Any]]]:
    register = register_of(model)
    if not may(actor, "read", register):
        return {}
    lines = list(rows(actor, register).where(model.meeting.in_(ids)).order_by(model.id))
    page = Page(actor, register, lines, "pdf")
    found: dict[int, list[tuple[Page, Any]]] = {}
    for line in lines:
        found.setdefault(line.meeting_id, []).append((page, line))
    return found


def meeting_files(
    actor: Actor,
    meetings: Sequence[Any],
    photos: dict[int, list[Picture]],
) -> list[MeetingFile]:
    """Return the files of some meetings, texts as the actor reads them, in few queries.

    `photos` holds per meeting those that may be shown.
    """
    lines = _Lines(actor, [meeting.id for meeting in meetings])
    page = Page(actor, register_of(Meeting), meetings, "pdf")
    return [_file(page, meeting, lines, photos.get(meeting.id, [])) for meeting in meetings]


def _file(page: Page, meeting: Any, lines: _Lines, photos: list[Picture]) -> MeetingFile:
    title = page.text(meeting, "title")
    came = [_came(page, line, lines) for page, line in lines.attendees.get(meeting.id, [])]
    blocks: list[Block] = [*_notice(page, meeting, came), Turn()]
    blocks += [*_sign_in(page, meeting, came), Turn()]
    blocks += _minutes(page, meeting, came)
    blocks += _titled("决议落实", lines.resolutions.get(meeting.id, []), RESOLUTIONS)
    blocks += _titled("家长意见", lines.opinions.get(meeting.id, []), OPINIONS)
    blocks.append(Spread(("主持人（签名）：", "记录人（签名）：", BLANK_DATE), before=5))
    if photos:
        blocks += [Turn(), Title("会议照片", title, size=18), Pictures(tuple(photos), height=62)]
    return MeetingFile(title, tuple(blocks))


def _school() -> str:
    school = calendar.school()
    return school.name if school is not None else ""


def _when(meeting: Any) -> str:
    held = meeting.held_at
    return f"{chinese_date(held)} {held:%H:%M}"


# ---- the notice ----------------------------------------------------------------------------


def _notice(page: Page, meeting: Any, came: Sequence[Came]) -> Iterator[Block]:
    """What the participants are sent: time, place, for whom, what about; nobody dates it yet."""
    title = page.text(meeting, "title")
    whom = page.text(meeting, "audience") or "、".join(dict.fromkeys(one.role for one in came))
    agenda = page.text(meeting, "agenda").strip().rstrip("。；")
    said = (
        ("时间", _when(meeting)),
        ("地点", page.text(meeting, "place")),
        ("参会人员", whom),
        ("主持人", page.text(meeting, "chair") or page.text(meeting, "chair_other")),
        ("会议内容", agenda),
        ("要求", "请准时参加，不能到会的请提前请假"),
    )
    yield Title(f"关于召开{title}的通知")
    yield Text("各有关人员：", SANHAO, leading=1.75)
    yield Text(
        f"定于{chinese_date(meeting.held_at)}召开{title}，现将有关事项通知如下：",
        SANHAO,
        indent=2,
        leading=1.75,
    )
    told = [(word, text) for word, text in said if text]
    for number, (word, text) in zip("一二三四五六", told, strict=False):
        yield Text(f"{number}、{word}：{text}。", SANHAO, indent=2, leading=1.75)
    yield Sealed(_school(), BLANK_DATE)


# ---- the sign-in sheet ---------------------------------------------------------------------


def _came(page: Page, line: Any, lines: _Lines) -> Came:
    """A line of the sheet; a parent or guardian stands beside the child they came for."""
    relation = page.text(line, "relation")
    people = [
        page.text(line, name)
        for name in ("name", "parent", "guardian", "staff", "coordination_member")
    ]
    named = next((text for text in people if text), "").removesuffix(relation).strip()
    pupil = page.text(line, "child")
    placed = lines.classes.get(line.child_id or 0, (0, ""))[1] if pupil else ""
    return Came(
        named,
        relation or page.text(line, "role"),
        page.text(line, "phone"),
        pupil,
        placed,
        bool(line.signed),
    )


def _sign_in(page: Page, meeting: Any, came: Sequence[Came]) -> Iterator[Block]:
    """The sheet to sign on: signatures are a hand's alone. Who came is told beside and below it.

    Before the meeting nothing is told of who came.
    """
    held = any(one.signed for one in came)
    of_parents = sum(bool(one.pupil) for one in came) * 2 > len(came)
    due = page.text(meeting, "due") or (str(len(came)) if came else "")
    present = page.text(meeting, "present")
    yield Title("会议签到表")
    yield Grid(
        (22, 63, 22, 63),
        (
            Row((label("会议名称"), Cell(page.text(meeting, "title"), 3))),
            Row(
                (
                    label("时间"),
                    Cell(_when(meeting)),
                    label("地点"),
                    Cell(page.text(meeting, "place")),
                )
            ),
            Row((label("应到人数"), Cell(due), label("实到人数"), Cell(present))),
        ),
    )
    yield Text("", 5)
    yield _parents_sheet(came, held=held) if of_parents else _staff_sheet(came, held=held)
    absent = [one.name or one.pupil for one in came if not one.signed]
    if held and absent:
        yield Text(f"未到会：{'、'.join(absent)}。", 9, before=2)
    yield Spread(("会议记录人（签名）：", BLANK_DATE), before=4)


def _noted(one: Came, *, held: bool) -> Cell:
    return Cell(("到会" if one.signed else "未到") if held else "", align="centre")


def _parents_sheet(came: Sequence[Came], *, held: bool) -> Grid:
    heading = ("序号", "学生姓名", "班级", "参会人", "与学生关系", "电话", "签名", "备注")
    body = [
        (
            Cell(one.pupil),
            Cell(one.school_class),
            Cell(one.name),
            Cell(one.role, align="centre"),
            Cell(one.phone),
            Cell(),
            _noted(one, held=held),
        )
        for one in came
    ]
    return _numbered((10, 20, 22, 22, 20, 27, 33, 16), heading, body)


def _staff_sheet(came: Sequence[Came], *, held: bool) -> Grid:
    heading = ("序号", "姓名", "单位职务", "签名", "电话", "备注")
    body = [
        (
            Cell(one.name or one.pupil),
            Cell(one.role, align="centre"),
            Cell(),
            Cell(one.phone),
            _noted(one, held=held),
        )
        for one in came
    ]
    return _numbered((12, 30, 38, 40, 32, 18), heading, body)


def _numbered(
    widths: tuple[float, ...], heading: tuple[str, ...], body: Sequence[tuple[Cell, ...]]
) -> Grid:
    """The rows and free ones below them, for who comes unannounced."""
    free = max(SPARE_ROWS, SIGNED_ROWS - len(body))
    every = [*body, *[(Cell(),) * (len(heading) - 1)] * free]
    rows_ = [
        Row((Cell(str(n), align="centre"), *cells), BY_HAND)
        for n, cells in enumerate(every, start=1)
    ]
    return Grid(widths, (Row(tuple(map(label, heading))), *rows_), head=1)


# ---- the minutes ---------------------------------------------------------------------------


def _minutes(page: Page, meeting: Any, came: Sequence[Came]) -> Iterator[Block]:
    def text(name: str) -> str:
        return page.text(meeting, name)

    def named(name: str) -> str:
        return page.register.spec(name).label

    absent = "、".join(one.name or one.pupil for one in came if not one.signed)
    held = any(one.signed for one in came)
    yield Title("会议记录")
    yield Grid(
        (26, 59, 26, 59),
        (
            Row((label("会议名称"), Cell(text("title"), 3))),
            Row(
                (label(named("kind")), Cell(text("kind")), label(named("form")), Cell(text("form")))
            ),
            Row((label("时间"), Cell(_when(meeting)), label("地点"), Cell(text("place")))),
            Row(
                (
                    label("主持人"),
                    Cell(text("chair") or text("chair_other")),
                    label("记录人"),
                    Cell(text("recorder")),
                )
            ),
            Row((label("应到人数"), Cell(text("due")), label("实到人数"), Cell(text("present")))),
            *(
                (Row((label("缺席"), Cell(absent if held else "", 3))),)
                if not held or absent
                else ()
            ),
            *_extra(page, meeting),
            Row((label(named("agenda")), long_text(text("agenda"), 3)), 18),
            Row((label(named("content")), long_text(text("content"), 3)), 60),
            Row((label(named("resolution")), long_text(text("resolution"), 3)), 24),
        ),
    )


def _extra(page: Page, meeting: Any) -> Iterator[Row]:
    """What only some meetings have: the class, the audience, topics."""
    for name in ("school_class", "audience", "topics", "dealt_with"):
        if text := page.text(meeting, name):
            yield Row((label(page.register.spec(name).label), Cell(text, 3)))


def _titled(title: str, lines: list[tuple[Page, Any]], columns: Columns) -> Iterator[Block]:
    if lines:
        yield Text(title, bold=True, before=3)
        yield _table(lines, columns)


def _table(lines: list[tuple[Page, Any]], columns: Columns) -> Grid:
    head = Row((label("序号"), *(label(word) for _name, word, _wide in columns)))
    body = [
        Row(
            (
                Cell(str(n), align="centre"),
                *(Cell(page.text(one, name)) for name, _w, _mm in columns),
            )
        )
        for n, (page, one) in enumerate(lines, start=1)
    ]
    return Grid((10, *(wide for _n, _w, wide in columns)), (head, *body), head=1)


@document(
    "meeting-file",
    "会议材料",
    clauses=("S03-12", "S03-14", "S03-15", "Q16-2", "Q16-4", "Q23-6"),
    source=("meeting", "attendee"),
    about="meeting",
    roles=STAFF,
)
def meeting_file(asked: Asked) -> Paper:
    """Notice, sign-in sheet, minutes and photos of each meeting asked for."""
    photos = photos_for(asked.printing, register_of(Meeting), asked.records)
    files = meeting_files(asked.reader, asked.records, photos)
    blocks: list[Block] = []
    for file in files:
        blocks += [Turn()] if blocks else []
        blocks += file.blocks
    title = files[0].title if len(files) == 1 else "会议材料"
    return laid_out(title, "会议材料", *blocks, geometry=FORM)
