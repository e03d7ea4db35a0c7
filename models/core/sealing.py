"""The encryption of sealed records: payloads, the keyed hash of a child, and wrapped keys.

One data key encrypts every payload (AES-256-GCM). The associated data is table and row number, so
that no payload can be moved to another row; the row is inserted first, within the same
transaction, because its number is not known before. The data key itself is kept only wrapped, under
a key stretched from a passphrase or from the printed recovery key (scrypt, RFC 7914).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from peewee import DateField, DateTimeField, TimeField

from models.core.actor import Actor
from models.core.audit import canonical
from models.core.errors import Denied
from models.core.fields import Secrecy
from models.core.register import Register
from models.core.whose import child_of

KEY_BYTES = 32
NONCE_BYTES = 12
# The length of a payload tells no more than in which step of this many bytes it lies.
PADDED_TO = 1024
# OWASP's setting of 2023 for scrypt; 128 MB and about a third of a second a try.
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**17, 8, 1
# What was wrapped before the cost stood beside the salt.
FIRST_N = 2**15
COLUMNS = frozenset({"payload", "child_hash"})

# No 0, 1, 8, 9, I, L, O: read from paper without doubt.
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ234567"
_RECOVERY_GROUPS, _GROUP = 8, 5


class Shut(Denied):
    """Sealed content is asked for without the key."""

    def __init__(self) -> None:
        super().__init__("密封还没有打开，请从“心理咨询”页面输入口令打开后再办理")


class WrongKey(Denied):
    """A passphrase, code or recovery key does not open what it was tried on."""


def new_data_key() -> bytes:
    """Return a fresh random data key."""
    return secrets.token_bytes(KEY_BYTES)


def new_recovery_key() -> str:
    """Return a random recovery key to be printed: eight groups of five letters, 190 bits."""
    groups = (
        "".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_RECOVERY_GROUPS)
    )
    return "-".join(groups)


def plain_recovery_key(typed: str) -> str:
    """Return a typed recovery key as it was printed: capitals, groups joined by hyphens."""
    letters = "".join(letter for letter in typed.upper() if letter in _LETTERS)
    return "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))


def derived(key: bytes, purpose: str) -> bytes:
    """Return the key for one purpose, which tells nothing about the data key or another's."""
    info = f"left-behind-children-home {purpose}".encode()
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=info).derive(key)


def fingerprint(key: bytes) -> str:
    """Return a short name of a data key, which tells nothing about it."""
    return derived(key, "name")[:6].hex()


@dataclass(frozen=True)
class Wrapped:
    """A data key under a secret: salt and box as base64 text.

    Before the salt stands how much the secret was stretched, as in "131072$…"; the first ones say
    nothing and were stretched by FIRST_N.
    """

    salt: str
    box: str

    @property
    def cost(self) -> int:
        """How much the secret was stretched: scrypt's N."""
        said, _, salt = self.salt.rpartition("$")
        return int(said) if salt and said else FIRST_N

    @property
    def is_outdated(self) -> bool:
        """Whether it was stretched less than is agreed now."""
        return self.cost < SCRYPT_N


def wrap(key: bytes, secret: str, holder: str) -> Wrapped:
    """Return the data key wrapped by a secret for a holder; `holder` cannot be exchanged later."""
    salt, nonce = os.urandom(16), os.urandom(NONCE_BYTES)
    stretched = _stretched(secret, salt, SCRYPT_N)
    box = nonce + AESGCM(stretched).encrypt(nonce, key, holder.encode())
    return Wrapped(f"{SCRYPT_N}${_text(salt)}", _text(box))


def unwrap(wrapped: Wrapped, secret: str, holder: str) -> bytes:
    """Return the data key; WrongKey when the secret is not the one it was wrapped with."""
    box = _bytes(wrapped.box)
    try:
        salt = _bytes(wrapped.salt.rpartition("$")[2])
        stretched = _stretched(secret, salt, wrapped.cost)
        return AESGCM(stretched).decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], holder.encode())
    except InvalidTag as error:
        raise WrongKey("打不开，请核对后再输一遍") from error


def _stretched(secret: str, salt: bytes, cost: int) -> bytes:
    kdf = Scrypt(salt=salt, length=KEY_BYTES, n=cost, r=SCRYPT_R, p=SCRYPT_P)
    return kdf.derive(secret.encode())


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)


def child_hash(key: bytes, register: Register, child_id: int) -> str:
    """Return the keyed hash a child's sealed records are found by."""
    return hmac.new(
        derived(key, f"child {register.slug}"), str(child_id).encode(), hashlib.sha256
    ).hexdigest()


