"""The boards as people meet them: the title answers, numbers lead to records, scope holds."""

from __future__ import annotations

import gzip
import json
import re
from datetime import datetime

import pytest

from admin.boards.child import child_strip
from app import main
from compliance.judged import store
from compliance.ordered import catalogue
from compliance.ordered.catalogue import duty_called
from models.core import calendar, service
from models.core.actor import system
from models.core.database import database
from models.core.register import find
from tests.world import NOON

PAGE_BYTES = 60_000


def text_of(response):
    assert response.status_code == 200, response.status
    return response.get_data(as_text=True)


def talk(world, child, staff, at="2025-11-11 12:00"):
    raw = {"child": child, "teacher": staff, "talked_at": at, "topic": "近况", "content": "学习"}
    return service.create(system(NOON), find("talk"), raw).id


@pytest.mark.parametrize("role", ["clerk", "inspector"])
def test_the_board_of_the_clerk_and_the_inspector_shows_the_weeks(client_as, all_sets, role):
    page = text_of(client_as(role).get("/board/"))
    assert "每周完成情况" in page


def test_a_teachers_day_begins_with_the_own_children(client_as, all_sets):
    page = text_of(client_as("alice").get("/", follow_redirects=True))
    assert "张小雨" in page
    assert "曾思源" not in page


@pytest.mark.usefixtures("three_duties")
def test_the_boards_title_says_what_is_still_owed(client_as, all_sets):
    page = text_of(client_as("clerk").get("/board/"))
    assert "<h1>本周还有 2 次谈心未做</h1>" in page
    talk(all_sets, all_sets.child_a, all_sets.staff_alice)
    assert "<h1>本周还有 1 次谈心未做</h1>" in text_of(client_as("clerk").get("/board/"))


def test_the_inspector_reads_completeness_first(client_as, all_sets):
    page = text_of(client_as("inspector").get("/board/"))
    assert "<h1>本学期各项任务完成 " in page


@pytest.mark.usefixtures("three_duties")
def test_a_new_talk_turns_the_mark_on_the_teachers_page(client_as, all_sets):
    before = text_of(client_as("alice").get("/today"))
    assert "本周还差 1 次谈心" in before
    talk(all_sets, all_sets.child_a, all_sets.staff_alice)
    after = text_of(client_as("alice").get("/today"))
    assert "本周还差" not in after
    assert "本学期还差 2 次家访" in after


def test_the_teachers_page_offers_the_short_forms_and_the_call(client_as, all_sets):
    page = text_of(client_as("alice").get("/today"))
    assert f'href="/r/talk/new?child={all_sets.child_a}"' in page
    assert f'href="/r/home-visit/new?child={all_sets.child_a}"' in page
    assert 'href="tel:13985670002"' in page
    assert 'href="/roll-call/talk"' in page


@pytest.mark.usefixtures("three_duties")
def test_whoever_is_owed_something_soonest_comes_first_with_that_act_filled(client_as, all_sets):
    """The talk ends this week, the visits of the class with the semester."""
    for number in range(2):
        add_child(all_sets, number)
    first, filled = first_card(client_as)
    assert "张小雨" in first
    assert filled == [f"/r/talk/new?child={all_sets.child_a}"]
    talk(all_sets, all_sets.child_a, all_sets.staff_alice)
    _first, filled = first_card(client_as)
    assert [address.partition("?")[0] for address in filled] == ["/r/home-visit/new"]


def first_card(client_as):
    """The first card of the teacher's page, and where its filled buttons lead."""
    cards = text_of(client_as("alice").get("/today")).split('<article class="pupil">')[1:]
    filled = re.findall(r'class="button button--primary" href="([^"]+)"', "".join(cards))
    return cards[0], filled


