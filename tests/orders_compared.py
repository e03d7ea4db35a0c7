"""What a check declares, told in the words of tests/data/orders.toml, and where the two differ."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import exports.documents  # noqa: F401  (the documents enter their list)
from compliance.checklists import archive, hardware
from compliance.ordered import needs
from compliance.ordered.catalogue import duties
from compliance.ordered.duty import Duty, MeasureKind, Part, Source
from compliance.ordered.regulations import Clause, clauses
from models.core.fields import WordsField
from models.kept import REGISTERS

DATA = Path(__file__).parent / "data"
SHEET: dict[str, Any] = tomllib.loads((DATA / "orders.toml").read_text("utf-8"))
ANSWERED: dict[str, Any] = tomllib.loads((DATA / "orders_answered.toml").read_text("utf-8"))
Order = dict[str, Any]
ORDERS: dict[str, list[Order]] = SHEET["orders"]
VOCABULARY: dict[str, list[str]] = SHEET["vocabulary"]

# The words of a declaration → the words of an order that mean the same.
EVERY = {"school-day": "day", "school-year": "year", "now": "standing"}
DOERS = {
    "class-teacher": {"class-teacher", "class"},
    "leader": {"leadership"},
    "office": {"school"},
    "teacher": {"paired-teacher", "acting-parent"},
    "paired-teacher": {"paired-teacher", "acting-parent"},
}
SUBJECTS = {
    "leadership-member": {"leader"},
    "class-teacher": {"class"},
    "activity": {"event"},
    "incident": {"event"},
    "enquiry": {"event"},
    "opinion": {"event"},
    "finding": {"problem"},
    "visit": {"event"},
    "meeting": {"event"},
    "damage": {"event"},
    "session": {"case"},
    "move": {"asset"},
    "staff": {"teacher"},
    "subject-teacher": {"teacher"},
    "acting-parent": {"teacher"},
    "volunteer-child": {"volunteer"},
    "outside-parent": {"child"},
    "school": {"school", "home"},
    "topic": {"school", "home", "room", "text"},
}
MINUTES = {"30min": 30, "1h": 60, "2h": 120}
# What an order leaves to the school: the check names a number of the school's own, marked so.
OPEN = ("regular", "event", "as-fit")
# What a record of every register says anyway: whom it concerns, who did it and when.
ALWAYS = {"学生", "日期", "时间"}


class Difference(NamedTuple):
    """One field in which a check and the order it answers say different things."""

    clause: str
    check: str
    field: str
    ordered: str
    declared: str


def checks_of(clause: Clause) -> tuple[str, ...]:
    """All that judges a clause: duties, checklist lines, permissions, else its records."""
    records = clause.registers if clause.record_only else ()
    return (*clause.duties, *clause.checklist, *clause.permissions, *records)


def answers(clause: Clause) -> list[tuple[Order, tuple[str, ...]]]:
    """Every order of a clause with the checks that answer it."""
    orders = ORDERS[clause.id]
    written = ANSWERED["answers"].get(clause.id)
    if written is None:
        return [(order, checks_of(clause)) for order in orders]
    return [(order, tuple(checks)) for order, checks in zip(orders, written, strict=True)]


def differences() -> list[Difference]:
    """All differences between the orders and the checks, in the order of the source."""
    return [one for clause in clauses().values() for one in _of_clause(clause)]


def _of_clause(clause: Clause) -> Iterator[Difference]:
    answered = answers(clause)
    for order, checks in answered:
        if not checks:
            yield Difference(clause.id, "", "check", order["act"], "")
            continue
        for check in checks:
            for field, ordered, declared in _compared(clause, order, check):
                yield Difference(clause.id, check, field, str(ordered), str(declared))
        yield from _content(clause, order, checks)
    named = {check for _, checks in answered for check in checks}
    for check in set(checks_of(clause)) - named:
        yield Difference(clause.id, check, "order", "", check)
    for check in (c for c in clause.duties if c in named):
        yield from _demands(clause, check, [order for order, checks in answered if check in checks])


def _compared(clause: Clause, order: Order, check: str) -> Iterable[tuple[str, Any, Any]]:
    if check in clause.duties:
        return _against_duty(clause, order, by_code()[check])
    if check in _lines():
        return _against_line(order, _lines()[check])
    if check in _items():
        return _against_item(order, _items()[check])
    return _against_records(clause, order) if clause.record_only else ()


# Duties


def _against_duty(clause: Clause, order: Order, duty: Duty) -> Iterator[tuple[str, Any, Any]]:
    yield from _actor(order, _doers(duty))
    subject = SUBJECTS.get(duty.subject, {duty.subject})
    if order["subject"] and order["subject"] not in subject:
        yield "subject", order["subject"], duty.subject
    yield from _frequency(clause, order, duty)
    yield from _number(order, duty)
    yield from _deadline(order, duty)


def _actor(order: Order, declared: set[str]) -> Iterator[tuple[str, Any, Any]]:
    ordered = set(order["actor"].split("+")) - {""}
    if ordered - declared or (ordered == {"acting-parent"} and "paired-teacher" in declared):
        yield "actor", order["actor"], "+".join(sorted(declared))


def _doers(duty: Duty) -> set[str]:
    """Whose act counts; where anybody's does, who answers for it."""
    named = [doer for doer in duty.by if doer != "anyone"] or [duty.responsible]
    found = set().union(*(DOERS.get(doer, {doer}) for doer in named))
    if duty.among.get("kind") == "代理家长" or duty.subject == "acting-parent":
        found -= {"paired-teacher"}
    sources = [source for _, source, _ in duty.asked]
    if sources and all(source.where.get("by_principal") for source in sources):
        found = {"principal"}
    return found


