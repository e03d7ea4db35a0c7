"""A school carried in and out by workbooks from the command line, as the clerk."""

from __future__ import annotations

import json

import openpyxl
import pytest

from app import main
from models.core import audit
from models.core.audit import AccessLog
from models.core.database import database
from models.core.gates import every_row
from models.core.register import find
from tests.workbooks import DATA, id_number, workbook

ROSTER = str(DATA / "roster.xlsx")


@pytest.fixture
def command(world, data_dir, monkeypatch, capsys):
    """Run `python app.py …` on the test school; gives (status, output, errors)."""
    monkeypatch.setenv("SCHOOL_DATA", str(data_dir))
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def run(*said):
        status = main([str(word) for word in said])
        told = capsys.readouterr()
        # The command opened the database for itself and closed it again.
        database.connect(reuse_if_open=True)
        return status, told.out, told.err

    yield run
    database.close()


def living(slug):
    return every_row(find(slug)).count()


def test_the_roster_is_imported_and_told_as_json_alone(command):
    before = living("child")
    status, out, _err = command("import", "roster", ROSTER, "--json")
    said = json.loads(out)
    assert status == 0
    assert (said["rows"], said["accepted"], said["left_behind"]) == (180, 166, 102)
    assert len(said["refused"]) == 14
    assert set(said["refused"][0]) >= {"sheet", "row", "field", "reason"}
    assert said["refused"][0]["row"] == 12
    assert isinstance(said["warnings"], list)
    assert living("child") == before + 102


def test_a_dry_run_writes_nothing(command):
    before = audit.head()
    status, out, _err = command("import", "roster", ROSTER, "--dry-run", "--json")
    assert (status, json.loads(out)["accepted"]) == (0, 166)
    assert audit.head() == before


def test_without_json_a_person_reads_lines(command):
    _status, out, _err = command("import", "roster", ROSTER, "--dry-run")
    assert out.startswith("检查完毕，没有写入：180 行，可导入 166 行，其中留守儿童 102 名")
    assert "没有导入：花名册 第 12 行" in out


@pytest.mark.parametrize(
    ("content", "message"), [(b"no workbook", "不是 Excel 表格"), (None, "文件打不开")]
)
def test_a_bad_file_fails_with_a_sentence_and_nothing_on_standard_output(
    command, tmp_path, content, message
):
    path = tmp_path / "bad.xlsx"
    if content is not None:
        path.write_bytes(content)
    status, out, err = command("import", "roster", path, "--json")
    assert (status, out) == (1, "")
    assert message in err


def test_a_file_of_bad_rows_is_a_failure(command, tmp_path):
    path = tmp_path / "bad.xlsx"
    path.write_bytes(
        workbook(("名册", [["姓名", "身份证号", "是否留守儿童"], ["周小山", "123", "是"]]))
    )
    status, _out, err = command("import", "roster", path)
    assert status == 1
    assert "1 行都不能导入" in err


def test_without_a_left_behind_column_the_option_answers(command, tmp_path):
    path = tmp_path / "plain.xlsx"
    path.write_bytes(
        workbook(("名册", [["姓名", "身份证号", "班级"], ["周小山", id_number(), "八1班"]]))
    )
    status, out, err = command("import", "roster", path)
    assert (status, out) == (1, "")
    assert "--left-behind" in err
    status, out, _err = command("import", "roster", path, "--left-behind", "all", "--json")
    assert (status, json.loads(out)["left_behind"]) == (0, 1)


def test_before_set_up_nothing_is_done(tmp_path, monkeypatch, capsys, data_dir):
    monkeypatch.setattr("models.school.accounts.first_clerk", lambda: None)
    monkeypatch.setenv("SCHOOL_DATA", str(data_dir))
    assert main(["import", "roster", ROSTER]) == 1
    assert "还没有设置" in capsys.readouterr().err


def test_an_export_edited_comes_back_and_changes_only_that(command, tmp_path, world):
    path = tmp_path / "children.xlsx"
    status, out, _err = command("export", "child", "--out", path)
    assert status == 0
    assert "3 条" in out
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    column = next(cell.column for cell in sheet[1] if cell.value == "现住址")
    sheet.cell(2, column, "新街 1 号")
    book.save(path)
    book.close()
    status, out, _err = command("import", "child", path, "--json")
    assert json.loads(out)["verdicts"] == {"changed": 1, "same": 2}
    assert status == 0
    status, out, _err = command("import", "child", path, "--json")
    # The numbers in the file are of the state before; what differs now is nothing.
    assert json.loads(out)["verdicts"] == {"same": 3}


def test_an_export_is_logged_and_leaves_no_part_behind(command, tmp_path):
    command("export", "talk", "--out", tmp_path / "talks.xlsx")
    look = AccessLog.select().order_by(AccessLog.id.desc()).first()
    assert (look.action, look.register, look.origin) == ("export", "talk", "命令行")
    assert [path.name for path in tmp_path.glob("*talks*")] == ["talks.xlsx"]


def test_one_semester_can_be_exported(command, tmp_path):
    path = tmp_path / "talks.xlsx"
    status, out, _err = command("export", "talk", "--semester", "2025-2026-1", "--out", path)
    assert (status, "2 条" in out) == (0, True)
    status, out, _err = command("export", "talk", "--semester", "2025-2026-2", "--out", path)
    assert (status, "0 条" in out) == (0, True)
    status, _out, err = command("export", "talk", "--semester", "1999", "--out", path)
    assert (status, "没有学期" in err) == (1, True)


def test_lines_follow_the_semester_of_their_record(command, tmp_path):
    path = tmp_path / "visitors.xlsx"
    said = ("export", "home-visitor", "--semester")
    assert "1 条" in command(*said, "2025-2026-1", "--out", path)[1]
    assert "0 条" in command(*said, "2025-2026-2", "--out", path)[1]


def test_a_blank_workbook_is_written(command, tmp_path):
    path = tmp_path / "blank.xlsx"
    assert command("template", "home-visit", "--out", path)[0] == 0
    book = openpyxl.load_workbook(path)
    assert book.sheetnames[:2] == [find("home-visit").title, find("home-visitor").title]
    book.close()


@pytest.mark.parametrize("said", [("template", "--out", "x.xlsx"), ("export", "--out", "x.xlsx")])
def test_an_unknown_register_is_named_with_those_there_are(command, tmp_path, said):
    verb, *rest = said
    status, _out, err = command(verb, "nonsense", *rest)
    assert status == 1
    assert "没有叫“nonsense”的登记" in err
    assert "home-visit" in err


def test_a_sealed_register_stays_shut(command, tmp_path):
    path = tmp_path / "sealed.xlsx"
    sealed = next(r.slug for r in map(find, ("counselling", "counselling-session")) if r)
    status, _out, err = command("export", sealed, "--out", path)
    assert (status, path.exists()) == (1, False)
    assert "密封" in err


def test_a_place_that_cannot_be_written_is_a_sentence(command, tmp_path):
    status, _out, err = command("export", "talk", "--out", tmp_path / "none" / "talks.xlsx")
    assert status == 1
    assert "文件写不进去" in err
