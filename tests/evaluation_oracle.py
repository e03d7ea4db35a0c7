"""A slow second reckoning of a teacher's year: day by day and record by record, from the rules.

Written from the rules of the school's work alone (docs/rules.md); of the product it uses the
calendar's word on single days and nothing else. It knows three duties, which between them have
every kind of rhythm and role: a talk a week and a talk a month of a pairing, a visit a semester by
the class teacher.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

from compliance.judged.verdict import State
from models.core import calendar
from models.core.gates import every_row
from models.core.register import find

WEIGHTS = {"talk-weekly": 2, "talk-monthly": 2, "visit-class-teacher": 3}
CREDIT = {"done": Fraction(1), "back-filled": Fraction(1), "missed": Fraction(0)}
DAY = timedelta(days=1)


@dataclass
class Reckoning:
    """How many periods of a duty came out which way, for one teacher."""

    states: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def share(self):
        due = sum(self.states[state] for state in CREDIT)
        earned = sum(self.states[state] * worth for state, worth in CREDIT.items())
        return Fraction(earned) / due if due else None


def living(slug):
    return list(every_row(find(slug)))


def holds(row, day):
    return row.since <= day and (row.until is None or day <= row.until)


def days(first, last):
    while first <= last:
        yield first
        first += DAY


def school_days(first, last):
    known = calendar.school_calendar()
    return [day for day in days(first, last) if known.is_school_day(day)]


def heaped(slug, *names):
    """The records of a register in heaps, by what the named fields hold."""
    heaps = defaultdict(list)
    for one in living(slug):
        heaps[tuple(getattr(one, name) for name in names)].append(one)
    return heaps


class School:
    """Everything that was written down, read once."""

    def __init__(self):
        self.children = {one.id: one for one in living("child")}
        self.enrolments = heaped("enrolment", "child_id")
        self.earlier = heaped("identification", "child_id")
        self.leaders = heaped("class-teacher", "school_class_id")
        self.pairings = heaped("pairing", "teacher_id", "child_id")
        self.talks = heaped("talk", "teacher_id", "child_id")
        self.visits = heaped("home-visit", "child_id")
        self.visitors = heaped("home-visitor", "visit_id")
        self.excuses = living("excuse")
        self.absences = sorted(living("substitution"), key=lambda one: (one.since, one.id))
        self.left_on = {one.id: one.left_on for one in living("staff")}

    def is_there(self, child, day):
        one = self.children[child]
        known = one.identified_on <= day and (one.left_on is None or day <= one.left_on)
        known = known or any(holds(before, day) for before in self.earlier[child,])
        return known and any(holds(e, day) for e in self.enrolments[child,])

    def class_of(self, child, day):
        found = [e for e in self.enrolments[child,] if holds(e, day)]
        found.sort(key=lambda e: (e.since, e.school_class_id))
        return found[-1].school_class_id if found else None

    def leader_of(self, school_class, day):
        found = [t for t in self.leaders[school_class,] if holds(t, day)]
        found.sort(key=lambda t: (t.since, t.staff_id))
        return [t.staff_id for t in found]

    def is_paired(self, rows, day):
        """Whether one of the pairings of a couple holds; none does when the teacher has left."""
        return any(
            holds(row, day)
            and (self.left_on[row.teacher_id] is None or day <= self.left_on[row.teacher_id])
            for row in rows
        )

    def stand_ins(self, teacher, day, pairings=(), school_class=None):
        """Who stands in for a teacher that day: in all, in one of the pairings, or in the class."""
        return [
            one.substitute_id
            for one in self.absences
            if one.teacher_id == teacher
            and holds(one, day)
            and (
                (one.pairing_id is None and one.school_class_id is None)
                or one.pairing_id in {row.id for row in pairings}
                or (one.pairing_id is None and one.school_class_id == school_class)
            )
        ]

    def answering(self, teacher, first, last, **post):
        """The substitute of more than half of the days from Monday to Friday, else the teacher."""
        working = [day for day in days(first, last) if day.weekday() < 5]
        stood = [self.stand_ins(teacher, day, **post)[:1] for day in working]
        for who in {one for (one,) in filter(None, stood)}:
            if 2 * stood.count([who]) > len(working):
                return who
        return teacher

    def is_excused(self, day, code, **whom):
        return any(
            one.first <= day <= one.last
            and one.duty in (None, "", code)
            and any(getattr(one, name) == number for name, number in whom.items())
            for one in self.excuses
        )


def entered_promptly(record, happened):
    return record.entered_at.date() <= happened + timedelta(days=7)


def outcome(records, active, needed, is_excused, over):
    """The state of one period that was asked for; `records` are (happened, record)."""
    if any(entered_promptly(record, happened) for happened, record in records):
        return "done"
    if records:
        return "back-filled"
    if len([day for day in active if not is_excused(day)]) < needed:
        return "excused"
    return "missed" if over else "due"


def weeks(semester):
    first = semester.first_day - timedelta(days=semester.first_day.weekday())
    while first <= semester.last_day:
        yield first, first + timedelta(days=6), 3
        first += timedelta(days=7)


def months(semester):
    first = semester.first_day.replace(day=1)
    while first <= semester.last_day:
        following = (first + timedelta(days=32)).replace(day=1)
        yield first, following - DAY, 10
        first = following


def talks(school, semester, today):
    """The outcome of every period of the talks, with whose it is."""
    for (teacher, child), rows in sorted(school.pairings.items()):
        for code, spans in (("talk-weekly", weeks), ("talk-monthly", months)):
            for first, last, needed in spans(semester):
                if first > today:
                    continue
                inside = school_days(max(first, semester.first_day), min(last, semester.last_day))
                # A talk of the last week's Saturday counts for that week, though school is over.
                held = [
                    day
                    for day in days(first, last)
                    if school.is_there(child, day) and school.is_paired(rows, day)
                ]
                active = [day for day in inside if day in held]
                some = any(day <= semester.last_day for day in held)
                if not some or active != inside:
                    continue
                acts = [
                    (day, one)
                    for day in held
                    if day <= today
                    for who in (teacher, *school.stand_ins(teacher, day, rows))
                    for one in school.talks[who, child]
                    if one.talked_at.date() == day
                ]

                def is_excused(day, code=code, teacher=teacher, child=child, rows=rows):
                    if school.is_excused(day, code, child_id=child):
                        return True
                    if any(school.is_excused(day, code, pairing_id=row.id) for row in rows):
                        return True
                    away = school.is_excused(day, code, teacher_id=teacher)
                    return away and not school.stand_ins(teacher, day, rows)

                over = today > min(last, semester.last_day)
                whose = school.answering(teacher, first, last, pairings=rows)
                yield whose, code, outcome(acts, active, needed, is_excused, over)


def visits(school, semester, until, today):
    """The outcome of the class teacher's visit to each child, with whose it is."""
    code = "visit-class-teacher"
    first, last = semester.first_day, semester.last_day
    if first > today:
        return
    for child in school.children:
        active = [day for day in school_days(first, last) if school.is_there(child, day)]
        answering = school.leader_of(school.class_of(child, last), last)
        if len(active) < 20 or not answering:
            continue
        acts = []
        for one in school.visits[child,]:
            day = one.visited_at.date()
            of_class = school.class_of(child, day)
            led = school.leader_of(of_class, day)
            led += [who for one in led for who in school.stand_ins(one, day, school_class=of_class)]
            went = {v.staff_id for v in school.visitors[one.id,]}
            if one.manner == "入户" and went & set(led) and first <= day <= min(until, today):
                acts.append((day, one))

        def is_excused(day, child=child):
            of_class = school.class_of(child, day)
            return school.is_excused(day, code, child_id=child) or any(
                school.is_excused(day, code, teacher_id=one)
                and not school.stand_ins(one, day, school_class=of_class)
                for one in school.leader_of(of_class, day)
            )

        of_class = school.class_of(child, last)
        whose = school.answering(answering[-1], first, last, school_class=of_class)
        yield whose, code, outcome(acts, active, 20, is_excused, today > last)


