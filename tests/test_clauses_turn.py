"""From a school that meets a demand the proof is taken away: that clause turns, others do not.

The school is built from the declarations of duties, lists and clauses (`tests.meeting_school`,
`tests.meeting_lists`). Records that prove one demand are removed or, where others hang on them,
spoiled. Clauses that cite another demand keep their state; those whose demand reads the same
register may follow.
"""

from __future__ import annotations

import pytest

from compliance.checklists.archive import items
from compliance.checklists.hardware import lines
from compliance.findings.kinds import kinds
from compliance.judged.evaluation import periods_of
from compliance.judged.evidence import evidence
from compliance.judged.safeguards import SAFEGUARDS
from compliance.judged.store import STATES, verdicts
from compliance.judged.upkeep import concerns
from compliance.judged.verdict import State
from compliance.ordered.catalogue import duties, duty_called
from compliance.ordered.regulations import PERMISSIONS, checklist_titles, clauses
from compliance.told.clause_state import (
    DUTY,
    LIST,
    PAPER,
    RECORDED,
    REGISTER,
    RIGHT,
    TEXT,
    clause_states,
)
from models.core import calendar
from models.core.register import find, parent_register
from tests.meeting_apart import CASES, MET_BY_NONE
from tests.meeting_founding import AUTUMN, NOW
from tests.meeting_school import APART
from tests.spoiled import SPOILED
from tests.taken_away import (
    BROKEN_RIGHTS,
    clear,
    registers_of_item,
    spoil_item,
    spoil_line,
    take_away,
)

MET = {State.DONE, State.BACK_FILLED, State.DONE_LATE}

RECORD_ONLY = sorted(code for code, one in clauses().items() if one.record_only)
# How each kind of check is seen to turn; a kind, or one of its codes, without a case fails below.
COVERED = {
    DUTY: {one.code for one in duties()},
    TEXT: {"documents-on-file"},
    LIST: {one.id for one in lines()} | {one.id for one in items()},
    REGISTER: set(RECORD_ONLY),
    RIGHT: set(BROKEN_RIGHTS),
    # Printed from the records at any time: what else checks the clause turns, never the paper.
    PAPER: set(),
}


# The package is judged by the bundle itself, which reads almost every register: that school stands
# in `tests.test_all_done`, where the item turns as well.
PACKAGED = {one.id for one in items() if one.package}
OF_THE_PACKAGE = {key for key, one in clauses().items() if PACKAGED & set(one.checklist)}


def autumn():
    return calendar.school_calendar().semester(AUTUMN)


def proofs(made, duty):
    """The records behind the first verdict of the duty that is met."""
    periods = periods_of(duty, autumn(), calendar.school_calendar())
    for one in verdicts(made.actor, AUTUMN, duty=duty.code):
        for index, letter in enumerate(one.letters):
            if STATES[letter] in MET:
                shown = evidence(made.actor, duty, one, [periods[index]], NOW.date())
                found = [(p.register, r) for p in shown for r in p.records if r.id not in p.lacking]
                if found:
                    return found
    return []


def told(one):
    return one.standing, one.share, one.records


def checks_of(found, kind, code):
    """Return the checks of one kind and code by their clauses."""
    return {
        key: check
        for key, one in found.items()
        for check in one.checks
        if check.code == code and (check.kind == kind or {check.kind, kind} == {DUTY, TEXT})
    }


def others_stand(before, after, touched, but=()):
    """No clause changes whose demands read none of the registers that were touched."""
    changed = {key for key in before if told(before[key]) != told(after[key])}
    changed -= set(but) | OF_THE_PACKAGE
    assert {key for key in changed if not reads(clauses()[key], touched)} == set()


def reads(clause, touched):
    """Whether a clause's demands read one of the registers that were touched."""
    listed = set()
    for code in clause.checklist:
        line = next((one for one in lines() if one.id == code), None)
        item = next((one for one in items() if one.id == code), None)
        listed |= {line.register, "room", "regulation"} if line else registers_of_item(item)
    kept = set(clause.registers) if clause.record_only else set()
    demanded = (duty_called(code, AUTUMN) for code in clause.duties)
    return bool((listed | kept) & touched) or any(concerns(one, touched) for one in demanded)


def test_the_school_meets_every_demand_that_one_school_can_meet(built_meeting):
    _file, made, before = built_meeting
    assert made.lacking == {}
    failing = {key for key, one in before.items() if one.state not in (*MET, None)}
    failing -= OF_THE_PACKAGE
    cited = {duty.code: duty.clauses for duty in duties()}
    assert failing == {key for code in APART for key in cited[code]}
    assert {one.standing for one in before.values() if one.state is None} == {RECORDED}


