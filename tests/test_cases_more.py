"""Further workbooks of each kind of trouble, made here: none of them was looked at beforehand.

B whose column · C a missing word · D a remark for a value · F an ambiguous number · G forms of a
character · H where the class stands · I words · J hidden · K layout · L what a message names.
"""

from __future__ import annotations

import datetime as dt
import io

import openpyxl
import pytest
import xlsxwriter

from models.core.errors import BadFile
from models.intake import read_roster
from models.intake.roster_headings import is_stored, roster_fields
from tests.told_rosters import told_roster
from tests.workbooks import id_number, workbook

ID, ID2, ID3, ID4 = (id_number("20130415", n) for n in (1, 3, 5, 7))
KID = {"姓名": "石小树", "性别": "男", "身份证号": ID, "班级": "六（2）班", "是否留守": "双亲"}


def one(heads, cells, title=None, sheet="册"):
    """What the only row of a sheet with these columns is read as."""
    rows = [[title]] if title else []
    told = told_roster(workbook((sheet, [*rows, heads, cells])))
    (row,) = told["rows"].values()
    return row


def sheet(*columns, **more):
    """One row from (heading, cell) pairs; a heading alone takes the cell of the usual child."""
    pairs = [column if isinstance(column, tuple) else (column, KID[column]) for column in columns]
    return one([head for head, _ in pairs], [cell for _, cell in pairs], **more)


