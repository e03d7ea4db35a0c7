"""Finding the heading of a sheet and the rows below it."""

from __future__ import annotations

from models.intake import Group, data_rows, find_header, read_workbook
from models.intake.roster_headings import GROUPS, PUPIL, roster_fields
from tests.workbooks import workbook


def header(rows, merges=()):
    (sheet,) = read_workbook(workbook(("表", rows), merges=merges))
    return sheet, find_header(sheet, PUPIL, GROUPS)


def fields(rows, merges=()):
    return {c.heading: c.field for c in header(rows, merges)[1].columns}


def test_the_heading_is_found_below_titles_in_any_order():
    _, found = header(
        [["某校花名册"], ["填报单位：", "日期：2025"], ["班 级", "姓　名*", "身份证号（必填）"]]
    )
    assert (found.first_row, found.last_row) == (3, 3)
    assert found.index == {"class": 0, "name": 1, "id_number": 2}


def test_two_row_headings_are_joined_through_merges():
    rows = [
        ["花名册"],
        ["姓名", "性别", "父亲", None, "母亲", None, "现监护人", None, None],
        [None, None, "姓名", "电话", "姓名", "务工地点", "姓名", "关系", "电话"],
        ["张三", "男", "张父", "13800000000", "李母", "广东", "张爷", "祖父", "13900000000"],
    ]
    merges = ["A1:I1", "A2:A3", "B2:B3", "C2:D2", "E2:F2", "G2:I2"]
    _, found = header(rows, merges)
    assert (found.first_row, found.last_row) == (2, 3)
    assert found.index == {
        "name": 0, "sex": 1, "father.name": 2, "father.phone": 3, "mother.name": 4,
        "mother.place": 5, "guardian.name": 6, "guardian.relation": 7, "guardian.phone": 8,
    }  # fmt: skip


def test_a_neutral_group_above_the_pupils_columns_is_no_person():
    rows = [["学生基本情况", None, "父亲", None], ["姓名", "性别", "姓名", "电话"], ["张三", "男"]]
    _, found = header(rows, ["A1:B1", "C1:D1"])
    assert found.index == {"name": 0, "sex": 1, "father.name": 2, "father.phone": 3}


def test_a_topic_behind_the_person_in_the_upper_row_does_not_matter():
    rows = [
        ["姓名", "性别", "父亲情况", None, "监护人信息", None],
        [None, None, "姓名", "务工地点", "姓名", "联系电话"],
        ["张三", "男", "张父", "广东", "王奶", "13800000000"],
    ]
    _, found = header(rows, ["A1:A2", "B1:B2", "C1:D1", "E1:F1"])
    assert found.last_row == 2
    assert [c.field for c in found.columns][2:] == [
        "father.name", "father.place", "guardian.name", "guardian.phone",
    ]  # fmt: skip


def test_a_name_below_an_unknown_group_is_not_the_pupils():
    rows = [
        ["紧急联络", None, "学生", None],
        ["姓名", "电话", "姓名", "性别"],
        ["李四", "1", "张三", "男"],
    ]
    _, found = header(rows, ["A1:B1", "C1:D1"])
    assert found.index == {"name": 2, "sex": 3}


def test_plain_headings_behind_a_person_belong_to_that_person():
    found = fields(
        [
            [
                "姓名",
                "性别",
                "父亲姓名",
                "电话",
                "母亲姓名",
                "电话",
                "监护人",
                "与学生关系",
                "联系方式",
            ]
        ]
    )
    assert found["联系方式"] == "guardian.phone"
    assert found["与学生关系"] == "guardian.relation"
    _, whole = header([["姓名", "性别", "父亲姓名", "电话", "母亲姓名", "电话"]])
    assert whole.index["father.phone"] == 3
    assert whole.index["mother.phone"] == 5


def test_one_phone_behind_both_parents_names_is_the_familys():
    assert fields([["姓名", "性别", "父亲姓名", "母亲姓名", "联系电话"]])["联系电话"] == "phone"


def test_unknown_headings_are_named_and_the_clerk_can_correct():
    _, found = header([["姓名", "性别", "兴趣", "住哪里"], ["张三", "男", "画画", "三组"]])
    assert found.unknown == ["兴趣", "住哪里"]
    corrected = found.corrected({3: "home_address", 2: "name"})
    assert corrected.index == {"sex": 1, "name": 2, "home_address": 3}


def test_a_sheet_without_headings_gives_none():
    assert header([["说明"], ["请按要求填写"]])[1] is None


def test_rows_that_are_no_records_are_left_out_with_their_reason():
    rows = [
        ["序号", "姓名", "性别", "身份证号", "班级", "备注"],
        ["例", "王样", "男", "1", "701", None],
        [1, "张三", "男", "x", "701", None],
        [],
        [2, None, None, None, None, None],
        [None, "七（2）班", None, None, None, None],
        ["序号", "姓名", "性别", "身份证号", "班级", "备注"],
        [3, "李四", "女", "y", "702", None],
        [4, "赵六", None, None, None, None],
        ["合计", None, 3, None, None, None],
        ["填表人：王五", None, None, "审核：钱七", None, None],
        ["注：本表一式两份", None, None, None, None, None],
        [None, "校长（签字）：", None, None, None, None],
    ]
    sheet, found = header(rows)
    parted = data_rows(sheet, found, keys=("name",))
    assert [row.number for row in parted.rows] == [3, 8, 9]
    assert [reason for _, reason in parted.skipped] == [
        "示例行", "说明行", "重复的表头", "合计行", "表尾行", "表尾行", "表尾行",
    ]  # fmt: skip


def test_a_cell_merged_downwards_counts_for_every_row():
    rows = [
        ["班级", "姓名", "性别"],
        ["701", "张三", "男"],
        [None, "李四", "女"],
        ["702", "王五", "男"],
    ]
    sheet, found = header(rows, ["A2:A3"])
    assert [row[0] for row in data_rows(sheet, found).rows] == ["701", "701", "702"]


def test_any_register_can_hand_in_its_own_headings():
    synonyms = {"visited_on": ["家访日期", "日期"], "child": ["学生"]}
    visitor = Group("visitor", ("家访教师", "教师"), {"name": ("姓名",), "phone": ("电话",)})
    (sheet,) = read_workbook(
        workbook(("表", [["日期", "学生", "教师", "教师电话"], ["1", "2", "3", "4"]]))
    )
    found = find_header(sheet, synonyms, [visitor])
    assert found.index == {"visited_on": 0, "child": 1, "visitor.name": 2, "visitor.phone": 3}


def test_every_field_of_the_roster_has_a_label_for_the_clerk():
    labels = roster_fields()
    assert labels["guardian.phone"] == "监护人联系电话"
    assert len(set(labels.values())) == len(labels)
