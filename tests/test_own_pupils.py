"""The home follows the person's posts: own pupils of the office, the leadership's own duties."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from admin.boards.today import my_pupils, today
from compliance.told.owing import led_children, own_children, posts_of
from models.core import calendar, service
from models.core.actor import SYSTEM, system
from models.core.boxes import CLERK, LEADERSHIP, ROLES, TEACHER
from models.core.gates import row, rows
from models.core.register import find
from models.kept.pairings import Pairing
from tests.test_boards import text_of
from tests.test_compliance_store import EVERYTHING
from tests.world import NOON


def change(slug, record_id, **values):
    kept = row(system(NOON), find(slug), record_id)
    service.update(system(NOON), find(slug), record_id, values, kept.version)


@pytest.fixture
def teaching(world):
    """The clerk and the leader teach beside the office: both are paired with the same child."""
    change("school", world.school, adopted=EVERYTHING)
    for name in ("clerk", "leadership"):
        given = {"teacher": world.actors[name].staff_id, "child": world.child_a}
        service.create(system(NOON), find("pairing"), given | {"since": "2025-09-01"})
    return world


def in_leadership(world, staff, **more):
    given = {"staff": staff, "position": "成员", "office": "班主任", "since": "2025-09-01", **more}
    return service.create(system(NOON), find("leadership-member"), given)


def semester_of(world):
    return calendar.current_span(world.clerk.today)


@pytest.mark.parametrize("role", [CLERK, LEADERSHIP])
@pytest.mark.parametrize("name", ["alice", "bob", "clerk", "leadership"])
def test_the_office_sees_as_own_whom_the_same_person_sees_as_teacher(app, teaching, name, role):
    as_teacher = replace(teaching.actors[name], role=TEACHER)
    in_office = replace(teaching.actors[name], role=role)
    with app.test_request_context():
        own = [one.id for one in own_children(as_teacher)]
        assert own
        assert [one.id for one in own_children(in_office)] == own
        assert led_children(in_office, own) == led_children(as_teacher, own)


@pytest.mark.parametrize("name", ["clerk", "leadership"])
def test_the_home_of_who_teaches_beside_has_the_own_pupils_with_short_forms(
    client_as, teaching, name
):
    home = text_of(client_as(name).get("/", follow_redirects=True))
    mine = home[home.index('id="mine"') :]
    assert "我的学生" in mine
    assert f'href="/r/child/{teaching.child_a}"' in mine
    assert re.search(rf'href="/r/talk/new\?child={teaching.child_a}', mine)
    assert f'href="/r/child/{teaching.child_b}"' not in mine[: mine.index("</section>")]
    page = text_of(client_as(name).get("/today"))
    assert f'href="/r/child/{teaching.child_a}"' in page
    assert f'href="/r/child/{teaching.child_b}"' not in page


def test_who_teaches_nobody_has_no_such_card(client_as, app, world):
    with app.test_request_context():
        nobody = replace(world.clerk, staff_id=None)
        assert my_pupils(nobody, semester_of(world)) is None
    assert client_as("inspector").get("/today").status_code == 302


def test_a_child_is_own_as_long_as_the_pairing_lasts(app, teaching):
    with app.test_request_context():
        assert my_pupils(teaching.clerk, semester_of(teaching))
        pairings = rows(SYSTEM, find("pairing"))
        for one in pairings.where(Pairing.teacher == teaching.clerk.staff_id):
            change("pairing", one.id, until="2025-11-11", end_reason="调整")
        assert my_pupils(teaching.clerk, semester_of(teaching)) is None


@pytest.mark.parametrize("name", ["alice", "clerk", "leadership"])
def test_a_member_of_the_leadership_sees_its_own_duties_in_every_account(
    client_as, app, teaching, name
):
    assert "领导小组成员的任务" not in text_of(client_as(name).get("/today"))
    actor = teaching.actors[name]
    in_leadership(teaching, actor.staff_id)
    with app.test_request_context():
        posts = posts_of(actor, semester_of(teaching))
    assert posts
    assert {one.verdict.staff for one in posts} == {actor.staff_id}
    page = text_of(client_as(name).get("/today"))
    part = page[page.index("领导小组成员的任务") :]
    for one in posts:
        assert one.duty.title in part


def test_another_members_duties_are_nobody_elses(client_as, app, teaching):
    in_leadership(teaching, teaching.staff_bob)
    with app.test_request_context():
        assert posts_of(teaching.alice, semester_of(teaching)) == []
        assert posts_of(teaching.bob, semester_of(teaching))
    assert "领导小组成员的任务" not in text_of(client_as("alice").get("/today"))


def test_a_member_whose_term_ended_or_whose_row_was_deleted_owes_nothing(app, teaching):
    ended = in_leadership(teaching, teaching.staff_alice)
    with app.test_request_context():
        assert posts_of(teaching.alice, semester_of(teaching))
        kept = row(system(NOON), find("leadership-member"), ended.id)
        service.delete(teaching.clerk, find("leadership-member"), kept)
        assert posts_of(teaching.alice, semester_of(teaching)) == []


def test_who_owes_only_by_the_post_is_told_so_in_the_headline(app, teaching):
    in_leadership(teaching, teaching.staff_bob)
    with app.test_request_context():
        shown = today(teaching.bob, semester_of(teaching))
    assert shown["posts"]
    assert shown["owed"] != "该做的都做了"


@pytest.mark.parametrize(("name", "role"), [("clerk", CLERK), ("leadership", LEADERSHIP)])
def test_the_office_keeps_its_own_rights_on_the_teachers_page(client_as, teaching, name, role):
    """The page gives the office no form that the role does not have, and takes none away."""
    assert teaching.actors[name].role == role != TEACHER
    client = client_as(name)
    page = text_of(client.get("/today"))
    for url in set(re.findall(r'href="(/r/[\w-]+/new[^"]*)"', page)):
        assert client.get(url.replace("&amp;", "&")).status_code == 200, url


# ---- the menu, and what waits in the other account ----------------------------------------------


@pytest.mark.parametrize("name", ["clerk", "leadership"])
def test_who_teaches_beside_the_office_has_the_own_pupils_in_the_menu(client_as, world, name):
    browser = client_as(name)
    assert 'href="/today"' not in browser.get("/r/talk/").text
    given = {"teacher": world.actors[name].staff_id, "child": world.child_a}
    made = service.create(system(NOON), find("pairing"), given | {"since": "2025-09-01"})
    for address in ("/r/talk/", "/board/", "/"):
        page = browser.get(address, follow_redirects=True).text
        assert 'href="/today"' in page.partition('id="content"')[0], address
    change("pairing", made.id, until="2025-11-11", end_reason="调整")
    assert 'href="/today"' not in browser.get("/r/talk/").text


def leading_account(world, staff, *, confirmed=True):
    raw = {
        "username": "alice-leads",
        "name": "王爱丽",
        "role": ROLES[LEADERSHIP],
        "staff": staff,
        "password_hash": "x",
        "must_change": "0",
    }
    given = {"confirmed_at": NOON, "confirmed_by": "测试"} if confirmed else {}
    return service.create(system(NOON), find("user"), raw, given=given)


def waiting_account(world):
    """Something to decide: a leader's account nobody has confirmed."""
    raw = {"username": "new-leader", "name": "新领导", "role": ROLES[LEADERSHIP]}
    return service.create(system(NOON), find("user"), raw | {"password_hash": "x"})


def test_a_teacher_who_leads_too_hears_what_waits_in_the_other_account(client_as, teaching):
    waiting_account(teaching)
    alice = client_as("alice")
    assert 'id="decisions"' not in alice.get("/today").text
    account = leading_account(teaching, teaching.staff_alice)
    page = text_of(alice.get("/today"))
    part = page[page.index('id="decisions"') :].partition("</section>")[0]
    assert "等您办" in part
    assert "领导账号待确认" in part
    assert "新领导" not in page  # of what waits only the kinds
    assert 'href="/account#hat"' in part
    assert "换成领导小组" in text_of(alice.get("/account"))
    assert "领导小组账号里等您签字或决定" in text_of(alice.get("/notices"))
    assert 'id="decisions"' not in client_as("bob").get("/today").text
    change("user", account.id, disabled="1")
    assert 'id="decisions"' not in alice.get("/today").text


def test_an_account_of_the_leadership_nobody_confirmed_has_nothing_waiting(client_as, teaching):
    waiting_account(teaching)
    leading_account(teaching, teaching.staff_alice, confirmed=False)
    assert 'id="decisions"' not in client_as("alice").get("/today").text
