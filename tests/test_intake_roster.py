"""Rosters of pupils: the real-shaped one, and the many other ways schools write them."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from models.core.errors import BadFile
from models.intake import RosterAnswers, read_roster
from models.intake.family import read_whereabouts
from tests.workbooks import DATA, id_number, workbook

HEAD = ["姓名", "性别", "出生日期", "身份证号", "班级", "是否留守儿童"]
BOY, GIRL = id_number("20120901", 1), id_number("20120901", 2)


def roster(*rows, head=HEAD, title="名册", answers=None):
    return read_roster(workbook((title, [head, *rows])), answers)


def only(*cells, head=HEAD, answers=None):
    (row,) = roster(cells, head=head, answers=answers).rows
    return row


def codes_of(row):
    return [problem.code for problem in row.errors]


def warnings_of(row):
    return [problem.code for problem in row.warnings]


def test_the_real_shaped_roster_gives_exactly_the_expected_verdicts():
    expected = json.loads((DATA / "roster.xlsx.expect.json").read_text())
    read = read_roster((DATA / "roster.xlsx").read_bytes())
    assert len(read.rows) == expected["rows"]
    assert len(read.good) == expected["good"]
    assert len(read.left_behind) == expected["left_behind_good"]
    # The expected numbers count the pupils from 0; the first stands in row 5 of the sheet.
    bad = [[row.number - 5, *codes_of(row)] for row in read.bad]
    assert bad == expected["bad"]
    assert not any(parent.state is None for row in read.good for parent in row.parents)


def test_the_old_format_with_two_row_headings_and_classes_in_the_titles_is_read():
    read = read_roster((DATA / "roster-old-format.xls").read_bytes())
    assert [(row.sheet, row.number, row.good) for row in read.rows] == [
        ("三年级", 4, True),
        ("三年级", 6, True),
        ("四年级", 4, True),
    ]
    first = read.rows[0]
    assert (first.pupil.grade, first.pupil.class_number) == (3, 1)
    assert first.pupil.birth == dt.date(2015, 4, 2)
    assert [parent.phones for parent in first.parents] == [("13800000001",), ("0856-8120041",)]
    assert [parent.state for parent in first.parents] == ["away", "away"]
    assert [row.left_behind for row in read.rows] == ["2", "0", "2"]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (["张三", "男", "20120901", 5.222252012030536e17, "701", "否"], "number-cell"),
        ([None, "男", "20120901", BOY, "701", "否"], "name-missing"),
        (["张三", "男", "20120901", BOY[:-1] + "?", "701", "否"], "id-format"),
        (["张三", "女", "20120901", BOY, "701", "否"], "sex-mismatch"),
        (["张三", "男", "20120902", BOY, "701", "否"], "birth-mismatch"),
        (["张三", "男", "2012.13.1", BOY, "701", "否"], "date"),
        (["张三", "男", "20120901", BOY, None, "否"], "class-missing"),
        (["张三", "男", "20120901", BOY, "高一1班", "否"], "class"),
        (["张三", "中", "20120901", BOY, "701", "否"], "sex"),
        (["张三", "男", "20120901", BOY, "701", "2"], "left-behind"),
        (["张三", None, "20120901", None, "701", "否"], "sex-missing"),
        (["张三", "男", None, "无", "701", "否"], "birth-missing"),
    ],
)
def test_a_wrong_cell_refuses_the_row_with_its_reason(cells, code):
    row = only(*cells)
    assert codes_of(row) == [code]
    assert row.errors[0].field
    assert "请" in row.errors[0].message


def test_the_first_of_two_equal_id_numbers_stays_and_the_later_is_refused():
    read = roster(
        ["张三", "男", None, BOY, "701", "否"],
        ["李四", "女", "20110101", BOY, "702", "否"],
    )
    assert [codes_of(row) for row in read.rows] == [[], ["duplicate"]]
    assert "第2行" in read.rows[1].errors[0].message


def test_a_number_of_two_pupils_is_found_across_sheets():
    rows = [HEAD, ["张三", "男", None, BOY, "701", "否"]]
    other = [HEAD, ["李四", "男", None, BOY, "701", "否"]]
    read = read_roster(workbook(("甲", rows), ("乙", other)))
    assert codes_of(read.rows[1]) == ["duplicate"]
    assert "“甲”第2行" in read.rows[1].errors[0].message


def test_a_pupil_listed_again_on_another_sheet_is_told_and_read_once():
    rows = [HEAD, ["张三", "男", None, BOY, "701", "否"]]
    read = read_roster(workbook(("甲", rows), ("乙", rows)))
    assert [(row.sheet, row.good) for row in read.rows] == [("甲", True)]
    assert read.skipped == [("乙", 2, "与“甲”第 2 行是同一名学生，只导入那一行")]


def test_blank_sex_and_birth_are_taken_from_the_id_number():
    pupil = only("张三", None, None, BOY, "701", "否").pupil
    assert (pupil.sex, pupil.birth) == ("1", dt.date(2012, 9, 1))


def test_a_month_alone_is_completed_from_the_id_number():
    row = only("张三", "男", "2012.9", BOY, "701", "否")
    assert row.good
    assert row.pupil.birth == dt.date(2012, 9, 1)
    assert warnings_of(row) == []


@pytest.mark.parametrize("cell", [None, "暂未办理", "无"])
def test_a_missing_id_number_only_warns_and_keeps_the_reason(cell):
    row = only("张三", "男", "20120901", cell, "701", "否")
    assert row.good
    assert row.pupil.id_number is None
    assert row.pupil.id_reason
    assert "id-missing" in warnings_of(row)


def test_what_is_optional_only_warns():
    head = [*HEAD, "民族", "联系电话", "学籍号", "就读方式"]
    row = only("张三", "男", None, BOY, "701", "否", "火星", "123", "G1", "半", head=head)
    assert row.good
    assert warnings_of(row) == ["school-number", "ethnic", "boarding", "phone"]


@pytest.mark.parametrize(
    ("label", "code"),
    [("非留守儿童", "0"), ("否", "0"), ("单亲留守", "1"), ("双亲", "2"), ("是", "9"), ("√", "9")],
)
def test_the_left_behind_state_is_read_by_its_label(label, code):
    assert only("张三", "男", None, BOY, "701", label).left_behind == code


def test_a_bare_yes_is_settled_by_the_parents_states():
    head = [*HEAD, "父亲姓名", "父亲务工地点", "母亲姓名", "母亲务工地点"]
    both = only("张三", "男", None, BOY, "701", "是", "张父", "广东", "李母", "浙江", head=head)
    one = only("张三", "男", None, BOY, "701", "是", "张父", "广东", "李母", "在家", head=head)
    assert (both.left_behind, one.left_behind) == ("2", "1")


def test_numbers_mean_what_the_clerk_says_they_mean():
    answers = RosterAnswers(left_behind_numbers={"0": "0", "3": "2"})
    assert only("张三", "男", None, BOY, "701", 3, answers=answers).left_behind == "2"


def test_a_blank_means_no_where_the_column_is_only_ticked():
    read = roster(["张三", "男", None, BOY, "701", "√"], ["李四", "女", None, GIRL, "701", None])
    assert [row.left_behind for row in read.rows] == ["9", "0"]
    assert "left-behind-blank" not in warnings_of(read.rows[1])


def test_a_blank_is_noticed_where_the_others_say_no():
    read = roster(["张三", "男", None, BOY, "701", "否"], ["李四", "女", None, GIRL, "701", None])
    assert warnings_of(read.rows[1]) == ["left-behind-blank"]


def test_without_the_column_the_clerk_is_asked_and_the_answer_counts():
    head = HEAD[:-1]
    read = roster(["张三", "男", None, BOY, "701"], head=head)
    assert read.asks_left_behind
    assert read.rows[0].left_behind is None
    answered = roster(
        ["张三", "男", None, BOY, "701"], head=head, answers=RosterAnswers(left_behind="9")
    )
    assert len(answered.left_behind) == 1


def test_parents_and_guardian_are_read_from_their_columns():
    head = [*HEAD, "监护人", "关系", "电话", "爸爸姓名", "爸爸电话", "妈妈", "妈妈务工地"]
    row = only(
        "张三", "男", None, BOY, "701", "双亲留守",
        "王芳", "外婆", 13900000000.0, "张父", "13800000000/13700000000", "李母", "在省外务工",
        head=head,
    )  # fmt: skip
    assert row.good
    assert (row.guardian.name, row.guardian.relation) == ("王芳", "64")
    assert row.guardian.phones == ("13900000000",)
    father, mother = row.parents
    assert father.phones == ("13800000000", "13700000000")
    assert (father.state, father.inferred) == ("away", True)
    assert (mother.state, mother.place) == ("away", "省外")


def test_a_member_who_is_no_parent_becomes_the_guardian():
    head = [*HEAD, "成员1姓名", "成员1关系", "成员2姓名", "成员2关系"]
    row = only("张三", "男", None, BOY, "701", "是", "张爷", "爷爷", "张父", "父亲", head=head)
    assert (row.guardian.name, row.guardian.relation) == ("张爷", "61")
    assert [parent.name for parent in row.parents] == ["张父"]


def test_a_guardian_who_is_a_parent_takes_that_parents_relation_and_phone():
    head = [*HEAD, "母亲姓名", "母亲电话", "监护人"]
    row = only("张三", "男", None, BOY, "701", "单亲", "李母", "13800000000", "李母", head=head)
    assert (row.guardian.relation, row.guardian.phones) == ("52", ("13800000000",))


@pytest.mark.parametrize(
    ("text", "state", "place"),
    [
        ("在家", "home", None),
        ("在家务农", "home", None),
        ("在家（照顾老人）", "home", None),
        ("江苏省昆山市", "away", "江苏省昆山市"),
        ("在广东东莞打工", "away", "广东东莞"),
        ("省外务工", "away", "省外"),
        ("外出务工", "away", None),
        ("昆山市", "away", "昆山市"),
        ("已去世", "dead", None),
        ("父母离异", "divorced", None),
        ("服刑中", "prison", None),
        ("下落不明", "missing", None),
        ("镇中心小学", None, None),
    ],
)
def test_whereabouts_are_read_as_state_and_place(text, state, place):
    assert read_whereabouts(text) == (state, place)


def test_contradictions_between_label_and_parents_are_noticed():
    head = [*HEAD, "父亲姓名", "父亲务工地点", "母亲姓名", "母亲务工地点"]
    row = only("张三", "男", None, BOY, "701", "双亲", "张父", "广东", "李母", "在家", head=head)
    assert row.good
    assert "left-behind-contradiction" in warnings_of(row)


def test_grade_and_class_may_stand_in_two_columns():
    head = ["姓名", "性别", "身份证号", "年级", "班级", "留守类型"]
    pupil = only("张三", "男", BOY, "七年级", "2班", "非留守", head=head).pupil
    assert (pupil.grade, pupil.class_number) == (7, 2)


def test_a_school_with_one_class_per_grade_need_not_number_it():
    read = roster(
        ["张三", "男", None, BOY, "三年级", "否"], ["李四", "女", None, GIRL, "四年级", "否"]
    )
    assert [row.pupil.class_number for row in read.good] == [1, 1]
    assert [w.code for w in read.warnings] == ["class-number"]


def test_a_grade_alone_is_refused_where_that_grade_has_numbered_classes():
    read = roster(
        ["张三", "男", None, BOY, "三年级", "否"], ["李四", "女", None, GIRL, "302", "否"]
    )
    assert codes_of(read.rows[0]) == ["class-number"]


def test_blocks_per_class_in_one_sheet_take_the_line_above_them():
    head = ["姓名", "性别", "身份证号", "留守"]
    third = id_number("20130101", 3)
    read = read_roster(
        workbook(
            ("名册", [
                ["七（1）班"], head, ["张三", "男", BOY, "否"], [],
                ["七（2）班"], head, ["李四", "女", GIRL, "否"], ["王五", "男", third, "双亲"],
                ["班主任签字："],
            ])
        )
    )  # fmt: skip
    assert [row.pupil.class_number for row in read.rows] == [1, 2, 2]
    assert [row.number for row in read.rows] == [3, 7, 8]


def test_other_sheets_are_named_and_left_out():
    read = read_roster(
        workbook(
            ("说明", [["填表说明"], ["请如实填写"]]),
            ("名册", [HEAD, ["张三", "男", None, BOY, "701", "否"]]),
        )
    )
    assert read.other_sheets == ["说明"]
    assert len(read.good) == 1


def test_a_roster_without_heading_or_without_pupils_is_refused():
    with pytest.raises(BadFile, match="没有找到花名册的表头"):
        read_roster(workbook(("表", [["张三", "男"], ["李四", "女"]])))
    with pytest.raises(BadFile, match="下面没有学生"):
        roster(["合计", 0])


def test_the_clerks_mapping_wins_over_the_guess():
    head = ["姓名", "性别", "身份证号", "班级", "在册情况"]
    answers = RosterAnswers(columns={"名册": {4: "left_behind"}})
    row = only("张三", "男", BOY, "701", "双亲留守", head=head, answers=answers)
    assert row.left_behind == "2"


def test_equal_names_are_never_matched_but_noticed_without_id_numbers():
    read = roster(
        ["张三", "男", "20120901", BOY, "701", "否"],
        ["张三", "男", "20120901", None, "702", "否"],
        ["张三", "男", "20120902", None, "703", "否"],
    )
    assert [row.good for row in read.rows] == [True, True, True]
    assert ["namesake" in warnings_of(row) for row in read.rows] == [False, True, False]


def test_a_column_to_tick_for_each_kind_is_understood():
    head = ["姓名", "性别", "身份证号", "班级", "双亲留守", "单亲留守"]
    read = roster(
        ["张三", "男", BOY, "701", "√", None], ["李四", "女", GIRL, "701", None, None], head=head
    )
    assert not read.asks_left_behind
    assert [row.left_behind for row in read.rows] == ["2", "0"]


def test_a_parent_marked_as_guardian_is_the_guardian():
    head = [
        *HEAD,
        "成员1姓名",
        "成员1关系",
        "成员1是否监护人",
        "成员2姓名",
        "成员2关系",
        "成员2是否监护人",
    ]
    row = only(
        "张三", "男", None, BOY, "701", "否", "张父", "父", "否", "李母", "母", "是", head=head
    )
    assert (row.guardian.name, row.guardian.relation) == ("李母", "52")
