"""Judging a school: every subject of a duty in a semester, looked at on one day.

One query per register, the subjects, classes, class teachers, excuses and the calendar in memory;
the number of queries does not grow with the subjects. Nothing is stored here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import repeat
from typing import NamedTuple

from msgspec import structs

from compliance.judged import among, events
from compliance.judged.counting import Found, count
from compliance.judged.events import Event
from compliance.judged.excused import Excuses
from compliance.judged.finder import Finder
from compliance.judged.judge import Cells, Judge
from compliance.judged.placement import Placement
from compliance.judged.questions import questions
from compliance.judged.records import Asked, Records
from compliance.judged.sources import Window
from compliance.judged.subjects import STAFF_KINDS, Only, Subject, Subjects, couples
from compliance.judged.verdict import PeriodVerdict, Rules, Span
from compliance.ordered.catalogue import is_on
from compliance.ordered.duty import Duty
from compliance.ordered.in_force import in_force
from compliance.ordered.periods import Frequency, Period, Thresholds, periods
from compliance.ordered.reading import day_of
from models.core import calendar
from models.core.school_calendar import SchoolCalendar, SemesterSpan

TOPIC, SCHOOL, HOME = "topic", "school", "home"
CHILDREN = frozenset({"pairing", "child"})


class Judged(NamedTuple):
    """One subject's verdicts for one duty, one per period."""

    duty: Duty
    subject: Subject
    verdicts: tuple[PeriodVerdict, ...]


class Plan(NamedTuple):
    """A duty to be judged for some subjects; of a topic with the duty it is one of, and where."""

    duty: Duty
    spans: tuple[Period, ...]
    subjects: list[Subject]
    topic: tuple[Duty, int] | None = None

    def told(self, judged: Iterable[tuple[PeriodVerdict, ...]]) -> list[Judged]:
        """Return the verdicts as those of the subjects, or of the topic."""
        if self.topic is None:
            return list(map(Judged, repeat(self.duty), self.subjects, judged))
        duty, number = self.topic
        topics = (subject._replace(kind=TOPIC, id=number) for subject in self.subjects)
        return list(map(Judged, repeat(duty), topics, judged))


def periods_of(
    duty: Duty,
    semester: SemesterSpan,
    school_calendar: SchoolCalendar,
    thresholds: Thresholds | None = None,
) -> tuple[Period, ...]:
    """Return the periods of a duty in a semester, its deadline included.

    A duty per event has one: the semester its events happen in. One of every home has the school
    days of all of them, and each is asked on its own.
    """
    if duty.subject == HOME:
        school_calendar = school_calendar.anywhere()
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
    return min(today, school_calendar.counts_until(semester))


