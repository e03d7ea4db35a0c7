"""Every duty of every regulation, worked out a second time: day by day, in plain Python.

The schools are invented: a whole one, the same turned upside down by a random generator, and the
one that meets every duty; the days lie in the middle of a semester, on its last day, in the
holiday after it. `tests.oracle` shares nothing with the engine.
"""

from __future__ import annotations

import ast
import random
from collections import defaultdict
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import pytest

from admin.frame.tables import make_tables
from compliance.judged.evaluation import Evaluation, as_of_in
from compliance.judged.sources import registers_read
from compliance.ordered.catalogue import duties as all_duties
from compliance.ordered.catalogue import duties_on
from demo import school
from models.core import calendar
from models.core.database import connected, open_database, writing
from models.core.register import find
from models.kept.school import REGULATION_SETS, School
from tests import oracle
from tests.meeting_apart import CASES
from tests.oracle.judge import Oracle, duties
from tests.oracle.upset import Upset
from tests.scratch import past_all_rules

# The last test asks what all the others together have seen.
pytestmark = pytest.mark.xdist_group("oracle")

SPRING, AUTUMN = "2024-2025-2", "2025-2026-1"
TODAY = date(2025, 12, 10)
# The middle of a semester, its last day, the holiday after it, and today.
LOOKS = [
    (SPRING, date(2025, 5, 14)),
    (SPRING, date(2025, 7, 4)),
    (SPRING, date(2025, 7, 20)),
    (AUTUMN, date(2025, 10, 8)),
    (AUTUMN, TODAY),
]
# Each with the share of the records that is changed.
SEEDS = ((2, 0.3), (11, 0.5), (12, 0.6), (29, 0.4))
# What a school of twelve children cannot show in both ways, and why.
ONE_WAY: dict[str, str] = {}


def compared(term, today, seen):
    """Hold both calculations against each other; returns what differs and notes the letters."""
    school_calendar = calendar.school_calendar()
    span = school_calendar.semester(term)
    engine = Evaluation(span, as_of_in(span, today, school_calendar))
    second, declared, differing = Oracle(term, today), duties(), []
    for duty, judged in engine.judge_all(duties_on(term)):
        found = {one.subject.id: _letters(one.verdicts) for one in judged}
        other = second.verdicts(declared[duty.code])
        for number in found.keys() | other.keys():
            one, two = found.get(number, ""), other.get(number, "")
            # Who is asked for nothing may be left out.
            if one.strip("N") != two.strip("N"):
                differing.append((duty.code, number, one, two))
            seen[duty.code].update(two)
        seen[duty.code].update("")
    return differing


def _letters(verdicts):
    return "".join(one.state.value for one in verdicts)


@pytest.fixture(scope="module")
def seen():
    """The letters the second calculation gave per duty, over all schools."""
    return defaultdict(set)


@pytest.fixture(scope="module")
def invented(worker_app, tmp_path_factory):
    open_database(tmp_path_factory.mktemp("oracle"))
    with connected():
        make_tables()
        calendar.forget()
        school.make(TODAY, 12)
        with writing():
            School.update(adopted=f"、{'、'.join(REGULATION_SETS)}、").execute()
        calendar.forget()
        yield
    calendar.forget()


def test_nothing_of_the_engine_is_in_the_second_calculation():
    for file in Path(oracle.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [one.name for one in getattr(node, "names", ())]
            names += [getattr(node, "module", None) or ""]
            assert not any(name.startswith("compliance") for name in names), file.name


def test_every_duty_has_a_second_calculation():
    assert duties().keys() == {duty.code for duty in all_duties()}


@pytest.mark.usefixtures("invented")
@pytest.mark.parametrize(("term", "today"), LOOKS)
def test_both_say_the_same_of_a_whole_school(term, today, seen):
    assert compared(term, today, seen) == []
    assert seen.keys() == duties().keys()


@pytest.mark.usefixtures("invented")
@pytest.mark.parametrize(("seed", "share"), SEEDS)
def test_both_say_the_same_of_a_school_turned_upside_down(seed, share, seen):
    with turned(seed, share):
        differing = [one for look in LOOKS[1:] for one in compared(*look, seen)]
    assert differing == []


@contextmanager
def turned(seed, share):
    """Turn the school upside down for a while."""
    slugs = {slug for duty in all_duties() for slug in registers_read(duty)}
    slugs |= {"pairing", "class-teacher", "enrolment", "teaching-post", "substitution", "excuse"}
    with past_all_rules():
        Upset(random.Random(seed), slugs).turn(share)
        yield
    calendar.forget()


@pytest.mark.parametrize("today", [date(2025, 10, 15), date(2025, 10, 31), date(2025, 11, 10)])
def test_both_say_the_same_of_the_school_that_meets_every_duty(meeting, today, seen):
    assert compared(AUTUMN, today, seen) == []


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_both_say_the_same_of_that_school_turned_upside_down(meeting, seed, seen):
    with turned(seed, 0.6):
        assert compared(AUTUMN, date(2025, 11, 10), seen) == []


@pytest.mark.parametrize("code", CASES)
def test_both_say_the_same_of_what_a_school_meets_apart(meeting, code, seen):
    made, _before = meeting
    for _step in CASES[code](made):
        assert compared(AUTUMN, date(2025, 11, 10), seen) == []


def test_both_say_the_same_of_a_school_that_keeps_nothing(meeting, seen):
    """Every field that may be empty is, and of acts and lines nothing is left."""
    with past_all_rules(), writing():
        for slug in {slug for duty in all_duties() for slug in registers_read(duty)}:
            register = find(slug)
            left = [name for name in register.span if name]
            empty = {
                name: None
                for name, spec in register.fields.items()
                if name in register.model._meta.fields and spec.field.null and name not in left
            }
            if empty:
                register.model.update(empty).execute()
        for slug in ("hotline-line", "meeting", "parent-contact", "home-visit", "award"):
            find(slug).model.update(deleted_at=datetime(2025, 11, 1)).execute()
        differing = compared(AUTUMN, date(2025, 11, 10), seen)
    calendar.forget()
    assert differing == []


@pytest.mark.parametrize(
    "said", [{"notified_at": datetime(2025, 11, 10, 23)}, {"reached": False}], ids=["late", "never"]
)
def test_both_say_the_same_of_a_school_that_tells_late_or_reaches_nobody(meeting, seen, said):
    with past_all_rules(), writing():
        assert find("notification").model.update(said).execute()
        differing = compared(AUTUMN, date(2025, 11, 11), seen)
    calendar.forget()
    assert differing == []


def test_every_duty_was_seen_met_and_not_met(seen):
    """A comparison of nothing but duties nobody is asked for would prove nothing."""
    if len(seen) < len(duties()):
        pytest.skip("only some of the schools were looked at")
    one_way = {
        code for code, letters in seen.items() if not (letters & {*"DBL"} and letters & {*"MO"})
    }
    assert one_way == {*ONE_WAY}
