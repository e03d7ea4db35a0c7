"""What a check looks with: the day, the semester, the school's numbers; and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from peewee import SqliteDatabase, fn

from compliance.findings.kinds import Kind
from compliance.ordered.reading import tuples
from models.core import calendar
from models.core.database import database
from models.core.gates import every_row
from models.core.register import REGISTERS, Register, register_of
from models.core.school_calendar import SchoolCalendar, SemesterSpan
from models.core.spans import between, holds_on
from models.kept.children import Child
from models.kept.photos import Photo

About = tuple[str, int]


class Hit(NamedTuple):
    """One thing found: the record that is wrong, whom it is about, and a few words.

    Without `id` the school as a whole is meant, and `at` is the register where it is put right.
    `about` are (register, record) pairs that name the subject; without any the record names
    itself. `note` carries no name and no text that somebody wrote: every reader may see it.
    """

    at: str
    id: int | None
    about: tuple[About, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Look:
    """One look at the school at a moment, for one kind of finding."""

    now: datetime
    kind: Kind
    semester: SemesterSpan | None
    numbers: dict[str, int] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The day of the look."""
        return self.now.date()

    @property
    def calendar(self) -> SchoolCalendar:
        """The school's calendar."""
        return calendar.school_calendar()

    def number(self, name: str) -> int:
        """Return a number the kind is found by: the school's own, else the declared one."""
        return self.numbers.get(f"{self.kind.id}.{name}", self.kind.settings[name])

    def this_semester(self, column: Any) -> Any:
        """Return the condition that a date or moment lies between the semester's start and now."""
        first = self.semester.first if self.semester is not None else self.today
        return between(column, first, self.today)


Check = Callable[[Look], Iterable[Hit]]


def living(slug: str) -> tuple[Any, Any]:
    """Return the model of a register and the query of its living rows."""
    register: Register = REGISTERS[slug]
    return register.model, every_row(register)


def children(day: date, *conditions: Any) -> Any:
    """Return the sub-query of the ids of the children in the register on the day."""
    return every_row(register_of(Child)).select(Child.id).where(holds_on(Child, day), *conditions)


def ids(query: Any) -> list[int]:
    """Return the first column of a query."""
    return [one for (one, *_rest) in tuples(query)]


def days_between(later: Any, earlier: Any) -> Any:
    """Return the expression of the days from one moment to a later one, with fractions."""
    if isinstance(database.obj, SqliteDatabase):
        return fn.JULIANDAY(later) - fn.JULIANDAY(earlier)
    seconds = fn.DATE_PART("epoch", later.cast("TIMESTAMP") - earlier.cast("TIMESTAMP"))
    return seconds / (24 * 60 * 60)


def empty(column: Any) -> Any:
    """Return the condition that a text is missing."""
    return column.is_null(True) | (column == "")


def with_photo(slug: str, *evidence: str) -> Any:
    """Return the sub-query of the records of a register that carry such an attachment."""
    query = every_row(register_of(Photo)).select(Photo.record_id).where(Photo.register == slug)
    return query.where(Photo.evidence.in_(evidence)) if evidence else query


def of_child(slug: str, query: Any, note: str = "") -> list[Hit]:
    """Return hits at records of a register, from (id, child) rows, named by the child."""
    return [Hit(slug, one, (("child", child),), note) for one, child in tuples(query)]


def at_child(query: Any, note: str = "") -> list[Hit]:
    """Return hits at children, from their ids."""
    return [Hit("child", child, (("child", child),), note) for child in ids(query)]


def at_record(slug: str, query: Any, note: str = "") -> list[Hit]:
    """Return hits at records that name themselves, from their ids."""
    return [Hit(slug, one, (), note) for one in ids(query)]
