"""账号: who may sign in, as whom, until when."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from peewee import (
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
)

from models.core.actor import Actor
from models.core.boxes import CLERK, COUNSELLOR, INSPECTOR, ROLES, TEACHING, Box
from models.core.fields import Link, PersonNameField, Secrecy, WordField, col
from models.core.gates import every_row
from models.core.register import Record, register, register_of
from models.core.rules import compares, stored, value
from models.kept.staff import Staff

ROLE_WORDS = tuple(ROLES.values())


ROLE_OF_WORD = {word: role for role, word in ROLES.items()}


@compares
def one_clerk_remains(record: Any, actor: Actor) -> list[tuple[str, str]]:
    """The last clerk who can sign in keeps the account: nobody else could give it back."""
    if not record.id or (record.role_code == CLERK and is_active(record, actor.today)):
        return []
    clerks = list(every_row(register_of(User)).where(User.role == ROLES[CLERK]))
    if any(is_active(clerk, actor.today) for clerk in clerks if clerk.id != record.id):
        return []
    # Whoever writes accounts is a clerk: where none is left, this very work has changed them all.
    if actor.is_system and record.id not in {clerk.id for clerk in clerks}:
        return []
    name = "disabled" if record.role_code == CLERK else "role"
    return [(name, "这是唯一能登录的文员账号，请先给另一位文员建账号")]


def inspector_expires(record: Any, _actor: Actor) -> list[tuple[str, str]]:
    """An inspector's account ends on a date; a teacher's belongs to a member of staff."""
    role = ROLE_OF_WORD[record.role]
    if role == INSPECTOR and record.expires_on is None:
        return [("expires_on", "督查账号要有到期日期")]
    if role in TEACHING and record.staff_id is None:
        return [("staff", "教师账号要对应一位教职工")]
    return []


@compares
def counsellor_is_approved(record: Any, actor: Actor) -> list[tuple[str, str]]:
    """Nobody makes a counsellor alone: the role comes from an approved request."""
    if actor.is_system or record.role != ROLES[COUNSELLOR]:
        return []
    stored = every_row(register_of(User)).where(User.id == record.id).first()
    if stored is not None and stored.role == record.role:
        return []
    told = "请先建为教师，再到“密封授权”提出申请，由另一位领导小组成员批准"
    return [("role", f"这个身份要先批准：{told}")]


_MAIL_ADDRESS = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+\.[^\s@,;<>\".]+")


def is_mail_address(text: str) -> bool:
    """Return whether mail can be sent to this: plain letters and signs, one @, a dot behind it."""
    return text.isascii() and text.isprintable() and bool(_MAIL_ADDRESS.fullmatch(text))


def address_is_one(record: Any, _actor: Actor) -> list[tuple[str, str]]:
    """The address is one that mail can be sent to."""
    if not record.mail or is_mail_address(record.mail):
        return []
    return [("mail", "请写成 name@example.com 的样子，只写一个邮箱")]


# What makes an account another person's, or gives the door to it to somebody else.
IDENTITY = ("username", "name", "role", "staff", "expires_on")


def still_confirmed(record: Any) -> Any:
    """Return since when a leader's account is made sure of; None once it may be another person's.

    Worked out at every write, whichever way it comes. The own new password changes nothing, one
    that was given does.
    """
    before = stored(record)
    if before is None:
        return record.confirmed_at
    moved = any(value(before, name) != value(record, name) for name in IDENTITY)
    given = record.must_change and before.password_hash != record.password_hash
    opened = before.disabled and not record.disabled
    return None if moved or given or opened else before.confirmed_at


@register(
    title="账号",
    box=Box.SYSTEM,
    order="username",
    label=("name",),
    key=(("username",),),
    rules=(inspector_expires, counsellor_is_approved, one_clerk_remains, address_is_one),
    hidden_from=(INSPECTOR,),
    locks=False,
    permanent=True,
    purpose="谁能登录、以什么身份；督查账号到期自动失效",
)
class User(Record):
    username = col(CharField(max_length=40), "登录名", list=1, search=True, help="字母、数字或姓名")
    name = col(PersonNameField(max_length=40), "姓名", list=2, search=True)
    role = col(WordField(ROLE_WORDS), "身份", list=3, filter=True)
    staff = col(Link(Staff, null=True), "对应教职工", list=4, filter=True)
    expires_on = col(DateField(null=True), "到期日期", list=5, help="到这一天为止可以登录")
    disabled = col(BooleanField(default=False), "停用", list=6, filter=True)
    mail = col(
        CharField(max_length=120, null=True),
        "邮箱",
        help="学校设了邮件才用得上：每天最多一封提醒，只写几件、几项，不写姓名",
    )
    must_change = col(BooleanField(default=True), "下次登录须改密码", readonly=True)
    confirmed_at = col(
        DateTimeField(null=True),
        "领导确认时间",
        computed=still_confirmed,
        as_saved=True,
        help="领导小组账号由另一位领导确认后才能批准",
    )
    confirmed_by = col(CharField(max_length=40, null=True), "由谁确认", readonly=True)
    password_hash = col(
        CharField(max_length=200, default=""), "密码", secret=Secrecy.INTERNAL, readonly=True
    )

    @property
    def role_code(self) -> str:
        """The role's code, e.g. "teacher"."""
        return ROLE_OF_WORD[self.role]


def is_active(user: Any, today: date) -> bool:
    """Return whether the account may be used today."""
    return not user.disabled and (user.expires_on is None or today <= user.expires_on)
