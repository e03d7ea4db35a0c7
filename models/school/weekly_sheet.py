"""周记录: a teacher's weekly sheet on paper, typed by the clerk into one grid, saved as one batch.

A line of the sheet is a child; beside it stand the week's talk, call and contact with the family.
The sheet is handed in on a day, and by that day the records are judged for lateness, not by the day
they were typed: each carries it (纸质). The hand-in itself is registered once, and the scan of the
sheet hangs on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from models.core import batches, calendar, service
from models.core.actor import Actor
from models.core.database import within
from models.core.errors import Denied, Invalid, Locked
from models.core.gates import rows
from models.core.register import Register, register_of
from models.core.rights import may
from models.core.school_calendar import SemesterSpan
from models.core.scopes import paired_children
from models.core.spans import between, holds_within
from models.core.validation import BACKFILL_DAYS
from models.core.values import Refusal, clean_datetime
from models.kept.calls import CALLEES, MATTERS, FamilyCall
from models.kept.children import Child
from models.kept.left_behind import classes_on
from models.kept.pairings import HandIn
from models.kept.staff import Staff
from models.kept.talks import (
    ASPECTS,
    PARENT_CONTACT_CHANNELS,
    PARENT_CONTACT_WITH_WHOMS,
    ParentContact,
    Talk,
)

KIND = "周记录"
# A sheet has no more lines than this; two teachers' sheets are two batches.
MOST_LINES = 60
CHILD, DAY, MINUTES = "child", "day", "minutes"
_WEEKDAY = re.compile(r"(?:周|星期|礼拜)?([1-7一二三四五六日天])(?:\s+(\S.*))?")
_MONTH_DAY = re.compile(r"(\d{1,2})\s*[./\-月]\s*(\d{1,2})[日号]?(?:\s+(\S.*))?")
_WEEKDAYS = {**dict(zip("一二三四五六日", range(7), strict=True)), "天": 6}
_WEEKDAYS |= {str(number + 1): number for number in range(7)}


@dataclass(frozen=True)
class Column:
    """A column of the grid: the field it fills, `words` to choose from, what blank stands for."""

    name: str
    label: str
    words: tuple[str, ...] = ()
    several: bool = False
    otherwise: str = ""
    width: int = 20


@dataclass(frozen=True)
class Part:
    """One act beside the child: whose field holds its day and the teacher, and what is typed.

    `apart` is the field by which two acts of one day are two; `given` is what the sheet says by
    itself.
    """

    code: str
    title: str
    model: Any
    at: str
    by: str
    columns: tuple[Column, ...]
    apart: str = ""
    given: tuple[tuple[str, str], ...] = ()

    @property
    def register(self) -> Register:
        """The register the act is kept in."""
        return register_of(self.model)

    def key(self, column: str) -> str:
        """Return the name of one of its columns in the grid."""
        return f"{self.code}-{column}"


_DAY = Column(DAY, "周几", width=14)
PARTS: tuple[Part, ...] = (
    Part(
        "talk",
        "谈心",
        Talk,
        "talked_at",
        "teacher",
        (
            _DAY,
            Column("topic", "主题", width=26),
            Column("aspects", "方面", ASPECTS, several=True, width=18),
            Column("content", "内容", width=40),
        ),
    ),
    Part(
        "call",
        "亲情通话",
        FamilyCall,
        "begun_at",
        "duty_teacher",
        (
            _DAY,
            Column("callee", "对象", CALLEES[:-1], width=16),
            Column("matter_kind", "事由", MATTERS, otherwise="问候", width=14),
            Column(MINUTES, "分钟", width=10),
        ),
        apart="callee",
    ),
    Part(
        "contact",
        "家校联系",
        ParentContact,
        "contacted_at",
        "teacher",
        (
            _DAY,
            Column("with_whom", "对象", PARENT_CONTACT_WITH_WHOMS, width=16),
            Column("channel", "渠道", PARENT_CONTACT_CHANNELS, otherwise="电话", width=12),
            Column("reported", "通报内容", width=36),
        ),
        apart="with_whom",
        given=(("begun_by", "教师"),),
    ),
)
# Every column behind the child's name, by its name in the grid and in the order it is typed.
COLUMNS: tuple[tuple[str, Part, Column], ...] = tuple(
    (part.key(column.name), part, column) for part in PARTS for column in part.columns
)


@dataclass(frozen=True)
class Week:
    """A teaching week of a semester, Monday to Sunday."""

    semester: SemesterSpan
    number: int
    first: date
    last: date

    @property
    def title(self) -> str:
        """How the week is called on the sheet."""
        days = f"{self.first.month}月{self.first.day}日—{self.last.month}月{self.last.day}日"
        return f"第 {self.number} 周（{days}）"


@dataclass(frozen=True)
class Sheet:
    """What is typed: whose sheet of which week, handed in when, and its lines as typed.

    `scanned` says that a scan comes with it.
    """

    teacher: int
    week: Week
    handed_on: date
    lines: Sequence[Mapping[str, str]]
    late_reason: str = ""
    scanned: bool = False


def demand_right(actor: Actor) -> None:
    """Raise Denied unless the actor may enter for others, many at once."""
    for part in PARTS:
        decided = may(actor, "import", part.register)
        if not decided:
            raise Denied(f"{decided.reason}，周记录由文员录入")


def weeks(today: date) -> list[Week]:
    """Return the weeks of the semester until today, the newest first."""
    semester = calendar.current_span(today)
    if semester is None:
        return []
    known = calendar.school_calendar()
    made = []
    for number in range(1, known.weeks(semester) + 1):
        first, last = known.week_span(semester, number)
        if first <= today:
            made.append(Week(semester, number, first, last))
    return made[::-1]


def children_of(reader: Actor, teacher: int, day: date) -> list[Any]:
    """Return the children of a teacher's sheet in its order; the printed sheet has the same.

    They are those paired with the teacher on the day, by pinyin, within the reader's rows.
    """
    on_day = replace(reader, staff_id=teacher, now=datetime.combine(day, datetime.min.time()))
    query = rows(reader, register_of(Child)).where(within(Child.id, paired_children(on_day)))
    return list(query.order_by(Child.pinyin_key, Child.id))


@dataclass(frozen=True)
class Name:
    """A child as it is typed: a text that is nobody else's, how it is found, the class beside."""

    id: int
    text: str
    keys: str
    school_class: str


