"""Workbooks as schools really send them, read as a careful clerk would read them.

The files in `data/cases` were made after public bug reports and public heading layouts; every
person is invented. `rosters.json` holds what each is to be read as, or why it is not read.
"""

from __future__ import annotations

import json

import pytest

from models.core import service
from models.core.gates import every_row
from models.core.register import find
from models.intake import read_roster
from models.intake.import_roster import CHILD, import_roster, plan_roster
from models.intake.report import LEFT_ALONE, NEW, Choices
from models.kept.children import Child
from tests.told_rosters import told_roster
from tests.workbooks import DATA, id_number, workbook

CASES = DATA / "cases"
EXPECTED = json.loads((CASES / "rosters.json").read_text("utf-8"))


def case(name):
    (path,) = CASES.glob(f"{name}*.xls*")
    return path.read_bytes()


@pytest.mark.parametrize("name", EXPECTED)
def test_a_roster_is_read_as_a_careful_clerk_reads_it(name):
    assert told_roster((CASES / name).read_bytes()) == EXPECTED[name]


def planned(world, data):
    return plan_roster(world.clerk, read_roster(data), Choices())


def told(report, place=0):
    return [problem.message for problem in report.rows[place].warnings]


def test_what_can_hardly_be_true_is_told(world):
    report = planned(world, case("56-"))
    assert any("不像在校学生" in text for text in told(report, 0))
    assert any("还没有到" in text for text in told(report, 1))
    birth = planned(world, case("55-"))
    odd = {row.label for row in birth.rows for p in row.warnings if p.code == "age"}
    assert odd == {"田乙九", "田丙四", "田丙五"}


def test_a_reason_names_its_column(world):
    (problem,) = planned(world, case("70-")).rows[0].errors
    assert problem.message.startswith("现住址：")


def test_a_roster_without_numbers_imported_again_finds_the_same_children(world):
    roster = read_roster(case("71-"))
    import_roster(world.clerk, roster, Choices(), "第一次")
    again = import_roster(world.clerk, read_roster(case("71-")), Choices(), "第二次")
    assert [row.verdict for row in again.rows] == [LEFT_ALONE, LEFT_ALONE]
    assert all("认作已在册的" in " ".join(told(again, place)) for place in (0, 1))
    assert every_row(CHILD).where(Child.name.in_(["田一", "田二"])).count() == 2


def test_a_child_on_file_whom_the_new_roster_calls_no_longer_left_behind_is_told(world):
    head = ["姓名", "性别", "身份证号", "班级", "是否留守"]
    row = ["田一", "男", id_number("20130312", 7), "七（1）班"]
    first = workbook(("册", [head, [*row, "双亲留守"]]))
    import_roster(world.clerk, read_roster(first), Choices(), "第一次")
    report = planned(world, workbook(("册", [head, [*row, "否"]])))
    assert any("是在册的留守儿童" in text for text in told(report))


def test_children_of_one_name_and_birth_are_told_apart_by_a_parent_or_asked(world):
    head = ["姓名", "性别", "出生日期", "班级", "是否留守", "父亲姓名"]
    row = ["田一", "男", "2013-03-12"]
    both = [[*row, "七（1）班", "双亲", "田大山"], [*row, "七（2）班", "双亲", "田小山"]]
    import_roster(world.clerk, read_roster(workbook(("册", [head, *both]))), Choices(), "第一次")
    assert every_row(CHILD).where(Child.name == "田一").count() == 2
    # In September the classes changed; the father did not.
    moved = [[*row, "八（2）班", "双亲", "田大山"], [*row, "八（1）班", "双亲", "田小山"]]
    again = planned(world, workbook(("册", [head, *moved])))
    assert [row.verdict for row in again.rows] == [LEFT_ALONE, LEFT_ALONE]
    unsaid = planned(world, workbook(("册", [head, [*row, "八（2）班", "双亲", None]])))
    assert unsaid.rows[0].refused
    assert "分不清是哪一名" in unsaid.rows[0].errors[0].message


def test_a_class_named_by_its_year_of_entry_is_found_among_those_on_file(world):
    raw = {"name": "九（3）班", "grade": 9, "number": 3, "entry_year": 2023}
    service.create(world.clerk, find("school-class"), raw)
    head = ["姓名", "性别", "身份证号", "班级", "是否留守"]
    rows = [
        ["田一", "男", id_number("20110312", 7), "2023级3班", "双亲留守"],
        ["田二", "男", id_number("20110312", 9), "2022级3班", "双亲留守"],
    ]
    report = planned(world, workbook(("册", [head, *rows])))
    assert [row.verdict for row in report.rows] == [NEW, NEW]
    assert told(report, 0) == [text for text in told(report, 0) if "看不出现在是几年级" not in text]
    assert any("看不出现在是几年级" in text for text in told(report, 1))
