"""Which records of a register belong to a semester, and when they last changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from peewee import BooleanField, DateTimeField, fn

from exports.bundle.declaration import Source
from models.core import calendar
from models.core.actor import Actor
from models.core.audit import last_change
from models.core.errors import NotFound
from models.core.fields import WordsField
from models.core.gates import rows
from models.core.register import Register, find, register_of
from models.kept.children import Child
from models.kept.school import School, Semester

CHUNK = 500
# What of the settings is printed, or decides what is printed of a child.
PRINTED_SETTINGS = frozenset({"name", "home_name", "away_months"})
PRINTED_TERM = frozenset({"code", "title", "first_day", "last_day"})


@dataclass(frozen=True)
class Term:
    """A semester as a span of days: `until` is the last day of the holidays after it."""

    id: int
    code: str
    title: str
    first: date
    last: date
    until: date


def term_of(code: str) -> Term:
    """Return the semester called `code`; NotFound, naming those there are."""
    known = calendar.semesters()
    found = next((one for one in known if one.code == code), None)
    if found is None:
        listed = "、".join(one.code for one in known) or "还没有学期"
        raise NotFound(f"没有学期 {code}，请从这些学期中选：{listed}")
    later = [one.first_day for one in known if one.first_day > found.last_day]
    until = min(later) - timedelta(days=1) if later else date(9999, 12, 30)
    return Term(found.id, found.code, found.title, found.first_day, found.last_day, until)


def selected(actor: Actor, register: Register, source: Source, term: Term) -> Any:
    """Return the query of the actor's rows of one register that a source takes in a semester."""
    query = rows(actor, register)
    for condition in (*_belongs(register, source.during, term), *_asked(register, source.where)):
        query = query.where(condition)
    return query


def _belongs(register: Register, during: tuple[str, ...], term: Term) -> Iterator[Any]:
    model = register.model
    if during:
        since, until = (getattr(model, name) for name in during)
        yield since <= term.until
        yield until.is_null() | (until >= term.first)
    elif register.happened:
        column = getattr(model, register.happened)
        if isinstance(column, DateTimeField):
            yield column >= datetime.combine(term.first, time())
            yield column < datetime.combine(term.until + timedelta(days=1), time())
        else:
            yield column.between(term.first, term.until)
    else:
        for spec in register.links:
            if spec.target is Semester:
                yield getattr(model, spec.name) == term.id


def _asked(register: Register, where: Mapping[str, Any]) -> Iterator[Any]:
    for name, wanted in where.items():
        column = getattr(register.model, name)
        if wanted is True and not isinstance(column, BooleanField):
            yield column.is_null(False)
        elif isinstance(wanted, list):
            yield column.in_(wanted)
        elif isinstance(column, WordsField):
            yield column.contains(f"、{wanted}、")
        else:
            yield column == wanted


def chunks(query: Any, order: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield a query's records in order, some hundred at a time, so that memory stays flat."""
    model = query.model
    ids = [found for (found,) in query.select(model.id).order_by(*order).tuples()]
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        by_id = {record.id: record for record in query.clone().where(model.id.in_(part))}
        yield [by_id[found] for found in part if found in by_id]


def book_order(register: Register) -> list[Any]:
    """Return the order of a bound book: as declared, but by date from first to last."""
    column = getattr(register.model, register.order.lstrip("-"))
    return [column, register.model.id]


def newest(query: Any) -> datetime | None:
    """Return when the newest change among a query's records was made, None without records."""
    model = query.model
    found: datetime | str | None = query.select(fn.MAX(model.changed_at)).scalar()
    return datetime.fromisoformat(found) if isinstance(found, str) else found


def newest_behind(
    actor: Actor, slugs: Iterable[str], register: Register, query: Any
) -> datetime | None:
    """Return when what a query's derived columns are worked out from changed last.

    `slugs` are registers about children; of them only the rows of the query's children count.
    """
    children = _children_of(register)
    if not register.derived or children is None:
        return None
    registers = [declared for slug in slugs if (declared := find(slug)) is not None]
    # A query of its own for the numbers: columns cannot be added to one that is run elsewhere.
    ids = query.clone().select(children)
    return latest(
        newest(rows(actor, declared).where(column.in_(ids)))
        for declared in registers
        if (column := _children_of(declared)) is not None
    )


def _children_of(register: Register) -> Any | None:
    """Return the column that says whom a record is about, None where it is about no child."""
    if register.model is Child:
        return register.model.id
    named = (spec.name for spec in register.links if spec.target is Child)
    return next((getattr(register.model, name) for name in named), None)


def newest_setting(actor: Actor, term: Term) -> datetime | None:
    """Return when the names of school and semester, its days or what counts as away changed last.

    The next semester's first day ends the holidays that belong to this one.
    """
    school, semester = register_of(School), register_of(Semester)
    following = rows(actor, semester).where(Semester.first_day > term.last)
    nearest = following.order_by(Semester.first_day).limit(1)
    found = [
        last_change(school.slug, one.id, PRINTED_SETTINGS)
        for one in rows(actor, school).select(School.id)
    ]
    found.append(last_change(semester.slug, term.id, PRINTED_TERM))
    found += [last_change(semester.slug, one.id, frozenset({"first_day"})) for one in nearest]
    return latest(found)


def latest(moments: Iterable[datetime | None]) -> datetime | None:
    """Return the latest of the moments there are."""
    return max((moment for moment in moments if moment is not None), default=None)
