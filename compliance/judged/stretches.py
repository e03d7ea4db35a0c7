"""Stretches of days: what of them meets, lies in common, is left over. Pure functions.

A `Span` has an open end as None; joined stretches end on the last day there is instead, so that
they can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from compliance.judged.verdict import Span
from models.core.school_calendar import DAY


def joined(spans: Iterable[Span]) -> list[tuple[date, date]]:
    """Return the spans in order, those that overlap or meet made one; an empty one is nothing."""
    found: list[tuple[date, date]] = []
    for first, last in sorted((first, last or date.max) for first, last in spans):
        if last < first:
            continue
        if found and first <= _next_day(found[-1][1]):
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def within(pieces: Iterable[tuple[date, date]], first: date, last: date) -> list[tuple[date, date]]:
    """Return the parts of joined stretches from `first` to `last`."""
    return [
        (max(start, first), min(end, last))
        for start, end in pieces
        if start <= last and end >= first
    ]


def crossed(own: Span, others: Iterable[Span]) -> tuple[Span, ...]:
    """Return the parts of a span that lie in one of the others."""
    closed = [(first, last or date.max) for first, last in others]
    return open_ended(within(closed, own[0], own[1] or date.max))


def outside(spans: Iterable[Span]) -> list[Span]:
    """Return all of time but some stretches."""
    free: list[Span] = []
    begins = date.min
    for first, last in joined(spans):
        if first > begins:
            free.append((begins, first - DAY))
        if last == date.max:
            return free
        begins = last + DAY
    return [*free, (begins, None)]


def open_ended(pieces: Iterable[tuple[date, date]]) -> tuple[Span, ...]:
    """Return stretches whose last day may be the last there is as spans again."""
    return tuple((first, None if last == date.max else last) for first, last in pieces)


def _next_day(day: date) -> date:
    return day if day == date.max else day + DAY