def names(actor: Actor, week: Week) -> list[Name]:
    """Return everybody who may be typed; children of one name are told apart by class."""
    query = rows(actor, register_of(Child)).where(holds_within(Child, week.first, week.last))
    listed = list(query.order_by(Child.pinyin_key, Child.id))
    placed = classes_on([child.id for child in listed], week.last)
    known: dict[str, int] = {}
    for child in listed:
        known[child.name] = known.get(child.name, 0) + 1
    made, used = [], set()
    for child in listed:
        school_class = placed.get(child.id, (0, ""))[1]
        text = child.name
        if known[text] > 1:
            text = f"{text}（{school_class or '未分班'}）"
        if text in used:
            text = f"{text[:-1]}，{child.born_on:%Y-%m-%d} 生）"
        used.add(text)
        made.append(Name(child.id, text, child.pinyin_search, school_class))
    return made


def save(
    actor: Actor, sheet: Sheet, token: str, attach: Callable[[Any, service.Work], None]
) -> Any:
    """Write the whole sheet as one batch, or nothing, and return the batch.

    `attach` hangs the scan on the hand-in. Raises Invalid with keys "<line>.<column>" of every cell
    that is wrong, or the name of a field above the grid; AlreadyDone when this post was done.
    """
    demand_right(actor)
    with service.work(actor, token=token) as current:
        staff = rows(actor, register_of(Staff)).where(Staff.id == sheet.teacher).first()
        if staff is None:
            raise Invalid({"teacher": "没有找到这位教师，请从查找结果中点选"})
        batch = batches.open_batch(
            actor, batches.PAPER, f"周记录：{staff.name}，第 {sheet.week.number} 周"
        )
        current.batch = batch.id
        hand_in = _hand_in(current, sheet)
        writing = _Writing(current, sheet)
        for number, line in enumerate(sheet.lines):
            writing.line(number, line)
        if writing.errors:
            raise Invalid(writing.errors)
        if not writing.made:
            raise Invalid({"": "还没有填写任何一条谈心、通话或联系"})
        attach(hand_in, current)
        batches.close_batch(batch, {"created": writing.made})
        current.outcome = {"batch": batch.id}
    return batch


