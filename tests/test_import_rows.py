"""Every way a workbook's row is refused, warned about or left alone, each with its case."""

from __future__ import annotations

import io
import re

import openpyxl
import pytest

from models.core import audit, service
from models.core.database import database, writing
from models.core.errors import BadFile, BadValue, Invalid
from models.core.gates import every_row
from models.core.register import find
from models.intake.columns import NUMBER_HEAD, Numbers
from models.intake.imports import plan_table
from models.intake.links import LinkFinder, link_texts
from models.intake.match import Matcher
from models.intake.report import SKIP, UPDATE, Choices, ImportReport, RowVerdict
from models.intake.rows import Problem
from models.intake.table import read_table
from models.intake.values import read_values
from tests.test_excel_tables import (
    ROW,
    changed,
    edited,
    exported,
    imported,
    newest,
    previewed,
    talks,
    without_columns,
)
from tests.test_photo_store import new_visit
from tests.workbooks import id_number, workbook


def one(report):
    """The only row of a report."""
    (row,) = report.rows
    return row


def told(problems):
    return [problem.message for problem in problems]


def stored(slug, record_id):
    register = find(slug)
    return every_row(register).where(register.model.id == record_id).get()


def labels(slug, *names):
    return [find(slug).fields[name].label for name in names]


def with_book(data, change):
    """Return the workbook after `change(book)`."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    change(book)
    out = io.BytesIO()
    book.save(out)
    book.close()
    return out.getvalue()


def only_row(record_id, change=lambda cells: None):
    """Changes the row of one record of an export; for `edited`."""

    def edit(cells):
        if cells[NUMBER_HEAD].value.startswith(f"{record_id}-"):
            change(cells)

    return edit


def cell(label, text):
    def change(cells):
        cells[label].value = text

    return change


# ---- matching ----------------------------------------------------------------------------------


def test_what_others_changed_since_bars_only_a_row_that_changes_it_too(world):
    register = find("child")
    data = exported(world.clerk, register)
    child = stored("child", world.child_a)
    service.update(world.clerk, register, child.id, {"address": "别人改的"}, child.version)
    # Another field of the same record goes in, though the cell of the address is the old one.
    data = without_columns(data, "现住址")
    report = imported(
        world.clerk, edited(data, only_row(child.id, cell("就读方式", "走读"))), "child"
    )
    assert report.counts == {"changed": 1, "same": 2}
    after = stored("child", child.id)
    assert (after.boarding, after.address) == ("走读", "别人改的")


def test_an_unedited_old_export_would_undo_what_others_changed_and_is_refused(world):
    register = find("child")
    data = exported(world.clerk, register)
    child = stored("child", world.child_a)
    service.update(world.clerk, register, child.id, {"address": "别人改的"}, child.version)
    report = previewed(world.clerk, data, "child")
    assert report.counts == {"same": 2, "refused": 1}
    assert [p.code for p in report.refused[0].errors] == ["conflict"]


@pytest.mark.parametrize(
    "text", ["1", "1-1", "1-1-zzzzzz", "a-1-abcdef", "１-1-abcdef", f"{2**64}-1-abcdef", "--"]
)
def test_nonsense_for_a_record_number_is_a_warning_and_no_match(world, text):
    rows = [[*labels("talk", "child", "teacher", "talked_at", "topic", "content"), NUMBER_HEAD]]
    row = one(previewed(world.clerk, workbook(("谈心", [*rows, [*ROW, text]])), "talk"))
    assert row.verdict == "new"
    assert [p.code for p in row.warnings] == ["foreign"]


def test_the_number_of_another_register_or_version_is_not_taken_for_this_one(world):
    numbers = Numbers()
    talk, child = stored("talk", world.talk_a), stored("child", world.child_a)
    written = numbers.write(find("talk"), talk)
    assert numbers.read(find("talk"), f" {written} ") == (talk.id, talk.version)
    assert numbers.read(find("talk"), numbers.write(find("child"), child)) is None
    assert numbers.read(find("talk"), written.replace("-1-", "-2-")) is None


def test_a_row_outside_the_importers_rows_is_told_as_if_it_were_gone(world):
    """Only the clerk imports today; whoever else ever may meets own rows alone."""
    talk = find("talk")
    data = exported(world.clerk, talk)
    values = read_values(world.clerk, talk, read_table(data, talk).rows)
    found = Matcher(world.alice, talk).match(values)
    seen = {matched.record.id for matched in found if matched.record is not None}
    assert seen == {world.talk_a}
    (gone,) = [matched for matched in found if matched.record is None]
    assert [p.code for p in gone.problems] == ["gone"]
    assert "回收站" in gone.problems[0].message
    assert not gone.changed_since


def test_a_business_key_outside_the_importers_rows_is_not_matched(world):
    child = find("child")
    head = labels("child", "name", "id_number")
    number = stored("child", world.child_b).id_number
    table = read_table(workbook(("儿童", [head, ["曾思源", number]])), child)
    values = read_values(world.clerk, child, table.rows)
    assert Matcher(world.clerk, child).match(values)[0].record.id == world.child_b
    assert Matcher(world.alice, child).match(values)[0].record is None


def test_several_records_alike_in_what_they_are_matched_by_are_never_guessed(world):
    kept = {"title": "安全制度", "topic": "工作职责", "kind": "制度"}
    for text in ("第一份", "第二份"):
        service.create(world.clerk, find("regulation"), {**kept, "text": text})
    head = labels("regulation", "title", "topic", "kind", "text")

    def looked(title):
        data = workbook(("制度", [head, [title, "工作职责", "制度", "新的"]]))
        return previewed(world.clerk, data, "regulation", Choices(existing=UPDATE))

    row = one(looked("安全制度"))
    assert [p.code for p in row.errors] == ["several"]
    assert "标题相同的已有 2 条，请先导出" in row.errors[0].message
    assert looked("另一项制度").counts == {"new": 1}
    service.delete(world.clerk, find("regulation"), newest("regulation").id)
    assert looked("安全制度").counts == {"changed": 1}


def test_one_record_on_two_rows_is_refused_the_second_time_with_the_first_row_named(world):
    register = find("talk")

    def twice(book):
        sheet = book.worksheets[0]
        sheet.append([value.value for value in sheet[2]])

    data = with_book(exported(world.clerk, register), twice)
    report = previewed(world.clerk, data, "talk")
    (refused,) = report.refused
    assert refused.number == 4
    assert [p.code for p in refused.errors] == ["twice"]
    assert "“谈心记录”第 2 行" in refused.errors[0].message


# ---- cells -------------------------------------------------------------------------------------


def test_a_masked_cell_of_a_new_row_is_left_out_with_a_warning(world):
    head = labels("child", "name", "sex", "born_on", "id_number", "no_id_reason", "identified_on")
    row = ["周小山", "男", "2012-09-01", "**************0020", "户口正在办理", "2025-11-10"]
    report = previewed(world.clerk, workbook(("儿童", [head, row])), "child")
    assert report.counts == {"new": 1}, told(one(report).errors)
    report = imported(world.clerk, workbook(("儿童", [head, row])), "child")
    assert told(one(report).warnings) == ["身份证件号是遮住的，这一格没有导入"]
    assert newest("child").id_number is None


def test_a_masked_cell_emptied_or_kept_changes_nothing_and_a_whole_one_does(world):
    register, label = find("child"), find("child").fields["id_number"].label
    data = exported(world.clerk, register)
    emptied = edited(data, only_row(world.child_a, cell(label, None)))
    assert previewed(world.clerk, emptied, "child").counts == {"same": 3}
    stars = edited(data, only_row(world.child_a, cell(label, "＊＊＊＊")))
    assert previewed(world.clerk, stars, "child").counts == {"same": 3}
    typed = edited(data, only_row(world.child_a, cell(label, id_number("20120506", 6))))
    report = previewed(world.clerk, typed, "child")
    (row,) = [row for row in report.rows if row.changes or row.refused]
    # What changes is told, and masked as it is for the reader.
    assert row.changes == [(label, "*" * 14 + "0020", "*" * 14 + id_number("20120506", 6)[-4:])], (
        told(row.errors)
    )


def test_a_text_cut_off_by_the_workbook_is_left_alone(world):
    whole = "说" * 32_767
    talk = stored("talk", world.talk_a)
    longer = whole + "完"
    service.update(world.clerk, find("talk"), talk.id, {"content": longer}, talk.version)
    data = exported(world.clerk, find("talk"))
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    assert whole in {value.value for row in sheet.iter_rows() for value in row}
    assert previewed(world.clerk, data, "talk").counts == {"same": 2}
    topic = edited(data, only_row(talk.id, cell(find("talk").fields["topic"].label, "新主题")))
    imported(world.clerk, topic, "talk")
    after = stored("talk", talk.id)
    assert (after.topic, after.content) == ("新主题", longer)


def test_the_reason_of_a_late_row_comes_from_its_column_or_says_import(world):
    late = changed(谈心时间="2025-09-10 12:30")
    imported(world.clerk, talks(late), "talk")
    assert newest("talk").late_reason == "由表格导入"
    head = ("学生", "谈心教师", "谈心时间", "主题", "内容", "补录原因")
    imported(world.clerk, talks((*changed(谈心时间="2025-09-11 12:30"), "停电"), head=head), "talk")
    assert newest("talk").late_reason == "停电"


def test_a_new_row_takes_defaults_for_blank_cells_and_an_old_one_is_cleared(world):
    head = labels("staff", "name", "sex", "subject")
    imported(world.clerk, workbook(("教师", [head, ["新老师", "女", None]])), "staff")
    assert newest("staff").subject is None


# ---- records only the product makes ------------------------------------------------------------


def test_a_record_only_the_product_makes_cannot_be_added_by_a_workbook(world):
    head = labels("photo", "matter", "taken_at")
    data = workbook(("照片", [head, ["会场", "2025-10-27 16:30"]]))
    row = one(previewed(world.clerk, data, "photo"))
    assert [p.code for p in row.errors] == ["not-here"]
    assert told(row.errors) == ["照片不能从表格新增，只能修改已有的（所属登记由系统产生）"]


# ---- lines -------------------------------------------------------------------------------------


def lines_book(data, *rows):
    """An export of visits with `rows` of (serial, visitor) added to the sheet of visitors."""

    def add(book):
        sheet = book[find("home-visitor").title]
        heads = [value.value for value in sheet[1]]
        for serial, name in rows:
            at = sheet.max_row + 1
            sheet.cell(at, 1, serial)
            sheet.cell(at, heads.index("家访教师") + 1, name)

    return with_book(data, add)


def visitors(world):
    return {
        line.staff_id for line in every_row(find("home-visitor")) if line.visit_id == world.visit_a
    }


def test_a_wrong_line_takes_its_record_out_and_says_where_it_stands(world):
    data = exported(world.clerk, find("home-visit"))
    spoiled = lines_book(data, (1, "查无此人"))
    label = find("home-visit").fields["purpose"].label
    spoiled = edited(spoiled, only_row(world.visit_a, cell(label, "改过的目的")))
    report = previewed(world.clerk, spoiled, "home-visit")
    (message,) = told(one(report).errors)
    assert message.startswith("“家访教师”第 3 行：")
    assert "查无此人" in message
    before = audit.head()
    with pytest.raises(Invalid, match="都不能导入"):
        imported(world.clerk, spoiled, "home-visit")
    assert audit.head() == before


def test_a_line_of_no_row_is_refused_where_it_stands(world):
    data = lines_book(exported(world.clerk, find("home-visit")), (7, "李博"), (None, "赵强"))
    report = previewed(world.clerk, data, "home-visit")
    strays = [row for row in report.refused if row.sheet == find("home-visitor").title]
    assert [row.number for row in strays] == [3, 4]
    assert {p.code for row in strays for p in row.errors} == {"stray"}
    assert report.counts == {"same": 1, "refused": 2}


def test_lines_that_stand_there_already_are_not_doubled(world):
    said = lines_book(exported(world.clerk, find("home-visit")), (1, "王爱丽"))
    assert imported(world.clerk, said, "home-visit").counts == {"same": 1}
    assert every_row(find("home-visitor")).count() == 1


def test_a_line_is_changed_by_its_own_number(world):
    def other(book):
        sheet = book[find("home-visitor").title]
        heads = [value.value for value in sheet[1]]
        sheet.cell(2, heads.index("家访教师") + 1, "赵强")

    data = with_book(exported(world.clerk, find("home-visit")), other)
    assert imported(world.clerk, data, "home-visit").counts == {"changed": 1}
    assert visitors(world) == {world.staff_charlie}


def test_lines_of_a_row_that_is_left_alone_are_left_alone_too(world):
    data = lines_book(exported(world.clerk, find("home-visit")), (1, "李博"))
    report = previewed(world.clerk, data, "home-visit", Choices(existing=SKIP))
    assert report.counts == {"left-alone": 1}
    assert visitors(world) == {world.staff_alice}


def test_lines_of_a_row_that_is_refused_for_what_others_changed_are_not_written(world):
    register = find("home-visit")
    other = new_visit(world)
    label = register.fields["purpose"].label
    data = exported(world.clerk, register)
    rows = list(openpyxl.load_workbook(io.BytesIO(data)).worksheets[0].values)
    (serial,) = [
        number
        for number, row in enumerate(rows[1:], start=1)
        if any(re.match(rf"{world.visit_a}-\d+-", str(said)) for said in row)
    ]
    visit = stored("home-visit", world.visit_a)
    service.update(world.clerk, register, visit.id, {"purpose": "别人改的目的"}, visit.version)
    data = edited(data, only_row(other.id, cell(label, "接着谈作业")))
    report = imported(world.clerk, lines_book(data, (serial, "李博")), "home-visit")
    assert report.counts == {"changed": 1, "refused": 1}
    assert visitors(world) == {world.staff_alice}


# ---- links -------------------------------------------------------------------------------------


def meant(actor, slug, text):
    finder = LinkFinder(actor, find(slug))
    finder.look_up({text})
    return finder.find(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("张小雨", "child_a"),
        (" 张　小雨 ", "child_a"),
        ("张小雨#1", "child_a"),
        ("张小雨＃1", "child_a"),
        ("张小雨（2012年）", "child_a"),
        ("张小雨(2012-05-06)", "child_a"),
        ("张小雨 七（1）班", "child_a"),
        ("张小雨（701）", "child_a"),
        ("52062420120815003X", "child_b"),
        ("52062420120815003x", "child_b"),
    ],
)
def test_a_child_is_meant_by_name_number_class_or_birth(world, text, found):
    assert meant(world.clerk, "child", text) == world.ids[found]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("查无此人", "里没有“查无此人”，请先登记"),
        ("#1", "没有编号和名称都相符"),
        ("曾思源#1", "没有编号和名称都相符"),
        ("张小雨#99", "没有编号和名称都相符"),
        ("张小雨（七（2）班）", "里有“张小雨”，但没有“七（2）班”的，登记的在七（1）班"),
        ("张小雨（2013年）", "里有“张小雨”，但没有“2013年”的"),
        ("张", "里没有“张”"),
        ("小雨", "里没有“小雨”"),
    ],
)
def test_a_child_that_cannot_be_told_is_not_guessed(world, text, why):
    with pytest.raises(BadValue, match=why):
        meant(world.clerk, "child", text)


def test_a_deleted_record_is_not_meant_by_its_name(world):
    made = service.create(world.clerk, find("staff"), {"name": "新老师", "sex": "女"})
    assert meant(world.clerk, "staff", "新老师") == made.id
    service.delete(world.clerk, find("staff"), made.id)
    with pytest.raises(BadValue, match="里没有“新老师”"):
        meant(world.clerk, "staff", "新老师")


def test_people_of_one_name_are_told_apart_by_class_subject_phone_or_number(world):
    twin = service.create(
        world.clerk, find("staff"), {"name": "王爱丽", "subject": "美术", "phone": "13800139999"}
    )
    for text in ("王爱丽（美术）", "王爱丽（13800139999）", "王爱丽（9999）", f"王爱丽#{twin.id}"):
        assert meant(world.clerk, "staff", text) == twin.id
    with pytest.raises(
        BadValue, match="有 2 位“王爱丽”，请写成 王爱丽（13800138000） 或 王爱丽（美术）"
    ):
        meant(world.clerk, "staff", "王爱丽")
    assert link_texts(find("staff"), [twin.id, world.staff_bob]) == {
        twin.id: f"王爱丽#{twin.id}",
        world.staff_bob: "李博",
    }
    service.delete(world.clerk, find("staff"), twin.id)
    # Of the deleted one the name belongs to another; the living one has it alone again.
    assert link_texts(find("staff"), [world.staff_alice]) == {world.staff_alice: "王爱丽"}


def test_children_of_one_name_are_offered_by_their_classes(world):
    raw = {"name": "张小雨", "sex": "女", "born_on": "2013-01-01", "no_id_reason": "在办"}
    other = service.create(world.clerk, find("child"), {**raw, "identified_on": "2025-09-05"})
    service.create(
        world.clerk,
        find("enrolment"),
        {"child": other.id, "school_class": world.class_2, "since": "2025-09-01"},
    )
    with pytest.raises(BadValue, match="张小雨（七（1）班） 或 张小雨（七（2）班）"):
        meant(world.clerk, "child", "张小雨")
    assert meant(world.clerk, "child", "张小雨（七（2）班）") == other.id


def test_a_link_that_cannot_be_found_is_no_fault_where_the_record_points_there(world):
    """The colleague left and was deleted; the export still names the one who talked."""
    made = service.create(world.clerk, find("staff"), {"name": "新老师", "sex": "女"})
    imported(world.clerk, talks(changed(谈心教师="新老师")), "talk")
    talk = newest("talk")
    data = exported(world.clerk, find("talk"))
    with writing():
        left = "UPDATE staff SET deleted_at = ? WHERE id = ?"
        database.execute_sql(left, (world.clerk.now, made.id))
    label = find("talk").fields["topic"].label
    named = link_texts(find("staff"), [made.id])[made.id]

    def edit(cells):
        if cells[NUMBER_HEAD].value.startswith(f"{talk.id}-"):
            cells[label].value = "新主题"
            cells[find("talk").fields["teacher"].label].value = named

    report = imported(world.clerk, edited(data, edit), "talk")
    assert report.counts == {"changed": 1, "same": 2}, told(report.refused[0].errors)
    assert stored("talk", talk.id).teacher_id == made.id
    other = edited(data, only_row(world.talk_a, cell(find("talk").fields["teacher"].label, named)))
    report = previewed(world.clerk, other, "talk")
    refused = {row.number: [p.code for p in row.errors] for row in report.refused}
    assert ["link"] in refused.values()
    assert len(report.rows) - len(refused) == 1  # Bob's talk is as it was.


# ---- the file ----------------------------------------------------------------------------------


def test_a_file_without_headings_names_some_that_are_looked_for(world):
    with pytest.raises(BadFile, match="没有找到“谈心记录”的表头.*学生"):
        read_table(workbook(("a", [["甲", "乙"], [1, 2]])), find("talk"))


def test_headings_without_rows_are_told(world):
    with pytest.raises(BadFile, match="下面没有记录"):
        read_table(talks(), find("talk"))


def test_what_was_not_read_is_said_once_at_the_head_of_the_file(world):
    head = ("学生", "谈心教师", "谈心时间", "主题", "内容", "星座", "未导入原因")
    data = talks((*ROW, "天秤", "上次的原因"), head=head)
    data = with_book(data, lambda book: book.create_sheet("说明").append(["请看"]))
    warnings = read_table(data, find("talk")).warnings
    assert warnings == [
        "这些列没有认出，未导入：星座",
        "这些工作表没有表头，没有读取：说明",
        "没有“补录原因”一列，一周以前的事按“由表格导入”补录",
    ]
    assert plan_table(world.clerk, read_table(data, find("talk")), Choices()).warnings == warnings


def test_derived_columns_of_an_export_are_no_unknown_columns(world):
    assert read_table(exported(world.clerk, find("child")), find("child")).warnings == []


def test_a_sample_and_a_foot_line_are_skipped_and_a_record_that_looks_like_one_is_not(world):
    sample = ("示例", *ROW[1:])
    head = ("学生", "谈心教师", "谈心时间", "主题", "内容")
    foot = ("填表人：陈文员", None, None, None, None)
    speaking = changed(主题="说明：开学", 内容="示例")
    table = read_table(talks(sample, ROW, speaking, foot, head=head), find("talk"))
    assert [row.number for row in table.rows] == [3, 4]
    assert [number for _sheet, number, _why in table.skipped] == [2, 5]


def test_a_name_alone_is_a_record_with_all_else_missing_and_a_title_or_remark_is_none(world):
    head = ("学生", "谈心教师", "谈心时间", "主题", "内容")
    alone, title = ("张小雨", *[None] * 4), ("四新小学谈心登记表", *[None] * 4)
    remark, other = ("以上共两人，已核对", *[None] * 4), ("谭", *[None] * 4)
    table = read_table(talks(ROW, alone, title, remark, other, head=head), find("talk"))
    assert [row.number for row in table.rows] == [2, 3, 6]
    assert [number for _sheet, number, _why in table.skipped] == [4, 5]


def test_the_clerks_mapping_of_columns_wins(world):
    head = ("学生", "谈心教师", "谈心时间", "主题", "老师的话")
    data = talks(ROW, head=head)
    assert read_table(data, find("talk")).rows[0].cells.get("content") is None
    mapped = read_table(data, find("talk"), {"谈心": {4: "content", 3: None}})
    assert mapped.rows[0].cells["content"] == ROW[4]
    assert "topic" not in mapped.rows[0].cells


# ---- the report --------------------------------------------------------------------------------


def test_the_report_counts_every_verdict_and_tells_all_reasons_of_a_row():
    good = RowVerdict("甲", 2, "张", "new")
    warned = RowVerdict("甲", 3, "李", "changed", warnings=[Problem("a", "b", "请核对")])
    bad = RowVerdict("甲", 4, "王", "new")
    bad.refuse(Problem("name", "missing", "姓名没有填写"))
    bad.refuse(Problem("sex", "missing", "性别没有填写"))
    report = ImportReport([good, warned, bad], warnings=["少一列"], written={"谈心记录": 2})
    assert (report.accepted, report.counts) == (2, {"new": 1, "changed": 1, "refused": 1})
    assert report.reasons() == {("甲", 4): "姓名没有填写；性别没有填写"}
    said = report.as_json()
    assert (said["rows"], said["accepted"], said["batch"]) == (3, 2, None)
    assert [(row["row"], row["field"]) for row in said["refused"]] == [(4, "name")]
    assert [(row["row"], row["reason"]) for row in said["warnings"]] == [
        (None, "少一列"),
        (3, "请核对"),
    ]
    assert "left_behind" not in said


def test_a_row_that_only_writing_shows_to_be_wrong_is_taken_out_and_the_rest_goes_in(world):
    """Two rows of one key are each right alone; the second is found out and told."""
    head = labels("school-class", "name", "grade", "number", "entry_year")
    rows = [["九（8）班", 9, 8, 2023], ["九（9）班", 9, 9, 2023], ["九（9）班", 9, 9, 2023]]
    report = imported(world.clerk, workbook(("班级", [head, *rows])), "school-class")
    assert report.counts == {"new": 2, "refused": 1}
    assert {c.name for c in every_row(find("school-class"))} >= {"九（8）班", "九（9）班"}
    assert report.written == {find("school-class").title: 2}


def test_a_row_saved_meanwhile_is_refused_and_the_others_are_written(world, monkeypatch):
    """Somebody saves one of the records between the checking of the file and its writing."""
    talk, opened, entered = find("talk"), service.work, []

    def change(cells):
        cells[talk.fields["content"].label].value = "表格里改的"

    def work_after_somebody_else(actor, batch=None, **more):
        if not entered:
            entered.append(1)
            stored_now = stored("talk", world.talk_a)
            raw = {"content": "表单里改的"}
            service.update(world.clerk, talk, world.talk_a, raw, stored_now.version)
        return opened(actor, batch, **more)

    data = edited(exported(world.clerk, talk), change)
    monkeypatch.setattr("models.intake.imports.service.work", work_after_somebody_else)
    report = imported(world.clerk, data, "talk")
    assert report.count("refused") == 1
    assert stored("talk", world.talk_a).content == "表单里改的"
    assert stored("talk", world.talk_b).content == "表格里改的"
