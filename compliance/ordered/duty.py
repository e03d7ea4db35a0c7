"""Duties as data: what a regulation orders, in the closed shape of a `[[duty]]` table.

A declaration with a mistake stops the start: BadDeclaration names file, duty and key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, field, to_builtins
from msgspec.structs import force_setattr

from compliance.ordered.declaration import ClauseId, Filter
from compliance.ordered.periods import Frequency
from models.core import toml
from models.core.errors import BadDeclaration
from models.core.toml import Declared, FieldName, Positive, Slug, Text, Whole

DATA = Path(__file__).parent.parent / "data"

Doer = Literal[
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
]
SubjectKind = Literal[
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
    "home",
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
    "visit",
    "meeting",
    "damage",
]
Charged = Literal[
    "teacher",
    "class-teacher",
    "leader",
    "office",
    "parent",
    "school",
    "counsellor",
    "outside-parent",
]
# Conditions on a subject beyond its own fields; `judged.among` knows how to ask for them.
Condition = Literal[
    "poor", "poor-elderly-or-illiterate", "entrusted-guardian", "other-than-class-teacher"
]
# Whose acts are told apart where each event has a verdict of its own.
BY_EVENT = frozenset({"anyone", "counsellor"})
# Only these enter a teacher's evaluation; everybody else's duties weigh nothing (docs/rules.md).
WEIGHED = frozenset({"teacher", "class-teacher"})


class MeasureKind(StrEnum):
    """How the records of a period are weighed; the list is closed."""

    COUNT = "count"
    SUM = "sum"
    DISTINCT = "distinct"
    COMPLETE = "complete"
    RANGE = "range"
    EVENT = "event"


class Measure(Declared, frozen=True):
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


class Source(Declared, frozen=True):
    """A register whose records count, when every field of `where` has one of the values named.

    `needs` is what such a record must hold besides what the whole duty asks for. `date` says when
    an event happened, where its register does not. With `present` the lines of children count for
    every colleague on a line of the same record.
    """

    register: Slug
    where: Filter = {}
    needs: tuple[FieldName, ...] = ()
    date: FieldName | Literal[""] = ""
    present: bool = False


class Part(Declared, frozen=True):
    """One of several things a duty asks for, with its own minimum.

    `fields` must be filled in, where the measure is completeness; with a `least` of 0 no record is
    asked for, but each that is there must be complete. `clauses` are those that order this part
    (all of the duty's when empty); `on` is False while none of them is adopted.
    """

    title: Text
    sources: Annotated[tuple[Source, ...], Meta(min_length=1)] = field(name="from")
    least: Whole = 1
    needs: tuple[FieldName, ...] = ()
    fields: tuple[FieldName, ...] = field(default=(), name="complete")
    clauses: tuple[ClauseId, ...] = ()
    on: bool = True


class Deadline(Declared, frozen=True):
    """A date inside the period.

    One of: the end of a week of teaching, the last day of the semester, days after an event, or a
    date of the event's own.
    """

    weeks: Positive | None = None
    days: Whole | None = None
    field: str = ""
    semester_end: bool = False

    def __post_init__(self) -> None:
        """Refuse more or less than one of the four."""
        if sum(map(bool, (self.weeks, self.days is not None, self.field, self.semester_end))) != 1:
            toml.refuse("", "weeks、days、field、semester_end 四个里写一个")


class Duty(Declared, frozen=True, kw_only=True):
    """One thing that must be done, by whom, for whom and how often.

    `sources` are read as one heap unless `parts` divide them. `among` narrows the subjects by their
    own fields, `only` by what else is known of them, as to children flagged poor. `event` opens a
    verdict for each of its records. The parts of a duty whose subject is "topic" are its subjects.
    `proposed` marks numbers that are the school's own setting because the clause only says
    "regularly" or "in time" ([P]); `proposed_for` are the clauses that leave it open, all when
    empty.
    """

    code: Slug
    title: Text
    clauses: Annotated[tuple[ClauseId, ...], Meta(min_length=1)]
    sources: tuple[Source, ...] = field(default=(), name="from")
    by: Annotated[tuple[Doer, ...], Meta(min_length=1)]
    subject: SubjectKind
    responsible: Charged
    every: Frequency
    measure: Measure
    among: Filter = {}
    deadline: Deadline | None = None
    parts: tuple[Part, ...] = ()
    needs: tuple[FieldName, ...] = ()
    weight: Whole = 0
    proposed: bool = False
    proposed_for: tuple[ClauseId, ...] = ()
    only: tuple[Condition, ...] = ()
    event: Source | None = None

    def __post_init__(self) -> None:
        """Let the first source open the verdicts of a duty per event that names no other."""
        super().__post_init__()
        if self.event is None and self.every is Frequency.EVENT and self.sources:
            force_setattr(self, "event", self.sources[0])

    @property
    def registers(self) -> tuple[str, ...]:
        """The slugs of all registers read, each once, in the order of the declaration."""
        listed = [source for _, source, _ in self.asked]
        listed += [] if self.event is None else [self.event]
        return tuple(dict.fromkeys(source.register for source in listed))

    @property
    def asked(self) -> Iterator[tuple[int, Source, tuple[str, ...]]]:
        """Every source with the number of its part and all that a record of it must hold."""
        for source in self.sources:
            yield 0, source, _united(self.needs, source.needs)
        for number, part in enumerate(self.parts):
            for source in part.sources:
                yield number, source, _united(self.needs, part.needs, source.needs)


def _united(*needs: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain(*needs)))


class DutyFile(Declared, frozen=True):
    """A file of duties; each is made by itself, so that one mistake is told of one duty."""

    duty: tuple[dict[str, Any], ...] = ()


class WrittenMeasure(Declared, frozen=True):
    """A measure as written: one of the six keys, with what belongs to it."""

    count: Positive | None = None
    sum: FieldName | None = None
    distinct: FieldName | None = None
    complete: Literal[True] | tuple[FieldName, ...] | None = None
    range: Annotated[tuple[Whole, ...], Meta(min_length=1, max_length=2)] | None = None
    event: FieldName | None = None
    least: Positive | None = None
    minutes: Positive | None = None

    def __post_init__(self) -> None:
        """Refuse several keys, and what does not belong to the one."""
        super().__post_init__()
        if len(self.kinds) != 1:
            toml.refuse("", f"要写一种且只写一种：{'、'.join(MeasureKind)}")
        kind = self.kinds[0]
        if (self.least is not None) != (kind in (MeasureKind.SUM, MeasureKind.DISTINCT)):
            toml.refuse("least", "与 sum、distinct 一起写，别的不写")
        if self.minutes is not None and kind is not MeasureKind.EVENT:
            toml.refuse("minutes", "只与 event 一起写")
        if self.range is not None and sorted(self.range) != list(self.range):
            toml.refuse("range", "最少不能大于最多")

    @property
    def kinds(self) -> list[MeasureKind]:
        """Which of the six keys are written."""
        return [kind for kind in MeasureKind if getattr(self, kind) is not None]

    def measure(self) -> Measure:
        """Return the measure as the judge reads it."""
        return Measure(
            self.kinds[0],
            least=self.count or self.least or (self.range or (1,))[0],
            most=self.range[1] if self.range and len(self.range) == 2 else None,
            field=self.sum or self.distinct or self.event or "",
            fields=self.complete if isinstance(self.complete, tuple) else (),
            minutes=self.minutes,
        )


@cache
def written_duties() -> tuple[Duty, ...]:
    """Return the duties that ship as they are written, not yet checked against the registers."""
    return load_duties(sorted((DATA / "duties").glob("*.toml")))


def load_duties(paths: Iterable[Path]) -> tuple[Duty, ...]:
    """Read the duties of all files, in the order given.

    Raises BadDeclaration when a file is not TOML, a duty is declared wrongly, or a code is taken.
    """
    duties: dict[str, Duty] = {}
    for path in paths:
        for raw in toml.read(path, DutyFile).duty:
            duty = duty_from(raw, path.name)
            if duty.code in duties:
                raise BadDeclaration(f"任务 {duty.code} 的 code 重复，出现在 {path.name}")
            duties[duty.code] = duty
    return tuple(duties.values())


def duty_from(raw: Mapping[str, Any], where: str = "任务") -> Duty:
    """Build one duty from its TOML table; BadDeclaration says where, which duty and which key."""
    made, code = dict(raw), raw.get("code", "（没有 code）")
    if isinstance(raw.get("by"), str):
        made["by"] = [raw["by"]]
    if "measure" in raw:
        written = toml.made(raw["measure"], WrittenMeasure, f"{where}：{code} 的 measure")
        made["measure"] = to_builtins(written.measure())
    duty = toml.made(made, Duty, where)
    for key, why in _disagreements(duty):
        raise BadDeclaration(f"{where}：{code} 的 {key} {why}")
    return duty


def _disagreements(duty: Duty) -> Iterator[tuple[str, str]]:
    """Tell keys that are right one by one and wrong together."""
    kind = duty.measure.kind
    if bool(duty.sources) == bool(duty.parts):
        yield "from", "与 parts 必须且只能写一个"
    if duty.weight and duty.responsible not in WEIGHED:
        yield "weight", "只有由教师或班主任负责的任务才写，其他写 0"
    if kind is MeasureKind.EVENT and duty.every is not Frequency.EVENT:
        yield "measure", "按分钟计的任务，every 必须是 event"
    if duty.parts and kind not in (MeasureKind.COUNT, MeasureKind.SUM, MeasureKind.COMPLETE):
        yield "parts", "只能与 count、sum 或 complete 一起用"
    if duty.event is not None and duty.every is not Frequency.EVENT:
        yield "event", "只有 every = event 的任务才写"
    deadline = duty.deadline
    of_period = deadline is not None and (deadline.weeks is not None or deadline.semester_end)
    if deadline is not None and of_period == (duty.every is Frequency.EVENT):
        yield "deadline", "的 weeks、semester_end 用于学期类任务，days、field 用于 every = event"
    if duty.every is Frequency.EVENT and not {*duty.by} <= BY_EVENT:
        yield "by", f"在 every = event 的任务里只能写 {'、'.join(sorted(BY_EVENT))}"
    if duty.every is Frequency.EVENT and deadline is None and duty.measure.minutes is None:
        yield "deadline", "没有写；every = event 的任务要写期限，或 measure 的 minutes"
    yield from _topics(duty)


def _topics(duty: Duty) -> Iterator[tuple[str, str]]:
    """Tell parts that do not divide the duty's clauses among its topics."""
    bound = {clause for part in duty.parts for clause in part.clauses}
    if not bound <= set(duty.clauses):
        yield "parts", "引用了任务没有引用的条款"
    if bound and (bound != set(duty.clauses) or duty.subject != "topic"):
        yield "parts", "各有条款的，subject 要写 topic，条款不能多也不能少"
    if duty.subject == "topic" and not bound:
        yield "parts", "在 subject = topic 的任务里，每项要写条款"
