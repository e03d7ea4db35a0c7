"""Workbooks of registers as schools write them: headings, words, moments, months, people."""

from __future__ import annotations

import datetime as dt
import io
import json
from dataclasses import replace

import openpyxl
import pytest

from admin.work import uploads
from models.core import codes, service
from models.core.actor import system
from models.core.converters import clean, show
from models.core.errors import BadValue, Invalid
from models.core.fields import MonthField, WordField
from models.core.gates import every_row
from models.core.register import REGISTERS, find, line_registers, register_of
from models.core.values import folds_told
from models.intake import read_roster
from models.intake.columns import headings
from models.intake.imports import import_table, plan_table
from models.intake.links import link_texts
from models.intake.report import ASK, LEFT_ALONE, NEW, ONE, REFUSED, TWO, Choices
from models.intake.table import read_table
from models.intake.years import with_year
from tests.test_cases import CASES, case
from tests.workbooks import id_number, workbook
from tests.world import EARLIER, NOON

EXPECTED = json.loads((CASES / "registers.json").read_text("utf-8"))
CHILDREN = ("曹超文", "曹梅丽", "曹梦", "曹涛文", "曹轩博", "曹颖", "曹雨梅", "胡瑶秀", "胡瑶秀")


@pytest.fixture
def clerk(world):
    """The clerk in January, in the school whose people the cases name."""
    builder = system(EARLIER, "测试")

    def add(slug, **raw):
        return service.create(builder, find(slug), raw).id

    fifth, sixth = (
        add("school-class", name=f"七（{n}）班", grade=7, number=n, entry_year=2025) for n in (5, 6)
    )
    common = {"sex": "男", "born_on": "2012-09-05", "identified_on": "2025-09-05"}
    first = add("child", **common | {"name": "曹超航", "born_on": "2011-11-21"},
                id_kind="居民身份证", id_number="341321201111213518")  # fmt: skip
    children = [first]
    for name in CHILDREN:
        children.append(add("child", **common, name=name, no_id_reason="办理中"))
    classes = [fifth] * 8 + [world.class_1, sixth]
    for child, school_class in zip(children, classes, strict=True):
        add("enrolment", child=child, school_class=school_class, since="2025-09-01")
    for relation, name in (("父亲", "曹大山"), ("母亲", "龙梅")):
        add("parent", child=first, relation=relation, name=name)
    add("guardian", child=first, name="曹老根", relation="祖父", since="2025-09-01")
    for name in ("何悦敏", "韩伟"):
        add("staff", name=name, sex="女")
    return world.actor("clerk", now=dt.datetime(2026, 1, 15, 10, 0))


def told_table(clerk, data, slug):
    """What each row of a register's workbook became, imported alone, in words."""
    register = find(slug)
    table = read_table(data, register)
    told = {}
    for row in table.rows:
        before = {record.id for record in every_row(register)}
        try:
            report = import_table(clerk, replace(table, rows=[row]), Choices(), "表")
        except Invalid:
            report = plan_table(clerk, replace(table, rows=[row]), Choices())
        (verdict,) = report.rows
        facts = {"refused": "；".join(p.message for p in verdict.errors)}
        for record in every_row(register):
            if record.id not in before:
                facts |= shown(register, record, table.columns)
        facts["warned"] = "；".join(p.message for p in verdict.warnings)
        told[f"{row.number}{'+' * row.place}"] = {
            name: text for name, text in facts.items() if text
        }
    return told


def shown(register, record, columns):
    facts = {}
    for name in sorted(columns & set(register.fields)):
        spec, value = register.fields[name], record.__data__.get(name)
        if spec.target is not None and value:
            facts[spec.label] = link_texts(register_of(spec.target), [value])[value]
        else:
            facts[spec.label] = show(spec.field, value)
    for lines in line_registers(register):
        if lines.slug == "home-visitor":
            model = lines.model
            ids = [line.staff_id for line in every_row(lines).where(model.visit == record.id)]
            facts["家访教师"] = "、".join(link_texts(find("staff"), ids).values())
    return facts


