"""Backups of the data folder, and bringing one back.

A backup folder holds one folder per backup, named by its moment, with the database as it stood, the
installation's key and a manifest; beside them photos and packages, which are kept once under the
name of their content, so that each backup only adds what is new. Everything is written aside and
renamed: what lies under its name is whole.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from models.core.errors import BadFile, RecordsError
from models.core.files import aside, copy_whole, sync, write_whole

DATABASE, KEY, MANIFEST = "records.db", "secret.key", "manifest.json"
# Small files of the installation that go with every backup, where there are any.
BESIDE = (KEY, "demo.json")
# Kept by content, once for all backups.
STORES = ("files", "bundles")
DAILY, WEEKLY, MONTHLY = 7, 4, 12
# Beside the backups of every day, which are thinned out.
BEFORE_UPGRADE, UPGRADES_KEPT = "before-upgrade", 3
STAMP = "%Y%m%d-%H%M%S"
# An encrypted backup (`encrypted_backups`): its wrapped key, and how its files end.
KEY_OF_ENCRYPTED, ENCRYPTED = "encrypted.json", ".enc"
_NAME = re.compile(r"\d{8}-\d{6}")
_HASH = re.compile(r"[0-9a-f]{64}")


class NotBackedUp(RecordsError):
    """The backup could not be written; nothing half of it is left under its name."""


class NotRestored(RecordsError):
    """The backup does not prove to be whole, or the target is not empty."""


@dataclass(frozen=True)
class Backup:
    """One backup: its folder and what its manifest says; {} while it is encrypted."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def made_at(self) -> datetime:
        """When it was made."""
        return datetime.strptime(self.folder.name, STAMP)


def backup(data_dir: Path, target: Path, now: datetime, *, job: str = "") -> Backup:
    """Back the records of a data folder up while people write; old backups are thinned out.

    `job` is noted in the manifest, where the work of a queue is backing up (`made_for`).
    NotBackedUp says what was in the way: a full disk, a folder that is gone, a damaged database.
    """
    if (target / KEY_OF_ENCRYPTED).is_file():
        raise NotBackedUp(f"{target} 里是加密的备份，没有备份：请加 --encrypt，或另选一个文件夹")
    final, part = target / now.strftime(STAMP), target / f".{now.strftime(STAMP)}.part"
    try:
        target.mkdir(parents=True, exist_ok=True)
        for left in target.glob(".*.part"):
            shutil.rmtree(left)
        part.mkdir()
        copy_installation(data_dir, part)
        manifest = {**manifest_of(part, _store_new(data_dir, target), now), "job": job}
        write_whole(part / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode())
        if final.exists():
            shutil.rmtree(final)
        part.rename(final)
    except (OSError, sqlite3.Error) as error:
        shutil.rmtree(part, ignore_errors=True)
        raise not_made(target, error) from error
    thin_out(target)
    return Backup(final, manifest)


def not_made(target: Path, error: Exception) -> NotBackedUp:
    """Return the sentence for what was in the way of a backup."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return NotBackedUp(
        f"备份没有做成（{reason}）：请核对 {target} 能写、磁盘有空间；以前的备份没有动"
    )


def copy_installation(data_dir: Path, part: Path) -> None:
    """Copy the database as it stands, and the small files beside it."""
    _copy_database(data_dir / DATABASE, part / DATABASE)
    for name in BESIDE:
        if (data_dir / name).is_file():
            copy_whole(data_dir / name, part / name)


def keep_before_upgrade(data_dir: Path, now: datetime) -> Path:
    """Copy the database aside before its tables change; the last few copies are kept.

    Photos are not touched by an upgrade, so they are not copied. NotBackedUp stops the upgrade.
    """
    folder = data_dir / BEFORE_UPGRADE
    target = folder / f"records-{now.strftime(STAMP)}.db"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with aside(target) as part:
            _copy_database(data_dir / DATABASE, part)
    except (OSError, sqlite3.Error) as error:
        raise NotBackedUp(
            f"新版本要改数据库的表，改以前的备份没有做成（{error}），所以没有改：请腾出空间再启动"
        ) from error
    for old in sorted(folder.glob("records-*.db"))[:-UPGRADES_KEPT]:
        old.unlink()
    return target


def backups(target: Path) -> list[Backup]:
    """Return the finished backups of a folder, the newest first."""
    found = []
    for folder in target.glob("*") if target.is_dir() else ():
        if _NAME.fullmatch(folder.name) and (folder / MANIFEST).is_file():
            found.append(Backup(folder, _read_manifest(folder)))
        elif _NAME.fullmatch(folder.name) and (folder / (MANIFEST + ENCRYPTED)).is_file():
            found.append(Backup(folder, {}))
    return sorted(found, key=lambda kept: kept.folder.name, reverse=True)


def made_for(target: Path, job: str) -> Backup | None:
    """Return the backup a job made, None while it made none."""
    return next((made for made in backups(target) if made.manifest.get("job") == job), None)


def thin_out(target: Path) -> list[Path]:
    """Delete all but the last of 7 days, 4 weeks and 12 months; return what went."""
    kept: set[Path] = set()
    standing = backups(target)
    for form, most in (("%Y%m%d", DAILY), ("%G%V", WEEKLY), ("%Y%m", MONTHLY)):
        newest: dict[str, Path] = {}
        for made in standing:
            newest.setdefault(made.made_at.strftime(form), made.folder)
        kept.update(list(newest.values())[:most])
    gone = [made.folder for made in standing if made.folder not in kept]
    for folder in gone:
        shutil.rmtree(folder)
    return gone


def check(folder: Path) -> list[str]:
    """Return what is wrong with a backup, in sentences: hashes, the database's pages, counts."""
    manifest = _read_manifest(folder)
    foreign = foreign_names(manifest)
    if foreign:
        return foreign
    wrong = [
        f"{name} 不在或和备份时不一样"
        for name, digest in manifest["files"].items()
        if not (folder / name).is_file() or digest_of(folder / name) != digest
    ]
    if not wrong:
        wrong += wrong_database(folder / DATABASE, manifest["counts"])
    for name in manifest["stored"]:
        path = folder.parent / name
        if not path.is_file() or digest_said(name) not in ("", digest_of(path)):
            wrong.append(f"{name} 不在或已损坏")
    return wrong


