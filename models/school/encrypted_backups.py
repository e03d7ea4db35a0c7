"""Backups encrypted on request: the same backup, each file of it under a passphrase.

A backup folder is either plain or encrypted. An encrypted one has one random data key, which lies
in it, and in every backup of it, only wrapped by the passphrase; photos and packages are kept once
under a keyed hash of their name, so that a backup adds what is new and the names tell nothing. What
can be seen without the passphrase is when backups were made, and how many files of which size.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from models.core import chunked, sealing
from models.core.errors import BadFile
from models.core.files import aside, write_whole
from models.school import backups
from models.school.backups import DATABASE, MANIFEST, Backup, NotBackedUp, NotRestored

KEY, ENCRYPTED, STORE = backups.KEY_OF_ENCRYPTED, backups.ENCRYPTED, "encrypted"
# Bound to the wrapped key, so that a key of the counselling seal cannot be put in its place.
HOLDER = "backup"
# A key file that was tampered with must not make the restore ask for more memory than there is.
_HIGHEST_COST = 2**20
_SCRATCH, _FORGOTTEN = ".backup-", 24 * 3600


def has_key(folder: Path) -> bool:
    """Return whether this is a backup, or a folder of backups, that opens with a passphrase."""
    return (folder / KEY).is_file()


def make_key(target: Path, passphrase: str) -> bytes:
    """Return a new data key for a backup folder, kept there under the passphrase."""
    if any(made.manifest for made in backups.backups(target)):
        raise NotBackedUp(f"{target} 里已有没加密的备份，没有备份：请另选一个文件夹放加密的备份")
    key = sealing.new_data_key()
    wrapped = sealing.wrap(key, passphrase, HOLDER)
    try:
        write_whole(target / KEY, json.dumps(asdict(wrapped)).encode())
    except OSError as error:
        raise backups.not_made(target, error) from error
    return key


def open_key(folder: Path, passphrase: str) -> bytes:
    """Return the data key of a backup or a folder of backups; WrongKey for another passphrase."""
    try:
        said = json.loads((folder / KEY).read_text("utf-8"))
        wrapped = sealing.Wrapped(str(said["salt"]), str(said["box"]))
        if not 1 < wrapped.cost <= _HIGHEST_COST:
            raise ValueError(wrapped.cost)
        return sealing.unwrap(wrapped, passphrase, HOLDER)
    except sealing.WrongKey as error:
        raise sealing.WrongKey(
            f"口令不对，或 {KEY} 已损坏，什么都没有写；请核对口令后再试"
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadFile(f"{folder / KEY} 已损坏，什么都没有写；请换一份备份") from error


def backup(data_dir: Path, target: Path, now: datetime, key: bytes) -> Backup:
    """Back up as `backups.backup` does, every file encrypted under the key of the folder.

    The database is copied inside the data folder first, where it lies plain anyway; no plain byte
    reaches the backup folder.
    """
    final, part = target / now.strftime(backups.STAMP), target / f".{now:{backups.STAMP}}.part"
    try:
        for left in target.glob(".*.part"):
            shutil.rmtree(left)
        part.mkdir()
        _sweep(data_dir, now)
        with tempfile.TemporaryDirectory(dir=data_dir, prefix=_SCRATCH) as scratch:
            plain = Path(scratch)
            backups.copy_installation(data_dir, plain)
            manifest = backups.manifest_of(plain, _store_new(data_dir, target, key), now)
            (plain / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False), "utf-8")
            for path in sorted(plain.iterdir()):
                chunked.encrypt_file(path, part / (path.name + ENCRYPTED), key, path.name)
        write_whole(part / KEY, (target / KEY).read_bytes())
        if final.exists():
            shutil.rmtree(final)
        part.rename(final)
    except (OSError, sqlite3.Error) as error:
        shutil.rmtree(part, ignore_errors=True)
        raise backups.not_made(target, error) from error
    backups.thin_out(target)
    return Backup(final, manifest)


def restore(folder: Path, data_dir: Path, key: bytes) -> Backup:
    """Bring an encrypted backup back into an empty data folder, after every piece was proved.

    NotRestored says what is wrong; then nothing is written.
    """
    backups.refuse_a_school(data_dir)
    try:
        manifest = _manifest(folder, key)
        wrong = backups.foreign_names(manifest) or list(_wrong(folder, key, manifest))
    except BadFile as error:
        wrong = [str(error)]
    if wrong:
        raise NotRestored(backups.not_whole(wrong))
    for name in manifest["stored"]:
        _decrypt(_stored(folder.parent, key, name), data_dir / name, key, name)
    # The database comes last: a folder with one is a whole school.
    for name in sorted(manifest["files"], key=lambda name: name == DATABASE):
        counts = manifest["counts"] if name == DATABASE else None
        _decrypt(folder / (name + ENCRYPTED), data_dir / name, key, name, counts)
    return Backup(folder, manifest)


def _manifest(folder: Path, key: bytes) -> dict[str, Any]:
    pieces = chunked.pieces_of(folder / (MANIFEST + ENCRYPTED), key, MANIFEST)
    found: dict[str, Any] = json.loads(b"".join(pieces))
    return found


def _wrong(folder: Path, key: bytes, manifest: dict[str, Any]) -> Iterator[str]:
    """Read every file through, writing nothing, and yield what is wrong."""
    for name, digest in manifest["files"].items():
        yield from _not_as_written(folder / (name + ENCRYPTED), key, name, digest)
    for name in manifest["stored"]:
        yield from _not_as_written(
            _stored(folder.parent, key, name), key, name, backups.digest_said(name)
        )


def _not_as_written(path: Path, key: bytes, name: str, digest: str) -> Iterator[str]:
    found = hashlib.sha256()
    try:
        for piece in chunked.pieces_of(path, key, name):
            found.update(piece)
    except chunked.Damaged as error:
        yield str(error)
        return
    if digest and found.hexdigest() != digest:
        yield f"{name} 和备份时不一样"


def _decrypt(
    path: Path, target: Path, key: bytes, name: str, counts: dict[str, int] | None = None
) -> None:
    """Write a file plain; with `counts` it is the database, which proves itself first."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with aside(target) as part:
        with part.open("wb") as file:
            for piece in chunked.pieces_of(path, key, name):
                file.write(piece)
        wrong = list(backups.wrong_database(part, counts)) if counts is not None else []
        if wrong:
            raise NotRestored(backups.not_whole(wrong))


def _stored(target: Path, key: bytes, name: str) -> Path:
    hidden = hmac.new(sealing.derived(key, "names"), name.encode(), hashlib.sha256).hexdigest()
    return target / STORE / hidden[:2] / (hidden + ENCRYPTED)


def _store_new(data_dir: Path, target: Path, key: bytes) -> list[str]:
    """Add photos and packages the backup folder lacks; return the names of all there are."""
    names = []
    for path, name in backups.to_store(data_dir):
        kept = _stored(target, key, name)
        size = chunked.size_encrypted(path.stat().st_size)
        if not (kept.is_file() and kept.stat().st_size == size):
            chunked.encrypt_file(path, kept, key, name)
        names.append(name)
    return names


def _sweep(data_dir: Path, now: datetime) -> None:
    """Delete the copies of backups that were killed; a running one is younger than a day."""
    for left in data_dir.glob(f"{_SCRATCH}*"):
        if left.is_dir() and now.timestamp() - left.stat().st_mtime > _FORGOTTEN:
            shutil.rmtree(left)
