"""What the booklet, the village's copy, the bulletin, labels, posters say, and what they hide."""

from __future__ import annotations

import pytest

from compliance.ordered.papers import DOCUMENTS
from exports.documents import labels, posters, village
from exports.documents.paper import Asked
from exports.pdf.blocks import POSTER, POSTER_A3
from models.core import calendar, service
from models.core.gates import every_row
from models.core.register import find
from models.core.service import LineInput


@pytest.fixture
def made(world, data_dir):
    """`made(code, records)` is the body of a document as the clerk gets it."""

    def make(code, *records, person="clerk"):
        document = DOCUMENTS[code]
        semester = calendar.school_calendar().semester("2025-2026-1")
        folders = (data_dir / "files", data_dir / "cache")
        register = find(document.about)
        asked = Asked(world.actors[person], "云岭中学", semester, *folders, register, records)
        return document.maker(asked)

    return make


def record(slug, number):
    return every_row(find(slug)).where(find(slug).model.id == number).get()


def test_the_outside_of_a_booklet_tells_nobody_that_the_child_is_left_behind(made, world):
    body = made("growth-booklet", record("child", world.child_a)).body
    cover, inside = body.split('<hr class="paper__turn">', 1)
    assert "成长记录册" in cover
    assert "张小雨" in cover
    assert "留守" not in cover
    assert "张建国" in inside


def test_a_booklet_tells_when_and_of_what_was_talked_but_not_what_was_said(made, world):
    body = made("growth-booklet", record("child", world.child_a)).body
    assert "开学适应" in body
    assert "住校习惯了" not in body
    assert "数学补差" not in body


def test_fitness_is_drawn_against_the_time_before(made, world):
    test = find("fitness-test")
    for day, height in (("2025-04-10", "150.0"), ("2025-10-10", "153.5")):
        given = {"child": world.child_a, "tested_on": day, "height_cm": height}
        given["late_reason"] = "补录"
        service.create(world.clerk, test, given)
    body = made("growth-booklet", record("child", world.child_a)).body
    assert "＋3.5" in body
    assert "<svg" in body
    assert "身高（厘米）这次153.5，上次150" in body


def consent(world, **more):
    given = {"child": world.child_a, "purpose": "村级留存", "given_on": "2025-10-01"}
    return service.create(world.clerk, find("consent"), {**given, "given_by": "张奶奶", **more})


def disclosure(world, what="学生档案"):
    given = {
        "kind": "村组副本",
        "child": world.child_a,
        "what": what,
        "recipient": "大坪村村委会",
        "reason": "村组存档",
        "given_at": "2025-11-10 09:00",
        "approved_by": "周校长",
    }
    return service.create(world.clerk, find("disclosure"), given)


def test_a_village_gets_nothing_without_consent_and_only_what_the_disclosure_names(made, world):
    usual = disclosure(world)
    paper = made("village-copy", usual)
    assert paper.body == ""
    assert "不能提供" in paper.nothing
    agreed = consent(world)
    body = made("village-copy", usual).body
    for word in ("张小雨", "云岭镇大坪村 3 组", "大坪村村委会", "周校长"):
        assert word in body
    for number in ("520624201205060020", "0020"):
        assert number not in body
    named = disclosure(world, "姓名、就读方式")
    body = made("village-copy", named).body
    assert "张小雨" in body
    assert "住校" in body
    assert "大坪村 3 组" not in body
    service.update(world.clerk, find("consent"), agreed.id, {"withdrawn_on": "2025-11-01"}, 1)
    assert "张小雨" not in made("village-copy", usual).body


def test_a_village_gets_no_number_of_identity_and_no_illness_whatever_is_named(made, world):
    consent(world)
    children = find("child")
    said = {"illness": "哮喘", "allergies": "花生"}
    child = record("child", world.child_a)
    service.update(world.clerk, children, child.id, said, child.version)
    never = [children.fields[name].label for name in village.NEVER if name in children.fields]
    body = made("village-copy", disclosure(world, "、".join(["姓名", "性别", *never]))).body
    assert "张小雨" in body
    assert [label for label in never if label in body] == []
    assert len(never) > 3
    assert "0020" not in body
    assert "哮喘" not in body


def test_a_bulletin_names_no_child_and_ends_as_official_papers_do(made, world):
    staff = {"staff": world.leadership.staff_id, "position": "组长", "since": "2025-09-01"}
    head = service.create(world.clerk, find("leadership-member"), staff)
    given = {
        "supervised_on": "2025-11-10",
        "member": head.id,
        "area": "谈心记录",
        "findings": "张小雨的谈心记录缺一周",
    }
    lines = {"rectification": [LineInput({"problem": "单明没有家访照片", "measure": "补访"})]}
    found = service.create(world.clerk, find("supervision"), given, lines)
    body = made("supervision-bulletin", found).body
    for name in ("张小雨", "单明"):
        assert name not in body
    for word in ("情况的通报", "存在问题", "整改要求", "特此通报", "2025年11月10日"):
        assert word in body


def test_a_weekly_sheet_has_the_acts_of_its_week_alone(made, world):
    known = calendar.school_calendar()
    week = known.teaching_week(record("talk", world.talk_a).talked_at.date())
    given = {
        "kind": "周记录",
        "teacher": world.staff_alice,
        "semester": world.autumn,
        "handed_on": "2025-11-10",
    }
    hand_in = find("hand-in")
    this = service.create(world.clerk, hand_in, {**given, "week": str(week)})
    other = service.create(world.clerk, hand_in, {**given, "week": str(week - 3)})
    assert "开学适应" in made("weekly-hand-in", this).body
    assert "谈心 1 次" in made("weekly-hand-in", this).body
    assert "谈心 0 次" in made("weekly-hand-in", other).body


def test_spines_tell_the_first_and_the_last_item_of_a_box(made, world):
    for number in (3, 1, 2):
        given = {
            "archive_code": f"J001-06·2025-D10-000{number}",
            "title": f"家访记录{number}",
            "dated_on": "2025-10-01",
            "box": "06",
            "retention": "D10",
            "carrier": "纸质",
            "filed_on": "2025-11-10",
        }
        service.create(world.clerk, find("archive-item"), given)
    body = made("box-labels").body
    spine = body[body.index("起件号") :]
    assert spine.index("0001") < spine.index("止件号") < spine.index("0003")
    assert "0002" not in body
    assert "10年" in body


def test_bars_are_whole_modules_and_only_of_what_the_code_can_say():
    (drawing,) = labels.bars("ZC-0001")
    assert all(shape.filled for shape in drawing.shapes)
    widths = [shape.w / 0.28 for shape in drawing.shapes]
    assert all(width == pytest.approx(round(width)) for width in widths)
    # Start, seven signs, check, each of three bars, and the stop of four.
    assert len(widths) <= 3 * 9 + 4
    assert labels.bars("柜一") == ()
    assert labels.bars("") == ()


def test_a_poster_has_the_largest_letters_that_fit_one_sheet():
    short, long = "一条规定。", "每天按时开放，专人值守，做好记录。\n" * 12
    assert posters.largest(short, POSTER_A3, posters.SIZES[POSTER_A3]) == 48
    middle = posters.largest(long, POSTER_A3, posters.SIZES[POSTER_A3])
    assert 24 < middle < 48
    assert posters.largest(long * 30, POSTER, posters.SIZES[POSTER]) == 16


def test_a_consent_form_is_not_ticked_and_asks_for_no_number(made, world):
    body = made("consent-form", record("child", world.child_a)).body
    assert body.count("☐同意") == 4
    assert "☑" not in body
    assert "身份证" not in body
    assert "13985671234" not in body