def test_every_demand_that_is_not_text_only_has_a_case(built_meeting):
    _file, _made, before = built_meeting
    assert set(CASES) == APART | MET_BY_NONE
    assert set(BROKEN_RIGHTS) == set(SAFEGUARDS) == set(PERMISSIONS)
    assert COVERED[LIST] == set(checklist_titles())
    for key, one in before.items():
        assert {check.kind for check in one.checks} <= set(COVERED)
        turning = [
            check
            for check in one.checks
            if (key if check.kind == REGISTER else check.code) in COVERED[check.kind]
        ]
        judged = [check for check in one.checks if check.state is not None]
        assert turning, f"nothing makes {key} turn"
        assert all(check in turning for check in judged), key


def test_every_finding_that_cites_a_clause_has_a_case_of_its_own():
    """How each is found when one record is spoiled stands in `tests.test_findings`."""
    cited = {kind.id: kind.clauses for kind in kinds() if kind.clauses}
    assert set(cited) <= set(SPOILED)
    assert {clause for found in cited.values() for clause in found} <= set(clauses())


@pytest.mark.parametrize(
    "code", [one.code for one in duties() if one.code not in APART | MET_BY_NONE]
)
def test_a_clause_turns_when_its_proof_is_gone_and_no_other_does(meeting, code):
    made, before = meeting
    duty = duty_called(code, AUTUMN)
    found = proofs(made, duty)
    assert found, "nothing proves the duty in the school that meets it"
    asked = checks_of(before, DUTY, code)
    assert set(asked) == set(duty.clauses)
    assert all(check.share.met for check in asked.values()), asked

    touched = set()
    for register, record in {(one.slug, r.id): (one, r) for one, r in found}.values():
        take_away(made, duty, register, record)
        touched |= {register.slug, *(one.slug for one in [parent_register(register)] if one)}
    after = clause_states(made.actor, autumn())

    now = checks_of(after, DUTY, code)
    turned = {key for key in asked if now[key].share != asked[key].share}
    assert turned, f"{code} holds although {touched} is gone"
    if duty.subject != "topic":
        assert turned == set(duty.clauses)
    others_stand(before, after, touched)


@pytest.mark.parametrize("code", CASES)
def test_a_clause_turns_that_the_school_meets_apart(meeting, code):
    made, _before = meeting
    case = CASES[code](made)
    touched = {next(case)}
    before = clause_states(made.actor, autumn())
    asked = checks_of(before, DUTY, code)
    assert all(check.share.met for check in asked.values()), asked
    next(case)
    after = clause_states(made.actor, autumn())
    now = checks_of(after, DUTY, code)
    met = {key for key in asked if now[key].share.met < asked[key].share.met}
    assert met == set(duty_called(code, AUTUMN).clauses)
    others_stand(before, after, touched)


@pytest.mark.parametrize("line", lines(), ids=lambda line: line.id)
def test_a_clause_turns_when_its_line_of_hardware_is_short(meeting, line):
    made, before = meeting
    assert all(one.state is State.DONE for one in checks_of(before, LIST, line.id).values())
    touched = spoil_line(made, line)
    after = clause_states(made.actor, autumn())
    turned = {
        key for key, one in checks_of(after, LIST, line.id).items() if one.state is State.MISSED
    }
    assert turned == set(line.clauses)
    others_stand(before, after, touched)


@pytest.mark.parametrize(
    "item", [one for one in items() if not one.package], ids=lambda item: item.id
)
def test_a_clause_turns_when_its_archive_item_is_not_complete(meeting, item):
    made, before = meeting
    (clause,) = checks_of(before, LIST, item.id)
    assert before[clause].state in MET
    touched = spoil_item(made, item, proofs)
    after = clause_states(made.actor, autumn())
    (check,) = checks_of(after, LIST, item.id).values()
    assert check.state not in MET
    others_stand(before, after, touched)


@pytest.mark.parametrize("code", RECORD_ONLY)
def test_a_clause_that_only_keeps_records_has_no_data_without_any(meeting, code):
    made, before = meeting
    clause = clauses()[code]
    assert before[code].records
    assert clause.text_only or before[code].standing == RECORDED
    for slug in clause.registers:
        clear(made, find(slug), clause.where.get(slug, {}))
    after = clause_states(made.actor, autumn())
    assert after[code].records == 0
    expected = before[code].standing if clause.text_only else State.NO_DATA.slug
    assert after[code].standing == expected
    others_stand(before, after, set(clause.registers))


@pytest.mark.parametrize("name", BROKEN_RIGHTS)
def test_a_clause_turns_when_the_product_no_longer_keeps_its_permission(meeting, name, monkeypatch):
    made, before = meeting
    citing = {key for key, one in clauses().items() if name in one.permissions}
    assert all(one.state is State.DONE for one in checks_of(before, RIGHT, name).values())
    BROKEN_RIGHTS[name](monkeypatch)
    after = clause_states(made.actor, autumn())
    assert {after[key].standing for key in citing} == {State.MISSED.slug}
    others_stand(before, after, set(), but=citing)
