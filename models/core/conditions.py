"""Conditions: of a query the two that ask nothing and one of many; of a record its declared one."""

from __future__ import annotations

from typing import Any

from peewee import Expression, NodeList, Value

from models.core.converters import words_of
from models.core.fields import WordsField
from models.core.register import Register, asked_field

NOTHING = Expression(Value(1), "=", Value(0))
EVERYTHING = Expression(Value(1), "=", Value(1))


def any_of(conditions: list[Any]) -> Any:
    """Return the condition that one of many holds, written flat.

    Joined by operators, seventy ORs would nest more parentheses than SQLite's parser takes.
    """
    return EVERYTHING & NodeList(conditions, glue=" OR ", parens=True) if conditions else NOTHING


def holds(register: Register, condition: str, record: Any) -> bool:
    """Return whether a condition ("kind=月|学期", "left_on!=", "entrusted=True") is met."""
    if not condition:
        return True
    name = asked_field(condition)
    words = condition.partition("=")[2].split("|")
    stored = record.__data__.get(name)
    several = isinstance(register.fields[name].field, WordsField)
    said = words_of(stored) if several else ["" if stored is None else str(stored)]
    return any(word in words for word in said) != ("!=" in condition)
