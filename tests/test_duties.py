"""Every duty that ships evaluates on the test school; the numbers of the documents are kept."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from compliance.judged.evaluation import Evaluation, periods_of
from compliance.judged.evidence import evidence
from compliance.judged.store import refresh, verdicts
from compliance.judged.subjects import responsible
from compliance.judged.verdict import State
from compliance.ordered.catalogue import duties, duties_on, duty_called
from compliance.ordered.periods import Frequency
from compliance.told.clause_state import RECORDED, report
from compliance.told.described import duties_text
from models.core import calendar, service
from models.core.database import database
from models.core.gates import row
from models.core.register import find
from models.kept.school import REGULATION_SETS
from tests.world import NOON

TODAY = NOON.date()
AUTUMN = "2025-2026-1"
# Duties that are two, by a second subject or a stricter need, where the text seems to ask for one.
SECOND = {
    "safety-letter-class-teacher",
    "forms-handed-in-volunteer",
    "room-tidy-activity",
    "return-meeting-principal",
    # Clauses that are not equal, asked apart: the five hotlines, the programme of each regulation,
    # the acting parent's own call and diary, an acting parent for every child, what a registration
    # holds, the card at hand and the card of each semester, the joint meeting without its photos.
    "hotline-support",
    "hotline-left-behind",
    "hotline-family",
    "hotlines-and-room",
    "opening-programme-q18",
    "acting-parent-call",
    "child-acting-parent",
    "acting-parent-diary",
    "registration-work",
    "file-complete",
    "contact-card-held",
    "joint-meeting-held",
    # Ordered by a clause that the first list answered by other duties alone.
    "acting-parent-knows",
    "numbers-at-hand",
    "assets-registered",
    "study-report",
    "theme-activities",
    "class-care-activity",
    "state-at-home",
    "conduct-on-file",
    # A psychology lesson by a professional, away parents told of their duty, what a census holds
    # and who went there for it, a case that was shared.
    "psychology-lesson-specialist",
    "parents-told",
    "census-family",
    "census-visited",
    "case-shared",
    # Meetings while parents are home, opinions asked before a pairing, the leaders' own pairings,
    # the three kinds of care, what Q25 names one by one, the tracking file and what is known of it.
    "holiday-training",
    "child-paired-consulted",
    "leader-paired",
    "three-many",
    "talk-activity-visit",
    "activity-visit",
    "talk-mind-noted",
    "key-children",
    "guardian-contact-child",
    "family-call-semester",
    "award-given",
    "tracking-file",
    "state-known-by-class-teacher",
    # What can be counted, each time or per person, and stood as records only.
    "damage-paid",
    "visit-prepared",
    "visit-told",
    "fitness-card",
    "activity-accompanied",
    "members-duties",
    "family-known",
    "home-meeting-agenda",
    "home-meeting-prepared",
    "archive-carriers",
    "drop-out",
    # What a talk is about, and what became of it; measures on danger.
    "talk-study-life",
    "talk-difficulties",
    "talk-five-aspects",
    "talk-aspects-said",
    "talk-recorded",
    "danger-measures",
}


@pytest.fixture
def five_sets(world):
    """The school adopts all five documents."""
    register = find("school")
    record = row(world.clerk, register, world.school)
    raw = {"adopted": "、".join(REGULATION_SETS)}
    service.update(world.clerk, register, record.id, raw, record.version)
    # The duties of acting parents are asked of nobody else (Q06, Z01-3).
    pairings = find("pairing")
    for one in (world.pairing_a, world.pairing_b):
        record = row(world.clerk, pairings, one)
        service.update(world.clerk, pairings, one, {"kind": "代理家长"}, record.version)
    return world


@pytest.mark.parametrize("code", [duty.code for duty in duties()])
def test_a_duty_evaluates_on_the_test_school(five_sets, code):
    span = calendar.school_calendar().semester(AUTUMN)
    duty = next(one for one in duties_on(AUTUMN) if one.code == code)
    before = database.obj.query_count
    judged = Evaluation(span, TODAY).judge(duty)
    queries = database.obj.query_count - before
    assert queries <= 15 + 2 * len(duty.parts)
    for one in judged:
        assert len(one.verdicts) == len(periods_of(duty, span, calendar.school_calendar()))
        assert all(verdict.state is not State.NO_DATA for verdict in one.verdicts)


def test_the_stored_verdicts_of_all_duties_lead_to_their_records(five_sets):
    clerk = five_sets.clerk
    refresh(clerk.today)
    found = verdicts(clerk, AUTUMN)
    by_code = {duty.code: duty for duty in duties_on(AUTUMN)}
    span = calendar.school_calendar().semester(AUTUMN)
    assert len({one.duty for one in found}) > 80
    for one in found:
        duty = by_code[one.duty]
        periods = periods_of(duty, span, calendar.school_calendar())
        shown = evidence(clerk, duty, one, periods, TODAY)
        counted = sum(len(proof.records) - len(proof.lacking) for proof in shown)
        if duty.every is not Frequency.EVENT and sum(one.counts) and duty.measure.kind == "count":
            assert counted, one


def test_the_duties_are_those_the_documents_order():
    codes = [duty.code for duty in duties()]
    assert len(codes) == len(set(codes)) == 125 + len(SECOND)
    assert set(codes) >= SECOND


def test_only_teachers_and_class_teachers_are_charged():
    weights = Counter(duty.responsible for duty in duties() if duty.weight)
    assert set(weights) == {"teacher", "class-teacher"}
    for duty in duties():
        assert 0 <= duty.weight <= 3


def test_the_reference_page_is_current():
    page = Path(__file__).resolve().parent.parent / "docs" / "duties.md"
    assert page.read_text("utf-8") == duties_text(), "run: python app.py systems --docs"


def test_the_paired_teachers_answer_for_a_duty_counted_by_child(five_sets):
    duty = duty_called("child-call-weekly", AUTUMN)
    evaluation = Evaluation(calendar.school_calendar().semester(AUTUMN), TODAY)
    (one,) = (j for j in evaluation.judge(duty) if j.subject.id == five_sets.child_a)
    answers = responsible(duty, one.subject, TODAY, evaluation.placement)
    assert answers == (five_sets.staff_alice,)


def test_the_command_line_tells_every_clause_with_what_checks_it(five_sets):
    span = calendar.school_calendar().semester(AUTUMN)
    told = report(five_sets.clerk, span)
    assert len(told["systems"]) == 53
    told_clauses = [one for system in told["systems"] for one in system["clauses"]]
    assert len(told_clauses) == told["clauses"] == 280
    assert all(one["checks"] for one in told_clauses)
    known = {state.slug for state in State} | {RECORDED}
    assert {one["state"] for one in told_clauses} <= known
    assert {system["state"] for system in told["systems"]} <= known
    assert all(one["state"] != "done" or one["met"] for one in told_clauses)
