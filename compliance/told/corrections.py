"""整改: from the problem found by the supervision to its verification by somebody else (Q22)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from compliance.judged.verdict import State
from models.core import service
from models.core.actor import Actor
from models.core.boxes import OFFICE
from models.core.errors import Denied, Invalid, NotFound
from models.core.gates import every_row, row, rows
from models.core.register import register_of
from models.core.rights import Decision
from models.core.service import LineInput
from models.kept.photos import Photo
from models.kept.supervision import Rectification, Supervision
from models.kept.users import User

RECTIFICATIONS = register_of(Rectification)
OPEN, WAITING, OVERDUE, VERIFIED = "整改中", "待验收", "超期", "已验收"


@dataclass(frozen=True)
class Correction:
    """One problem as it stands on a day: which step, in which state, how many days late.

    `may_verify` says whether who looks at it may verify it, and why not.
    """

    record: Any
    step: str
    state: State
    days_late: int
    evidence: int
    may_verify: Decision


def corrections(actor: Actor) -> list[Correction]:
    """Return the problems within the actor's rows, overdue first, then by deadline."""
    records = list(rows(actor, RECTIFICATIONS))
    photos = every_row(register_of(Photo)).select(Photo.record_id)
    attached = [one for (one,) in photos.where(Photo.register == RECTIFICATIONS.slug).tuples()]
    own = _own_accounts(actor)
    found = [
        Correction(
            record,
            *_standing(record, actor.today),
            attached.count(record.id),
            _may_verify(actor, record, own),
        )
        for record in records
    ]
    order = (OVERDUE, WAITING, OPEN, VERIFIED)
    latest = date.max
    return sorted(
        found, key=lambda one: (order.index(one.step), one.record.deadline or latest, one.record.id)
    )


def _standing(record: Any, today: date) -> tuple[str, State, int]:
    """Return step, state and days late of a problem."""
    due = record.deadline
    if record.verified_on is not None:
        late = _days(due, record.done_on or record.verified_on)
        return VERIFIED, State.DONE_LATE if late else State.DONE, late
    if record.done_on is not None:
        return WAITING, State.DUE, _days(due, record.done_on)
    late = _days(due, today)
    return (OVERDUE, State.MISSED, late) if late else (OPEN, State.DUE, late)


def _days(due: date | None, on: date) -> int:
    return max(0, (on - due).days) if due is not None else 0


def mark_done(actor: Actor, record_id: Any, done_on: str, measure: str) -> Any:
    """Note that a problem was put right, how and when; the office writes it down."""
    record = _fetch(actor, record_id)
    if not measure.strip():
        raise Invalid({"measure": "请写明怎样整改的"})
    return _write(actor, record, {"done_on": done_on or actor.today, "measure": measure})


def verify(actor: Actor, record_id: Any) -> Any:
    """Verify a correction as another person (Q22-0); the caller has asked for the password again.

    Raises as `demand_verifiable` does.
    """
    record = demand_verifiable(actor, record_id)
    return _write(actor, record, {"verified_by": actor.staff_id, "verified_on": actor.today})


def demand_verifiable(actor: Actor, record_id: Any) -> Any:
    """Return a correction the actor may verify now; asked before the password is.

    Raises NotFound, Invalid before anything was put right, Denied for whoever may not verify it.
    """
    record = _fetch(actor, record_id)
    if record.done_on is None:
        raise Invalid({"verified_on": "还没有整改，不能验收"})
    decided = _may_verify(actor, record, _own_accounts(actor))
    if not decided:
        raise Denied(decided.reason)
    return record


def _may_verify(actor: Actor, record: Any, own: set[int]) -> Decision:
    """Decide whether the actor verifies this correction: the one rule of page, inbox and step.

    Neither the responsible one nor whoever noted it may do so, with none of the `own` accounts.
    """
    if actor.role not in OFFICE:
        return Decision(False, "验收由文员或领导小组办理")
    if record.done_on is None or record.verified_on is not None:
        return Decision(False, "现在没有要验收的整改")
    if actor.staff_id is None:
        return Decision(False, "您的账号没有对应教职工，不能验收；请文员在账号里补上")
    if actor.staff_id == record.responsible_id or record.changed_by in own:
        told = "验收要由另一位领导小组成员来做，不能验收自己整改或登记的"
        return Decision(False, told)
    return Decision(True, "")


def _own_accounts(actor: Actor) -> set[int]:
    """Return the accounts of the person who acts: two accounts are no two persons."""
    own = set() if actor.user_id is None else {actor.user_id}
    if actor.staff_id is not None:
        held = every_row(register_of(User)).where(User.staff == actor.staff_id).select(User.id)
        own |= {number for (number,) in held.tuples()}
    return own


def _fetch(actor: Actor, record_id: Any) -> Any:
    if actor.role not in OFFICE:
        raise Denied("督查整改由文员和领导小组办理")
    found = row(actor, RECTIFICATIONS, record_id)
    if found is None:
        raise NotFound("没有找到这条整改，请刷新后再看")
    return found


def _write(actor: Actor, record: Any, values: dict[str, Any]) -> Any:
    """Save through the supervision the problem belongs to, in the name of whose right was checked.

    A member of the leadership verifies what another one's round found.
    """
    acting = actor.as_product
    round_ = row(acting, register_of(Supervision), record.supervision_id)
    lines = {RECTIFICATIONS.slug: [LineInput(values, id=record.id, version=record.version)]}
    service.update(acting, register_of(Supervision), round_.id, {}, round_.version, lines)
    return row(acting, RECTIFICATIONS, record.id)