def _frequency(clause: Clause, order: Order, duty: Duty) -> Iterator[tuple[str, Any, Any]]:
    ordered, declared = order["frequency"], EVERY.get(duty.every.value, duty.every.value)
    # What counts on a holiday alone is asked of the holidays of its period.
    if duty.sources and all(one.where.get("time_of_year") == "假期" for one in duty.sources):
        declared = "holiday"
    # Completeness is asked of every record of the period: each time.
    if ordered == "event" and duty.measure.kind is MeasureKind.COMPLETE:
        declared = "event"
    own = duty.proposed and (not duty.proposed_for or clause.id in duty.proposed_for)
    if ordered in OPEN and own:
        return
    if ordered != declared:
        yield "frequency", ordered, declared
    elif own and not duty.deadline:
        yield "proposed", ordered, declared


def _number(order: Order, duty: Duty) -> Iterator[tuple[str, Any, Any]]:
    ordered, measure = order["number"], duty.measure
    declared = str(measure.least) if measure.most is None else f"{measure.least}-{measure.most}"
    if measure.kind is MeasureKind.RANGE and measure.least == measure.most:
        declared = str(measure.least)
    if measure.kind in (MeasureKind.COMPLETE, MeasureKind.EVENT):
        declared = "1"
    if str(ordered or 1) != declared:
        yield "number", ordered, declared


def _deadline(order: Order, duty: Duty) -> Iterator[tuple[str, Any, Any]]:
    ordered, limit = order["deadline"], duty.deadline
    declared: Any = ""
    if duty.measure.minutes is not None:
        declared = next(word for word, n in MINUTES.items() if n == duty.measure.minutes)
    elif limit is not None and limit.weeks is not None:
        declared = "term-start"
    elif limit is not None and limit.semester_end:
        declared = "term-end"
    elif limit is not None:
        declared = limit.field or limit.days
    if ordered == "prompt" and duty.proposed and isinstance(declared, int):
        return
    if ordered != declared:
        yield "deadline", ordered, declared


# Checklists and records


def _against_line(order: Order, line: hardware.Line) -> Iterator[tuple[str, Any, Any]]:
    least = str(order["number"]).partition("-")[0]
    counted = line.counted in ("area", "asset", "book", "periodical")
    if counted and least and not (line.target == int(least) and not line.proposed):
        yield "number", order["number"], line.target
    if counted and not least and not line.proposed:
        yield "number", "", line.target
    if order["frequency"] != "standing":
        yield "frequency", order["frequency"], "standing"