USUAL = ("姓名", "性别", "身份证号", "班级", "是否留守")
ADDRESS, PHONE, PHONE2 = ("家庭地址", "河口村二组"), "13912345678", "13812345678"


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        # B: whose column it is
        (
            [*USUAL, ("母亲姓名", "龙梅"), ("母亲电话", PHONE), ("现住址", "河口村")],
            {"address": "河口村", "mother.phone": PHONE},
        ),
        (
            [
                "姓名",
                ("父亲姓名", "石山"),
                ("父亲联系电话", PHONE),
                "身份证号",
                "性别",
                "班级",
                "是否留守",
            ],
            {"id": ID, "father.phone": PHONE},
        ),
        (
            [("监护人", "石老汉"), ("与学生关系", "外公"), ("电话", PHONE), ADDRESS, *USUAL],
            {"guardian.phone": PHONE, "address": "河口村二组", "guardian.relation": "外祖父"},
        ),
        (
            [*USUAL, ("父亲", "石山"), ("电话", PHONE), ("母亲", "龙梅"), ("电话", PHONE2)],
            {"father.phone": PHONE, "mother.phone": PHONE2},
        ),
        (
            [
                *USUAL,
                ("监护人姓名", "石老汉"),
                ("关系", "奶奶"),
                ("住址", "坝上"),
                ("现住址", "河口村"),
            ],
            {"address": "河口村", "guardian.address": "坝上"},
        ),
        # C: one word missing
        (
            [*USUAL, ("家长", "石山"), ("联系电话", PHONE)],
            {"guardian": "石山", "guardian.relation": "其他亲属", "guardian.phone": PHONE},
        ),
        (
            [*USUAL, ("监护人", "石老汉"), ("关系", "远房亲戚"), ("电话", PHONE)],
            {"guardian": "石老汉", "guardian.relation": "其他亲属", "guardian.phone": PHONE},
        ),
        (
            [*USUAL, ("监护人", "石老汉"), ("关系", "四爷爷"), ("电话", PHONE)],
            {"guardian.relation": "祖父", "guardian.phone": PHONE},
        ),
        (
            [*USUAL, ("监护人", "石老汉（外公）"), ("监护人电话", PHONE)],
            {"guardian": "石老汉", "guardian.relation": "外祖父"},
        ),
        ([*USUAL, ("监护人", None), ("监护人电话", PHONE)], {"phone": PHONE}),
        # D: a remark, an error value, 同上
        ([*USUAL, ("父亲姓名", "病故"), ("母亲姓名", "龙梅")], {"father.state": "死亡"}),
        (
            [*USUAL, ("父亲姓名", "石山(在押)"), ("母亲姓名", "龙梅")],
            {"father": "石山", "father.state": "服刑"},
        ),
        ([*USUAL, ("父亲姓名", "石山已故")], {"father": "石山", "father.state": "死亡"}),
        (
            [*USUAL, ("父亲姓名", f"石山{PHONE}")],
            {"father": "石山", "father.phone": PHONE},
        ),
        ([*USUAL, ("母亲姓名", "无"), ("母亲电话", PHONE)], {"phone": PHONE}),
        (
            [("姓名", "石小树（休学）"), *USUAL[1:]],
            {"name": "石小树", "warned": "name:name-remark"},
        ),
        ([("姓名", "石小树▲"), *USUAL[1:]], {"name": "石小树", "warned": "name:name-remark"}),
        ([("姓名", "#VALUE!"), *USUAL[1:]], {"refused": "error-value"}),
        ([*USUAL, ("民族", "#DIV/0!")], {"warned": "ethnic:error-value"}),
        # F: ambiguous numbers
        ([*USUAL[:3], ("班级", 6.1), USUAL[4]], {"refused": "class"}),
        ([*USUAL[:3], ("班级", 6.2), USUAL[4]], {"class": "六（2）班"}),
        ([*USUAL[:3], ("班级", dt.datetime(2026, 6, 2)), USUAL[4]], {"refused": "class"}),
        # G: forms of a character
        ([("姓名", "⽯小树"), *USUAL[1:]], {"name": "石小树", "warned": "name:name-folded"}),
        ([("姓名", "⻰⻛"), *USUAL[1:]], {"name": "龙风", "warned": "name:name-folded"}),
        ([("姓名", "古丽﹒热合曼"), *USUAL[1:]], {"name": "古丽·热合曼"}),
        ([("姓名", "石\u2006小树"), *USUAL[1:]], {"name": "石小树"}),
        # I: words
        ([*USUAL[:4], ("是否留守", "父母都在外务工")], {"left_behind": "双亲留守儿童"}),
        ([*USUAL[:4], ("是否留守", "妈妈在外打工")], {"left_behind": "单亲留守儿童"}),
        ([*USUAL[:4], ("是否留守", "没有")], {"left_behind": "非留守儿童"}),
        ([*USUAL[:4], ("是否留守", "属于")], {"left_behind": "留守儿童（未分类）"}),
        ([*USUAL, ("民族", "15.土家族")], {"ethnic": "土家族"}),
        ([*USUAL, ("民族", "03-回")], {"ethnic": "回族"}),
        ([*USUAL, ("是否寄宿", "不住")], {"boarding": "走读"}),
        ([*USUAL, ("住宿情况", "住宿（周末回家）")], {"boarding": "住校"}),
        ([*USUAL[:3], ("班级", "2021级（3）班（六年级）"), USUAL[4]], {"class": "六（3）班"}),
        ([*USUAL[:3], ("班级", "中班"), USUAL[4]], {"refused": "class"}),
        # The third round
        (
            [*USUAL, ("监护人2姓名", "田婆婆"), ("监护人2关系", "奶奶"), ("监护人2电话", PHONE2)],
            {"guardian": "田婆婆", "guardian.relation": "祖母", "guardian.phone": PHONE2},
        ),
        (
            [*USUAL, ("监护人1", "石老汉"), ("监护人1关系", "爷爷"), ("监护人二", "田婆婆")],
            {"guardian": "石老汉", "others": "田婆婆 "},
        ),
        (
            [*USUAL, ("父亲姓名及电话", f"石山 {PHONE}"), ("母亲姓名电话", f"龙梅{PHONE2}")],
            {"father": "石山", "father.phone": PHONE, "mother.phone": PHONE2},
        ),
        (
            [*USUAL, ("监护人姓名及关系", "石老汉 爷爷"), ("联系方式", PHONE)],
            {"guardian": "石老汉", "guardian.relation": "祖父", "guardian.phone": PHONE},
        ),
        ([*USUAL, ("主要照护人", "石老汉")], {"guardian": "石老汉"}),
        (
            [
                *USUAL,
                ("监护人", "石老汉、田婆婆"),
                ("关系", "爷爷、奶奶"),
                ("电话", f"{PHONE}/{PHONE2}"),
            ],
            {
                "guardian": "石老汉",
                "guardian.relation": "祖父",
                "guardian.phone": PHONE,
                "others": f"田婆婆 {PHONE2}",
                "warned": "guardian.name:several",
            },
        ),
        (
            [*USUAL, ("监护人", "石老汉/田婆婆"), ("电话", PHONE)],
            {"guardian.relation": "其他亲属", "guardian.phone": PHONE, "others": "田婆婆 "},
        ),
        ([*USUAL, ("父亲姓名", "已离世"), ("母亲姓名", "不在世")], {"father.state": "死亡"}),
        (
            [*USUAL, ("家庭住址", "同户籍"), ("户籍地址", "坝上村三组")],
            {"address": "坝上村三组", "registered": "坝上村三组"},
        ),
        (
            [*USUAL, ("家庭住址", "与户籍地址一致"), ("户籍地址", None)],
            {"address": "", "warned": "home_address:address-same"},
        ),
        ([*USUAL[:3], ("班级", "六年级/2班"), USUAL[4]], {"class": "六（2）班"}),
        (
            [*USUAL[:4], ("是否留守", "否（父亲在家）")],
            {"left_behind": "非留守儿童", "warned": "left_behind:left-behind-remark"},
        ),
        ([*USUAL[:4], ("是否留守", "均外出")], {"left_behind": "双亲留守儿童"}),
        ([*USUAL, ("住宿情况", "跑读")], {"boarding": "走读"}),
        ([*USUAL, ("民族", "01汉族")], {"ethnic": "汉族"}),
        ([USUAL[0], ("性别", "女孩"), ("出生日期", "2013-4-15"), *USUAL[3:]], {"sex": "女"}),
    ],
)
def test_one_row_of_each_kind(columns, expected):
    row = sheet(*columns)
    assert {name: row.get(name, "") for name in expected} == expected


