"""Field types of the school's records, on top of peewee's own.

A type says what a value is; `converters` says how it is read and shown; the declaration's
line (`col`) says what it is called and where it appears.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from peewee import (
    CharField,
    DateField,
    DateTimeField,
    Field,
    ForeignKeyField,
    IntegerField,
    TextField,
    VirtualField,
)

from models.core.codes import CodeTable
from models.core.errors import BadDeclaration


class Secrecy(Enum):
    """How far a field is open; `models.core.gates` turns it into show, mask or hide per actor."""

    OPEN = "open"
    NAME = "name"  # masked for the inspector
    ADDRESS = "address"  # masked to the village for the inspector
    PHONE = "phone"  # plain for clerk, leadership and teachers of own children
    IDENTITY = "identity"  # masked for all; revealed with a reason
    PRIVATE = "private"  # hidden from the inspector
    SEALED = "sealed"  # shown to the counsellor alone, kept encrypted
    INTERNAL = "internal"  # shown to nobody; written by the product
    UNJUDGED = "unjudged"  # not said: open once it is judged so (kept/judged.txt), else private


OPEN = Secrecy.OPEN
NAME = Secrecy.NAME
ADDRESS = Secrecy.ADDRESS
PHONE = Secrecy.PHONE
IDENTITY = Secrecy.IDENTITY
PRIVATE = Secrecy.PRIVATE
SEALED = Secrecy.SEALED


class PersonNameField(CharField):
    """A person's name; full Unicode, inner spaces and dot variants normalised."""


class IdNumberField(CharField):
    """A resident's identity number (GB 11643-1999), stored upper-case."""


class SchoolNumberField(CharField):
    """A national pupil number (全国学籍号): G, J or L and 18 more characters."""


class TitledField(CharField):
    """A code the product gives, a register's or a duty's: stored as such, shown by its title."""

    def __init__(self, kind: str, **more: Any) -> None:
        super().__init__(**more)
        self.kind = kind


class PhoneField(CharField):
    """One telephone number, normalised."""


class MoneyField(IntegerField):
    """An amount of money, stored in fen."""


class ScaledField(IntegerField):
    """A decimal number, stored as an integer scaled by `decimals` places."""

    def __init__(self, decimals: int = 1, **kwargs: Any) -> None:
        self.decimals = decimals
        super().__init__(**kwargs)


class MinutesField(IntegerField):
    """A span of time in minutes."""


class ExactMomentField(DateTimeField):
    """A moment that is typed and shown to the second, where minutes are counted from it."""


class DurationField(IntegerField):
    """A time run in a test, stored in seconds; never read from a decimal number."""


class MonthField(CharField):
    """A calendar month, stored as 2025-10."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 7)
        super().__init__(**kwargs)


Vocabulary = CodeTable | Sequence[str]


def words_of(vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return the words of a code table or of a list of words, in order."""
    if isinstance(vocabulary, CodeTable):
        return tuple(label for _code, label in vocabulary)
    return tuple(vocabulary)


class WordField(CharField):
    """One of a closed list of Chinese words; the word itself is stored.

    Given a code table, its synonyms and national codes are understood on the way in.
    """

    def __init__(self, words: Vocabulary, **kwargs: Any) -> None:
        self.table = words if isinstance(words, CodeTable) else None
        self.words = words_of(words)
        kwargs.setdefault("max_length", 40)
        super().__init__(choices=[(word, word) for word in self.words], **kwargs)


class WordsField(TextField):
    """Several of a closed list of Chinese words, stored as 、-joined text between two 、."""

    def __init__(self, words: Vocabulary, **kwargs: Any) -> None:
        self.table = words if isinstance(words, CodeTable) else None
        self.words = words_of(words)
        super().__init__(**kwargs)


class Link(ForeignKeyField):
    """A reference to a record of another register; never cascades."""

    def __init__(self, model: Any, **kwargs: Any) -> None:
        kwargs.setdefault("on_delete", "RESTRICT")
        kwargs.setdefault("lazy_load", False)
        kwargs.setdefault("backref", "+")
        super().__init__(model, **kwargs)


