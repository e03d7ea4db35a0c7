"""Duties as data: what a regulation orders, in the closed shape of a `[[duty]]` table.

A declaration with a mistake stops the start: BadDeclaration names the duty's code and the key.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from compliance.declaration import FIELD, Filter, Table
from compliance.periods import Frequency
from models.errors import BadDeclaration

BY = frozenset(
    {
        "paired-teacher",
        "class-teacher",
        "subject-teacher",
        "acting-parent",
        "leader",
        "office",
        "counsellor",
        "parent",
        "guardian",
        "anyone",
    }
)
SUBJECTS = frozenset(
    {
        "pairing",
        "child",
        "teacher",
        "leadership-member",
        "class",
        "study-group",
        "guardian",
        "room",
        "activity",
        "incident",
        "school",
        "volunteer-child",
        "outside-parent",
        "acting-parent",
        "subject-teacher",
        "staff",
        "department",
        "enquiry",
        "opinion",
        "topic",
        "asset",
        "move",
        "finding",
        "session",
    }
)
RESPONSIBLE = frozenset(
    {
        "teacher",
        "class-teacher",
        "leader",
        "office",
        "parent",
        "school",
        "counsellor",
        "outside-parent",
    }
)
# Only these enter a teacher's evaluation; everybody else's duties weigh nothing (duties.md).
WEIGHED = frozenset({"teacher", "class-teacher"})

SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
CLAUSE = re.compile(r"[SGQHZ]\d\d-(\d+|[一二三四五](\.\d+)?)")


class MeasureKind(StrEnum):
    """How the records of a period are weighed; the list is closed."""

    COUNT = "count"
    SUM = "sum"
    DISTINCT = "distinct"
    COMPLETE = "complete"
    RANGE = "range"
    EVENT = "event"


@dataclass(frozen=True)
class Measure:
    """What is enough: at least `least` records, units, or different values.

    `field` is summed, holds the distinct values, or (event) holds the time of the answer, which is
    due `minutes` after the event. `most` closes a range. `fields` must all be filled in (complete);
    when it is empty the register's own required and wanted fields must.
    """

    kind: MeasureKind
    least: int = 1
    most: int | None = None
    field: str = ""
    fields: tuple[str, ...] = ()
    minutes: int | None = None


@dataclass(frozen=True)
class Source:
    """A register whose records count, when every field of `where` has one of the values named."""

    register: str
    where: Filter


@dataclass(frozen=True)
class Part:
    """One of several things a duty asks for, with its own minimum."""

    title: str
    sources: tuple[Source, ...]
    least: int = 1
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Deadline:
    """A date inside the period: one of weeks of teaching, days after an event, or its own field."""

    weeks: int | None = None
    days: int | None = None
    field: str = ""


@dataclass(frozen=True)
class Duty:
    """One thing that must be done, by whom, for whom and how often.

    `sources` are read as one heap unless `parts` divide them. `among` narrows the subjects, as to
    children flagged poor. `proposed` marks numbers that are the school's own setting because the
    clause only says "regularly" or "in time" ([P]).
    """

    code: str
    title: str
    clauses: tuple[str, ...]
    sources: tuple[Source, ...]
    by: tuple[str, ...]
    subject: str
    responsible: str
    every: Frequency
    measure: Measure
    among: Filter
    deadline: Deadline | None = None
    parts: tuple[Part, ...] = ()
    needs: tuple[str, ...] = ()
    weight: int = 0
    proposed: bool = False

    @property
    def registers(self) -> tuple[str, ...]:
        """The slugs of all registers read, each once, in the order of the declaration."""
        listed = [*self.sources, *(source for part in self.parts for source in part.sources)]
        return tuple(dict.fromkeys(source.register for source in listed))


def load_duties(paths: Iterable[Path]) -> tuple[Duty, ...]:
    """Read the duties of all files, in the order given.

    Raises BadDeclaration when a file is not TOML, a duty is declared wrongly, or a code is taken.
    """
    duties: dict[str, Duty] = {}
    for path in paths:
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise BadDeclaration(f"{path.name} 不是正确的 TOML：{error}") from error
        unknown = sorted(set(content) - {"duty"})
        if unknown:
            raise BadDeclaration(f"{path.name} 里有不认识的“{unknown[0]}”，只能写 [[duty]]")
        for raw in content.get("duty", []):
            duty = duty_from(raw)
            if duty.code in duties:
                raise BadDeclaration(f"任务 {duty.code} 的 code 重复，出现在 {path.name}")
            duties[duty.code] = duty
    return tuple(duties.values())


def duty_from(raw: Mapping[str, Any]) -> Duty:
    """Build one duty from its TOML table; raises BadDeclaration naming the code and the key."""
    table = Table(str(raw.get("code", "（没有 code）")), raw)
    duty = Duty(
        code=table.text("code", SLUG),
        title=table.text("title"),
        clauses=table.texts("clauses", CLAUSE),
        sources=_sources(table, optional=True),
        by=table.choices("by", BY),
        subject=table.choice("subject", SUBJECTS),
        responsible=table.choice("responsible", RESPONSIBLE),
        every=Frequency(table.choice("every", frozenset(Frequency))),
        measure=_measure(table),
        among=table.filter("among"),
        deadline=_deadline(table),
        parts=tuple(_part(part) for part in table.tables("parts")),
        needs=table.texts("needs", FIELD, optional=True),
        weight=table.number("weight", default=0),
        proposed=table.flag("proposed"),
    )
    table.finish()
    _agree(duty, table)
    return duty


def _agree(duty: Duty, table: Table) -> None:
    """Refuse keys that are right one by one and wrong together."""
    kind = duty.measure.kind
    if not duty.clauses:
        table.refuse("clauses", "至少要写一条依据的条款")
    if bool(duty.sources) == bool(duty.parts):
        table.refuse("from", "写 from，或者写 parts，两者必须且只能有一个")
    if duty.weight and duty.responsible not in WEIGHED:
        table.refuse("weight", "只有由教师或班主任负责的任务才有权重，其他写 0")
    if kind is MeasureKind.EVENT and duty.every is not Frequency.EVENT:
        table.refuse("measure", "按分钟计的任务，every 必须是 event")
    if duty.parts and kind not in (MeasureKind.COUNT, MeasureKind.SUM, MeasureKind.COMPLETE):
        table.refuse("parts", "分项只能与 count、sum 或 complete 一起用")
    deadline = duty.deadline
    if deadline is not None and (deadline.weeks is None) != (duty.every is Frequency.EVENT):
        table.refuse("deadline", "weeks 用于学期类任务，days 和 field 用于 every = event")
    if duty.every is Frequency.EVENT and deadline is None and duty.measure.minutes is None:
        table.refuse(
            "deadline", "every = event 的任务要写期限（days、field 或 measure 的 minutes）"
        )


def _measure(table: Table) -> Measure:
    """The measure, as `{ count = 1 }`, `{ sum = "minutes", least = 60 }`, `{ range = [4, 7] }`."""
    inner = table.inner("measure")
    kinds = [kind for kind in MeasureKind if inner.has(kind)]
    if len(kinds) != 1:
        table.refuse("measure", f"要写一种且只写一种：{'、'.join(MeasureKind)}")
    made = _measure_of(kinds[0], inner)
    inner.finish()
    return made


def _measure_of(kind: MeasureKind, inner: Table) -> Measure:
    match kind:
        case MeasureKind.COUNT:
            return Measure(kind, least=inner.number(kind, least=1))
        case MeasureKind.SUM | MeasureKind.DISTINCT:
            return Measure(kind, inner.number("least", least=1), field=inner.text(kind, FIELD))
        case MeasureKind.RANGE:
            least, most = inner.pair(kind)
            return Measure(kind, least=least, most=most)
        case MeasureKind.COMPLETE:
            return Measure(kind, fields=inner.texts_or_true(kind))
        case MeasureKind.EVENT:
            minutes = inner.number("minutes", least=1)
            return Measure(kind, field=inner.text(kind, FIELD), minutes=minutes)


def _deadline(table: Table) -> Deadline | None:
    """The deadline, or None: exactly one of `weeks`, `days`, `field`."""
    if not table.has("deadline"):
        return None
    inner = table.inner("deadline")
    keys = [key for key in ("weeks", "days", "field") if inner.has(key)]
    if len(keys) != 1:
        table.refuse("deadline", "weeks、days、field 三个里写一个")
    made = Deadline(
        weeks=inner.number("weeks", least=1) if keys == ["weeks"] else None,
        days=inner.number("days", least=1) if keys == ["days"] else None,
        field=inner.text("field", FIELD) if keys == ["field"] else "",
    )
    inner.finish()
    return made


def _part(table: Table) -> Part:
    part = Part(
        title=table.text("title"),
        sources=_sources(table),
        least=table.number("least", default=1, least=1),
        needs=table.texts("needs", FIELD, optional=True),
    )
    table.finish()
    return part


def _sources(table: Table, *, optional: bool = False) -> tuple[Source, ...]:
    """The list `from = [{ register = "talk", where = { … } }]`."""
    made = []
    for inner in table.tables("from"):
        made.append(Source(inner.text("register", SLUG), inner.filter("where")))
        inner.finish()
    if not made and not optional:
        table.refuse("from", "至少要写一个登记")
    return tuple(made)
