"""硬件清单: what the rooms must hold (S01, S02), counted from the registers.

The target of each line is the school's own number where it set one, else the one of
`data/hardware.toml`. Areas are kept scaled by ten, all other counts are plain.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from peewee import fn

from compliance.ordered.declaration import Table
from compliance.ordered.numbers import HARDWARE, own_records
from compliance.ordered.reading import tuples
from models.core.errors import BadDeclaration
from models.core.gates import every_row
from models.core.register import register_of
from models.kept.assets import HARDWARE as ITEMS
from models.kept.assets import ROOM_KINDS, Asset, Room
from models.kept.openings import Book, Periodical
from models.kept.regulations import TOPICS, Regulation, WallPosting

FILE = Path(__file__).parent.parent / "data" / "hardware.toml"

ASSET, AREA, SIGN, ROOM = "asset", "area", "sign", "room"
POSTING, BOOK, PERIODICAL = "posting", "book", "periodical"
COUNTED = frozenset({ASSET, AREA, SIGN, ROOM, POSTING, BOOK, PERIODICAL})
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

_ID = re.compile(r"[a-z][a-z-]*")
_CLAUSE = re.compile(r"[SGQHZ]\d{2}-.+")


@dataclass(frozen=True)
class Line:
    """One line as declared: so many of what, in which kind of room."""

    id: str
    clauses: tuple[str, ...]
    room: str
    title: str
    target: int
    unit: str
    counted: str
    item: str = ""
    topic: str = ""
    proposed: bool = False

    @property
    def register(self) -> str:
        """The register it is counted from."""
        return REGISTER_OF[self.counted]


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
    content = tomllib.loads(FILE.read_text(encoding="utf-8"))
    found = tuple(_line(raw) for raw in content.get("line", ()))
    if len({line.id for line in found}) != len(found):
        raise BadDeclaration("硬件清单里有两行同名")
    return found


def _line(raw: Mapping[str, Any]) -> Line:
    table = Table(str(raw.get("id", "")), raw, noun="硬件清单")
    counted = table.choice("counted", COUNTED)
    line = Line(
        id=table.text("id", _ID),
        clauses=table.texts("clauses", _CLAUSE),
        room=table.choice("room", frozenset(ROOM_KINDS)),
        title=table.text("title"),
        target=table.number("target", least=1),
        unit=table.text("unit"),
        counted=counted,
        item=table.choice("item", frozenset(ITEMS)) if counted == ASSET else "",
        topic=table.choice("topic", frozenset(TOPICS)) if counted == POSTING else "",
        proposed=table.flag("proposed"),
    )
    table.finish()
    return line


def line_called(code: str) -> Line | None:
    """Return the line of that id, or None."""
    return next((line for line in lines() if line.id == code), None)


def hardware(today: date) -> list[LineState]:
    """Return every line as found on the day; five grouped queries."""
    counts = _Counts(today)
    own = own_records(HARDWARE)
    found = []
    for line in lines():
        set_by_school = own.get(line.id)
        target = set_by_school.number if set_by_school is not None else line.target
        reason = set_by_school.reason if set_by_school is not None else ""
        found.append(LineState(line, target, reason, counts.of(line), counts.alike(line)))
    return found


class _Counts:
    """What the registers hold, counted once for all lines."""

    def __init__(self, today: date) -> None:
        self._rooms(today)
        self._assets()
        self._postings(today)
        books = every_row(register_of(Book)).select(fn.SUM(Book.copies))
        self.books = int(books.scalar() or 0)
        taken = every_row(register_of(Periodical)).where(
            Periodical.until.is_null(True) | (Periodical.until >= today)
        )
        self.periodicals = int(taken.select(fn.COUNT(fn.DISTINCT(Periodical.title))).scalar() or 0)

    def _rooms(self, today: date) -> None:
        query = every_row(register_of(Room)).select(Room.id, Room.kind, Room.area_m2, Room.sign)
        open_ = query.where(Room.closed_on.is_null(True) | (Room.closed_on >= today))
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
        kept = documents.where(
            Regulation.withdrawn_on.is_null(True) | (Regulation.withdrawn_on >= today)
        )
        topics = dict(tuples(kept))
        hanging = every_row(register_of(WallPosting)).where(
            WallPosting.removed_on.is_null(True) | (WallPosting.removed_on >= today)
        )
        query = hanging.select(WallPosting.document, WallPosting.room).distinct()
        self.postings = Counter(
            (topics[document], self.kind_of.get(room, ""))
            for document, room in tuples(query)
            if document in topics
        )

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
