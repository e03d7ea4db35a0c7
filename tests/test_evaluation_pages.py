"""The pages of the evaluation: what each person sees, and numbers that open their records."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from compliance.evaluated import behind, sheets
from compliance.evaluated.facts import facts
from compliance.evaluated.report import report
from compliance.judged.verdict import State
from models.core.database import database
from models.school import evaluations
from tests.test_compliance_store import change
from tests.test_evaluation_steps import CODE, YEAR, Procedure
from tests.world import TODAY

PRIVATE = ("漏计一次家访", "心里话", "评语只给本校看")


@pytest.fixture
def told(world):
    """A year on the day the world stands on: the sheets shown, Alice's objection in."""
    made = Procedure(world)
    made.now = world.leadership.now
    made.second = replace(made.second, now=made.now)
    evaluations.open_year(made.leader, CODE, {})
    evaluations.freeze(made.leader, CODE, sheets.drafts(CODE, made.settings(), TODAY))
    for one in evaluations.newest(CODE):
        own = evaluations.is_own(made.leader, one)
        evaluations.assess(made.second if own else made.leader, one.id, "80", PRIVATE[2])
    mine = made.sheet(world.staff_alice)
    evaluations.assess_oneself(made.actor("alice"), mine.id, "90", PRIVATE[1])
    made.shown()
    evaluations.contest(made.actor("alice"), mine.id, PRIVATE[0], "")
    return made


def sheet_of(made, name):
    return f"/evaluation/sheet/{made.sheet(made.world.ids[f'staff_{name}']).id}"


def test_the_office_sees_every_sheet_with_its_state_and_the_step_to_take(told, client_as):
    for who in ("leadership", "clerk"):
        page = client_as(who).get(f"/evaluation/{CODE}").text
        assert "1 份申诉等答复" in page
        assert "王爱丽" in page
        assert "李博" in page


@pytest.mark.parametrize("by", ["gaps", "score", "name"])
def test_the_list_can_be_sorted(told, client_as, by):
    assert client_as("leadership").get(f"/evaluation/{CODE}?by={by}").status_code == 200


def test_a_year_not_opened_shows_the_facts_so_far(world, client_as):
    page = client_as("leadership").get(f"/evaluation/{CODE}").text
    assert "还没有开始" in page
    assert "王爱丽" in page
    assert "开始这一年的考核" in page
    assert "开始这一年的考核" not in client_as("clerk").get(f"/evaluation/{CODE}").text


def test_a_teacher_sees_the_own_sheet_and_nobody_elses(told, client_as):
    alice = client_as("alice")
    assert PRIVATE[0] in alice.get(sheet_of(told, "alice")).text
    assert alice.get(sheet_of(told, "bob")).status_code == 404
    assert alice.get(f"/evaluation/{CODE}").status_code == 403
    assert alice.get("/evaluation/").status_code == 302


def test_the_inspector_sees_procedure_and_numbers_and_no_word_of_a_person(told, client_as):
    inspector = client_as("inspector")
    page = inspector.get(f"/evaluation/{CODE}").text
    for text in ("王爱丽", "李博", *PRIVATE):
        assert text not in page
    assert inspector.get(sheet_of(told, "alice")).status_code == 404
    evaluations.open_to_inspector(told.leader, told.sheet(told.world.staff_alice).id)
    opened = inspector.get(sheet_of(told, "alice"))
    assert opened.status_code == 200
    for text in PRIVATE:
        assert text not in opened.text
    assert inspector.get("/r/evaluation/").status_code in (403, 404)


def test_a_sheet_says_in_words_how_its_score_came_about(told, client_as):
    page = client_as("leadership").get(sheet_of(told, "alice")).text
    assert "事实得分" in page
    assert "影响最大的是" in page
    assert "全部做到可多" in page


