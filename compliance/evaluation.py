"""Judging a school: every subject of a duty in a semester, looked at on one day.

One query per source, the subjects, classes, class teachers, excuses and the calendar in memory;
the number of queries does not grow with the subjects. Nothing is stored here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from compliance import among, events
from compliance.catalogue import is_on, source_register
from compliance.duty import Duty, MeasureKind, Part, Source
from compliance.excused import Excuses
from compliance.finder import BY_STAFF, Finder
from compliance.in_force import in_force
from compliance.judge import Judge
from compliance.periods import Frequency, Period, Thresholds, periods
from compliance.placement import Placement
from compliance.reading import day, moment
from compliance.sources import Asked, Records, Window, link_to
from compliance.subjects import REGISTER_OF_KIND, STAFF_KINDS, Only, Subject, Subjects
from compliance.verdict import PeriodVerdict, Row, Rules
from models import calendar
from models.school_calendar import DAY, WEEK, SchoolCalendar, SemesterSpan

TOPIC, SCHOOL = "topic", "school"
CHILDREN = frozenset({"pairing", "child"})
# Whom a record names, where that is not the register of the subject itself.
LINKED = {"volunteer-child": "volunteer"}
# Kinds that ask for nothing but a number of records.
COUNTED = frozenset({MeasureKind.COUNT, MeasureKind.RANGE})


class Judged(NamedTuple):
    """One subject's verdicts for one duty, one per period."""

    duty: Duty
    subject: Subject
    verdicts: tuple[PeriodVerdict, ...]


def periods_of(
    duty: Duty,
    semester: SemesterSpan,
    school_calendar: SchoolCalendar,
    thresholds: Thresholds | None = None,
) -> tuple[Period, ...]:
    """Return the periods of a duty in a semester, its deadline included.

    A duty per event has one: the semester its events happen in.
    """
    limit = duty.deadline
    if duty.every is Frequency.EVENT:
        (whole,) = periods(Frequency.SEMESTER, semester, school_calendar, thresholds)
        return (replace(whole, frequency=Frequency.EVENT),)
    weeks = limit.weeks if limit is not None else None
    found = periods(duty.every, semester, school_calendar, thresholds, weeks)
    if limit is not None and limit.semester_end:
        return tuple(replace(period, deadline=semester.last) for period in found)
    return found


def as_of_in(semester: SemesterSpan, today: date, school_calendar: SchoolCalendar) -> date:
    """Return the day a semester is looked at from: today, but not into the next semester."""
    following = school_calendar.following(semester)
    return today if following is None or today < following.first else following.first - DAY


def topics_on(duty: Duty) -> Iterator[int]:
    """Yield the numbers of a duty's topics that an adopted clause orders."""
    return (number for number, part in enumerate(duty.parts) if part.on)


def duty_register(duty: Duty) -> str:
    """Return the register whose records are a duty's subjects, "" for the school."""
    return REGISTER_OF_KIND.get(duty.subject, "")