SHORT = ["姓名", "性别", "身份证号", "是否留守"]
ROW, ROW2 = ["石小树", "男", ID, "双亲"], ["石小林", "男", ID2, "否"]


@pytest.mark.parametrize(
    ("title", "tab", "expected"),
    [
        ("河口学校五年级班级学生名单", "5-2", ""),
        ("河口学校班级名册", "五（2）", "五（2）班"),
        ("河口学校", "502", "五（2）班"),
        ("班主任：王老师", "初二3", "八（3）班"),
        ("五年级（1）班花名册", "502", "五（1）班"),
        ("学生名单", "Sheet1", ""),
    ],
)
def test_the_class_is_taken_from_the_nearest_place_that_names_one(title, tab, expected):
    row = one(SHORT, ROW, title=title, sheet=tab)
    assert row.get("class", "") == (expected or {"5-2": "五（2）班"}.get(tab, ""))


def test_a_class_written_once_per_block_holds_for_the_block():
    rows = [["班级", *SHORT], ["二班", *ROW], [None, *ROW2], ["三班", "龙一", "男", ID3, "否"]]
    told = told_roster(workbook(("册", [["五年级花名册"], *rows])))
    assert [row["class"] for row in told["rows"].values()] == [
        "五（2）班",
        "五（2）班",
        "五（3）班",
    ]
    # Where every row has its class, a blank is a blank.
    rows = [
        ["班级", *SHORT],
        ["五（2）班", *ROW],
        ["五（2）班", *ROW2],
        [None, "龙一", "男", ID3, "否"],
    ]
    told = told_roster(workbook(("册", rows)))
    assert list(told["rows"].values())[2]["refused"] == "class-missing"


def test_the_same_as_above_is_what_stands_above():
    head = [*USUAL, "父亲姓名", "父亲电话"]
    rows = [[*KID.values(), "石山", PHONE], ["石小林", "男", ID2, "同上", "〃", "同上", "同上"]]
    told = told_roster(workbook(("册", [head, *rows])))
    second = list(told["rows"].values())[1]
    assert (second["class"], second["father"], second["father.phone"]) == (
        "六（2）班",
        "石山",
        PHONE,
    )


def test_three_blocks_side_by_side_are_all_read():
    gap = [None]
    head = [*SHORT, None, *SHORT, None, *SHORT]
    rows = [[*ROW, *gap, *ROW2, *gap, "龙一", "男", ID3, "否"], ["龙二", "男", ID4, "单亲"]]
    told = told_roster(workbook(("五（1）班", [["花名册"], head, *rows])))
    assert sorted(row["name"] for row in told["rows"].values()) == [
        "石小林",
        "石小树",
        "龙一",
        "龙二",
    ]
    assert {row["class"] for row in told["rows"].values()} == {"五（1）班"}


def test_each_block_below_another_has_its_own_heading_and_class():
    other = ["是否留守", "身份证号", "姓名", "性别"]
    rows = [
        ["五（1）班"], SHORT, ROW, ["合计", 1], [],
        ["五（2）班"], other, ["否", ID2, "石小林", "男"], [],
        ["五（3）班"], SHORT, ["龙一", "男", ID3, "单亲"],
    ]  # fmt: skip
    told = told_roster(workbook(("册", rows)))
    found = [(row["name"], row["class"], row["id"]) for row in told["rows"].values()]
    assert found == [
        ("石小树", "五（1）班", ID),
        ("石小林", "五（2）班", ID2),
        ("龙一", "五（3）班", ID3),
    ]


@pytest.mark.parametrize(
    "below",
    [
        ["必填", "必填", "必填", "选填"],
        ["文本", "男/女", "18位文本", "是/否"],
        ["不能为空", "下拉", "文本", "必填项"],
    ],
)
def test_what_a_template_asks_for_is_no_pupil(below):
    told = told_roster(workbook(("五（1）班", [SHORT, below, ROW])))
    assert len(told["rows"]) == 1
    assert told["skipped"] == ["五（1）班 2 填写要求"]


