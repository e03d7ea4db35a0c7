"""工作负担: what is asked of each teacher per week, in entries and in minutes of typing.

Worked out from the duties in force and the subjects each teacher answers for, as the stored
verdicts have them; spread evenly over the teaching weeks. It judges nobody: it says whether the
school asks for too much (docs/rules.md, Evaluation of teachers).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from compliance.judged.evaluation import periods_of
from compliance.judged.placement import Placement
from compliance.judged.store import letters_by_subject
from compliance.judged.subjects import STAFF_KINDS, Subject, responsible
from compliance.judged.verdict import State
from compliance.ordered.burden_plan import (
    Act,
    Ask,
    asks_of,
    entry_minutes,
    is_entered_by_teachers,
    plan,
)
from compliance.ordered.catalogue import duties_on
from compliance.ordered.duty import Duty
from compliance.ordered.in_force import in_force
from compliance.ordered.periods import Frequency, Period
from compliance.ordered.regulations import clauses
from models.core import calendar
from models.core.actor import Actor
from models.core.boxes import TEACHING
from models.core.school_calendar import SchoolCalendar, SemesterSpan
from models.school import entry_times

RESPONSIBLE = ("teacher", "class-teacher", "leader")
# Letters of a period that asks nothing; "" where the period has no letter yet.
NOT_ASKED = frozenset({State.NOT_DUE.value, State.EXCUSED.value, ""})
# Whole numbers a week, whatever the holidays take away.
WEEKLY = {Frequency.WEEK: Fraction(1), Frequency.TWO_WEEKS: Fraction(1, 2)}


class Item(NamedTuple):
    """What one duty asks of one teacher per week; `also` are the duties these entries serve too.

    `served` says how many of the entries serve which duties, for what they cost per regulation.
    """

    duty: Duty
    register: str
    subjects: int
    entries: Fraction
    minutes: Fraction
    also: tuple[str, ...]
    served: tuple[tuple[frozenset[str], Fraction], ...] = ()


class Load(NamedTuple):
    """All that is asked of one teacher per week, the most first."""

    staff: int
    items: tuple[Item, ...]

    @property
    def entries(self) -> Fraction:
        """Entries per week."""
        return sum((item.entries for item in self.items), Fraction(0))

    @property
    def minutes(self) -> Fraction:
        """Minutes of typing per week, estimated."""
        return sum((item.minutes for item in self.items), Fraction(0))


class Burden(NamedTuple):
    """The loads of all teachers in sight, heaviest first; `elsewhere` the office types itself."""

    loads: tuple[Load, ...]
    elsewhere: tuple[Duty, ...]

    def of(self, staff: int | None) -> Load | None:
        """Return one teacher's load, None where nothing is asked."""
        return next((load for load in self.loads if load.staff == staff), None)

    @property
    def average(self) -> tuple[Fraction, Fraction]:
        """Entries and minutes per week of a teacher who is asked for anything."""
        number = len(self.loads) or 1
        entries = sum((load.entries for load in self.loads), Fraction(0))
        return entries / number, sum((load.minutes for load in self.loads), Fraction(0)) / number


def burden(actor: Actor, semester: SemesterSpan) -> Burden:
    """Return what a semester asks of each teacher; of a teacher's own eyes, of the teacher alone.

    A fixed number of queries. Where two teachers answer for one child together, each is asked for
    half.
    """
    charged = [duty for duty in duties_on(semester.code) if duty.responsible in RESPONSIBLE]
    asked = {duty.code: duty for duty in charged if is_entered_by_teachers(duty)}
    found = _Answering(actor, semester, asked).targets()
    wanted = {actor.staff_id} if actor.role in TEACHING else set(found)
    planner = _Planner(asked, semester)
    loads = [planner.load(staff, theirs) for staff, theirs in found.items() if staff in wanted]
    loads.sort(key=lambda one: (-one.entries, one.staff))
    elsewhere = (one for one in charged if one.code not in asked and _comes_round(one))
    return Burden(tuple(loads), tuple(elsewhere))