def test_every_number_opens_exactly_its_periods(told, client_as):
    """Of every duty and state of Alice's and Bob's sheets."""
    opened = 0
    for name in ("alice", "bob"):
        sheet = told.sheet(told.world.ids[f"staff_{name}"])
        cells = behind.cells(YEAR, sheet.teacher_id, sheets.as_of(sheet))
        for line in sheets.lines_on(sheet):
            for state in State:
                those = [
                    one
                    for one in cells
                    if one.duty.code == line.duty.code and one.verdict.state is state
                ]
                asked = line.counted.of(state) if state is not State.NOT_DUE else 0
                assert len(those) == asked, (name, line.duty.code, state)
                opened += asked
    assert opened > 20


def test_a_period_lists_the_record_that_was_counted_in_it(told, client_as):
    url = f"/evaluation/{CODE}/teacher/{told.world.staff_alice}/talk-weekly?state=done"
    page = client_as("alice").get(url).text
    assert f"/r/talk/{told.world.talk_a}" in page
    assert client_as("bob").get(url).status_code == 404


def test_the_own_year_says_what_is_still_possible(world, client_as):
    page = client_as("bob").get("/evaluation/mine").text
    assert "还来得及的" in page
    assert "到今天的事实得分" in page


def test_steps_of_the_leadership_are_refused_to_all_others(told, client_as):
    sheet = told.sheet(told.world.staff_bob)
    for who in ("clerk", "alice", "charlie", "inspector"):
        client = client_as(who)
        for step in ("assess", "points", "answer", "decide", "sign", "reopen", "lend"):
            form = {"leadership_score": "1", "old": "school-4321", "reason": "x"}
            answer = client.post(f"/evaluation/sheet/{sheet.id}/{step}", data=form)
            assert answer.status_code in (403, 404, 422), (who, step)
    assert told.sheet(told.world.staff_bob).version == sheet.version


def test_signing_asks_for_the_password_again(told, client_as):
    alice, client = told.sheet(told.world.staff_alice), client_as("leadership")
    address = f"/evaluation/sheet/{alice.id}"
    client.post(f"{address}/answer", data={"objection_answer": "已核对"})
    word = evaluations.outcome_for(alice.score, told.settings())
    client.post(f"{address}/decide", data={"outcome": word, "remark": "议定"})
    assert client.post(f"{address}/sign", data={"old": "wrong"}).status_code == 422
    assert told.sheet(told.world.staff_alice).signed_on is None
    assert client.post(f"{address}/sign", data={"old": "school-4321"}).status_code == 303
    assert told.sheet(told.world.staff_alice).signed_on == TODAY
    change("talk", told.world.talk_a, content="后来改过")
    assert "签署后改过" in client.get(address).text


def test_a_list_costs_no_query_per_sheet(told, client_as):
    client = client_as("leadership")
    client.get(f"/evaluation/{CODE}")
    before = database.obj.query_count
    client.get(f"/evaluation/{CODE}")
    assert database.obj.query_count - before <= 45


def test_no_score_rests_on_counselling(world):
    """No duty that is weighed reads a sealed register."""
    found = facts(YEAR, TODAY)
    read = {slug for one in found.values() for d in one.duties.values() for slug in d.registers}
    assert not read & {"counselling", "mind-file"}


def test_the_command_tells_facts_scores_and_state(told):
    plain = report(YEAR, TODAY)
    alice = next(one for one in plain["teachers"] if one["name"] == "王爱丽")
    assert alice["step"] == evaluations.OBJECTED
    assert re.fullmatch(r"\d+\.\d\d", alice["score"])
    assert plain["of"] == "10.00"
    talks = next(one for one in alice["facts"] if one["duty"] == "talk-weekly")
    assert talks["counts"]["done"] == 1
    assert json.loads(json.dumps(plain)) == plain
    assert [one["staff"] for one in report(YEAR, TODAY, told.world.staff_bob)["teachers"]] == [
        told.world.staff_bob
    ]
