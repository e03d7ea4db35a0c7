"""封存学期: reviewing a semester, closing it, opening it again — and the record of each step.

What is closed is read-only for everybody (`validation.check_open`); the numbers of the day are
kept with the step, so that later changes of settings do not rewrite what was reviewed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from models.core import audit, calendar, service
from models.core.actor import Actor
from models.core.boxes import LEADERSHIP, OFFICE
from models.core.database import within
from models.core.errors import Denied, Invalid, NotFound
from models.core.gates import every_row, row
from models.core.incomplete import incomplete
from models.core.register import REGISTERS, Register, parent_register, register_of
from models.core.semester_records import in_semester
from models.core.spans import between
from models.core.until_written import until_written
from models.kept.school import CLOSE, REOPEN, Semester, SemesterClose
from models.sealed import leaders


@dataclass(frozen=True)
class Reviewed:
    """What one register holds of a semester: records, incomplete ones, ones still open."""

    register: Register
    records: int
    lacking: int
    unfinished: int


@dataclass(frozen=True)
class Numbers:
    """The numbers of the day a semester was closed.

    `duties` maps a duty's code to [met, judged]; `findings` is None where nobody counted.
    """

    records: int
    lacking: int
    findings: int | None = None
    duties: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def review(semester: Any) -> list[Reviewed]:
    """Return what is filed of the semester, register by register, empty ones left out."""
    kept = until_written("review", semester.id)
    if semester.id not in kept:
        found = (
            _reviewed(register, semester)
            for register in REGISTERS.values()
            if _is_locked_by_it(register)
        )
        kept[semester.id] = [reviewed for reviewed in found if reviewed.records]
    return list(kept[semester.id])


def _is_locked_by_it(declared: Register) -> bool:
    return bool(declared.happened) and declared.locks and not declared.parent


def _reviewed(declared: Register, semester: Any) -> Reviewed:
    model = declared.model
    query = _records(declared, semester)
    lacking = 0 if declared.sealed else query.where(incomplete(declared)).count()
    unfinished = 0
    if declared.open_until:
        unfinished = query.where(getattr(model, declared.open_until).is_null(True)).count()
    return Reviewed(declared, query.count(), lacking, unfinished)


def incomplete_list(declared: Register, semester: Any, limit: int = 200) -> list[Any]:
    """Return the ids of the semester's records that lack something, oldest first."""
    model = declared.model
    query = _records(declared, semester).select(model.id).where(incomplete(declared))
    found = query.order_by(getattr(model, declared.happened))
    return [number for (number,) in found.limit(limit).tuples()]


def _records(declared: Register, semester: Any) -> Any:
    return every_row(declared).where(in_semester(declared, calendar.semester_called(semester.code)))


def close(actor: Actor, semester_id: Any, reason: str, numbers: Numbers) -> Any:
    """Close a semester and return the step; the caller has asked for the password again.

    Raises Denied for anybody but the leadership, Invalid while the semester runs, is closed
    already or no reason is given.
    """
    semester = _asked(actor, semester_id, reason)
    if semester.closed_on is not None:
        raise Invalid({"": f"{semester.title}已经封存过了"})
    if actor.today < semester.last_day:
        raise Invalid({"": f"{semester.title}到 {semester.last_day} 才结束，结束后再封存"})
    return _step(actor, semester, CLOSE, reason, numbers, actor.today)


def reopen(actor: Actor, semester_id: Any, reason: str) -> Any:
    """Open a closed semester again and return the step; the numbers of its closing stay."""
    semester = _asked(actor, semester_id, reason)
    if semester.closed_on is None:
        raise Invalid({"": f"{semester.title}没有封存，不用重新开放"})
    last = last_closing(semester.id)
    numbers = Numbers(last.records, last.lacking, last.findings) if last else Numbers(0, 0)
    return _step(actor, semester, REOPEN, reason, numbers, None)


def _asked(actor: Actor, semester_id: Any, reason: str) -> Any:
    if actor.role != LEADERSHIP:
        raise Denied("封存和重新开放学期由领导小组办理")
    leaders.demand(actor)
    semester = row(actor.as_product, register_of(Semester), semester_id)
    if semester is None:
        raise NotFound("没有找到这个学期")
    if not reason.strip():
        raise Invalid({"reason": "请写明理由"})
    return semester


