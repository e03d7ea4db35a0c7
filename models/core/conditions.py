"""A condition on a record: one language for whoever asks one, in SQL or of a record in memory.

A condition is a table; every line of it must hold:

    { manner = "入户", met = ["祖父母", "外祖父母"], photo = true, volunteer__kind = "编外家长" }

On the left stands a field; `link__field`, a field of the living record that a link points to; a
kind of attachment of the register; or a register of its lines. On the right stands

- a word, a number, true or false of a yes-or-no field: equal to it. A field of several words holds
  it among others; numbers are written as they are typed in a form (yuan, 12.5);
- a list: equal to any of them;
- true or false of anything else: filled or empty, there or not there;
- a table that says more (`Asks`): `{ at_least = 3 }`, `{ none_of = ["无"] }`.

Empty means one thing: nothing stored, blank text, an empty list. No and nought are answers, and so
is the word 无. `converters.clean` stores what is blank as nothing, so SQL looks for no spaces. What
is empty meets nothing but `false`, `filled = false` and `none_of`.

A declaration's line writes its condition as text, which the browser reads too ("kind=月|学期",
"left_on!=", "entrusted=True", "difference!=0"): `read` turns it into the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache, reduce
from operator import and_, eq, ge, le, ne, or_
from typing import Annotated, Any

from msgspec import Meta
from peewee import BooleanField, CharField, DateTimeField, IntegerField, TextField, fn

from models.core.converters import clean, is_blank, words_of
from models.core.database import EVERYTHING, mark, within
from models.core.errors import BadDeclaration
from models.core.fields import FieldSpec, WordField, WordsField
from models.core.register import REGISTERS, Register, line_registers, model_of, register_of
from models.core.toml import Declared, FieldName, Text

Word = str | int | bool
Words = Annotated[list[Word], Meta(min_length=1)]


class Asks(Declared, frozen=True):
    """What is asked of one name, where a value, a list, true or false do not say it.

    Every key given must hold. `at_least` and `at_most` bound a number, or how many attachments or
    lines there are (one at least where nothing else is said); `where` says which lines count.
    `contains` is looked for anywhere in a text. The last four name another field of the record:
    both must be filled, and days are compared where either is a date.
    """

    any_of: tuple[Word, ...] = ()
    none_of: tuple[Word, ...] = ()
    filled: bool | None = None
    at_least: int | None = None
    at_most: int | None = None
    contains: Text | None = None
    where: dict[FieldName, Word | Words | Asks] = {}
    equal_to: FieldName | None = None
    other_than: FieldName | None = None
    not_before: FieldName | None = None
    not_after: FieldName | None = None

    def __hash__(self) -> int:
        """Return a hash of what is said, for the table within has none of its own."""
        return hash(repr(self))


Condition = Mapping[str, Word | list[Word] | Asks]
_COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "equal_to": eq,
    "other_than": ne,
    "not_before": ge,
    "not_after": le,
}
_BOUNDS: dict[str, Callable[[Any, Any], Any]] = {"at_least": ge, "at_most": le}
_COUNTING = frozenset({"filled", "at_least", "at_most", "where"})


def living(register: Register) -> Any:
    """Return the query of a register's living rows; for conditions alone, which no one reads."""
    model = register.model
    return model.select().where(mark(register.table), model.deleted_at.is_null(True))


def condition(register: Register, where: Condition) -> Any:
    """Return the SQL condition that a record of `register` meets `where`."""
    parts = [_part(register, name, asked) for name, asked in where.items()]
    return reduce(and_, parts, EVERYTHING)


def filled(register: Register, name: str) -> Any:
    """Return the SQL condition that a field is filled in, or an attachment or line is there."""
    return _part(register, name, Asks(filled=True))


def holds(register: Register, where: Condition, record: Any) -> bool:
    """Return whether a record, saved or not, meets `where`: `condition` for one in memory."""
    return all(_holds(register, name, asked, record) for name, asked in where.items())


def applies(register: Register, spec: FieldSpec, record: Any) -> bool:
    """Return whether a conditional field is shown and asked of the record."""
    return all(holds(register, read(register, said), record) for said in spec.conditions)


def registers_looked_at(register: Register, where: Condition) -> Iterator[str]:
    """Yield the slugs of the registers that a condition looks at besides the record's own."""
    for name, asked in where.items():
        link, _, inner = name.partition("__")
        spec = register.fields.get(link)
        lines = _lines(register, name) if spec is None else None
        if lines is not None:
            yield lines.slug
            yield from registers_looked_at(lines, asked.where if isinstance(asked, Asks) else {})
        elif spec is None:
            yield register_of(model_of("photo")).slug
        elif inner:
            target = register_of(spec.target)
            yield target.slug
            yield from registers_looked_at(target, {inner: asked})


def is_filled(record: Any, name: str) -> bool:
    """Return whether a record's field is filled in."""
    return not is_blank(record.__data__.get(name))


