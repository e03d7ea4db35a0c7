"""Conditions of a query: the two that ask nothing, and one of many."""

from __future__ import annotations

from typing import Any

from peewee import Expression, NodeList, Value

NOTHING = Expression(Value(1), "=", Value(0))
EVERYTHING = Expression(Value(1), "=", Value(1))


def any_of(conditions: list[Any]) -> Any:
    """Return the condition that one of many holds, written flat.

    Joined by operators, seventy ORs would nest more parentheses than SQLite's parser takes.
    """
    return EVERYTHING & NodeList(conditions, glue=" OR ", parens=True) if conditions else NOTHING
