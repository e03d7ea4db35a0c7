"""An encrypted backup tells nothing without its passphrase, and nothing in it can be changed."""

from __future__ import annotations

import getpass
import tracemalloc
from datetime import timedelta

import pytest

from app import main
from models.core import audit, chunked, service
from models.core.database import connected, open_database
from models.core.errors import BadFile
from models.core.gates import row
from models.core.register import find
from models.core.sealing import WrongKey
from models.school import backups, encrypted_backups
from models.school.backups import NotBackedUp, NotRestored
from models.school.encrypted_backups import open_key, restore
from tests.world import NOON

TALK = find("talk")
PASSPHRASE = "seven green lamps on river 41"
PLANTED = "荷塘边只有一盏灯"
PHOTO = b"a photo that is not told " * 100
KEY = bytes(range(32))


@pytest.fixture
def small(monkeypatch):
    """Pieces so small that a test's files have many."""
    monkeypatch.setattr(chunked, "PIECE", 1024)


@pytest.fixture
def made(world, data_dir, tmp_path, small):
    talk = row(world.clerk, TALK, world.talk_a)
    service.update(world.clerk, TALK, talk.id, {"measure": PLANTED}, talk.version)
    (data_dir / "secret.key").write_bytes(b"k" * 32)
    plain = data_dir / "plain"
    plain.write_bytes(PHOTO)
    photo = data_dir / "files" / "aa" / f"{backups.digest_of(plain)}.jpg"
    photo.parent.mkdir(parents=True)
    plain.rename(photo)
    usb = tmp_path / "usb"
    key = encrypted_backups.make_key(usb, PASSPHRASE)
    return encrypted_backups.backup(data_dir, usb, NOON, key)


def opened(made):
    return open_key(made.folder, PASSPHRASE)


def untouched(folder):
    return not folder.exists() or not list(folder.rglob("*"))


def test_what_is_restored_with_the_passphrase_is_the_school(made, world, data_dir, tmp_path):
    clean = tmp_path / "new"
    restore(made.folder, clean, opened(made))
    open_database(clean)
    with connected():
        assert audit.verify(made.manifest["audit"]["hash"]).intact
        assert row(world.clerk, TALK, world.talk_a).measure == PLANTED
    assert next(clean.rglob("*.jpg")).read_bytes() == PHOTO
    assert (clean / "secret.key").read_bytes() == b"k" * 32
    assert [one.folder for one in backups.backups(made.folder.parent)] == [made.folder]
    open_database(data_dir).connect()


def test_no_file_and_no_name_of_it_tells_what_is_in_it(made, data_dir):
    told = (PLANTED.encode(), PHOTO[:24], b"SQLite format", b"audit_entry", b"k" * 32)
    assert any(PLANTED.encode() in path.read_bytes() for path in data_dir.glob("records.db*"))
    files = [path for path in made.folder.parent.rglob("*") if path.is_file()]
    assert len(files) >= 6
    for path in files:
        content = path.read_bytes()
        assert not [words for words in told if words in content], path
        assert made.manifest["stored"][0][-68:-4] not in path.name
    assert not list(data_dir.glob(".backup-*"))


def test_another_passphrase_opens_nothing(made):
    with pytest.raises(WrongKey, match="口令不对"):
        open_key(made.folder, PASSPHRASE + "!")
    (made.folder / "encrypted.json").write_text(
        '{"salt": "1099511627776$AA==", "box": ""}', "utf-8"
    )
    with pytest.raises(BadFile, match="已损坏"):
        open_key(made.folder, PASSPHRASE)


