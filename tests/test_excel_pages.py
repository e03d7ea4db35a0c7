"""Importing in the browser: upload, mapping, preview, commit, result, undo, and who may."""

from __future__ import annotations

import io
import re

import pytest

from admin.work.worker import run_waiting
from models.core import batches, jobs
from models.core.audit import AccessLog
from models.core.database import database, writing
from models.core.gates import every_row
from models.core.register import find
from models.intake import read_workbook
from tests.workbooks import DATA, id_number, workbook

ROSTER = (DATA / "roster.xlsx").read_bytes()


def send(client, slug, data, name="名册.xlsx"):
    return client.post(
        f"/imports/{slug}",
        data={"file": (io.BytesIO(data), name)},
        content_type="multipart/form-data",
    )


def text(answer):
    return answer.get_data(as_text=True)


def living(slug):
    return every_row(find(slug)).count()


def uploaded(client, slug, data):
    answer = send(client, slug, data)
    assert answer.status_code == 302, text(answer)
    return answer.location


def test_the_roster_goes_from_upload_to_result_and_back(client_as, data_dir):
    clerk = client_as("clerk")
    before = living("child")
    place = uploaded(clerk, "roster", ROSTER)
    preview = text(clerk.get(place))
    assert "180 行中 166 行可以导入" in preview
    assert "身份证号被存成了数字" in preview
    answer = clerk.post(f"{place}/commit", data={"existing": "skip", "wrong": "skip"})
    assert answer.location == f"{place}/done"
    done = text(clerk.get(answer.location))
    assert "留守儿童登记 102 条" in done
    assert "14 行没有导入" in done
    assert living("child") == before + 102
    (batch,) = batches.recent()
    undone = clerk.post(f"/imports/batches/{batch.id}/undo")
    assert "全部撤销了" in text(undone)
    assert living("child") == before


def test_the_returned_workbook_keeps_the_cells_and_says_why(client_as, data_dir):
    clerk = client_as("clerk")
    place = uploaded(clerk, "roster", ROSTER)
    clerk.post(f"{place}/commit", data={})
    answer = clerk.get(f"{place}/returned.xlsx")
    (sheet,) = read_workbook(answer.data)
    (original,) = read_workbook(ROSTER)
    width = max(len(row.cells) for row in original.rows)
    assert [row.cells[:width] for row in sheet.rows[:30]] == [
        (*row.cells, *[None] * (width - len(row.cells))) for row in original.rows[:30]
    ]
    reasons = {row.number: row[width] for row in sheet.rows if row[width]}
    assert reasons.pop(next(iter(reasons))) == "未导入原因"
    assert len(reasons) == 14
    assert "存成了数字" in reasons[12]


def test_the_uploaded_file_is_gone_after_the_import(client_as, data_dir):
    clerk = client_as("clerk")
    place = uploaded(clerk, "roster", ROSTER)
    assert list((data_dir / "uploads").glob("*.book"))
    clerk.post(f"{place}/commit", data={})
    assert not list((data_dir / "uploads").glob("*.book"))


def test_giving_up_leaves_nothing_behind(client_as, data_dir):
    clerk = client_as("clerk")
    place = uploaded(clerk, "roster", ROSTER)
    clerk.post(f"{place}/give-up")
    assert not list((data_dir / "uploads").iterdir())
    assert clerk.get(place).status_code == 404


def test_left_over_files_go_with_the_next_upload_a_day_later(client_as, data_dir, clock):
    clerk = client_as("clerk")
    uploaded(clerk, "roster", ROSTER)
    clock.advance(minutes=29)
    uploaded(clerk, "roster", ROSTER)
    assert len(list((data_dir / "uploads").glob("*.book"))) == 2
    clock.advance(hours=25)
    uploaded(client_as("clerk"), "roster", ROSTER)
    assert len(list((data_dir / "uploads").glob("*.book"))) == 1


@pytest.mark.parametrize("name", ["alice", "leadership", "counsellor", "inspector"])
def test_nobody_but_the_clerk_gets_at_imports_or_an_upload(client_as, name):
    place = uploaded(client_as("clerk"), "roster", ROSTER)
    other = client_as(name)
    for address in ("/imports/", "/imports/roster", "/imports/child", place, f"{place}/done"):
        assert other.get(address).status_code == 403
    assert send(other, "roster", ROSTER).status_code == 403
    assert other.post(f"{place}/commit", data={}).status_code == 403
    assert other.post("/imports/batches/1/undo").status_code == 403


def test_a_token_works_for_the_one_who_uploaded_alone(client_as, world, data_dir):
    place = uploaded(client_as("clerk"), "roster", ROSTER)
    (facts,) = (data_dir / "uploads").glob("*.json")
    clerk_id = world.actors["clerk"].user_id
    facts.write_text(facts.read_text().replace(f'"user_id": {clerk_id}', '"user_id": 9999'))
    assert client_as("clerk").get(place).status_code == 404


