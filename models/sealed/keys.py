"""The data key of the sealed registers: who holds it wrapped, and who has it in memory.

On disk the key lies only wrapped: once per counsellor by a passphrase of their own, once by the
printed recovery key, and for a day by a code with which one counsellor lets another in. A login
password opens none of them. `KeyRing` holds opened keys in the memory of the process.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from peewee import AutoField, CharField, DateTimeField, IntegerField, TextField
from werkzeug.security import check_password_hash

from models.core import audit, calendar, sealing, service
from models.core.actor import Actor
from models.core.boxes import COUNSELLOR
from models.core.database import Base
from models.core.errors import Denied, Invalid
from models.core.gates import every_row
from models.core.register import register_of
from models.core.sealing import Shut, Wrapped, WrongKey
from models.core.tries import passed, take_try
from models.kept.users import User
from models.sealed.messages import people, tell_counsellors
from models.sealed.requests import LOST, RECOVERY, granted, spend
from models.sealed.strength import STRONG, strength

PASSPHRASE, PRINTED, CODE = "passphrase", "recovery", "code"
PASSPHRASE_MIN = 10
HOW_TO_CHOOSE = "不要用姓名、校名、拼音常用语、生日、手机号和键盘顺序；把四五个不相干的词连起来就好"
CODE_GOOD_FOR = timedelta(days=1)
IDLE = timedelta(minutes=15)


class SealedKey(Base):
    """The data key, wrapped once; `user_id` is null for the printed recovery key."""

    id = AutoField()
    kind = CharField()
    user_id = IntegerField(null=True, index=True)
    key_name = CharField()
    salt = TextField()
    box = TextField()
    made_at = DateTimeField()
    good_until = DateTimeField(null=True)
    ended_at = DateTimeField(null=True)

    class Meta:
        table_name = "sealed_key"


def _living(kind: str, user_id: int | None = None) -> Any:
    query = SealedKey.select().where(SealedKey.kind == kind, SealedKey.ended_at.is_null(True))
    return query if user_id is None else query.where(SealedKey.user_id == user_id)


def is_started() -> bool:
    """Return whether there is a data key at all."""
    return bool(_living(PRINTED).exists())


def has_passphrase(user_id: int | None) -> bool:
    """Return whether the account holds the data key under a passphrase of its own."""
    return user_id is not None and bool(_living(PASSPHRASE, user_id).exists())


def has_code(actor: Actor) -> bool:
    """Return whether another counsellor has made a code for the actor that is still good."""
    query = _living(CODE, actor.user_id).where(SealedKey.good_until >= actor.now)
    return actor.user_id is not None and bool(query.exists())


def _keep(kind: str, user_id: int | None, key: bytes, secret: str, now: datetime) -> None:
    """Wrap the key under a secret; what stood there before of the same kind and holder ends."""
    earlier = SealedKey.update(ended_at=now, box="", salt="").where(
        SealedKey.kind == kind, SealedKey.ended_at.is_null(True)
    )
    holder = SealedKey.user_id == user_id if user_id else SealedKey.user_id.is_null(True)
    earlier.where(holder).execute()
    wrapped = sealing.wrap(key, secret, f"{kind}:{user_id or 0}")
    SealedKey.create(
        kind=kind,
        user_id=user_id,
        key_name=sealing.fingerprint(key),
        salt=wrapped.salt,
        box=wrapped.box,
        made_at=now,
        good_until=now + CODE_GOOD_FOR if kind == CODE else None,
    )


def _open(actor: Actor, found: Any, secret: str) -> bytes:
    """Return the key out of a wrapped copy; WrongKey, or TooOften after many wrong tries."""
    name = f" seal {actor.user_id}"
    take_try(name, "", actor.now)
    key = sealing.unwrap(
        Wrapped(found.salt, found.box), secret, f"{found.kind}:{found.user_id or 0}"
    )
    passed(name, "")
    return key


def check_new(passphrase: str, again: str, own: Iterable[str] = ()) -> None:
    """Raise Invalid when a new passphrase is weak or mistyped; `own` are names not to be in it."""
    if len(passphrase) < PASSPHRASE_MIN or len(set(passphrase)) < 5:
        raise Invalid({"passphrase": f"口令至少 {PASSPHRASE_MIN} 位，不要用重复的字符"})
    if passphrase != again:
        raise Invalid({"again": "两次输入的口令不一样，请重新输入"})
    if strength(passphrase, [word for word in (*own, _school_name()) if word]) < STRONG:
        raise Invalid({"passphrase": "这个口令太容易猜到。" + HOW_TO_CHOOSE})


def check_passphrase(actor: Actor, passphrase: str, again: str) -> None:
    """Raise Invalid when a new passphrase is weak, mistyped, or the login password."""
    user = every_row(register_of(User)).where(User.id == actor.user_id).first()
    stored = user.password_hash if user is not None else ""
    if stored and check_password_hash(stored, passphrase):
        raise Invalid({"passphrase": "口令不能和登录密码相同，请另想一个"})
    check_new(passphrase, again, [actor.name, user.username if user is not None else ""])


def _school_name() -> str:
    school = calendar.school()
    return school.name if school is not None else ""


def _demand_counsellor(actor: Actor) -> None:
    if actor.role != COUNSELLOR or actor.user_id is None:
        raise Denied("只有心理辅导教师可以打开密封")


def _note(current: service.Work, action: str) -> None:
    user_id = current.actor.user_id or 0
    current.pending.append(audit.Pending(action, "sealed-key", user_id, 0, {}))


def start(actor: Actor, passphrase: str, again: str) -> tuple[bytes, str]:
    """Make the data key and return it with the recovery key, which is shown this once."""
    _demand_counsellor(actor)
    if is_started():
        raise Denied("密封已经启用，请用口令打开，或请已有的心理辅导教师接入")
    check_passphrase(actor, passphrase, again)
    key, recovery = sealing.new_data_key(), sealing.new_recovery_key()
    with service.work(actor) as current:
        _keep(PASSPHRASE, actor.user_id, key, passphrase, actor.now)
        _keep(PRINTED, None, key, recovery, actor.now)
        _note(current, "start")
        tell_counsellors(f"{actor.name}启用了密封，恢复密钥已打印", actor.now)
    return key, recovery


def unlock(actor: Actor, passphrase: str) -> bytes:
    """Return the data key for the actor's own passphrase; WrongKey otherwise."""
    _demand_counsellor(actor)
    found = _living(PASSPHRASE, actor.user_id).first()
    if found is None:
        raise WrongKey("您还没有密封口令，请先接入或使用恢复密钥")
    try:
        key = _open(actor, found, passphrase)
    except WrongKey as error:
        raise WrongKey("口令不对，请再输一遍；登录密码打不开密封") from error
    if Wrapped(found.salt, found.box).is_outdated:
        # Wrapped in an earlier time: the right passphrase is at hand now, to be stretched further.
        with service.work(actor) as current:
            _keep(PASSPHRASE, actor.user_id, key, passphrase, actor.now)
            _note(current, "strengthen")
    return key


