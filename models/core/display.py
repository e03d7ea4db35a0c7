"""Showing records: the text of every field for one actor, masked where it must be.

List, detail, export, PDF and history show through here, so that no place forgets a mask.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from models.core import labels as naming
from models.core.actor import Actor
from models.core.converters import show
from models.core.fields import FieldSpec, IdNumberField, PhoneField, SchoolNumberField, Secrecy
from models.core.gates import Surface, is_free_text, surface
from models.core.masking import TextMask
from models.core.register import Register, register_of
from models.core.search_text import NOBODY, people_around
from models.core.values import mask_address, mask_id_number, mask_name, mask_phone
from models.core.whose import child_of

HIDDEN = "＊＊"


def mask(spec: FieldSpec, text: str) -> str:
    """Return a field's text masked the way its kind is masked (docs/architecture.md, Masks)."""
    if not text:
        return ""
    if isinstance(spec.field, (IdNumberField, SchoolNumberField)) or (
        spec.secret is Secrecy.IDENTITY
    ):
        return mask_id_number(text)
    if isinstance(spec.field, PhoneField):
        return mask_phone(text)
    if spec.secret is Secrecy.NAME:
        return mask_name(text)
    if spec.secret is Secrecy.ADDRESS:
        return mask_address(text)
    return HIDDEN


class Page:
    """Some records of one register, ready to be shown to one actor at one place.

    Building it asks one query for all linked names, and for the inspector one more for the people
    on lines whom its texts may speak of; after that `text` asks none.
    """

    def __init__(self, actor: Actor, register: Register, records: Iterable[Any], where: str):
        self.actor = actor
        self.register = register
        self.records = list(records)
        self.surface: Surface = surface(actor, register, where)
        names = [field.name for field in self.surface.fields]
        self._labels = naming.labels(actor, naming.linked(register, self.records, names))
        self._mask = TextMask(actor)
        # Whom a text may name: asked for the one reader names are masked for.
        self._around = people_around(register, self.records) if self._mask.masks else {}
        self._derived = self._derive(where)

    def _derive(self, where: str) -> dict[str, dict[int, str]]:
        # An earlier state of a record is only part of one: nothing is worked out from it.
        derived = () if where == "history" else self.register.derived
        chosen = [d for d in derived if where != "list" or d.list]
        if not self.records:
            return {derived.name: {} for derived in chosen}
        return {
            derived.name: dict(
                zip(
                    (record.id for record in self.records),
                    derived.of(self.records, self.actor.today),
                    strict=True,
                )
            )
            for derived in chosen
        }

    def text(self, record: Any, name: str) -> str:
        """Return what the actor reads in field or derived column `name` of the record."""
        if name in self._derived:
            return self.plain(record, self._derived[name].get(record.id, ""))
        found = self.surface.get(name)
        if found is None:
            return ""
        spec, value = found.spec, record.__data__.get(name)
        if spec.target is not None:
            return self._labels.get((register_of(spec.target).slug, value), "") if value else ""
        text = show(spec.field, value)
        if found.masked and self._is_unmasked(record, spec):
            return text
        if found.masked:
            text = mask(spec, text)
            return self.plain(record, text) if spec.secret is Secrecy.ADDRESS else text
        return self.plain(record, text) if is_free_text(spec) else text

    def _is_unmasked(self, record: Any, spec: FieldSpec) -> bool:
        """A drawn child is shown plainly for a while, but identity numbers never are."""
        child = child_of(self.register, record.__data__)
        return child in self.actor.unmasked and spec.secret is not Secrecy.IDENTITY

    def plain(self, record: Any, text: str) -> str:
        """Return a text about the record as the actor may read it."""
        around = self._around.get(record.id, NOBODY)
        drawn = bool(around.children) and around.children <= self.actor.unmasked
        return self._mask(text, () if drawn else around.names, around.children)

    def columns(self) -> list[tuple[str, str]]:
        """Return (name, label) of the columns: fields and derived values in list order."""
        if self.surface.where != "list":
            fields = [(f.name, f.spec.label) for f in self.surface.fields]
            return fields + [(d.name, d.label) for d in self.register.derived]
        placed = [(float(f.spec.list), f.name, f.spec.label) for f in self.surface.fields]
        placed += [(d.list - 0.5, d.name, d.label) for d in self.register.derived if d.list]
        return [(name, label) for _place, name, label in sorted(placed, key=lambda c: c[0])]

    def label(self, record: Any) -> str:
        """Return what the record is called for this actor."""
        texts = [self.text(record, n) or "" for n in self.register.label if n in self.surface]
        return " ".join(text for text in texts if text) or f"第{record.id}号"


def page(actor: Actor, register: Register, records: Iterable[Any], where: str) -> Page:
    """Return the records as a `Page`."""
    return Page(actor, register, records, where)
