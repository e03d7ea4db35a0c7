"""A child who left and is left behind again: the ended stretch is kept beside the running one.

The child's own sheet holds the stretch that runs, or that ended last. When the sheet is given a
later day of identification, the stretch it held goes into 以前的认定 in the same transaction, so
that what was true on an earlier day stays true. Taking the change back takes it out again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from models.core import service
from models.core.errors import Invalid
from models.core.gates import every_row
from models.core.register import register_of
from models.core.service import Work, watches
from models.kept.children import GROUNDS, Child, Identification
from models.kept.left_behind import migration_today

# The fields of the child's sheet, and those of an earlier stretch that keep them.
KEPT = {
    "identified_on": "since",
    "left_on": "until",
    "left_why": "why",
    "returned_on": "returned_on",
}
STRETCHES = register_of(Identification)


@watches(register_of(Child))
def _note(current: Work, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Remember a child whose stretch became another one."""
    if before and after and any(before[n] != after[n] for n in ("identified_on", "left_on")):
        current.at_end(_keep, (before, after))


def _keep(current: Work, told: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    for before, after in told:
        _take_back(current, after)
        if before["left_on"] is not None and after["identified_on"] > before["left_on"]:
            _add(current, before)
        _demand_apart(after)


def _take_back(current: Work, child: dict[str, Any]) -> None:
    """Bin the earlier stretch that the child's sheet itself holds again."""
    same = (Identification.since == child["identified_on"]) & (
        Identification.until == child["left_on"]
    )
    for stretch in list(_of(child["id"]).where(same)):
        service.mark_deleted(current, STRETCHES, stretch)


def _add(current: Work, child: dict[str, Any]) -> None:
    values = {kept: child[name] for name, kept in KEPT.items()}
    stretch = Identification(child=child["id"], batch=current.batch, **values)
    record = every_row(register_of(Child)).where(Child.id == child["id"]).get()
    kind = migration_today([record], child["left_on"])[0]
    stretch.ground = kind if kind in GROUNDS else None
    service.write_new(current, STRETCHES, stretch)


def _demand_apart(child: dict[str, Any]) -> None:
    """Raise Invalid where an earlier stretch does not end before the running one begins."""
    met = _of(child["id"]).where(Identification.until >= child["identified_on"]).first()
    if met is not None:
        told = f"要晚于以前那一段的退出日期 {met.until}，见“以前的认定”"
        raise Invalid({"identified_on": told})


def as_on(children: Sequence[Any], day: date) -> None:
    """Have sheets say the stretch of a day, as they said it then.

    That is the one that ran, in a gap the one that had ended; what ended later ran on. The sheets
    are changed in memory alone.
    """
    by_child: dict[int, list[Any]] = {}
    returned = [child for child in children if child.identified_on > day]
    kept = every_row(STRETCHES).where(
        Identification.child.in_([child.id for child in returned]), Identification.since <= day
    )
    for stretch in kept.order_by(Identification.since):
        by_child.setdefault(stretch.child_id, []).append(stretch)
    for child in returned:
        for stretch in by_child.get(child.id, ())[-1:]:
            for name, kept_as in KEPT.items():
                setattr(child, name, getattr(stretch, kept_as))
    for child in children:
        if child.left_on is not None and child.left_on > day:
            child.left_on = child.left_why = None
        if child.returned_on is not None and child.returned_on > day:
            child.returned_on = None


def _of(child: int) -> Any:
    return every_row(STRETCHES).where(Identification.child == child)
