"""The key of this installation: made at the first start, in the data folder, the owner's alone.

Cookies, the head of the audit chain and the marks of records are signed with it, each with a key of
its own derived from it. It travels with the data folder, and never into the database.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

KEY_FILE = "secret.key"
KEY_BYTES = 32
FILES = "files"

_known: dict[str, bytes] = {}
_folders: list[Path] = []


def secret_key(folder: Path) -> bytes:
    """Return the key of a data folder, made if there is none, readable by the owner alone."""
    path = folder / KEY_FILE
    folder.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        known = path.read_bytes()
        if known:
            return known
        # A start that was cut off left it empty: nothing was ever signed with that.
        handle = os.open(path, os.O_WRONLY | os.O_TRUNC)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    return path.read_bytes()


def use(folder: Path) -> None:
    """Sign with the key of this data folder from now on."""
    _known["key"] = secret_key(folder)
    _folders[:] = [folder]


def folder() -> Path:
    """Return the data folder in use."""
    return _folders[0]


def originals() -> Path:
    """Return where the data folder in use keeps uploaded files, by hash."""
    return _folders[0] / FILES


def sign(purpose: str, text: str) -> str:
    """Return a keyed digest of a text; of another purpose it would be another one."""
    derived = hmac.new(_known["key"], f"sign {purpose}".encode(), hashlib.sha256).digest()
    return hmac.new(derived, text.encode(), hashlib.sha256).hexdigest()