def _step(
    actor: Actor, semester: Any, word: str, reason: str, numbers: Numbers, closed: date | None
) -> Any:
    writer = actor.as_product
    entries, head = audit.head()
    raw = {
        "semester": semester.id,
        "step": word,
        "at": actor.now,
        "by": actor.name,
        "reason": reason.strip(),
        "records": numbers.records,
        "lacking": numbers.lacking,
        "findings": numbers.findings,
        "duties": json.dumps({code: list(pair) for code, pair in numbers.duties.items()}),
        "head": head if entries else "",
    }
    with service.work(writer) as current:
        declared = register_of(Semester)
        service.update(
            writer,
            declared,
            semester.id,
            {"closed_on": closed},
            semester.version,
            current=current,
        )
        return service.create(writer, register_of(SemesterClose), raw, current=current)


def steps(actor: Actor, semester_id: int | None = None) -> list[Any]:
    """Return the closings and reopenings, newest first; the office alone reads them."""
    if actor.role not in OFFICE:
        return []
    query = every_row(register_of(SemesterClose)).order_by(SemesterClose.id.desc())
    return list(
        query if semester_id is None else query.where(SemesterClose.semester == semester_id)
    )


def last_closing(semester_id: int) -> Any | None:
    """Return the newest closing of a semester, None when it was never closed."""
    query = every_row(register_of(SemesterClose)).where(
        SemesterClose.semester == semester_id, SemesterClose.step == CLOSE
    )
    return query.order_by(SemesterClose.id.desc()).first()


def duties_then(closing: Any) -> dict[str, tuple[int, int]]:
    """Return the duty numbers kept with a closing: code → (met, judged)."""
    return {code: (pair[0], pair[1]) for code, pair in json.loads(closing.duties).items()}


def since_closing(semester: Any, closing: Any) -> int:
    """Return how many records of a closed semester came in since: acts of the holiday after it.

    They count for the semester just ended and stay writable; its numbers are left alone.
    """
    return sum(
        int(_records(register, semester).where(register.model.entered_at > closing.at).count())
        for register in REGISTERS.values()
        if _is_locked_by_it(register)
    )


def finished_after_closing(
    register: Register, dated: Iterable[tuple[Any, date | None]]
) -> set[int]:
    """Return which of the records, each with the day it belongs to, show 封存后完成.

    They were open when their semester was closed, and what ends them was written since.
    """
    if not register.open_until:
        return set()
    held: dict[int, list[Any]] = {}
    for record, day in dated:
        semester = calendar.semester_on(day) if day is not None else None
        if semester is None or semester.closed_on is None:
            continue
        if getattr(record, register.open_until) is not None:
            held.setdefault(semester.id, []).append(record)
    found: set[int] = set()
    for number, records in held.items():
        closing = last_closing(number)
        if closing is not None:
            found |= _finished(register, records, closing.at)
    return found


def _finished(register: Register, records: Iterable[Any], since: datetime) -> set[int]:
    changed = [
        record.id
        for record in records
        if record.changed_at is not None and record.changed_at > since
    ]
    return audit.set_since(register.slug, changed, register.open_until, since)


def finished_since(semester: Any, closing: Any) -> int:
    """Return how many records of a closed semester, lines included, were finished since.

    The numbers kept with the closing are left alone.
    """
    count = 0
    for declared in REGISTERS.values():
        home = parent_register(declared) or declared
        if not declared.open_until or not home.happened or not home.locks:
            continue
        inside = between(getattr(home.model, home.happened), semester.first_day, semester.last_day)
        if home is not declared:
            records = every_row(home).where(inside).select(home.model.id)
            inside = within(getattr(declared.model, declared.parent), records)
        ends = getattr(declared.model, declared.open_until)
        late = every_row(declared).where(inside, ends.is_null(False))
        late = late.where(declared.model.changed_at > closing.at)
        count += len(_finished(declared, late, closing.at))
    return count
