"""Every register goes out to a workbook and comes back in, changing only what was edited."""

from __future__ import annotations

import io

import openpyxl
import pytest
from peewee import CharField, TextField

from exports.tables.template import blank_workbook
from exports.tables.writing import write_table
from models.core import audit, service, undo
from models.core.errors import BadFile, Denied, InUse, Invalid
from models.core.fields import (
    MonthField,
    PersonNameField,
    PhoneField,
    Secrecy,
    WordField,
    WordsField,
)
from models.core.gates import every_row, surface
from models.core.listing import ListRequest, every
from models.core.register import REGISTERS, find, line_registers, parent_register
from models.core.rights import may
from models.intake.columns import NUMBER_HEAD
from models.intake.imports import import_table, plan_table, usual_choices
from models.intake.report import SKIP, STOP, UPDATE, Choices
from models.intake.table import read_table
from tests.factory import MADE_BY_PRODUCT, Factory
from tests.workbooks import workbook

OPEN = [slug for slug, register in REGISTERS.items() if not register.sealed]


def exported(actor, register):
    target = io.BytesIO()
    write_table(target, actor, register, every(actor, register, ListRequest()), actor.now)
    return target.getvalue()


def table_of(data, slug):
    return read_table(data, find(slug))


def imported(actor, data, slug, choices=None, title="测试"):
    table = table_of(data, slug)
    return import_table(actor, table, choices or usual_choices(table), title)


def previewed(actor, data, slug, choices=None):
    table = table_of(data, slug)
    return plan_table(actor, table, choices or usual_choices(table))


def edited(data, change):
    """Return the workbook after `change(cells by heading, sheet)` saw each row of the first."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book.worksheets[0]
    heads = [cell.value for cell in sheet[1]]
    for row in sheet.iter_rows(min_row=2):
        change(dict(zip(heads, row, strict=False)))
    out = io.BytesIO()
    book.save(out)
    book.close()
    return out.getvalue()


def without_columns(data, *headings):
    book = openpyxl.load_workbook(io.BytesIO(data))
    for sheet in book.worksheets:
        for cell in reversed(list(sheet[1])):
            if cell.value in headings:
                sheet.delete_cols(cell.column)
    out = io.BytesIO()
    book.save(out)
    book.close()
    return out.getvalue()


def only(data, record):
    """Return the workbook with the rows of one record alone on the first sheet."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book.worksheets[0]
    number = next(cell.column for cell in sheet[1] if cell.value == NUMBER_HEAD)
    kept = None
    for row in range(sheet.max_row, 1, -1):
        if str(sheet.cell(row, number).value).startswith(f"{record.id}-"):
            kept = sheet.cell(row, 1).value
        else:
            sheet.delete_rows(row)
    for lines in book.worksheets[1:]:
        for row in range(lines.max_row, 1, -1):
            if lines.cell(row, 1).value != kept:
                lines.delete_rows(row)
    out = io.BytesIO()
    book.save(out)
    book.close()
    return out.getvalue()


def newest(slug):
    return every_row(find(slug)).order_by(find(slug).model.id.desc()).first()


def editable_text(actor, register):
    """Return a free text field of the register that a workbook may change."""
    keys = {name for key in register.key for name in key} | {register.parent, *register.match}
    fixed = (WordField, WordsField, MonthField, PhoneField, PersonNameField)
    for field in surface(actor, register, "import").fields:
        spec = field.spec
        plain = isinstance(spec.field, (CharField, TextField)) and not isinstance(spec.field, fixed)
        if plain and spec.secret is Secrecy.OPEN and spec.name not in keys and not spec.show_if:
            return spec
    return None


@pytest.fixture
def factory(world):
    return Factory(world.clerk)


@pytest.mark.parametrize("slug", OPEN)
def test_an_unedited_export_changes_nothing(world, factory, slug):
    factory.save(find(slug)) if slug not in MADE_BY_PRODUCT else None
    data = exported(world.clerk, find(slug))
    if not every_row(find(slug)).count():
        pytest.skip("nothing of it can be made here")
    before = audit.head()
    report = imported(world.clerk, data, slug)
    assert report.counts == {"same": len(report.rows)}, [row.errors for row in report.refused]
    assert audit.head() == before


