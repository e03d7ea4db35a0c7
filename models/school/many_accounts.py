"""Accounts for many at once: who of the staff has none, made with login names and first passwords.

All or none of them in one piece of work. What was made by mistake is taken back by shutting what
nobody has used yet: an account is never deleted, since records name it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from models.core import service
from models.core.actor import Actor
from models.core.boxes import ROLES, TEACHER
from models.core.errors import Denied, Invalid
from models.core.gates import every_row, rows
from models.core.pinyin import spelling
from models.core.register import register_of
from models.core.rights import may
from models.core.spans import holds_on
from models.core.values import whole
from models.kept.staff import Staff
from models.kept.users import User
from models.school import passwords

# A password's hash takes a tenth of a second, on purpose; more at once would keep the page waiting.
AT_ONCE = 60


class Slip(NamedTuple):
    """What one person gets on paper; the password is kept nowhere else."""

    user_id: int
    name: str
    username: str
    password: str


def without_account(actor: Actor) -> list[Any]:
    """Return the members of staff still there who have no account, in order of their names."""
    _demand(actor)
    taken = every_row(register_of(User)).select(User.staff).where(User.staff.is_null(False))
    query = rows(actor, register_of(Staff)).where(
        Staff.id.not_in(taken), holds_on(Staff, actor.today)
    )
    return list(query.order_by(Staff.pinyin_key, Staff.id))


def make_accounts(actor: Actor, chosen: Collection[Any]) -> list[Slip]:
    """Make a teacher's account for each of the chosen and return the slips, in order of names.

    Invalid when nobody is chosen, too many are, or one has an account by now; then none is made.
    """
    numbers = {number for number in map(whole, chosen) if number is not None}
    if not numbers:
        raise Invalid({"staff": "请先勾选要建账号的教职工"})
    if len(numbers) > AT_ONCE:
        raise Invalid({"staff": f"一次最多建 {AT_ONCE} 个，其余的请再建一次"})
    people = [one for one in without_account(actor) if one.id in numbers]
    if len(people) < len(numbers):
        raise Invalid({"staff": "有人刚刚有了账号或已离校，请核对名单后再建"})
    # Before the work begins: nobody else's saving waits for the hashes.
    given = [(one, passwords.first_secret()) for one in people]
    users = every_row(register_of(User)).select(User.username)
    taken = {name for (name,) in users.tuples()}
    slips = []
    with service.work(actor) as current:
        for person, (password, secret) in given:
            username = _login_name(person.name, taken)
            raw = {
                "username": username,
                "name": person.name,
                "role": ROLES[TEACHER],
                "staff": person.id,
                **secret,
            }
            user = service.create(actor.as_product, register_of(User), raw, current=current)
            slips.append(Slip(user.id, person.name, username, password))
    return slips


def take_back(actor: Actor, chosen: Collection[Any]) -> int:
    """Shut those of the accounts nobody has used yet and return how many were."""
    _demand(actor)
    numbers = [number for number in map(whole, chosen) if number is not None]
    unused = every_row(register_of(User)).where(
        User.id.in_(numbers), User.must_change, ~User.disabled
    )
    shut = 0
    with service.work(actor) as current:
        for user in list(unused):
            service.update(
                actor,
                register_of(User),
                user.id,
                {"disabled": True},
                user.version,
                current=current,
            )
            shut += 1
    return shut


def _demand(actor: Actor) -> None:
    if not may(actor, "create", register_of(User)):
        raise Denied("账号由文员管理")


def _login_name(name: str, taken: set[str]) -> str:
    """Return a login name nobody has, and take it: the name's pinyin, with a number if need be."""
    plain = spelling(name)[:30] or "user"
    number, made = 1, plain
    while made in taken:
        number += 1
        made = f"{plain}{number}"
    taken.add(made)
    return made