def change_passphrase(actor: Actor, passphrase: str, again: str) -> None:
    """Wrap the opened key under another passphrase of the actor."""
    if actor.sealed_key is None:
        raise Shut
    check_passphrase(actor, passphrase, again)
    with service.work(actor) as current:
        _keep(PASSPHRASE, actor.user_id, actor.sealed_key, passphrase, actor.now)
        _note(current, "change")


def admit(actor: Actor, user_id: int) -> str:
    """Return a code, good for a day, with which another counsellor comes to the key."""
    if actor.sealed_key is None:
        raise Shut
    if user_id not in [person.id for person in people(COUNSELLOR, actor.now)]:
        raise Invalid({"user": "请选择一位心理辅导教师；身份要先由领导小组批准"})
    code = "-".join(sealing.new_recovery_key().split("-")[:4])
    with service.work(actor) as current:
        _keep(CODE, user_id, actor.sealed_key, code, actor.now)
        _note(current, "admit")
        tell_counsellors(f"{actor.name}开出了一张密封接入码，一天内有效", actor.now)
    return code


def enter(actor: Actor, code: str, passphrase: str, again: str) -> bytes:
    """Return the data key for a code, and wrap it under the actor's own new passphrase."""
    _demand_counsellor(actor)
    found = _living(CODE, actor.user_id).where(SealedKey.good_until >= actor.now).first()
    if found is None:
        raise WrongKey("没有给您的接入码，或者已过期，请另一位心理辅导教师重开")
    check_passphrase(actor, passphrase, again)
    key = _open(actor, found, sealing.plain_recovery_key(code))
    with service.work(actor) as current:
        _keep(PASSPHRASE, actor.user_id, key, passphrase, actor.now)
        SealedKey.update(ended_at=actor.now, box="", salt="").where(
            SealedKey.id == found.id
        ).execute()
        _note(current, "enter")
        tell_counsellors(f"{actor.name}已接入密封", actor.now)
    return key