# Decisions and notices are never altered, by no way (tests.test_kept_by_rules).
KEPT = {"adoption", "duty-setting", "finding-silence", "notification"}


@pytest.mark.parametrize("slug", [s for s in OPEN if s not in MADE_BY_PRODUCT | KEPT])
def test_one_edited_cell_changes_that_cell_alone(world, factory, slug):
    register = find(slug)
    spec = editable_text(world.clerk, register)
    if spec is None:
        pytest.skip("the register has no free text")
    record = factory.save(register)
    number = f"{record.id}-"

    def change(cells):
        if cells[NUMBER_HEAD].value.startswith(number):
            cells[spec.label].value = "改过的字"

    report = imported(world.clerk, edited(exported(world.clerk, register), change), slug)
    changed = [row for row in report.rows if row.changes]
    assert [row.changes[0][0::2] for row in changed] == [(spec.label, "改过的字")], report.refused
    after = every_row(register).where(register.model.id == record.id).get()
    assert after.version == record.version + 1
    differing = {
        name
        for name in register.fields
        if after.__data__.get(name) != record.__data__.get(name)
        and register.fields[name].computed is None
    }
    assert differing == {spec.name}


def _carried():
    return [
        slug
        for slug in OPEN
        if slug not in MADE_BY_PRODUCT
        and not find(slug).parent
        and slug != "user"
        # What is never deleted by hand cannot come in again as new.
        and not find(slug).permanent
    ]


@pytest.mark.parametrize("slug", _carried())
def test_a_record_is_carried_out_and_in_again(world, factory, slug):
    register = find(slug)
    record = factory.save(register)
    data = without_columns(only(exported(world.clerk, register), record), NUMBER_HEAD)
    try:
        service.delete(world.clerk, register, record.id)
    except InUse:
        pytest.skip("others hang on it")
    report = imported(world.clerk, data, slug, Choices(existing=SKIP))
    assert report.counts == {"new": 1}, [row.errors for row in report.refused]
    again = newest(slug)
    masked = {f.name for f in surface(world.clerk, register, "export").fields if f.masked}
    readonly = {name for name, spec in register.fields.items() if spec.readonly}
    for name in set(register.fields) - masked - readonly:
        assert again.__data__.get(name) == record.__data__.get(name), name
    for line in line_registers(register):
        column = getattr(line.model, line.parent)
        assert every_row(line).where(column == again.id).count() == (
            every_row_ever(line).where(column == record.id).count()
        )


def every_row_ever(register):
    from models.core.actor import SYSTEM
    from models.core.gates import rows

    return rows(SYSTEM, register, deleted=None)


@pytest.mark.parametrize("slug", OPEN)
def test_every_register_has_a_blank_workbook_whose_sample_is_never_imported(world, slug):
    data = blank_workbook(world.clerk, find(slug), world.clerk.now)
    book = openpyxl.load_workbook(io.BytesIO(data))
    heads = [str(cell.value).rstrip("*") for cell in book.worksheets[0][1]]
    wanted = [field.spec.label for field in surface(world.clerk, find(slug), "import").fields]
    assert heads[1 : len(wanted) + 1] == wanted
    book.close()
    if len(wanted) > 1:
        with pytest.raises(BadFile, match="下面没有记录"):
            table_of(data, slug)


def test_a_blank_workbook_guides_the_typist(world):
    data = blank_workbook(world.clerk, find("child"), world.clerk.now)
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book.worksheets[0]
    heads = {str(cell.value).rstrip("*"): cell for cell in sheet[1]}
    assert heads["姓名"].value == "姓名*"
    letter = heads["身份证件号"].column_letter
    assert sheet.column_dimensions[letter].number_format == "@"
    rules = {str(rule.sqref).split(":")[0]: rule for rule in sheet.data_validations.dataValidation}
    sex = rules[f"{heads['性别'].column_letter}3"]
    assert sex.type == "list"
    assert "男" in sex.formula1
    book.close()


