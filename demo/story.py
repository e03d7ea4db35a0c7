"""What goes otherwise than planned: a child moves class, another leaves, a teacher is away."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from demo.life import Life
from demo.roll import Pair
from demo.writer import acting, registered
from models.core import service
from models.core.gates import every_row

DAY = timedelta(days=1)
# Which of the children it happens to, counted from the end of the roll.
MOVES, LEAVES, CHANGES = -3, -5, -7
# One leaves with the parents and is back, left behind again, some weeks later.
COMES_BACK = -11
# A parent comes home; the child stays in the register until somebody has looked at it.
RETURNS = -9


def tell(life: Life) -> None:
    """Put the events of the first semester and the running one on their days."""
    span = life.calendar.semesters[0]
    days = life.calendar.list_school_days(span.first, span.last)
    children = list(life.roll.children)

    def on(share: float, event: Any, place: int) -> None:
        child = children[place % len(children)]
        life.events[days[int(share * (len(days) - 1))]].append(
            lambda day, current: event(life, child, day, current)
        )

    on(0.3, _leaves, COMES_BACK)
    on(0.55, _comes_back, COMES_BACK)
    on(0.4, _somebody_stands_in, CHANGES)
    on(0.5, _moves_class, MOVES)
    on(0.6, _leaves, LEAVES)
    on(0.7, _pairing_changes, CHANGES)
    on(0.8, _father_returns, RETURNS)


def _open_span(slug: str, child: int) -> Any:
    declared = registered(slug)
    model = declared.model
    return every_row(declared).where(model.child == child, model.until.is_null(True)).first()


def _end(life: Life, slug: str, record: Any, day: date, reason: str, current: Any) -> None:
    values = {"until": day - DAY, "reason": reason}
    actor = acting(life.roll, day, life.roll.clerk)
    service.update(actor, registered(slug), record.id, values, record.version, current=current)


def _moves_class(life: Life, child: int, day: date, current: service.Work) -> None:
    roll = life.roll
    facts = roll.children[child]
    other = next(one for one in roll.classes if one != facts.school_class)
    _end(life, "enrolment", _open_span("enrolment", child), day, "家长申请转班", current)
    given = {"child": child, "school_class": other, "since": day, "reason": "转班"}
    actor = acting(roll, day, roll.clerk)
    service.create(actor, registered("enrolment"), given, current=current)
    facts.school_class = other


def _leaves(life: Life, child: int, day: date, current: service.Work) -> None:
    roll = life.roll
    _end(life, "enrolment", _open_span("enrolment", child), day, "转学", current)
    pair = roll.pairs.pop(child, None)
    if pair is not None:
        _end(life, "pairing", _open_span("pairing", child), day, "学生转学", current)
    declared = registered("child")
    record = every_row(declared).where(declared.model.id == child).first()
    actor = acting(roll, day, roll.clerk)
    gone = {"left_on": day, "left_why": "转学"}
    service.update(actor, declared, child, gone, record.version, current=current)
    roll.children[child].left_on = day


def _comes_back(life: Life, child: int, day: date, current: service.Work) -> None:
    roll = life.roll
    facts = roll.children[child]
    declared = registered("child")
    actor = acting(roll, day, roll.clerk)
    record = every_row(declared).where(declared.model.id == child).first()
    again = {"identified_on": day, "left_on": None, "left_why": None}
    service.update(actor, declared, child, again, record.version, current=current)
    facts.left_on = None
    placed = {"child": child, "school_class": facts.school_class, "since": day, "reason": "转回"}
    service.create(actor, registered("enrolment"), placed, current=current)
    teacher = next(one for one in roll.teachers if one not in (roll.hero, roll.lazy))
    kind = "结对教师"
    given = {"teacher": teacher, "child": child, "kind": kind, "since": day}
    made = service.create(actor, registered("pairing"), given, current=current)
    roll.pairs[child] = Pair(made.id, teacher, child, kind)


def _pairing_changes(life: Life, child: int, day: date, current: service.Work) -> None:
    roll = life.roll
    before = roll.pairs.get(child)
    if before is None:
        return
    _end(life, "pairing", _open_span("pairing", child), day, "教师调课，改由他人结对", current)
    teacher = next(
        one for one in roll.teachers if one not in (before.teacher, roll.hero, roll.lazy)
    )
    given = {"teacher": teacher, "child": child, "kind": before.kind, "since": day}
    actor = acting(roll, day, roll.clerk)
    made = service.create(actor, registered("pairing"), given, current=current)
    roll.pairs[child] = Pair(made.id, teacher, child, before.kind)


def _somebody_stands_in(life: Life, child: int, day: date, current: service.Work) -> None:
    """The teacher of one child goes to a training; a colleague stands in for the days."""
    roll = life.roll
    pair = roll.pairs.get(child)
    if pair is None:
        return
    substitute = next(
        teacher for teacher in roll.teachers if teacher not in (pair.teacher, roll.lazy)
    )
    given = {"teacher": pair.teacher, "substitute": substitute, "reason": "外出培训"}
    given |= {"since": day, "until": day + 4 * DAY}
    actor = acting(roll, day, roll.clerk)
    service.create(actor, registered("substitution"), given, current=current)


def _father_returns(life: Life, child: int, day: date, current: service.Work) -> None:
    roll = life.roll
    father = roll.children[child].parents[0]
    given = {"child": child, "parent": father.id, "state": "在家", "since": day}
    given |= {"able_to_guard": True, "note": "工地停工，返乡照料"}
    actor = acting(roll, day, roll.leader_of(child))
    service.create(actor, registered("parent-state"), given, current=current)
