"""A teacher's weekly sheet on paper: typed as a whole, judged by the day it was handed in."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from compliance.judged.records import known_text
from compliance.ordered.reading import tuples
from models.core.batches import Batch
from models.core.converters import words_of
from models.core.errors import Invalid
from models.core.gates import every_row
from models.core.register import find
from models.core.validation import is_backfilled
from models.school import weekly_sheet
from models.school.weekly_sheet import moment_of
from tests.test_photo_store import TOKEN
from tests.test_photos import upload

REGISTERS = ("talk", "family-call", "parent-contact", "hand-in")
# Week 11 of the test school is that of its today; week 10 is 3 to 9 November 2025.
WEEK, HANDED = "10", "2025-11-07"
LINE = {
    "child": "张小雨",
    "talk-day": "3 16:30",
    "talk-topic": "期中谈话",
    "talk-aspects": "学生",
    "talk-content": "作文有进步",
    "call-day": "周四 17:00",
    "call-callee": "父亲",
    "call-minutes": "8",
    "contact-day": "11-7",
    "contact-with_whom": "母",
    "contact-reported": "说了期中成绩",
}


def standing():
    return {slug: every_row(find(slug)).count() for slug in REGISTERS}


def send(client, world, *lines, **more):
    said = {"teacher": world.staff_alice, "week": WEEK, "handed_on": HANDED, "once": "a-token"}
    for number, line in enumerate(lines):
        said |= {f"cell-{number}-{name}": text for name, text in line.items()}
    return client.post("/weekly-sheet", data=said | more)


def newest(slug):
    declared = find(slug)
    return every_row(declared).order_by(declared.model.id.desc()).first()


def test_a_line_becomes_a_talk_a_call_and_a_contact_of_the_teacher(client_as, world):
    before = standing()
    answer = send(client_as("clerk"), world, LINE)
    assert answer.status_code == 303, answer.text
    assert {slug: n - before[slug] for slug, n in standing().items()} == dict.fromkeys(REGISTERS, 1)
    talk, call, contact = (newest(slug) for slug in REGISTERS[:3])
    assert (talk.teacher_id, call.duty_teacher_id, contact.teacher_id) == (world.staff_alice,) * 3
    assert talk.talked_at == datetime(2025, 11, 5, 16, 30)
    assert words_of(talk.aspects) == ["学习", "生活"]
    assert (call.begun_at, str(call.ended_at)) == (datetime(2025, 11, 6, 17, 0), "17:08:00")
    assert (contact.contacted_at.date(), contact.channel) == (date(2025, 11, 7), "电话")
    assert {one.paper_on for one in (talk, call, contact)} == {date(2025, 11, 7)}
    assert (newest("hand-in").handed_on, newest("hand-in").week) == (date(2025, 11, 7), 10)


def test_the_sheet_lists_the_paired_children_as_its_print_does(client_as, world):
    clerk = client_as("clerk")
    page = clerk.get(f"/weekly-sheet?teacher={world.staff_alice}&week={WEEK}&handed_on={HANDED}")
    assert 'id="cell-0-child" value="张小雨"' in page.text
    assert 'id="cell-1-child" value=""' in page.text
    printed = clerk.get(f"/documents/weekly-paper?for={world.staff_alice}").text
    assert "张小雨" in printed
    titles = [printed.rindex(part.title) for part in weekly_sheet.PARTS]
    assert titles == sorted(titles)
    assert printed.rindex("张小雨") > titles[-1]


def test_lateness_is_judged_by_the_day_it_was_handed_in(client_as, world, clock):
    clock.advance(days=5)
    assert clock.now().date() - date(2025, 11, 5) > timedelta(days=7)
    talk = {name: LINE[name] for name in LINE if name.startswith(("child", "talk"))}
    assert upload(client_as("clerk"), register="hand-in", evidence="scan").status_code == 200
    answer = send(client_as("clerk"), world, talk, upload_token=TOKEN)
    assert answer.status_code == 303, answer.text
    made = newest("talk")
    assert made.late_reason is None
    assert not is_backfilled(find("talk"), made)
    model = find("talk").model
    query = every_row(find("talk")).where(model.id == made.id).select(known_text(find("talk")))
    assert tuples(query) == [("2025-11-07",)]
    made.paper_on = None
    assert is_backfilled(find("talk"), made)
    page = client_as("clerk").get("/r/talk/").text
    assert "纸质" in page
    assert "补录" not in page


def test_a_sheet_handed_in_late_is_back_filled_and_asks_why(client_as, world):
    late = {"handed_on": "2025-11-12"}
    talk = {"child": "张小雨", "talk-day": "1", "talk-topic": "周一的谈话"}
    refused = send(client_as("clerk"), world, talk, **late)
    assert refused.status_code == 422
    assert "补录原因" in refused.text
    saved = send(client_as("clerk"), world, talk, late_reason="教师外出培训", **late)
    assert saved.status_code == 303, saved.text
    assert newest("talk").late_reason == "教师外出培训"
    assert is_backfilled(find("talk"), newest("talk"))


def test_typed_long_after_it_was_handed_in_it_needs_its_scan(client_as, world, clock):
    clock.advance(days=5)
    before = standing()
    refused = send(
        client_as("clerk"), world, {"child": "张小雨", "talk-day": "3", "talk-topic": "晚"}
    )
    assert refused.status_code == 422
    assert "请附上这张表的扫描件再保存" in refused.text
    assert standing() == before


def test_one_wrong_cell_saves_nothing_and_keeps_what_was_typed(client_as, world):
    before, batches = standing(), Batch.select().count()
    good = {"child": "张小雨", "talk-day": "2", "talk-topic": "好的一行"}
    wrong = {
        "child": "没有这个人",
        "talk-day": "9",
        "talk-topic": "保留的主题",
        "contact-day": "3",
        "contact-with_whom": "邻居",
    }
    page = send(client_as("clerk"), world, good, wrong)
    assert page.status_code == 422
    assert standing() == before
    assert Batch.select().count() == batches
    assert "保留的主题" in page.text
    assert "好的一行" in page.text
    for cell in ("cell-1-child", "cell-1-talk-day"):
        at = page.text.index(f'id="{cell}"')
        assert 'aria-invalid="true"' in page.text[at : page.text.index(">", at)], cell
    at = page.text.index('id="cell-0-child"')
    assert "aria-invalid" not in page.text[at : page.text.index(">", at)]


def test_what_is_on_file_already_is_not_entered_again(client_as, world):
    talk = {"child": "张小雨", "talk-day": "2", "talk-topic": "一次就够"}
    assert send(client_as("clerk"), world, talk).status_code == 303
    again = send(client_as("clerk"), world, {**talk, "talk-topic": "第二次"}, once="another")
    assert again.status_code == 422
    assert "已经登记过" in again.text
    twice = {"child": "张小雨", "talk-day": "4", "talk-topic": "一张表上两行"}
    assert send(client_as("clerk"), world, twice, twice, once="third").status_code == 422


def test_the_same_post_twice_is_one_sheet(client_as, world):
    talk = {"child": "张小雨", "talk-day": "2", "talk-topic": "送了两次"}
    first = send(client_as("clerk"), world, talk)
    before = standing()
    assert send(client_as("clerk"), world, talk).location == first.location
    assert standing() == before


def test_a_sheet_is_taken_back_as_a_whole(client_as, world):
    before = standing()
    place = send(client_as("clerk"), world, LINE).location
    clerk = client_as("clerk")
    assert "已录入 3 条" in clerk.get(place).text
    assert clerk.post(f"{place}/undo").status_code == 303
    assert standing() == before
    assert "已撤销" in clerk.get(place).text


def test_only_the_clerk_types_sheets_for_others(client_as, world):
    for name in ("alice", "leadership", "inspector"):
        assert client_as(name).get("/weekly-sheet").status_code == 403, name
        assert send(client_as(name), world, LINE).status_code == 403, name


def test_nobody_posts_a_day_on_paper(client_as, world):
    said = {
        "child": world.child_a,
        "teacher": world.staff_alice,
        "talked_at": "2025-11-11T16:20",
        "topic": "自己写的",
        "paper_on": "2025-11-11",
    }
    assert client_as("alice").post("/r/talk/new", data=said).status_code == 302
    assert newest("talk").topic == "自己写的"
    assert newest("talk").paper_on is None


def test_a_day_is_typed_in_many_ways(world):
    week = next(one for one in weekly_sheet.weeks(world.clerk.today) if one.number == 10)
    meant = datetime(2025, 11, 5)
    for typed in ("3", "周三", "星期三", "三", "11-5", "11/5", "11.5", "11月5日", "2025-11-05"):
        assert moment_of(typed, week) == meant, typed
    for typed in ("3 16:30", "11-5 16:30", "周三 下午4点半"):
        assert moment_of(typed, week) == datetime(2025, 11, 5, 16, 30), typed
    for typed in ("", "8", "11-10", "2024-11-05", "下周"):
        with pytest.raises(Invalid):
            moment_of(typed, week)