def test_a_long_list_of_choices_stands_on_a_hidden_sheet(world):
    for number in range(70):
        service.create(world.clerk, find("staff"), {"name": f"教师{number}号"})
    data = blank_workbook(world.clerk, find("talk"), world.clerk.now)
    book = openpyxl.load_workbook(io.BytesIO(data))
    sources = {rule.formula1 for rule in book.worksheets[0].data_validations.dataValidation}
    hidden = book["选项"]
    assert hidden.sheet_state == "hidden"
    assert f"选项!$A$1:$A${hidden.max_row}" in sources
    assert {"王爱丽", "教师69号"} <= {cell.value for cell in hidden["A"]}
    book.close()


def test_the_blank_workbook_lists_no_children(world):
    data = blank_workbook(world.clerk, find("talk"), world.clerk.now)
    book = openpyxl.load_workbook(io.BytesIO(data))
    words = {cell.value for sheet in book for row in sheet.iter_rows() for cell in row}
    book.close()
    assert not words & {"张小雨", "曾思源", "单明"} - {"张小雨"}  # 张小雨 is the sample's name


def talks(*rows, head=("学生", "谈心教师", "谈心时间", "主题", "内容")):
    spec = find("talk").fields
    labels = {
        "学生": spec["child"].label,
        "谈心教师": spec["teacher"].label,
        "谈心时间": spec["talked_at"].label,
        "主题": spec["topic"].label,
        "内容": spec["content"].label,
    }
    return workbook(("谈心", [[labels.get(name, name) for name in head], *rows]))


ROW = ("张小雨", "王爱丽", "2025-11-10 12:30", "近况", "一切都好")


def changed(**cells):
    names = ("学生", "谈心教师", "谈心时间", "主题", "内容")
    return tuple(cells.get(name, value) for name, value in zip(names, ROW, strict=True))


@pytest.mark.parametrize("text", ["=1+1", "+86", "-3", "@here", '=HYPERLINK("http://x","y")'])
def test_what_looks_like_a_formula_is_a_text_both_ways(world, text):
    imported(world.clerk, talks(changed(内容=text)), "talk")
    if not text.startswith("="):
        assert newest("talk").content == text
    service.update(
        world.clerk, find("talk"), newest("talk").id, {"content": text}, newest("talk").version
    )
    data = exported(world.clerk, find("talk"))
    book = openpyxl.load_workbook(io.BytesIO(data))
    cells = [cell for row in book.worksheets[0].iter_rows() for cell in row if cell.value == text]
    assert [cell.data_type for cell in cells] == ["s"] or text.startswith("=")
    book.close()
    assert b"<f>" not in _sheet_xml(data)
    assert imported(world.clerk, data, "talk").counts.keys() == {"same"}


def _sheet_xml(data):
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return package.read("xl/worksheets/sheet1.xml")


def test_two_people_of_one_name_are_never_guessed(world, factory):
    service.create(world.clerk, find("staff"), {"name": "王爱丽", "subject": "美术"})
    report = previewed(world.clerk, talks(ROW), "talk")
    (problem,) = report.rows[0].errors
    assert "有 2 位“王爱丽”" in problem.message
    report = previewed(world.clerk, talks(changed(谈心教师="王爱丽（美术）")), "talk")
    assert report.counts == {"new": 1}
    number = world.staff_alice
    report = previewed(world.clerk, talks(changed(谈心教师=f"王爱丽#{number}")), "talk")
    assert report.counts == {"new": 1}


@pytest.mark.parametrize(
    "said", ["张小雨", "张 小雨", "张小雨（七（1）班）", "张小雨(7.1班)", "520624201205060020"]
)
def test_a_child_is_found_by_name_class_or_number(world, said):
    imported(world.clerk, talks(changed(学生=said)), "talk")
    assert newest("talk").child_id == world.child_a


