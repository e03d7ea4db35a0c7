"""The clock of an incident: whom to tell by when, and how each step stands, to the second.

Q01-1: the guardian within 30 minutes, the parents within 60, the education authority and the
government within 120, or within the minutes the school set for the semester. They run from the
occurrence, or from the discovery if the school chose so; one entered late starts overdue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from compliance.judged.verdict import State
from models.core import service
from models.core.actor import Actor
from models.core.errors import Denied, NotFound
from models.core.gates import every_row, row
from models.core.register import register_of
from models.core.rights import may
from models.kept.incidents import Incident, Notification, clock_start, limits


@dataclass(frozen=True)
class Step:
    """One recipient: the deadline, when they were first reached, how it stands now."""

    recipient: str
    minutes: int
    deadline: datetime
    told_at: datetime | None
    state: State

    @property
    def seconds_taken(self) -> int | None:
        """Seconds from the start of the clock to the first notice that reached them."""
        if self.told_at is None:
            return None
        started = self.deadline - timedelta(minutes=self.minutes)
        return int((self.told_at - started).total_seconds())

    def seconds_left(self, now: datetime) -> int:
        """Seconds until the deadline; negative once it has passed."""
        return int((self.deadline - now).total_seconds())


def steps(incident: Any, notices: Iterable[Any], now: datetime) -> tuple[Step, ...]:
    """Return the four steps of an incident; out of school nothing has a deadline: none at all."""
    if not incident.in_school:
        return ()
    first: dict[str, datetime] = {}
    for notice in notices:
        if notice.reached and notice.notified_at <= now:
            known = first.get(notice.recipient_kind)
            if known is None or notice.notified_at < known:
                first[notice.recipient_kind] = notice.notified_at
    started = clock_start(incident)
    return tuple(
        _step(recipient, minutes, started, first.get(recipient), now)
        for recipient, minutes in limits(incident.occurred_at.date()).items()
    )


def _step(
    recipient: str, minutes: int, started: datetime, told: datetime | None, now: datetime
) -> Step:
    deadline = started + timedelta(minutes=minutes)
    if told is not None:
        state = State.DONE if told <= deadline else State.DONE_LATE
    else:
        state = State.DUE if now <= deadline else State.MISSED
    return Step(recipient, minutes, deadline, told, state)


def notices_of(incidents: Iterable[Any]) -> dict[int, list[Any]]:
    """Return the notices of some incidents the reader sees, by the incident's number; one query."""
    ids = [incident.id for incident in incidents]
    found: dict[int, list[Any]] = {}
    for notice in every_row(register_of(Notification)).where(Notification.incident.in_(ids)):
        found.setdefault(notice.incident_id, []).append(notice)
    return found


def untold(incidents: Iterable[Any], now: datetime) -> list[Any]:
    """Return those of some incidents in which somebody has still to be told."""
    listed = list(incidents)
    told = notices_of(listed)
    return [
        incident
        for incident in listed
        if any(step.told_at is None for step in steps(incident, told.get(incident.id, ()), now))
    ]


def late_steps(now: datetime) -> list[tuple[int, list[Step]]]:
    """Return (incident, steps told late or overdue) of every incident in school; two queries."""
    notices: dict[int, list[Any]] = {}
    for notice in every_row(register_of(Notification)):
        notices.setdefault(notice.incident_id, []).append(notice)
    query = every_row(register_of(Incident)).where(Incident.in_school, Incident.occurred_at <= now)
    found = []
    for incident in query.order_by(Incident.id):
        late = [
            step
            for step in steps(incident, notices.get(incident.id, ()), now)
            if step.state in (State.MISSED, State.DONE_LATE)
        ]
        if late:
            found.append((incident.id, late))
    return found


def notify(actor: Actor, incident_id: Any, raw: Mapping[str, Any]) -> Any:
    """Add a notice to an incident within the actor's rows and return it.

    Whoever may enter incidents may add to one they see, also when a colleague opened it; what was
    saved is never changed. Raises NotFound, Denied, Invalid.
    """
    incidents, notices = register_of(Incident), register_of(Notification)
    incident = row(actor, incidents, incident_id)
    if incident is None:
        raise NotFound("没有找到这件突发事件")
    decided = may(actor, "create", notices)
    if not decided:
        raise Denied(f"{decided.reason}，不能登记通报")
    given = {**raw, "incident": incident.id}
    with service.work(actor) as current:
        saved = service.create(actor, notices, given, current=current)
        service.write_dirty(current, incidents, incident, set())
        current.note("update", incidents, incident, {"changes": {}, "lines": True})
    return saved
