"""硬件清单: what the rooms must hold (S01, S02), counted from the registers.

The target of each line is the school's own number where it set one, else the one of
`data/hardware.toml`. Areas are kept scaled by ten, all other counts are plain.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from peewee import fn

from compliance.ordered.declaration import ClauseId
from compliance.ordered.numbers import HARDWARE, own_records
from compliance.ordered.reading import tuples
from models.core import toml
from models.core.errors import BadDeclaration
from models.core.gates import every_row
from models.core.register import register_of
from models.core.school_calendar import SemesterSpan
from models.core.spans import holds_on
from models.core.toml import Declared, Positive, Slug, Text, among
from models.kept.assets import HARDWARE as ITEMS
from models.kept.assets import ROOM_KINDS, Asset, Room
from models.kept.openings import Book, Periodical
from models.kept.regulations import TOPICS, Regulation, WallPosting
from models.school.points import at

FILE = Path(__file__).parent.parent / "data" / "hardware.toml"

ASSET, AREA, SIGN, ROOM = "asset", "area", "sign", "room"
POSTING, BOOK, PERIODICAL = "posting", "book", "periodical"
# The register a line is counted from, where what is missing is entered.
REGISTER_OF = {
    ASSET: "asset",
    AREA: "room",
    SIGN: "room",
    ROOM: "room",
    POSTING: "wall-posting",
    BOOK: "book",
    PERIODICAL: "periodical",
}
# What counts as there: not waiting for repair, not scrapped.
USABLE = ("在用", "闲置")
# What hangs on the wall of both rooms (S01-3, S02-3).
WALL_TOPICS = ("领导机构", "管理规章制度", "工作职责", "组织网络图", "活动安排计划")


class Line(Declared, frozen=True):
    """One line as declared: so many of what, in which kind of room."""

    id: Slug
    clauses: tuple[ClauseId, ...]
    room: Annotated[str, among(ROOM_KINDS)]
    title: Text
    target: Positive
    unit: Text
    counted: Annotated[str, among(REGISTER_OF)]
    item: Annotated[str, among(ITEMS)] | Literal[""] = ""
    topic: Annotated[str, among(TOPICS)] | Literal[""] = ""
    proposed: bool = False

    def __post_init__(self) -> None:
        """Refuse an asset without its item, a posting without its topic, and the other way."""
        super().__post_init__()
        for key, kind in (("item", ASSET), ("topic", POSTING)):
            if bool(getattr(self, key)) != (self.counted == kind):
                toml.refuse(key, f"与 counted = {kind} 一起写，别的不写")

    @property
    def register(self) -> str:
        """The register it is counted from."""
        return REGISTER_OF[self.counted]


class HardwareFile(Declared, frozen=True):
    """The file of the list."""

    line: tuple[Line, ...]


@dataclass(frozen=True)
class LineState:
    """One line as found: the target in force and why, what there is, what may be meant by it."""

    line: Line
    target: int
    reason: str
    found: int
    alike: int = 0

    @property
    def asked(self) -> int:
        """The target in the scale things are counted in."""
        return self.target * 10 if self.line.counted == AREA else self.target

    @property
    def is_met(self) -> bool:
        """Whether there is enough."""
        return self.found >= self.asked

    @property
    def asked_text(self) -> str:
        """The target with its unit."""
        return f"{self.target} {self.line.unit}"

    @property
    def found_text(self) -> str:
        """What there is, with its unit."""
        number = f"{self.found / 10:g}" if self.line.counted == AREA else str(self.found)
        return f"{number} {self.line.unit}"


@cache
def lines() -> tuple[Line, ...]:
    """Return the lines in order; BadDeclaration names the one that is wrong."""
    found = toml.read(FILE, HardwareFile).line
    if len({line.id for line in found}) != len(found):
        raise BadDeclaration("硬件清单里有两行同名")
    return found


def line_called(code: str) -> Line | None:
    """Return the line of that id, or None."""
    return next((line for line in lines() if line.id == code), None)


def hardware(
    today: date, semester: SemesterSpan | None, point: int | None = None
) -> list[LineState]:
    """Return every line as found today, or on the semester's last day once it is over.

    Five grouped queries. Before the school has a semester, as found today. Counted is what stands
    in the school's own rooms; with `point` what stands in those of a village point, for the kinds
    of rooms it has and its home. The stock of books is the school's.
    """
    counts = _Counts(today if semester is None else min(today, semester.last), point)
    own = own_records(HARDWARE)
    found = []
    for line in lines():
        if point is not None and not counts.asks(line):
            continue
        set_by_school = own.get(line.id)
        target = set_by_school.number if set_by_school is not None else line.target
        reason = set_by_school.reason if set_by_school is not None else ""
        found.append(LineState(line, target, reason, counts.of(line), counts.alike(line)))
    return found


class _Counts:
    """What the registers hold, counted once for all lines."""

    def __init__(self, today: date, point: int | None) -> None:
        self._rooms(today, point)
        self._assets()
        self._postings(today)
        books = every_row(register_of(Book)).select(fn.SUM(Book.copies))
        self.books = int(books.scalar() or 0)
        taken = every_row(register_of(Periodical)).where(holds_on(Periodical, today))
        self.periodicals = int(taken.select(fn.COUNT(fn.DISTINCT(Periodical.title))).scalar() or 0)

    def _rooms(self, today: date, point: int | None) -> None:
        query = every_row(register_of(Room)).select(Room.id, Room.kind, Room.area_m2, Room.sign)
        open_ = query.where(holds_on(Room, today), at(Room.point, point))
        self.kind_of: dict[int | None, str] = {}
        self.area: Counter[str] = Counter()
        self.signs: Counter[str] = Counter()
        self.rooms: Counter[str] = Counter()
        for room, kind, area, sign in tuples(open_):
            self.kind_of[room] = kind
            self.area[kind] += area or 0
            self.signs[kind] += int(bool(sign))
            self.rooms[kind] += 1

    def _assets(self) -> None:
        query = every_row(register_of(Asset)).select(
            Asset.checklist_item, Asset.name, Asset.room, fn.SUM(Asset.quantity)
        )
        query = query.where(Asset.condition.in_(USABLE))
        self.assets: Counter[tuple[str, str]] = Counter()
        self.unsorted: list[str] = []
        for item, name, room, quantity in tuples(
            query.group_by(Asset.checklist_item, Asset.name, Asset.room)
        ):
            if item:
                self.assets[item, self.kind_of.get(room, "")] += quantity or 0
            if not item or room is None:
                self.unsorted.append(item or name)

    def _postings(self, today: date) -> None:
        documents = every_row(register_of(Regulation)).select(Regulation.id, Regulation.topic)
        topics = dict(tuples(documents.where(holds_on(Regulation, today))))
        hanging = every_row(register_of(WallPosting)).where(holds_on(WallPosting, today))
        query = hanging.select(WallPosting.document, WallPosting.room).distinct()
        self.postings = Counter(
            (topics[document], self.kind_of.get(room, ""))
            for document, room in tuples(query)
            if document in topics
        )

    def asks(self, line: Line) -> bool:
        """Return whether a line is asked of a village point: of its home and what rooms it has."""
        stock = line.counted in (BOOK, PERIODICAL)
        return not stock and (line.room == ROOM_KINDS[0] or line.room in self.rooms)

    def of(self, line: Line) -> int:
        """Return how many of a line there are."""
        by_counted = {
            ASSET: self.assets[line.item, line.room],
            AREA: self.area[line.room],
            SIGN: self.signs[line.room],
            ROOM: self.rooms[line.room],
            POSTING: self.postings[line.topic, line.room],
            BOOK: self.books,
            PERIODICAL: self.periodicals,
        }
        return by_counted[line.counted]

    def alike(self, line: Line) -> int:
        """Return how many assets of such a name are counted for no line or stand in no room."""
        if line.counted != ASSET:
            return 0
        return sum(1 for name in self.unsorted if line.item in name or line.title in name)
