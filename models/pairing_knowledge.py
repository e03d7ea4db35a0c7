"""三知: whether a paired teacher has what there is to know of child, guardian and parents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from models.gates import every_row
from models.register import find
from models.validation import missing_wanted

YES, NO = "是", "否"


def subjects(pairings: list[Any], _day: object) -> list[str]:
    """Return the subject each paired teacher teaches."""
    staff = find("staff")
    assert staff is not None
    ids = [pairing.teacher_id for pairing in pairings]
    found = every_row(staff).where(staff.model.id.in_(ids))
    by_id = {row.id: row.subject or "" for row in found}
    return [by_id.get(teacher, "") for teacher in ids]


def knows_child(pairings: list[Any], day: object) -> list[str]:
    """Return 是 where the child's own sheet lacks nothing (Q05-1)."""
    return _complete("child", "id", pairings, lambda _record: True)


def knows_guardian(pairings: list[Any], day: Any) -> list[str]:
    """Return 是 where the child has a guardian on the day and the sheet lacks nothing (Q05-1)."""

    def running(record: Any) -> bool:
        return record.since <= day and (record.until is None or record.until >= day)

    return _complete("guardian", "child", pairings, running)


def knows_migration(pairings: list[Any], day: Any) -> list[str]:
    """Return 是 where each parent's state and, if away, the place is known (Q05-1)."""
    return _complete("parent-state", "child", pairings, lambda record: record.since <= day)


def _complete(
    slug: str, link: str, pairings: list[Any], counts: Callable[[Any], bool]
) -> list[str]:
    register = find(slug)
    assert register is not None
    children = [pairing.child_id for pairing in pairings]
    found: dict[int, list[bool]] = {}
    for record in every_row(register).where(getattr(register.model, link).in_(children)):
        if counts(record):
            lacking = missing_wanted(register, record)
            found.setdefault(record.__data__[link], []).append(not lacking)
    return [YES if found.get(child) and all(found[child]) else NO for child in children]
