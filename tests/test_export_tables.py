"""What leaves as a workbook: the reader's fields and masks, the filtered rows, texts as texts."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time

import openpyxl
import pytest

from exports.tables import writing
from exports.tables.book import CELL_LIMIT, footer, in_memory, open_book, put
from exports.tables.returned import REASON, Marks, returned_workbook
from exports.tables.template import ROWS, blank_workbook
from exports.tables.writing import sheet_name, write_table
from models.core import service
from models.core.audit import AccessLog
from models.core.errors import Invalid
from models.core.gates import every_row, rows, surface
from models.core.listing import ListRequest, every
from models.core.register import REGISTERS, find, line_registers
from models.intake import read_workbook
from models.intake.columns import LATE_HEAD, NUMBER_HEAD, SERIAL_HEAD
from models.intake.report import Choices
from models.intake.table import read_table
from tests.factory import MADE_BY_PRODUCT, Factory
from tests.test_excel_tables import imported, talks
from tests.world import NOON

OPEN = [slug for slug, register in REGISTERS.items() if not register.sealed]


def exported(actor, register, asked=None):
    target = io.BytesIO()
    write_table(target, actor, register, every(actor, register, asked or ListRequest()), actor.now)
    return target.getvalue()


def sheets_of(data):
    """{sheet: rows of cells by heading} as another reader sees them."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    found = {}
    for sheet in book.worksheets:
        heads = [cell.value for cell in sheet[1]]
        found[sheet.title] = [
            dict(zip(heads, row, strict=True)) for row in sheet.iter_rows(min_row=2)
        ]
    book.close()
    return found


def first(data):
    return next(iter(sheets_of(data).values()))


@pytest.mark.parametrize("name", ["clerk", "leadership", "alice", "inspector"])
def test_no_export_holds_a_field_or_a_row_its_reader_may_not_see(world, name):
    """Whoever may export one day: the workbook keeps to the two gates by itself."""
    factory, actor = Factory(world.clerk), world.actors[name]
    for slug in OPEN:
        if slug not in MADE_BY_PRODUCT:
            factory.save(find(slug))
    wrong = []
    for slug in OPEN:
        register = find(slug)
        found = exported(actor, register)
        heads = next(iter(sheets_of_heads(found)))
        known = {one.spec.label for one in surface(actor, register, "export").fields}
        known |= {one.label for one in register.derived}
        own = {SERIAL_HEAD, "所属序号", NUMBER_HEAD, LATE_HEAD}
        wrong += [(slug, head) for head in heads if head not in known | own]
        wrong += [(slug, head) for head in known if head not in heads]
        numbers = {int(row[NUMBER_HEAD].value.split("-")[0]) for row in first(found)}
        allowed = {record.id for record in rows(actor, register)}
        if numbers != allowed:
            wrong.append((slug, numbers ^ allowed))
        for lines in line_registers(register):
            mine = {record.id for record in rows(actor, lines)}
            sheet = sheets_of(found)[sheet_name(lines.title)]
            if not {int(row[NUMBER_HEAD].value.split("-")[0]) for row in sheet} <= mine:
                wrong.append((slug, lines.slug))
    assert wrong == []


def sheets_of_heads(data):
    for sheet in read_workbook(data):
        yield [cell for cell in sheet.rows[0].cells if cell is not None]


def test_identity_numbers_are_masked_for_all_and_phones_where_they_are_not_for_the_reader(world):
    for name, phone in (("clerk", "13985671234"), ("inspector", "139****1234")):
        cells = first(exported(world.actors[name], find("child")))
        assert {row["身份证件号"].value for row in cells} >= {"*" * 14 + "0020"}
        assert {row["家庭联系电话"].value for row in cells} == {phone}
    names = {row["姓名"].value for row in first(exported(world.inspector, find("child")))}
    assert names == {"张**", "曾**", "单**"}


def test_an_export_follows_the_search_and_the_filters_of_the_list(client_as):
    client = client_as("clerk")

    def children(query):
        answer = client.get(f"/export/child.xlsx?{query}")
        return {row["姓名"].value for row in first(answer.data)}

    assert children("") == {"张小雨", "曾思源", "单明"}
    assert children("q=曾思源") == {"曾思源"}
    assert children("q=曾思源&f.sex=女") == set()
    assert children("f.sex=男&f.boarding=住校") == {"曾思源", "单明"}
    assert children("page=2") == {"张小雨", "曾思源", "单明"}
    details = [look.detail for look in AccessLog.select().order_by(AccessLog.id)]
    assert details == ["3 条", "1 条", "0 条", "2 条", "3 条"]


