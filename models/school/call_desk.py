"""亲情电话值班: whom a child may ring, the call entered before it is made, finished after it.

The number of a child's family is given to whoever may read it anyway, and to a teacher for the time
the own opening of the home runs; each look is logged.
"""

from __future__ import annotations

from typing import Any

from models.core import audit, service
from models.core.actor import Actor
from models.core.errors import Denied, Invalid, NotFound
from models.core.gates import directory, row, rows
from models.core.register import register_of
from models.core.rights import may
from models.core.spans import between
from models.kept.calls import Callee, FamilyCall, callees
from models.kept.children import Child
from models.school.opening import running


def demand_right(actor: Actor) -> None:
    """Raise Denied unless the actor may enter a call."""
    decided = may(actor, "create", register_of(FamilyCall))
    if not decided:
        raise Denied(f"{decided.reason}，亲情电话由值班教师登记")


def whom_to_ring(actor: Actor, child: int) -> list[Callee]:
    """Return whom a child may ring now and whom not, with the reason; the look is logged.

    Raises Denied where the child's numbers are not the actor's to see, NotFound for no child.
    """
    demand_right(actor)
    register = register_of(Child)
    named = directory(register, Child.id).where(Child.id == child, Child.deleted_at.is_null(True))
    if not named.exists():
        raise NotFound("没有找到这名学生")
    if row(actor, register, child) is None and running(actor) is None:
        raise Denied("这名学生不是您结对或班上的；请先在“开放之家”开始本次开放，再接通他的电话")
    audit.log_access(actor, "view", register.slug, child, "亲情电话值班")
    return callees(child, actor.today)


def open_calls(actor: Actor) -> list[Any]:
    """Return today's calls that were begun and not finished: the actor's, to the clerk all."""
    register = register_of(FamilyCall)
    query = rows(actor, register).where(
        FamilyCall.ended_at.is_null(True), between(FamilyCall.begun_at, actor.today, actor.today)
    )
    if not may(actor, "bulk", register):
        query = query.where(FamilyCall.duty_teacher == actor.staff_id)
    return list(query.order_by(FamilyCall.begun_at, FamilyCall.id))


def begin(
    actor: Actor, child: int, word: str, name: str, matter: str, way: str, *, token: str = ""
) -> Any:
    """Enter a call that is about to be made, and return it.

    Raises Invalid at "callee" with the reason when it may not be made.
    """
    known = [
        callee
        for callee in whom_to_ring(actor, child)
        if (callee.word, callee.name) == (word, name)
    ]
    if not known:
        raise Invalid({"callee": "请从这名学生的父母和监护人里选择"})
    raw = {
        "child": child,
        "begun_at": actor.now.replace(second=0, microsecond=0),
        "callee": word,
        "callee_name": name,
        "number": known[0].phone,
        "matter_kind": matter,
        "way": way,
        "begun_by": "学生",
        "place": "之家",
        "duty_teacher": actor.staff_id,
    }
    with service.work(actor, token=token) as current:
        made = service.create(actor, register_of(FamilyCall), raw, current=current)
        current.outcome = {"record": made.id}
    return made


def finish(actor: Actor, call: int, mood: str) -> Any:
    """Write when a call ended: now."""
    register = register_of(FamilyCall)
    record = _begun(actor, call)
    raw = {"ended_at": actor.now.time().replace(second=0, microsecond=0), "mood": mood or None}
    if raw["ended_at"] <= record.begun_at.time():
        raise Invalid({"ended_at": "通话还不到一分钟；没有打通的请按“没打通”"})
    return service.update(actor, register, record.id, raw, record.version)


def give_up(actor: Actor, call: int) -> None:
    """Take back a call that was not put through."""
    service.delete(actor, register_of(FamilyCall), _begun(actor, call).id)


def _begun(actor: Actor, call: int) -> Any:
    found = next((one for one in open_calls(actor) if one.id == call), None)
    if found is None:
        raise NotFound("这次通话已经结束，或者不是您登记的")
    return found
