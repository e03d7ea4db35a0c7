"""A backup is whole or is not there; what is restored proves itself before it is a school."""

from __future__ import annotations

import errno
import json
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from admin.work import backup_work, worker
from models.core import audit, jobs, service
from models.core.database import connected, database, open_database
from models.core.gates import row
from models.core.register import find
from models.school import backups
from models.school.backups import NotBackedUp, NotRestored, backup, check, restore
from models.sealed import counselling, decisions, keys, requests
from tests.test_sealing import SESSIONS, session, started
from tests.world import NOON

TALK = find("talk")
PHOTO = "files/aa/bb/" + "0" * 64 + ".jpg"


@pytest.fixture
def made(world, data_dir, tmp_path):
    (data_dir / "secret.key").write_bytes(b"k" * 32)
    photo = data_dir / PHOTO
    photo.parent.mkdir(parents=True)
    photo.write_bytes(b"photo")
    real = photo.with_name(f"{backups.digest_of(photo)}.jpg")
    photo.rename(real)
    return backup(data_dir, tmp_path / "usb", NOON)


def spoil(path, at, data):
    with path.open("rb+") as file:
        file.seek(at)
        file.write(data)


def test_a_backup_notes_the_head_of_the_audit_and_the_counts(made):
    entries, head = audit.head()
    assert made.manifest["audit"] == {"entries": entries, "hash": head}
    assert made.manifest["counts"]["child"] == 3
    assert check(made.folder) == []


def test_what_is_restored_on_a_clean_folder_is_the_school(made, world, data_dir, tmp_path):
    clean = tmp_path / "new"
    restore(made.folder, clean)
    open_database(clean)
    with connected():
        assert audit.verify(made.manifest["audit"]["hash"]).intact
        assert row(world.clerk, TALK, world.talk_a) is not None
    assert len(list(clean.rglob("*.jpg"))) == 1
    open_database(data_dir).connect()


def test_photos_are_copied_once(made, data_dir, tmp_path, monkeypatch):
    copied = []
    real = shutil.copyfile
    monkeypatch.setattr(shutil, "copyfile", lambda a, b: copied.append(a.suffix) or real(a, b))
    backup(data_dir, tmp_path / "usb", NOON + timedelta(days=1))
    assert ".jpg" not in copied
    # Half of a file is no copy of it.
    (kept,) = (tmp_path / "usb").rglob("*.jpg")
    kept.write_bytes(b"pho")
    later = backup(data_dir, tmp_path / "usb", NOON + timedelta(days=2))
    assert ".jpg" in copied
    assert check(later.folder) == []


