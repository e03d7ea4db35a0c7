"""要核对的事: what time brings about and somebody must look at; no child leaves silently.

A child turning sixteen, a parent's return, an agreement about to end, a guardianship that ended:
each makes one task (docs/rules.md). `refresh` makes what is missing and settles what has been seen
to elsewhere; it runs every night, after writes to what it reads, and when its page is opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from models.core import service
from models.core.actor import SYSTEM, Actor, system
from models.core.gates import every_row, row, rows
from models.core.register import register_of
from models.kept.children import (
    EXPIRING,
    LEFT,
    RENEWED,
    REPLACED,
    RETURNED,
    SIXTEEN,
    UNGUARDED,
    Agreement,
    Child,
    Guardian,
    ParentState,
    ReviewTask,
)
from models.kept.left_behind import AWAY

AT_HOME = "在家"
# An agreement asks for attention this many days before it ends.
NOTICE_DAYS = 30
# Writes to these registers may make a task or settle one.
SOURCES = frozenset({"child", "parent-state", "guardian", "agreement"})


@dataclass(frozen=True)
class Cause:
    """What makes a task: kind, the record behind it, whom it is about, what to look at, since."""

    kind: str
    source: str
    child: int | None
    staff: int | None
    what: str
    due_on: date


TASKS = register_of(ReviewTask)


def refresh(now: datetime) -> int:
    """Make the tasks that are missing on the day of `now`, settle old ones; return how many made.

    Each cause makes one task for ever, also when somebody deleted it.
    """
    today = now.date()
    causes = {(cause.kind, cause.source): cause for cause in _causes(today)}
    settled = dict(_settled(today))
    if not (set(causes) - _known()) and not settled:
        return 0
    actor = system(now)
    with service.work(actor) as current:
        # Read again inside the transaction: another process may have been quicker.
        missing = [cause for key, cause in causes.items() if key not in _known()]
        for one in missing:
            service.create(actor, TASKS, vars(one), current=current)
        for number, outcome in settled.items():
            task = row(actor, TASKS, number)
            if task is not None and task.outcome is None:
                said = {"outcome": outcome, "decided_on": today, "decided_by": "系统"}
                service.update(actor, TASKS, number, said, task.version, current=current)
    return len(missing)


def _known() -> set[tuple[str, str]]:
    query = rows(SYSTEM, TASKS, deleted=None).where(ReviewTask.source.is_null(False))
    return set(query.select(ReviewTask.kind, ReviewTask.source).tuples())


def _causes(today: date) -> Iterator[Cause]:
    present = {number for (number,) in _present().select(Child.id).tuples()}
    yield from _turned_sixteen(today)
    yield from (cause for cause in _returned(today) if cause.child in present)
    yield from _expiring(today)
    yield from (cause for cause in _unguarded(today) if cause.child in present)


def _present() -> Any:
    return every_row(register_of(Child)).where(Child.left_on.is_null(True))


def sixteenth_birthday(born_on: date) -> date:
    """Return the day a child turns sixteen; born on 29 February, in other years on 1 March."""
    try:
        return born_on.replace(year=born_on.year + 16)
    except ValueError:
        return date(born_on.year + 16, 3, 1)


def _turned_sixteen(today: date) -> Iterator[Cause]:
    latest = date(today.year - 16, 12, 31)
    query = _present().select(Child.id, Child.born_on).where(Child.born_on <= latest)
    for number, born_on in query.tuples():
        day = sixteenth_birthday(born_on)
        if day <= today:
            told = "已满 16 周岁，请核对是否还作为留守儿童管理"
            yield Cause(SIXTEEN, f"child:{number}", number, None, told, day)


def _returned(today: date) -> Iterator[Cause]:
    """A parent's newest state is at home, and the one before it was away."""
    state = ParentState
    query = every_row(register_of(state)).where(state.since <= today)
    columns = (state.parent, state.id, state.child, state.state, state.since)
    before: dict[int, str] = {}
    newest: dict[int, tuple[int, int, date] | None] = {}
    for parent, number, child, word, since in (
        query.select(*columns).order_by(state.since, state.id).tuples()
    ):
        came_back = word == AT_HOME and before.get(parent) == AWAY
        newest[parent] = (number, child, since) if came_back else None
        before[parent] = word
    for found in newest.values():
        if found is not None:
            number, child, since = found
            told = "父母一方已返乡在家，请核对是否还属于留守"
            yield Cause(RETURNED, f"parent-state:{number}", child, None, told, since)


