"""What is read once and kept in memory until one of its sources is written (calendar, settings).

A write to a register that `moves_calendar` drops it; how other processes learn of the write is told
in `models.core.calendar`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class _Kept:
    """What is in memory, and at which stamp it was read."""

    values: dict[str, Any] = {}
    version: int | None = None


def forget() -> None:
    """Drop what is kept; the next reader reads the registers again."""
    # A new dict, not an emptied one: a thread still reading the old rows fills the old dict.
    _Kept.values = {}


def notice(version: int | None) -> None:
    """Drop what is kept when the stamp has moved since it was read."""
    if version != _Kept.version:
        forget()
        _Kept.version = version


def remember(name: str, read: Callable[[], Any]) -> Any:
    """Return what `read` gave, kept until a source is written; `name` says what it is."""
    kept = _Kept.values
    if name not in kept:
        kept[name] = read()
    return kept[name]
