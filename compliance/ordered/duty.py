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

from compliance.ordered.declaration import FIELD, Filter, Table
from compliance.ordered.periods import Frequency
from models.core.errors import BadDeclaration

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
        "class-teacher",
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
# Conditions on a subject beyond its own fields; `judged.among` knows how to ask for them.
ONLY = frozenset(
    {
        "poor",
        "poor-elderly-or-illiterate",
        "entrusted-guardian",
        "other-than-class-teacher",
    }
)
# Only these enter a teacher's evaluation; everybody else's duties weigh nothing (docs/rules.md).
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

    `field` is summed, holds the distinct values, or (event) holds the time of the answer, which may
    be due `minutes` after the event. `most` closes a range. `fields` must all be filled in
    (complete); when it is empty the register's own required and wanted fields must.
    """

    kind: MeasureKind
    least: int = 1
    most: int | None = None
    field: str = ""
    fields: tuple[str, ...] = ()
    minutes: int | None = None


@dataclass(frozen=True)
class Source:
    """A register whose records count, when every field of `where` has one of the values named.

    `until` is the date after which a record no longer holds, where it is not called that; `date`
    says when an event happened, where its register does not. With `present` the lines of children
    count for every colleague on a line of the same record.
    """

    register: str
    where: Filter
    until: str = ""
    date: str = ""
    present: bool = False


@dataclass(frozen=True)
class Part:
    """One of several things a duty asks for, with its own minimum.

    `fields` must be filled in, where the measure is completeness; with a `least` of 0 no record is
    asked for, but each that is there must be complete. `clauses` are those that order this part
    (all of the duty's when empty); `on` is False while none of them is adopted.
    """

    title: str
    sources: tuple[Source, ...]
    least: int = 1
    needs: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    on: bool = True


@dataclass(frozen=True)
class Deadline:
    """A date inside the period.

    One of: the end of a week of teaching, the last day of the semester, days after an event, or a
    date of the event's own.
    """

    weeks: int | None = None
    days: int | None = None
    field: str = ""
    semester_end: bool = False


@dataclass(frozen=True)
class Duty:
    """One thing that must be done, by whom, for whom and how often.

    `sources` are read as one heap unless `parts` divide them. `among` narrows the subjects by their
    own fields, `only` by what else is known of them, as to children flagged poor. `event` opens a
    verdict for each of its records. The parts of a duty whose subject is "topic" are its subjects.
    `proposed` marks numbers that are the school's own setting because the clause only says
    "regularly" or "in time" ([P]); `proposed_for` are the clauses that leave it open, all when
    empty.
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
    proposed_for: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    event: Source | None = None

    @property
    def registers(self) -> tuple[str, ...]:
        """The slugs of all registers read, each once, in the order of the declaration."""
        listed = [*self.sources, *(source for part in self.parts for source in part.sources)]
        listed += [] if self.event is None else [self.event]
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
    every = Frequency(table.choice("every", frozenset(Frequency)))
    sources = _sources(table, optional=True)
    duty = Duty(
        code=table.text("code", SLUG),
        title=table.text("title"),
        clauses=table.texts("clauses", CLAUSE),
        sources=sources,
        by=table.choices("by", BY),
        subject=table.choice("subject", SUBJECTS),
        responsible=table.choice("responsible", RESPONSIBLE),
        every=every,
        measure=_measure(table),
        among=table.filter("among"),
        deadline=_deadline(table),
        parts=tuple(_part(part) for part in table.tables("parts")),
        needs=table.texts("needs", FIELD, optional=True),
        weight=table.number("weight", default=0),
        proposed=table.flag("proposed"),
        proposed_for=table.texts("proposed_for", CLAUSE, optional=True),
        only=table.choices("only", ONLY) if table.has("only") else (),
        event=_event(table, every, sources),
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
    of_period = deadline is not None and (deadline.weeks is not None or deadline.semester_end)
    if deadline is not None and of_period == (duty.every is Frequency.EVENT):
        table.refuse(
            "deadline", "weeks、semester_end 用于学期类任务，days、field 用于 every = event"
        )
    if duty.every is Frequency.EVENT and deadline is None and duty.measure.minutes is None:
        table.refuse(
            "deadline", "every = event 的任务要写期限（days、field 或 measure 的 minutes）"
        )
    _agree_topics(duty, table)


def _agree_topics(duty: Duty, table: Table) -> None:
    """Refuse parts that do not divide the duty's clauses among its topics."""
    bound = {clause for part in duty.parts for clause in part.clauses}
    if not bound <= set(duty.clauses):
        table.refuse("parts", "分项引用了任务没有引用的条款")
    if bound and (bound != set(duty.clauses) or duty.subject != "topic"):
        table.refuse("parts", "分项各有条款的，subject 要写 topic，条款不能多也不能少")
    if duty.subject == "topic" and not bound:
        table.refuse("parts", "subject = topic 的任务，每个分项要写条款")


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
            minutes = inner.number("minutes", least=1) if inner.has("minutes") else None
            return Measure(kind, field=inner.text(kind, FIELD), minutes=minutes)


def _deadline(table: Table) -> Deadline | None:
    """The deadline, or None: exactly one of `weeks`, `days`, `field`, `semester_end`."""
    if not table.has("deadline"):
        return None
    inner = table.inner("deadline")
    keys = [key for key in ("weeks", "days", "field", "semester_end") if inner.has(key)]
    if len(keys) != 1:
        table.refuse("deadline", "weeks、days、field、semester_end 四个里写一个")
    made = Deadline(
        weeks=inner.number("weeks", least=1) if keys == ["weeks"] else None,
        days=inner.number("days") if keys == ["days"] else None,
        field=inner.text("field", FIELD) if keys == ["field"] else "",
        semester_end=inner.flag("semester_end"),
    )
    inner.finish()
    return made


def _event(table: Table, every: Frequency, sources: tuple[Source, ...]) -> Source | None:
    """What opens a verdict: as written, else the first source of a duty per event."""
    if table.has("event"):
        inner = table.inner("event")
        if every is not Frequency.EVENT:
            table.refuse("event", "只有 every = event 的任务才写")
        return _source(inner)
    return sources[0] if every is Frequency.EVENT and sources else None


def _part(table: Table) -> Part:
    part = Part(
        title=table.text("title"),
        sources=_sources(table),
        least=table.number("least", default=1),
        needs=table.texts("needs", FIELD, optional=True),
        fields=table.texts("complete", FIELD, optional=True),
        clauses=table.texts("clauses", CLAUSE, optional=True),
    )
    table.finish()
    return part


def _sources(table: Table, *, optional: bool = False) -> tuple[Source, ...]:
    """The list `from = [{ register = "talk", where = { … } }]`."""
    made = [_source(inner) for inner in table.tables("from")]
    if not made and not optional:
        table.refuse("from", "至少要写一个登记")
    return tuple(made)


def _source(inner: Table) -> Source:
    source = Source(
        register=inner.text("register", SLUG),
        where=inner.filter("where"),
        until=inner.text("until", FIELD) if inner.has("until") else "",
        date=inner.text("date", FIELD) if inner.has("date") else "",
        present=inner.flag("present"),
    )
    inner.finish()
    return source