@pytest.mark.usefixtures("three_duties")
def test_who_is_owed_nothing_folds_away_at_the_end(client_as, all_sets, monkeypatch):
    for number in range(2):
        add_child(all_sets, number)
    page = text_of(client_as("alice").get("/today"))
    assert "眼下没有要办的" not in page
    monkeypatch.setattr(catalogue, "duties", lambda: ())
    calendar.forget()
    page = text_of(client_as("alice").get("/today"))
    assert page.count('<article class="pupil">') == 0
    assert "名学生眼下没有要办的</summary>" in page
    assert "吴同学" in page


@pytest.mark.usefixtures("three_duties")
def test_the_teachers_page_is_light_and_asks_few_queries(client_as, all_sets):
    few = queries(client_as("alice"), "/today")
    for number in range(40):
        add_child(all_sets, number)
    text_of(client_as("alice").get("/today"))
    many = queries(client_as("alice"), "/today")
    assert many <= few
    page = client_as("alice").get("/today").get_data()
    assert len(gzip.compress(page)) < PAGE_BYTES
    assert len(page) < PAGE_BYTES


@pytest.mark.usefixtures("three_duties")
def test_what_many_children_owe_alike_is_said_once_above_their_names(client_as, all_sets):
    for number in range(20):
        add_child(all_sets, number)
    page = text_of(client_as("alice").get("/today"))
    assert page.count("<span>家访<span") == 12 + 1
    assert "另有 10 名学生都还差" in page
    assert page.count("吴同学") >= 20


def queries(client, url):
    """How many queries the page asks when nothing was written since it was last read."""
    client.get(url)
    before = database.obj.query_count
    text_of(client.get(url))
    return database.obj.query_count - before


def add_child(world, number):
    make = system(NOON)
    child = service.create(
        make,
        find("child"),
        {
            "name": f"吴同学{number}",
            "sex": "男",
            "born_on": "2012-03-04",
            "no_id_reason": "正在补办",
            "identified_on": "2025-09-01",
        },
    ).id
    raw = {"child": child, "school_class": world.class_1, "since": "2025-09-01"}
    service.create(make, find("enrolment"), raw)


@pytest.mark.parametrize("url", ["/board/", "/missed", "/board/duties/talk-weekly"])
def test_the_queries_of_a_board_do_not_grow_with_the_children(client_as, all_sets, url):
    few = queries(client_as("clerk"), url)
    for number in range(25):
        add_child(all_sets, number)
    store.refresh(NOON.date())
    assert queries(client_as("clerk"), url) <= few


def test_a_duty_leads_to_its_subjects_and_they_to_their_records(client_as, all_sets):
    clerk = client_as("clerk")
    page = text_of(clerk.get("/board/duties/talk-weekly?period=w10"))
    assert "<h1>第10周有 2 个没有谈心</h1>" in page
    assert f'href="/board/duties/talk-weekly/{all_sets.pairing_a}?' in page
    subject = text_of(clerk.get(f"/board/duties/talk-weekly/{all_sets.pairing_a}?period=w09"))
    assert "第9周达标" in subject
    assert f'href="/r/talk/{all_sets.talk_a}"' in subject
    assert f'href="/r/talk/{all_sets.talk_b}"' not in subject


def test_a_visit_without_photo_is_shown_as_not_counted(client_as, all_sets):
    url = f"/board/duties/visit-class-teacher-photo/{all_sets.child_a}"
    assert "还缺内容，没有计入" in text_of(client_as("clerk").get(url))


def test_a_teacher_cannot_open_another_teachers_verdict(client_as, all_sets):
    assert (
        client_as("bob").get(f"/board/duties/talk-weekly/{all_sets.pairing_a}").status_code == 404
    )
    assert (
        client_as("charlie")
        .get(f"/board/duties/visit-class-teacher-photo/{all_sets.child_a}")
        .status_code
        == 404
    )


def test_a_teachers_duty_page_lists_own_pairings_alone(client_as, all_sets):
    page = text_of(client_as("alice").get("/board/duties/talk-weekly"))
    assert "张小雨" in page
    assert "曾思源" not in page


