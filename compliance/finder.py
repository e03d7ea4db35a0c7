"""Whom a record counts for: the subjects of one duty found by child, colleague, class or link."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from compliance.duty import Duty
from compliance.placement import Placement
from compliance.reading import day
from compliance.subjects import SCHOOL_ID, STAFF_KINDS, Subject

# Whose act it must be is looked up in the staff columns; for everybody else the filter says it.
BY_STAFF = frozenset(
    {"paired-teacher", "acting-parent", "class-teacher", "subject-teacher", "leader"}
)
BY_PAIRED = frozenset({"paired-teacher", "acting-parent"})

Ids = tuple[int, ...]
NOBODY: Ids = ()


class Finder:
    """Finds the subjects of one duty that a fact (see `sources.Fact`) counts for."""

    def __init__(self, duty: Duty, subjects: Iterable[Subject], placement: Placement) -> None:
        self.duty = duty
        self.placement = placement
        self._subjects = list(subjects)
        self._led_by = placement.all_leaders()
        self.of: Callable[[Any], Ids] = self._way()

    def _way(self) -> Callable[[Any], Ids]:
        kind, by = self.duty.subject, frozenset(self.duty.by)
        led = "class-teacher" in by and "subject-teacher" not in by
        if kind == "pairing":
            return self._by_pairing() if by & BY_PAIRED else self._by_key("child", 1)
        if kind == "child":
            return self._when_led(self._by_key("child", 1)) if led else self._by_key("child", 1)
        if kind in STAFF_KINDS:
            return self._by_key("staff", 7)
        if kind == "school":
            return lambda _fact: (SCHOOL_ID,)
        if kind == "class":
            return self._when_led(self._by_class()) if led else self._by_class()
        return self._by_volunteer() if kind == "volunteer-child" else self._by_key("id", 2)

    def _by_key(self, name: str, column: int) -> Callable[[Any], Ids]:
        """Look up one column of the fact among one attribute of the subjects."""
        found = _grouped((getattr(one, name), one.id) for one in self._subjects)
        found.pop(None, None)
        return lambda fact: found.get(fact[column], NOBODY)

    def _by_pairing(self) -> Callable[[Any], Ids]:
        """The pairings of that child with whoever acted."""
        found = _grouped(((one.child, one.staff), one.id) for one in self._subjects)
        return lambda fact: found.get((fact[1], fact[7]), NOBODY)

    def _by_volunteer(self) -> Callable[[Any], Ids]:
        """The volunteer the record names, helping the child it names."""
        found = _grouped(((one.child, one.volunteer), one.id) for one in self._subjects)
        return lambda fact: found.get((fact[1], fact[2]), NOBODY)

    def _by_class(self) -> Callable[[Any], Ids]:
        """The class named, else the one the child was in on that day."""
        ids = {one.id for one in self._subjects}

        def find(fact: Any) -> Ids:
            named = fact[2]
            if named is None and fact[1] is not None:
                named = self.placement.class_of(fact[1], _day(fact))
            return (named,) if named in ids else NOBODY

        return find

    def _when_led(self, inner: Callable[[Any], Ids]) -> Callable[[Any], Ids]:
        """Only acts of whoever led the class on the day of the act."""

        def find(fact: Any) -> Ids:
            # Most colleagues never led a class; they need no looking up.
            if fact[7] not in self._led_by:
                return NOBODY
            found = inner(fact)
            if not found:
                return NOBODY
            led = (
                self.placement.class_teachers(fact[1], _day(fact))
                if fact[1] is not None
                else self.placement.leaders_of(found[0], _day(fact))
            )
            return found if fact[7] in led else NOBODY

        return find


def _day(fact: Any) -> date:
    return day(fact[3]) or date.min


def _grouped(pairs: Iterable[tuple[Any, int]]) -> dict[Any, Ids]:
    found: dict[Any, Ids] = {}
    for key, value in pairs:
        found[key] = (*found.get(key, ()), value)
    return found