def _against_item(order: Order, item: archive.Item) -> Iterator[tuple[str, Any, Any]]:
    per = {source.per or "semester" for source in item.sources}
    most = max((source.at_least for source in item.sources), default=1)
    word = {"school-year": "year"}
    told = {word.get(one, one) for one in per}
    if (
        order["frequency"] in ("month", "year")
        and not item.duties
        and order["frequency"] not in told
    ):
        yield "frequency", order["frequency"], "+".join(sorted(per))
    if order["number"] and most < int(order["number"]):
        yield "number", order["number"], most


def _against_records(clause: Clause, order: Order) -> Iterator[tuple[str, Any, Any]]:
    if order["frequency"] not in ("regular", "as-fit", "none"):
        yield "frequency", order["frequency"], "records only"
    if order["number"]:
        yield "number", order["number"], "records only"
    if order["deadline"]:
        yield "deadline", order["deadline"], "records only"


# What a record must hold


def _content(clause: Clause, order: Order, checks: tuple[str, ...]) -> Iterator[Difference]:
    words = set().union(*(_demanded(clause, check) for check in checks)) | ALWAYS
    for key in ("content", "result"):
        for item in filter(None, order[key].split("; ")):
            if not _covered(item, words):
                yield Difference(clause.id, "+".join(checks), key, item, "")


def _demands(clause: Clause, check: str, orders: list[Order]) -> Iterator[Difference]:
    """What a duty demands of a record and no order of the clause explains."""
    items = [
        i
        for order in orders
        for key in ("content", "result", "act")
        for i in order[key].split("; ")
        if i
    ]
    for word in sorted(_needed(clause, by_code()[check])):
        if not any(_covered(item, {word}) for item in items):
            yield Difference(clause.id, check, "demands", "", word)


def _chinese(item: str) -> list[str]:
    """The Chinese words of an item: after the English, parted by 、."""
    said = re.search(r"[㐀-鿿].*$", item)
    words = re.split(r"[、（）]", said[0]) if said else [item.rpartition(" ")[2]]
    return [word for word in words if word]


def _covered(item: str, words: set[str]) -> bool:
    for word in _chinese(item):
        same = [word, *ANSWERED["words"].get(word, ())]
        if any(
            w in word_of or (len(word_of) > 1 and word_of in w) for w in same for word_of in words
        ):
            return True
    return False


def _demanded(clause: Clause, check: str) -> set[str]:
    """All words a check asks of its records: filters, fields, attachments, titles of parts."""
    if check in clause.duties:
        return _of_duty(clause, by_code()[check])
    if check in _lines():
        line = _lines()[check]
        return {line.title, line.item, line.topic} - {""}
    if check in _items():
        return _of_item(_items()[check])
    if check in REGISTERS:
        return _of_register(check)
    return {check}


def _of_duty(clause: Clause, duty: Duty) -> set[str]:
    found = set(_needed(clause, duty))
    for source in [*_sources(clause, duty), *([duty.event] if duty.event else [])]:
        required = REGISTERS[source.register].fields.values()
        found |= {spec.label for spec in required if spec.required}
        found |= _words(source.where) | {REGISTERS[source.register].title}
        found |= {_label(source.register, name) for name in source.where if "__" not in name}
    return found | {part.title for part in _parts(clause, duty)} | _several(clause, duty)


def _several(clause: Clause, duty: Duty) -> set[str]:
    """The words of every field of several words that a record must have filled in."""
    named = {name.replace("-", "_") for name in (*duty.needs, *duty.measure.fields)}
    return {
        word
        for source in _sources(clause, duty)
        for name, spec in REGISTERS[source.register].fields.items()
        if name in named and isinstance(spec.field, WordsField)
        for word in spec.field.words
    }