def test_the_inspector_reads_masked_names(client_as, all_sets):
    for url in ("/missed", "/board/duties/visit-class-teacher-photo"):
        page = text_of(client_as("inspector").get(url))
        assert "张小雨" not in page
        assert "/new?" not in page


@pytest.mark.parametrize(
    "url",
    [
        "/board/duties/no-such-duty",
        "/board/duties/talk-weekly/999999",
        "/board/duties/talk-weekly/9223372036854775808",
    ],
)
def test_what_does_not_exist_is_not_found(client_as, all_sets, url):
    assert client_as("clerk").get(url).status_code == 404


@pytest.mark.parametrize(
    "url",
    [
        "/board/duties/talk-weekly?page=9223372036854775807&state=x&period=x",
        "/missed?page=-1&by=salary",
        "/board/?semester=2099-2100-1",
    ],
)
def test_nonsense_in_the_address_shows_the_plain_page(client_as, all_sets, url):
    text_of(client_as("clerk").get(url))


def test_whoever_was_missed_longest_stands_first(client_as, all_sets):
    page = text_of(client_as("clerk").get("/missed"))
    assert "<h1>还有 3 名学生本周没有谈心</h1>" in page
    places = [page.index(name) for name in ("单明", "曾思源", "张小雨")]
    assert places == sorted(places)
    assert f'href="/r/talk/new?child={all_sets.child_b}&amp;teacher={all_sets.staff_bob}"' in page


def test_a_school_without_semester_is_told_to_enter_one(client_as, world):
    make, register = system(NOON), find("semester")
    for record in (world.autumn, world.spring):
        service.delete(make, register, record)
    assert "还没有登记学期" in text_of(client_as("clerk").get("/board/"))


def test_in_the_summer_the_board_shows_the_semester_just_ended(client_as, all_sets, clock):
    clock.moment = datetime(2026, 7, 20, 9)
    page = text_of(client_as("clerk").get("/board/"))
    assert "2025—2026学年第二学期" in page


@pytest.mark.usefixtures("three_duties")
def test_a_childs_strip_shows_its_duties_over_the_weeks(app, all_sets):
    with app.test_request_context():
        strip = child_strip(all_sets.alice, all_sets.child_a)
        assert child_strip(all_sets.charlie, all_sets.child_a) is None
    titles = [one["title"] for one in strip["rows"]]
    assert titles == [
        duty_called(code).title for code in ("talk-weekly", "visit-class-teacher-photo")
    ]
    assert [cell["state"] for cell in strip["rows"][0]["cells"][7:11]] == [
        "missed",
        "done",
        "missed",
        "due",
    ]


def test_the_childs_page_shows_the_strip(client_as, all_sets):
    url, every = f"/r/child/{all_sets.child_a}", f"/r/child/{all_sets.child_a}?every=1"
    few = text_of(client_as("alice").get(url))
    assert "每周做到哪里" in few
    assert f'href="{every}#duties"' in few
    assert duty_called("talk-weekly").title in text_of(client_as("alice").get(every))


