"""How many entries each teacher really made lately."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from functools import reduce
from operator import add
from typing import Any

from peewee import fn

from compliance.ordered.reading import tuples
from models.core.boxes import CLERK, ROLES, TEACHER
from models.core.gates import every_row
from models.core.register import REGISTERS, register_of
from models.kept.users import User

WEEKS = 4
# A clerk's entries are the office's work, whoever did what is entered.
OWN_WORK = tuple(word for role, word in ROLES.items() if role != CLERK)


def entered_by_staff(
    today: date, staff: int | None = None, roles: Iterable[str] = OWN_WORK, weeks: int = WEEKS
) -> Counter[int]:
    """Return per colleague the records entered of the last weeks, in two queries.

    Every row counts one, also where several children were entered together. Narrowed to accounts
    of some roles, and to one colleague when one is named; sealed registers are left out.
    """
    users = every_row(register_of(User)).select(User.id, User.staff)
    users = users.where(User.staff.is_null(False), User.role.in_(list(roles)))
    if staff is not None:
        users = users.where(User.staff == staff)
    of_user = dict(tuples(users))
    if not of_user:
        return Counter()
    since = today - timedelta(weeks=weeks)
    parts: list[Any] = []
    for register in REGISTERS.values():
        if TEACHER in register.creates and register.happened and not register.sealed:
            model = register.model
            # By the day it happened, which is indexed; what is entered is mostly of these days.
            recent = getattr(model, register.happened) >= since
            query = every_row(register).select(model.entered_by, fn.COUNT(model.id))
            mine = model.entered_by.in_(list(of_user))
            parts.append(query.where(recent, mine).group_by(model.entered_by))
    counted: Counter[int] = Counter()
    for user, number in tuples(reduce(add, parts)):
        counted[of_user[user]] += number
    return counted
