"""What changed from one package to a later one, told in the titles of their files.

Two packages are compared by the manifests inside them, so that no record has to be kept beside.
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from exports.bundle.archive import ROOT
from exports.bundle.opened import MANIFEST
from models.core.errors import BadFile

# The number in front of a name moves when something is put before it; the file is the same.
_NUMBER = re.compile(r"^\d+-")
# A title is told in full up to here; beyond, the rest is counted.
_MOST_TOLD = 8


@dataclass(frozen=True)
class Changed:
    """The titles of files added, removed and changed, each in the order of the parts."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]

    @property
    def lines(self) -> list[tuple[str, str]]:
        """What happened, in plain words with its number, and the titles; nothing when nothing."""
        kinds = (("新增", self.added), ("撤下", self.removed), ("内容有改动", self.changed))
        return [(f"{word} {len(titles)} 个文件", _told(titles)) for word, titles in kinds if titles]


def _told(titles: tuple[str, ...]) -> str:
    counted = [f"{one} × {count}" if count > 1 else one for one, count in Counter(titles).items()]
    more = f"，还有 {len(counted) - _MOST_TOLD} 种" if len(counted) > _MOST_TOLD else ""
    return "、".join(counted[:_MOST_TOLD]) + more


def files_in(paths: Iterable[Path]) -> dict[str, str]:
    """Return the sum of each file of a package's parts by its name; BadFile if one cannot be read.

    The pages and lists beside the parts follow from them and are left out.
    """
    found: dict[str, str] = {}
    for path in paths:
        try:
            with zipfile.ZipFile(path) as archive:
                (name,) = [one for one in archive.namelist() if one.endswith(f"/{MANIFEST}")]
                lines = archive.read(name).decode().splitlines()
        except (OSError, zipfile.BadZipFile, ValueError) as error:
            raise BadFile(f"{path.name} 打不开") from error
        for line in lines:
            digest, _, file = line.partition("  data/")
            if "/" in file:
                found[file] = digest
    return found


def changed_from(old: Mapping[str, str], new: Mapping[str, str]) -> Changed:
    """Return what changed; of several files of one title as many are the same as have its sum.

    The archive's own files count only where both packages hold that tree.
    """
    if not (_has_archive(old) and _has_archive(new)):
        old, new = _without_archive(old), _without_archive(new)
    before, after = _by_title(old), _by_title(new)
    added: list[str] = []
    removed: list[str] = []
    changed: list[str] = []
    for key in dict.fromkeys((*after, *before)):
        gone, come = before[key] - after[key], after[key] - before[key]
        both = min(gone.total(), come.total())
        changed += [_title(key)] * both
        removed += [_title(key)] * (gone.total() - both)
        added += [_title(key)] * (come.total() - both)
    return Changed(tuple(added), tuple(removed), tuple(changed))


def _has_archive(files: Mapping[str, str]) -> bool:
    return any(name.startswith(f"{ROOT}/") for name in files)


def _without_archive(files: Mapping[str, str]) -> dict[str, str]:
    return {name: digest for name, digest in files.items() if not name.startswith(f"{ROOT}/")}


Key = tuple[str, str]


def _by_title(files: Mapping[str, str]) -> defaultdict[Key, Counter[str]]:
    found: defaultdict[Key, Counter[str]] = defaultdict(Counter)
    for name in sorted(files):
        path = PurePosixPath(name)
        found[str(path.parent), _NUMBER.sub("", path.name)][files[name]] += 1
    return found


def _title(key: Key) -> str:
    return PurePosixPath(key[1]).stem