def foreign_names(manifest: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the names of a manifest.

    They were written by `backup`; others would be read or written outside the folders.
    """
    stored = [Path(name) for name in manifest["stored"]]
    outside = any(".." in path.parts or path.is_absolute() for path in stored)
    if outside or set(manifest["files"]) - {DATABASE, *BESIDE}:
        return [f"{MANIFEST} 里有不是本程序写的文件名"]
    return []


def digest_said(name: str) -> str:
    """Return the hash a stored file is named by, "" where its name is none."""
    stem = Path(name).stem
    return stem if _HASH.fullmatch(stem) else ""


def refuse_a_school(data_dir: Path) -> None:
    """Raise NotRestored for a folder that holds records: they are never written over."""
    if (data_dir / DATABASE).exists():
        raise NotRestored(f"{data_dir} 里已有记录，没有恢复；请先把它改名，再恢复到空的文件夹")


def not_whole(wrong: list[str]) -> str:
    """Return the sentence for a backup that does not prove itself."""
    return f"这份备份不完整，没有恢复：{'；'.join(wrong[:5])}"


def restore(folder: Path, data_dir: Path) -> Backup:
    """Bring a backup back into an empty data folder, after and before checking every file.

    NotRestored says what is wrong; a folder that holds records is never written over.
    """
    refuse_a_school(data_dir)
    wrong = check(folder)
    if wrong:
        raise NotRestored(not_whole(wrong))
    made = Backup(folder, _read_manifest(folder))
    for name in made.manifest["stored"]:
        copy_whole(folder.parent / name, data_dir / name)
    # The database comes last: a folder with one is a whole school.
    names = sorted(made.manifest["files"], key=lambda name: name == DATABASE)
    for name in names:
        copy_whole(folder / name, data_dir / name)
    if digest_of(data_dir / DATABASE) != made.manifest["files"][DATABASE]:
        raise NotRestored("恢复出来的数据库和备份不一样，请换一块盘再试")
    return made


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copy_database(source: Path, target: Path) -> None:
    """Copy by SQLite's own backup: one state, also while others write."""
    if not source.is_file():
        raise FileNotFoundError(2, "没有 records.db", str(source))
    with closing(sqlite3.connect(source)) as here, closing(sqlite3.connect(target)) as there:
        here.backup(there)
        there.execute("PRAGMA journal_mode=DELETE")
        damage = _damage(there)
        if damage:
            raise sqlite3.DatabaseError(f"数据库已损坏：{damage}")
    sync(target)


def _damage(opened: sqlite3.Connection) -> str:
    """Return what SQLite's full check says, "" when all is sound."""
    found = [str(line) for (line,) in opened.execute("PRAGMA integrity_check(5)")]
    return "" if found == ["ok"] else "；".join(found)


def _counts(opened: sqlite3.Connection) -> dict[str, int]:
    names = opened.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    ).fetchall()
    count = 'SELECT COUNT(*) FROM "{}"'
    return {name: opened.execute(count.format(name)).fetchone()[0] for (name,) in sorted(names)}


def wrong_database(path: Path, counts: dict[str, int]) -> Iterator[str]:
    """Yield what is wrong with a database: its pages, or other counts than were noted."""
    try:
        with closing(sqlite3.connect(path)) as opened:
            damage = _damage(opened)
            if damage:
                yield f"数据库已损坏：{damage}"
            elif _counts(opened) != counts:
                yield "各表的条数和备份时不一样"
    except sqlite3.Error as error:
        yield f"数据库打不开：{error}"


def manifest_of(part: Path, stored: Iterable[str], now: datetime) -> dict[str, Any]:
    """Return what a backup says of itself: the audit's head, counts, hashes, stored files."""
    with closing(sqlite3.connect(part / DATABASE)) as opened:
        counts = _counts(opened)
        head = opened.execute("SELECT entries, hash FROM audit_head WHERE id = 1").fetchone()
    return {
        "made_at": now.isoformat(),
        "audit": {"entries": head[0], "hash": head[1]} if head else None,
        "counts": counts,
        "files": {path.name: digest_of(path) for path in sorted(part.iterdir())},
        "stored": sorted(stored),
    }


def to_store(data_dir: Path) -> Iterator[tuple[Path, str]]:
    """Yield each photo and package that is whole, with its name inside the data folder."""
    for store in STORES:
        for path in sorted((data_dir / store).rglob("*")):
            if path.is_file() and not path.name.startswith(".") and path.suffix != ".part":
                yield path, path.relative_to(data_dir).as_posix()


def _store_new(data_dir: Path, target: Path) -> list[str]:
    """Add photos and packages the backup folder lacks; return the names of all there are."""
    names = []
    for path, name in to_store(data_dir):
        kept = target / name
        if not (kept.is_file() and kept.stat().st_size == path.stat().st_size):
            copy_whole(path, kept)
        names.append(name)
    return names


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadFile(f"{folder} 不是一份完整的备份：缺少可读的 {MANIFEST}") from error
    return found
