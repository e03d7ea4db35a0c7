"""开放之家: one button opens the home and one closes it, with the children who were there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from models.core import service
from models.core.actor import Actor
from models.core.errors import Denied, Invalid, NotFound
from models.core.gates import directory, every_row, rows
from models.core.register import register_of
from models.core.rights import may
from models.core.service import LineInput
from models.core.spans import holds_on
from models.kept.assets import Room
from models.kept.children import Child
from models.kept.left_behind import classes_on
from models.kept.openings import Opening, OpeningChild
from models.kept.regulations import WeekProgramme
from models.kept.words import PROGRAMMES, WEEKDAYS

# The room most openings are of; what it is called in the register of rooms.
HOME = "留守儿童之家"


class Pupil(NamedTuple):
    """A child who may be there: number, name, class."""

    id: int
    name: str
    school_class: str


def demand_right(actor: Actor) -> None:
    """Raise Denied unless the actor may open the home, and is of its staff."""
    decided = may(actor, "create", register_of(Opening))
    if not decided:
        raise Denied(f"{decided.reason}，开放由值班教师登记")
    if actor.staff_id is None:
        raise Denied("您的账号没有对应到教职工，不能值班；请文员在账号管理里补上")


def running(actor: Actor) -> Any | None:
    """Return the actor's own opening of today that is not closed yet, the newest."""
    if actor.staff_id is None:
        return None
    query = rows(actor, register_of(Opening)).where(
        Opening.duty_teacher == actor.staff_id,
        Opening.opened_on == actor.today,
        Opening.ends_at.is_null(True),
    )
    return query.order_by(Opening.id.desc()).first()


def rooms(actor: Actor) -> list[tuple[int, str]]:
    """Return (id, name) of the rooms in use, the home itself first."""
    query = rows(actor, register_of(Room)).where(holds_on(Room, actor.today))
    found = sorted(query, key=lambda room: (room.kind != HOME, room.id))
    return [(room.id, room.name) for room in found]


def programmes(actor: Actor) -> list[str]:
    """Return what the home offers, what the weekday's programme says first."""
    register = register_of(WeekProgramme)
    query = rows(actor, register).where(
        WeekProgramme.weekday == WEEKDAYS[actor.today.weekday()],
        holds_on(WeekProgramme, actor.today),
    )
    planned = [row.programme for row in query.order_by(WeekProgramme.starts_at, WeekProgramme.id)]
    return list(dict.fromkeys([*planned, *PROGRAMMES]))


def is_planned(actor: Actor) -> bool:
    """Return whether the weekday has a programme of its own."""
    register = register_of(WeekProgramme)
    query = rows(actor, register).where(
        WeekProgramme.weekday == WEEKDAYS[actor.today.weekday()],
        holds_on(WeekProgramme, actor.today),
    )
    return bool(query.exists())


def pupils(actor: Actor) -> list[Pupil]:
    """Return every child of the school by class and name: all that the directory tells."""
    register = register_of(Child)
    staying = every_row(register).select(Child.id).where(holds_on(Child, actor.today))
    query = directory(register, Child.id, Child.name).where(
        Child.deleted_at.is_null(True), Child.id.in_(staying)
    )
    named = list(query.order_by(Child.pinyin_key, Child.id).tuples())
    placed = classes_on([number for number, _name in named], actor.today)
    found = [Pupil(n, name, placed.get(n, (0, "未分班"))[1]) for n, name in named]
    order = {n: placed.get(n, (2**31, ""))[0] for n, _name in named}
    return sorted(found, key=lambda pupil: order[pupil.id])


def open_home(actor: Actor, room: str, programme: str, *, token: str = "") -> Any:
    """Open the home now and return the opening; one that runs already is not opened twice."""
    demand_right(actor)
    if running(actor) is not None:
        raise Invalid({"": "您已经有一次开放没有关闭，请先关闭它"})
    raw = {
        "opened_on": actor.today,
        "room": room,
        "programme": programme,
        "starts_at": actor.now.time().replace(second=0, microsecond=0),
        "duty_teacher": actor.staff_id,
    }
    with service.work(actor, token=token) as current:
        made = service.create(actor, register_of(Opening), raw, current=current)
        current.outcome = {"record": made.id}
    return made


def close_home(actor: Actor, present: Iterable[int], safety_note: str) -> Any:
    """Close the actor's running opening now with the children who were there, and return it."""
    record = _demand_running(actor)
    there: Sequence[int] = list(dict.fromkeys(present))
    raw = {
        "ends_at": actor.now.time().replace(second=0, microsecond=0),
        "children_count": len(there),
        "safety_note": safety_note,
    }
    lines = {
        register_of(OpeningChild).slug: [LineInput({"child": str(number)}) for number in there]
    }
    return service.update(actor, register_of(Opening), record.id, raw, record.version, lines)


def take_back(actor: Actor) -> None:
    """Take back an opening that was begun by mistake."""
    service.delete(actor, register_of(Opening), _demand_running(actor).id)


def _demand_running(actor: Actor) -> Any:
    found = running(actor)
    if found is None:
        raise NotFound("您现在没有正在进行的开放")
    return found