def test_rows_stand_in_the_order_of_the_list_and_are_numbered(client_as):
    cells = first(client_as("clerk").get("/export/talk.xlsx?sort=talked_at").data)
    assert [row[SERIAL_HEAD].value for row in cells] == [1, 2]
    moments = [row["谈心时间"].value for row in cells]
    assert moments == sorted(moments)


# ---- cells -------------------------------------------------------------------------------------


def put_and_read(*values):
    target = in_memory()
    with open_book(target, "表", "陈文员", NOON) as book:
        sheet = book.add_worksheet("表")
        for column, value in enumerate(values):
            put(sheet, 0, column, value)
    opened = openpyxl.load_workbook(target)
    cells = list(opened.worksheets[0].iter_rows())[0]
    opened.close()
    return target.getvalue(), cells


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@x",
        "=cmd|' /C calc'!A0",
        "{=1}",
        "http://x/y",
        "mailto:a@b",
        "0012",
        "1E5",
    ],
)
def test_a_text_is_never_a_formula_a_link_or_a_number(text):
    data, (cell,) = put_and_read(text)
    assert cell.value == text
    assert cell.data_type in ("s", "f")  # openpyxl guesses from the text; the file says string.
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        xml = package.read("xl/worksheets/sheet1.xml").decode()
        assert 't="s"' in xml
        assert "<f>" not in xml
        assert not [name for name in package.namelist() if "_rels/sheet" in name]


def test_each_kind_of_value_is_written_as_what_it_is():
    moment = datetime(2025, 11, 12, 10, 30)
    _data, cells = put_and_read(
        None, "", True, False, 7, 2.5, date(2025, 11, 12), moment, time(8, 5), ["a"]
    )
    values = [cell.value for cell in cells]
    assert values[:2] == [None, None]
    assert values[2:4] == ["是", "否"]
    assert values[4:6] == [7, 2.5]
    assert values[6] == datetime(2025, 11, 12)
    assert values[7:] == [moment, "08:05", "['a']"]


def test_a_text_longer_than_a_cell_is_cut_at_its_limit():
    _data, (exact, longer) = put_and_read("甲" * CELL_LIMIT, "甲" * CELL_LIMIT + "乙")
    assert exact.value == longer.value == "甲" * CELL_LIMIT


def test_numbers_days_and_times_of_records_keep_their_kind(world):
    (asset,) = first(exported(world.clerk, find("asset")))
    fields = find("asset").fields
    assert asset[fields["quantity"].label].value == 2
    assert asset[fields["unit_price"].label].value == 120.0
    assert asset[fields["number"].label].data_type == "s"
    talk = first(exported(world.clerk, find("talk")))[0]
    assert isinstance(talk[find("talk").fields["talked_at"].label].value, datetime)
    children = first(exported(world.clerk, find("child")))
    assert isinstance(children[0][find("child").fields["born_on"].label].value, datetime)
    assert {row["班级"].value for row in children} == {"七（1）班", "七（2）班"}
    call = first(exported(world.clerk, find("family-call")))[0]
    assert call["时长"].value == "11 分钟"
    assert call[LATE_HEAD].value == "当晚打的电话，第二天补记"


def test_a_table_too_long_for_a_sheet_is_refused_and_not_cut(world, monkeypatch):
    monkeypatch.setattr(writing, "MOST_ROWS", 3)
    assert len(first(exported(world.clerk, find("child")))) == 3
    monkeypatch.setattr(writing, "MOST_ROWS", 2)
    with pytest.raises(Invalid, match="超过 2 条"):
        exported(world.clerk, find("child"))


@pytest.mark.parametrize(
    ("title", "name"),
    [("谈心记录", "谈心记录"), ("a[b]:c*d?e/f\\g'h", "a b  c d e f g h"), ("长" * 40, "长" * 31)],
)
def test_a_title_becomes_a_name_a_sheet_may_have(title, name):
    assert sheet_name(title) == name


def test_an_ampersand_in_a_name_is_no_code_of_the_footer():
    target = in_memory()
    with open_book(target, "表", "A&P", NOON) as book:
        footer(book.add_worksheet("表"), "A&P", NOON)
    with zipfile.ZipFile(target) as package:
        xml = package.read("xl/worksheets/sheet1.xml").decode()
    assert "&amp;LA&amp;&amp;P 2025-11-12 10:30 导出" in xml