def reckon(today, year="2025-2026"):
    """Return per teacher and duty what came out in the year."""
    school, found = School(), defaultdict(lambda: defaultdict(Reckoning))
    semesters = sorted(living("semester"), key=lambda one: one.first_day)
    for number, semester in enumerate(semesters):
        # Nothing is asked before the semester begins, though its first month or week may have.
        if not semester.code.startswith(year) or semester.first_day > today:
            continue
        following = semesters[number + 1].first_day - DAY if number + 1 < len(semesters) else None
        until = following or date(int(semester.code[5:9]), 8, 31)
        for teacher, code, state in (
            *talks(school, semester, today),
            *visits(school, semester, until, today),
        ):
            found[teacher][code].states[state] += 1
    return {
        who: {code: one for code, one in codes.items() if any(one.states.values())}
        for who, codes in found.items()
    }


def on_paper(reckoned, codes=tuple(WEIGHTS)):
    """What was reckoned as plain numbers: teacher and duty → how many of what."""
    return {
        (who, code): {state: n for state, n in one.states.items() if n}
        for who, ones in reckoned.items()
        for code, one in ones.items()
        if code in codes
    }


def in_words(found, codes):
    """The same of what the product says, by the names of its states."""
    return {
        (who, code): {state.slug: n for state in State if (n := one.counts[code].of(state))}
        for who, one in found.items()
        for code in codes
        if code in one.counts
    }


def score(reckoned):
    """The score of one teacher's year, None where nothing was due."""
    shares = [(WEIGHTS[code], one.share) for code, one in reckoned.items()]
    whole = sum(weight for weight, share in shares if share is not None)
    if not whole:
        return None
    return 100 * sum(weight * share for weight, share in shares if share is not None) / whole
