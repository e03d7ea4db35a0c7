"""Opening workbooks: own row numbers, both formats, and files that must be refused kindly."""

from __future__ import annotations

import contextlib
import io
import zipfile

import pytest

from models.core.errors import BadFile
from models.intake import Caps, read_workbook
from tests.workbooks import DATA, workbook

SMALL = workbook(("表", [["姓名", "性别"], [], ["张三", "男"]]))


def refusal(data, caps=None):
    with pytest.raises(BadFile) as caught:
        read_workbook(data, caps)
    return str(caught.value)


def repacked(data, change):
    """Return the package with `change(name, bytes)` applied to each part."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", 8) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return out.getvalue()


def test_rows_keep_their_own_numbers_across_blank_rows():
    (sheet,) = read_workbook(SMALL)
    assert [(row.number, row[0]) for row in sheet.rows if row.filled] == [(1, "姓名"), (3, "张三")]


def test_the_old_format_is_read_and_hidden_sheets_are_left_out():
    sheets = read_workbook((DATA / "roster-old-format.xls").read_bytes())
    assert [sheet.name for sheet in sheets] == ["三年级", "四年级"]
    assert sheets[0].rows[3][1] == "学生甲"


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "空的"),
        (b"<html><table></table></html>", "网页"),
        ("姓名,性别\n".encode("gbk"), "不是 Excel"),
        (b"%PDF-1.7", "PDF"),
        (SMALL[: len(SMALL) // 2], "损坏"),
        (SMALL[:40], "损坏"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 900, "损坏"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "密码"),
    ],
    # Named, because a workbook made now carries the time, and every worker must collect the same.
    ids=["empty", "page", "text", "pdf", "half", "start", "old-zeros", "encrypted"],
)
def test_a_file_that_is_no_workbook_is_refused_with_what_to_do(data, word):
    assert word in refusal(data)


def test_a_truncated_old_workbook_is_refused():
    whole = (DATA / "roster-old-format.xls").read_bytes()
    for part in (2, 3, 10):
        assert "损坏" in refusal(whole[: len(whole) // part])


@pytest.mark.parametrize("old_format", [False, True])
def test_any_damage_ends_in_a_refusal_or_in_data_and_never_in_another_error(old_format):
    whole = (DATA / "roster-old-format.xls").read_bytes() if old_format else SMALL
    for place in range(0, len(whole), max(1, len(whole) // 60)):
        broken = bytearray(whole)
        broken[place] ^= 0xFF
        with contextlib.suppress(BadFile):
            read_workbook(bytes(broken))


def test_an_empty_workbook_is_refused():
    assert "没有内容" in refusal(workbook(("表", [])))


def test_a_zip_that_is_no_workbook_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("word/document.xml", "x")
    assert "另存为 .xlsx" in refusal(out.getvalue())


def test_a_decompression_bomb_is_refused():
    bomb = repacked(SMALL, lambda name, part: part + b" " * 3_000_000 if "theme" in name else part)
    assert "过大" in refusal(bomb, Caps(unpacked_bytes=1_000_000))


def test_one_stray_cell_far_away_is_refused_before_memory_is_taken():
    far = b'<row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row></sheetData>'
    data = repacked(
        SMALL,
        lambda name, part: part.replace(b"</sheetData>", far) if "worksheets/" in name else part,
    )
    assert "XFD1048576" in refusal(data)


def test_too_many_bytes_rows_or_columns_are_refused():
    assert "MB" in refusal(SMALL, Caps(file_bytes=10))
    assert "行" in refusal(SMALL, Caps(rows=2))
    assert "列" in refusal(SMALL, Caps(columns=1))


@pytest.mark.parametrize(("rows", "columns"), [(1, 0), (0, 1)])
def test_as_many_rows_and_columns_as_may_be_are_read_and_one_more_is_refused(rows, columns):
    def sheet(more_rows=0, more_columns=0):
        line = ["甲乙丙丁"] * (5 + more_columns)
        return workbook(("名册", [line] * (7 + more_rows)))

    caps = Caps(rows=7, columns=5)
    (read,) = read_workbook(sheet(), caps)
    assert len(read.rows) == 7
    assert ("行" if rows else "列") in refusal(sheet(rows, columns), caps)