def test_a_linked_record_is_never_made_silently(world):
    report = previewed(world.clerk, talks(changed(学生="查无此人")), "talk")
    assert "里没有“查无此人”" in report.rows[0].errors[0].message
    with pytest.raises(Invalid, match="都不能导入"):
        imported(world.clerk, talks(changed(学生="查无此人")), "talk")


def test_an_absent_column_is_left_alone_and_an_empty_cell_clears(world):
    register = find("child")
    data = exported(world.clerk, register)
    number = f"{world.child_a}-"

    def clear_address(cells):
        if cells[NUMBER_HEAD].value.startswith(number):
            cells["现住址"].value = None

    without = without_columns(edited(data, clear_address), "就读方式", "家庭联系电话")
    imported(world.clerk, without, "child")
    child = every_row(register).where(register.model.id == world.child_a).get()
    assert (child.address, child.boarding, child.family_phone) == (None, "住校", "13985671234")


def test_masked_cells_are_left_alone(world):
    register = find("child")
    data = exported(world.clerk, register)
    book = openpyxl.load_workbook(io.BytesIO(data))
    texts = {str(cell.value) for row in book.worksheets[0].iter_rows() for cell in row}
    book.close()
    assert "**************0020" in texts
    assert "520624201205060020" not in texts

    def move(cells):
        cells["现住址"].value = "新街 1 号"

    imported(world.clerk, edited(data, move), "child")
    child = every_row(register).where(register.model.id == world.child_a).get()
    assert (child.address, child.id_number) == ("新街 1 号", "520624201205060020")


def test_a_record_changed_after_the_export_is_not_overwritten(world):
    register = find("child")
    data = exported(world.clerk, register)
    child = every_row(register).where(register.model.id == world.child_a).get()
    service.update(world.clerk, register, child.id, {"address": "别人改的"}, child.version)

    def move(cells):
        if cells[NUMBER_HEAD].value.startswith(f"{child.id}-"):
            cells["现住址"].value = "我改的"

    report = imported(world.clerk, edited(data, move), "child")
    assert "导出以后现住址又被改过" in report.refused[0].errors[0].message
    assert every_row(register).where(register.model.id == child.id).get().address == "别人改的"


def test_a_record_number_of_another_school_is_not_taken_for_ours(world):
    def foreign(cells):
        cells[NUMBER_HEAD].value = "1-1-abcdef"

    data = edited(exported(world.clerk, find("talk")), foreign)
    report = previewed(world.clerk, data, "talk")
    assert all("不是本校" in row.warnings[0].message for row in report.rows)


def test_a_deleted_record_is_not_brought_back_by_its_number(world):
    data = exported(world.clerk, find("talk"))
    service.delete(world.clerk, find("talk"), world.talk_a)
    report = previewed(world.clerk, data, "talk")
    assert "从回收站恢复" in report.refused[0].errors[0].message


def test_the_sheets_own_row_numbers_are_told(world):
    rows = [ROW, (), changed(学生="查无此人")]
    report = previewed(world.clerk, talks(*rows), "talk")
    assert [row.number for row in report.refused] == [4]


def test_bad_cells_are_named_with_their_field(world):
    report = previewed(world.clerk, talks(changed(谈心时间="昨天")), "talk")
    assert report.rows[0].errors[0].field == "talked_at"


def test_the_same_row_twice_is_refused_once_by_its_key(world):
    head = [find("school-class").fields[n].label for n in ("name", "grade", "number", "entry_year")]
    row = ["九（9）班", 9, 9, 2023]
    report = previewed(world.clerk, workbook(("班级", [head, row, row])), "school-class")
    assert [r.verdict for r in report.rows] == ["new", "refused"]
    assert "与前面的一行相同" in report.rows[1].errors[0].message


