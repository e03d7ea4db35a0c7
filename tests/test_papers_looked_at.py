"""What was found by looking at every document of the demo school, and must not come back."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest
from pypdf import PdfReader

from compliance.ordered.papers import document_called
from exports.documents.asking import asked_by
from exports.documents.bulletins import supervision_bulletin
from exports.documents.lists import LISTS
from exports.documents.paper import laid_out
from exports.documents.slips import slip
from exports.documents.statistics import statistics
from exports.pdf.blocks import OFFICIAL, Text
from exports.pdf.imprint import Imprint
from models.core import calendar
from models.core.gates import row
from models.core.register import find
from tests.paper import watched
from tests.spoiled import Spoiler

# A page with pictures follows these where the record has any.
ONE_PAGE = ("child-sheet", "visit-record", "talk-record", "parent-sheet", "semester-report")


def asked(world, code, ids=()):
    span = calendar.current_span(world.clerk.today)
    folders = (Path("files"), Path("cache"))
    return asked_by(world.clerk, document_called(code), span, folders, ids=list(ids))


def records(world):
    made = Spoiler(world)
    visit = made.visit(
        met_name="曾奶奶",
        family="祖父母照看，父母按月寄生活费。",
        opinion="盼着常和孩子说话。",
        findings="作业按时写。",
        told_about="学习、生活",
    )
    report = made.add(
        "semester-report", child=world.child_b, semester=world.autumn, sent_on="2025-11-10"
    )
    return {
        "child-sheet": world.child_a,
        "visit-record": visit,
        "talk-record": world.talk_a,
        "parent-sheet": world.father_a,
        "semester-report": report,
    }


@pytest.mark.parametrize("code", ONE_PAGE)
def test_a_form_of_one_page_takes_one(world, tmp_path, code):
    wanted = asked(world, code, [records(world)[code]])
    paper = document_called(code).maker(wanted)
    target = tmp_path / "form.pdf"
    paper.write(target, Imprint("回龙学校", paper.title, world.clerk.now, "文员", ""))
    assert len(PdfReader(target).pages) == 1


def test_the_semester_above_a_form_is_the_records_own(world):
    made = Spoiler(world)
    report = made.add("semester-report", child=world.child_b, semester=world.spring)
    body = document_called("semester-report").maker(asked(world, "semester-report", [report])).body
    named = row(world.clerk, find("semester"), world.spring).title
    assert body.count(named) == 1
    assert calendar.current_span(world.clerk.today).title not in body


def test_classes_stand_as_a_school_counts_them(world):
    made = Spoiler(world)
    for grade, name in ((9, "九（1）班"), (8, "八（1）班")):
        placed = made.add("school-class", name=name, grade=grade, number=1)
        child = made.add(
            "child",
            name=f"陈{name[0]}",
            id_number="",
            born_on="2012-01-01",
            identified_on="2025-09-05",
        )
        made.add("enrolment", child=child, school_class=placed, since="2025-09-01", until="")
    titles = [line.title for line in statistics(asked(world, "statistics-table"))]
    shown = [one for one in titles if one in ("七（1）班", "八（1）班", "九（1）班")]
    assert shown == ["七（1）班", "八（1）班", "九（1）班"]


def test_a_bulletin_says_work_once(world):
    made = Spoiler(world)
    one = made.add("supervision", area="之家全面工作", supervised_on="2025-11-05")
    body = supervision_bulletin(asked(world, "supervision-bulletin", [one])).body
    assert "对之家全面工作进行了督查" in re.sub(r"\s", "", body)


def meeting(world, **said):
    """The file of one meeting of two guardians, as a page."""
    made = Spoiler(world)
    lines = said.pop("lines", None)
    one = made.add("meeting", lines, held_at="2025-11-05 15:00", title="监护人会", **said)
    return document_called("meeting-file").maker(asked(world, "meeting-file", [one])).body


def test_a_notice_of_a_meeting_is_signed_and_not_dated_by_the_meeting(world):
    notice, _sign_in = meeting(world, agenda="议安全。").split("会议签到表")
    closing = notice[notice.index("sheet-sealed") :]
    assert calendar.school().name in closing
    assert "2025年11月5日" not in closing
    for word in ("一、时间：2025年11月5日 15:00", "会议内容：议安全。", "请准时参加"):
        assert word in notice


CAME = {"attendee": [{"name": "曾奶奶", "signed": True}, {"name": "田爷爷", "signed": False}]}
NOBODY_YET = {"attendee": [one | {"signed": False} for one in CAME["attendee"]]}


@pytest.mark.parametrize(("lines", "told"), [(CAME, True), (NOBODY_YET, False)])
def test_a_sign_in_sheet_leaves_the_signature_to_the_hand(world, lines, told):
    sheet = meeting(world, lines=lines).split("会议签到表")[1].split("会议记录<")[0]
    assert "已签到" not in sheet
    cells = re.findall(r"<td[^>]*>(.*?)</td>", sheet)
    for name, came in (("曾奶奶", "到会"), ("田爷爷", "未到")):
        row = cells[cells.index(name) :][:5]
        # Name, role, signature, phone, remark.
        assert row[2] == ""
        assert row[4] == (came if told else "")
    assert ("未到会：田爷爷" in sheet) is told
    numbers = [int(cell) for cell in cells if cell.isdigit()]
    assert max(numbers) >= 18


def test_the_minutes_hold_opinions_and_what_was_resolved(world):
    lines = {
        "opinion": [{"given_by": "曾奶奶", "content": "晚托到六点"}],
        "resolution": [{"content": "装隔板", "deadline": "2025-11-30"}],
    }
    minutes = meeting(world, lines=lines).split("会议记录<")[1]
    for word in ("晚托到六点", "曾奶奶", "装隔板", "2025-11-30", "主持人（签名）："):
        assert word in minutes


def test_a_news_sheet_has_a_masthead_and_says_where_it_was_sent(world):
    made = Spoiler(world)
    made.add("news-item", title="秋游", written_on="2024-11-01", month="2024-11")
    first = made.add("news-item", title="通话周", written_on="2025-10-08", month="2025-10")
    later = made.add(
        "news-item",
        title="家访月",
        written_on="2025-11-05",
        month="2025-11",
        channel="区教育局",
        sent_on="2025-11-06",
    )
    for one, number in ((later, 2), (first, 1)):
        body = document_called("news-sheet").maker(asked(world, "news-sheet", [one])).body
        assert f"2025年第 {number} 期" in body
    body = document_called("news-sheet").maker(asked(world, "news-sheet", [later])).body
    places = [
        body.index(word) for word in ("工作信息", "2025年11月5日", "家访月", "报送：区教育局")
    ]
    assert places == sorted(places)
    assert "区教育局（2025-11-06）" in body


def test_a_slip_is_not_torn_over_two_sheets(tmp_path, monkeypatch):
    paper = watched(monkeypatch)
    lines = tuple(Text(f"第{n}行") for n in range(1, 34))
    made = laid_out("信", "", *lines, slip("回龙学校", "信"), geometry=OFFICIAL)
    made.write(tmp_path / "letter.pdf", Imprint("回龙学校", "信", datetime(2025, 11, 12), "文员"))
    theirs = [line for line in paper.lines if not line.text.startswith(("第", "—"))]
    assert {line.page for line in theirs} == {2}
    assert len(theirs) >= 6


def test_how_long_a_file_is_kept_is_said_in_words():
    (sheet,) = [one for one in LISTS if one.code == "review-sheet"]
    (column,) = [one for one in sheet.columns if one.name == "retention"]
    assert [column.shown(one) for one in ("Y", "D30", "D10")] == ["永久", "30年", "10年"]
