"""What single documents say: the statistics tie, cards share a sheet, letters have a slip."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from pypdf import PdfReader

from compliance.ordered.papers import DOCUMENTS
from exports.documents import statistics
from exports.documents.paper import Asked
from models.core import calendar, service
from models.core.gates import every_row
from models.core.register import find
from tests.factory import Factory


@pytest.fixture
def asked(world, data_dir):
    """`asked("child")` is what the clerk asks about all records of a register."""

    def make(slug="", person="clerk"):
        records = tuple(every_row(find(slug)).order_by(find(slug).model.id)) if slug else ()
        semester = calendar.school_calendar().semester("2025-2026-1")
        register = find(slug) if slug else None
        folders = (data_dir / "files", data_dir / "cache")
        return Asked(world.actors[person], "云岭中学", semester, *folders, register, records)

    return make


def test_the_statistics_tie_with_unknown_in_a_column_of_its_own(asked, world):
    lines = statistics.statistics(asked())
    found = [(line.title, line.total, line.over) for line in lines]
    assert found == [
        ("七（1）班", 2, 0),
        ("七（2）班", 1, 0),
        ("七年级小计", 3, 2),
        ("合计", 3, 0),
    ]
    assert all(line.ties for line in lines)
    by_sex = lines[-1].counted[0]
    assert (by_sex["女"], by_sex["男"], by_sex[statistics.UNKNOWN]) == (1, 2, 0)
    paper = DOCUMENTS["statistics-table"].maker(asked())
    assert "勾稽核对" in paper.body
    assert "相符" in paper.body
    (table,) = paper.tables
    assert [row[1] for row in table.rows] == [2, 1, 3, 3]


@pytest.mark.parametrize(
    ("born_on", "band"),
    [("2019-11-12", "6—13岁"), ("2019-11-13", "0—5岁"), ("2011-11-12", "14—16岁")],
)
def test_a_child_is_a_year_older_from_its_birthday_on(asked, world, born_on, band):
    assert str(world.clerk.today) == "2025-11-12"
    before = statistics.statistics(asked())[-1].counted[-1][band]
    raw = {"name": "林小满", "sex": "女", "born_on": born_on, "identified_on": "2025-09-01"}
    minimal = Factory(world.clerk).minimal(find("child"))
    service.create(world.clerk, find("child"), minimal | raw)
    assert statistics.statistics(asked())[-1].counted[-1][band] == before + 1


def test_who_is_identified_after_the_day_is_not_counted_yet(asked, world):
    raw = {"name": "林小满", "sex": "女", "born_on": "2013-05-05", "identified_on": "2025-11-11"}
    minimal = Factory(world.clerk).minimal(find("child"))
    service.create(world.clerk, find("child"), minimal | raw)
    counted = asked()
    assert statistics.statistics(counted)[-1].total == 4
    earlier = world.actor("clerk", now=world.clerk.now - timedelta(days=2))
    assert statistics.statistics(replace(counted, reader=earlier))[-1].total == 3


def test_a_word_no_column_counts_breaks_the_check(asked, monkeypatch):
    broken = statistics.Group("性别", (("女", "女"),), statistics.GROUPS[0].of)
    monkeypatch.setattr(statistics, "GROUPS", (broken, *statistics.GROUPS[1:]))
    assert not statistics.statistics(asked())[-1].ties


def test_a_grade_or_a_total_that_is_not_the_sum_of_its_classes_breaks_the_check(asked):
    table = statistics.counted(asked())
    assert table.ties
    titles = [title for title, _numbers in table.rows]
    for wrong in (titles.index("七年级小计"), len(titles) - 1):
        rows = [
            (title, (*numbers[:1], numbers[1] + 1, numbers[2] - 1, *numbers[3:]))
            if place == wrong
            else (title, numbers)
            for place, (title, numbers) in enumerate(table.rows)
        ]
        assert not replace(table, rows=tuple(rows)).ties


def test_a_table_signed_before_grades_had_rows_still_ties(asked):
    table = statistics.counted(asked())
    told = json.loads(table.content)
    kept = [row for row in told["rows"] if not row[0].endswith("小计")]
    del told["over"]
    old = statistics.Table.read(json.dumps(told | {"rows": kept}))
    assert old.ties
    assert [title for title, _numbers in old.rows] == ["七（1）班", "七（2）班", "合计"]


def test_contact_cards_name_whom_to_reach(asked, tmp_path, world):
    paper = DOCUMENTS["contact-card"].maker(asked("child"))
    for word in ("张小雨", "王爱丽", "13985670002"):
        assert word in paper.body
    assert paper.body.count("家校联系卡") == 3
    masked = DOCUMENTS["contact-card"].maker(asked("child", "inspector"))
    assert "张小雨" not in masked.body
    assert "13985670002" not in masked.body


def test_the_organisation_chart_draws_who_is_in_office(asked, world):
    staff = {"staff": world.leadership.staff_id, "position": "组长", "since": "2025-09-01"}
    head = service.create(world.clerk, find("leadership-member"), staff)
    paper = DOCUMENTS["organisation-chart"].maker(asked())
    assert "<svg" in paper.body
    assert "周校长" in paper.body
    service.update(world.clerk, find("leadership-member"), head.id, {"until": "2025-10-01"}, 1)
    assert "周校长" not in DOCUMENTS["organisation-chart"].maker(asked()).body


def test_the_calendar_puts_events_on_their_days(asked, client_as, world):
    given = {"title": "期中家长会", "starts_on": "2025-11-14"}
    service.create(world.clerk, find("calendar-event"), given)
    body = DOCUMENTS["calendar"].maker(asked()).body
    cell = body[: body.index("期中家长会")].rsplit("<td", 1)[1]
    assert ">14<br>" in cell
    printed = client_as("clerk").get("/documents/calendar/pdf")
    pages = PdfReader(io.BytesIO(printed.data)).pages
    assert any("期中家长会" in page.extract_text() for page in pages)


def test_an_open_letter_is_a_letter_with_a_slip(asked, world):
    given = {
        "semester": world.autumn,
        "title": "致家长的一封信",
        "written_on": "2025-11-10",
        "text": "冬天到了，请常打电话回家。",
    }
    service.create(world.clerk, find("open-letter"), given)
    body = DOCUMENTS["open-letter"].maker(asked("open-letter")).body
    wanted = (
        "尊敬的家长",
        "您好！",
        "请常打电话回家",
        "此致",
        "敬礼！",
        "2025年11月10日",
        "回　　执",
    )
    places = [body.index(word) for word in (*wanted, "意见或建议", "家长签字")]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("text", "once"),
    [
        ("各位家长：\n大家好！冬天到了。\n祝阖家安康！", "各位家长："),
        ("尊敬的家长朋友：您好！冬天到了。此致敬礼", "尊敬的家长朋友："),
    ],
)
def test_a_letter_with_its_own_salutation_gets_no_second_one(asked, world, text, once):
    given = {"semester": world.autumn, "title": "一封信", "written_on": "2025-11-10", "text": text}
    service.create(world.clerk, find("open-letter"), given)
    body = DOCUMENTS["open-letter"].maker(asked("open-letter")).body
    assert body.count(once) == 1
    assert "尊敬的家长：" not in body
    assert body.count("好！") == 1
    assert body.count("敬礼") == text.count("敬礼")


def test_a_custody_agreement_writes_both_its_days_alike(client_as, world):
    given = {"kind": "托管协议", "child": world.child_a, "signed_on": "2025-11-10"}
    register = find("agreement")
    ends = {"valid_until": "2026-09-02"}
    both = service.create(world.clerk, register, given | ends)
    page = client_as("clerk").get(f"/documents/custody-agreement?for={both.id}").text
    assert "自 2025年11月10日 起至 2026年9月2日 止。" in page
    still = service.create(world.clerk, register, given | {"signed_on": "2025-11-11"})
    page = client_as("clerk").get(f"/documents/custody-agreement?for={still.id}").text
    assert re.search(r"自 2025年11月11日 起至 _+ 止。", page)
