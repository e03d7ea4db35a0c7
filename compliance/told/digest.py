"""What a person should hear of today, one line per kind with its number: never a flood.

The page of notices shows it and the daily mail carries it; every number is that of the page it
leads to, and a kind with nothing in it is not told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import NamedTuple

from compliance.judged.verdict import State
from compliance.told.inbox import kinds_of, waiting_for
from compliance.told.incidents import untold
from compliance.told.owing import Mark, marks_of, own_children, posts_of
from compliance.told.progress import WEEKLY, lines, owed, running_share
from models.core import calendar
from models.core.actor import Actor
from models.core.boxes import LEADERSHIP, OFFICE, TEACHING
from models.core.gates import rows
from models.core.register import register_of
from models.core.rights import may
from models.core.school_calendar import SemesterSpan
from models.kept.children import EXPIRING
from models.kept.incidents import Incident
from models.school import review_tasks

SUNDAY = 6


class Told(NamedTuple):
    """One line: its kind, how many of what, and a word about them that names no child."""

    kind: str
    title: str
    number: int
    unit: str
    note: str = ""


def digest(actor: Actor) -> list[Told]:
    """Return what the person is to hear of on the actor's day, the gravest first."""
    return [one for source in SOURCES for one in source(actor) if one.number]


def _incidents(actor: Actor) -> Iterator[Told]:
    if actor.role not in (*OFFICE, *TEACHING):
        return
    register = register_of(Incident)
    query = rows(actor, register).where(Incident.closed_on.is_null(True))
    found = list(query.order_by(Incident.id))
    late = len(untold(found, actor.now)) if found else 0
    note = f"其中 {late} 件还有要通报的人" if late else "通报都做了，办结后就不再列出"
    yield Told("incident", "突发事件没有办结", len(found), "件", note)


def _decisions(actor: Actor) -> Iterator[Told]:
    found = waiting_for(actor)
    title = "等您签字或决定" if actor.role == LEADERSHIP else "领导小组账号里等您签字或决定"
    yield Told("decision", title, len(found), "件", kinds_of(found))


def _duties(actor: Actor) -> Iterator[Told]:
    semester = calendar.current_span(actor.today)
    if semester is None:
        return
    if actor.role in OFFICE:
        yield from _of_the_school(actor, semester)
    elif actor.role in TEACHING:
        yield from _own(actor, semester)


def _own(actor: Actor, semester: SemesterSpan) -> Iterator[Told]:
    """What is owed the own children and by the own post, as the phone's page of the day has it."""
    children = [child.id for child in own_children(actor)]
    marks = [one for each in marks_of(actor, semester, children).values() for one in each]
    marks += posts_of(actor, semester)
    sunday = actor.today + timedelta(days=SUNDAY - actor.today.weekday())
    late = [mark for mark in marks if mark.overdue]
    due = [
        mark for mark in marks if mark.open and not mark.overdue and mark.period.due_until <= sunday
    ]
    yield Told("overdue", "已过期限，要补办", len(late), "项", _counted(late))
    yield Told("due", "本周到期", len(due), "项", _counted(due))


def _counted(marks: list[Mark]) -> str:
    counted = Counter(mark.noun for mark in marks)
    return "、".join(f"{word} {n}" for word, n in counted.most_common(4))


def _of_the_school(actor: Actor, semester: SemesterSpan) -> Iterator[Told]:
    """What the whole school owes: the number the office's first page counts."""
    found = lines(actor, semester)
    late = sum(
        line.summed.periods[line.running][State.MISSED.value]
        for line in found
        if line.running is not None and line.periods[line.running].deadline is not None
    )
    week = running_share(WEEKLY, found, actor.today)
    yield Told("overdue", "已过期限，要补办", late, "项", "有期限的任务，过了期限还没有做")
    yield Told("due", "本周到期", week.asked - week.met, "项还没做", owed(found))


def _expiring(actor: Actor) -> Iterator[Told]:
    if not may(actor, "read", review_tasks.TASKS) or actor.role not in (*OFFICE, *TEACHING):
        return
    found = [task for task in review_tasks.open_tasks(actor) if task.kind == EXPIRING]
    note = f"到期前 {review_tasks.NOTICE_DAYS} 天起列出，请续签或说明"
    yield Told("expiring", "协议快到期或已到期", len(found), "份", note)


SOURCES: tuple[Callable[[Actor], Iterator[Told]], ...] = (
    _incidents,
    _decisions,
    _duties,
    _expiring,
)
