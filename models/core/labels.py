"""Naming records: one query gives the names of every linked record on a page.

A child is named with its class; for the inspector names are masked. Links print as names
everywhere, also where the linked record itself lies outside the actor's rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import add
from typing import Any

from peewee import DateTimeField, TextField, Value, fn

from models.core.actor import Actor
from models.core.boxes import INSPECTOR
from models.core.converters import show
from models.core.database import mark
from models.core.fields import Secrecy
from models.core.masking import TextMask
from models.core.register import OWN_ROW, Register, register_of
from models.core.values import mask_name
from models.core.whose import about

# So many signs of a moment's text tell it to the minute.
TO_THE_MINUTE = len("2026-09-01 16:30")

Labels = dict[tuple[str, int], str]


def labels(actor: Actor, wanted: Mapping[Register, Iterable[int]]) -> Labels:
    """Return {(slug, id): name} for the wanted ids of each register, in one query."""
    parts = [_part(declared, set(ids)) for declared, ids in wanted.items() if ids]
    if not parts:
        return {}
    query = reduce(add, parts)  # peewee: + is UNION ALL
    by_slug = {declared.slug: declared for declared in wanted}
    mask = TextMask(actor)
    return {
        (slug, record_id): _shown(actor, by_slug[slug], record_id, text or "", mask)
        for slug, record_id, text in query.tuples()
    }


def _part(declared: Register, ids: set[int]) -> Any:
    model = declared.model
    return model.select(
        Value(declared.slug).alias("slug"), model.id.alias("id"), label_of(declared).alias("label")
    ).where(mark(declared.table), model.id.in_(ids))


def label_of(declared: Register) -> Any:
    """Return the SQL expression of a record's own label (links in a label are left out)."""
    model = declared.model
    columns = [
        _said(getattr(model, name))
        for name in declared.label
        if declared.fields[name].target is None
    ]
    if not columns:
        return model.id.cast("TEXT")
    # Without coerce(False) peewee would read a lone date's text back into a date.
    first, *rest = [fn.COALESCE(column, "").coerce(False) for column in columns]
    joined: Any = first
    for part in rest:
        joined = joined.concat(" ").concat(part)
    return joined


def _said(column: Any) -> Any:
    """Return a column as text; a moment without its seconds, as everywhere else."""
    text = column.cast("TEXT")
    return fn.SUBSTR(text, 1, TO_THE_MINUTE) if isinstance(column, DateTimeField) else text


def _shown(actor: Actor, declared: Register, record_id: int, text: str, mask: TextMask) -> str:
    if actor.role != INSPECTOR or (about(declared) == OWN_ROW and record_id in actor.unmasked):
        return text
    # Free text may name a child; here is nobody to ask which, so the record goes by its number.
    if any(type(declared.fields[name].field) is TextField for name in declared.label):
        return f"第{record_id}号"
    named = any(declared.fields[name].secret is Secrecy.NAME for name in declared.label)
    return mask_name(text) if named else mask(text)


def own_label(declared: Register, record: Any) -> str:
    """Return a record's label from its own values, links left out."""
    texts = [
        show(spec.field, record.__data__.get(spec.name))
        for spec in (declared.fields[name] for name in declared.label)
        if spec.target is None
    ]
    return " ".join(text for text in texts if text) or f"第{record.id}号"


def linked(
    declared: Register, records: Iterable[Any], names: Iterable[str]
) -> dict[Register, set[int]]:
    """Return which ids of which registers the named links of the records point to."""
    wanted: dict[Register, set[int]] = {}
    chosen = [spec for spec in declared.links if spec.name in set(names)]
    for record in records:
        for spec in chosen:
            value = record.__data__.get(spec.name)
            if value is not None:
                wanted.setdefault(register_of(spec.target), set()).add(value)
    return wanted