def flipped(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def reordered(content):
    head, size = len(chunked.MAGIC) + chunked.SALT, chunked.PIECE + chunked.TAG
    first, second = content[head : head + size], content[head + size : head + 2 * size]
    return content[:head] + second + first + content[head + 2 * size :]


def cut_between(content):
    """Cut off the last piece, so that all that are left are whole."""
    head, size = len(chunked.MAGIC) + chunked.SALT, chunked.PIECE + chunked.TAG
    return content[: head + (len(content) - head - 1) // size * size]


SPOILERS = {
    "cut": lambda content: content[:-7],
    "cut between pieces": cut_between,
    "a byte": flipped,
    "order": reordered,
    "longer": lambda content: content + b"x",
    "empty": lambda _content: b"",
}
FILES = ("*/records.db.enc", "encrypted/*/*.enc", "*/manifest.json.enc")


@pytest.mark.parametrize("how", SPOILERS)
@pytest.mark.parametrize("which", FILES)
def test_what_was_changed_is_refused_and_nothing_is_written(made, tmp_path, which, how):
    path = next(made.folder.parent.glob(which))
    content = path.read_bytes()
    assert len(content) > 2 * chunked.PIECE
    path.write_bytes(SPOILERS[how](content))
    assert path.read_bytes() != content
    with pytest.raises(NotRestored, match="已损坏"):
        restore(made.folder, tmp_path / "new", opened(made))
    assert untouched(tmp_path / "new")


def test_a_photo_that_was_half_copied_is_copied_anew_with_the_next_backup(made, data_dir, tmp_path):
    usb = made.folder.parent
    (photo,) = (usb / "encrypted").rglob("*.enc")
    photo.write_bytes(photo.read_bytes()[:-7])
    later = encrypted_backups.backup(data_dir, usb, NOON + timedelta(days=1), opened(made))
    restore(later.folder, tmp_path / "new", opened(made))
    assert next((tmp_path / "new").rglob("*.jpg")).read_bytes() == PHOTO


def test_no_file_can_stand_for_another(made, tmp_path):
    (made.folder / "secret.key.enc").write_bytes((made.folder / "records.db.enc").read_bytes())
    with pytest.raises(NotRestored, match="secret.key 不在或已损坏"):
        restore(made.folder, tmp_path / "new", opened(made))
    assert untouched(tmp_path / "new")


def test_a_file_of_an_earlier_backup_is_refused(made, data_dir, tmp_path):
    later = encrypted_backups.backup(
        data_dir, made.folder.parent, NOON + timedelta(days=1), opened(made)
    )
    (data_dir / "secret.key").write_bytes(b"n" * 32)
    newest = encrypted_backups.backup(
        data_dir, made.folder.parent, NOON + timedelta(days=2), opened(made)
    )
    (newest.folder / "secret.key.enc").write_bytes((later.folder / "secret.key.enc").read_bytes())
    with pytest.raises(NotRestored, match="不一样"):
        restore(newest.folder, tmp_path / "new", opened(made))


def test_photos_are_encrypted_once(made, data_dir):
    store = made.folder.parent / "encrypted"
    before = {path: path.stat().st_mtime_ns for path in store.rglob("*.enc")}
    encrypted_backups.backup(data_dir, made.folder.parent, NOON + timedelta(days=1), opened(made))
    assert before
    assert {path: path.stat().st_mtime_ns for path in store.rglob("*.enc")} == before


def test_plain_and_encrypted_backups_do_not_share_a_folder(made, data_dir, tmp_path):
    with pytest.raises(NotBackedUp, match="--encrypt"):
        backups.backup(data_dir, made.folder.parent, NOON)
    backups.backup(data_dir, tmp_path / "plain", NOON)
    with pytest.raises(NotBackedUp, match="没加密"):
        encrypted_backups.make_key(tmp_path / "plain", PASSPHRASE)


def test_nothing_is_restored_over_a_school(made, data_dir):
    with pytest.raises(NotRestored, match="已有记录"):
        restore(made.folder, data_dir, opened(made))


@pytest.mark.parametrize("length", [0, 1, 1024, 1025, 3000])
def test_every_length_comes_back_and_is_known_beforehand(small, tmp_path, length):
    source, sealed = tmp_path / "source", tmp_path / "sealed"
    source.write_bytes(b"x" * length)
    chunked.encrypt_file(source, sealed, KEY, "name")
    assert b"".join(chunked.pieces_of(sealed, KEY, "name")) == b"x" * length
    assert sealed.stat().st_size == chunked.size_encrypted(length)


def test_a_large_file_is_never_in_memory(tmp_path):
    source, sealed = tmp_path / "source", tmp_path / "sealed"
    with source.open("wb") as file:
        file.truncate(64 * 2**20)
    tracemalloc.start()
    try:
        chunked.encrypt_file(source, sealed, KEY, "name")
        assert sum(map(len, chunked.pieces_of(sealed, KEY, "name"))) == 64 * 2**20
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()


def test_the_commands_ask_judge_and_restore(world, data_dir, tmp_path, monkeypatch, capsys):
    usb, clean, file = tmp_path / "usb", tmp_path / "new", tmp_path / "passphrase"
    monkeypatch.setenv("SCHOOL_DATA", str(data_dir))
    monkeypatch.delenv("SCHOOL_DATABASE_URL", raising=False)
    make = ["backup", str(usb), "--encrypt"]
    for typed, said in (
        (["password1234", "password1234"], "太容易猜到"),
        ([PASSPHRASE, PASSPHRASE + "x"], "两次输入的口令不一样"),
    ):
        answers = iter(typed)
        monkeypatch.setattr(getpass, "getpass", lambda _asked, answers=answers: next(answers))
        assert main(make) == 1
        assert said in capsys.readouterr().err
        assert untouched(usb)
    file.write_text(PASSPHRASE + "\n", "utf-8")
    assert main([*make, "--passphrase-file", str(file)]) == 0
    made = backups.backups(usb)[0]
    monkeypatch.setenv("SCHOOL_DATA", str(clean))
    monkeypatch.setattr(getpass, "getpass", lambda _asked: "not the right one")
    assert main(["restore", str(made.folder)]) == 1
    told = capsys.readouterr().err
    assert "口令不对" in told
    assert len(told.strip().splitlines()) == 1
    assert untouched(clean)
    monkeypatch.setattr(getpass, "getpass", lambda _asked: PASSPHRASE)
    assert main(["restore", str(made.folder)]) == 0
    assert (clean / "records.db").is_file()
    open_database(data_dir).connect()
