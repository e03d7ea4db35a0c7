"""校点交换: the week's workbook goes out signed and comes back; twice adds nothing."""

from __future__ import annotations

from io import BytesIO

import pytest
from openpyxl import load_workbook

from app import main
from exports.tables.point_book import workbook
from models.core.database import connected
from models.core.errors import BadFile, Denied, NotFound
from models.core.gates import every_row
from models.core.register import find
from models.intake import point_week
from tests.test_adoption import change
from tests.test_village_points import opened, point, rooms  # noqa: F401 - fixtures
from tests.world import NOON

OPENING, CHECK, ASSET, THERE = (
    find(one) for one in ("opening", "safety-check", "asset", "opening-child")
)
ROWS = {
    "开放登记": {
        "日期": "2025-11-11",
        "场所": "石门之家",
        "项目": "图书",
        "开始时间": "15:40",
        "结束时间": "16:50",
        "值班教师": "李博",
        "参加人数": 1,
    },
    "安全卫生检查": {
        "类别": "安全",
        "场所": "石门之家",
        "检查日期": "2025-11-12",
        "检查人": "李博",
        "检查结论": "合格",
        "检查情况": "门窗、用电完好",
    },
    "资产": {
        "编号": "SM-01",
        "分类": "文体",
        "名称": "篮球",
        "单位": "个",
        "数量": 2,
        "存放场所": "石门之家",
    },
}


@pytest.fixture
def handed_out(world, rooms, point):  # noqa: F811
    change("school-class", world.class_2, point=point)
    opened(world, rooms[0], "2025-11-10")
    opened(world, rooms[1], "2025-11-10")
    slip = point_week.slip_for(
        world.clerk, point_week.point_called(world.clerk, point), NOON.date()
    )
    return workbook(world.clerk, slip)


def filled(data, extra=ROWS, **changed):
    """The workbook with a row more on each sheet, and with cells of the slip changed."""
    book = load_workbook(BytesIO(data))
    for title, told in extra.items():
        sheet = book[title]
        heads = {str(cell.value).rstrip("*"): cell.column for cell in sheet[1]}
        at = sheet.max_row + 1
        for label, value in told.items():
            sheet.cell(at, heads[label], value)
    for label, value in changed.items():
        cells = {row[0].value: row[1] for row in book["交换单"].iter_rows(max_row=6)}
        cells[label].value = value
    made = BytesIO()
    book.save(made)
    return made.getvalue()


def counts():
    return [every_row(one).count() for one in (OPENING, CHECK, ASSET)]


def of(found):
    return {one.register.slug: one for one in found}


def test_the_workbook_holds_what_the_school_has_of_the_point_alone(handed_out):
    book = load_workbook(BytesIO(handed_out))
    assert book.sheetnames == ["交换单", "开放登记", "到场学生", "安全卫生检查", "资产"]
    rooms_told = [row[2].value for row in book["开放登记"].iter_rows(min_row=2)]
    assert rooms_told == ["石门之家"]
    said = {row[0].value: row[1].value for row in book["交换单"].iter_rows()}
    assert (said["校点"], said["从"], said["到"]) == ("石门教学点", "2025-11-10", "2025-11-16")
    assert "曾思源" in said["学生"]
    assert "张小雨" not in said["学生"]


def test_what_comes_back_is_looked_at_then_taken_in_and_twice_adds_nothing(world, handed_out):
    data, before = filled(handed_out), counts()
    _slip, found = point_week.looked_at(world.clerk, data)
    assert counts() == before
    assert {slug: one.report.count("new") for slug, one in of(found).items()} == {
        "opening": 1,
        "safety-check": 1,
        "asset": 1,
    }
    assert not any(one.refused or one.report.refused for one in found)
    point_week.taken_in(world.clerk, data)
    once = counts()
    assert once == [number + 1 for number in before]
    _slip, found = point_week.taken_in(world.clerk, data)
    assert counts() == once
    assert all(one.report.batch is None for one in found)
    assert not any(one.refused or one.report.refused for one in found)


def test_the_roll_call_comes_with_its_opening_once(world, handed_out):
    told = dict(ROWS)
    told["开放登记"] = ROWS["开放登记"] | {"序号": 9}
    told["到场学生"] = {"所属序号": 9, "学生": "曾思源"}
    data = filled(handed_out, told)
    for _time in range(2):
        _slip, found = point_week.taken_in(world.clerk, data)
        assert not any(one.report.refused for one in found)
        assert [one.child_id for one in every_row(THERE)] == [world.child_b]


