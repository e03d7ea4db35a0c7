"""The records behind a sheet, with their hashes: kept at the signature, compared ever after."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from compliance.evaluated.year import Year
from compliance.judged.evaluation import Evaluation, as_of_in
from compliance.judged.subjects import Subject
from compliance.judged.verdict import PeriodVerdict, State
from compliance.ordered.catalogue import duties_on
from compliance.ordered.duty import WEIGHED, Duty
from compliance.ordered.periods import Period
from compliance.told.answers import Responsible, around
from models.core import calendar
from models.core.gates import every_row
from models.core.history import snapshot
from models.core.register import find, register_of
from models.core.school_calendar import SemesterSpan
from models.kept.school import Semester

# Enough of a SHA-256 to tell two states of one record apart.
DIGITS = 32
# So many records are read in one query.
AT_ONCE = 500

Named = tuple[str, int]


class Cell(NamedTuple):
    """One period of one subject that a teacher answered for, and the records counted in it."""

    term: str
    duty: Duty
    subject: Subject
    verdict: PeriodVerdict
    records: tuple[Named, ...]


class Changes(NamedTuple):
    """What became of the records behind a signed sheet since."""

    changed: list[Named]
    gone: list[Named]


def cells(year: Year, staff: int, today: date, codes: Iterable[str] | None = None) -> list[Cell]:
    """Return every period a teacher answered for in a year, of some duties or all, with records."""
    terms = year.terms(today)
    found: list[Cell] = []
    for term in terms:
        asked = Responsible(term)
        chosen = [
            duty
            for duty in duties_on(term.code)
            if duty.weight and duty.responsible in WEIGHED and (codes is None or duty.code in codes)
        ]
        as_of = as_of_in(term, today, calendar.school_calendar())
        evaluation = Evaluation(term, as_of, around([staff]), asked.placement)
        for duty in chosen:
            found.extend(_of_duty(year, terms, term, evaluation, asked, duty, staff))
    return found


def _of_duty(
    year: Year,
    terms: list[SemesterSpan],
    term: SemesterSpan,
    evaluation: Evaluation,
    asked: Responsible,
    duty: Duty,
    staff: int,
) -> Iterator[Cell]:
    heaps: dict[int, list[tuple[date, Named]]] = defaultdict(list)
    if duty.event is None:
        for owner, slug, record, day in evaluation.behind(duty):
            heaps[owner].append((day, (slug, record)))
    for one in evaluation.judge(duty):
        subject = one.subject
        whose = asked.of(duty.code, subject.child, subject.staff, subject.school_class)
        for verdict, who in zip(one.verdicts, whose, strict=True):
            period = verdict.period
            asked_for = staff in who and verdict.state is not State.NOT_DUE
            if asked_for and year.counts(duty, term, period.last.year, terms):
                records = _within(period, evaluation.as_of, heaps.get(subject.id, ()))
                yield Cell(term.code, duty, subject, verdict, records)


def _within(period: Period, as_of: date, heap: Iterable[tuple[date, Named]]) -> tuple[Named, ...]:
    until = min(period.counts_until, as_of)
    return tuple(sorted({name for day, name in heap if period.counts_from <= day <= until}))


def hashes(records: Iterable[Named]) -> dict[str, dict[str, str]]:
    """Return per register and number the hash of each record that still lives."""
    by_register: dict[str, set[int]] = defaultdict(set)
    for slug, number in records:
        by_register[slug].add(number)
    return {slug: _hashes_of(slug, sorted(ids)) for slug, ids in sorted(by_register.items())}


def _hashes_of(slug: str, ids: list[int]) -> dict[str, str]:
    declared = find(slug)
    if declared is None:
        return {}
    found = {}
    for start in range(0, len(ids), AT_ONCE):
        chosen = every_row(declared).where(declared.model.id.in_(ids[start : start + AT_ONCE]))
        for record in chosen.order_by(declared.model.id):
            text = json.dumps(
                snapshot(declared, record), ensure_ascii=False, sort_keys=True, default=str
            )
            found[str(record.id)] = hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
    return found


def after_closing(year: Year, staff: int, today: date) -> dict[str, int]:
    """Return per duty how many records counted in a closed semester were entered after its closing.

    What happened in the semester is locked then; acts of the holiday behind it still count.
    """
    query = every_row(register_of(Semester)).where(Semester.closed_on.is_null(False))
    closed = {row.code: row.closed_on for row in query}
    if not closed.keys() & {term.code for term in year.terms(today)}:
        return {}
    counted: dict[str, set[Named]] = defaultdict(set)
    behind: dict[Named, date] = {}
    for cell in cells(year, staff, today):
        if cell.term in closed:
            counted[cell.duty.code] |= set(cell.records)
            behind |= dict.fromkeys(cell.records, closed[cell.term])
    late = _entered_after(behind)
    return {code: n for code, records in counted.items() if (n := len(records & late))}


def _entered_after(days: Mapping[Named, date]) -> set[Named]:
    """Return the records entered on a later day than the one named."""
    found: set[Named] = set()
    by_register: dict[str, list[int]] = defaultdict(list)
    for slug, number in days:
        by_register[slug].append(number)
    for slug, ids in by_register.items():
        declared = find(slug)
        assert declared is not None
        model = declared.model
        for start in range(0, len(ids), AT_ONCE):
            rows = every_row(declared).select(model.id, model.entered_at)
            for row in rows.where(model.id.in_(ids[start : start + AT_ONCE])):
                if row.entered_at and row.entered_at.date() > days[slug, row.id]:
                    found.add((slug, row.id))
    return found


def kept_with(year: Year, staff: int, today: date) -> dict[str, dict[str, str]]:
    """Return the hashes of all records behind a teacher's year, to be kept with the signature."""
    return hashes(name for cell in cells(year, staff, today) for name in cell.records)


def changes(sheet: Any) -> Changes:
    """Return which records behind a signed sheet were changed or deleted since it was signed."""
    kept: dict[str, dict[str, str]] = json.loads(sheet.records or "{}")
    names = [(slug, int(number)) for slug, ones in kept.items() for number in ones]
    now = hashes(names)
    changed, gone = [], []
    for slug, number in names:
        said = now.get(slug, {}).get(str(number))
        if said is None:
            gone.append((slug, number))
        elif said != kept[slug][str(number)]:
            changed.append((slug, number))
    return Changes(changed, gone)
