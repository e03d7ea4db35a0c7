"""The catalogue of faults: every one stands in the program, and nearly all are caught."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from tests.faults import outcome
from tests.faults.anchors import Unanchored, anchor, faults


def test_every_fault_has_one_place_in_the_program():
    lost = []
    for fault in faults():
        try:
            anchor(fault)
        except Unanchored as unanchored:
            lost.append(str(unanchored))
    assert not lost, "\n".join(lost)


def test_every_fault_has_a_name_of_its_own_and_changes_something():
    every = faults()
    names = Counter(fault.name for fault in every)
    assert [name for name, number in names.items() if number > 1] == []
    assert [fault.name for fault in every if fault.find == fault.replace] == []
    assert [fault.name for fault in every if not fault.promise.endswith(".")] == []


def test_nearly_all_faults_were_caught_when_they_last_ran():
    every, outcomes = faults(), outcome.kept()
    asked = [fault for fault in every if not fault.equivalent]
    missed = [fault.name for fault in asked if not outcome.is_caught(fault, outcomes)]
    assert len(every) >= 60
    assert len(missed) <= 0.05 * len(asked), "python -m tests.faults: " + ", ".join(missed)
    assert len({fault.mechanism for fault in every}) >= 20


def test_the_page_of_tests_is_what_the_runner_makes_of_the_outcomes():
    page = outcome.page(faults(), outcome.kept())
    assert outcome.PAGE.read_text("utf-8") == page, "python -m tests.faults --report"


def test_a_fault_that_moved_keeps_its_outcome_and_one_that_reads_differently_runs_again():
    fault, outcomes = faults()[0], outcome.kept()
    moved = replace(fault, where="elsewhere", near="x", find=f"\n    {fault.find}")
    assert moved.digest == fault.digest
    assert outcome.is_known(moved, outcomes) == outcome.is_known(fault, outcomes)
    other = replace(fault, replace=f"not ({fault.replace})")
    assert not outcome.is_known(other, outcomes)
    # Who anchors it anew need not run it before the page and the count are right again.
    assert outcome.is_caught(other, outcomes) == outcome.is_caught(fault, outcomes)
