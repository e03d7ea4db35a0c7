"""What a piece of bulk work has looked up at once, so that checking a row asks nothing more.

A row not yet saved stands under a negative number, so that others of the same work may link to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models.core.database import database
from models.core.fields import FieldSpec
from models.core.register import Register

Key = tuple[str, tuple[str, ...]]


def ask(rule: Any, record: Any, actor: Any) -> tuple[list[tuple[str, str]], bool]:
    """Return what a rule finds wrong with a record, and whether it read the database for it."""
    asked = database.query_count
    found = list(rule(record, actor))
    return found, database.query_count != asked


@dataclass
class Known:
    """Which links may be picked, whose they are, and which business keys are in use.

    `links` and `owners` are kept per (register, field); `owners` gives the `of` value of what is
    linked. `keys` gives per (register, key) the number of the living record that has the values.
    `looking` are the rules seen to read the database; in the registers of `moving`, whose records
    this work changes too, they can only be asked once everything is written, but for those that
    compare a record with what is stored of it (`models.core.rules.compares`).
    """

    links: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    owners: dict[tuple[str, str], dict[int, int]] = field(default_factory=dict)
    keys: dict[Key, dict[tuple[Any, ...], int]] = field(default_factory=dict)
    looking: set[Any] = field(default_factory=set)
    moving: set[str] = field(default_factory=set)

    def judged(
        self, register: Register, rule: Any, record: Any, actor: Any
    ) -> list[tuple[str, str]]:
        """Return what a rule finds wrong now, nothing where it has to be asked later."""
        found, looked = ask(rule, record, actor)
        if looked:
            self.looking.add(rule)
        if getattr(rule, "compares", False):
            return found
        return [] if rule in self.looking and register.slug in self.moving else found

    def may_link(self, register: Register, spec: FieldSpec, linked: int) -> bool | None:
        """Return whether the field may point to `linked`, None when it was not looked up."""
        found = self.links.get((register.slug, spec.name))
        return None if found is None else linked in found

    def owner(self, register: Register, spec: FieldSpec, linked: int) -> int | None:
        """Return whose `linked` is, by the field's `of`; None when it was not looked up."""
        return self.owners.get((register.slug, spec.name), {}).get(linked)

    def holder(self, register: Register, key: tuple[str, ...], values: tuple[Any, ...]) -> int:
        """Return the number of the record that has the key's values, 0 for none."""
        return self.keys[register.slug, key].get(values, 0)

    def has_key(self, register: Register, key: tuple[str, ...]) -> bool:
        """Return whether the records with this key were looked up."""
        return (register.slug, key) in self.keys

    def take(self, register: Register, record: Mapping[str, Any], number: int) -> None:
        """Note that a row of the same work now has its business keys."""
        for key in register.key:
            values = tuple(record.get(name) for name in key)
            if all(value not in (None, "") for value in values):
                self.keys.setdefault((register.slug, key), {})[values] = number
