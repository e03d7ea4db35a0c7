"""How a clause stands, from all it may be: adopted or set aside, and whatever its checks say."""

from __future__ import annotations

from itertools import product

import pytest

from compliance.judged.store import verdicts
from compliance.judged.verdict import State
from compliance.ordered.regulations import clauses
from compliance.told.clause_state import (
    DUTY,
    ORDER,
    REGISTER,
    Check,
    ClauseState,
    clause_states,
    gravest,
)
from models.core import calendar
from tests.test_compliance_store import AUTUMN, EVERYTHING, change

CLAUSE = next(iter(clauses().values()))
STATES = [None, *ORDER]


def clause(*states, adopted=True, refused="", records=None):
    checks = [Check(DUTY, "d", "职责", state) for state in states if state is not None]
    if records is not None:
        checks.append(Check(REGISTER, "r", "登记", records=records))
    return ClauseState(CLAUSE, adopted, refused, tuple(checks))


@pytest.mark.parametrize("refused", ["", "小规模学校，按 Q04-0 执行"])
@pytest.mark.parametrize("records", [None, 0, 3])
def test_a_clause_that_is_not_adopted_is_not_due_whatever_its_checks_say(refused, records):
    for states in product(STATES, repeat=2):
        found = clause(*states, adopted=False, refused=refused, records=records)
        assert found.standing == State.NOT_DUE.slug


def test_an_adopted_clause_stands_as_the_gravest_of_its_checks():
    for states in product(ORDER, repeat=2):
        worst = min(states, key=ORDER.index)
        assert clause(*states).standing == worst.slug


def test_what_only_keeps_records_is_recorded_or_without_data_and_never_missed():
    assert clause(records=3).standing == "recorded"
    assert clause(records=0).standing == State.NO_DATA.slug


def test_only_adopted_clauses_weigh_in_the_state_of_a_system():
    for one, other in product(ORDER, repeat=2):
        aside = clause(other, adopted=False, refused="不采用")
        assert gravest([clause(one), aside]) is one
        assert gravest([clause(one), clause(other)]) is min(one, other, key=ORDER.index)
    assert gravest([clause(State.MISSED, adopted=False)]) is None


def test_a_clause_asks_for_the_topics_it_orders_and_no_others(world):
    change("school", world.school, adopted=EVERYTHING)
    semester = calendar.school_calendar().semester(AUTUMN)
    looked_at = 0
    for one in clause_states(world.clerk, semester).values():
        for check in one.checks:
            if one.adopted and check.subjects is not None:
                found = verdicts(world.clerk, AUTUMN, duty=check.code)
                theirs = "".join(v.letters for v in found if v.subject in check.subjects)
                asked = sum(theirs.count(letter) for letter in "DBLMO")
                assert check.share.asked == asked, (one.clause.id, check.code)
                looked_at += len(found) > len(check.subjects)
    assert looked_at >= 5
