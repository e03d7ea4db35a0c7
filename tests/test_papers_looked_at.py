"""What was found by looking at every document of the demo school, and must not come back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pypdf import PdfReader

from compliance.ordered.papers import document_called
from exports.documents.asking import asked_by
from exports.documents.bulletins import supervision_bulletin
from exports.documents.lists import LISTS
from exports.documents.statistics import statistics
from exports.pdf.imprint import Imprint
from models.core import calendar
from models.core.gates import row
from models.core.register import find
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


def test_a_notice_of_a_meeting_is_signed_and_not_dated_by_the_meeting(world):
    made = Spoiler(world)
    one = made.add("meeting", held_at="2025-11-05 15:00", title="例会")
    body = document_called("meeting-file").maker(asked(world, "meeting-file", [one])).body
    notice = body.split("会议签到表")[0]
    closing = re.findall(r'class="closing">([^<]*)<', notice)
    assert closing[0] == calendar.school().name
    assert not any("2025年11月5日" in text for text in closing)


def test_how_long_a_file_is_kept_is_said_in_words():
    (sheet,) = [one for one in LISTS if one.code == "review-sheet"]
    (column,) = [one for one in sheet.columns if one.name == "retention"]
    assert [column.shown(one) for one in ("Y", "D30", "D10")] == ["永久", "30年", "10年"]
