"""The records behind a verdict, always as a query within the reader's own rows.

Nothing is kept: a verdict is traced by asking again, so that the page shows what holds now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, NamedTuple

from peewee import Ordering

from compliance.judged.evaluation import TOPIC
from compliance.judged.events import answered
from compliance.judged.finder import BY_PAIRED, active
from compliance.judged.placement import Placement
from compliance.judged.questions import fields_asked
from compliance.judged.sources import (
    Window,
    beside,
    chosen,
    happened_text,
    link_to,
    linked,
    named_acting,
)
from compliance.judged.standing_in import Post
from compliance.judged.store import Verdict
from compliance.judged.subjects import REGISTER_OF_KIND, STAFF_KINDS, Only, Subjects
from compliance.ordered import needs as completeness
from compliance.ordered.catalogue import source_register
from compliance.ordered.duty import Duty, Source
from compliance.ordered.periods import Frequency, Period
from compliance.ordered.reading import day, tuples
from models.core.actor import Actor
from models.core.gates import every_row, rows
from models.core.register import Register
from models.core.whose import child_column

# More than a page needs; the list of the register shows the rest.
LIMIT = 200


class Evidence(NamedTuple):
    """Records of one register that count for a verdict, newest first.

    `lacking` are the ids of those that miss something the duty needs, and so do not count; an event
    counts once it is answered. `more` says that older ones are left out.
    """

    register: Register
    records: list[Any]
    lacking: frozenset[int]
    more: bool = False


def evidence(
    actor: Actor, duty: Duty, verdict: Verdict, periods: Iterable[Period], as_of: date
) -> list[Evidence]:
    """Return the records that make a verdict in some periods, per register, within `rows`."""
    spans = list(periods)
    if not spans:
        return []
    first = min(span.counts_from for span in spans)
    last = min(max(span.counts_until for span in spans), as_of)
    window = Window(first, last, duty.every is Frequency.NOW)
    found = []
    for part, source, needs in _sources(duty):
        if duty.subject == TOPIC and part != verdict.subject:
            continue
        register = source_register(source)
        query = chosen(rows(actor, register), register, source, window)
        query = _about(query, duty, register, verdict)
        records = list(query.order_by(*_newest(register)).limit(LIMIT + 1))
        more = len(records) > LIMIT
        records = _by_role(duty, source, records[:LIMIT], verdict)
        if records:
            fields = fields_asked(duty, part, register)
            lacking = _lacking(duty, source, (needs, fields), records, as_of)
            found.append(Evidence(register, records, lacking, more))
    return found


def _sources(duty: Duty) -> Iterable[tuple[int, Source, tuple[str, ...]]]:
    """Every source with its part and its needs; of an event the event first."""
    if duty.event is None:
        return duty.asked
    answers = [asked for asked in duty.asked if asked[1].register != duty.event.register]
    return [(0, duty.event, ()), *answers]


def _about(query: Any, duty: Duty, register: Register, verdict: Verdict) -> Any:
    """Narrow a query to the subject of the verdict, as the judge does."""
    child = child_column(register)
    if duty.subject in ("pairing", "child"):
        return query.where(child == verdict.child)
    if duty.subject in STAFF_KINDS and verdict.staff is not None:
        return query.where(named_acting(register, frozenset({verdict.staff})))
    own = REGISTER_OF_KIND.get(duty.subject, "")
    if register.slug == own:
        return query.where(register.model.id == verdict.subject)
    if duty.subject == "volunteer-child":
        return query.where(child == verdict.child)
    if duty.subject == "guardian":
        return query.where(getattr(register.model, link_to(register, own)).in_(_rows_of(verdict)))
    link = link_to(register, own)
    return query.where(linked(register, link) == verdict.subject) if link else query


def _rows_of(verdict: Verdict) -> list[int]:
    """The rows of a guardian who looks after several children and is one subject (Q10-3)."""
    subjects = Subjects(Placement()).of("guardian")
    known = (subject.rows for subject in subjects if subject.id == verdict.subject)
    return list(next(known, ())) or [verdict.subject]


def _by_role(duty: Duty, source: Source, records: list[Any], verdict: Verdict) -> list[Any]:
    """Keep the acts of whoever held the role on the day of the act, as the judge does."""
    if not records:
        return records
    register = source_register(source)
    holding = _holding(duty, verdict)
    if holding is None:
        return records
    days = _days(register, [record.id for record in records])
    return _acted(source, [(one, frozenset(holding(days[one.id]))) for one in records])


def _days(register: Register, ids: list[int]) -> dict[int, date]:
    """Return when records happened; a line happened with the record above it."""
    model = register.model
    query = every_row(register).select(model.id, happened_text(register))
    return {one: day(text) or date.min for one, text in tuples(query.where(model.id.in_(ids)))}


def _holding(duty: Duty, verdict: Verdict) -> Callable[[date], Iterable[int]] | None:
    """Who held the role a duty asks for on a day; None where it asks for none."""
    placement = Placement()
    if duty.subject == "pairing":
        if not BY_PAIRED & set(duty.by) or verdict.child is None or verdict.staff is None:
            return None
        only = Only(frozenset({verdict.child}), frozenset({verdict.staff}))
        post = Post(verdict.staff, verdict.child)
        couple = [
            one for one in Subjects(placement, only).of("pairing") if one.staff == post.teacher
        ]

        def paired(on: date) -> Iterable[int]:
            if not any(active(one, on) for one in couple):
                return ()
            return (post.teacher, *placement.absences.standing_in(post, on))

        return paired
    if "class-teacher" not in duty.by:
        return None
    taught = "subject-teacher" in duty.by

    def of_class(on: date) -> Iterable[int]:
        school_class = verdict.school_class
        if verdict.child is not None:
            school_class = placement.class_of(verdict.child, on)
        teaching = placement.teaching(school_class, on) if taught else ()
        return (*placement.leading_on(school_class, on), *teaching)

    return of_class


def _acted(source: Source, asked: list[tuple[Any, frozenset[int]]]) -> list[Any]:
    """Ask once per set of leaders, which is once or twice in a semester."""
    register = source_register(source)
    model = register.model
    named = beside if source.present else named_acting
    ids: set[int] = set()
    for leaders in {leaders for _, leaders in asked if leaders}:
        chosen = [record.id for record, whose in asked if whose == leaders]
        query = every_row(register).select(model.id)
        query = query.where(model.id.in_(chosen), named(register, leaders))
        ids |= {found for (found,) in tuples(query)}
    return [record for record, _ in asked if record.id in ids]


def _newest(register: Register) -> list[Any]:
    model = register.model
    own = getattr(model, register.happened) if register.happened else happened_text(register)
    return [Ordering(own, "DESC"), model.id.desc()]


def _lacking(
    duty: Duty,
    source: Source,
    asked: tuple[tuple[str, ...], tuple[str, ...]],
    records: list[Any],
    as_of: date,
) -> frozenset[int]:
    """Which records lack a need or a field of what is asked; of events those not answered."""
    ids = frozenset(record.id for record in records)
    if source is duty.event:
        return ids - answered(duty, ids, as_of)
    if not any(asked):
        return frozenset()
    register = source_register(source)
    model = register.model
    whole = completeness.complete(register, *asked, as_of)
    query = every_row(register).select(model.id).where(model.id.in_(list(ids)), whole)
    return ids - {found for (found,) in tuples(query)}