@pytest.mark.parametrize("name", EXPECTED)
def test_a_registers_workbook_is_read_as_a_careful_clerk_reads_it(clerk, name):
    expected = EXPECTED[name]
    assert (
        told_table(clerk, case(name.removesuffix(".xlsx")), expected["register"])
        == (expected["rows"])
    )


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


ACT = ["学生", "谈心教师", "谈心时间", "主题", "谈话内容", "效果"]


def acts(world, *rows, alike=ASK):
    whole = [["张小雨", world.alice.name, *row] for row in rows]
    table = read_table(workbook(("表", [ACT, *whole])), find("talk"))
    choices = Choices(alike=alike)
    try:
        report = import_table(world.clerk, table, choices, "表")
    except Invalid:
        report = plan_table(world.clerk, table, choices)
    codes = [[p.code for p in (*row.errors, *row.warnings)] for row in report.rows]
    return [row.verdict for row in report.rows], codes


TIMED = ["2025-11-10 15:30", "学习", "作业没有写完", None]
UNTIMED = ["2025-11-10", "学习", "作业没有写完", None]


def test_an_act_of_the_same_child_time_teacher_and_text_is_on_file(world):
    acts(world, TIMED)
    again = [TIMED, [*TIMED[:3], "好转"], [*TIMED[:2], "作业  没有写完"]]
    for row in again:
        assert acts(world, [*row, None][:4]) == ([LEFT_ALONE], [["on-file"]])
    for other in (["2025-11-10 15:40", *TIMED[1:]], [*TIMED[:2], "想家了", None]):
        assert acts(world, other)[0] == [NEW]


def test_an_act_without_a_time_of_day_is_asked_about_and_never_skipped(world):
    acts(world, UNTIMED)
    assert acts(world, UNTIMED) == ([REFUSED], [["alike"]])
    assert acts(world, UNTIMED, alike=ONE) == ([LEFT_ALONE], [["on-file"]])
    assert acts(world, UNTIMED, alike=TWO) == ([NEW], [[]])


def test_two_rows_of_one_file_that_tell_the_same_are_asked_about(world):
    assert acts(world, TIMED, UNTIMED, TIMED) == ([NEW, NEW, REFUSED], [[], [], ["alike"]])
    verdicts, _codes = acts(world, ["2025-11-09", "生活", "", ""], ["2025-11-09", "生活", "", ""])
    assert verdicts == [NEW, REFUSED]


def test_the_page_asks_about_acts_alike_and_takes_the_answer(client_as, world, data_dir):
    acts(world, UNTIMED)
    book = workbook(("表", [ACT, ["张小雨", world.alice.name, *UNTIMED]]))
    browser, talk = client_as("clerk"), find("talk").model
    count = every_row(find("talk")).where(talk.topic == "学习").count
    for answer, expected in (("ask", 1), ("one", 1), ("two", 2)):
        upload = uploads.keep(data_dir, world.clerk.user_id, "talk", "谈心.xlsx", book, NOON)
        page = browser.get(f"/imports/talk/{upload.token}").get_data(as_text=True)
        assert "内容相同、没有写几点的 1 行" in page
        browser.post(f"/imports/talk/{upload.token}/commit", data={"alike": answer})
        assert count() == expected


def test_the_words_of_a_call_book_are_read_once_the_duty_teacher_is_named(clerk):
    book = openpyxl.load_workbook(io.BytesIO(case("84-")))
    for row, name in zip(
        book.active.iter_rows(max_col=8), ["值班老师", *["韩伟"] * 5], strict=True
    ):
        row[7].value = name
    out = io.BytesIO()
    book.save(out)
    told = told_table(clerk, out.getvalue(), "family-call")
    assert [
        (row.get("通话对象"), row.get("方式"), row.get("结束时间")) for row in told.values()
    ] == [
        ("父亲", "电话", "15:45"),
        ("母亲", "视频", "15:45"),
        ("临时监护人", "视频", "15:45"),
        (None, None, None),
        (None, None, None),
    ]


