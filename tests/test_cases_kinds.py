"""Further files of the kinds A, E, L, M and N, made here: each read, told of or asked about."""

from __future__ import annotations

import pytest

from models.core.gates import every_row
from models.core.register import find
from models.intake import read_roster
from models.intake.import_roster import import_roster, plan_roster
from models.intake.report import LEFT_ALONE, NEW, REFUSED, SAME, UPDATE, Choices
from tests.test_cases_more import ID, ID2, USUAL
from tests.workbooks import id_number, workbook

KID = ["石小树", "男", ID, "六（2）班", "双亲"]
FAMILY = ["父亲姓名", "父亲去向", "母亲姓名", "母亲去向"]


def roster(extra, *rows):
    return read_roster(workbook(("册", [[*USUAL, *extra], *rows])))


def first(world, extra, cells, choices=None):
    (row, *_rest) = plan_roster(world.clerk, roster(extra, cells), choices or Choices()).rows
    return row


def told(row):
    return "；".join(problem.message for problem in (*row.errors, *row.warnings))


# ---- A: no character stops anything ----


@pytest.mark.parametrize(
    ("name", "kept"),
    [("𠮷小树", "𠮷小树"), ("石😊小树", "石小树"), ("石\u202e小树", "石小树"), ("龘㛃", "龘㛃")],
)
def test_a_name_of_any_character_is_imported(world, name, kept):
    import_roster(world.clerk, roster([], [name, *KID[1:]]), Choices(), "册")
    assert every_row(find("child")).where(find("child").model.name == kept).exists()


# ---- E: sent twice ----


@pytest.mark.parametrize(
    ("again", "verdict"),
    [
        (["石小树", "男", ID, "六（2）班", "双亲"], LEFT_ALONE),
        (["石 小树", "男", ID.lower(), "602", "双亲留守"], LEFT_ALONE),
        (["石小树", "", ID, "六（2）班", "双亲"], LEFT_ALONE),
    ],
)
def test_a_child_sent_again_is_on_file(world, again, verdict):
    import_roster(world.clerk, roster([], KID), Choices(), "册")
    assert first(world, [], again).verdict == verdict
    assert first(world, [], again, Choices(existing=UPDATE)).verdict == SAME


BORN = ["姓名", "性别", "出生日期", "班级", "是否留守", "父亲姓名"]
NO_ID = ["石小树", "男", "2013-04-15", "六（2）班", "双亲", "石山"]


def unnumbered(*rows):
    return read_roster(workbook(("册", [BORN, *rows])))


@pytest.mark.parametrize(
    ("change", "verdict", "words"),
    [
        ({}, LEFT_ALONE, "认作已在册"),
        # In September all classes changed.
        ({3: "七（2）班"}, LEFT_ALONE, "认作已在册"),
        ({2: "2013.4"}, LEFT_ALONE, "认作已在册"),
        # The same name and the same father, born otherwise: asked, not doubled.
        ({2: "2013-04-16"}, REFUSED, "登记的出生日期是 2013-04-15"),
        ({2: "2013.5"}, REFUSED, "登记的出生日期是 2013-04-15"),
        # Another child of the name.
        ({2: "2013-04-16", 5: "石海"}, NEW, ""),
    ],
)
def test_a_child_without_numbers_sent_again_is_not_doubled(world, change, verdict, words):
    import_roster(world.clerk, unnumbered(NO_ID), Choices(), "册")
    cells = [change.get(place, cell) for place, cell in enumerate(NO_ID)]
    (row,) = plan_roster(world.clerk, unnumbered(cells), Choices()).rows
    assert row.verdict == verdict
    assert words in told(row)


# ---- L: what a message names ----


@pytest.mark.parametrize(
    ("heading", "cell"),
    [
        ("联系电话", "1391234567"),
        ("民族", "火星族"),
        ("健康状况", "好得很呢"),
        ("父亲身份证号", "123"),
    ],
)
def test_a_cell_left_out_is_told_with_its_column(world, heading, cell):
    row = first(world, [heading, "父亲姓名"], [*KID, cell, "石山"])
    assert f"“{heading}”一格：" in told(row) or heading in told(row)
    assert "没有导入" in told(row)


# ---- M: plausibility ----


@pytest.mark.parametrize(
    ("extra", "cells", "words"),
    [
        ([], ["石小树", "男", id_number("20180415", 1), "九（2）班", "双亲"], "与9年级相差太多"),
        ([], ["石小树", "男", id_number("19850415", 1), "六（2）班", "双亲"], "不像在校学生"),
        (["父亲姓名", "父亲身份证号"], [*KID, "石山", id_number("20100415", 1)], "不到 14 岁"),
        (["父亲姓名", "父亲身份证号"], [*KID, "石山", ID], "同一个身份证号"),
        ([], ["石小树", "男", id_number("20310415", 1), "六（2）班", "双亲"], "还没有到"),
        (["父亲姓名"], [*KID, KID[0]], "姓名与学生相同"),
        (["父亲姓名", "母亲姓名"], [*KID, "石山", "石山"], "同一个姓名"),
        (["监护人", "关系", "监护人年龄"], [*KID, "石老汉", "爷爷", 12], "写的是 12 岁"),
        (["母亲姓名", "母亲身份证号"], [*KID, "龙梅", id_number("19850101", 1)], "是男性的"),
    ],
)
def test_what_can_hardly_be_true_is_warned_of(world, extra, cells, words):
    assert words in told(first(world, extra, cells))


# ---- N: a change of state ----


@pytest.mark.parametrize(
    ("extra", "cells", "words"),
    [
        ([], [*KID[:3], "七（2）班", "双亲"], "在班记录"),
        (["家庭住址"], [*KID, "新村"], "现住址"),
        (FAMILY, [*KID[:4], "单亲", "石山", "在家务农", "龙梅", "外出务工"], "父母状况变动"),
        (["监护人姓名", "关系"], [*KID, "石老汉", "外公"], "监护人登记"),
        ([], [*KID[:4], "否"], "是在册的留守儿童"),
        (["备注"], [*KID, "已转学"], "备注"),
    ],
)
def test_what_a_new_roster_says_otherwise_of_a_child_on_file_is_told(world, extra, cells, words):
    more = {"家庭住址": "河口村", "父亲姓名": "石山", "父亲去向": "外出务工", "母亲姓名": "龙梅"}
    more |= {"备注": "无", "母亲去向": "外出务工", "监护人姓名": "石婆婆", "关系": "奶奶"}
    before = [*KID, *(more[heading] for heading in extra)]
    import_roster(world.clerk, roster(extra, before), Choices(), "册")
    assert "与登记的不同" not in told(first(world, extra, before))
    row = first(world, extra, cells)
    assert words in told(row)
    assert every_row(find("child")).where(find("child").model.id_number == ID2).count() == 0


def test_another_kind_than_the_parents_on_file_make_is_told(world):
    away = [*KID, "石山", "外出务工", "龙梅", "外出务工"]
    import_roster(world.clerk, roster(FAMILY, away), Choices(), "册")
    assert "按登记的父母状况是双亲留守儿童" in told(first(world, [], [*KID[:4], "单亲"]))
    assert "按登记的父母状况" not in told(first(world, [], KID))


def test_a_child_of_whose_parents_nothing_is_on_file_is_of_no_other_kind(world):
    import_roster(world.clerk, roster([], KID), Choices(), "册")
    assert "按登记的父母状况" not in told(first(world, [], [*KID[:4], "单亲"]))