def _hand_in(current: service.Work, sheet: Sheet) -> Any:
    """Return the registered hand-in of the week, registered now if it is not yet."""
    register, actor = register_of(HandIn), current.actor
    semester = calendar.semester_on(sheet.week.semester.first)
    assert semester is not None
    late = (actor.today - sheet.handed_on).days
    known = (
        rows(actor, register)
        .where(
            HandIn.kind == KIND,
            HandIn.teacher == sheet.teacher,
            HandIn.semester == semester.id,
            HandIn.week == sheet.week.number,
        )
        .first()
    )
    if known is not None:
        if known.handed_on != sheet.handed_on:
            told = f"这位教师这一周的记录登记的是 {known.handed_on} 上交，请写这一天，或先改那一条"
            raise Invalid({"handed_on": told})
        return known
    if late > BACKFILL_DAYS and not sheet.scanned:
        raise Invalid({"handed_on": f"上交到今天已有 {late} 天，请附上这张表的扫描件再保存"})
    raw = {
        "kind": KIND,
        "teacher": sheet.teacher,
        "semester": semester.id,
        "week": sheet.week.number,
        "handed_on": sheet.handed_on,
        "received_by": actor.staff_id,
    }
    with _under({}, "handed_on"):
        return service.create(
            actor, register, raw, given={register.paper: sheet.handed_on}, current=current
        )


class _Writing:
    """The lines of one sheet on their way into the registers, and what is wrong at which cell."""

    def __init__(self, current: service.Work, sheet: Sheet) -> None:
        self.current, self.sheet = current, sheet
        self.errors: dict[str, str] = {}
        self.made = 0
        self.children: dict[str, list[int]] = {}
        for name in names(current.actor, sheet.week):
            self.children.setdefault(name.text, []).append(name.id)

    def line(self, number: int, line: Mapping[str, str]) -> None:
        """Write the acts of one line; a line with no act says nothing."""
        parts = [part for part in PARTS if any(_typed(line, part, c) for c in part.columns)]
        if not parts:
            return
        text = line.get(CHILD, "").strip()
        found = self.children.get(text, [])
        if len(found) != 1:
            told = f"没有找到“{text}”，请输入姓名或拼音首字母后选择" if text else "请填写学生"
            self.errors[f"{number}.{CHILD}"] = told
        for part in parts:
            try:
                raw = self._raw(part, line)
                if len(found) == 1:
                    self._demand_new(part, found[0], raw)
                    self._create(part, found[0], raw)
            except Invalid as error:
                for key, told in error.errors.items():
                    self._wrong(number, part, key, told)
            except Locked as error:
                self._wrong(number, part, part.at, str(error))

    def _wrong(self, number: int, part: Part, key: str, told: str) -> None:
        """Note what is told of a field at its cell; of the whole sheet above the grid."""
        if key == "late_reason":
            self.errors[key] = told
            return
        cell = next((c.name for c in part.columns if c.name == key), "")
        if key == "ended_at":
            cell = MINUTES
        if key in ("child", part.by):
            self.errors[f"{number}.{CHILD}"] = told
            return
        self.errors[f"{number}.{part.key(cell or DAY)}"] = told

    def _raw(self, part: Part, line: Mapping[str, str]) -> dict[str, Any]:
        """Return what the cells of an act say; Invalid with its fields' names."""
        raw: dict[str, Any] = dict(part.given)
        for column in part.columns:
            typed = _typed(line, part, column)
            if column.name in (DAY, MINUTES):
                continue
            raw[column.name] = _words(column, typed) if column.several else typed
            if not typed and column.otherwise:
                raw[column.name] = column.otherwise
        raw[part.at] = moment_of(_typed(line, part, _DAY), self.sheet.week)
        return raw | _ended(raw[part.at], line.get(part.key(MINUTES), "").strip())

    def _demand_new(self, part: Part, child: int, raw: Mapping[str, Any]) -> None:
        """Refuse an act the teacher, or somebody for the teacher, has entered already."""
        model, day = part.model, raw[part.at].date()
        query = rows(self.current.actor, part.register).where(
            model.child == child,
            getattr(model, part.by) == self.sheet.teacher,
            between(getattr(model, part.at), day, day),
        )
        if part.apart:
            query = query.where(getattr(model, part.apart) == raw[part.apart])
        if query.exists():
            raise Invalid({DAY: f"这名学生 {day} 的{part.title}已经登记过，不用再录，请清空"})

    def _create(self, part: Part, child: int, raw: Mapping[str, Any]) -> None:
        register = part.register
        said = {**raw, "child": child, part.by: self.sheet.teacher}
        if self.sheet.late_reason:
            said["late_reason"] = self.sheet.late_reason
        given = {register.paper: self.sheet.handed_on}
        service.create(self.current.actor, register, said, given=given, current=self.current)
        self.made += 1