def encrypt(key: bytes, values: dict[str, Any], place: str) -> str:
    """Return values as a payload for `place` (table and row number)."""
    plain = canonical(values).encode()
    plain += b" " * (-len(plain) % PADDED_TO)
    nonce = os.urandom(NONCE_BYTES)
    box = AESGCM(derived(key, "payload")).encrypt(nonce, plain, place.encode())
    return f"1.{fingerprint(key)}.{_text(nonce + box)}"


def decrypt(key: bytes, payload: str, place: str) -> dict[str, Any]:
    """Return the values of a payload; WrongKey when key, place or content do not agree."""
    try:
        _version, _name, text = payload.split(".")
        box = _bytes(text)
        plain = AESGCM(derived(key, "payload")).decrypt(
            box[:NONCE_BYTES], box[NONCE_BYTES:], place.encode()
        )
    except (ValueError, InvalidTag) as error:
        raise WrongKey("这一件打不开：它用的是别的密钥，或者数据已经损坏") from error
    found: dict[str, Any] = json.loads(plain)
    return found


def _place(register: Register, record: Any) -> str:
    return f"{register.table}:{record.id}"


def _sealed(register: Register) -> list[str]:
    return [n for n, spec in register.fields.items() if spec.secret is Secrecy.SEALED]


def _read(field: Any, value: Any) -> Any:
    """Return a value of the payload as its field stores it."""
    if isinstance(value, str):
        for kind, read in (
            (DateTimeField, datetime.fromisoformat),
            (DateField, date.fromisoformat),
            (TimeField, time.fromisoformat),
        ):
            if isinstance(field, kind):
                return read(value)
    return value


def _held(register: Register, record: Any) -> dict[str, Any]:
    """Return the sealed values the record holds in memory, blank ones left out."""
    held = {name: record.__data__.get(name) for name in _sealed(register)}
    return {name: value for name, value in held.items() if value not in (None, "")}


def unseal(actor: Actor, register: Register, records: Iterable[Any]) -> list[Any]:
    """Open the records in memory and return those that do not open with the actor's key.

    Without a key (the system, the office) nothing is opened and nothing returned.
    """
    failed: list[Any] = []
    if not register.sealed or actor.sealed_key is None:
        return failed
    for record in records:
        if not record.payload:
            continue
        try:
            values = decrypt(actor.sealed_key, record.payload, _place(register, record))
        except WrongKey:
            failed.append(record)
            continue
        for name, value in values.items():
            if name in register.fields:
                setattr(record, name, _read(register.spec(name).field, value))
        record.opened = _held(register, record)
    return failed


def is_changed(record: Any) -> bool:
    """Return whether the sealed values differ from those that were opened."""
    return bool(changed(record))


def changed(record: Any) -> set[str]:
    """Return the names of the sealed values that differ from those that were opened."""
    opened = getattr(record, "opened", None) or {}
    held = {n: record.__data__.get(n) for n in getattr(record, "sealed_fields", ())}
    said = {name: value for name, value in held.items() if value not in (None, "")}
    return {name for name in {*said, *opened} if said.get(name) != opened.get(name)}


def seal(actor: Actor, register: Register, record: Any) -> dict[str, Any]:
    """Encrypt changed sealed values into the record's payload and return the note for the audit.

    The note holds a digest of the encrypted payload, so that it tells nothing about the content.
    Returns {} when nothing sealed changed; Shut when the actor has no key, WrongKey for a record
    that did not open, because writing over it would destroy what it holds.
    """
    if not register.sealed or not is_changed(record):
        return {}
    if actor.sealed_key is None:
        raise Shut
    if record.is_shut:
        raise WrongKey("这一件用现在的密钥打不开，不能修改")
    values = _held(register, record)
    record.payload = encrypt(actor.sealed_key, values, _place(register, record))
    child = child_of(register, values)
    record.child_hash = child_hash(actor.sealed_key, register, child) if child else ""
    record.opened = values
    digest = hashlib.sha256(record.payload.encode()).hexdigest()
    return {"sealed": "内容已改", "digest": digest}


def seal_new(actor: Actor, register: Register, record: Any) -> dict[str, Any]:
    """Encrypt a row just inserted, now that its number is known, and return the audit's note."""
    note = seal(actor, register, record)
    if note:
        model = register.model
        columns = {name: getattr(record, name) for name in COLUMNS}
        model.update(columns).where(model.id == record.id).execute()
    return note