@cache
def read(register: Register, text: str) -> Condition:
    """Return the condition that a declaration's line writes as text, {} for ""."""
    if not text:
        return {}
    name, _, said = text.partition("=")
    negated, name = name.endswith("!"), name.removesuffix("!")
    if not said:
        return {name: Asks(filled=negated)}
    field = register.fields[name].field if name in register.fields else None
    words = tuple(_word(field, word) for word in said.split("|"))
    return {name: Asks(none_of=words) if negated else Asks(any_of=words)}


def _word(field: Any, text: str) -> Word:
    if isinstance(field, BooleanField) and text in ("True", "False"):
        return text == "True"
    number = isinstance(field, IntegerField) and text.lstrip("-").isdigit()
    return int(text) if number else text


# ---- SQL ---------------------------------------------------------------------------------------


def _asks(spec: FieldSpec | None, asked: Any) -> Asks:
    """Return a short value in full."""
    if isinstance(asked, Asks):
        return asked
    if isinstance(asked, bool) and (spec is None or not isinstance(spec.field, BooleanField)):
        return Asks(filled=asked)
    return Asks(any_of=tuple(asked) if isinstance(asked, list) else (asked,))


def _part(register: Register, name: str, asked: Any) -> Any:
    link, _, inner = name.partition("__")
    spec = register.fields.get(link)
    if spec is None:
        numbers, default = _counted(register, name, _asks(None, asked))
        return default(within(register.model.id, numbers))
    if inner:
        target = register_of(spec.target)
        inside = living(target).where(_part(target, inner, asked)).select(target.model.id)
        return within(getattr(register.model, link), inside)
    return reduce(and_, _tests(register, spec, _asks(spec, asked)), EVERYTHING)


def _tests(register: Register, spec: FieldSpec, asked: Asks) -> Iterator[Any]:
    column = getattr(register.model, spec.name)
    present = column.is_null(False)
    if isinstance(spec.field, CharField | TextField):
        present &= column != ""
    if asked.any_of:
        yield _any_of(spec, column, asked.any_of)
    if asked.none_of:
        yield ~(present & _any_of(spec, column, asked.none_of))
    if asked.filled is not None:
        yield present if asked.filled else ~present
    for key, compare in _BOUNDS.items():
        bound = getattr(asked, key)
        if bound is not None:
            yield compare(column, clean(spec.field, bound))
    if asked.contains is not None:
        yield column.contains(asked.contains)
    for key, compare in _COMPARED.items():
        other = getattr(asked, key)
        if other is not None:
            there = getattr(register.model, other)
            by_day = isinstance(column, DateTimeField) != isinstance(there, DateTimeField)
            # The first ten characters of a moment are its day, in either database.
            mine, others = (
                fn.SUBSTR(one.cast("TEXT"), 1, 10) if by_day else one for one in (column, there)
            )
            yield present & filled(register, other) & compare(mine, others)


def _any_of(spec: FieldSpec, column: Any, words: tuple[Word, ...]) -> Any:
    if isinstance(spec.field, WordsField):
        return reduce(or_, [column.contains(f"、{word}、") for word in words])
    stored = [_stored(spec, word) for word in words]
    return column.in_(stored) if len(stored) > 1 else column == stored[0]


def _stored(spec: FieldSpec, word: Word) -> Any:
    """Return a word of a condition as the field stores it."""
    return word if isinstance(spec.field, WordField | WordsField) else clean(spec.field, word)


def _counted(register: Register, name: str, asked: Asks) -> tuple[Any, Callable[[Any], Any]]:
    """Return a query of numbers of records by their lines or attachments, and whether in or not."""
    query, owner = _attached(register, name, asked.where)
    grouped = query.select(owner).group_by(owner)
    count = fn.COUNT(owner)
    if asked.filled is False:
        return grouped, lambda inside: ~inside
    if not asked.at_least and asked.at_most is not None:
        return grouped.having(count > asked.at_most), lambda inside: ~inside
    if (asked.at_least or 1) > 1:
        grouped = grouped.having(count >= asked.at_least)
    if asked.at_most is not None:
        grouped = grouped.having(count <= asked.at_most)
    return grouped, lambda inside: inside


def _attached(register: Register, name: str, where: Condition) -> tuple[Any, Any]:
    """Return the living lines or attachments of that name, and the column of whose they are."""
    if name in register.evidence:
        photo = model_of("photo")
        kept = living(register_of(photo))
        return kept.where(photo.register == register.slug, photo.evidence == name), photo.record_id
    lines = _lines(register, name)
    assert lines is not None, f"{register.slug} has no {name}"
    return living(lines).where(condition(lines, where)), getattr(lines.model, lines.parent)


def _lines(register: Register, name: str) -> Register | None:
    return next((lines for lines in line_registers(register) if lines.slug == name), None)


# ---- a record in memory ------------------------------------------------------------------------


def _holds(register: Register, name: str, asked: Any, record: Any) -> bool:
    link, _, inner = name.partition("__")
    spec = register.fields.get(link)
    if spec is None:
        return _holds_attached(register, name, _asks(None, asked), record)
    value = record.__data__.get(link)
    if inner:
        target = register_of(spec.target)
        pointed = living(target).where(target.model.id == value, _part(target, inner, asked))
        return value is not None and bool(pointed.exists())
    return all(_tried(register, spec, _asks(spec, asked), record, value))