def test_a_workbook_that_gains_rows_during_the_week_adds_those_alone(world, handed_out):
    point_week.taken_in(world.clerk, filled(handed_out))
    once = counts()
    later = {"开放登记": ROWS["开放登记"] | {"日期": "2025-11-12", "开始时间": "15:45"}}
    point_week.taken_in(world.clerk, filled(filled(handed_out), later))
    assert counts() == [once[0] + 1, *once[1:]]


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("校点", "东山教学点"),
        ("校点编号", "2"),
        ("从", "2025-11-03"),
        ("到", "2025-12-31"),
        ("到", "以后"),
        ("制表时间", "2025-11-13 08:00:00"),
        ("签名", "0" * 64),
    ],
)
def test_a_changed_slip_is_refused(world, handed_out, label, value):
    data = filled(handed_out, **{label: value})
    with pytest.raises(BadFile, match="交换单被改动过"):
        point_week.taken_in(world.clerk, data)
    assert every_row(CHECK).count() == 0


def test_an_unsigned_workbook_is_refused(world, handed_out):
    book = load_workbook(BytesIO(handed_out))
    del book["交换单"]
    made = BytesIO()
    book.save(made)
    with pytest.raises(BadFile, match="没有本校的交换单"):
        point_week.taken_in(world.clerk, made.getvalue())


def test_rows_of_another_home_or_week_are_none_of_its_business(world, handed_out):
    before = counts()
    for told, why in (({"场所": "之家"}, "场所"), ({"日期": "2025-11-17"}, "一周")):
        data = filled(handed_out, {"开放登记": ROWS["开放登记"] | told})
        _slip, found = point_week.taken_in(world.clerk, data)
        ((_row, said),) = of(found)["opening"].refused
        assert why in said
    assert counts() == before


def test_nobody_but_the_clerk_exchanges_and_a_deleted_point_does_not(world, handed_out, point):  # noqa: F811
    for person in (world.leadership, world.alice, world.inspector):
        with pytest.raises(Denied):
            point_week.taken_in(person, filled(handed_out))
    with pytest.raises(NotFound):
        point_week.point_called(world.clerk, 99)


def test_by_the_page_a_wrong_turn_is_undone(client_as, handed_out, point):  # noqa: F811
    clerk = client_as("clerk")
    assert "校点交换" in clerk.get("/year/").text
    answer = clerk.get(f"/points/{point}/workbook.xlsx?week=2025-11-12")
    assert answer.data[:2] == b"PK"

    def send(data):
        return clerk.post("/points/", data={"file": (BytesIO(data), "石门.xlsx")})

    refused = send(filled(handed_out, 到="2025-12-31"))
    assert refused.status_code == 422
    assert "交换单被改动过" in refused.text
    before = counts()
    looked = send(filled(answer.data))
    assert looked.status_code == 303
    assert "要导入 3 条" in clerk.get(looked.location).text
    assert counts() == before
    done = clerk.post(looked.location).text
    assert "已导入 3 条" in done
    assert "没有新的内容" in clerk.post(looked.location).text
    newest = every_row(CHECK).order_by(CHECK.model.id.desc()).first()
    clerk.post(f"/imports/batches/{newest.batch}/undo")
    assert every_row(CHECK).count() == before[1]
    # Undone by mistake, it is taken in again from the same file.
    again = send(filled(answer.data))
    assert "已导入 1 条" in clerk.post(again.location).text


def test_by_the_command_line(world, data_dir, handed_out, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SCHOOL_DATA", str(data_dir))
    out, back, before = tmp_path / "out.xlsx", tmp_path / "back.xlsx", counts()
    asked = ["point", "--point", "石门教学点", "--week", "2025-11-12", "--out", str(out)]
    assert main(asked) == 0
    back.write_bytes(filled(out.read_bytes()))
    assert main(["point", "--take", str(back), "--dry-run"]) == 0
    with connected():
        assert counts() == before
    assert main(["point", "--take", str(back)]) == 0
    assert "安全卫生检查：写入 1 条，不能导入 0 行" in capsys.readouterr().out
    with connected():
        assert counts() == [number + 1 for number in before]
    back.write_bytes(filled(out.read_bytes(), 校点="东山教学点"))
    assert main(["point", "--take", str(back)]) != 0
    assert main(["point", "--point", "没有", "--out", str(out)]) != 0
    assert main(["point"]) != 0
