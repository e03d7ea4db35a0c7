"""The registers a duty reads, in SQL: which records count, when they happened, who acted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from peewee import Value, fn

from compliance.judged import among
from compliance.ordered import needs as completeness
from compliance.ordered.catalogue import source_register
from compliance.ordered.conditions import condition
from compliance.ordered.derived import derived
from compliance.ordered.duty import Duty, Source
from compliance.ordered.reading import day_text
from models.core.conditions import registers_looked_at
from models.core.database import NOTHING
from models.core.database import within as listed
from models.core.gates import every_row
from models.core.places import place_of, place_register, way
from models.core.register import Register, find, parent_register, register_of
from models.core.spans import between, first_day, holds_on, not_over
from models.kept.staff import Staff

# The day and its two times that a number of minutes lies between.
TIMES = {("opening", "minutes"): ("opened_on", "starts_at", "ends_at")}
# Whose last day at the school ends a row that nobody closed (docs/rules.md, Verdicts).
GOES_WITH = {
    "pairing": ("teacher", "child"),
    "peer-pairing": ("child", "helper_child"),
    "class-teacher": ("staff",),
    "leadership-member": ("staff",),
    "post": ("staff",),
}


class Window(NamedTuple):
    """The days whose records are read; `state` reads what holds on the last of them."""

    first: date
    last: date
    state: bool = False


def amount_column(register: Register, name: str) -> Any:
    """Return what is summed of a record, or told apart.

    Minutes between two times of a day are given as the day and these times, so that what overlaps
    counts once.
    """
    said = TIMES.get((register.slug, name))
    if said is None:
        return getattr(register.model, name)
    on, begins, ends = (getattr(register.model, time).cast("TEXT") for time in said)
    times = (fn.SUBSTR(one, 1, 5) for one in (begins, ends))
    return fn.SUBSTR(on, 1, 10).concat(" ").concat(next(times)).concat(" ").concat(next(times))


def line_columns(name: str) -> tuple[Register, Any, Any]:
    """Return the register of lines, its parent column and the staff column of `lines.staff`."""
    slug, field = name.split(".")
    lines = find(slug)
    assert lines is not None
    return lines, getattr(lines.model, lines.parent), getattr(lines.model, field)


def query_of(register: Register, source: Source, window: Window) -> Any:
    """Return the query of all living records of a source within a window."""
    return chosen(every_row(register), register, source, window)


def chosen(query: Any, register: Register, source: Source, window: Window) -> Any:
    """Narrow a query to the records that a source counts within a window."""
    query = query.where(condition(register, source.where, window.last))
    if source.date:
        return query.where(between(getattr(register.model, source.date), *window[:2]))
    return within(query, register, window)


def within(query: Any, register: Register, window: Window) -> Any:
    """Narrow a query to the records of a window; master data without dates is always within.

    Of a state, only rows that hold on its day are within.
    """
    if window.state:
        query = query.where(holds_on(register.model, window.last))
        query = query.where(*_still_there(register, window.last))
    above = parent_register(register)
    if register.happened:
        happened = getattr(register.model, register.happened)
        return query.where(between(happened, *window[:2]))
    if above is None:
        return query
    inside = within(every_row(above), above, window).select(above.model.id)
    return query.where(getattr(register.model, register.parent).in_(inside))


def _still_there(register: Register, day: date) -> Iterator[Any]:
    """Yield the conditions that those are there with whose going a row nobody closed has ended."""
    for name in GOES_WITH.get(register.slug, ()):
        column, target = getattr(register.model, name), register.fields[name].target
        assert target is not None
        there = every_row(register_of(target)).where(
            not_over(Staff, day) if target is Staff else holds_on(target, day)
        )
        yield column.is_null(True) | listed(column, there.select(target.id))


def known_text(register: Register) -> Any:
    """Return the day a record came in as text: on paper where it did (纸质), else when typed."""
    entered = day_text(register.model.entered_at)
    if not register.paper:
        return entered
    return fn.COALESCE(day_text(getattr(register.model, register.paper)), entered)


def happened_text(register: Register) -> Any:
    """Return the day a record happened as text: its own, that of the record above it, or its first.

    Master data without any date holds from the beginning of time.
    """
    model = register.model
    above = parent_register(register)
    if register.happened:
        return day_text(getattr(model, register.happened))
    if above is not None:
        parent = getattr(model, register.parent)
        return every_row(above).select(happened_text(above)).where(above.model.id == parent)
    since = first_day(model)
    return Value(None) if since is None else day_text(since)


def moment_text(register: Register, name: str = "") -> Any:
    """Return the moment a record happened as text, to the second where that is known.

    `name` is the field that says so, where it is not the register's own.
    """
    above = parent_register(register)
    named = name or register.happened
    if named:
        return getattr(register.model, named).cast("TEXT")
    if above is None:
        return happened_text(register)
    parent = getattr(register.model, register.parent)
    return every_row(above).select(moment_text(above)).where(above.model.id == parent)


def staff_columns(register: Register) -> list[Any]:
    """Return the columns that name who acted: as declared, else the first link to a colleague."""
    direct = [name for name in register.act_by if "." not in name]
    if not register.act_by:
        direct = [spec.name for spec in register.links if spec.target is Staff][:1]
    return [getattr(register.model, name) for name in direct]


def named_acting(register: Register, staff: frozenset[int]) -> Any:
    """Return the condition that one of the staff is named as acting, in person or on a line."""
    ways = [column.in_(list(staff)) for column in staff_columns(register)]
    for name in (name for name in register.act_by if "." in name):
        lines, parent, member = line_columns(name)
        wanted = every_row(lines).select(parent).where(member.in_(list(staff)))
        ways.append(register.model.id.in_(wanted))
    # Not begun with "nothing": an OR with a constant keeps the database from its indexes.
    return reduce(or_, ways) if ways else NOTHING


def beside(register: Register, staff: frozenset[int]) -> Any:
    """Return the condition that one of the staff stands on another line of the same record."""
    parent, member = getattr(register.model, register.parent), register.model.staff
    return parent.in_(every_row(register).select(parent).where(member.in_(list(staff))))


def link_to(register: Register, slug: str) -> str:
    """Return the field of `register` that links to the register `slug`; "" when none does.

    To a village point leads a chain of links, "room__point".
    """
    target = find(slug)
    if target is None:
        return ""
    if target is place_register():
        return "__".join(way(register))
    return next((spec.name for spec in register.links if spec.target is target.model), "")


def linked(register: Register, link: str) -> Any:
    """Return the expression of what a field, or a chain of links, of a register names."""
    if "__" not in link:
        return getattr(register.model, link)
    return place_of(register, tuple(link.split("__")))


def registers_read(duty: Duty) -> frozenset[str]:
    """Return the slugs of all registers whose rows can change a verdict of the duty."""
    read: set[str] = set(among.registers_of(duty))
    sources = [(source, needed) for _, source, needed in duty.asked]
    sources += [] if duty.event is None else [(duty.event, ())]
    read |= {"post"} if duty.event is not None and {*duty.by} - {"anyone"} else set()
    for source, needed in sources:
        register = source_register(source)
        above = parent_register(register)
        read |= {register.slug, *(() if above is None else (above.slug,))}
        read |= {name.split(".")[0] for name in register.act_by if "." in name}
        read.update(_followed(register, source))
        for name in needed:
            read.update(completeness.need(register, name).registers)
    return frozenset(read)


def _followed(register: Register, source: Source) -> Iterable[str]:
    """The registers that a filter looks at besides the source's own."""
    for name, asked in source.where.items():
        worked_out = derived(register, name)
        if worked_out is None:
            yield from registers_looked_at(register, {name: asked})
        else:
            yield from worked_out.registers
