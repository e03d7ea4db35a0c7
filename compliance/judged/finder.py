"""Whom a record counts for: the subjects of one duty found by child, colleague, class or link.

A finder names the columns that tell and looks up one combination of their values; which records
have it is none of its business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from typing import Any

from compliance.judged.placement import Placement
from compliance.judged.subjects import SCHOOL_ID, STAFF_KINDS, Subject
from compliance.ordered.duty import Duty

# Whose act it must be is looked up in the staff columns; for everybody else the filter says it.
BY_STAFF = frozenset(
    {"paired-teacher", "acting-parent", "class-teacher", "subject-teacher", "leader"}
)
BY_PAIRED = frozenset({"paired-teacher", "acting-parent"})

Ids = tuple[int, ...]
NOBODY: Ids = ()
Lookup = Callable[..., Ids]


class Finder:
    """Finds the subjects of one duty that a record counts for.

    `of` takes the values of the columns `names` and returns the subjects' ids.
    """

    def __init__(self, duty: Duty, subjects: Iterable[Subject], placement: Placement) -> None:
        self.placement = placement
        self._subjects = list(subjects)
        self._led_by = placement.all_leaders()
        self.names, self.of = self._way(duty)

    def _way(self, duty: Duty) -> tuple[tuple[str, ...], Lookup]:
        """The columns that tell, and how they are looked up."""
        kind, by = duty.subject, frozenset(duty.by)
        led = "class-teacher" in by and "subject-teacher" not in by
        if kind == "pairing" and by & BY_PAIRED:
            return ("child", "staff"), self._among(lambda one: (one.child, one.staff))
        if kind in ("pairing", "child"):
            found = self._among(lambda one: (one.child,))
            by_teacher = led and kind == "child"
            return self._when_led(("child",), found) if by_teacher else (("child",), found)
        if kind in STAFF_KINDS:
            return ("staff",), self._among(lambda one: (one.staff,))
        if kind == "school":
            return (), lambda: (SCHOOL_ID,)
        if kind == "class":
            columns = ("link", "child", "steady")
            return self._when_led(columns, self._class()) if led else (columns, self._class())
        if kind == "volunteer-child":
            return ("child", "link"), self._among(lambda one: (one.child, one.volunteer))
        return ("link",), self._among(lambda one: (one.id,))

    def _among(self, key: Callable[[Subject], tuple[Any, ...]]) -> Lookup:
        """Look a combination up among the same of the subjects; what is not said finds nobody."""
        found: dict[tuple[Any, ...], Ids] = {}
        for one in self._subjects:
            if None not in (named := key(one)):
                found[named] = (*found.get(named, ()), one.id)
        return lambda *said: found.get(said, NOBODY)

    def _class(self) -> Lookup:
        """The class named, else the one the child was in on that day."""
        ids = {one.id for one in self._subjects}

        def find(named: int | None, child: int | None, on: date) -> Ids:
            if named is None and child is not None:
                named = self.placement.class_of(child, on)
            return (named,) if named is not None and named in ids else NOBODY

        return find

    def _when_led(self, columns: tuple[str, ...], inner: Lookup) -> tuple[tuple[str, ...], Lookup]:
        """Only acts of whoever led the class on the day of the act."""
        # Of a class act the child stands second, of an act for a child first.
        place = columns.index("child")
        teachers = cache(self.placement.class_teachers)

        def find(staff: int | None, on: date, *said: Any) -> Ids:
            # Most colleagues never led a class; they need no looking up.
            found = inner(*said) if staff in self._led_by else NOBODY
            if not found:
                return NOBODY
            child = said[place]
            led = (
                teachers(child, on)
                if child is not None
                else self.placement.leaders_of(found[0], on)
            )
            return found if staff in led else NOBODY

        return ("staff", "steady", *columns), find