def _needed(clause: Clause, duty: Duty) -> set[str]:
    """The labels of what a record must hold besides counting at all."""
    sources = _sources(clause, duty)
    registers = list(dict.fromkeys(source.register for source in sources))
    found = {
        _label(one, name)
        for one in registers
        for name in (*duty.needs, *duty.measure.fields)
        if _has(one, name)
    }
    for source in sources:
        found |= {_label(source.register, name) for name in source.needs}
    for part in _parts(clause, duty):
        for source in part.sources:
            found |= {_label(source.register, name) for name in (*part.needs, *part.fields)}
    if duty.measure.field and duty.measure.kind is MeasureKind.EVENT:
        found |= {
            _label(one, duty.measure.field) for one in registers if _has(one, duty.measure.field)
        }
    return found


def _sources(clause: Clause, duty: Duty) -> list[Source]:
    return [*duty.sources, *(s for part in _parts(clause, duty) for s in part.sources)]


def _parts(clause: Clause, duty: Duty) -> list[Part]:
    return [part for part in duty.parts if not part.clauses or clause.id in part.clauses]


def _has(register: str, name: str) -> bool:
    return (
        name in REGISTERS[register].fields or needs.need(REGISTERS[register], name) != needs.Need()
    )


def _label(register: str, name: str) -> str:
    """The label of a field or attachment; a need made of several keeps its own name."""
    declared = REGISTERS[register]
    field = declared.fields.get(name) or declared.fields.get(name.replace("-", "_"))
    return field.label if field else declared.evidence.get(name, name)


def _words(where: Mapping[str, Any]) -> set[str]:
    found: set[str] = set()
    for value in where.values():
        for one in value if isinstance(value, (list, tuple)) else [value]:
            found |= {one} if isinstance(one, str) else set()
    return found


def _of_item(item: archive.Item) -> set[str]:
    found = {"照片"} if item.photos else set()
    for source in item.sources:
        found |= {source.register.title, *_words(source.where)}
        for need in source.needs:
            for name in str(need).split("|"):
                found.add(REGISTERS[name].title if name in REGISTERS else _label(source.slug, name))
        found |= {
            spec.label for spec in source.register.fields.values() if spec.required or spec.wanted
        }
    return found


def _of_register(slug: str) -> set[str]:
    """What a register that only keeps records asks: required and wanted fields, their words."""
    declared = REGISTERS[slug]
    found = {declared.title, *declared.evidence.values()}
    for spec in declared.fields.values():
        if spec.required or spec.wanted:
            found |= {spec.label, *(getattr(spec.field, "words", ()) or ())}
    return found


@cache
def by_code() -> Mapping[str, Duty]:
    """The duties that ship, by their codes."""
    return {duty.code: duty for duty in duties()}


@cache
def _lines() -> Mapping[str, hardware.Line]:
    return {line.id: line for line in hardware.lines()}


@cache
def _items() -> Mapping[str, archive.Item]:
    return {item.id: item for item in archive.items()}


# What is known of the differences


class Entry(NamedTuple):
    """An accepted difference or a fault, with the values it takes of each field."""

    takes: Mapping[str, tuple[str, ...]]
    reason: str
    name: str

    def matches(self, one: Difference) -> bool:
        """Whether the difference agrees with all that is written."""
        return all(_value(one, key) in values for key, values in self.takes.items())

    def unused(self, found: Iterable[Difference]) -> list[str]:
        """The values written of which no difference has any."""
        taken = [one for one in found if self.matches(one)]
        return [
            f"{key} {value}"
            for key, values in self.takes.items()
            for value in values
            if value not in {_value(one, key) for one in taken}
        ]


def _value(one: Difference, key: str) -> str:
    return str(getattr(one, {"clauses": "clause"}.get(key, key)))


@cache
def known(kind: str) -> tuple[Entry, ...]:
    """The entries of a kind (difference, fault) in the order written."""
    rows = tomllib.loads((DATA / "orders_differences.toml").read_text("utf-8")).get(kind, [])
    return tuple(
        Entry(
            {k: tuple(v) for k, v in row.items() if k not in ("reason", "name")},
            row["reason"],
            row.get("name", ""),
        )
        for row in rows
    )
