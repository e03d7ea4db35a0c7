"""The one masker of free text: for screen, search, PDF, workbook and package alike.

Masked are the names of all children of the school and of their families, past and present, every
form of identity and phone number, and addresses below the village. The names are kept in a table of
their own to which a name is only ever added, so that a text still hides whom it meant after a
rename, an exit or a deletion.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from peewee import AutoField, BooleanField, CharField, IntegerField

from models.core import calendar
from models.core.actor import SYSTEM, Actor
from models.core.audit import AuditEntry
from models.core.boxes import INSPECTOR
from models.core.database import Base
from models.core.fields import FieldSpec, PersonNameField, PhoneField, Secrecy
from models.core.gates import rows
from models.core.register import REGISTERS, Register
from models.core.values import (
    MASKED,
    Found,
    NameIndex,
    given_name,
    is_ordinary_word,
    is_person_at,
    mask_name,
    mask_numbers,
    mask_places,
    masked_at,
    squeezed,
)
from models.core.whose import child_of

# What a family is called by relation alone names nobody.
_KIN = re.compile(
    r"(?:爸爸?|妈妈?|父亲?|母亲?|父母|爷爷?|奶奶?|[外家]公|外婆|姥姥|姥爷|[哥姐弟妹伯叔婶姑舅姨][哥姐弟妹伯叔婶姑舅姨父母妈]?"
    r"|家长|监护人|本人|孩子|学生|同学|邻居|亲戚|[和、及与])+"
)


class KnownName(Base):
    """A name that a child or somebody of its family has or once had.

    `searched` says that no open search text holds it any more.
    """

    id = AutoField()
    name = CharField(max_length=40)
    child_id = IntegerField()
    searched = BooleanField(default=False, index=True)

    class Meta:
        table_name = "known_name"
        indexes = ((("name", "child_id"), True),)


# ---- which names, and who writes them -----------------------------------------------------------


def name_fields(register: Register) -> list[FieldSpec]:
    """Return the fields of a register that hold the name of somebody the inspector may not know."""
    return [
        spec
        for spec in register.fields.values()
        if isinstance(spec.field, PersonNameField) and spec.secret is Secrecy.NAME
    ]


def is_source(register: Register) -> bool:
    """Return whether the masker reads this register beside the known names."""
    return register.office or bool(_public_fields(register))


def _public_fields(register: Register) -> list[FieldSpec]:
    specs = register.fields.values()
    return [s for s in specs if s.public or (s.secret is Secrecy.OPEN and _is_phone(s))]


def _is_phone(spec: FieldSpec) -> bool:
    return isinstance(spec.field, PhoneField)


def names_written(
    register: Register, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[tuple[str, int]]:
    """Return (name, child) of every name of a family that a write brings in."""
    if not register.own_contacts:
        return []
    child = child_of(register, after)
    assert child is not None
    return [
        (after[spec.name], child)
        for spec in name_fields(register)
        if after.get(spec.name)
        and after[spec.name] != before.get(spec.name)
        and names_somebody(after[spec.name])
    ]


def names_somebody(name: str) -> bool:
    """Return whether what was typed for a name is one, and not only 奶奶."""
    return len(squeezed(name)) > 1 and not _KIN.fullmatch(squeezed(name))


def note(names: Sequence[tuple[str, int]]) -> None:
    """Add names to those known; runs inside the transaction that writes them."""
    told = [{"name": name, "child_id": child} for name, child in dict.fromkeys(names)]
    for start in range(0, len(told), 400):
        KnownName.insert_many(told[start : start + 400]).on_conflict_ignore().execute()


def fill() -> None:
    """Learn the names of a school that kept records before they were: those of today and earlier.

    Earlier names stand in the chain of changes.
    """
    if KnownName.select().exists():
        return
    for register in [one for one in REGISTERS.values() if one.own_contacts]:
        owners: dict[int, int] = {}
        names: list[tuple[str, int]] = []
        for record in rows(SYSTEM, register, deleted=None):
            owners[record.id] = child_of(register, record.__data__) or 0
            names += names_written(register, {}, record.__data__)
        entries: Any = AuditEntry.select(AuditEntry.record_id, AuditEntry.payload)
        for number, payload in entries.where(AuditEntry.register == register.slug).tuples():
            changes = json.loads(payload or "{}").get("changes", {})
            for spec in name_fields(register):
                told = [name for name in changes.get(spec.name, ()) if name]
                names += [(n, owners.get(number, 0)) for n in told if names_somebody(n)]
        note(names)


def pending() -> frozenset[str]:
    """Return the characters of the names that open search texts may still hold."""
    return calendar.remember("pending names", _read_pending)  # type: ignore[no-any-return]


def _read_pending() -> frozenset[str]:
    query: Any = KnownName.select(KnownName.name).where(~KnownName.searched)
    return frozenset("".join(squeezed(name) for (name,) in query.tuples()).lower())


# ---- the masker ---------------------------------------------------------------------------------


class Masker:
    """All that is known of names and public numbers, ready to be found in texts."""

    def __init__(
        self,
        names: Iterable[tuple[str, int]],
        office: Iterable[tuple[str, date | None, date | None]],
        public: Collection[str],
    ) -> None:
        """`names` are (name, child), `office` (name, first day, last day), `public` are digits."""
        self._owners: dict[str, set[int]] = {}
        for name, child in names:
            self._owners.setdefault(squeezed(name), set()).add(child)
        self._office: dict[str, list[tuple[date, date]]] = {}
        for name, first, last in office:
            span = (first or date.min, last or date.max)
            self._office.setdefault(squeezed(name), []).append(span)
        self._words = {name for name in self._owners if is_ordinary_word(name)}
        self._given: dict[str, set[int]] = {}
        for name, children in self._owners.items():
            self._given.setdefault(given_name(name), set()).update(children)
        self._index = NameIndex([*self._owners, *self._office])
        self._given_index = NameIndex(self._given)
        self.public = frozenset(public)

    @property
    def words(self) -> frozenset[str]:
        """The known names that are ordinary words too."""
        return frozenset(self._words)

    @property
    def has_doubtful(self) -> bool:
        """Whether some name is masked only where its owner is concerned."""
        return bool(self._words or self._owners.keys() & self._office.keys())

    def names(
        self,
        text: str,
        day: date | None,
        *,
        children: Collection[int] = (),
        unmasked: Collection[int] = (),
        also: Iterable[str] = (),
    ) -> str:
        """Return the text with the names in it masked.

        `children` are those its record concerns, `unmasked` those whose families are shown
        plainly in records about them, `also` further names. `day` None asks as strictly as can
        be: what is masked in any text is masked in this one.
        """
        hidden: list[Found] = []
        kept: list[Found] = []
        for found in self._index.find(text):
            (hidden if self._hides(text, found, day, children, unmasked) else kept).append(found)
        further = [name for name in also if names_somebody(name)]
        if further:
            known = {name for _start, _end, name in kept}
            hidden += [one for one in NameIndex(further).find(text) if one[2] not in known]
        masks = [(start, end, mask_name(name)) for start, end, name in hidden]
        # Teachers call a child by the given name; of that nothing is left.
        called = self._called(text, children, unmasked)
        masks += [(start, end, MASKED) for start, end, _name in called]
        masks = [mask for mask in masks if not any(_within(mask, other) for other in kept)]
        return masked_at(text, masks)

    def _called(
        self, text: str, children: Collection[int], unmasked: Collection[int]
    ) -> Iterator[Found]:
        """Yield the given names that mean a child the text is about, or plainly a person."""
        for found in self._given_index.find(text):
            owners = self._given[found[2]]
            mine = owners.intersection(children)
            if mine.intersection(unmasked):
                continue
            if mine or is_person_at(text, found[0], found[1]):
                yield found

    def _hides(
        self,
        text: str,
        found: Found,
        day: date | None,
        children: Collection[int],
        unmasked: Collection[int],
    ) -> bool:
        start, end, name = found
        owners = self._owners.get(name)
        if owners is None:
            return False
        concerned = not owners.isdisjoint(children)
        if concerned or day is None:
            return not any(one in owners and one in children for one in unmasked)
        if any(first <= day <= last for first, last in self._office.get(name, ())):
            return False
        return name not in self._words or is_person_at(text, start, end)

    def left_words(self, text: str, day: date, children: Collection[int] = ()) -> set[str]:
        """Return the names in a text that stay because they are ordinary words too."""
        return {
            found[2]
            for found in self._index.find(text)
            if found[2] in self._words and not self._hides(text, found, day, children, ())
        }


def _within(one: Found, other: Found) -> bool:
    """Return whether a name is only part of a longer one that stays."""
    return other[0] <= one[0] and one[1] <= other[1] and other[:2] != one[:2]


def masker() -> Masker:
    """Return the masker of the school as it is, kept until a name or a public number changes."""
    return calendar.remember("masker", _build)  # type: ignore[no-any-return]


def _build() -> Masker:
    office: list[tuple[str, date | None, date | None]] = []
    public: set[str] = set()
    for register in REGISTERS.values():
        if register.office:
            office.extend(_in_office(register))
        columns = [getattr(register.model, spec.name) for spec in _public_fields(register)]
        for row in rows(SYSTEM, register).select(*columns).tuples() if columns else ():
            public |= {number for text in row for number in _numbers(text)}
    names: Any = KnownName.select(KnownName.name, KnownName.child_id)
    return Masker(names.tuples(), office, public)


def _in_office(register: Register) -> Iterable[tuple[str, date | None, date | None]]:
    model = register.model
    name = next(s.name for s in register.fields.values() if isinstance(s.field, PersonNameField))
    first, last = (getattr(model, edge) for edge in register.span)
    return rows(SYSTEM, register).select(getattr(model, name), first, last).tuples()  # type: ignore[no-any-return]


def _numbers(text: str | None) -> Iterable[str]:
    """Return the digits of each number in a text, as they stand and without an area code."""
    for part in re.split(r"[;；,，、/\s]+", text or ""):
        digits = "".join(char for char in part if char.isdigit())
        if len(digits) > 4:
            yield digits
            yield "".join(char for char in part.rpartition("-")[2] if char.isdigit())


class TextMask:
    """Masks texts for one reader; whoever reads names plainly gets every text as it is."""

    def __init__(self, reader: Actor) -> None:
        """`reader` is whom the texts are for."""
        self.masks = reader.role == INSPECTOR
        self.reader = reader
        self.masker = masker() if self.masks else None

    def __call__(self, text: str, also: Iterable[str] = (), children: Collection[int] = ()) -> str:
        """Return a text of a record about `children` as the reader may see it.

        `also` are further names to mask, those typed on the record itself.
        """
        if self.masker is None or not text:
            return text
        unmasked = self.reader.unmasked
        text = self.masker.names(
            text, self.reader.today, children=children, unmasked=unmasked, also=also
        )
        # A drawn child is shown plainly for a while, but identity numbers never are.
        plain = bool(children) and unmasked >= set(children)
        return mask_details(text, self.masker.public, identity_alone=plain)


def mask_details(text: str, public: Collection[str] = (), *, identity_alone: bool = False) -> str:
    """Mask numbers and what lies below the village, or the identity numbers alone."""
    if identity_alone:
        return mask_numbers(text, public, identity_alone=True)
    return mask_places(mask_numbers(text, public))


def for_search(text: str, children: Collection[int], also: Iterable[str] = ()) -> str:
    """Return a text as it may be searched by any masked reader, whoever is in office that day."""
    kept = masker()
    return mask_details(kept.names(text, None, children=children, also=also), kept.public)