@pytest.mark.parametrize("token", ["x", "..%2f..%2fsecret", "a" * 43, "%00"])
def test_a_token_that_is_none_finds_nothing(client_as, token):
    assert client_as("clerk").get(f"/imports/roster/{token}").status_code == 404


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "请先选择|空的"),
        (b"%PDF-1.7", "PDF"),
        (ROSTER[:5000], "不完整或已损坏"),
        (workbook(("a", [["甲", "乙"], [1, 2]])), "没有找到花名册的表头"),
    ],
)
def test_a_bad_file_is_refused_at_the_field_and_not_kept(client_as, data_dir, data, message):
    answer = send(client_as("clerk"), "roster", data)
    assert answer.status_code == 422
    assert re.search(message, text(answer))
    assert not list((data_dir / "uploads").iterdir())


def test_no_file_at_all_is_asked_for(client_as):
    answer = client_as("clerk").post("/imports/roster", data={})
    assert answer.status_code == 422
    assert "请先选择一份" in text(answer)


def plain_roster(**columns):
    head = ["姓名", "性别", "身份证号", "班级", *columns]
    return workbook(("名册", [head, ["周小山", "男", id_number(), "八1班", *columns.values()]]))


def test_without_a_left_behind_column_the_clerk_is_asked_first(client_as):
    clerk = client_as("clerk")
    place = uploaded(clerk, "roster", plain_roster())
    assert "这些学生都是留守儿童吗" in text(clerk.get(place))
    assert clerk.post(f"{place}/commit", data={}).location == place
    clerk.post(f"{place}/answers", data={"left_behind": "9"})
    assert "新增 1" in text(clerk.get(place))


def test_numbers_for_left_behind_are_asked_about(client_as):
    clerk = client_as("clerk")
    place = uploaded(clerk, "roster", plain_roster(是否留守儿童=2))
    assert "2 表示" in text(clerk.get(place))
    clerk.post(f"{place}/answers", data={"number.2": "1"})
    assert "新增 1" in text(clerk.get(place))


def test_the_mapping_can_be_corrected(client_as):
    clerk = client_as("clerk")
    place = uploaded(clerk, "roster", plain_roster(是否留守儿童="双亲留守", 老家="青山村"))
    page = text(clerk.get(place))
    assert "1 列没有认出" in page
    names = dict(re.findall(r'for="(c\.0\.\d)">([^<]+)<', page))
    column = next(name for name, heading in names.items() if heading == "老家")
    clerk.post(f"{place}/answers", data={column: "home_address"})
    clerk.post(f"{place}/commit", data={})
    child = find("child").model
    assert every_row(find("child")).where(child.name == "周小山").get().address == "青山村"


def test_two_columns_for_one_field_are_pointed_out(client_as):
    clerk = client_as("clerk")
    place = uploaded(clerk, "roster", plain_roster(是否留守儿童="双亲留守", 老家="青山村"))
    answer = clerk.post(f"{place}/answers", data={"c.0.0": "name", "c.0.5": "name"})
    assert answer.status_code == 422
    assert "有两列都对应“姓名”" in text(answer)


@pytest.mark.parametrize("query", ["?page=9223372036854775807", "?page=abc", "?show=<b>"])
def test_nonsense_in_the_address_of_a_preview_is_harmless(client_as, query):
    clerk = client_as("clerk")
    place = uploaded(clerk, "roster", ROSTER)
    answer = clerk.get(place + query)
    assert answer.status_code == 200
    assert "<b>" not in text(answer).replace("<b></b>", "")


def test_a_stopped_import_says_so_and_keeps_the_file(client_as, data_dir):
    clerk = client_as("clerk")
    place = uploaded(clerk, "roster", ROSTER)
    answer = clerk.post(f"{place}/commit", data={"wrong": "stop"})
    assert answer.status_code == 422
    assert "整批没有导入" in text(answer)
    assert clerk.get(place).status_code == 200


def test_exports_follow_the_filter_and_are_logged(client_as, world):
    clerk = client_as("clerk")
    answer = clerk.get("/export/child.xlsx?f.sex=男")
    (sheet,) = read_workbook(answer.data)
    assert {row[1] for row in sheet.rows[1:]} == {"曾思源", "单明"}
    look = AccessLog.select().order_by(AccessLog.id.desc()).first()
    assert (look.action, look.register, look.detail) == ("export", "child", "2 条")


@pytest.mark.parametrize(
    ("name", "status"), [("clerk", 200), ("leadership", 200), ("alice", 403), ("inspector", 403)]
)
def test_who_may_export(client_as, name, status):
    assert client_as(name).get("/export/talk.xlsx").status_code == status


def test_a_sealed_register_is_neither_exported_nor_imported(client_as):
    sealed = next(slug for slug in ("counselling", "counselling-session") if find(slug))
    for name in ("clerk", "counsellor"):
        client = client_as(name)
        for address in (f"/export/{sealed}.xlsx", f"/template/{sealed}.xlsx"):
            assert client.get(address).status_code == 403
        assert client.get(f"/imports/{sealed}").status_code in (403, 404)