@dataclass(frozen=True)
class FieldSpec:
    """All that one declaration line says about a field.

    `list` and `short` are 1-based positions (0: not shown there); `width` is in characters and
    serves Excel and, scaled, the printed book; `wanted` fields may be missing but then the record
    counts as incomplete; `show_if` is "field=value|value" or "field!=value" and hides the field in
    forms otherwise; `wanted_if` narrows a wanted field to the records it is asked of; `of` names a
    link of the same record: what is picked must belong to the same one (a parent of the record's
    child); `computed` works the value out of the record at every save, so that it can be filtered,
    summed and counted, and nobody types it; `as_saved` marks one that keeps
    what was true of other records then: all others follow from the record alone, and are set right
    where they do not (models.core.computed); `public` says that what stands in it is everybody's
    (the school's own number and address) and masked for nobody; `finds` is what a link in dated
    rows of a child is called where lists about children are narrowed by it; `place` marks the link
    that says at which village point a row stands (models.core.places): shown where there is one.
    """

    name: str
    label: str
    field: Any = field(repr=False, compare=False, default=None)
    help: str = ""
    wanted: bool = False
    list: int = 0
    short: int = 0
    filter: bool = False
    search: bool = False
    sort: bool = True
    secret: Secrecy = Secrecy.UNJUDGED
    section: str = ""
    width: int = 0
    show_if: str = ""
    readonly: bool = False
    default: Any = None
    synonyms: tuple[str, ...] = ()
    unit: str = ""
    roster: bool = False
    sum: bool = False
    of: str = ""
    wanted_if: str = ""
    computed: Callable[[Any], Any] | None = None
    as_saved: bool = False
    public: bool = False
    finds: str = ""
    place: bool = False

    @property
    def required(self) -> bool:
        """Whether a record cannot be saved without it."""
        return not self.field.null and self.field.default is None and not self.readonly

    @property
    def never_empty(self) -> bool:
        """Whether the field always holds something: a default stands where nothing was said."""
        return not self.field.null and self.field.default not in (None, "")

    @property
    def conditions(self) -> tuple[str, str]:
        """Under which the field is asked of a record, as declared; "" asks nothing."""
        return self.show_if, self.wanted_if

    @property
    def target(self) -> Any | None:
        """The model a link points to, else None."""
        return self.field.rel_model if isinstance(self.field, ForeignKeyField) else None

    @property
    def asked(self) -> str:
        """What a person is told who left the field empty."""
        picked = isinstance(self.field, (ForeignKeyField, WordField, WordsField))
        return f"请{'选择' if picked else '填写'}{self.label}"

    def named(self, name: str) -> FieldSpec:
        """Return the spec with the attribute name the class gave it."""
        return replace(self, name=name)


class SealedField(VirtualField):
    """A field that is no column: its value lives in the encrypted payload alone.

    In every query it reads as NULL, so that nothing can select, filter, sort or count by it.
    """

    def __init__(self, spec: FieldSpec) -> None:
        self.spec = spec
        super().__init__()

    def __sql__(self, ctx: Any) -> Any:
        """Write NULL into the query."""
        return ctx.literal("NULL")


_SECRECY_OF_TYPE: tuple[tuple[type[Field], Secrecy], ...] = (
    (IdNumberField, IDENTITY),
    (SchoolNumberField, IDENTITY),
    (PhoneField, PHONE),
)


def paper_day() -> Any:
    """Declare the day a record was handed in on paper (纸质); only the weekly sheet writes it."""
    return col(DateField(null=True), "纸质上交日期", readonly=True, secret=OPEN)


def col(declared: Any, label: str, **said: Any) -> Any:
    """Declare one field of a register: a peewee field, its Chinese label, and where it appears.

    A field declared SEALED becomes a `SealedField`. Raises BadDeclaration when a key is not one of
    `FieldSpec`'s.
    """
    if "secret" not in said:
        for kind, secrecy in _SECRECY_OF_TYPE:
            if isinstance(declared, kind):
                said["secret"] = secrecy
    if "computed" in said:
        said["readonly"] = True
    try:
        declared.spec = FieldSpec(name="", label=label, field=declared, **said)
    except TypeError as error:
        raise BadDeclaration(f"字段“{label}”的声明有误：{error}") from error
    return SealedField(declared.spec) if declared.spec.secret is SEALED else declared
