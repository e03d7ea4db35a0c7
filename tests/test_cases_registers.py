"""Workbooks of registers as schools write them: headings, words, moments, months, people."""

from __future__ import annotations

import datetime as dt

import pytest

from models.core.converters import clean
from models.core.errors import BadValue
from models.core.fields import MonthField
from models.core.register import REGISTERS, find
from models.intake.imports import import_table
from models.intake.report import LEFT_ALONE, NEW, Choices
from models.intake.table import read_table
from tests.workbooks import workbook


def imported(world, slug, head, *rows):
    table = read_table(workbook(("表", [head, *rows])), find(slug))
    return table, import_table(world.clerk, table, Choices(), "表")


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        (45992.6458333, dt.datetime(2025, 12, 1, 15, 30)),
        (45992.0, dt.datetime(2025, 12, 1)),
        (45992, dt.datetime(2025, 12, 1)),
        (45992.999, dt.datetime(2025, 12, 1, 23, 59)),
    ],
)
def test_a_serial_number_keeps_its_time_of_day(raw, moment):
    assert clean(find("talk").fields["talked_at"].field, raw) == moment


MONTH = next(
    spec.field
    for register in REGISTERS.values()
    for spec in register.fields.values()
    if isinstance(spec.field, MonthField)
)


@pytest.mark.parametrize(
    ("raw", "month"),
    [
        ("2025年10月", "2025-10"),
        ("202510", "2025-10"),
        (202510.0, "2025-10"),
        (45931.0, "2025-10"),
        (2025.9, "2025-09"),
        (dt.date(2025, 10, 1), "2025-10"),
        (2025.1, None),
        ("10月", None),
    ],
)
def test_a_month_is_read_or_asked(raw, month):
    if month is None:
        with pytest.raises(BadValue):
            clean(MONTH, raw)
    else:
        assert clean(MONTH, raw) == month


@pytest.mark.parametrize(
    ("slug", "name", "text", "word"),
    [
        ("family-call", "callee", "爸爸", "父亲"),
        ("family-call", "way", "视频通话", "视频"),
        ("family-call", "way", "微信视频", "视频"),
        ("home-visit", "met", "奶奶", "祖父母"),
        ("home-visit", "met", "外公", "外祖父母"),
        ("home-visit", "manner", "入户家访", "入户"),
    ],
)
def test_a_word_that_means_one_of_the_list_is_read(slug, name, text, word):
    assert clean(find(slug).fields[name].field, text) == word


def test_a_word_that_denies_means_none_of_the_list():
    with pytest.raises(BadValue):
        clean(find("home-visit").fields["manner"].field, "未入户")


def test_headings_are_known_by_the_words_schools_use(world):
    name = world.alice.name
    head = ["姓名", "谈话教师", "谈话日期", "谈话主题", "谈话内容"]
    table, report = imported(
        world, "talk", head, ["张小雨", name, "2025-11-10 15:30", "学习", "作业"]
    )
    assert {"child", "teacher", "talked_at"} <= table.columns
    assert [row.verdict for row in report.rows] == [NEW], report.reasons()


def test_teachers_in_a_cell_of_the_visits_own_sheet_are_credited(world):
    head = ["学生", "家访时间", "方式", "受访人", "家访教师", "在家表现与监护情况"]
    _table, report = imported(
        world,
        "home-visit",
        head,
        ["张小雨", "2025-11-10 15:30", "入户", "奶奶", world.alice.name, "好"],
    )
    assert [row.verdict for row in report.rows] == [NEW], report.reasons()
    assert report.written["家访教师"] == 1


def test_the_same_acts_imported_again_are_on_file_and_without_a_time_of_day_asked(world):
    head = ["学生", "谈心教师", "谈心时间", "主题"]
    timed = ["张小雨", world.alice.name, "2025-11-10 15:30", "学习"]
    untimed = ["张小雨", world.alice.name, "2025-11-10", "学习"]
    imported(world, "talk", head, timed, untimed)
    _table, again = imported(world, "talk", head, timed, untimed, [*timed[:3], "生活"])
    assert [row.verdict for row in again.rows] == [LEFT_ALONE, NEW, NEW]
    assert [[p.code for p in row.warnings] for row in again.rows] == [["on-file"], ["on-file"], []]
