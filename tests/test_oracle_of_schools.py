"""Generated schools: what the engine says of talks and visits, and what reading each record says.

The slow reader shares nothing with the engine's queries: it goes through every record of the
school in plain Python, day by day, and asks the second judge of `tests.verdict_oracle`.
`HYPOTHESIS_PROFILE=full` tries thousands of schools.
"""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from verdict_oracle import state_of
from weighing import Entry

from compliance.judged.evaluation import Evaluation, periods_of
from compliance.judged.verdict import Rules
from compliance.ordered.catalogue import duty_called
from compliance.ordered.duty import MeasureKind
from models.core import calendar
from models.core.database import database
from models.core.gates import every_row
from models.core.register import find
from tests.test_compliance_store import AUTUMN, EDITS, EVERYTHING, TODAY, Editor, change

CODES = ("talk-weekly", "talk-halfmonth", "talk-monthly", "visit-monthly")


def living(slug):
    return list(every_row(find(slug)))


def holds(record, day, first="since", last="until"):
    begun, ended = getattr(record, first), getattr(record, last)
    return (begun is None or begun <= day) and (ended is None or day <= ended)


def runs(days):
    """Days in order as stretches without a gap."""
    found = []
    for day in days:
        if found and found[-1][1] + timedelta(days=1) == day:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return tuple(found)


def active_days(pairing, span):
    """The days on which the pairing holds and both are there: the child in a class, the teacher."""
    (child,) = [one for one in living("child") if one.id == pairing.child_id]
    (teacher,) = [one for one in living("staff") if one.id == pairing.teacher_id]
    enrolments = [one for one in living("enrolment") if one.child_id == child.id]
    day, found = span.first - timedelta(days=60), []
    while day <= span.last + timedelta(days=60):
        enrolled = not enrolments or any(holds(one, day) for one in enrolments)
        known = holds(child, day, "identified_on", "left_on") or any(
            holds(one, day) for one in living("identification") if one.child_id == child.id
        )
        stays = teacher.left_on is None or day <= teacher.left_on
        if enrolled and known and stays and holds(pairing, day):
            found.append(day)
        day += timedelta(days=1)
    return found


def couples(pairings, span):
    """Rows of one teacher and child whose days touch, as (their numbers in order, all their days).

    A row without a day stands alone.
    """
    found = []
    for pairing in pairings:
        days = set(active_days(pairing, span))
        around = days | {day + timedelta(days=step) for day in days for step in (-1, 1)}
        met = [
            one
            for one in found
            if (one[0].child_id, one[0].teacher_id) == (pairing.child_id, pairing.teacher_id)
            and around & one[2]
        ]
        found = [one for one in found if one not in met]
        numbers = {pairing.id}.union(*(one[1] for one in met))
        found.append((pairing, numbers, days.union(*(one[2] for one in met))))
    return [(pairing, sorted(numbers), sorted(days)) for pairing, numbers, days in found]


def stand_ins(pairing, day):
    """Who stands in for the teacher of a couple on a day."""
    return {
        one.substitute_id
        for one in living("substitution")
        if one.teacher_id == pairing.teacher_id
        and holds(one, day)
        and (one.pairing is None or one.pairing.child_id == pairing.child_id)
        and one.school_class_id is None
    }


def acts(code, pairing, days):
    """Talks with the child, or visits at home, of whoever held the role that day."""

    def held(who, day):
        return day in days and who & {pairing.teacher_id, *stand_ins(pairing, day)}

    if code.startswith("talk"):
        return [
            Entry(one.talked_at.date(), one.entered_at, bool(one.content), 1, 0)
            for one in living("talk")
            if one.child_id == pairing.child_id and held({one.teacher_id}, one.talked_at.date())
        ]
    there = {}
    for one in living("home-visitor"):
        there.setdefault(one.visit_id, set()).add(one.staff_id)
    return [
        Entry(one.visited_at.date(), one.entered_at, bool(one.findings), 1, 0)
        for one in living("home-visit")
        if one.child_id == pairing.child_id
        and held(there.get(one.id, set()), one.visited_at.date())
        and (one.manner == "入户" and one.met not in (None, "", "家中无人"))
    ]


def excused(code, pairing, numbers, days):
    """The days excused: of the child, the pairing, or the teacher while nobody stands in."""
    asked = [one for one in living("excuse") if one.duty in (None, "", code)]

    def is_excused(day):
        of_day = [one for one in asked if holds(one, day, "first", "last")]
        if any(one.child_id == pairing.child_id or one.pairing_id in numbers for one in of_day):
            return True
        away = any(one.teacher_id == pairing.teacher_id for one in of_day)
        return away and not stand_ins(pairing, day)

    return runs([day for day in days if is_excused(day)])


def slowly(code, span, today):
    """Return the states per pairing and period, from one record after another."""
    school_calendar = calendar.school_calendar()
    found = {}
    acting = duty_called(code, AUTUMN).among.get("kind")
    pairings = [one for one in living("pairing") if acting in (None, one.kind)]
    for pairing, numbers, days in couples(pairings, span):
        spans = runs(days)
        found[numbers[0]] = [
            state_of(
                Rules(MeasureKind.COUNT, (1,)),
                spans,
                excused(code, pairing, numbers, days),
                acts(code, pairing, days),
                period,
                school_calendar,
                today,
            )
            for period in periods_of(duty_called(code, AUTUMN), span, school_calendar)
        ]
    return found


# A document that is set aside switches duties off; that is tested in tests.test_adoption.
ACTS = EDITS.map(lambda edits: [edit for edit in edits if edit[0] != "adopt"])

# One couple paired anew the day after its row ended, and its teacher gone in the end.
AGAIN = [
    ("end", 0, date(2025, 10, 14)),
    ("pair", 0, date(2025, 10, 15)),
    ("talk", 0, date(2025, 10, 16)),
    ("retire", 0, date(2025, 11, 5)),
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(edits=ACTS, days=st.integers(0, 60))
@example(edits=AGAIN, days=20)
def test_the_engine_agrees_with_reading_every_record_of_a_generated_school(world, edits, days):
    today: date = TODAY + timedelta(days=days)
    with database.atomic() as whole:
        change("school", world.school, adopted=EVERYTHING + "、张大庙小学")
        # The duties of acting parents ask nobody else (Q06, Z01-3).
        for pairing in (world.pairing_a, world.pairing_b):
            change("pairing", pairing, kind="代理家长")
        editor = Editor(world)
        for edit in edits:
            editor.apply(*edit)
        span = calendar.school_calendar().semester(AUTUMN)
        evaluation = Evaluation(span, today)
        for code in CODES:
            judged = evaluation.judge(duty_called(code, AUTUMN))
            said = {one.subject.id: [verdict.state for verdict in one.verdicts] for one in judged}
            assert said == slowly(code, span, today), (code, edits)
        whole.rollback()
    calendar.forget()
