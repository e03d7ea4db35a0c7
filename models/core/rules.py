"""Cross-field rules that many registers share: dates in order, one of several, no overlap.

Each function returns a rule: (record, actor) → pairs of field name and message. The first argument
is the field that is marked wrong, the last one the sentence the user reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any, TypeVar

from models.core.gates import every_row
from models.core.register import register_of
from models.core.spans import holds_within

Found = list[tuple[str, str]]
Rule = Callable[[Any, Any], Found]
R = TypeVar("R", bound=Callable[..., Any])


def value(record: Any, name: str) -> Any:
    """Return a record's stored value; for a link the id, None when nothing was said."""
    found = record.__data__.get(name)
    return None if found == "" else found


def day_of(moment: date | datetime) -> date:
    """Return the calendar day of a date or a moment."""
    return moment.date() if isinstance(moment, datetime) else moment


def _named(rule: Rule, said: str) -> Rule:
    rule.__doc__ = said
    return rule


def not_before(later: str, earlier: str, told: str) -> Rule:
    """Return the rule that day `later`, where given, does not lie before day `earlier`.

    What an older version or another program wrote is looked for by `compliance.findings.paperwork`.
    """

    def rule(record: Any, _actor: Any) -> Found:
        first, then = value(record, earlier), value(record, later)
        if first is None or then is None or day_of(then) >= day_of(first):
            return []
        return [(later, told)]

    rule.days_in_order = (later, earlier, told)  # type: ignore[attr-defined]
    return _named(rule, f"{later} is not before {earlier}.")


SINCE_UNTIL = not_before("until", "since", "结束日期不能早于开始日期")


def after(later: str, earlier: str, told: str) -> Rule:
    """Return the rule that the moment or time `later` comes after `earlier`, where both stand."""

    def rule(record: Any, _actor: Any) -> Found:
        first, then = value(record, earlier), value(record, later)
        return [] if first is None or then is None or then > first else [(later, told)]

    return _named(rule, f"{later} is later than {earlier}.")


def needed(name: str, told: str, **when: tuple[str, ...]) -> Rule:
    """Return the rule that `name` is given when another field has one of the named words."""
    ((asked, words),) = when.items()

    def rule(record: Any, _actor: Any) -> Found:
        if value(record, asked) not in words or value(record, name) is not None:
            return []
        return [(name, told)]

    return _named(rule, f"{name} is given when {asked} is one of {'、'.join(words)}.")


def only_with(name: str, told: str, **when: tuple[Any, ...]) -> Rule:
    """Return the rule that `name` stands only when another field has one of the named values."""
    ((asked, words),) = when.items()

    def rule(record: Any, _actor: Any) -> Found:
        if value(record, name) is None or value(record, asked) in words:
            return []
        return [(name, told)]

    return _named(rule, f"{name} stands only with {asked}.")


def comes_with(name: str, partner: str, told: str) -> Rule:
    """Return the rule that where `name` is given, `partner` is given too."""

    def rule(record: Any, _actor: Any) -> Found:
        if value(record, name) is None or value(record, partner) is not None:
            return []
        return [(partner, told)]

    return _named(rule, f"{name} comes with {partner}.")


def one_of(names: tuple[str, ...], told: str, *, exactly: bool = False) -> Rule:
    """Return the rule that at least one of the fields is given, or exactly one."""

    def rule(record: Any, _actor: Any) -> Found:
        given = sum(value(record, name) is not None for name in names)
        wrong = given != 1 if exactly else given == 0
        return [(names[0], told)] if wrong else []

    return _named(rule, f"{'Exactly' if exactly else 'At least'} one of {', '.join(names)}.")


def not_negative(*names: str) -> Rule:
    """Return the rule that the numbers are not below zero."""

    def rule(record: Any, _actor: Any) -> Found:
        return [(name, "不能是负数，请核对") for name in names if (value(record, name) or 0) < 0]

    return _named(rule, f"{', '.join(names)} are not negative.")


def no_overlap(*names: str, told: str) -> Rule:
    """Return the rule that spans (since–until) of records equal in `names` do not overlap.

    A record in which one of the names is empty overlaps nothing.
    """

    def rule(record: Any, _actor: Any) -> Found:
        register = register_of(record)
        if any(value(record, name) is None for name in names) or record.since is None:
            return []
        meeting = holds_within(register.model, record.since, record.until or date.max)
        return [("since", told)] if twins(record, *names).where(meeting).exists() else []

    return _named(rule, f"Two spans of one {'+'.join(names)} do not overlap.")


def twins(record: Any, *names: str) -> Any:
    """Return the query of other living records equal in the named fields."""
    register = register_of(record)
    model = register.model
    query = every_row(register).where(
        *[getattr(model, name) == value(record, name) for name in names]
    )
    return query.where(model.id != record.id) if record.id else query


def once(name: str, within: str, told: str) -> Rule:
    """Return the rule that what `name` points to stands once among the lines of one record."""

    def rule(record: Any, _actor: Any) -> Found:
        if value(record, name) is None or not twins(record, within, name).exists():
            return []
        return [(name, told)]

    return _named(rule, f"{name} stands once in a {within}.")


def compares(rule: R) -> R:
    """Mark a rule that compares a record with what is stored of it.

    Bulk work asks it before anything is written: afterwards there is nothing left to compare.
    """
    rule.compares = True  # type: ignore[attr-defined]
    return rule


def parent_of(record: Any) -> Any:
    """Return the record a line belongs to, read afresh; None when it is gone."""
    register = register_of(record)
    model: Any = register.fields[register.parent].target
    found: Any = every_row(register_of(model)).where(model.id == value(record, register.parent))
    return found.first()


def stored(record: Any) -> Any:
    """Return the record as it stands in the database, None for a new one."""
    if not record.id:
        return None
    register = register_of(record)
    return every_row(register).where(register.model.id == record.id).first()


def joined(*rules: Callable[[Any, Any], Iterable[tuple[str, str]]]) -> Rule:
    """Return one rule that holds all of the given ones."""

    def rule(record: Any, actor: Any) -> Found:
        return [found for each in rules for found in each(record, actor)]

    return rule