class Evaluation:
    """The school on one day of one semester; duties are judged one by one.

    With `only` the verdicts of some subjects alone are worked out, with queries as narrow;
    `placement` may be handed on from another look at the same moment.
    """

    def __init__(
        self,
        semester: SemesterSpan,
        as_of: date,
        only: Only | None = None,
        placement: Placement | None = None,
    ) -> None:
        self.semester = semester
        self.as_of = as_of
        self.only = only
        self.calendar = calendar.school_calendar()
        self.thresholds = in_force(semester.code).thresholds
        self.placement = placement or Placement()
        self.subjects = Subjects(self.placement, only)
        self.excuses = Excuses()
        self._records = Records(only.children if only else None)
        # A colleague's records are read by whom they name, those of school and class as a whole.
        self._of_staff = Records(staff=only.staff) if only else self._records
        self._whole = Records() if only else self._records

    def judge(self, duty: Duty) -> list[Judged]:
        """Return the verdicts of all subjects of a duty, in order of the subjects' ids."""
        spans = periods_of(duty, self.semester, self.calendar, self.thresholds)
        if not spans:
            return []
        if duty.subject == TOPIC:
            return [one for number in topics_on(duty) for one in self._topic(duty, number)]
        if duty.event is not None:
            return self._events(duty, spans)
        rules = Rules.of(duty, self.thresholds, on=is_on(duty, self.semester.code))
        judge = Judge(rules, spans, self.calendar, self.as_of)
        subjects = self._subjects_of(duty)
        facts = self._facts(duty, subjects, spans)
        if rules.kind in COUNTED and not duty.parts:
            cells = count(judge, facts)
            return [
                Judged(
                    duty,
                    one,
                    judge.counted(
                        one.spans, self.excuses.spans(duty.code, one), cells.get(one.id, {})
                    ),
                )
                for one in subjects
            ]
        heaps = heap(facts)
        return [
            Judged(
                duty,
                one,
                judge(one.spans, self.excuses.spans(duty.code, one), heaps.get(one.id, ())),
            )
            for one in subjects
        ]

    def _subjects_of(self, duty: Duty) -> list[Subject]:
        subjects = self.subjects.of(duty.subject)
        return among.asked(duty, subjects, self.placement, self.as_of)

    def _topic(self, duty: Duty, number: int) -> list[Judged]:
        """One part of a duty whose parts are its subjects, judged for the school by itself."""
        part = duty.parts[number]
        alone = replace(duty, subject=SCHOOL, parts=(replace(part, clauses=()),))
        return [
            Judged(duty, judged.subject._replace(kind=TOPIC, id=number), judged.verdicts)
            for judged in self.judge(alone)
        ]

    def _events(self, duty: Duty, spans: tuple[Period, ...]) -> list[Judged]:
        """A duty per event: what became of each event, told of its subject."""
        only = self.only.children if self.only and duty.subject in CHILDREN else None
        window = Window(self.semester.first, self.as_of)
        last = spans[0].counts_until
        found = events.happened(duty, window._replace(last=min(last, self.as_of)), only)
        subjects = {one.id: one for one in self._subjects_of(duty)}
        on = is_on(duty, self.semester.code)
        return [
            Judged(
                duty,
                subjects[subject],
                (
                    events.verdict(
                        spans[0] if on else replace(spans[0], first=date.max),
                        theirs,
                        self.excuses.spans(duty.code, subjects[subject]),
                        self.as_of,
                    ),
                ),
            )
            for subject, theirs in sorted(found.items())
            if subject in subjects
        ]

    def _facts(
        self, duty: Duty, subjects: list[Subject], spans: tuple[Period, ...]
    ) -> Iterator[tuple[tuple[int, ...], Any, int]]:
        """Yield every fact that counts for somebody: the subjects, the fact, its part."""
        find = Finder(duty, subjects, self.placement).of
        for part, (source, needs) in enumerate_parts(duty):
            filled = duty.parts[part].fields if duty.parts else ()
            asked = self._asked(duty, source, needs, spans, filled)
            # A record credited to several colleagues counts once for a child, a class, a school.
            seen: set[Any] | None = (
                set() if asked.by_staff and duty.subject not in STAFF_KINDS else None
            )
            for fact in self._read(duty).of(asked):
                found = find(fact)
                if not found:
                    continue
                if seen is not None:
                    if (found, fact[0]) in seen:
                        continue
                    seen.add((found, fact[0]))
                yield found, fact, part

    def _read(self, duty: Duty) -> Records:
        if duty.subject in ("pairing", "child"):
            return self._records
        return self._of_staff if duty.subject in STAFF_KINDS else self._whole

    def _asked(
        self,
        duty: Duty,
        source: Source,
        needs: tuple[str, ...],
        spans: tuple[Period, ...],
        filled: tuple[str, ...],
    ) -> Asked:
        measure = duty.measure
        complete = measure.kind is MeasureKind.COMPLETE
        register = source_register(source)
        fields = (filled or measure.fields) if complete else ()
        if complete and not fields:
            fields = tuple(s.name for s in register.fields.values() if s.required or s.wanted)
        # Wider than most duties ask, so that those of one register share what is read.
        first = self.semester.first.replace(day=1) - WEEK
        return Asked(
            source=source,
            needs=needs,
            fields=fields,
            amount=measure.field,
            link=link_to(register, LINKED.get(duty.subject, duty_register(duty))),
            by_staff=source.present or bool(BY_STAFF & set(duty.by)) or duty.subject in STAFF_KINDS,
            window=Window(
                min(spans[0].counts_from, first), self.as_of, duty.every is Frequency.NOW
            ),
        )


def enumerate_parts(duty: Duty) -> Iterator[tuple[int, tuple[Source, tuple[str, ...]]]]:
    """Yield every source of a duty with the number of its part and what it needs."""
    for source in duty.sources:
        yield 0, (source, duty.needs)
    for number, part in enumerate(duty.parts):
        for source in part.sources:
            yield number, (source, _needs_of(duty, part))


def _needs_of(duty: Duty, part: Part) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*duty.needs, *part.needs)))


def count(
    judge: Judge, facts: Iterable[tuple[tuple[int, ...], Any, int]]
) -> dict[int, dict[int, list[int]]]:
    """Count the complete records per subject and period: all, in time, entered promptly."""
    places: dict[tuple[Any, Any], tuple[int, bool, bool] | None] = {}
    cells: dict[int, dict[int, list[int]]] = {}
    for subjects, (_, _, _, happened, entered, complete, _, _), _ in facts:
        if not complete:
            continue
        days = (happened, entered)
        if days not in places:
            places[days] = judge.place(day(happened) or date.min, day(entered) or date.min)
        place = places[days]
        if place is None:
            continue
        index, in_time, prompt = place
        for subject in subjects:
            cell = cells.setdefault(subject, {}).setdefault(index, [0, 0, 0])
            cell[0] += 1
            cell[1] += in_time
            cell[2] += prompt
    return cells


def heap(facts: Iterable[tuple[tuple[int, ...], Any, int]]) -> dict[int, list[Row]]:
    """Return per subject the records that count, as the judge reads them."""
    heaps: dict[int, list[Row]] = {}
    for subjects, (_, _, _, happened, entered, complete, amount, _), part in facts:
        row = (day(happened) or date.min, moment(entered), bool(complete), amount, part)
        for subject in subjects:
            heaps.setdefault(subject, []).append(row)
    return heaps