def test_a_staff_list_sent_again_is_left_alone(clerk):
    staff = find("staff")
    for _time in range(2):
        report = import_table(clerk, read_table(case("90-"), staff), Choices(), "教职工")
    assert [row.verdict for row in report.rows] == [LEFT_ALONE, LEFT_ALONE]
    assert every_row(staff).where(staff.model.name.in_(["李新来", "王新来"])).count() == 2


@pytest.mark.parametrize(
    ("beside", "cell", "place"),
    [
        ("班级", "七（6）班", -1),
        ("班级", "701", -2),
        ("班别", "初一6班", -1),
        ("出生年份", "2012", None),
    ],
)
def test_pupils_of_one_name_are_told_apart_by_the_column_beside(clerk, beside, cell, place):
    head = ["姓名", beside, "谈话教师", "谈话日期", "谈话主题"]
    table = read_table(
        workbook(("表", [head, ["胡瑶秀", cell, "韩伟", "2025-12-01 15:30", "学习"]])), find("talk")
    )
    (row,) = import_or_plan(clerk, table).rows
    if place is None:
        assert "有 2 位“胡瑶秀”" in row.errors[0].message
        return
    child = find("child").model
    ids = [kid.id for kid in every_row(find("child")).where(child.name == "胡瑶秀")]
    talk = find("talk").model
    (made,) = every_row(find("talk")).where(talk.topic == "学习", talk.child.in_(ids))
    assert made.child_id == sorted(ids)[place]


def import_or_plan(clerk, table):
    try:
        return import_table(clerk, table, Choices(), "表")
    except Invalid:
        return plan_table(clerk, table, Choices())


def test_a_class_beside_a_name_that_is_not_the_pupils_is_told(clerk):
    head = ["姓名", "班级", "谈话教师", "谈话日期", "谈话主题"]
    rows = [["曹梦", "七（6）班", "韩伟", "2025-12-01 15:30", "学习"]]
    (row,) = plan_table(
        clerk, read_table(workbook(("表", [head, *rows])), find("talk")), Choices()
    ).rows
    assert [problem.code for problem in row.warnings] == ["beside"]


FIELDS = [spec for register in REGISTERS.values() for spec in register.fields.values()]
WORDS = [spec for spec in FIELDS if isinstance(spec.field, WordField)]
KINS = [spec for spec in WORDS if {"父亲", "母亲"} <= set(spec.field.words)]


@pytest.mark.parametrize("spec", KINS, ids=lambda spec: spec.label)
def test_every_list_of_relatives_reads_the_words_of_the_one_table(spec):
    """Whatever word names a father, a mother or a grandparent there names one in every list."""
    for _code, label, *words in codes.RELATION.rows[:2]:
        assert {clean(spec.field, word) for word in (label, *words)} == {label}
    wide = {"祖父", "祖父母", "其他亲属", "临时监护人", "其他监护人", "监护人"} & set(
        spec.field.words
    )
    for word in ("爷爷", "阿爷", "爷"):
        if wide:
            assert clean(spec.field, word) in wide
        else:
            with pytest.raises(BadValue):
                clean(spec.field, word)


@pytest.mark.parametrize("register", REGISTERS.values(), ids=lambda register: register.slug)
def test_no_heading_means_two_fields_of_a_register(register):
    seen = {}
    for name, words in headings(register).items():
        for word in words:
            assert seen.setdefault(word, name) == name, word


FORMS = [("⽅", "方"), ("⻢", "马"), ("\uf900", "豈"), ("\ue863", "䶮"), ("\u2009", "")]


