"""岗位变动 and 代理: a post goes to another from a day on, with what belongs to it; days stood in.

The old holder's row ends the day before, the new one's begins on the day. Each is one batch that
can be undone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from models.core import batches, service
from models.core.actor import Actor
from models.core.errors import Denied, InUse, Invalid, Locked, NotFound
from models.core.gates import row, rows
from models.core.register import register_of
from models.core.spans import holds_within
from models.kept.leadership import Department, LeadershipMember, Post
from models.kept.pairings import Pairing, Substitution
from models.kept.staff import ClassTeacher, Staff
from models.school.handing_over import Held, described, hand_over, held_by
from models.school.roll_over import demand

# A post that can be handed over by itself, and what may go with it.
POSTS: tuple[Any, ...] = (LeadershipMember, Post, Department)
_WITH_IT: tuple[Any, ...] = (LeadershipMember, Post, Department, Pairing, Substitution)
# The pairings a leader has for being one.
_OF_LEADERS = "领导"
_REASON = "岗位变动"


@dataclass(frozen=True)
class Change:
    """Which post of whom goes to whom from which day; `moved` names what goes with it.

    `old_title` and `new_title` are what the two are from then on, "" leaves it as it is.
    """

    post: tuple[str, int]
    successor: int
    day: date
    moved: Collection[tuple[str, int]] = ()
    old_title: str = ""
    new_title: str = ""


@dataclass
class Changed:
    """What was written, or in a preview would be: what, and what became of it."""

    written: list[tuple[str, str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    batch: int | None = None


def posts(actor: Actor, day: date) -> list[tuple[Any, Held]]:
    """Return the posts that are held on the day before, each with its holder."""
    demand(actor)
    last = day - timedelta(days=1)
    people = rows(actor, register_of(Staff)).order_by(Staff.pinyin_key, Staff.id)
    held = {holder.id for model in POSTS for holder in _holders(actor, model)}
    return [
        (person, item)
        for person in people
        if person.id in held
        for item in held_by(actor, person.id, last, POSTS)
    ]


def _holders(actor: Actor, model: Any) -> list[Any]:
    column = model.head if model is Department else model.staff
    named = rows(actor, register_of(model)).where(column.is_null(False)).select(column)
    return list(rows(actor, register_of(Staff)).where(Staff.id.in_(named)))


def post_called(actor: Actor, key: tuple[str, int] | None, day: date) -> tuple[Any, Held] | None:
    """Return the post of that name with its holder, None where nobody holds it by then."""
    return next((post for post in posts(actor, day) if post[1].key == key), None)


def belongs(actor: Actor, holder: int, post: Held, day: date) -> list[Held]:
    """Return what may go with a post: the holder's others, departments, a leader's pairings."""
    found = held_by(actor, holder, day - timedelta(days=1), _WITH_IT)
    return [
        held
        for held in found
        if held.key != post.key
        and (held.register.model is not Pairing or held.record.kind == _OF_LEADERS)
    ]


def preview(actor: Actor, write: Callable[[service.Work], Changed]) -> Changed:
    """Return what a task would write; it is done and rolled back."""
    return service.rehearsed(actor, write, batches.YEAR)


def do(
    actor: Actor, title: str, write: Callable[[service.Work], Changed], *, token: str = ""
) -> Changed:
    """Do a task as one batch that can be undone.

    Raises Denied, NotFound, AlreadyDone, and Invalid with the reasons where it cannot be whole.
    """
    with service.work(actor, token=token) as current:
        batch = batches.open_batch(actor, batches.YEAR, title)
        current.batch = batch.id
        found = write(current)
        if found.problems:
            raise Invalid({"": f"没有办理：{'；'.join(found.problems[:5])}"})
        batches.close_batch(batch, {"updated": len(found.written)})
        found.batch = batch.id
        current.outcome = {"batch": batch.id}
    return found


def changing(actor: Actor, change: Change) -> Callable[[service.Work], Changed]:
    """Return what writes a change of post."""
    return lambda current: _change(current, actor, change)


def _change(current: service.Work, actor: Actor, change: Change) -> Changed:
    found = post_called(actor, change.post, change.day)
    successor = row(actor, register_of(Staff), change.successor)
    if found is None or successor is None:
        raise NotFound("没有找到这个岗位或接任的人")
    holder, post = found
    done = Changed()
    if holder.id == successor.id:
        done.problems.append("接任的人不能是原任本人")
        return done
    last = change.day - timedelta(days=1)
    with_it = [
        held for held in belongs(actor, holder.id, post, change.day) if held.key in change.moved
    ]
    for item in [post, *with_it]:
        try:
            hand_over(current, actor, last, item, successor.id, _REASON)
        except (Invalid, Locked, InUse, Denied) as error:
            done.problems.append(f"{item.about}：{error}")
            continue
        told = f"{holder.name}到 {last}，{successor.name}从 {change.day} 起"
        done.written.append((item.register.title, item.about, told))
    for person, title in ((holder, change.old_title), (successor, change.new_title)):
        if title and title != person.post:
            _entitle(current, actor, person, title, done)
    return done


def _entitle(current: service.Work, actor: Actor, person: Any, title: str, done: Changed) -> None:
    try:
        raw = {"post": title}
        service.update(actor, register_of(Staff), person.id, raw, person.version, current=current)
    except (Invalid, Locked) as error:
        done.problems.append(f"{person.name}：{error}")
    else:
        done.written.append(("职务", person.name, title))


def standing_in(actor: Actor, raw: dict[str, Any]) -> Callable[[service.Work], Changed]:
    """Return what writes that somebody stands in for dated days."""
    return lambda current: _stand_in(current, actor, raw)


def _stand_in(current: service.Work, actor: Actor, raw: dict[str, Any]) -> Changed:
    demand(actor)
    done, register = Changed(), register_of(Substitution)
    try:
        made = service.create(actor, register, raw, current=current)
    except (Invalid, Locked) as error:
        done.problems.append(str(error))
        return done
    days = f"{made.since} 到 {made.until}" if made.until else f"{made.since} 起"
    for item in covered(actor, made.teacher_id, made.since, made.until):
        if _is_meant(made, item):
            done.written.append((item.register.title, item.about, days))
    if not done.written:
        done.problems.append("缺岗教师在这些天没有结对，也不当班主任，不用代理")
    return done


def covered(actor: Actor, teacher: int, since: date, until: date | None) -> list[Held]:
    """Return the pairings and classes a teacher has on some of the days."""
    found = []
    for model, column in ((Pairing, Pairing.teacher), (ClassTeacher, ClassTeacher.staff)):
        register = register_of(model)
        query = rows(actor, register).where(
            column == teacher, holds_within(model, since, until or date.max)
        )
        found += [(register, one) for one in query.order_by(model.id)]
    return described(actor, found)


def _is_meant(made: Any, item: Held) -> bool:
    if made.pairing_id is None and made.school_class_id is None:
        return True
    if item.register.model is Pairing:
        return bool(item.record.id == made.pairing_id)
    return bool(item.record.school_class_id == made.school_class_id)
