"""The first day: each step follows the records, may be taken back, and then the list goes."""

from __future__ import annotations

import io

import openpyxl
import pytest

from models.core import service
from models.core.gates import every_row
from models.core.register import find
from models.school import first_day
from tests.factory import Factory

KEYS = ["roster", "staff", "class-teacher", "pairing", "calendar", "regulations", "accounts"]


def states(actor):
    return {step.code: step.state for step in first_day.steps(actor)}


def test_the_steps_follow_the_records_in_their_order(world):
    found = states(world.clerk)
    assert list(found) == KEYS
    # Child C is paired with nobody; everything else of the test school stands.
    assert found.pop("pairing") == "partly"
    assert found.pop("class-teacher") in ("partly", "done")
    assert set(found.values()) == {"done"}
    assert first_day.is_over(first_day.steps(world.clerk))


def test_a_school_that_runs_is_not_told_of_its_first_day(client_as, world):
    assert 'id="first-day"' not in client_as("clerk").get("/desk").text


@pytest.mark.parametrize(
    ("slug", "code"), [("pairing", "pairing"), ("class-teacher", "class-teacher")]
)
def test_a_step_taken_back_is_open_again_and_shows_the_list(client_as, world, slug, code):
    for record in list(every_row(find(slug))):
        raw = {"until": str(record.since)}
        service.update(world.clerk, find(slug), record.id, raw, record.version)
    assert states(world.clerk)[code] == "due"
    page = client_as("clerk").get("/desk").text
    assert 'id="first-day"' in page
    assert "可以等的" in page


def test_a_member_of_staff_without_account_is_told(world):
    service.create(world.clerk, find("staff"), Factory(world.clerk).minimal(find("staff")))
    step = first_day.steps(world.clerk)[-1]
    assert (step.state, step.found) == ("partly", "还有 1 位教职工没有账号")


def test_the_example_of_a_roster_has_rows_that_are_never_imported(client_as, world):
    answer = client_as("clerk").get("/first-day/roster.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][:3] == ("序号", "姓名", "性别")
    assert {row[0] for row in rows[1:]} == {"示例"}
    assert all(len(row) == len(rows[0]) for row in rows)
    assert client_as("alice").get("/first-day/roster.xlsx").status_code == 403


def test_only_the_list_s_own_steps_hold_it_up(world):
    step = first_day.Step("pairing", "师生结对", first_day.PARTLY, "", "可以等")
    assert not step.holds_up
    assert first_day.Step("x", "x", first_day.PARTLY, "", "").holds_up
    assert first_day.Step("x", "x", first_day.OPEN, "", "可以等").holds_up
