"""Who was in which class, who led and taught it, on any day: read once, asked in memory."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date
from typing import Any

from compliance.judged.standing_in import Absences, Post
from compliance.judged.verdict import Span
from compliance.ordered.reading import day, tuples
from models.core.gates import every_row
from models.core.register import register_of
from models.core.school_calendar import DAY
from models.core.spans import is_valid
from models.kept.children import Enrolment
from models.kept.pairings import Pairing
from models.kept.staff import ClassTeacher, Staff, TeachingPost

# Who or what, from when, until when.
Dated = tuple[int, date, date | None]


class Placement:
    """Enrolments, posts and absences as dated rows in memory; five queries."""

    def __init__(self) -> None:
        query = every_row(register_of(Enrolment)).select(
            Enrolment.child, Enrolment.school_class, Enrolment.since, Enrolment.until
        )
        self._classes = _grouped(query)
        self._class_of: dict[tuple[int, date], int | None] = {}
        leaders = every_row(register_of(ClassTeacher)).select(
            ClassTeacher.school_class, ClassTeacher.staff, ClassTeacher.since, ClassTeacher.until
        )
        self._paired: dict[int | None, list[Dated]] | None = None
        self._left: dict[int, date] | None = None
        self._leaders = {
            school_class: [(who, since, self.stays_until(who, until)) for who, since, until in rows]
            for school_class, rows in _grouped(leaders).items()
        }
        taught = every_row(register_of(TeachingPost)).select(
            TeachingPost.school_class, TeachingPost.staff, TeachingPost.since, TeachingPost.until
        )
        self._taught = _grouped(taught)
        self.absences = Absences()
        away: list[Dated] = [(one.substitute, one.first, one.last) for one in self.absences.all]
        dated: list[list[Dated]] = [away]
        for grouped in (self._classes, self._leaders, self._taught):
            dated += grouped.values()
        self._changes = sorted({day for rows in dated for row in rows for day in _changes(row)})

    def steady(self, on: date) -> date:
        """Return the first day from which on no child changed class and no class its teachers.

        Whatever holds on that day holds on `on`, so that a few days stand for all.
        """
        begun = bisect_right(self._changes, on)
        return self._changes[begun - 1] if begun else date.min

    def paired(self, child: int, on: date) -> list[int]:
        """Return the teachers paired with the child on the day; read when first asked for."""
        if self._paired is None:
            query = every_row(register_of(Pairing)).select(
                Pairing.child, Pairing.teacher, Pairing.since, Pairing.until
            )
            self._paired = {
                child: [(who, since, self.stays_until(who, until)) for who, since, until in rows]
                for child, rows in _grouped(query).items()
            }
        return _valid(self._paired.get(child, ()), on)

    def stays_until(self, staff: int, until: date | None) -> date | None:
        """Return the last day of a pairing or post: its own, or the last of whoever has it."""
        return min((d for d in (until, self._last_days().get(staff)) if d), default=None)

    def _last_days(self) -> dict[int, date]:
        """Return the last day of everybody of the staff who left."""
        if self._left is None:
            gone = every_row(register_of(Staff)).where(Staff.left_on.is_null(False))
            dated = ((who, day(last)) for who, last in tuples(gone.select(Staff.id, Staff.left_on)))
            self._left = {who: last for who, last in dated if last is not None}
        return self._left

    def enrolled(self, child: int) -> tuple[Span, ...]:
        """Return the stretches in which the child was in a class."""
        return tuple((since, until) for _, since, until in self._classes.get(child, ()))

    def classes_of(self, child: int) -> set[int]:
        """Return all classes the child was ever in."""
        return {school_class for school_class, _, _ in self._classes.get(child, ())}

    def classes(self) -> dict[int, list[Span]]:
        """Return per class the stretches in which it had a child."""
        spans: dict[int, list[Span]] = {}
        for rows in self._classes.values():
            for school_class, since, until in rows:
                spans.setdefault(school_class, []).append((since, until))
        return spans

    def class_of(self, child: int, on: date) -> int | None:
        """Return the class the child was in on the day; of two the one entered last."""
        key = child, on
        if key not in self._class_of:
            found = _valid(self._classes.get(child, ()), on)
            self._class_of[key] = found[-1] if found else None
        return self._class_of[key]

    def all_leaders(self) -> frozenset[int]:
        """Return everybody who ever led a class, or stood in for anybody."""
        led = frozenset(staff for rows in self._leaders.values() for staff, _, _ in rows)
        return led | self.absences.substitutes()

    def leading_on(self, school_class: int | None, on: date) -> list[int]:
        """Return whose acts count as the class teacher's on the day: substitutes' too."""
        led = self.leaders_of(school_class, on)
        posts = (Post(one, school_class=school_class) for one in led)
        return [*led, *(who for post in posts for who in self.absences.standing_in(post, on))]

    def teaching(self, school_class: int | None, on: date) -> list[int]:
        """Return who taught the class on the day."""
        return _valid(self._taught.get(school_class, ()), on) if school_class else []

    def led(self) -> dict[int, list[tuple[int, Span]]]:
        """Return per colleague the classes led, with the stretch of each."""
        found: dict[int, list[tuple[int, Span]]] = {}
        for school_class, rows in self._leaders.items():
            for staff, since, until in rows:
                found.setdefault(staff, []).append((school_class or 0, (since, until)))
        return found

    def stretches(self, child: int, school_class: int) -> tuple[Span, ...]:
        """Return the stretches in which the child was in the class."""
        return tuple(
            (since, until)
            for one, since, until in self._classes.get(child, ())
            if one == school_class
        )

    def leaders_of(self, school_class: int | None, on: date) -> list[int]:
        """Return who led the class on the day, the one who began last at the end."""
        return _valid(self._leaders.get(school_class, ()), on) if school_class else []

    def leading(self, child: int | None, school_class: int | None) -> list[tuple[int, int, Span]]:
        """Return who led the class, or each class of the child while it was there, and when."""
        spans = self._classes.get(child, ()) if child is not None else ()
        classes = [(one, since, until) for one, since, until in spans]
        if child is None and school_class is not None:
            classes = [(school_class, date.min, None)]
        found: list[tuple[int, int, Span]] = []
        for one, first, last in classes:
            for staff, since, until in self._leaders.get(one, ()):
                start, end = max(first, since), min(last or date.max, until or date.max)
                if start <= end:
                    found.append((staff, one, (start, None if end == date.max else end)))
        return found


def _grouped(query: Any) -> dict[int | None, list[Dated]]:
    grouped: dict[int | None, list[Dated]] = {}
    for key, value, since, until in tuples(query):
        first = day(since)
        assert first is not None
        grouped.setdefault(key, []).append((value, first, day(until)))
    for rows in grouped.values():
        rows.sort(key=lambda row: (row[1], row[0]))
    return grouped


def _changes(row: Dated) -> tuple[date, ...]:
    """The days on which a dated row begins to hold and has ceased to."""
    _, since, until = row
    return (since,) if until is None or until == date.max else (since, until + DAY)


def _valid(rows: Iterable[Dated], on: date) -> list[int]:
    return [value for value, since, until in rows if is_valid(since, until, on)]
