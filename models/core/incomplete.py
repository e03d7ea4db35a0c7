"""Which records lack something, as a condition of a query: the SQL twin of `missing_wanted`."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

from peewee import BooleanField, CharField, TextField

from models.core.conditions import EVERYTHING, NOTHING
from models.core.fields import FieldSpec, WordsField
from models.core.gates import every_row
from models.core.register import Register, asked_field, model_of, register_of

_TEXTS = (CharField, TextField)


def incomplete(register: Register) -> Any:
    """Return the condition that a record lacks a wanted field or wanted evidence.

    Sealed values are no columns; what they lack cannot be asked here.
    """
    parts = [
        _is_empty(register, spec)
        & condition(register, spec.show_if)
        & condition(register, spec.wanted_if)
        for spec in register.fields.values()
        if spec.wanted and spec.name in register.model._meta.fields
    ]
    parts += [
        ~register.model.id.in_(_records_with(register, kind)) & condition(register, said)
        for kind, said in register.wants.items()
    ]
    return reduce(or_, parts, NOTHING)


def condition(register: Register, said: str) -> Any:
    """Return a declared condition ("kind=月|学期", "left_on!=") as `validation.holds` judges it."""
    if not said:
        return EVERYTHING
    spec = register.fields[asked_field(said)]
    if spec.name not in register.model._meta.fields:
        return EVERYTHING
    words = said.partition("=")[2].split("|")
    met = reduce(or_, [_says(register, spec, word) for word in words])
    return ~met if "!=" in said else met


def _says(register: Register, spec: FieldSpec, word: str) -> Any:
    column = getattr(register.model, spec.name)
    if not word:
        return _is_empty(register, spec)
    if isinstance(spec.field, WordsField):
        said = column.contains(f"、{word}、")
    elif isinstance(spec.field, BooleanField):
        said = column == (word == "True")
    else:
        said = column == word
    # Never NULL, so that its negation holds for an empty field.
    return column.is_null(False) & said


def _is_empty(register: Register, spec: FieldSpec) -> Any:
    column = getattr(register.model, spec.name)
    empty = column.is_null(True)
    return empty | (column == "") if isinstance(spec.field, _TEXTS) else empty


def _records_with(register: Register, kind: str) -> Any:
    photo = model_of("photo")
    return (
        every_row(register_of(photo))
        .select(photo.record_id)
        .where(photo.register == register.slug, photo.evidence == kind)
    )