class Cost(NamedTuple):
    """What one regulation has all teachers in sight enter per week.

    An entry that serves several regulations is counted with each. `saved` are the entries made for
    this one alone, which would not be asked for if the school did not adopt it; what a teacher is
    asked in person and has met by other entries is never among them.
    """

    system: str
    entries: Fraction = Fraction(0)
    minutes: Fraction = Fraction(0)
    saved: Fraction = Fraction(0)
    saved_minutes: Fraction = Fraction(0)


def costs(found: Burden, semester: SemesterSpan) -> list[Cost]:
    """Return what each adopted regulation costs the teachers, the dearest first; asks nothing."""
    force = in_force(semester.code)
    asking = {
        duty.code: frozenset(
            clauses()[clause].system for clause in duty.clauses if force.adopts(clause)
        )
        for duty in duties_on(semester.code)
    }
    made: dict[str, Cost] = {}
    for item in (item for load in found.loads for item in load.items):
        each = item.minutes / item.entries if item.entries else Fraction(0)
        alone = _systems({item.duty.code, *item.also}, asking)
        for duties, rate in item.served:
            for system in _systems(duties, asking):
                saved = rate if alone == {system} else Fraction(0)
                so_far = made.get(system, Cost(system))
                made[system] = Cost(
                    system,
                    so_far.entries + rate,
                    so_far.minutes + rate * each,
                    so_far.saved + saved,
                    so_far.saved_minutes + saved * each,
                )
    return sorted(made.values(), key=lambda one: (-one.minutes, one.system))


def _systems(duties: Iterable[str], asking: Mapping[str, frozenset[str]]) -> set[str]:
    return set().union(*(asking.get(code, frozenset()) for code in duties))


def _comes_round(duty: Duty) -> bool:
    return duty.every not in (Frequency.NOW, Frequency.EVENT, Frequency.ONCE)


def per_week(duty: Duty, semester: SemesterSpan, school_calendar: SchoolCalendar) -> Fraction:
    """Return how many periods of a duty fall into one teaching week of the semester."""
    if duty.every in WEEKLY:
        return WEEKLY[duty.every]
    weeks = school_calendar.weeks(semester)
    if duty.every is Frequency.SCHOOL_YEAR:
        year = [s for s in school_calendar.semesters if s.school_year == semester.school_year]
        # A year of which only one semester is entered is taken for twice as long.
        whole = sum(map(school_calendar.weeks, year)) if len(year) > 1 else 2 * weeks
        return Fraction(1, whole)
    return Fraction(len(periods_of(duty, semester, school_calendar)), weeks)


# The duties asked about one child, class or group, each with how many teachers share it.
Asked = frozenset[tuple[str, int]]
# What is asked of a teacher in person, not about anybody.
IN_PERSON = ("staff", 0)


class _Answering:
    """Who answers for which subject, as the verdicts of the running period have it."""

    def __init__(self, actor: Actor, semester: SemesterSpan, asked: dict[str, Duty]) -> None:
        self.actor, self.semester, self.asked = actor, semester, asked
        self.day = min(max(actor.today, semester.first), semester.last)
        self.placement = Placement()
        school_calendar = calendar.school_calendar()
        limits = in_force(semester.code).thresholds
        self.periods = {
            code: usual(periods_of(duty, semester, school_calendar, limits), actor.today)
            for code, duty in asked.items()
        }
        self._known: dict[tuple[Any, ...], tuple[int, ...]] = {}

    def targets(self) -> dict[int, dict[tuple[str, int], dict[str, int]]]:
        """Return per teacher, and per child, class or group, what is asked about it."""
        found: dict[int, dict[tuple[str, int], dict[str, int]]] = {}
        for row in letters_by_subject(self.actor, self.semester.code, self.asked):
            code, subject, child, staff, school_class, letters = row
            index = self.periods[code]
            if index is None or letters[index : index + 1] in NOT_ASKED:
                continue
            duty = self.asked[code]
            named = subject if duty.subject == "class" else school_class
            who = self._who(duty, child, staff, named)
            target = _target(duty, subject, child)
            for one in who:
                found.setdefault(one, {}).setdefault(target, {})[code] = len(who)
        return found

    def _who(
        self, duty: Duty, child: int | None, staff: int | None, school_class: int | None
    ) -> tuple[int, ...]:
        key = (duty.responsible, duty.subject, child, staff, school_class)
        if key not in self._known:
            subject = Subject(duty.subject, 0, (), child, staff, school_class)
            found = responsible(duty, subject, self.day, self.placement)
            self._known[key] = tuple(dict.fromkeys(found))
        return self._known[key]


