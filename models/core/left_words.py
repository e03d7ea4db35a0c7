"""Names that are ordinary words too, where texts keep them: for a person to look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

from models.core.fields import FieldSpec, Secrecy
from models.core.gates import every_row, is_free_text
from models.core.masking import masker
from models.core.register import REGISTERS, Register
from models.core.search_text import people_around

# So many characters before and after the name are shown.
AROUND = 12


@dataclass(frozen=True)
class LeftWord:
    """One text that shows a name to masked readers, because it is an ordinary word as well."""

    register: Register
    record: Any
    spec: FieldSpec
    name: str
    excerpt: str


def left_words(day: date, most: int) -> Iterator[LeftWord]:
    """Yield the texts that keep such a name on `day`, at most `most` of them.

    One query for each register, and none where no child is called like a word.
    """
    words, count = sorted(masker().words), 0
    for register in REGISTERS.values() if words else ():
        for left in _in_register(register, words, day):
            if count == most:
                return
            count += 1
            yield left


def _open_texts(register: Register) -> list[FieldSpec]:
    specs = register.fields.values()
    return [spec for spec in specs if spec.secret is Secrecy.OPEN and is_free_text(spec)]


def _in_register(register: Register, words: list[str], day: date) -> Iterator[LeftWord]:
    texts = [] if register.sealed else _open_texts(register)
    if not texts:
        return
    columns = [getattr(register.model, spec.name) for spec in texts]
    holds = reduce(or_, (column.contains(word) for column in columns for word in words))
    records = list(every_row(register).where(holds).order_by(register.model.id.desc()))
    around = people_around(register, records)
    for record in records:
        for spec in texts:
            text = record.__data__.get(spec.name) or ""
            for name in sorted(masker().left_words(text, day, around[record.id].children)):
                yield LeftWord(register, record, spec, name, _excerpt(text, name))


def _excerpt(text: str, name: str) -> str:
    place = max(text.find(name), 0)
    start, end = max(0, place - AROUND), place + len(name) + AROUND
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"
