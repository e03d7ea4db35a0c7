"""教师履职: whose page it is, what it counts apart, and where every number leads."""

from __future__ import annotations

import re

import pytest

from compliance.told.answers import answered, shared_out, summed
from models.core import calendar, service
from models.core.actor import system
from models.core.database import database
from models.core.register import find
from tests.test_boards import add_child, queries, talk, text_of
from tests.world import NOON

# Each register that some duty of the day reads is a query.
OPENS = 38


@pytest.fixture
def autumn(world):
    return calendar.school_calendar().semester("2025-2026-1")


def letters_of(actor, semester, staff, duty):
    (found,) = [one for one in answered(actor, semester, staff) if one.duty.code == duty]
    return found


def test_a_teacher_opens_the_own_page_and_no_colleagues(client_as, world):
    alice = client_as("alice")
    assert f"/board/teachers/{world.staff_alice}" in alice.get("/board/teachers").location
    page = text_of(alice.get(f"/board/teachers/{world.staff_alice}"))
    assert "张小雨" in page
    assert "曾思源" not in page
    assert alice.get(f"/board/teachers/{world.staff_bob}").status_code == 404


@pytest.mark.parametrize("role", ["clerk", "leadership"])
def test_the_office_opens_any_teachers_page_from_the_list(client_as, world, role):
    client = client_as(role)
    page = text_of(client.get("/board/teachers"))
    assert f'href="/board/teachers/{world.staff_bob}' in page
    assert "李博" in text_of(client.get(f"/board/teachers/{world.staff_bob}"))
    assert client.get("/board/teachers/999999").status_code == 404
    assert client.get("/board/teachers/9223372036854775808").status_code == 404


def test_the_inspector_reads_a_teachers_page_masked_and_is_logged(client_as, world):
    page = text_of(client_as("inspector").get(f"/board/teachers/{world.staff_alice}"))
    assert "张小雨" not in page
    assert "/new?" not in page
    sql = "SELECT role, action FROM access_log WHERE register = 'staff' ORDER BY id DESC LIMIT 1"
    assert database.execute_sql(sql).fetchone() == ("inspector", "view")


@pytest.mark.usefixtures("three_duties")
def test_a_missed_week_leads_to_its_records_and_to_the_short_form(client_as, world):
    page = text_of(client_as("clerk").get(f"/board/teachers/{world.staff_alice}"))
    assert f"/board/duties/talk-weekly/{world.pairing_a}?period=w10" in page
    form = f'href="/r/talk/new?child={world.child_a}&amp;teacher={world.staff_alice}"'
    assert form in page


@pytest.mark.usefixtures("three_duties")
def test_what_was_entered_late_is_counted_apart(client_as, world, autumn):
    def counted():
        return summed([letters_of(world.clerk, autumn, world.staff_alice, "talk-weekly")])

    before = counted()
    talk(world, world.child_a, world.staff_alice, "2025-10-28 12:00")
    talk(world, world.child_a, world.staff_alice, "2025-10-14 12:00")
    after = counted()
    assert after["B"] - before["B"] >= 1
    assert before["M"] - after["M"] == after["B"] + after["D"] - before["B"] - before["D"]
    page = text_of(client_as("clerk").get(f"/board/teachers/{world.staff_alice}"))
    tile = re.search(r"补录.*?tile__figure\">(\d+)", page, re.DOTALL)
    assert tile.group(1) == str(after["B"])


def test_a_class_teacher_answers_for_the_periods_that_ended_while_leading(world, autumn):
    register, make = find("class-teacher"), system(NOON)
    ended = {"until": "2025-10-31"}
    service.update(make, register, world.class_teacher, ended, 1)
    raw = {"school_class": world.class_1, "staff": world.staff_charlie, "since": "2025-11-01"}
    service.create(make, register, raw)
    code = "visit-class-teacher"
    whose = {
        staff
        for staff in (world.staff_alice, world.staff_charlie)
        if any(one.duty.code == code for one in answered(world.clerk, autumn, staff))
    }
    assert whose == {world.staff_charlie}


def test_the_list_and_the_page_count_the_same(world, autumn):
    listed = shared_out(world.clerk, autumn).staff
    for staff in (world.staff_alice, world.staff_bob):
        assert +summed(answered(world.clerk, autumn, staff)) == +listed[staff]


def test_the_page_names_the_records_of_the_semester_by_register(client_as, world):
    page = text_of(client_as("clerk").get(f"/board/teachers/{world.staff_alice}"))
    part = page[page.index('id="records"') :]
    assert f'href="/r/talk/?f.teacher={world.staff_alice}"' in part


@pytest.mark.usefixtures("three_duties")
def test_one_duty_shows_every_period_of_every_child(client_as, world):
    url = f"/board/teachers/{world.staff_alice}?duty=talk-weekly"
    page = text_of(client_as("clerk").get(url))
    assert page.count(f"/board/duties/talk-weekly/{world.pairing_a}?period=w") >= 8


@pytest.mark.usefixtures("as_served")
def test_the_queries_of_a_teachers_page_do_not_grow_with_the_children(client_as, world):
    url, clerk = f"/board/teachers/{world.staff_alice}", client_as("clerk")
    few = queries(clerk, url)
    for number in range(25):
        add_child(world, number)
    assert queries(clerk, url) <= min(few, OPENS)
    assert queries(clerk, "/board/teachers") <= OPENS


def test_a_duty_and_the_staff_record_lead_to_the_teacher(client_as, world):
    clerk = client_as("clerk")
    link = f'href="/board/teachers/{world.staff_alice}'
    assert link in text_of(clerk.get(f"/r/staff/{world.staff_alice}"))
    assert link in text_of(clerk.get(f"/board/duties/talk-weekly/{world.pairing_a}"))
    assert "/board/teachers" in text_of(clerk.get("/board/"))
