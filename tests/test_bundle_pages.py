"""From the button to the inspector's download: pages, job and rights around a bundle."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta

import pytest
from pypdf import PdfReader

import app as product
from admin.work import bundle_work, upkeep_work, worker
from models.core import audit, jobs, service
from models.core.actor import SYSTEM
from models.core.audit import AccessLog
from models.core.errors import Denied, Invalid
from models.core.gates import rows
from models.core.register import find
from models.kept.bundles import BUILT, FULL, Bundle
from models.school import bundles
from models.sealed.leaders import Paper
from tests.bundle_school import SEMESTER, add_photo, consent
from tests.world import PASSWORD


@pytest.fixture
def make(client_as, data_dir, clock):
    """Press the button as somebody and let the worker do it; returns the newest bundle."""

    def pressed(name="clerk", **form):
        answer = client_as(name).post("/bundles/build", data={"semester": SEMESTER} | form)
        assert answer.status_code == 302, answer.text
        worker.run_waiting(data_dir, clock)
        return newest()

    return pressed


def newest():
    query = rows(SYSTEM, bundles.bundle_register())
    return query.order_by(Bundle.id.desc()).first()


def semester_of(world):
    return find("semester").model(id=world.autumn, code=SEMESTER)


def test_the_page_tells_what_is_missing_and_who_can_supply_it(client_as):
    page = client_as("clerk").get("/bundles/").text
    assert "上报材料还差" in page
    assert "致家长公开信" in page
    assert "留守儿童统计表" in page
    assert "文员可补" in page


@pytest.mark.parametrize("asked", ["?semester=1999-2000-1", "?semester=%00", "?semester=abc"])
def test_an_unknown_semester_is_not_found(client_as, asked):
    assert client_as("clerk").get(f"/bundles/{asked}").status_code == 404


def test_the_clerk_builds_and_releases_and_the_inspector_downloads(world, client_as, make):
    built = make()
    assert built.state == BUILT
    inspector = client_as("inspector")
    assert inspector.get(f"/bundles/{built.id}/download").status_code == 404
    client_as("clerk").post(f"/bundles/{built.id}/release")
    page = inspector.get("/bundles/").text
    assert "已发布的上报材料 1 份" in page
    with inspector.get(f"/bundles/{built.id}/download") as answer:
        assert zipfile.ZipFile(io.BytesIO(answer.data)).testzip() is None
    noted = AccessLog.select().where(AccessLog.action == "export", AccessLog.role == "inspector")
    assert noted.get().record_id == built.id


def test_the_progress_ends_where_the_versions_are(client_as, make):
    make()
    job = jobs.newest("bundle")
    told = client_as("clerk").get(f"/jobs/{job.id}.json").json
    assert told["state"] == "done"
    assert told["url"].startswith("/bundles/")


def test_the_preview_shows_the_index_out_of_the_package(client_as, make, world, data_dir):
    consent(world.child_a)
    add_photo(data_dir, "home-visit", world.visit_a, [world.child_a])
    built = make()
    client = client_as("clerk")
    page = client.get(f"/bundles/{built.id}/files/", follow_redirects=True)
    assert "上报材料" in page.text
    assert client.get(f"/bundles/{built.id}/files/index.css").mimetype == "text/css"
    with zipfile.ZipFile(data_dir / "bundles" / built.path) as archive:
        inside = [name.partition("/data/")[2] for name in archive.namelist()]
    photo = next(name for name in inside if name.endswith(".jpg"))
    assert client.get(f"/bundles/{built.id}/files/{photo}").mimetype == "image/jpeg"


@pytest.mark.parametrize("name", ["../bagit.txt", "..%2f..%2frecords.db", "no-such.pdf", "%00"])
def test_the_preview_shows_nothing_from_outside_the_package(client_as, make, name):
    built = make()
    answer = client_as("clerk").get(f"/bundles/{built.id}/files/{name}")
    assert answer.status_code in (404, 308, 302)


def test_a_withdrawn_bundle_is_gone_for_the_inspector(client_as, make):
    built = make()
    clerk, inspector = client_as("clerk"), client_as("inspector")
    clerk.post(f"/bundles/{built.id}/release")
    clerk.post(f"/bundles/{built.id}/withdraw")
    assert inspector.get(f"/bundles/{built.id}/download").status_code == 404


@pytest.mark.parametrize("who", ["alice", "counsellor"])
def test_a_teacher_has_nothing_to_do_with_bundles(client_as, make, who):
    built = make()
    client = client_as(who)
    assert client.get("/bundles/").status_code == 403
    assert client.get(f"/bundles/{built.id}/download").status_code == 403
    assert client.post("/bundles/build", data={"semester": SEMESTER}).status_code == 403
    assert client.post(f"/bundles/{built.id}/release").status_code == 403


def test_an_inspector_can_change_nothing_about_bundles(client_as, make):
    built = make()
    client = client_as("inspector")
    for path in ("build", "ask-full", f"{built.id}/release", f"{built.id}/withdraw"):
        answer = client.post(
            f"/bundles/{path}", data={"semester": SEMESTER, "reason": "x", "recipient": "y"}
        )
        assert answer.status_code == 403, path
    assert newest().released_on is None


def test_an_inspector_never_sees_a_full_edition(world, client_as, make, data_dir, clock):
    asked = bundles.ask_full(world.clerk, semester_of(world), "移交", "村委会")
    client_as("leadership").post(f"/bundles/{asked.id}/approve", data={"old": PASSWORD})
    worker.run_waiting(data_dir, clock)
    full = newest()
    assert (full.edition, full.state) == (FULL, BUILT)
    inspector = client_as("inspector")
    assert inspector.get(f"/bundles/{full.id}/download").status_code == 404
    assert client_as("clerk").post(f"/bundles/{full.id}/release").status_code == 403
    kept = data_dir / "bundles" / full.path
    # Neither a look at the headers nor a download broken off takes the file away.
    client_as("clerk").head(f"/bundles/{full.id}/download")
    client_as("clerk").get(f"/bundles/{full.id}/download", buffered=False).close()
    assert kept.is_file()
    with client_as("clerk").get(f"/bundles/{full.id}/download") as answer:
        assert answer.status_code == 200
        assert len(answer.data) == full.size
    assert not kept.exists()
    assert "请重新申请" in client_as("clerk").get(f"/bundles/{full.id}/download").text


def test_a_full_edition_nobody_fetched_is_gone_after_seven_days(
    world, client_as, make, data_dir, clock
):
    asked = bundles.ask_full(world.clerk, semester_of(world), "移交", "村委会")
    client_as("leadership").post(f"/bundles/{asked.id}/approve", data={"old": PASSWORD})
    worker.run_waiting(data_dir, clock)
    kept = data_dir / "bundles" / newest().path
    assert bundle_work.forget_full(clock.now() + timedelta(days=7), kept.parent) == 0
    upkeep_work.ask_daily(clock.now() + timedelta(days=8))
    clock.advance(days=8)
    worker.run_waiting(data_dir, clock)
    assert not kept.exists()


def test_approving_a_full_edition_writes_the_disclosure(world):
    asked = bundles.ask_full(
        world.clerk, semester_of(world), "移交", "大坪村委会", reason="村级档案"
    )
    bundles.decide_full(world.leadership, asked.id, approve=True)
    entry = rows(SYSTEM, find("disclosure")).get()
    assert (entry.recipient, entry.purpose, entry.reason, entry.approved_by) == (
        "大坪村委会",
        "移交",
        "村级档案",
        "周校长",
    )
    assert entry.bundle_id == asked.id


def test_only_another_member_of_the_leadership_approves(world):
    paper = Paper("吴主任（县教育局）", "aa/bb/paper.jpg", "c" * 64)
    own = bundles.ask_full(world.leadership, semester_of(world), "移交", "村委会", paper)
    with pytest.raises(Denied):
        bundles.decide_full(world.leadership, own.id, approve=True)
    with pytest.raises(Denied):
        bundles.decide_full(world.clerk, own.id, approve=True)


def test_a_refused_or_decided_request_is_decided_once(world, client_as):
    asked = bundles.ask_full(world.clerk, semester_of(world), "移交", "村委会")
    bundles.decide_full(world.leadership, asked.id, approve=False)
    with pytest.raises(Invalid):
        bundles.decide_full(world.leadership, asked.id, approve=True)
    answer = client_as("clerk").post("/bundles/build", data={"bundle": asked.id})
    assert answer.status_code == 422
    assert not rows(SYSTEM, find("disclosure")).exists()


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"purpose": ""}, "请从列出的用途里选一项"),
        ({"purpose": "卖钱"}, "请从列出的用途里选一项"),
        ({"purpose": "其他", "reason": " "}, "请写明作什么用"),
        ({"purpose": "移交", "reason": "长" * 41}, "不超过 40 字"),
        ({"purpose": "移交", "recipient": " "}, "请写明提供给谁"),
    ],
)
def test_a_request_without_a_purpose_keeps_what_was_typed(client_as, typed, told):
    usual = {"semester": SEMESTER, "recipient": "大坪村委会", "reason": "村级档案"}
    answer = client_as("clerk").post("/bundles/ask-full", data=usual | typed)
    assert answer.status_code == 422
    assert told in answer.text
    kept = (usual | typed)["recipient"], (usual | typed)["reason"]
    assert all(text in answer.text for text in kept)
    assert newest() is None


@pytest.mark.parametrize(
    ("purpose", "reason", "kind", "told"),
    [
        ("迎检", "", "完整版迎检包", "迎检"),
        ("上级调阅", "县教育局来函", "上级调取", "上级调阅"),
        ("其他", "学籍核对", "其他", "学籍核对"),
    ],
)
def test_what_a_full_edition_is_for_stands_in_record_log_and_package(
    world, client_as, make, data_dir, clock, purpose, reason, kind, told
):
    raw = {"semester": SEMESTER, "purpose": purpose, "recipient": "县教育局", "reason": reason}
    assert client_as("clerk").post("/bundles/ask-full", data=raw).status_code == 302
    asked = newest()
    assert (asked.purpose, asked.reason) == (purpose, reason or None)
    assert f"用途：{told}" in client_as("leadership").get("/bundles/").text
    client_as("leadership").post(f"/bundles/{asked.id}/approve", data={"old": PASSWORD})
    worker.run_waiting(data_dir, clock)
    entry = rows(SYSTEM, find("disclosure")).get()
    assert (entry.kind, entry.purpose, entry.reason) == (kind, purpose, reason or purpose)
    path = data_dir / "bundles" / newest().path
    with zipfile.ZipFile(path) as archive:
        texts = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    assert f"用途：{told}；提供给：县教育局" in texts["bag-info.txt"].decode()
    assert f"用途：{told}" in texts["data/index.html"].decode()
    book = next(data for name, data in texts.items() if name.endswith("留守儿童登记册.pdf"))
    cover = PdfReader(io.BytesIO(book)).pages[0].extract_text()
    assert all(text in cover for text in ("用途", told, "提供给", "县教育局"))


def test_the_audit_names_the_clerk_who_released_it(client_as, make):
    built = make()
    client_as("clerk").post(f"/bundles/{built.id}/release")
    last = audit.entries_of("bundle", built.id)[0]
    assert last.who == "陈文员"


def test_a_bundle_cannot_be_typed_into_its_register(client_as, world):
    typed = {"semester": world.autumn, "edition": bundles.INSPECTION, "state": bundles.BUILT}
    answer = client_as("clerk").post("/r/bundle/new", data=typed)
    assert answer.status_code == 422
    assert "资料包请在“上报材料”页面生成" in answer.text
    assert client_as("leadership").post("/r/bundle/new", data=typed).status_code == 403
    with pytest.raises(Invalid, match="上报材料"):
        service.create(world.clerk, bundles.bundle_register(), typed)
    with pytest.raises(Denied):
        service.create(world.leadership, bundles.bundle_register(), typed)
    assert newest() is None


def test_the_command_builds_the_same_package_as_the_page(
    world, make, data_dir, tmp_path, monkeypatch, capsys
):
    built = make()
    monkeypatch.setenv("SCHOOL_DATA", str(data_dir))
    target = tmp_path / "out.zip"
    assert product.main(["bundle", "--semester", SEMESTER, "--out", str(target), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["sha256"] == built.sha256
    assert target.stat().st_size == told["bytes"]
    assert len(told["missing"]) == built.missing


def test_the_command_refuses_what_it_cannot_build(data_dir, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SCHOOL_DATA", str(data_dir))
    target = str(tmp_path / "out.zip")
    assert product.main(["bundle", "--semester", "1999-2000-1", "--out", target]) == 1
    assert "没有学期" in capsys.readouterr().err
    full = ["bundle", "--semester", SEMESTER, "--out", target, "--edition", "full"]
    assert product.main(full) == 1
    assert "领导小组" in capsys.readouterr().err
    assert not (tmp_path / "out.zip").exists()