def test_the_blank_workbook_is_sent(client_as):
    answer = client_as("clerk").get("/template/talk.xlsx")
    assert read_workbook(answer.data)[0].name == "谈心记录"


def test_a_long_file_is_imported_by_a_job_with_progress(client_as, data_dir, clock, monkeypatch):
    monkeypatch.setattr("admin.work.import_work.AT_ONCE", 100)
    monkeypatch.setattr("admin.registers.imports.wake", lambda *_where: None)
    clerk = client_as("clerk")
    before = living("child")
    place = uploaded(clerk, "roster", ROSTER)
    work = clerk.post(f"{place}/commit", data={}).location
    assert "排队等候" in text(clerk.get(work))
    assert run_waiting(data_dir, clock) == 1
    assert living("child") == before + 102
    (job,) = jobs.Job.select()
    told = clerk.get(f"/jobs/{job.id}.json").get_json()
    assert (told["state"], told["url"]) == ("done", f"{place}/done")
    assert clerk.get(work).location == f"{place}/done"


def test_a_job_that_fails_says_why_and_keeps_the_file(client_as, data_dir, clock, monkeypatch):
    monkeypatch.setattr("admin.work.import_work.AT_ONCE", 100)
    monkeypatch.setattr("admin.registers.imports.wake", lambda *_where: None)
    clerk = client_as("clerk")
    place = uploaded(clerk, "roster", ROSTER)
    work = clerk.post(f"{place}/commit", data={"wrong": "stop"}).location
    run_waiting(data_dir, clock)
    answer = clerk.get(work)
    assert answer.status_code == 422
    assert "整批没有导入" in text(answer)
    assert clerk.get(place).status_code == 200


def talk_file():
    spec = find("talk").fields
    head = [spec[n].label for n in ("child", "teacher", "talked_at", "topic", "content")]
    return workbook(("谈心", [head, ["张小雨", "王爱丽", "2025-11-10 12:30", "近况", "都好"]]))


def test_a_file_committed_twice_goes_in_once(client_as):
    clerk = client_as("clerk")
    before = living("talk")
    place = uploaded(clerk, "talk", talk_file())
    for _click in range(2):
        assert clerk.post(f"{place}/commit", data={}).location == f"{place}/done"
    assert living("talk") == before + 1
    assert len(batches.recent()) == 1


def test_a_file_whose_worker_fell_after_writing_goes_in_once(
    client_as, data_dir, clock, monkeypatch
):
    monkeypatch.setattr("admin.work.import_work.AT_ONCE", 0)
    monkeypatch.setattr("admin.registers.imports.wake", lambda *_where: None)
    clerk = client_as("clerk")
    before = living("talk")
    place = uploaded(clerk, "talk", talk_file())
    clerk.post(f"{place}/commit", data={})
    with monkeypatch.context() as fallen:
        fallen.setattr("admin.work.uploads.finish", lambda *_said: {}["power cut"])
        with pytest.raises(KeyError):
            run_waiting(data_dir, clock)
    clerk.post(f"{place}/commit", data={})
    run_waiting(data_dir, clock)
    assert living("talk") == before + 1


def test_a_job_is_not_done_for_an_account_closed_meanwhile(
    client_as, world, data_dir, clock, monkeypatch
):
    monkeypatch.setattr("admin.work.import_work.AT_ONCE", 0)
    monkeypatch.setattr("admin.registers.imports.wake", lambda *_where: None)
    clerk = client_as("clerk")
    before = living("talk")
    clerk.post(f"{uploaded(clerk, 'talk', talk_file())}/commit", data={})
    with writing():
        closed = "UPDATE user SET disabled = 1 WHERE id = ?"
        database.execute_sql(closed, (world.clerk.user_id,))
    run_waiting(data_dir, clock)
    (job,) = jobs.Job.select()
    assert (job.state, job.message) == ("failed", "当初上传的账号已停用，没有导入")
    assert living("talk") == before


def test_the_work_page_of_another_persons_import_is_not_there(
    client_as, world, data_dir, monkeypatch
):
    monkeypatch.setattr("admin.work.import_work.AT_ONCE", 0)
    monkeypatch.setattr("admin.registers.imports.wake", lambda *_where: None)
    clerk = client_as("clerk")
    work = clerk.post(f"{uploaded(clerk, 'talk', talk_file())}/commit", data={}).location
    assert clerk.get(work).status_code == 200
    jobs.Job.update(requested_by=world.alice.user_id).execute()
    assert clerk.get(work).status_code == 404
    assert clerk.get(work.rpartition("/")[0] + f"/{2**63}").status_code == 404


def test_the_history_lists_batches_with_undo(client_as):
    clerk = client_as("clerk")
    assert "还没有导入过" in text(clerk.get("/imports/"))
    place = uploaded(clerk, "roster", ROSTER)
    clerk.post(f"{place}/commit", data={})
    page = text(clerk.get("/imports/"))
    assert "学生花名册 名册.xlsx" in page
    assert "/undo" in page
