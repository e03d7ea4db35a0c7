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
from compliance.judged.standing_in import Post
from compliance.judged.subjects import SCHOOL_ID, STAFF_KINDS, Subject
from compliance.ordered.duty import Duty
from models.core.spans import is_valid

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

    `of` takes the values of the columns `names` and returns the subjects' ids. Where a role began,
    ended or was another's for a while (`sometimes`), `on` is asked with the day of the act as well:
    an act counts only on a day on which whoever did it held the role (docs/rules.md, Verdicts).
    """

    def __init__(
        self,
        duty: Duty,
        subjects: Iterable[Subject],
        placement: Placement,
        since: date = date.min,
    ) -> None:
        self.placement = placement
        self._subjects = list(subjects)
        self._since = since
        self._led_by = placement.all_leaders()
        self._held: dict[tuple[Any, ...], list[Subject]] = {}
        self.names, self.of = self._way(duty)

    @property
    def dated(self) -> bool:
        """Whether it can depend on the day at all."""
        return bool(self._held)

    def sometimes(self, *said: Any) -> bool:
        """Return whether it depends on the day for whom such a record counts."""
        if self.placement.absences.by(said[-1]):
            return True
        return any(not self._all_along(one) for one in self._held.get(said, ()))

    def on(self, day: date, *said: Any) -> Ids:
        """Return the subjects a record counts for that happened on a day."""
        *child, staff = said
        held = [one for one in self._held.get(said, ()) if active(one, day)]
        for absence in self.placement.absences.by(staff):
            if child and is_valid(absence.first, absence.last, day):
                for one in self._held.get((*child, absence.teacher), ()):
                    if active(one, day) and absence.covers(Post(absence.teacher, one.child)):
                        held.append(one)
        return tuple(one.id for one in held)

    def _all_along(self, subject: Subject) -> bool:
        return any(first <= self._since and last is None for first, last in subject.spans)

    def _way(self, duty: Duty) -> tuple[tuple[str, ...], Lookup]:
        """The columns that tell, and how they are looked up."""
        kind, by = duty.subject, frozenset(duty.by)
        if kind == "pairing" and by & BY_PAIRED:
            for subject in self._subjects:
                self._held.setdefault((subject.child, subject.staff), []).append(subject)
            return ("child", "staff"), self._among(lambda one: (one.child, one.staff))
        if kind in ("pairing", "child"):
            found = self._among(lambda one: (one.child,))
            by_teacher = "class-teacher" in by and kind == "child"
            if not by_teacher:
                return ("child",), found
            return self._when_held(("child",), found, taught="subject-teacher" in by)
        if kind in STAFF_KINDS:
            return ("staff",), self._among(lambda one: (one.staff,))
        if kind == "school":
            return (), lambda: (SCHOOL_ID,)
        if kind == "class":
            columns = ("link", "child", "steady")
            if "class-teacher" not in by:
                return columns, self._class()
            return self._when_held(columns, self._class(), taught="subject-teacher" in by)
        if kind == "volunteer-child":
            return ("child", "link"), self._among(lambda one: (one.child, one.volunteer))
        found_by: dict[int | None, Ids] = {
            row: (subject.id,)
            for subject in self._subjects
            for row in subject.rows or (subject.id,)
        }
        return ("link",), lambda link: found_by.get(link, NOBODY)

    def _among(self, key: Callable[[Subject], tuple[Any, ...]]) -> Lookup:
        """Look a combination up among the same of the subjects; what is not said finds nobody."""
        found: dict[tuple[Any, ...], Ids] = {}
        for subject in self._subjects:
            if None not in (named := key(subject)):
                found[named] = (*found.get(named, ()), subject.id)
        return lambda *said: found.get(said, NOBODY)

    def _class(self) -> Lookup:
        """The class named, else the one the child was in on that day."""
        ids = {subject.id for subject in self._subjects}

        def find(named: int | None, child: int | None, on: date) -> Ids:
            if named is None and child is not None:
                named = self.placement.class_of(child, on)
            return (named,) if named is not None and named in ids else NOBODY

        return find

    def _when_held(
        self, columns: tuple[str, ...], inner: Lookup, taught: bool
    ) -> tuple[tuple[str, ...], Lookup]:
        """Only acts of whoever led the class on the day of the act, or `taught` it (Q10-8)."""
        # Of a class act the child stands second, of an act for a child first.
        place = columns.index("child")

        @cache
        def holding(school_class: int | None, on: date) -> frozenset[int]:
            teaching = self.placement.teaching(school_class, on) if taught else ()
            return frozenset((*self.placement.leading_on(school_class, on), *teaching))

        def find(staff: int | None, on: date, *said: Any) -> Ids:
            # Most colleagues never led a class; they need no looking up.
            found = inner(*said) if taught or staff in self._led_by else NOBODY
            if not found:
                return NOBODY
            child = said[place]
            school_class = found[0] if child is None else self.placement.class_of(child, on)
            return found if staff in holding(school_class, on) else NOBODY

        return ("staff", "steady", *columns), find


def active(subject: Subject, day: date) -> bool:
    """Return whether the subject was there on a day."""
    return any(is_valid(first, last, day) for first, last in subject.spans)