def _expiring(today: date) -> Iterator[Cause]:
    """An agreement ends soon or has ended, and none of its kind runs longer."""
    latest: dict[tuple[str, int | None, int | None], tuple[date, int]] = {}
    query = every_row(register_of(Agreement)).where(Agreement.valid_until.is_null(False))
    columns = (
        Agreement.id,
        Agreement.kind,
        Agreement.child,
        Agreement.staff,
        Agreement.valid_until,
    )
    for number, kind, child, staff, until in query.select(*columns).tuples():
        key = (kind, child, staff)
        latest[key] = max(latest.get(key, (date.min, 0)), (until, number))
    left = {number for (number,) in _left(today)}
    for (kind, child, staff), (until, number) in latest.items():
        if until <= today + timedelta(days=NOTICE_DAYS) and child not in left:
            told = f"{kind}到 {until} 到期，请续签或说明"
            yield Cause(EXPIRING, f"agreement:{number}", child, staff, told, until)


def _left(today: date) -> Iterable[tuple[int]]:
    query = every_row(register_of(Child)).where(Child.left_on <= today)
    found: Iterable[tuple[int]] = query.select(Child.id).tuples()
    return found


def _unguarded(today: date) -> Iterator[Cause]:
    """A child's last guardianship has ended and nobody was entered since."""
    last: dict[int, tuple[date, int]] = {}
    query = every_row(register_of(Guardian)).select(Guardian.id, Guardian.child, Guardian.until)
    for number, child, until in query.tuples():
        last[child] = max(last.get(child, (date.min, 0)), (until or date.max, number))
    for child, (until, number) in last.items():
        if until <= today:
            told = f"监护人登记到 {until} 为止，请登记现在由谁照护"
            yield Cause(UNGUARDED, f"guardian:{number}", child, None, told, until)


def _settled(today: date) -> Iterator[tuple[int, str]]:
    """Yield open tasks that something else has settled: the child left, a new agreement runs."""
    waiting = list(every_row(TASKS).where(ReviewTask.outcome.is_null(True)))
    if not waiting:
        return
    left = {number for (number,) in _left(today)}
    expiring = {one.source for one in _expiring(today)}
    unguarded = {cause.source for cause in _unguarded(today)}
    for task in waiting:
        if task.child_id in left:
            yield task.id, LEFT
        elif task.kind == EXPIRING and task.source and task.source not in expiring:
            yield task.id, RENEWED
        elif task.kind == UNGUARDED and task.source and task.source not in unguarded:
            yield task.id, REPLACED


def open_tasks(actor: Actor) -> list[Any]:
    """Return the tasks nobody has decided yet that the actor may see, the longest due first."""
    query = rows(actor, TASKS).where(ReviewTask.outcome.is_null(True))
    return list(query.order_by(ReviewTask.due_on, ReviewTask.id))


def decide(actor: Actor, task_id: Any, outcome: str, note: str = "") -> Any:
    """Note what was decided, by whom and when; Denied, NotFound or Invalid otherwise."""
    task = row(actor, TASKS, task_id)
    version = task.version if task is not None else 0
    raw = {
        "outcome": outcome,
        "decided_on": actor.today,
        "decided_by": actor.name,
        "note": note or (task.note if task is not None else ""),
    }
    return service.update(actor, TASKS, task_id, raw, version)
