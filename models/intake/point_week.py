"""The week's workbook of a village point without network: the slip that signs it, and its way back.

The school hands out one workbook a week with what it has of the point's openings, checks and
hardware, under a slip signed with the installation's key. The point fills it in on any PC; what
comes back is taken row by row like any import, so that a file taken in twice adds nothing. A slip
that is missing or was changed is refused, and so is a row of another home or another week.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from models.core import installation
from models.core.actor import Actor
from models.core.converters import clean
from models.core.errors import BadFile, BadValue, Denied, NotFound
from models.core.gates import row, rows
from models.core.places import way
from models.core.register import REGISTERS, Register, register_of
from models.core.rights import may
from models.core.values import plain, whole
from models.intake import read_workbook
from models.intake.columns import NUMBER
from models.intake.imports import import_table, plan_table
from models.intake.report import ONE, UPDATE, Choices, ImportReport
from models.intake.table import Table, TableRow, read_table
from models.kept.assets import Room
from models.kept.staff import VillagePoint

# What a point keeps: opened with who was there, checked, and what stands in its rooms.
KEPT = ("opening", "safety-check", "asset")
SLIP = "交换单"
POINT, NUMBER_OF, FIRST, LAST, MADE, SIGNATURE = (
    "校点",
    "校点编号",
    "从",
    "到",
    "制表时间",
    "签名",
)
_PURPOSE = "point week"
_UNSIGNED = "这份工作簿没有本校的交换单，可能不是从“校点交换”下载的；请用本校发出的那一份填写"
_CHANGED = "交换单被改动过（签名对不上），没有导入；请重新下载本周的工作簿，把内容填进去再交来"
_OTHER_HOME = "场所不是这个校点的"
_OTHER_WEEK = "日期不在这份工作簿的一周里"


@dataclass(frozen=True)
class Slip:
    """For which point and week a workbook was handed out, and when."""

    point: int
    name: str
    first: date
    last: date
    made: str

    @property
    def signature(self) -> str:
        """The keyed digest of all that the slip says."""
        said = (self.point, self.name, self.first, self.last, self.made)
        return installation.sign(_PURPOSE, "|".join(map(str, said)))

    @property
    def lines(self) -> list[tuple[str, str]]:
        """The slip as it stands on its sheet: label and text."""
        return [
            (POINT, self.name),
            (NUMBER_OF, str(self.point)),
            (FIRST, self.first.isoformat()),
            (LAST, self.last.isoformat()),
            (MADE, self.made),
            (SIGNATURE, self.signature),
        ]


@dataclass
class Taken:
    """What became, or would become, of one register's rows; `refused` are (row, reason)."""

    register: Register
    report: ImportReport
    refused: list[tuple[int, str]] = field(default_factory=list)

    @property
    def new(self) -> int:
        """How many rows are taken in, new or changed."""
        return self.report.count("new") + self.report.count("changed")

    @property
    def wrong(self) -> int:
        """How many rows are not: of another home or week, or refused by the rules."""
        return len(self.refused) + len(self.report.refused)


def demand(actor: Actor) -> None:
    """Raise Denied for anybody who may not import what a point keeps."""
    for slug in KEPT:
        if not may(actor, "import", REGISTERS[slug]):
            raise Denied("校点的工作簿由文员交换")


def point_called(actor: Actor, number: int | None) -> VillagePoint:
    """Return the village point of that number; NotFound when there is none."""
    demand(actor)
    found: VillagePoint | None = row(actor, register_of(VillagePoint), number)
    if found is None:
        raise NotFound("没有找到这个校点")
    return found


def slip_for(actor: Actor, point: VillagePoint, day: date) -> Slip:
    """Return the slip of the week, Monday to Sunday, in which a day lies."""
    monday = day - timedelta(days=day.weekday())
    made = f"{actor.now:%Y-%m-%d %H:%M:%S}"
    return Slip(point.id, point.name, monday, monday + timedelta(days=6), made)


def read_slip(data: bytes) -> Slip:
    """Return the slip of a workbook; BadFile when it has none, or was changed."""
    sheet = next((one for one in read_workbook(data) if one.name == SLIP), None)
    said = {plain(one[0]): plain(one[1]) for one in sheet.rows if one.filled} if sheet else {}
    if not {POINT, NUMBER_OF, FIRST, LAST, MADE, SIGNATURE} <= said.keys():
        raise BadFile(_UNSIGNED)
    try:
        days = date.fromisoformat(said[FIRST]), date.fromisoformat(said[LAST])
    except ValueError as error:
        raise BadFile(_CHANGED) from error
    slip = Slip(whole(said[NUMBER_OF]) or 0, said[POINT], *days, said[MADE])
    if slip.signature != said[SIGNATURE]:
        raise BadFile(_CHANGED)
    return slip


def looked_at(actor: Actor, data: bytes) -> tuple[Slip, list[Taken]]:
    """Return what taking a workbook in would do; nothing is written."""
    slip = _slip_of(actor, data)
    return slip, [
        Taken(table.register, plan_table(actor, table, _CHOICES), refused)
        for table, refused in _tables(actor, slip, data)
    ]


def taken_in(actor: Actor, data: bytes) -> tuple[Slip, list[Taken]]:
    """Write the good rows, one batch per register, and return what was done."""
    slip = _slip_of(actor, data)
    done = []
    for table, refused in _tables(actor, slip, data):
        planned = plan_table(actor, table, _CHOICES)
        title = f"{slip.name} {slip.first:%m-%d} 至 {slip.last:%m-%d} {table.register.title}"
        report = import_table(actor, table, _CHOICES, title) if planned.accepted else planned
        done.append(Taken(table.register, report, refused))
    return slip, done


# What was handed out and comes back changed is an update; an act told twice is one act.
_CHOICES = Choices(existing=UPDATE, alike=ONE)


def _slip_of(actor: Actor, data: bytes) -> Slip:
    slip = read_slip(data)
    point_called(actor, slip.point)
    return slip


def _tables(actor: Actor, slip: Slip, data: bytes) -> Iterator[tuple[Table, list[tuple[int, str]]]]:
    """Yield each register's rows with those that are none of this home or week taken out."""
    query = rows(actor, register_of(Room)).where(Room.point == slip.point)
    names = {room.name for room in query}
    for slug in KEPT:
        table = read_table(data, REGISTERS[slug], among=True)
        table.warnings.clear()
        told = [(one, _foreign(table.register, one, slip, names)) for one in table.rows]
        table.rows = [one for one, why in told if not why]
        yield table, [(one.number, why) for one, why in told if why]


def _foreign(register: Register, told: TableRow, slip: Slip, rooms: set[str]) -> str:
    """Return why a row is none of the point's week, "" for one that is."""
    first = way(register)[0]
    if plain(told.cells.get(first)) not in rooms:
        return _OTHER_HOME
    # What the school already has was handed out with its number, whatever the week.
    if not register.happened or plain(told.cells.get(NUMBER)):
        return ""
    try:
        day = clean(register.fields[register.happened].field, told.cells.get(register.happened))
    except BadValue:
        return ""
    return "" if day is None or slip.first <= day <= slip.last else _OTHER_WEEK
