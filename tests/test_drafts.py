"""Drafts from the records: numbers that open their records, and hands that are not overwritten."""

from __future__ import annotations

import html
import re
from datetime import datetime

import pytest

from exports.documents.drafts import month_draft, refreshed, semester_draft, text_of
from models.core import calendar, service
from models.core.gates import every_row
from models.core.register import find
from tests.spoiled import Spoiler


@pytest.fixture
def autumn(world):
    return calendar.school_calendar().semester("2025-2026-1")


def test_a_draft_counts_the_records_of_its_semester(world, autumn):
    text = text_of(semester_draft(world.clerk, autumn))
    assert "截至2025年11月12日，本校在册留守儿童3名，其中男生2名，女生1名" in text
    assert "有效结对2对" in text
    assert "（一）结对帮扶。教师谈心2次，家访1次。" in text
    assert "（二）亲情沟通。亲情通话1次" in text
    assert "（五）安全和督查。本学期还没有登记。" in text
    assert "0次" not in text
    for heading in ("一、基本情况", "二、主要做法与成效", "三、存在问题", "四、下一步打算"):
        assert heading in text
    assert "制度" in text[text.index("三、存在问题") :]
    assert text.count("存在问题") == 1
    assert "完成" not in text[text.index("三、存在问题") :].split("四、")[0]


def test_a_draft_of_a_past_semester_counts_who_stood_on_its_last_day(world, autumn):
    spring = world.actor("clerk", now=datetime(2026, 4, 1, 9))
    child = every_row(find("child")).where(find("child").model.id == world.child_b).get()
    left = {"left_on": "2026-03-02", "left_why": "转学"}
    service.update(spring, find("child"), child.id, left, child.version)
    assert "本校在册留守儿童3名" in text_of(semester_draft(spring, autumn))


def test_a_month_counts_its_own_days(world):
    october = text_of(month_draft(world.clerk, world.clerk.today.replace(month=10, day=3)))
    november = text_of(month_draft(world.clerk, world.clerk.today))
    assert "教师谈心2次" in october
    assert "10月份，本校在册留守儿童" in october
    assert "教师谈心" not in november


def test_a_teachers_draft_leaves_out_what_a_teacher_does_not_read(world):
    october = world.alice.today.replace(month=10, day=3)
    assert "教师谈心" in text_of(month_draft(world.alice, october))
    made = Spoiler(world)
    made.add("supervision", supervised_on="2025-11-05", area="之家建设")
    hers = month_draft(world.alice, world.alice.today)
    assert "督查1次" not in text_of(hers)
    # Nor is it told as nought: the sentence does not know of it.
    assert not any(r"督查\d+次" in sentence.known for sentence in hers)
    assert "督查1次" in text_of(month_draft(world.leadership, world.leadership.today))


def test_refreshing_changes_the_numbers_and_nothing_a_hand_wrote(world, autumn):
    draft = semester_draft(world.clerk, autumn)
    now = text_of(draft)
    hand = (
        "（一）结对帮扶。教师谈心90次，家访80次，写结对工作日记70篇。",
        "（二）亲情沟通。亲情通话9次，孩子们很高兴。",
        "（三）活动育人。本学期还没有登记。",
        "另外谈心的老师有3位。",
    )
    lines = refreshed("\n".join(hand), draft).split("\n")
    assert lines[0] == "（一）结对帮扶。教师谈心2次，家访1次。"
    assert lines[1] == hand[1]
    assert lines[2] in now
    assert lines[3] == hand[3]
    assert refreshed("全是手写的。", draft) == "全是手写的。"


def test_a_draft_refreshed_at_once_is_itself(world, autumn):
    for draft in (semester_draft(world.clerk, autumn), month_draft(world.clerk, autumn.first)):
        assert refreshed(text_of(draft), draft) == text_of(draft)
        for sentence in draft:
            if sentence.known:
                assert re.fullmatch(sentence.known, sentence.text), sentence.text
                older = re.sub(r"\d+", "7", sentence.text)
                assert re.fullmatch(sentence.known, older), older


def test_a_draft_is_put_into_a_form_and_writes_nothing_by_itself(client_as, world):
    clerk, summary = client_as("clerk"), find("summary")
    page = clerk.get("/documents/semester-summary?semester=2025-2026-1").text
    (url,) = re.findall(r'href="(/documents/draft/semester-summary[^"]*)"', page)
    draft = clerk.get(html.unescape(url)).text
    assert re.search(r'<a href="/r/talk/[^"]*talked_at[^"]*">2</a>', draft)
    (form_url,) = re.findall(r'href="(/r/summary/new[^"]*)"', draft)
    form = clerk.get(html.unescape(form_url)).text
    assert "教师谈心2次" in form
    assert every_row(summary).count() == 0


def test_a_kept_summary_is_refreshed_in_its_own_form(client_as, world):
    given = {
        "kind": "学期",
        "title": "总结",
        "made_on": "2025-11-12",
        "semester": world.autumn,
        "text": "开头是我写的。\n（一）结对帮扶。教师谈心7次，家访7次。",
    }
    kept = service.create(world.clerk, find("summary"), given)
    clerk = client_as("clerk")
    page = clerk.get(f"/documents/draft/semester-summary?semester=2025-2026-1&for={kept.id}").text
    (url,) = re.findall(r'href="(/r/summary/\d+/edit[^"]*)"', page)
    form = clerk.get(html.unescape(url)).text
    assert "开头是我写的。" in form
    assert "（一）结对帮扶。教师谈心2次，家访1次。" in form


def test_who_writes_no_summary_gets_no_draft(client_as, world):
    inspector = client_as("inspector")
    assert inspector.get("/documents/draft/semester-summary").status_code in (403, 404)
    clerk = client_as("clerk")
    assert clerk.get("/documents/draft/talk-record").status_code == 404
    assert clerk.get("/documents/draft/semester-summary?for=9999").status_code == 404