def test_a_corrupted_page_in_the_backup_is_refused(made, tmp_path):
    file = made.folder / "records.db"
    spoil(file, file.stat().st_size // 2, b"\xff" * 2048)
    with pytest.raises(NotRestored, match="不一样"):
        restore(made.folder, tmp_path / "new")
    assert not (tmp_path / "new" / "records.db").exists()


def test_a_corrupted_database_is_not_backed_up_as_if_it_were_sound(made, data_dir, tmp_path):
    database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    file = data_dir / "records.db"
    spoil(file, 4096 * 20, b"\xff" * 4096 * 20)
    with pytest.raises(NotBackedUp):
        backup(data_dir, tmp_path / "usb", NOON + timedelta(days=1))
    assert [kept.folder for kept in backups.backups(tmp_path / "usb")] == [made.folder]


def test_a_half_copied_file_is_refused(made, tmp_path):
    photo = next((made.folder.parent / "files").rglob("*.jpg"))
    photo.write_bytes(photo.read_bytes()[:2])
    with pytest.raises(NotRestored, match="已损坏"):
        restore(made.folder, tmp_path / "new")
    photo.unlink()
    assert check(made.folder)


def test_a_row_that_is_missing_is_told_by_the_counts(made):
    with sqlite3.connect(made.folder / "records.db") as opened:
        opened.execute("DELETE FROM audit_entry WHERE id = 1")
    manifest = made.manifest
    manifest["files"]["records.db"] = backups.digest_of(made.folder / "records.db")
    (made.folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    assert check(made.folder) == ["各表的条数和备份时不一样"]


@pytest.mark.parametrize("led", ["../outside.txt", "/{folder}/outside.txt"])
def test_a_manifest_cannot_lead_out_of_the_folder(made, tmp_path, led):
    (tmp_path / "outside.txt").write_text("kept to itself", "utf-8")
    manifest = made.manifest | {"stored": [led.format(folder=str(tmp_path).lstrip("/"))]}
    (made.folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(NotRestored, match="不是本程序写的文件名"):
        restore(made.folder, tmp_path / "new")


def test_a_restore_cut_short_leaves_no_database(made, tmp_path, monkeypatch):
    copied = backups.copy_whole

    def full(source, target):
        if source.name == "secret.key":
            raise OSError(28, "No space left on device")
        copied(source, target)

    monkeypatch.setattr(backups, "copy_whole", full)
    with pytest.raises(OSError, match="No space"):
        restore(made.folder, tmp_path / "new")
    assert not (tmp_path / "new" / "records.db").exists()


def test_a_full_disk_leaves_the_earlier_backup_and_says_what_to_do(
    made, data_dir, tmp_path, monkeypatch
):
    def full(*_paths):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(NotBackedUp, match="磁盘有空间"):
        backup(data_dir, tmp_path / "usb", NOON + timedelta(days=1))
    assert [path.name for path in (tmp_path / "usb").glob("*2025*")] == [made.folder.name]


def test_nothing_is_restored_over_a_school(made, data_dir):
    before = backups.digest_of(data_dir / "records.db")
    with pytest.raises(NotRestored, match="已有记录"):
        restore(made.folder, data_dir)
    assert backups.digest_of(data_dir / "records.db") == before


def test_seven_days_four_weeks_and_twelve_months_are_kept(made, tmp_path):
    for days in range(1, 500):
        at = (NOON - timedelta(days=days)).strftime(backups.STAMP)
        shutil.copytree(made.folder, tmp_path / "many" / at)
    backups.thin_out(tmp_path / "many")
    names = sorted((path.name for path in (tmp_path / "many").iterdir()), reverse=True)
    days = [NOON - timedelta(days=days) for days in range(1, 8)]
    assert names[:7] == [day.strftime(backups.STAMP) for day in days]
    assert len({name[:6] for name in names}) == 12
    assert 7 + 11 <= len(names) <= 7 + 4 + 12


def test_a_week_that_two_years_share_is_one_week(made, tmp_path):
    for days in range(39):
        at = datetime(2026, 1, 8, 1) - timedelta(days=days)
        folder = tmp_path / "many" / at.strftime(backups.STAMP)
        folder.mkdir(parents=True)
        shutil.copy(made.folder / backups.MANIFEST, folder)
    backups.thin_out(tmp_path / "many")
    kept = {one.made_at.date().isoformat() for one in backups.backups(tmp_path / "many")}
    # Seven days; the Sundays of three weeks behind them; the last day of December.
    assert kept == {f"2026-01-0{day}" for day in range(2, 9)} | {
        "2025-12-31",
        "2025-12-28",
        "2025-12-21",
    }


def test_of_the_backups_of_one_day_the_last_is_kept(made, tmp_path):
    for hour in (1, 13, 20):
        at = NOON.replace(hour=hour) - timedelta(days=1)
        shutil.copytree(made.folder, tmp_path / "many" / at.strftime(backups.STAMP))
    backups.thin_out(tmp_path / "many")
    (kept,) = backups.backups(tmp_path / "many")
    assert kept.made_at.hour == 20


KILLED = """
import sys, time
from datetime import datetime
from pathlib import Path
from models.school import backups
backups.manifest_of = lambda *_: (print("half", flush=True), time.sleep(60))
backups.backup(Path(sys.argv[1]), Path(sys.argv[2]), datetime(2025, 11, 13, 1, 0))
"""


def test_a_backup_killed_half_way_is_no_backup_and_is_swept(made, data_dir, tmp_path):
    command = [sys.executable, "-c", KILLED, str(data_dir), str(tmp_path / "usb")]
    root = Path(__file__).parent.parent
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout.readline() == "half\n"
        process.kill()
    assert len(backups.backups(tmp_path / "usb")) == 1
    assert list((tmp_path / "usb").glob(".*.part"))
    backup(data_dir, tmp_path / "usb", NOON + timedelta(days=1))
    assert not list((tmp_path / "usb").glob(".*.part"))


def test_a_backup_made_while_people_write_is_one_state(made, world, data_dir, tmp_path):
    stop = threading.Event()

    def write():
        with connected():
            while not stop.is_set():
                talk = row(world.clerk, TALK, world.talk_a)
                text = f"谈话内容 {time.monotonic_ns()}"
                service.update(world.clerk, TALK, talk.id, {"measure": text}, talk.version)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for days in (1, 2, 3):
            busy = backup(data_dir, tmp_path / "usb", NOON + timedelta(days=days))
            clean = tmp_path / f"new{days}"
            restore(busy.folder, clean)
            assert check(busy.folder) == []
    finally:
        stop.set()
        thread.join()
    open_database(clean)
    with connected():
        assert audit.verify(busy.manifest["audit"]["hash"]).intact
    open_database(data_dir).connect()


def test_sealed_sessions_of_a_restored_school_open_with_the_recovery_key(world, data_dir, tmp_path):
    actor, recovery = started(world)
    record = session(world, actor, complaint="只有我们知道")
    kept = backup(data_dir, tmp_path / "usb", NOON)
    clean = tmp_path / "new"
    restore(kept.folder, clean)
    database.close()
    open_database(clean)
    with connected():
        request = requests.ask(world.counsellor, requests.RECOVERY)
        decisions.approve(world.leadership, request.id)
        key = keys.recover(world.counsellor, recovery, "a new place 99", "a new place 99")
        opened = counselling.opened(replace(world.counsellor, sealed_key=key), SESSIONS, record.id)
        assert opened.complaint == "只有我们知道"
    open_database(data_dir).connect()


def test_the_worker_backs_up_once_a_day(world, data_dir, clock):
    assert backup_work.ask_daily(clock.now())
    assert not backup_work.ask_daily(clock.now())
    worker.run_waiting(data_dir, clock)
    done = jobs.newest(backup_work.KIND)
    assert done.state == jobs.DONE
    assert check(data_dir / "backups" / done.found["folder"]) == []


def test_a_backup_that_fails_at_night_stands_in_the_job(world, data_dir, clock, monkeypatch):
    (data_dir / "no-folder").write_text("", "utf-8")
    monkeypatch.setenv("SCHOOL_BACKUP", str(data_dir / "no-folder"))
    backup_work.ask_daily(clock.now())
    worker.run_waiting(data_dir, clock)
    failed = jobs.newest(backup_work.KIND)
    assert failed.state == jobs.FAILED
    assert "备份没有做成" in failed.message