@pytest.mark.parametrize(("old", "new"), FORMS)
def test_what_was_folded_is_told_with_its_cell_both_ways(clerk, client_as, world, old, new):
    text = f"作业{old}本"
    head = ["学生", "谈心教师", "谈心时间", "主题", "谈话内容"]
    row = ["曹梦", "韩伟", "2025-12-01 15:30", "学习", text]
    (read,) = import_table(
        clerk, read_table(workbook(("表", [head, row])), find("talk")), Choices(), "表"
    ).rows
    (problem,) = read.warnings
    assert (problem.code, problem.field) == ("folded", "content")
    told = f"“{old}”（U+{ord(old):04X}）换成“{new}”" if new else "特殊的空格换成普通空格"
    assert problem.message == f"谈话内容：{told}"
    posted = {
        "child": world.child_a,
        "teacher": world.staff_alice,
        "talked_at": "2025-11-11 12:00",
        "topic": text,
    }
    page = client_as("alice").post("/r/talk/new", data=posted, follow_redirects=True)
    assert f"主题里的{told}" in page.get_data(as_text=True)
    roster = ["姓名", "性别", "身份证号", "班级", "是否留守", "家庭住址"]
    cells = ["田一", "男", id_number("20130312", 7), "七（1）班", "双亲", f"坝{old}上"]
    (pupil,) = read_roster(workbook(("册", [roster, cells]))).rows
    assert [p.message for p in pupil.warnings if p.code == "folded"] == [f"“家庭住址”一格里{told}"]


def test_what_stays_as_it_is_is_not_told():
    assert not folds_told("古丽·热合曼 ＡＢ　𠮷田 﨑 é—")


TALKS = ["姓名", "谈心教师", "谈话日期", "主题"]


def talks_of(world, *rows):
    table = read_table(workbook(("谈心", rows)), find("talk"))
    report = import_table(world.clerk, table, Choices(), "谈心")
    model = find("talk").model
    said = every_row(find("talk")).where(model.batch == report.batch).order_by(model.talked_at)
    return table, report, [(one.child_id, one.talked_at.day, one.topic) for one in said]


def test_blocks_side_by_side_are_read_in_registers_too(world):
    _table, report, said = talks_of(
        world,
        ["谈心记录表"],
        [*TALKS, None, *TALKS],
        [
            "张小雨",
            "王爱丽",
            "2025-11-03 08:00",
            "甲",
            None,
            "曾思源",
            "李博",
            "2025-11-04 08:00",
            "乙",
        ],
        ["张小雨", "王爱丽", "2025-11-05 08:00", "丙"],
    )
    assert said == [(world.child_a, 3, "甲"), (world.child_b, 4, "乙"), (world.child_a, 5, "丙")]
    assert [row.number for row in report.rows] == [3, 3, 4]


@pytest.mark.parametrize("wrong", [("没有他", "2025-11-03 08:00"), ("张小雨", "2025-13-03")])
def test_a_wrong_row_of_one_block_leaves_the_block_beside_it(world, wrong):
    name, day = wrong
    beside = ["曾思源", "李博", "2025-11-04 08:00", "乙"]
    _table, report, said = talks_of(world, [*TALKS, *TALKS], [name, "王爱丽", day, "甲", *beside])
    assert [row.refused for row in report.rows] == [True, False]
    assert said == [(world.child_b, 4, "乙")]


def test_a_second_block_of_other_columns_and_a_repeated_heading_are_read(world):
    table, report, said = talks_of(
        world,
        TALKS,
        ["张小雨", "王爱丽", "2025-11-03 08:00", "甲"],
        TALKS,
        ["张小雨", "王爱丽", "2025-11-04 08:00", "乙"],
        ["七（2）班"],
        ["主题", "谈话日期", "谈心教师", "姓名"],
        ["丙", "2025-11-05 08:00", "李博", "曾思源"],
    )
    assert said == [(world.child_a, 3, "甲"), (world.child_a, 4, "乙"), (world.child_b, 5, "丙")]
    assert (3, "重复的表头") in [(number, why) for _sheet, number, why in table.skipped]
    assert not report.refused


