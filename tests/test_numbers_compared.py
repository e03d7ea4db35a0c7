"""Numbers that people compare say the same, or the page names what the other one counts."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta

import pytest

from admin.boards.missed import count_missed
from compliance.judged.verdict import State
from compliance.told import owing
from compliance.told.progress import lines
from models.core import calendar
from models.core.actor import system
from models.core.gates import row
from models.core.register import find
from models.core.service import create, update
from tests.world import NOON

# A Monday, the day of the tests, a Sunday, and the first day of the next month.
DAYS = [
    datetime(2025, 11, 10, 9),
    NOON,
    datetime(2025, 11, 16, 20),
    datetime(2025, 12, 1, 9),
]
FIGURE = re.compile(r"还有 (\d+) 名学生本周没有谈心")


@pytest.fixture
def told(world):
    """All regulations in force, and one of two paired children talked to this week."""
    school = row(system(NOON), find("school"), world.school)
    adopted = {"adopted": "四新中学、思渠中学、回龙学校"}
    update(system(NOON), find("school"), world.school, adopted, school.version)
    raw = {"child": world.child_a, "teacher": world.staff_alice, "topic": "近况", "content": "学习"}
    for day in (NOON - timedelta(hours=20), NOON - timedelta(days=8)):
        create(system(NOON), find("talk"), raw | {"talked_at": f"{day:%Y-%m-%d %H:%M}"})
    return world


@pytest.mark.parametrize("now", DAYS, ids=lambda one: f"{one:%m-%d}")
def test_the_teachers_days_add_up_to_the_board_for_every_duty_of_a_pairing(told, now, monkeypatch):
    """Today counts each teacher's pairs, the board all of them: one population, one state."""
    # The card says an act once per child; here each duty is compared by itself.
    monkeypatch.setattr(owing, "pressing", list)
    term = calendar.school_calendar().semester(calendar.current_semester(now.date()).code)
    board = {
        line.duty.code: line.open
        for line in lines(told.actor("clerk", now=now), term)
        if line.duty.subject == "pairing" and line.running is not None
    }
    today = Counter()
    for name in ("alice", "bob", "charlie"):
        actor = told.actor(name, now=now)
        children = [child.id for child in owing.own_children(actor)]
        for marks in owing.marks_of(actor, term, children).values():
            today.update(
                one.duty.code
                for one in marks
                if one.duty.subject == "pairing" and one.state is State.DUE
            )
    assert board == {code: today[code] for code in board}
    assert board["talk-weekly"]
    assert len(board) > 5


def test_who_was_missed_is_one_number_on_three_pages_that_says_whom_it_counts(
    told, client_as, clock
):
    for now in DAYS:
        clock.moment = now
        browser = client_as("clerk")
        number = count_missed(told.actor("clerk", now=now))
        page = browser.get("/missed").text
        assert FIGURE.findall(page)[0] == str(number) > "0"
        assert "不论结没结对、由谁做的" in page
        assert "“今日”和“职责进度”的还差按任务数" in page
        assert "结没结对都算" in browser.get("/board/").text
        assert "不论结没结对、由谁做的" in browser.get("/", follow_redirects=True).text