def topics_on(duty: Duty) -> Iterator[int]:
    """Yield the numbers of a duty's topics that an adopted clause orders."""
    return (number for number, part in enumerate(duty.parts) if part.on)


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
        self.excuses = Excuses(self.placement)
        self._records = Records(self.placement, only.children if only else None)
        # A colleague's records are read by whom they name, those of school and class as a whole.
        self._of_staff = Records(self.placement, staff=only.staff) if only else self._records
        self._whole = Records(self.placement) if only else self._records

    def judge(self, duty: Duty) -> list[Judged]:
        """Return the verdicts of all subjects of a duty, in order of the subjects' ids."""
        return [one for _, judged in self.judge_all([duty]) for one in judged]

    def judge_all(self, duties: Iterable[Duty]) -> Iterator[tuple[Duty, list[Judged]]]:
        """Yield the verdicts duty by duty; what they all read of a register is read once."""
        planned = [(duty, list(self._plans(duty))) for duty in duties]
        for plan in (plan for _, plans in planned for plan in plans):
            if plan.duty.event is None:
                self._records_of(plan.duty).expect(asked for _, asked in self._asked(plan))
        for duty, plans in planned:
            yield duty, [one for plan in plans for one in self._judged(plan)]

    def behind(self, duty: Duty) -> Iterator[tuple[int, str, int, date]]:
        """Yield what is counted for whom: subject or topic, register, record, day; no events."""
        for plan in self._plans(duty):
            find = self._finder(plan)
            for part, asked in self._asked(plan):
                found = self._found(plan, find, part, asked)
                owners, places = found.looked_up()
                facts = found.facts
                for place, record, happened in zip(
                    places, facts.column("record"), facts.column("happened"), strict=True
                ):
                    for subject in owners[place] if plan.topic is None else plan.topic[1:]:
                        yield subject, asked.source.register, record, day_of(happened)

    def _plans(self, duty: Duty) -> Iterator[Plan]:
        """What is to be judged: a duty for its subjects, or each of its topics for the school."""
        spans = periods_of(duty, self.semester, self.calendar, self.thresholds)
        subjects = self.subjects.of(SCHOOL if duty.subject == TOPIC else duty.subject)
        if not spans:
            return
        if duty.subject == TOPIC:
            for number in topics_on(duty):
                part = structs.replace(duty.parts[number], clauses=())
                alone = structs.replace(duty, subject=SCHOOL, parts=(part,))
                yield Plan(alone, spans, subjects, (duty, number))
            return
        asked = among.asked(duty, subjects, self.placement, self.as_of)
        if duty.subject == "pairing":
            asked = couples(asked)
        if asked:
            yield Plan(duty, spans, asked)

    def _judged(self, plan: Plan) -> list[Judged]:
        duty = plan.duty
        if duty.event is not None:
            return self._events(plan)
        rules = Rules.of(duty, self.thresholds, on=is_on(duty, self.semester.code))
        if duty.subject == HOME:
            return self._homes(plan, rules)
        judge = Judge(rules, plan.spans, self.calendar, self.as_of)
        find = self._finder(plan)
        found = (self._found(plan, find, part, asked) for part, asked in self._asked(plan))
        cells, excused = count(judge, found), self.excuses.spans
        nothing: Cells = {}
        judged = [
            judge.counted(subject.spans, excused(duty, subject), cells.get(subject.id, nothing))
            for subject in plan.subjects
        ]
        return plan.told(judged)

    def _homes(self, plan: Plan, rules: Rules) -> list[Judged]:
        """Judge the school's own home and those of the village points, each by its calendar."""
        find = self._finder(plan)
        found = [self._found(plan, find, part, asked) for part, asked in self._asked(plan)]
        judged = []
        for subject in plan.subjects:
            judge = Judge(rules, plan.spans, self.calendar.at(subject.id), self.as_of)
            cells = count(judge, found).get(subject.id, {})
            judged.append(judge.counted(subject.spans, (), cells))
        return plan.told(judged)

    def _found(self, plan: Plan, find: Finder, part: int, asked: Asked) -> Found:
        facts = self._records_of(plan.duty).of(asked)
        # A record credited to several colleagues counts once for a child, a class, a school.
        once = facts.repeats and plan.duty.subject not in STAFF_KINDS
        return Found(facts, find, part, once)

    def _finder(self, plan: Plan) -> Finder:
        """Whom the records count for; what was held before the first period needs no looking at."""
        since = min(period.counts_from for period in plan.spans)
        return Finder(plan.duty, plan.subjects, self.placement, since)

    def _asked(self, plan: Plan) -> Iterator[tuple[int, Asked]]:
        return questions(plan.duty, self.semester, plan.spans, self.as_of)

    def _events(self, plan: Plan) -> list[Judged]:
        """A duty per event: what became of each event, told of its subject."""
        duty, spans = plan.duty, plan.spans
        only = self.only.children if self.only and duty.subject in CHILDREN else None
        window = Window(self.semester.first, self.as_of)
        last = spans[0].counts_until
        found = events.happened(duty, window._replace(last=min(last, self.as_of)), only)
        subjects = {subject.id: subject for subject in plan.subjects}
        asked = spans[0] if is_on(duty, self.semester.code) else replace(spans[0], first=date.max)

        @cache
        def judged(theirs: tuple[Event, ...], excuses: tuple[Span, ...]) -> tuple[PeriodVerdict]:
            return (events.verdict(asked, theirs, excuses, self.as_of),)

        return [
            Judged(
                duty, subjects[one], judged(tuple(theirs), self.excuses.spans(duty, subjects[one]))
            )
            for one, theirs in sorted(found.items())
            if one in subjects
        ]

    def _records_of(self, duty: Duty) -> Records:
        if duty.subject in ("pairing", "child"):
            return self._records
        return self._of_staff if duty.subject in STAFF_KINDS else self._whole
