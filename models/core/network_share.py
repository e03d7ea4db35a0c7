"""Whether a folder lies on a network share, where SQLite's locks cannot be relied on.

SQLite's own manual (sqlite.org/faq.html, question 5; sqlite.org/wal.html, "all processes must be on
the same host computer") warns of damage there; several PCs share one PostgreSQL instead.
"""

from __future__ import annotations

import ctypes
import re
import sys
from pathlib import Path

from models.core.errors import RecordsError

MOUNTS = Path("/proc/self/mounts")
# File systems of other machines, as Linux names them.
REMOTE = {"afs", "ceph", "cifs", "glusterfs", "ncpfs", "nfs", "nfs4", "smb3", "smbfs"}
REMOTE |= {"davfs", "fuse.davfs2", "fuse.sshfs"}
# What Windows answers for a drive of another machine (GetDriveTypeW, DRIVE_REMOTE).
DRIVE_REMOTE = 4
_OCTAL = re.compile(r"\\([0-7]{3})")


class OnNetworkShare(RecordsError):
    """The records would lie on another machine's disk."""


def refuse_network_share(folder: Path) -> None:
    """Raise OnNetworkShare for a folder on a network share."""
    share = share_of(folder)
    if share:
        raise OnNetworkShare(
            f"数据文件夹 {folder} 在网络共享 {share} 上，数据库放在那里会损坏，所以没有启动："
            "请把 SCHOOL_DATA 改成本机硬盘上的文件夹；几台电脑一起用，请装 PostgreSQL"
        )


def share_of(folder: Path) -> str:
    """Return the network share a folder lies on, "" where it is this machine's or unknown.

    Known under Windows and Linux; macOS does not say without a program of its own.
    """
    resolved = folder.resolve()
    if sys.platform == "win32":
        return _windows_share(resolved)
    try:
        return _unix_share(resolved, MOUNTS.read_text("utf-8", "surrogateescape"))
    except OSError:
        return ""


def _windows_share(folder: Path) -> str:
    drive = folder.drive
    if drive.startswith("\\\\"):
        return drive
    kind = getattr(ctypes, "windll").kernel32.GetDriveTypeW(f"{drive}\\")  # noqa: B009 - Windows'
    return drive if kind == DRIVE_REMOTE else ""


def _unix_share(folder: Path, mounts: str) -> str:
    """Return what is mounted nearest above a folder, if it is another machine's."""
    nearest, found = Path(), ""
    for line in mounts.splitlines():
        source, where, kind, *_options = line.split(" ")
        # Spaces and the like in a path are written as octal numbers.
        mounted = Path(_OCTAL.sub(lambda octal: chr(int(octal[1], 8)), where))
        # A later mount on the same point covers the earlier one.
        if folder.is_relative_to(mounted) and len(mounted.parts) >= len(nearest.parts):
            nearest, found = mounted, source if kind in REMOTE else ""
    return found
