"""Judging a school: every subject of a duty in a semester, looked at on one day.

One query per source, the subjects, classes, class teachers, excuses and the calendar in memory;
the number of queries does not grow with the subjects. Nothing is stored here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from compliance.catalogue import is_on, source_register
from compliance.duty import Duty, MeasureKind, Part, Source
from compliance.excused import Excuses
from compliance.judge import Judge
from compliance.periods import Frequency, Period, Thresholds, periods
from compliance.placement import Placement
from compliance.sources import Asked, Fact, Records, Window, link_to
from compliance.subjects import REGISTER_OF_KIND, SCHOOL_ID, STAFF_KINDS, Only, Subject, Subjects
from compliance.verdict import PeriodVerdict, Row, Rules
from models import calendar
from models.school_calendar import DAY, WEEK, SchoolCalendar, SemesterSpan

# Whose act it must be is looked up in the staff columns; for everybody else the filter says it.
BY_STAFF = frozenset(
    {"paired-teacher", "acting-parent", "class-teacher", "subject-teacher", "leader"}
)
BY_PAIRED = frozenset({"paired-teacher", "acting-parent"})


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
    """Return the periods of a duty in a semester, its deadline included."""
    weeks = duty.deadline.weeks if duty.deadline is not None else None
    return periods(duty.every, semester, school_calendar, thresholds, weeks)


def as_of_in(semester: SemesterSpan, today: date, school_calendar: SchoolCalendar) -> date:
    """Return the day a semester is looked at from: today, but not into the next semester."""
    following = school_calendar.following(semester)
    return today if following is None or today < following.first else following.first - DAY


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
        self.thresholds = Thresholds()
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
        rules = Rules.of(duty, self.thresholds, on=is_on(duty))
        judge = Judge(rules, spans, self.calendar, self.as_of)
        subjects = self.subjects.of(duty.subject)
        heaps = self.heaps(duty, subjects, spans)
        return [
            Judged(
                duty,
                subject,
                judge(
                    subject.spans,
                    self.excuses.spans(duty.code, subject),
                    heaps.get(subject.id, ()),
                ),
            )
            for subject in subjects
        ]

    def heaps(
        self, duty: Duty, subjects: list[Subject], spans: tuple[Period, ...]
    ) -> dict[int, list[Row]]:
        """Return per subject the records that count for the duty, as the judge reads them."""
        heaps: dict[int, list[Row]] = {}
        finder = Finder(duty, subjects, self.placement)
        for part, (source, needs) in enumerate_parts(duty):
            seen: set[tuple[int, int]] = set()
            asked = self._asked(duty, source, needs, spans)
            once = asked.by_staff and duty.subject not in STAFF_KINDS
            for fact in self._read(duty).of(asked):
                row = (fact.happened, fact.entered, fact.complete, fact.amount, part)
                for subject in finder.of(fact):
                    if once and (subject, fact.record) in seen:
                        continue
                    seen.add((subject, fact.record)) if once else None
                    heaps.setdefault(subject, []).append(row)
        return heaps

    def _read(self, duty: Duty) -> Records:
        if duty.subject in ("pairing", "child"):
            return self._records
        return self._of_staff if duty.subject in STAFF_KINDS else self._whole

    def _asked(
        self, duty: Duty, source: Source, needs: tuple[str, ...], spans: tuple[Period, ...]
    ) -> Asked:
        measure = duty.measure
        complete = measure.kind is MeasureKind.COMPLETE
        register = source_register(source)
        fields = measure.fields if complete else ()
        if complete and not fields:
            fields = tuple(s.name for s in register.fields.values() if s.required or s.wanted)
        # Wider than most duties ask, so that those of one register share what is read.
        first = self.semester.first.replace(day=1) - WEEK
        return Asked(
            source=source,
            needs=needs,
            fields=fields,
            amount=measure.field,
            link=link_to(register, REGISTER_OF_KIND.get(duty.subject, "")),
            by_staff=bool(BY_STAFF & set(duty.by)) or duty.subject in STAFF_KINDS,
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


class Finder:
    """Finds the subjects of one duty that a record counts for."""

    def __init__(self, duty: Duty, subjects: Iterable[Subject], placement: Placement) -> None:
        self.duty = duty
        self.placement = placement
        self.kind = duty.subject
        self.by = frozenset(duty.by)
        self._ids = {subject.id for subject in subjects}
        self._of_child: dict[int | None, list[tuple[int, int | None]]] = {}
        self._of_staff: dict[int | None, list[int]] = {}
        for subject in subjects:
            self._of_child.setdefault(subject.child, []).append((subject.id, subject.staff))
            self._of_staff.setdefault(subject.staff, []).append(subject.id)

    def of(self, fact: Fact) -> Iterable[int]:
        """Return the ids of the subjects the record counts for, perhaps none."""
        if self.kind == "pairing":
            return self._pairings(fact)
        if self.kind == "child":
            found = (fact.child,) if fact.child in self._ids else ()
            return found if not found or self._acted(fact) else ()
        if self.kind in STAFF_KINDS:
            return self._of_staff.get(fact.staff, ()) if fact.staff is not None else ()
        if self.kind == "school":
            return (SCHOOL_ID,) if self._acted(fact) else ()
        if self.kind == "class" and fact.link is None and fact.child is not None:
            school_class = self.placement.class_of(fact.child, fact.happened)
            return (school_class,) if school_class in self._ids else ()
        return (fact.link,) if fact.link in self._ids and self._acted(fact) else ()

    def _pairings(self, fact: Fact) -> Iterable[int]:
        paired = self._of_child.get(fact.child, ())
        if self.by & BY_PAIRED:
            return [pairing for pairing, teacher in paired if teacher == fact.staff]
        return [pairing for pairing, _ in paired]

    def _acted(self, fact: Fact) -> bool:
        """Whether one of those whose act it must be did act, as things stood on that day."""
        if "class-teacher" in self.by and "subject-teacher" not in self.by:
            leaders = (
                self.placement.class_teachers(fact.child, fact.happened)
                if fact.child is not None
                else self.placement.leaders_of(fact.link, fact.happened)
            )
            return fact.staff in leaders
        return True