def test_the_command_prints_json_alone(all_sets, data_dir, monkeypatch, capsys):
    monkeypatch.setenv("SCHOOL_DATA", str(data_dir))
    assert main(["duties", "--as-of", "2025-11-12", "--duty", "talk-weekly", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    (talk_weekly,) = told["duties"]
    assert (told["as_of"], told["semester"]) == ("2025-11-12", "2025-2026-1")
    mine = next(one for one in talk_weekly["subjects"] if one["id"] == all_sets.pairing_a)
    assert (mine["states"]["w09"], mine["states"]["w10"]) == ("done", "missed")
    assert talk_weekly["state"] == "missed"


def test_the_command_refuses_what_it_does_not_know(world, data_dir, monkeypatch, capsys):
    monkeypatch.setenv("SCHOOL_DATA", str(data_dir))
    assert main(["duties", "--as-of", "2025-11-12", "--duty", "no-such", "--json"]) == 1
    assert main(["duties", "--as-of", "2025-11-12", "--semester", "1999-2000-1"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "请核对代码" in said.err


@pytest.mark.usefixtures("three_duties")
def test_the_childs_page_says_what_is_owed_now_with_the_next_step(client_as, all_sets):
    page = text_of(client_as("clerk").get(f"/r/child/{all_sets.child_a}"))
    part = page[page.index("眼下还差") : page.index('id="duties"')]
    form = f'href="/r/talk/new?child={all_sets.child_a}&amp;teacher={all_sets.staff_alice}"'
    assert form in part
    assert f'href="/board/teachers/{all_sets.staff_alice}"' in page
    assert "/new?" not in text_of(client_as("inspector").get(f"/r/child/{all_sets.child_a}"))


def test_a_childs_whole_time_is_reached_step_by_step(client_as, all_sets):
    for number in range(1, 32):
        talk(all_sets, all_sets.child_a, all_sets.staff_alice, f"2025-10-{number:02} 12:{number}")
    clerk, seen = client_as("clerk"), set()
    url = f"/r/child/{all_sets.child_a}?tab=happened"
    for _ in range(3):
        page = text_of(clerk.get(url))
        found = set(re.findall(r'<a href="/r/talk/(\d+)">', page[page.index('id="timeline"') :]))
        assert not found & seen
        seen |= found
        older = re.search(r'href="([^"#]+)#timeline"[^>]*>(?:(?!</a>).)*更早的', page, re.DOTALL)
        if older is None:
            break
        url = older.group(1).replace("&amp;", "&")
    assert len(seen) == 32


@pytest.mark.usefixtures("three_duties")
def test_after_saving_the_filled_button_is_the_next_child_owed_the_same_act(client_as, all_sets):
    pair = {"child": all_sets.child_c, "teacher": all_sets.staff_alice, "since": "2025-09-01"}
    service.create(system(NOON), find("pairing"), pair)
    filled = after_talk_with(client_as, all_sets, all_sets.child_a)
    assert [url for url, _ in filled] == [
        f"/r/talk/new?child={all_sets.child_c}&amp;teacher={all_sets.staff_alice}"
    ]
    assert "下一名：单明 · 记谈心" in filled[0][1]
    # Nobody is owed a talk any more: the act owed next, and changing this one stays a small way.
    filled = after_talk_with(client_as, all_sets, all_sets.child_c)
    assert [url.partition("?")[0] for url, _ in filled] == ["/r/home-visit/new"]


def after_talk_with(client_as, world, child):
    """Save a talk as its teacher and return address and word of the filled buttons that follow."""
    alice = client_as("alice")
    typed = {"child": child, "teacher": world.staff_alice, "talked_at": "2025-11-12T08:00"}
    saved = alice.post("/r/talk/new", data=typed | {"topic": "近况", "content": "学习"})
    page = text_of(alice.get(saved.location))
    assert re.search(r'class="button button--quiet button--small" href="[^"]+/edit"', page)
    assert "下一名" not in text_of(alice.get(saved.location))
    return re.findall(r'class="button button--primary" href="([^"]+)">(.*?)</a>', page, re.S)


def test_what_is_taken_along_is_the_own_childrens_alone(client_as, all_sets):
    alice = client_as("alice")
    assert f'value="{all_sets.child_a}"' in text_of(alice.get("/take-along"))
    page = text_of(alice.get(f"/take-along?child={all_sets.child_a}&child={all_sets.child_b}"))
    assert 'href="tel:13985670002"' in page
    assert "请不要关闭这一页" in page
    assert "曾思源" not in page
    assert page.count("data-outbox-always") == 3
    # The office reads every child, but takes along the own ones alone, and the clerk has none.
    clerk = text_of(client_as("clerk").get(f"/take-along?child={all_sets.child_a}"))
    assert "张小雨" not in clerk
    assert client_as("inspector").get("/take-along").status_code == 403
