"""A second reading of the regulations: what each clause orders, transcribed from the source.

`tests/data/orders.toml` was written by other eyes than those that declared the checks.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parent / "data"
SHEET = tomllib.loads((DATA / "orders.toml").read_text("utf-8"))
ORDERS: dict[str, list[dict[str, Any]]] = SHEET["orders"]
VOCABULARY: dict[str, list[str]] = SHEET["vocabulary"]
KEYS = ["act", "actor", "subject", "frequency", "number", "content", "result", "deadline"]
CLAUSE_0 = ("Q04-0", "Q06-0", "Q22-0")


def clauses() -> list[str]:
    """The codes of all clauses, from the list of regulations."""
    codes = list(CLAUSE_0)
    for line in (DATA / "clauses.tsv").read_text("utf-8").splitlines():
        system, _, _, count = line.split("\t")
        codes += [f"{system}-{number}" for number in range(1, int(count) + 1)]
    return codes


def test_every_clause_was_transcribed():
    assert len(clauses()) == 280
    assert sorted(ORDERS) == sorted(clauses())


@pytest.mark.parametrize("clause", clauses())
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
