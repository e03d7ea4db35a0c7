"""The page of the regulations: five numbers apart, the work in the headline, failing first."""

from __future__ import annotations

import re

from compliance.judged.verdict import GRAVEST, State
from compliance.told.clause_state import clause_states
from compliance.told.five import FIVE, RIGHTS, TEXTS, THINGS, WORK, number, standings
from models.core import calendar
from tests.test_duties import AUTUMN, five_sets  # noqa: F401 - a fixture

PLACE = {state.word: place for place, state in enumerate(GRAVEST)}


def test_unlike_things_are_not_added_up(five_sets):  # noqa: F811
    span = calendar.school_calendar().semester(AUTUMN)
    states = clause_states(five_sets.clerk, span).values()
    found = {kind: standings(states, kind) for kind in FIVE}
    assert "S12-1" in found[WORK]
    assert "S12-1" not in found[TEXTS]
    assert "Q12-1" in found[TEXTS]
    assert "Q12-1" not in found[WORK]
    assert "S01-2" in found[THINGS]
    assert "S01-2" not in found[WORK]
    assert "S09-1" in found[RIGHTS]
    assert "S09-1" not in found[WORK]
    for kind in FIVE:
        told = number(found[kind])
        assert told.asked == sum(told.by_slug.values()) >= told.met >= told.late
    assert number(found[WORK]).by_slug[State.MISSED.slug]


def test_the_page_leads_with_what_fails_and_says_what_falls_due(client_as, five_sets):  # noqa: F811
    page = client_as("clerk").get("/regulations/").get_data(as_text=True)
    assert re.search(r"\d+ 条要做的事，做到 \d+ 条.*，\d+ 条未达标", page)
    assert "最近到期：" in page
    listed = page[page.index("最差的在前") : page.index("数的是采用的条款")]
    words = re.findall("|".join(PLACE), listed[listed.index("lines-list") :])
    assert words[0] == State.MISSED.word
    things = client_as("clerk").get("/regulations/?part=things").get_data(as_text=True)
    assert "设施：最差的在前" in things


def test_the_inspectors_first_page_counts_the_same_work(client_as, five_sets):  # noqa: F811
    first = client_as("inspector").get("/visit").get_data(as_text=True)
    page = client_as("inspector").get("/regulations/").get_data(as_text=True)
    (asked, met) = re.search(r"(\d+) 条要做的事，做到 (\d+) 条", page).groups()
    told = re.findall(r"要做的事做到 (\d+) / (\d+) 条", first)
    assert len(told) == 5
    assert [sum(map(int, one)) for one in zip(*told, strict=True)] == [int(met), int(asked)]