def test_a_business_key_finds_the_record_on_file(world):
    head = [find("school-class").fields[n].label for n in ("name", "grade", "number", "entry_year")]
    data = workbook(("班级", [[*head, "其中男生"], ["七（1）班", 7, 1, 2025, 20]]))
    assert previewed(world.clerk, data, "school-class").counts == {"left-alone": 1}
    report = imported(world.clerk, data, "school-class", Choices(existing=UPDATE))
    assert report.rows[0].changes == [("其中男生", "", "20")]


def test_with_stop_one_known_record_stops_the_file(world):
    head = [find("school-class").fields[n].label for n in ("name", "grade", "number", "entry_year")]
    data = workbook(("班级", [head, ["七（1）班", 7, 1, 2025], ["七（8）班", 7, 8, 2025]]))
    with pytest.raises(Invalid, match="整批没有导入"):
        imported(world.clerk, data, "school-class", Choices(existing=STOP))
    assert not any(c.name == "七（8）班" for c in every_row(find("school-class")))


def test_lines_come_and_go_with_their_record(world):
    register = find("home-visit")
    record = every_row(register).where(register.model.id == world.visit_a).get()
    data = exported(world.clerk, register)
    book = openpyxl.load_workbook(io.BytesIO(data))
    lines = book[find("home-visitor").title]
    staff = next(cell.column for cell in lines[1] if cell.value == "教师" or "教" in cell.value)
    lines.cell(lines.max_row + 1, 1, 1)
    lines.cell(lines.max_row, staff, "李博")
    out = io.BytesIO()
    book.save(out)
    book.close()
    report = imported(world.clerk, out.getvalue(), "home-visit")
    assert report.counts == {"changed": 1}
    visitors = find("home-visitor")
    column = visitors.model.visit if hasattr(visitors.model, "visit") else None
    column = column or getattr(visitors.model, visitors.parent)
    names = {line.staff_id for line in every_row(visitors).where(column == record.id)}
    assert names == {world.staff_alice, world.staff_bob}
    after = every_row(register).where(register.model.id == record.id).get()
    assert after.version == record.version + 1


def test_a_visit_without_visitor_is_refused_in_the_preview(world):
    register = find("home-visit")
    data = without_columns(exported(world.clerk, register), NUMBER_HEAD)
    book = openpyxl.load_workbook(io.BytesIO(data))
    del book[find("home-visitor").title]
    out = io.BytesIO()
    book.save(out)
    book.close()

    def later(cells):
        cells[register.fields["visited_at"].label].value = "2025-11-09 10:00"

    report = previewed(world.clerk, edited(out.getvalue(), later), "home-visit")
    assert report.counts == {"refused": 1}
    before = audit.head()
    with pytest.raises(Invalid):
        imported(world.clerk, edited(out.getvalue(), later), "home-visit")
    assert audit.head() == before


def test_a_batch_of_a_register_is_undone_as_a_whole(world):
    kept = every_row(find("talk")).count()
    report = imported(world.clerk, talks(ROW, changed(学生="曾思源", 谈心教师="李博")), "talk")
    assert every_row(find("talk")).count() == kept + 2
    assert undo.undo(world.clerk, report.batch).undone == 2
    assert every_row(find("talk")).count() == kept


@pytest.mark.parametrize("name", ["alice", "leadership", "counsellor", "inspector"])
def test_only_the_clerk_imports_any_register(world, name):
    with pytest.raises(Denied):
        previewed(world.actors[name], talks(ROW), "talk")


def test_rights_to_import_are_the_clerks_for_every_open_register(world):
    for slug in OPEN:
        register = find(slug)
        above = parent_register(register) or register
        assert bool(may(world.clerk, "import", register)) is not bool(above.procedure)
        assert not may(world.alice, "import", find(slug))


def test_the_file_says_who_made_it_and_when(world):
    book = openpyxl.load_workbook(io.BytesIO(exported(world.clerk, find("talk"))))
    assert "陈文员" in book.worksheets[0].oddFooter.left.text
    assert book.properties.creator == "陈文员"
    assert book.properties.created == world.clerk.now
    book.close()


def test_the_same_records_make_the_same_bytes(world):
    assert exported(world.clerk, find("child")) == exported(world.clerk, find("child"))
