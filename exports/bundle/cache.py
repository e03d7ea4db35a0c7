"""A content-addressed cache of rendered files: the same inputs are rendered once.

The key of a file is a hash over everything that goes into it, the versions of the libraries and of
the product's own drawing code included, so that nothing stale is ever handed out and nothing needs
to be thrown away by hand.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, astuple, dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from exports.bundle.looked import looked_at
from models.core.files import write_whole

_LIBRARIES = ("reportlab", "xhtml2pdf", "pypdf", "pillow", "XlsxWriter")
_ROOT = Path(__file__).resolve().parents[2]
# The product's own code and data that decide how a file looks.
_DRAWN_BY = ("exports", "templates/documents", "templates/bundle", "static/fonts")


@dataclass(frozen=True)
class MadeFile:
    """A rendered file in the cache: where, its SHA-256, its bytes, its pages (0 for no PDF).

    `unreadable` and `harm` are what `looked_at` found in it once it was made; both stay true of
    it, because a file that changes afterwards is never packed.
    """

    path: Path
    sha256: str
    bytes: int
    pages: int = 0
    unreadable: bool = False
    harm: str = ""


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """Return a hash over the pinned libraries and the code, templates and fonts that draw."""
    seen = hashlib.sha256()
    for name in _LIBRARIES:
        seen.update(f"{name}={version(name)};".encode())
    for folder in _DRAWN_BY:
        for path in sorted((_ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                seen.update(path.relative_to(_ROOT).as_posix().encode())
                seen.update(hashlib.sha256(path.read_bytes()).digest())
    return seen.hexdigest()


def key_of(parts: Iterable[str]) -> str:
    """Return the key of a file that follows from `parts`, in order, and from the versions."""
    seen = hashlib.sha256(fingerprint().encode())
    for part in parts:
        data = part.encode()
        # The length keeps ("ab", "c") and ("a", "bc") apart.
        seen.update(f"{len(data)}:".encode())
        seen.update(data)
    return seen.hexdigest()


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_whole(path: Path, sha256: str) -> bool:
    """Whether a file is there and is what it was when it was kept."""
    return path.is_file() and digest_of(path) == sha256


class RenderCache:
    """Rendered files under one folder, by key; a file is there whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "rendered"

    def path_of(self, key: str, suffix: str) -> Path:
        """Return where the file of a key lies or would lie."""
        return self._folder / key[:2] / f"{key}{suffix}"

    def get(self, key: str, suffix: str, make: Callable[[Path], None]) -> MadeFile:
        """Return the file of `key`, calling `make` with a path to write to when it is not there."""
        path = self.path_of(key, suffix)
        note = path.with_name(path.name + ".json")
        known = _read_note(note)
        if known is not None and path.is_file() and path.stat().st_size == known[1]:
            return MadeFile(path, *known)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            part = Path(folder) / path.name
            make(part)
            looked = looked_at(part)
            made = MadeFile(path, digest_of(part), part.stat().st_size, *astuple(looked))
            part.replace(path)
        facts = {name: value for name, value in asdict(made).items() if name != "path"}
        write_whole(note, json.dumps(facts).encode())
        return made

    def forget(self, made: MadeFile) -> None:
        """Drop a file that turned out damaged, so that it is rendered anew next time."""
        made.path.unlink(missing_ok=True)
        made.path.with_name(made.path.name + ".json").unlink(missing_ok=True)


def _read_note(note: Path) -> tuple[str, int, int, bool, str] | None:
    try:
        facts = json.loads(note.read_bytes())
        seen = bool(facts["unreadable"]), str(facts["harm"])
        return str(facts["sha256"]), int(facts["bytes"]), int(facts["pages"]), *seen
    except (OSError, ValueError, KeyError, TypeError):
        return None