def recover(actor: Actor, recovery: str, passphrase: str, again: str) -> bytes:
    """Return the data key for the printed recovery key, under a new passphrase of the actor.

    Denied without the approval of a leadership member, which is used up; all counsellors are told.
    """
    _demand_counsellor(actor)
    request = granted(actor, RECOVERY)
    if request is None:
        raise Denied("使用恢复密钥要先申请，由一位领导小组成员批准")
    found = _living(PRINTED).first()
    if found is None:
        raise WrongKey("这里没有可恢复的密钥")
    check_passphrase(actor, passphrase, again)
    key = _open(actor, found, sealing.plain_recovery_key(recovery))
    with service.work(actor) as current:
        _keep(PASSPHRASE, actor.user_id, key, passphrase, actor.now)
        spend(current, request)
        _note(current, "recover")
        told = f"{actor.name}使用了恢复密钥（{request.decider}批准），请尽快换一张新的恢复密钥"
        tell_counsellors(told, actor.now)
    return key


def renew_recovery(actor: Actor) -> str:
    """Return a new recovery key to print; the old one opens nothing any more."""
    if actor.sealed_key is None:
        raise Shut
    recovery = sealing.new_recovery_key()
    with service.work(actor) as current:
        _keep(PRINTED, None, actor.sealed_key, recovery, actor.now)
        _note(current, "renew")
        tell_counsellors(f"{actor.name}换了新的恢复密钥，旧的已失效", actor.now)
    return recovery


def retire(current: service.Work) -> None:
    """End the wrapped copies of a key that is lost, so that a new one can be started.

    What it sealed stays sealed, and the pages say so. The boxes are kept, should the printed key
    ever turn up.
    """
    ended = SealedKey.update(ended_at=current.actor.now).where(SealedKey.ended_at.is_null(True))
    ended.execute()
    _note(current, LOST)


@dataclass
class _Held:
    user_id: int
    key: bytes
    used_at: datetime
    timer: threading.Timer


class KeyRing:
    """Opened keys by session, in the memory of this process alone.

    A key is dropped on sign-out, when its session has ended, and after 15 idle minutes; a timer
    drops it even when no request comes any more.
    """

    def __init__(self) -> None:
        self._held: dict[int, _Held] = {}
        self._lock = threading.Lock()
        self._swept: datetime | None = None

    def __len__(self) -> int:
        return len(self._held)

    def put(self, session_id: int, user_id: int, key: bytes, now: datetime) -> None:
        """Hold a key for a session."""
        self.drop(session_id)
        timer = threading.Timer(IDLE.total_seconds(), self.drop, (session_id,))
        timer.daemon = True
        timer.start()
        with self._lock:
            self._held[session_id] = _Held(user_id, key, now, timer)

    def get(self, session_id: int, user_id: int, now: datetime) -> bytes | None:
        """Return the session's key, None when there is none or it lay idle; notes the use."""
        held = self._held.get(session_id)
        if held is None:
            return None
        if held.user_id != user_id or not timedelta() <= now - held.used_at <= IDLE:
            self.drop(session_id)
            return None
        self.put(session_id, user_id, held.key, now)
        return held.key

    def drop(self, session_id: int) -> None:
        """Forget a session's key."""
        with self._lock:
            held = self._held.pop(session_id, None)
        if held is not None:
            held.timer.cancel()

    def drop_all(self) -> None:
        """Forget every key."""
        for session_id in list(self._held):
            self.drop(session_id)

    def sweep(self, now: datetime, living: Callable[[Collection[int]], Collection[int]]) -> None:
        """Forget the keys of ended sessions; asks `living` at most once a minute."""
        if not self._held:
            return
        if self._swept is not None and timedelta() <= now - self._swept < timedelta(minutes=1):
            return
        self._swept = now
        known = set(living(list(self._held)))
        for session_id in set(self._held) - known:
            self.drop(session_id)
