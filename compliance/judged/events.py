"""Duties per event: each incident, enquiry or correction has its own deadline and its answer.

Two queries at most for any number of events: the events with their dates, and the answers where
they stand in another register.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache, partial
from typing import Any, NamedTuple

from peewee import Case, Value, fn

from compliance.judged.sources import Window, link_to, moment_text, query_of, staff_columns
from compliance.judged.subjects import REGISTER_OF_KIND
from compliance.judged.verdict import GRAVEST, PeriodVerdict, Span, State
from compliance.ordered import needs as completeness
from compliance.ordered.conditions import condition
from compliance.ordered.duty import Duty, MeasureKind
from compliance.ordered.periods import Period
from compliance.ordered.reading import tuples
from compliance.ordered.special_needs import PSYCHOLOGIST, in_post
from models.core.gates import every_row
from models.core.register import Register, find, register_of
from models.core.whose import child_column
from models.kept.incidents import Incident, counts_from_discovery

DAY = timedelta(days=1)
# The post that whoever acts in an event holds, where a duty names one.
ROLES = {"counsellor": PSYCHOLOGIST}


class Event(NamedTuple):
    """One event: when it happened, until when it must be answered, and when it was.

    Days are kept as their first moment; `until` is None while nobody set a deadline. `answered` is
    None without an answer; what has no time of its own was answered when it happened.
    """

    happened: datetime
    until: datetime | None
    answered: datetime | None


def happened(
    duty: Duty, window: Window, children: frozenset[int] | None = None
) -> dict[int, list[Event]]:
    """Return the events of a window per subject of the duty."""
    assert duty.event is not None
    register = find(duty.event.register)
    assert register is not None
    own = REGISTER_OF_KIND[duty.subject] == register.slug
    model = register.model
    subject: Any = model.id if own else child_column(register)
    query = query_of(register, duty.event, window)
    query = query.where(*_whom_it_concerns(duty, register))
    if children is not None:
        query = query.where(subject.in_(list(children)))
    limit = duty.deadline.field if duty.deadline is not None else ""
    rows = tuples(
        query.select(
            model.id,
            subject,
            _begun(duty, register),
            _text(model, limit),
            _answer(duty, register, window.last),
        )
    )
    elsewhere = _answers(duty, register, query, window)
    made = cache(partial(_event_said, duty))
    found: dict[int, list[Event]] = {}
    for record, whom, at, said, answer in rows:
        answered = elsewhere.get(record, answer) if elsewhere is not None else answer
        event = made(at, said, answered)
        if event is not None and whom is not None:
            found.setdefault(whom, []).append(event)
    return found


def answered(duty: Duty, records: Iterable[int], as_of: date) -> frozenset[int]:
    """Return which of these events, by their numbers, were answered by a day."""
    assert duty.event is not None
    register = find(duty.event.register)
    assert register is not None
    model = register.model
    query = every_row(register).where(model.id.in_(list(records)))
    told = dict(tuples(query.select(model.id, _answer(duty, register, as_of))))
    elsewhere = _answers(duty, register, query, Window(date.min, as_of))
    moments = {one: _moment(said) for one, said in (told | (elsewhere or {})).items()}
    return frozenset(one for one, at in moments.items() if at and at.date() <= as_of)


def _whom_it_concerns(duty: Duty, register: Register) -> Iterator[Any]:
    """Yield the condition that the duty is asked of the event at all: of whoever acted.

    An event of which nobody says who acted is asked and waits for the answer.
    """
    held = _held(duty, register)
    if held is not None:
        yield staff_columns(register)[0].is_null(True) | held


def _held(duty: Duty, register: Register) -> Any | None:
    """The condition that who acted held the role the duty names; None where anybody may act.

    A sealed record is written by counsellors alone, so that it needs no looking up.
    """
    if register.sealed or not {*duty.by} & ROLES.keys():
        return None
    (doer,) = duty.by
    acted = staff_columns(register)[0]
    return in_post(ROLES[doer], acted, fn.SUBSTR(moment_text(register), 1, 10))


def _begun(duty: Duty, register: Register) -> Any:
    """When the time of an event begins to run, as text; of an incident as its clock does."""
    assert duty.event is not None
    if register is register_of(Incident) and counts_from_discovery():
        discovered = Incident.discovered_at.cast("TEXT")
        return fn.COALESCE(discovered, moment_text(register))
    return moment_text(register, duty.event.date)


def verdict(
    period: Period, found: Sequence[Event], excuses: Iterable[Span], as_of: date
) -> PeriodVerdict:
    """Return what became of one subject's events in all: the gravest of their states."""
    spans = list(excuses)
    states = {_state(event, spans, as_of) for event in found}
    if period.first > as_of:
        states = {State.NOT_DUE}
    answered = sum(1 for event in found if _is_answered(event, as_of))
    gravest = next(state for state in GRAVEST if state in states)
    return PeriodVerdict(period, gravest, answered, len(found))


