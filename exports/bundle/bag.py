"""Writes a BagIt package (RFC 8493) as one ZIP with the same bytes for the same contents.

The bagit library stamps the day of packing and writes a folder; here names are sorted, entries are
stored, and every time comes from the caller, so the writing is our own. The library validates it.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from exports.bundle.cache import MadeFile
from exports.tables.plain import stored_entry
from models.core.errors import BadFile
from models.core.files import aside

_PIECE = 1 << 20
DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


class DamagedFile(BadFile):
    """A file changed between rendering and packing; `made` is the one."""

    def __init__(self, made: MadeFile) -> None:
        super().__init__("有一个已生成的文件损坏了，已经清除；请再生成一次")
        self.made = made


@dataclass(frozen=True)
class PackedBag:
    """A written package: where, its SHA-256 and bytes."""

    path: Path
    sha256: str
    size: int


def write_bag(
    target: Path,
    base: str,
    payload: Mapping[str, MadeFile],
    info: Sequence[tuple[str, str]],
    tags: Mapping[str, bytes],
    moment: datetime,
    progress: Callable[[int, int], None],
) -> PackedBag:
    """Write the package to `target`, which appears only when it is complete and on the disk.

    `payload` maps paths below data/ to files; `tags` are further files beside bagit.txt; `base` is
    the one folder all lies in (RFC 8493, 4). Raises DamagedFile when a file is not what it was.
    """
    members: dict[str, MadeFile | bytes] = {f"data/{name}": made for name, made in payload.items()}
    written = {
        "bagit.txt": DECLARATION.encode(),
        "bag-info.txt": _info(info, payload).encode(),
        "manifest-sha256.txt": _manifest({n: m.sha256 for n, m in payload.items()}, "data/"),
        **tags,
    }
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in written.items()}
    members |= {**written, "tagmanifest-sha256.txt": _manifest(digests, "")}
    target.parent.mkdir(parents=True, exist_ok=True)
    with aside(target) as part:
        with zipfile.ZipFile(part, "w") as archive:
            for number, name in enumerate(sorted(members)):
                progress(number, len(members))
                _write(archive, f"{base}/{name}", members[name], moment)
        with part.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return PackedBag(target, digest, part.stat().st_size)


def _info(info: Sequence[tuple[str, str]], payload: Mapping[str, MadeFile]) -> str:
    total = sum(made.bytes for made in payload.values())
    lines = [*info, ("Payload-Oxum", f"{total}.{len(payload)}")]
    return "".join(f"{label}: {' '.join(text.split())}\n" for label, text in lines)


def _manifest(digests: Mapping[str, str], folder: str) -> bytes:
    lines = (f"{digests[name]}  {folder}{name}\n" for name in sorted(digests))
    return "".join(lines).encode()


def _write(archive: zipfile.ZipFile, name: str, member: MadeFile | bytes, moment: datetime) -> None:
    entry = stored_entry(name, moment.timetuple()[:6])
    if isinstance(member, bytes):
        archive.writestr(entry, member)
        return
    entry.file_size = member.bytes
    seen = hashlib.sha256()
    try:
        with member.path.open("rb") as source, archive.open(entry, "w") as into:
            while piece := source.read(_PIECE):
                seen.update(piece)
                into.write(piece)
    except FileNotFoundError:
        raise DamagedFile(member) from None
    if seen.hexdigest() != member.sha256:
        raise DamagedFile(member)
