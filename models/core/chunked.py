"""Files encrypted piece by piece, so that a gigabyte is never in memory.

Each file has a key of its own, made from the data key and a random number in its head. Each piece
is AES-256-GCM under the piece's number and whether it is the last (the STREAM construction), so
that no piece can be changed, moved, left out or cut off; the file's name is bound to every piece,
so that no file can stand for another.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from models.core import sealing
from models.core.errors import BadFile
from models.core.files import aside

MAGIC = b"LBCH-ENCRYPTED-1\n"
PIECE, TAG, SALT = 2**20, 16, 16


class Damaged(BadFile):
    """An encrypted file is not what was written under this key and name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} 不在或已损坏")


def encrypt_file(source: Path, target: Path, key: bytes, name: str) -> None:
    """Write `source` encrypted; under the target's name it is whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    salt = os.urandom(SALT)
    box = _box(key, salt)
    with source.open("rb") as plain, aside(target) as part, part.open("wb") as sealed:
        sealed.write(MAGIC + salt)
        for number, piece, last in _pieces(plain, PIECE):
            sealed.write(box.encrypt(_nonce(number, last), piece, name.encode()))


def pieces_of(path: Path, key: bytes, name: str) -> Iterator[bytes]:
    """Yield the plain pieces of an encrypted file; Damaged when one is not what was written.

    A file is proved only when all were read: what is cut off shows at the end.
    """
    try:
        with path.open("rb") as sealed:
            head = sealed.read(len(MAGIC) + SALT)
            if len(head) < len(MAGIC) + SALT or not head.startswith(MAGIC):
                raise Damaged(name)
            box = _box(key, head[len(MAGIC) :])
            for number, piece, last in _pieces(sealed, PIECE + TAG):
                yield box.decrypt(_nonce(number, last), piece, name.encode())
    except (OSError, InvalidTag) as error:
        raise Damaged(name) from error


def size_encrypted(plain: int) -> int:
    """Return how long a file of so many bytes is once encrypted."""
    return len(MAGIC) + SALT + plain + TAG * max(1, -(-plain // PIECE))


def _box(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(sealing.derived(key, f"file {salt.hex()}"))


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(sealing.NONCE_BYTES - 1, "big") + bytes([last])


def _pieces(file: BinaryIO, size: int) -> Iterator[tuple[int, bytes, bool]]:
    """Yield number, piece and whether it is the last; an empty file has one empty piece."""
    number, piece = 0, file.read(size)
    while True:
        following = file.read(size)
        yield number, piece, not following
        if not following:
            return
        number, piece = number + 1, following