def _state(event: Event, excuses: list[Span], as_of: date) -> State:
    """The state of one event at the end of the day looked from."""
    if _is_answered(event, as_of):
        assert event.answered is not None
        late = event.until is not None and event.answered > event.until
        return State.DONE_LATE if late else State.DONE
    day = event.happened.date()
    if any(first <= day <= (last or date.max) for first, last in excuses):
        return State.EXCUSED
    over = event.until is not None and event.until.date() < as_of
    return State.MISSED if over else State.DUE


def _is_answered(event: Event, as_of: date) -> bool:
    return event.answered is not None and event.answered.date() <= as_of


def _event_said(duty: Duty, at: str | None, said: str | None, answered: str | None) -> Event | None:
    """The event of what the database says; many happened at the same moment."""
    return _event(duty, _moment(at), _moment(said), _moment(answered))


def _event(
    duty: Duty, at: datetime | None, said: datetime | None, answered: datetime | None
) -> Event | None:
    if at is None:
        return None
    minutes, limit = duty.measure.minutes, duty.deadline
    if minutes is not None:
        return Event(at, at + timedelta(minutes=minutes), answered)
    day = datetime.combine(at.date(), time.min)
    if limit is not None and limit.days is not None:
        return Event(day, _end(day + limit.days * DAY), answered)
    return Event(day, None if said is None else _end(said), answered)


def _end(day: datetime) -> datetime:
    return datetime.combine(day.date(), time.max)


def _answer(duty: Duty, register: Register, on: date) -> Any:
    """When the event's own record says it was answered, as text; NULL while it was not."""
    (source,) = duty.sources
    if source.register != register.slug:
        return Value(None)
    measure = duty.measure
    if measure.kind is MeasureKind.COMPLETE:
        enough = completeness.complete(register, duty.needs, measure.fields, on)
        said = moment_text(register, duty.event.date if duty.event else "")
    else:
        enough = completeness.complete(register, duty.needs, (measure.field,), on)
        said = _text(register.model, measure.field)
    held = _held(duty, register)
    enough = enough if held is None else enough & held
    return Case(None, (((condition(register, source.where, on) & enough), said),), None)


def _answers(duty: Duty, register: Register, events: Any, window: Window) -> dict[int, str] | None:
    """The first answer per event, where answers are records of their own."""
    (source,) = duty.sources
    if source.register == register.slug:
        return None
    answers = find(source.register)
    assert answers is not None
    link = getattr(answers.model, link_to(answers, register.slug))
    query = every_row(answers).where(
        condition(answers, source.where, window.last),
        completeness.complete(answers, duty.needs, (duty.measure.field,), window.last),
        link.in_(events.select(register.model.id)),
    )
    first: dict[int, str] = {}
    for record, said in tuples(query.select(link, _text(answers.model, duty.measure.field))):
        if said is not None and (record not in first or said < first[record]):
            first[record] = said
    return first


def _text(model: Any, name: str) -> Any:
    return getattr(model, name).cast("TEXT") if name else Value(None)


def _moment(said: str | date | None) -> datetime | None:
    """The moment the database gave as text; a day is its first moment."""
    if said is None:
        return None
    return datetime.fromisoformat(str(said)[:19])
