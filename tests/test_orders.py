"""A second reading of the regulations: what each clause orders, transcribed from the source.

`tests/data/orders.toml` was written by other eyes than those that declared the checks.
"""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from compliance.ordered.duty import Deadline
from compliance.ordered.periods import Frequency
from compliance.ordered.regulations import clauses
from tests import orders_compared
from tests.orders_compared import ORDERS, VOCABULARY, checks_of, differences, known

KEYS = ["act", "actor", "subject", "frequency", "number", "content", "result", "deadline"]

# What a check declares as a value: a reason holds for that value only.
MEASURED = {"actor", "subject", "frequency", "proposed", "number", "deadline"}


def test_every_clause_was_transcribed():
    assert len(clauses()) == 280
    assert sorted(ORDERS) == sorted(clauses())


@pytest.mark.parametrize("clause", list(clauses()))
def test_an_order_has_all_eight_keys_and_known_words(clause):
    assert ORDERS[clause]
    for order in ORDERS[clause]:
        assert list(order) == KEYS
        assert order["act"], "an order says what is done"
        assert order["subject"] in (*VOCABULARY["subject"], "")
        assert order["frequency"] in VOCABULARY["frequency"]
        assert order["deadline"] in ("", *VOCABULARY["deadline"])
        assert set(order["actor"].split("+")) <= {*VOCABULARY["actor"], ""}
        number = order["number"]
        assert number == "" or isinstance(number, int) or re.fullmatch(r"\d+-\d+", number)


def test_no_word_of_the_vocabulary_is_unused():
    for key in ("actor", "subject", "frequency", "deadline"):
        used = {
            word for orders in ORDERS.values() for order in orders for word in order[key].split("+")
        }
        assert used - {""} == set(VOCABULARY[key])


# The second reading beside the checks, field by field


@pytest.fixture(scope="module")
def found():
    return differences()


def test_the_orders_of_a_clause_are_answered_by_its_own_checks():
    for clause in clauses().values():
        for _, checks in orders_compared.answers(clause):
            assert set(checks) <= {*checks_of(clause), *clause.documents}, clause.id


def test_every_difference_has_one_reason_or_is_a_known_fault(found):
    entries = [*known("difference"), *known("fault")]
    for one in found:
        assert sum(entry.matches(one) for entry in entries) == 1, one


def test_every_reason_is_still_needed(found):
    for entry in known("difference"):
        assert entry.reason.endswith(".")
        assert entry.takes
        assert "declared" in entry.takes or not MEASURED & set(entry.takes.get("field", MEASURED))
        assert not entry.unused(found), entry.reason


def test_no_part_of_a_fault_is_mended_unnoticed(found):
    for fault in known("fault"):
        assert any(map(fault.matches, found)) is bool(not fault.unused(found)), fault.name


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(one, id=one.name, marks=pytest.mark.xfail(strict=True, reason=one.reason))
        for one in known("fault")
    ],
)
def test_a_check_asks_what_its_clause_orders(fault, found):
    assert not any(map(fault.matches, found))


@pytest.mark.parametrize(
    ("code", "field", "change"),
    [
        ("talk-weekly", "frequency", lambda d: replace(d, every=Frequency.MONTH)),
        ("talk-weekly", "actor", lambda d: replace(d, by=("leader",))),
        ("talk-weekly", "subject", lambda d: replace(d, subject="class")),
        ("talk-weekly", "demands", lambda d: replace(d, needs=("effect",))),
        ("seminar", "number", lambda d: replace(d, measure=replace(d.measure, least=3))),
        ("seminar", "proposed", lambda d: replace(d, proposed=True)),
        ("load-acting-parent", "number", lambda d: replace(d, measure=replace(d.measure, most=8))),
        ("incident-30", "deadline", lambda d: replace(d, measure=replace(d.measure, minutes=60))),
        ("forms-handed-in", "deadline", lambda d: replace(d, deadline=Deadline(weeks=4))),
        ("report-guardian", "content", lambda d: replace(d, needs=("study", "life"))),
        ("visit-class-teacher-photo", "result", lambda d: replace(d, needs=())),
    ],
)
def test_a_changed_declaration_is_noticed(code, field, change, found, monkeypatch):
    changed = {**orders_compared.by_code()}
    changed[code] = change(changed[code])
    monkeypatch.setattr(orders_compared, "by_code", lambda: changed)
    new = set(differences()) - set(found)
    entries = [*known("difference"), *known("fault")]
    unexplained = [one for one in new if not any(entry.matches(one) for entry in entries)]
    assert field in {one.field for one in unexplained}
