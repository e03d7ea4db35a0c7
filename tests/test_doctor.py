"""`doctor` says what is wrong with an installation, each with what to do, and changes nothing."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from admin.frame.settings import Settings
from admin.work import health
from app import main
from models.core import audit, jobs, service
from models.core.actor import system
from models.core.database import database
from models.core.register import find
from models.school import backups
from tests.world import NOON, StandingClock

ERROR, WARNING, GOOD = health.ERROR, health.WARNING, health.GOOD


@pytest.fixture
def look(world, data_dir):
    """How one thing of the test school's installation stands: (level, text)."""

    def ask(name, now=NOON, **more):
        found = health.examine(Settings(data_dir, **more), now)
        database.connect(reuse_if_open=True)
        (one,) = [one for one in found if one.name == name]
        return one.level, one.text

    return ask


def test_a_sound_installation_has_no_error(world, data_dir, monkeypatch, capsys):
    (data_dir / "secret.key").write_bytes(b"k" * 32)
    backups.backup(data_dir, data_dir / "backups", NOON)
    found = health.examine(Settings(data_dir), NOON)
    assert [one for one in found if one.level == ERROR] == []
    assert {one.name for one in found} >= {"数据库", "备份", "磁盘", "时钟", "校历", "照片", "字体"}


def test_a_backup_that_is_missing_or_old_is_told(look, data_dir):
    assert look("备份")[0] == WARNING
    backups.backup(data_dir, data_dir / "backups", NOON - timedelta(days=3))
    level, text = look("备份")
    assert level == WARNING
    assert "太久" in text
    backups.backup(data_dir, data_dir / "backups", NOON - timedelta(days=1))
    assert look("备份")[0] == GOOD


@pytest.mark.parametrize(("free", "level"), [(10**8, ERROR), (10**9, WARNING), (10**10, GOOD)])
def test_a_disk_that_is_nearly_full_is_told(look, monkeypatch, free, level):
    usage = type("Usage", (), {"free": free})()
    monkeypatch.setattr(health.shutil, "disk_usage", lambda _folder: usage)
    assert look("磁盘")[0] == level


def test_a_clock_that_ran_backwards_is_told(look, world):
    raw = {"child": world.child_a, "teacher": world.staff_alice, "topic": "近况"}
    raw |= {"content": "说到学习", "talked_at": "2025-11-10 12:00"}
    service.create(system(NOON), find("talk"), raw)
    last = audit.AuditEntry.select().order_by(audit.AuditEntry.id.desc()).get().at
    assert look("时钟", last)[0] == GOOD
    assert look("时钟", last - timedelta(hours=1))[0] == ERROR


def test_damage_is_told_and_the_damaged_database_is_not_opened(tmp_path, built_school):
    path = tmp_path / "records.db"
    data = bytearray(built_school.file.read_bytes())
    half = len(data) // 2
    data[half : half + 8192] = b"\xff" * 8192
    path.write_bytes(data)
    found = health.examine(Settings(tmp_path), NOON)
    (one,) = [one for one in found if one.name == "数据库"]
    assert one.level == ERROR
    assert "restore" in one.text
    assert not {"时钟", "照片"} & {one.name for one in found}
    assert path.read_bytes() == data


def test_a_missing_database_beside_photos_is_an_alarm_and_no_new_school(tmp_path):
    (tmp_path / "files" / "ab").mkdir(parents=True)
    (tmp_path / "files" / "ab" / "x.jpg").write_bytes(b"x")
    (one,) = health._database(Settings(tmp_path), NOON)
    assert one.level == ERROR
    assert not (tmp_path / "records.db").exists()


def test_what_is_served_as_a_certificate_and_is_none_is_told(look, tmp_path):
    assert look("加密连接")[0] == WARNING
    swapped = tmp_path / "key.pem"
    swapped.write_text("-----BEGIN PRIVATE KEY-----\n", "utf-8")
    assert look("加密连接", tls_cert=swapped, tls_key=swapped)[0] == ERROR


def test_a_school_without_a_semester_to_come_is_told(look):
    assert look("校历", NOON.replace(year=2031))[0] == WARNING


def test_the_command_fails_when_something_is_wrong(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SCHOOL_DATA", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (tmp_path / "records.db").write_bytes(b"this is no database" * 400)
    assert main(["doctor", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)["checks"]
    assert {one["level_word"] for one in told if one["name"] == "数据库"} == {"错误"}


def test_the_offices_page_shows_the_last_backup_and_what_is_wrong(client_as, data_dir, world):
    backups.backup(data_dir, data_dir / "backups", NOON - timedelta(days=9))
    page = client_as("clerk").get("/host/").text
    assert "2025-11-03 10:30" in page
    assert "一周多没有了" in page
    assert "一周多没有了" in client_as("clerk").get("/board/").text
    backups.backup(data_dir, data_dir / "backups", NOON)
    assert "一周多没有了" not in client_as("clerk").get("/board/").text
    assert client_as("alice").get("/host/").status_code in (403, 404)


def test_a_backup_that_failed_at_night_stands_on_the_offices_pages(client_as, world):
    job = jobs.ask("backup", "每日备份", {}, NOON)
    jobs.claim(job.id, NOON)
    jobs.Running(job.id, StandingClock()).end(jobs.FAILED, "备份没有做成（磁盘满了）")
    assert "备份没有做成（磁盘满了）" in client_as("clerk").get("/board/").text
