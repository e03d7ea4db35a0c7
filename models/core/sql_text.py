"""Writing queries out as text, faster than peewee does and to the same text.

A page asks some ten queries and a save some thirty, most of them with every column of a register:
peewee makes two objects and a change of state for each column named. What is written most often
(columns, lists of them, a column compared with a value) is written straight here; all else is left
to peewee.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import peewee
from peewee import OP, Context, Expression, Field, NodeList

# What stands as a parameter as it is: no query, no model, nothing to be looked into.
_PLAIN_VALUES = frozenset({str, int, bool, float, bytes, date, datetime, type(None)})
_UNUSUAL_OPERATORS = frozenset({OP.IN, OP.NOT_IN, OP.IS, OP.IS_NOT})
# Per class of field whether it is written as peewee writes a field; aliases are not.
_written_plainly: dict[type, bool] = {}


class Writer(Context):
    """The text of one query in the making."""

    __slots__ = ()
    _sql: list[str]
    _values: list[Any]

    def as_new(self) -> Writer:
        """Return an empty one of the same settings."""
        return Writer(**self.state.settings)

    def sql(self, obj: Any) -> Any:
        """Write whatever it is; return this text."""
        kind = type(obj)
        if _is_plain(kind):
            self._sql.append(self._named(obj))
            return self
        if kind is NodeList and obj.nodes and not obj.parens and not self.state.parentheses:
            return self._listed(obj)
        if kind is Expression and self._is_simple(obj):
            return self._compared(obj)
        return super().sql(obj)  # type: ignore[no-untyped-call]

    def value(self, value: Any, converter: Any = None, add_param: bool = True) -> Any:
        """Write a parameter, as the field it is compared with keeps it."""
        settings = self.state.settings
        if converter is None:
            converter = settings.get("converter")
        if converter:
            value = converter(value)
        if not add_param or type(value) not in _PLAIN_VALUES or settings.get("value_literals"):
            return super().value(value, False, add_param)
        self._values.append(value)
        self._sql.append(settings.get("param") or "?")
        return self

    def _named(self, field: Any) -> str:
        """A column by the alias of its table, or alone where values are set."""
        if self.state.scope == peewee.SCOPE_VALUES:
            return f'"{field.column_name}"'
        alias = self.alias_manager[field.model._meta.table]
        return f'"{alias}"."{field.column_name}"'

    def _listed(self, nodes: Any) -> Any:
        first = True
        for node in nodes.nodes:
            if not first:
                self._sql.append(nodes.glue)
            first = False
            self.sql(node)
        return self

    def _is_simple(self, expression: Any) -> bool:
        """Whether a column of a register's own table is compared with one value."""
        return (
            type(expression.rhs) in _PLAIN_VALUES
            and expression.op not in _UNUSUAL_OPERATORS
            and _is_plain(type(expression.lhs))
            and expression.lhs._coerce
        )

    def _compared(self, expression: Any) -> Any:
        operations = self.state.settings.get("operations") or {}
        operator = operations.get(expression.op, expression.op)
        if not expression.flat:
            self._sql.append("(")
        self._sql.append(f"{self._named(expression.lhs)} {operator} ")
        self.value(expression.rhs, expression.lhs.db_value)
        if not expression.flat:
            self._sql.append(")")
        return self


def _is_plain(kind: type) -> bool:
    known = _written_plainly.get(kind)
    if known is None:
        # A field alias has a text of its own, and a table with an alias declared none here.
        known = issubclass(kind, Field) and kind.__sql__ is Field.__sql__
        _written_plainly[kind] = known
    return known