def test_lines_are_tied_to_their_record_by_its_serial_number(world):
    second = {
        "child": world.child_b,
        "visited_at": "2025-11-10 10:00",
        "manner": "入户",
        "met": "祖父母",
        "findings": "好",
    }
    both = [service.LineInput({"staff": staff}) for staff in (world.staff_bob, world.staff_alice)]
    service.create(world.clerk, find("home-visit"), second, {"home-visitor": both})
    sheets = sheets_of(exported(world.clerk, find("home-visit")))
    visits, visitors = sheets["家访记录"], sheets["家访教师"]
    serial = {row["学生"].value: row[SERIAL_HEAD].value for row in visits}
    tied = sorted((row["所属序号"].value, row["家访教师"].value) for row in visitors)
    assert tied == sorted(
        [(serial["曾思源"], "李博"), (serial["曾思源"], "王爱丽"), (serial["张小雨"], "王爱丽")]
    )


# ---- the blank workbook ------------------------------------------------------------------------


def test_the_blank_workbook_guides_every_row_below_the_sample(world):
    book = openpyxl.load_workbook(
        io.BytesIO(blank_workbook(world.clerk, find("child"), world.clerk.now))
    )
    rules = book.worksheets[0].data_validations.dataValidation
    lists = [rule for rule in rules if rule.type == "list"]
    assert lists
    for rule in lists:
        (area,) = rule.sqref.ranges
        assert (area.min_row, area.max_row) == (3, ROWS + 1)
        assert rule.errorStyle == "warning"  # Other ways to write a word are understood.
    book.close()


def test_a_deleted_colleague_is_no_choice_of_the_blank_workbook(world):
    made = service.create(world.clerk, find("staff"), {"name": "新老师", "sex": "女"})

    def choices():
        data = blank_workbook(world.clerk, find("talk"), world.clerk.now)
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            return "".join(
                package.read(name).decode() for name in package.namelist() if "xml" in name
            )

    assert "新老师" in choices()
    service.delete(world.clerk, find("staff"), made.id)
    assert "新老师" not in choices()


# ---- the returned workbook ---------------------------------------------------------------------


def returned(data, register, marks):
    table = read_table(data, register)
    out = returned_workbook(table.sheets, table.headers, marks, "陈文员", NOON)
    book = openpyxl.load_workbook(io.BytesIO(out))
    cells = list(book.worksheets[0].iter_rows())
    book.close()
    return out, cells


def test_each_bad_row_comes_back_with_its_reason_and_its_wrong_cells_tinted():
    rows = [
        ("张小雨", "王爱丽", "昨天", "甲", "乙"),
        ("曾思源", "李博", "2025-11-10 12:30", "丙", "丁"),
    ]
    marks = Marks({("谈心", 2): "时间不对"}, {("谈心", 2): ["talked_at", "no-such-column"]})
    _data, cells = returned(talks(*rows), find("talk"), marks)
    assert [cell.value for cell in cells[0]][-1] == REASON
    assert [row[-1].value for row in cells] == [REASON, "时间不对", None]
    tinted = [
        (cell.row, cell.column) for row in cells for cell in row if cell.fill.fill_type == "solid"
    ]
    assert tinted == [(2, 3)]
    assert [cell.value for cell in cells[2]][:5] == [*rows[1]]


def test_a_returned_workbook_sent_again_gets_new_reasons_in_the_same_column(world):
    rows = [("查无此人", "王爱丽", "2025-11-10 12:30", "甲", "乙")]
    data, _cells = returned(talks(*rows), find("talk"), Marks({("谈心", 2): "旧的原因"}))
    again, cells = returned(data, find("talk"), Marks({("谈心", 2): "新的原因"}))
    assert [cell.value for cell in cells[0]].count(REASON) == 1
    assert cells[1][-1].value == "新的原因"
    cured, cells = returned(again, find("talk"), Marks({}))
    assert cells[1][-1].value is None
    # The column of reasons is nobody's field and no unknown column.
    assert read_table(cured, find("talk")).warnings == [
        "没有“补录原因”一列，一周以前的事按“由表格导入”补录"
    ]


def test_what_was_typed_comes_back_as_what_it_was():
    typed = ("=1+1", "+86", date(2025, 11, 10), 7, None)
    _data, cells = returned(talks(typed), find("talk"), Marks({}))
    assert [cell.value for cell in cells[1]][:2] == ["=1+1", "+86"] or cells[1][0].value is None
    assert cells[1][2].value == datetime(2025, 11, 10)
    assert cells[1][3].value == 7


def test_the_rows_of_an_import_that_went_in_have_no_reason(world):
    good = ("张小雨", "王爱丽", "2025-11-10 12:30", "近况", "好")
    bad = ("查无此人", "王爱丽", "2025-11-10 12:30", "近况", "好")
    data = talks(bad, good)
    before = every_row(find("talk")).count()
    report = imported(world.clerk, data, "talk", Choices())
    assert every_row(find("talk")).count() == before + 1
    assert set(report.reasons()) == {("谈心", 2)}