def usual(periods: Iterable[Period], day: date) -> int | None:
    """Return the last period begun that is long enough to ask for anything, None before it.

    In a week of holidays the week before says what a week usually asks.
    """
    begun = [
        number
        for number, one in enumerate(periods)
        if one.first <= day and one.school_days >= one.needed
    ]
    return begun[-1] if begun else None


def _target(duty: Duty, subject: int, child: int | None) -> tuple[str, int]:
    if child is not None:
        return "child", child
    return IN_PERSON if duty.subject in STAFF_KINDS else (duty.subject, subject)


class _Planner:
    """Plans what is asked of teachers; most children are asked about alike and planned once."""

    def __init__(self, duties: dict[str, Duty], semester: SemesterSpan) -> None:
        self.duties, self.semester = duties, semester
        self.measured = {
            slug: measured.minutes for slug, measured in entry_times.measured().items()
        }
        school_calendar = calendar.school_calendar()
        self.rates = {
            code: per_week(duty, semester, school_calendar) for code, duty in duties.items()
        }
        self._kept: dict[Asked, list[Act]] = {}

    def load(self, staff: int, targets: dict[tuple[str, int], dict[str, int]]) -> Load:
        """Return one teacher's load; what is asked in person is met by the other acts as well."""
        person = targets.get(IN_PERSON, {})
        alike = Counter(
            frozenset(codes.items()) for target, codes in targets.items() if target != IN_PERSON
        )
        totals: dict[str, _Total] = {}
        for codes, times in alike.items():
            acts = self._planned(codes)
            for act in acts:
                totals.setdefault(act.duty, _Total(act.register)).add(act, times)
            for code in {act.duty for act in acts}:
                totals[code].subjects += times
        done = [
            replace(act, rate=act.rate * times)
            for codes, times in alike.items()
            for act in self._planned(codes)
        ]
        for act in plan(self._asks(person.items()), done) if person else ():
            if act.duty in person:
                totals.setdefault(act.duty, _Total(act.register, 1)).add(act, 1)
            else:
                # Planned before, and now seen to serve the teacher's own duties too.
                totals[act.duty].also.update(act.also)
        items = [self._item(code, total) for code, total in totals.items()]
        items.sort(key=lambda one: (-one.entries, one.duty.code))
        return Load(staff, tuple(items))

    def _item(self, code: str, total: _Total) -> Item:
        duty = self.duties[code]
        minutes = total.rate * entry_minutes(duty, self.semester.code, self.measured)
        also = tuple(sorted(total.also - {code}))
        served = tuple(total.served.items())
        return Item(duty, total.register, total.subjects, total.rate, minutes, also, served)

    def _planned(self, codes: Asked) -> list[Act]:
        if codes not in self._kept:
            self._kept[codes] = plan(self._asks(codes))
        return self._kept[codes]

    def _asks(self, codes: Iterable[tuple[str, int]]) -> list[Ask]:
        """What the duties ask about one target, shared by so many teachers."""
        return [
            ask
            for code, shared in codes
            for ask in asks_of(self.duties[code], self.rates[code] / shared)
        ]


class _Total:
    """The acts of one duty added up for one teacher."""

    def __init__(self, register: str, subjects: int = 0) -> None:
        self.register, self.subjects = register, subjects
        self.rate = Fraction(0)
        self.also: set[str] = set()
        self.served: dict[frozenset[str], Fraction] = {}

    def add(self, act: Act, times: int) -> None:
        self.rate += act.rate * times
        self.also.update(act.also)
        duties = frozenset({act.duty, *act.also})
        self.served[duties] = self.served.get(duties, Fraction(0)) + act.rate * times
