"""Reading one TOML table of a declaration strictly: every key is checked, none is left over."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from models.core.errors import BadDeclaration

Filter = Mapping[str, Any]

FIELD = re.compile(r"[a-z][a-z0-9_-]*")


class Table:
    """One TOML table being read: hands out each key once, checked, and refuses what is left.

    `code` names the declaration in every message, `path` the table within it, `noun` what it is.
    """

    def __init__(
        self, code: str, raw: Mapping[str, Any], path: str = "", noun: str = "任务"
    ) -> None:
        self.code = code
        self.path = path
        self.noun = noun
        self._left = dict(raw)

    def refuse(self, key: str, why: str) -> NoReturn:
        """Stop with the duty's code and the key."""
        raise BadDeclaration(f"{self.noun} {self.code} 的 {self.path}{key}：{why}")

    def has(self, key: str) -> bool:
        """Whether the key is written and was not read yet."""
        return key in self._left

    def keys(self) -> tuple[str, ...]:
        """Return the keys that are written and were not read yet."""
        return tuple(self._left)

    def finish(self) -> None:
        """Refuse a key that nobody asked for, such as a misspelt one."""
        for key in self._left:
            self.refuse(key, "没有这个键，请检查拼写")

    def text(self, key: str, pattern: re.Pattern[str] | None = None) -> str:
        """A non-empty text."""
        return self._checked(key, self._take(key), pattern)

    def texts(
        self, key: str, pattern: re.Pattern[str], *, optional: bool = False
    ) -> tuple[str, ...]:
        """A list of different texts."""
        if optional and key not in self._left:
            return ()
        values = self._list(key, self._take(key))
        if len(set(map(str, values))) != len(values):
            self.refuse(key, "同一项写了两次")
        return tuple(self._checked(key, value, pattern) for value in values)

    def texts_or_true(self, key: str) -> tuple[str, ...]:
        """A list of field names, or `true` for the register's own."""
        if self._left.get(key) is True:
            del self._left[key]
            return ()
        return self.texts(key, FIELD)

    def choice(self, key: str, among: frozenset[str]) -> str:
        """One word of a closed list."""
        value = self._checked(key, self._take(key), None)
        if value not in among:
            self.refuse(key, f"“{value}”不在可选范围内：{'、'.join(sorted(among))}")
        return value

    def choices(self, key: str, among: frozenset[str]) -> tuple[str, ...]:
        """One or several words of a closed list."""
        raw = self._take(key)
        made = []
        for value in raw if isinstance(raw, list) else [raw]:
            self._left[key] = value
            made.append(self.choice(key, among))
        if not made:
            self.refuse(key, "不能为空")
        return tuple(made)

    def number(self, key: str, default: int | None = None, least: int = 0) -> int:
        """A whole number, at least `least`."""
        if default is not None and key not in self._left:
            return default
        value = self._take(key)
        if type(value) is not int or value < least:
            self.refuse(key, f"要写不小于 {least} 的整数")
        return value

    def pair(self, key: str) -> tuple[int, int | None]:
        """`[4, 7]`, or `[5]` for a range without upper end."""
        values = self._list(key, self._take(key))
        if not 1 <= len(values) <= 2 or any(type(value) is not int for value in values):
            self.refuse(key, "要写 [最少, 最多] 或 [最少]")
        if min(values) < 0 or values != sorted(values):
            self.refuse(key, "最少不能大于最多，也不能是负数")
        return values[0], values[1] if len(values) == 2 else None

    def flag(self, key: str) -> bool:
        """True or false; false when not written."""
        value = self._left.pop(key, False)
        if not isinstance(value, bool):
            self.refuse(key, "要写 true 或 false")
        return value

    def filter(self, key: str) -> Filter:
        """Field names with a value or a list of values; empty when not written."""
        value = self._left.pop(key, {})
        if not isinstance(value, dict):
            self.refuse(key, '要写成 { 字段 = "值" }')
        for name, wanted in value.items():
            listed = wanted if isinstance(wanted, list) else [wanted]
            if not FIELD.fullmatch(name) or not listed:
                self.refuse(f"{key}.{name}", "字段名不对，或没有写值")
            if not all(isinstance(item, str | int) for item in listed):
                self.refuse(f"{key}.{name}", "值只能是文字、整数、true 或 false，或它们的列表")
        return value

    def inner(self, key: str) -> Table:
        """A table within the table."""
        return self._inner(key, self._take(key))

    def tables(self, key: str) -> list[Table]:
        """A list of tables; empty when not written."""
        found = self._list(key, self._left.pop(key, []))
        return [self._inner(f"{key}[{index}]", raw) for index, raw in enumerate(found)]

    def _take(self, key: str) -> Any:
        if key not in self._left:
            self.refuse(key, "没有写")
        return self._left.pop(key)

    def _list(self, key: str, value: Any) -> Sequence[Any]:
        if not isinstance(value, list):
            self.refuse(key, "要写成列表 [ … ]")
        return value

    def _inner(self, key: str, value: Any) -> Table:
        if not isinstance(value, dict):
            self.refuse(key, "要写成 { … }")
        return Table(self.code, value, f"{self.path}{key}.", self.noun)

    def _checked(self, key: str, value: Any, pattern: re.Pattern[str] | None) -> str:
        if not isinstance(value, str) or not value.strip():
            self.refuse(key, "要写文字，不能为空")
        if pattern is not None and not pattern.fullmatch(value):
            self.refuse(key, f"“{value}”的写法不对")
        return value