@pytest.mark.parametrize(
    "rows",
    [
        [
            ["学生信息卡"], ["姓名", "石小树", "性别", "男"], ["出生日期", "2013-04-15"],
            ["身份证号", ID, "班级", "五（1）班"], ["家庭住址", "河口村", "联系电话", PHONE],
            ["父亲姓名", "石山", "父亲电话", PHONE2],
        ],
        [
            ["儿童姓名", "石小树"], ["性别", "男"], ["出生年月", "2013.4"], ["身份证号码", ID],
            ["现住址", "河口村"], ["监护人姓名", "石老汉"],
        ],
    ],
)  # fmt: skip
def test_a_form_of_one_child_is_told_to_be_one(rows):
    with pytest.raises(BadFile, match="一人一张的登记表"):
        read_roster(workbook(("石小树", rows)))


def hidden_book(sheet_too):
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    for name in ("五（1）班", "五（2）班"):
        page = book.add_worksheet(name)
        for number, row in enumerate([SHORT, ROW if name == "五（1）班" else ROW2]):
            page.write_row(number, 0, row)
        if name == "五（2）班":
            page.hide() if sheet_too else page.set_row(1, None, None, {"hidden": True})
    book.close()
    return out.getvalue()


def test_sub_totals_of_a_class_and_titles_of_printed_pages_are_no_pupils():
    rows = [["花名册"], [*SHORT, "班级"], [*ROW, "六（2）班"], ["六（2）班小计", 1], ["花名册"]]
    rows += [["学生花名册（续）"], ["第2页"], [*ROW2, "六（2）班"], ["全校合计", 2]]
    told = told_roster(workbook(("册", rows)))
    assert list(told["rows"]) == ["册 3", "册 8"]


def test_a_heading_that_asks_is_a_heading():
    told = told_roster(workbook(("册", [[*USUAL[:4], "是否留守？"], list(KID.values())])))
    assert told["rows"]["册 2"]["left_behind"] == "双亲留守儿童"


def veiled(book, title, cells):
    page = book.create_sheet(title)
    page.append(cells)
    page.sheet_state = "veryHidden"


def hidden(work):
    book = openpyxl.Workbook()
    page = book.active
    page.title = "册"
    for cells in (USUAL, KID.values(), ["石小林", "男", ID2, "六（2）班", "否"]):
        page.append(list(cells))
    work(book, page)
    out = io.BytesIO()
    book.save(out)
    return told_roster(out.getvalue())


@pytest.mark.parametrize(
    ("work", "told"),
    [
        (lambda _book, page: page.row_dimensions.group(2, 3, hidden=True), "2 行是隐藏"),
        (lambda _book, page: setattr(page.row_dimensions[3], "hidden", True), "第 3 行"),
        (lambda book, _page: veiled(book, "往年", ["龙一", "男"]), "往年"),
        (lambda book, _page: veiled(book, "空", []), ""),
    ],
)
def test_however_it_was_hidden_it_is_told(work, told):
    said = hidden(work)
    assert len(said["rows"]) == 2
    assert told in "；".join(said.get("file", []))


def test_hidden_sheets_and_rows_are_told():
    told = told_roster(hidden_book(True))
    assert any("是隐藏的，没有读取：五（2）班" in text for text in told["file"])
    told = told_roster(hidden_book(False))
    assert len(told["rows"]) == 2
    assert any("“五（2）班”有 1 行是隐藏或筛掉的（第 2 行）" in text for text in told["file"])


def test_the_error_of_a_formula_is_no_value():
    book = openpyxl.load_workbook(
        io.BytesIO(workbook(("册", [[*USUAL, "民族"], [*KID.values(), "汉"]])))
    )
    book.active["F2"] = "#N/A"
    out = io.BytesIO()
    book.save(out)
    told = told_roster(out.getvalue())
    (row,) = told["rows"].values()
    assert row["warned"] == "ethnic:error-value"


@pytest.mark.parametrize("field", sorted(roster_fields()))
def test_whatever_is_recognised_is_stored_or_told_not_to_be(field):
    """A column of its own for every field: what it says stands in the row read, or is listed."""
    label = roster_fields()[field]
    heads = [*USUAL, "父亲姓名", "母亲姓名", "监护人姓名", "监护人关系", label]
    if label in heads[:-1] or field == "left_behind":
        return
    cells = [*KID.values(), "石山", "龙梅", "石老汉", "爷爷", "有"]
    told = told_roster(workbook(("册", [heads, cells])))
    listed = "".join(told.get("file", []))
    assert (label in listed) == (not is_stored(field))