def test_a_row_of_what_to_fill_in_is_no_record(world):
    row = ["张小雨", "王爱丽", "2025-11-03 08:00", "甲"]
    table, report, _said = talks_of(world, TALKS, ["必填", "必填", "必填", "选填"], row)
    assert len(report.rows) == 1
    assert [why for _sheet, _number, why in table.skipped] == ["填写要求"]


def test_a_record_that_speaks_of_headings_is_still_a_record(world):
    _table, _report, said = talks_of(world, TALKS, ["张小雨", "王爱丽", "2025-11-03 08:00", "主题"])
    assert said == [(world.child_a, 3, "主题")]


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("11月3日", "2025-11-03"),
        ("9月5日 下午3点半", "2025-09-05 15:30"),
        # Not of this semester, still to come, no such day, a time of day as well as a day.
        ("3月25日", None),
        ("11月30日", None),
        ("2月30日", None),
        ("10.30", None),
        (10.3, None),
    ],
)
def test_a_day_without_its_year_is_read_where_the_semester_leaves_no_doubt(world, said, read):
    table = read_table(workbook(("谈心", [TALKS, ["张小雨", "王爱丽", said, "甲"]])), find("talk"))
    (row,) = plan_table(world.clerk, table, Choices()).rows
    assert row.refused is (read is None)
    assert [p.message for p in row.warnings if p.code == "read"] == (
        [f"谈心时间：没有写年份，按本学期读作 {read[:10]}"] if read else []
    )
    if read:
        report = import_table(world.clerk, table, Choices(), "谈心")
        model = find("talk").model
        (made,) = every_row(find("talk")).where(model.batch == report.batch)
        assert f"{made.talked_at:%Y-%m-%d %H:%M}".startswith(read)


CALENDAR = {"autumn": dt.date(2025, 11, 12), "spring": dt.date(2026, 4, 20)}


@pytest.mark.parametrize(
    ("slug", "field", "said", "day", "read"),
    [
        ("census", "surveyed_on", 10.25, "autumn", "2025-10-25"),
        ("census", "surveyed_on", "10.25", "autumn", "2025-10-25"),
        ("census", "surveyed_on", "9/30", "autumn", "2025-09-30"),
        # 10.2 may be the 2nd or the 20th when typed as a number.
        ("census", "surveyed_on", 10.2, "autumn", 10.2),
        ("census", "surveyed_on", "3.25", "autumn", "3.25"),
        ("child", "born_on", "10.25", "autumn", "10.25"),
        ("summary", "month", "10月", "autumn", "2025-10"),
        ("summary", "month", "10月份", "autumn", "2025-10"),
        ("summary", "month", "12月", "autumn", "12月"),
        ("summary", "month", "13月", "autumn", "13月"),
        # October or January: asked.
        ("summary", "month", 2025.1, "autumn", 2025.1),
    ],
)
def test_which_cells_get_the_year_they_lack(world, slug, field, said, day, read):
    register = find(slug)
    assert with_year(register, register.fields[field], said, CALENDAR[day])[0] == read


def test_two_telephones_in_one_cell_are_the_two_the_register_keeps(world):
    head = ["学生", "关系", "姓名", "联系电话"]
    child = service.create(
        system(EARLIER, "测试"),
        find("child"),
        {"name": "新来", "sex": "男", "born_on": "2012-01-02", "no_id_reason": "办理中",
         "identified_on": "2025-09-05"},
    )  # fmt: skip
    table, report = imported(
        world, "parent", head, ["新来", "父亲", "新大山", "13812345678、13987654321"]
    )
    model = find("parent").model
    (made,) = every_row(find("parent")).where(model.child == child.id)
    assert (made.phone, made.phone_2) == ("13812345678", "13987654321")
    assert "另一个记作第二个电话" in report.rows[0].warnings[0].message
    second = ["新来", "母亲", "龙梅", "13812345678、13987654321", "13700000000"]
    with pytest.raises(Invalid):
        imported(world, "parent", [*head, "第二个电话"], second)
    assert table.rows