@contextmanager
def _under(errors: dict[str, str], key: str) -> Iterator[None]:
    """Tell whatever is wrong at one field above the grid; of lateness at its own."""
    try:
        yield
    except Invalid as error:
        told = {k if k == "late_reason" else key: text for k, text in error.errors.items()}
        raise Invalid(errors | told) from error


def _typed(line: Mapping[str, str], part: Part, column: Column) -> str:
    return line.get(part.key(column.name), "").strip()


def _words(column: Column, typed: str) -> list[str]:
    """Return the words meant: written out, or by the character each begins with (学生 = two)."""
    parts = [piece for piece in re.split(r"[\s、,，;；/]+", typed) if piece]
    if any(part in column.words for part in parts):
        return parts
    first = {word[0]: word for word in column.words}
    letters = "".join(parts)
    return [first.get(letter, letter) for letter in letters]


def moment_of(typed: str, week: Week) -> datetime:
    """Return the moment a cell says: 3, 周三, 11-12, 3 16:30 …, a day of the week.

    Without a time the day begins at midnight, as in every import. Raises Invalid at "day".
    """
    day, rest = None, ""
    if match := _WEEKDAY.fullmatch(typed):
        day, rest = week.first + timedelta(days=_WEEKDAYS[match[1]]), match[2] or ""
    elif match := _MONTH_DAY.fullmatch(typed):
        rest = match[3] or ""
        days = [week.first + timedelta(days=n) for n in range((week.last - week.first).days + 1)]
        day = next((d for d in days if (d.month, d.day) == (int(match[1]), int(match[2]))), None)
        if day is None:
            raise Invalid({DAY: f"不在{week.title}里，请核对"})
    if not typed:
        raise Invalid({DAY: "请填写周几，如 3 或 3 16:30"})
    try:
        found = clean_datetime(f"{day} {rest}".strip() if day else typed)
    except Refusal:
        raise Invalid({DAY: "日期看不懂，请写周几，如 3、3 16:30 或 11-12"}) from None
    if not week.first <= found.date() <= week.last:
        raise Invalid({DAY: f"不在{week.title}里，请核对"})
    return found.replace(second=0, microsecond=0)


def _ended(begun: datetime, typed: str) -> dict[str, Any]:
    """Return when a call ended that took some minutes; a call without them is not finished."""
    if not typed:
        return {}
    if not re.fullmatch(r"\d{1,3}(分钟|分)?", typed):
        raise Invalid({MINUTES: "请填写几分钟，如 8"})
    if not begun.hour:
        raise Invalid({DAY: "写了几分钟的，请在周几后面写几点开始，如 3 16:30"})
    ended = begun + timedelta(minutes=int(re.sub(r"\D", "", typed)))
    if ended.date() != begun.date():
        raise Invalid({MINUTES: "通话没有这么久，请核对"})
    return {"ended_at": ended.time()}
