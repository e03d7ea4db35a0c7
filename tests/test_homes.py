"""The clerk's and the inspector's first page say what to do first, in the numbers of the pages."""

from __future__ import annotations

import re

import pytest

from admin.boards import desk
from admin.boards.missed import count_missed
from compliance.findings.catalogue import examine
from compliance.findings.kinds import ERROR
from exports.bundle.survey import survey_of
from models.core import calendar

FORM = re.compile(r'<form[^>]*method="post"[^>]*action="([^"]+)"')


@pytest.fixture
def term(world):
    return calendar.school_calendar().semester(calendar.current_semester(world.clerk.today).code)


def questions(app, actor, term):
    with app.test_request_context():
        return {one["title"]: one for one in desk.desk(actor, term)["questions"]}


def test_each_number_of_the_desk_is_that_of_the_page_its_button_opens(app, client_as, world, term):
    asked = questions(app, world.clerk, term)
    assert asked["上报材料还缺"]["open"] == len(survey_of(world.clerk, term).missing) > 0
    assert asked["还没顾到"]["open"] == count_missed(world.clerk) > 0
    assert asked["要马上处理"]["open"] == len(examine(world.clerk, (ERROR,)))
    browser = client_as("clerk")
    page = browser.get("/", follow_redirects=True).text
    for one in asked.values():
        assert f"{one['open']} {one['unit']}" in page
        assert browser.get(one["url"]).status_code == 200
    for title, word in (("上报材料还缺", "还差 {} 项"), ("要马上处理", "{} 处")):
        told = browser.get(asked[title]["url"]).text
        assert not asked[title]["open"] or word.format(asked[title]["open"]) in told
    assert len(re.findall(r"<a [^>]*button--primary", page)) == 1


def test_the_desk_counts_down(app, world, term, monkeypatch):
    """What is done is no longer among the things to do, and the next button is the filled one."""
    before = questions(app, world.clerk, term)
    assert before["本周到期"]["first"] or before["上报材料还缺"]["first"]
    monkeypatch.setattr(desk, "lines", lambda *_asked: [])
    monkeypatch.setattr(desk, "count_missed", lambda *_asked: 0)
    after = questions(app, world.clerk, term)
    assert after["本周到期"]["open"] == after["还没顾到"]["open"] == 0
    assert [one["title"] for one in after.values() if one["first"]] == ["上报材料还缺"]


def test_the_inspector_begins_with_parts_and_regulations_and_changes_nothing(client_as):
    browser = client_as("inspector")
    answer = browser.get("/", follow_redirects=True)
    assert answer.request.path == "/visit"
    page = answer.text
    assert "上报材料的八个部分" in page
    assert "抽查一人" in page
    assert all(f">{number}<" in page for number in range(1, 9))
    assert {url for url in FORM.findall(page) if "sign-out" not in url} == set()
