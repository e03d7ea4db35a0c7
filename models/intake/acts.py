"""Acts on file already: one pupil, one time, one teacher and the same text are one act.

With a time of day that is decided; without one two equal acts of a day may be two, and the clerk
is asked. A record about no pupil, or a row without any text, is the same act only when everything
the row says stands on file.
"""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from peewee import CharField, TextField

from models.core.converters import clean
from models.core.errors import BadValue
from models.core.fields import (
    IdNumberField,
    MonthField,
    PersonNameField,
    PhoneField,
    SchoolNumberField,
    WordField,
    WordsField,
)
from models.core.register import Register
from models.core.values import plain
from models.intake.columns import pupil_link
from models.intake.values import RowValues

ON_FILE = "这件事已经登记过，没有再登记一条"
ALIKE = (
    "与已登记的一条内容相同，又没有写几点，分不清是不是同一件事，请在“内容相同、没有写几点的”里选"
)
TWICE = "与第 {row} 行内容相同，分不清是不是同一件事，请在“内容相同、没有写几点的”里选"
_SHORT = (
    WordField,
    WordsField,
    MonthField,
    PersonNameField,
    PhoneField,
    IdNumberField,
    SchoolNumberField,
)

Said = dict[str, Any]


def said_of(register: Register, row: RowValues) -> Said | None:
    """Return {field: stored value} of what a row says, None when a cell cannot be read."""
    said: Said = {}
    for name, raw in row.values.items():
        spec = register.fields.get(name)
        if spec is None or spec.computed is not None:
            continue
        try:
            value = clean(spec.field, raw)
        except BadValue:
            return None
        if value not in (None, ""):
            said[name] = value
    return said


def telling(register: Register, said: Said) -> set[str]:
    """Return the fields that make what a row says one act: whose, when, by whom, in what words."""
    texts = {name for name in said if _is_text(register.fields[name].field)}
    if pupil_link(register) is None or not texts:
        return set(said)
    links = {spec.name for spec in register.links}
    return texts | {name for name in said if name in links or name == register.happened}


def is_same(register: Register, said: Said, record: Any) -> bool:
    """Return whether the record on file is the act the row tells of.

    A text that was added to the list later is no other act, as long as one text is the same.
    """
    stored, names = record.__data__, telling(register, said)
    texts = {name for name in names if _is_text(register.fields[name].field)}
    if pupil_link(register) is None or not texts:
        return all(_equal(said[name], stored.get(name)) for name in names)
    written = {name for name in texts if stored.get(name) not in (None, "")}
    return bool(written) and all(
        _equal(said[name], stored.get(name)) for name in names - (texts - written)
    )


def mark_of(register: Register, said: Said) -> tuple[tuple[str, Any], ...]:
    """Return what two rows of one file have in common when they tell of the same act."""
    return tuple(sorted((name, _folded(said[name])) for name in telling(register, said)))


def has_hour(moment: Any) -> bool:
    """Return whether an act's time says more than its day."""
    return isinstance(moment, datetime) and moment.time() != time()


def _is_text(declared: Any) -> bool:
    return isinstance(declared, (CharField, TextField)) and not isinstance(declared, _SHORT)


def _equal(said: Any, stored: Any) -> bool:
    return bool(said == stored or _folded(said) == _folded(stored))


def _folded(value: Any) -> Any:
    """A text without its blanks and width differences; anything else as text of its own kind."""
    return plain(value).replace(" ", "") if isinstance(value, str) else repr(value)
