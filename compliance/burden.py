"""工作负担: what is asked of each teacher per week, in entries and in minutes of typing.

Worked out from the duties in force and the subjects each teacher answers for, as the stored
verdicts have them; spread evenly over the teaching weeks. It judges nobody: it says whether the
school asks for too much (domain.md §0.8).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from compliance.burden_plan import Act, Ask, asks_of, entry_minutes, is_entered_by_teachers, plan
from compliance.catalogue import duties_on
from compliance.duty import Duty
from compliance.evaluation import periods_of
from compliance.in_force import in_force
from compliance.periods import Frequency, Period
from compliance.placement import Placement
from compliance.store import STATES, Verdict, letters_by_subject
from compliance.subjects import STAFF_KINDS, Subject, responsible
from compliance.verdict import State
from models import calendar
from models.actor import Actor
from models.boxes import TEACHING
from models.school_calendar import SchoolCalendar, SemesterSpan

RESPONSIBLE = ("teacher", "class-teacher", "leader")
# Whole numbers a week, whatever the holidays take away.
WEEKLY = {Frequency.WEEK: Fraction(1), Frequency.TWO_WEEKS: Fraction(1, 2)}


class Item(NamedTuple):
    """What one duty asks of one teacher per week; `also` are the duties these entries serve too."""

    duty: Duty
    register: str
    subjects: int
    entries: Fraction
    minutes: Fraction
    also: tuple[str, ...]


class Load(NamedTuple):
    """All that is asked of one teacher per week, the most first."""

    staff: int
    items: tuple[Item, ...]

    @property
    def entries(self) -> Fraction:
        """Entries per week."""
        return sum((one.entries for one in self.items), Fraction(0))

    @property
    def minutes(self) -> Fraction:
        """Minutes of typing per week, estimated."""
        return sum((one.minutes for one in self.items), Fraction(0))


class Burden(NamedTuple):
    """The loads of all teachers in sight, heaviest first; `elsewhere` the office types itself."""

    loads: tuple[Load, ...]
    elsewhere: tuple[Duty, ...]

    def of(self, staff: int | None) -> Load | None:
        """Return one teacher's load, None where nothing is asked."""
        return next((one for one in self.loads if one.staff == staff), None)

    @property
    def average(self) -> tuple[Fraction, Fraction]:
        """Entries and minutes per week of a teacher who is asked for anything."""
        number = len(self.loads) or 1
        entries = sum((one.entries for one in self.loads), Fraction(0))
        return entries / number, sum((one.minutes for one in self.loads), Fraction(0)) / number


def burden(actor: Actor, semester: SemesterSpan) -> Burden:
    """Return what a semester asks of each teacher; of a teacher's own eyes, of the teacher alone.

    A fixed number of queries. Where two teachers answer for one child together, each is asked for
    half.
    """
    charged = [duty for duty in duties_on(semester.code) if duty.responsible in RESPONSIBLE]
    asked = {duty.code: duty for duty in charged if is_entered_by_teachers(duty)}
    found = _Answering(actor, semester, asked).targets()
    wanted = {actor.staff_id} if actor.role in TEACHING else set(found)
    loads = [_load(staff, found[staff], asked, semester) for staff in found if staff in wanted]
    loads.sort(key=lambda one: (-one.entries, one.staff))
    elsewhere = (one for one in charged if one.code not in asked and _comes_round(one))
    return Burden(tuple(loads), tuple(elsewhere))


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


# One child, class or group a teacher is asked about, with the duties and how many share each.
Target = tuple[str, int]
Asked = dict[Target, dict[str, int]]


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

    def targets(self) -> dict[int, Asked]:
        """Return per teacher what is asked about whom."""
        found: dict[int, Asked] = {}
        for row in letters_by_subject(self.actor, self.semester.code, self.asked):
            verdict = Verdict._make((*row, ()))
            if not self._is_asked(verdict):
                continue
            duty = self.asked[verdict.duty]
            who = self._who(duty, verdict)
            for staff in who:
                target = _target(duty, verdict)
                found.setdefault(staff, {}).setdefault(target, {})[duty.code] = len(who)
        return found

    def _is_asked(self, verdict: Verdict) -> bool:
        index = self.periods[verdict.duty]
        if index is None or index >= len(verdict.letters):
            return False
        return STATES[verdict.letters[index]] not in (State.NOT_DUE, State.EXCUSED)

    def _who(self, duty: Duty, verdict: Verdict) -> tuple[int, ...]:
        subject = Subject(
            duty.subject,
            verdict.subject,
            (),
            verdict.child,
            verdict.staff,
            verdict.school_class or (verdict.subject if duty.subject == "class" else None),
        )
        return tuple(dict.fromkeys(responsible(duty, subject, self.day, self.placement)))


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


def _target(duty: Duty, verdict: Verdict) -> Target:
    if verdict.child is not None:
        return "child", verdict.child
    return ("staff", 0) if duty.subject in STAFF_KINDS else (duty.subject, verdict.subject)


def _load(staff: int, targets: Asked, duties: dict[str, Duty], semester: SemesterSpan) -> Load:
    """Plan target by target; what is asked of the teacher in person is met by that as well."""
    planner = _Planner(duties, semester)
    totals: dict[str, _Total] = {}
    done: list[Act] = []
    for target, codes in sorted(targets.items(), key=lambda one: one[0] == ("staff", 0)):
        own = target == ("staff", 0)
        acts = plan(planner.asks(codes), done) if own else planner.planned(codes)
        if own:
            # What was planned before is there again, bound and told apart; it is not counted twice.
            known = {act.duty for act in done}
            for act in acts:
                if act.duty in known:
                    totals[act.duty].also.update(act.also)
            acts = [act for act in acts if act.duty not in known]
        else:
            done.extend(acts)
        for act in acts:
            total = totals.setdefault(act.duty, _Total(act.register))
            total.add(act, target)
    items = [
        Item(
            duties[code],
            total.register,
            len(total.targets),
            total.rate,
            total.rate * entry_minutes(duties[code], semester.code),
            tuple(sorted(total.also - {code})),
        )
        for code, total in totals.items()
    ]
    items.sort(key=lambda one: (-one.entries, one.duty.code))
    return Load(staff, tuple(items))


class _Total:
    """The acts of one duty added up over a teacher's targets."""

    def __init__(self, register: str) -> None:
        self.register = register
        self.rate = Fraction(0)
        self.targets: set[Target] = set()
        self.also: set[str] = set()

    def add(self, act: Act, target: Target) -> None:
        self.rate += act.rate
        self.targets.add(target)
        self.also.update(act.also)


class _Planner:
    """Plans what is asked about one target; most children are asked about alike."""

    def __init__(self, duties: dict[str, Duty], semester: SemesterSpan) -> None:
        self.duties = duties
        school_calendar = calendar.school_calendar()
        self.rates = {
            code: per_week(duty, semester, school_calendar) for code, duty in duties.items()
        }
        self._kept: dict[tuple[tuple[str, int], ...], list[Act]] = {}

    def asks(self, codes: dict[str, int]) -> list[Ask]:
        """Return what the duties ask about one target, shared by so many teachers."""
        return [
            ask
            for code, shared in codes.items()
            for ask in asks_of(self.duties[code], self.rates[code] / shared)
        ]

    def planned(self, codes: dict[str, int]) -> list[Act]:
        """Return the acts of a target nothing else is planned for."""
        key = tuple(sorted(codes.items()))
        if key not in self._kept:
            self._kept[key] = plan(self.asks(codes))
        return self._kept[key]