def _tried(
    register: Register, spec: FieldSpec, asked: Asks, record: Any, value: Any
) -> Iterator[bool]:
    present = not is_blank(value)
    if asked.any_of:
        yield present and _is_one_of(spec, value, asked.any_of)
    if asked.none_of:
        yield not (present and _is_one_of(spec, value, asked.none_of))
    if asked.filled is not None:
        yield present is asked.filled
    for key, compare in _BOUNDS.items():
        bound = getattr(asked, key)
        if bound is not None:
            yield present and compare(value, clean(spec.field, bound))
    if asked.contains is not None:
        yield present and asked.contains.lower() in value.lower()
    for key, compare in _COMPARED.items():
        name = getattr(asked, key)
        if name is not None:
            other = record.__data__.get(name)
            yield present and not is_blank(other) and compare(*_comparable(value, other))


def _is_one_of(spec: FieldSpec, value: Any, words: tuple[Word, ...]) -> bool:
    held = words_of(value) if isinstance(spec.field, WordsField) else [value]
    return any(_stored(spec, word) in held for word in words)


def _comparable(*values: Any) -> list[Any]:
    """Return a moment beside a date as its day."""
    if all(isinstance(value, datetime) for value in values):
        return list(values)
    return [value.date() if isinstance(value, datetime) else value for value in values]


def _holds_attached(register: Register, name: str, asked: Asks, record: Any) -> bool:
    query, owner = _attached(register, name, asked.where)
    count = query.where(owner == record.id).count() if record.id else 0
    if asked.filled is False:
        return bool(count == 0)
    least = asked.at_least if asked.at_least is not None else 1 if asked.at_most is None else 0
    return bool(least <= count <= (count if asked.at_most is None else asked.at_most))


# ---- wrong declarations ------------------------------------------------------------------------


def faults(register: Register, where: Condition) -> Iterator[tuple[Register, str, str]]:
    """Yield what of a condition a register cannot answer: the register, the name and why."""
    for name, asked in where.items():
        link, _, inner = name.partition("__")
        spec = register.fields.get(link)
        if inner and spec is not None:
            if spec.target is None:
                yield register, link, "不是指向另一登记的字段，不能写 __"
            else:
                yield from faults(register_of(spec.target), {inner: asked})
        elif spec is not None:
            yield from ((register, link, why) for why in _wrong(register, spec, _asks(spec, asked)))
        elif name in register.evidence or _lines(register, name) is not None:
            yield from _wrong_count(register, name, _asks(None, asked))
        else:
            yield register, link, "登记里没有这个字段"


def _wrong(register: Register, spec: FieldSpec, asked: Asks) -> Iterator[str]:
    closed = isinstance(spec.field, WordField | WordsField)
    for word in (*asked.any_of, *asked.none_of):
        if closed and word not in spec.field.words:
            yield f"没有“{word}”这个选项"
        elif type(word) is not _kind(spec):
            yield f"值“{word}”的类型不对"
    for key in _BOUNDS:
        if getattr(asked, key) is not None and not isinstance(spec.field, IntegerField):
            yield f"不是数，不能写 {key}"
    if asked.contains is not None and not isinstance(spec.field, CharField | TextField):
        yield "不是文字，不能写 contains"
    if asked.where:
        yield "不是明细登记，不能写 where"
    for other in (getattr(asked, key) for key in _COMPARED):
        if other not in (None, *register.fields):
            yield f"与不存在的字段 {other} 相比"


def _kind(spec: FieldSpec) -> type:
    """Return of which kind a word asked of the field must be."""
    if isinstance(spec.field, BooleanField):
        return bool
    return int if isinstance(spec.field, IntegerField) else str


def _wrong_count(register: Register, name: str, asked: Asks) -> Iterator[tuple[Register, str, str]]:
    for key in asked.__struct_fields__:
        if key not in _COUNTING and getattr(asked, key):
            yield register, name, f"不是字段，不能写 {key}"
    if asked.where:
        lines = _lines(register, name)
        if lines is None:
            yield register, name, "不是明细登记，不能写 where"
        else:
            yield from faults(lines, asked.where)


def check(said_by: str, register: Register, where: Condition) -> None:
    """Refuse a condition on what the register does not have: who wrote it, the register, why."""
    for there, name, why in faults(register, where):
        refuse(said_by, there, name, why)


def check_declared() -> None:
    """Refuse a condition in the text of a declaration that its own register cannot answer."""
    for register in REGISTERS.values():
        texts = [said for spec in register.fields.values() for said in spec.conditions]
        for text in filter(None, (*texts, *register.wants.values())):
            check(f"条件 {text}", register, read(register, text))


def refuse(said_by: str, register: Register, name: str, why: str) -> None:
    """Stop the start, naming who asks, the register and the name."""
    raise BadDeclaration(
        f"{said_by} 引用的登记“{register.title}”（{register.slug}）的 {name}：{why}"
    )
