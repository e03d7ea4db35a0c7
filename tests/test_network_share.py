"""SQLite is not opened on a network share; whether a folder lies on one is read from the system."""

from __future__ import annotations

from pathlib import Path, PureWindowsPath

import pytest

from models.core import network_share
from models.core.database import open_database
from models.core.network_share import OnNetworkShare, share_of

MOUNTS = """/dev/sda1 / ext4 rw 0 0
//nas/school /mnt/nas cifs rw 0 0
/dev/sdb1 /mnt/nas/local ext4 rw 0 0
server:/home /srv/the\\040school nfs4 rw 0 0
/dev/sdc1 /covered ext4 rw 0 0
nas:/covered /covered nfs rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "share"),
    [
        ("/home/school", ""),
        ("/mnt/nas", "//nas/school"),
        ("/mnt/nas/records", "//nas/school"),
        ("/mnt/nas/local/records", ""),
        ("/mnt/nashville", ""),
        ("/srv/the school/records", "server:/home"),
        ("/covered/records", "nas:/covered"),
    ],
)
def test_the_nearest_mount_decides(folder, share):
    assert network_share._unix_share(Path(folder), MOUNTS) == share


@pytest.mark.parametrize(
    ("folder", "kind", "share"),
    [
        (r"\\nas\school\records", 3, "\\\\nas\\school"),
        (r"Z:\records", 4, "Z:"),
        (r"D:\留守儿童之家", 3, ""),
        (r"E:\records", 2, ""),  # a stick
    ],
)
def test_windows_is_asked_for_the_drive(monkeypatch, folder, kind, share):
    class Kernel:
        kernel32 = type("Asked", (), {"GetDriveTypeW": staticmethod(lambda _drive: kind)})

    monkeypatch.setattr(network_share.ctypes, "windll", Kernel, raising=False)
    assert network_share._windows_share(PureWindowsPath(folder)) == share


def test_this_folder_lies_on_this_machine(tmp_path):
    assert share_of(tmp_path) == ""


def test_the_start_refuses_a_share_and_makes_nothing(tmp_path, monkeypatch):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"nas:/school {tmp_path} nfs4 rw 0 0\n", "utf-8")
    monkeypatch.setattr(network_share, "MOUNTS", mounts)
    with pytest.raises(OnNetworkShare, match="PostgreSQL"):
        open_database(tmp_path / "data")
    assert not list((tmp_path / "data").iterdir())
