"""Watches what is printed: personal data an edition should have masked, characters no font has.

The masks stand where texts are shown; this only looks at what came out of them, so that the report
of the four checks tells what is in the package and not what was meant to be in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from exports.bundle.order import FULL, Frame
from exports.pdf.fonts import missing
from exports.pdf.text import printable
from models.core.actor import system
from models.core.fields import PhoneField
from models.core.gates import every_row, rows
from models.core.register import find
from models.core.values import check_character, is_ordinary_word

# A hexadecimal digest may hold as many digits; a school number begins with G, J or L.
_IDENTITY = re.compile(r"(?<![0-9a-fA-F])\d{17}[0-9Xx](?![0-9A-Za-z])")
_FAMILY = ("child", "parent", "guardian")
# Whose names stand in the open on lists of offices, though a child may be called the same.
_IN_OFFICE = ("staff", "coordination-member")


class PlainData:
    """Counts the printed texts of one bundle in which somebody can still be recognised."""

    def __init__(self, frame: Frame) -> None:
        """The full edition shows names and phones; identity numbers stay masked in both."""
        masked = frame.order.edition != FULL
        self._names = _names(frame) if masked else frozenset()
        self._phones = _phones() if masked else frozenset()
        self.identities = self.phones = self.names = 0
        self.absent: set[str] = set()

    def look(self, *texts: str) -> None:
        """Look at texts that are printed together."""
        text = "\n".join(texts)
        self.absent.update(missing(printable(text)))
        numbers = _IDENTITY.findall(text)
        self.identities += sum(
            check_character(number[:17]) == number[17].upper() for number in numbers
        )
        self.phones += sum(phone in text for phone in self._phones)
        self.names += sum(name in text for name in self._names)

    @property
    def found(self) -> str:
        """What was found, "" for nothing."""
        counted = (("证件号", self.identities), ("家庭电话", self.phones), ("儿童姓名", self.names))
        return "、".join(f"{count} 处{kind}" for kind, count in counted if count)


def _names(frame: Frame) -> frozenset[str]:
    """Return the names of all children, those who left and the deleted among them."""
    child = find("child")
    assert child is not None, "a school without the register of children has no bundle"
    children = rows(system(frame.made_at), child, deleted=None).select(child.model.name).tuples()
    names = {name for (name,) in children if len(name) > 1 and not is_ordinary_word(name)}
    return frozenset(names - _in_office())


def _in_office() -> set[str]:
    registers = (found for slug in _IN_OFFICE if (found := find(slug)) is not None)
    return {
        name
        for register in registers
        for (name,) in every_row(register).select(register.model.name).tuples()
    }


def _phones() -> frozenset[str]:
    """Return the numbers of children's families."""
    found: set[str] = set()
    for slug in _FAMILY:
        register = find(slug)
        for spec in register.fields.values() if register is not None else ():
            if isinstance(spec.field, PhoneField):
                assert register is not None
                found |= _told(every_row(register).select(spec.field).tuples())
    return frozenset(found)


def _told(column: Iterable[tuple[str | None]]) -> set[str]:
    return {value for (value,) in column if value and len(value) > 6}
