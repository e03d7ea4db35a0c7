"""The `where` of a duty, checked against the register's declaration and turned into a condition.

A value must be equal, a list means any of, a field that holds several words matches when it holds
one of them. `true` and `false` on a field that is no yes-or-no field mean filled and empty.
`link__field` follows a link. What is no field but holds on a day stands in `derived`.
"""

from __future__ import annotations

from datetime import date
from functools import reduce
from operator import and_, or_
from typing import Any, NoReturn

from peewee import BooleanField, CharField, IntegerField, TextField

from compliance.ordered.declaration import Filter
from compliance.ordered.derived import derived
from models.core.conditions import EVERYTHING
from models.core.database import within
from models.core.errors import BadDeclaration
from models.core.fields import WordField, WordsField
from models.core.gates import every_row
from models.core.register import Register, register_of


def condition(register: Register, where: Filter, on: date = date.max) -> Any:
    """Return the SQL condition that a record of `register` has the values of `where` on a day."""
    parts = [_one(register, name, value, on) for name, value in where.items()]
    return reduce(and_, parts, EVERYTHING)


def filled(register: Register, name: str) -> Any:
    """Return the SQL condition that field `name` is filled in."""
    column = getattr(register.model, name)
    present = column.is_null(False)
    return present & (column != "") if isinstance(column, CharField | TextField) else present


def _one(register: Register, name: str, value: Any, on: date) -> Any:
    worked_out = derived(register, name)
    if worked_out is not None:
        return worked_out.condition(value if isinstance(value, list) else [value], on)
    link, _, inner = name.partition("__")
    column = getattr(register.model, link)
    if inner:
        target = register_of(register.fields[link].target)
        asked = every_row(target).where(_one(target, inner, value, on))
        return within(column, asked.select(target.model.id))
    if isinstance(value, bool) and not isinstance(column, BooleanField):
        return filled(register, link) if value else ~filled(register, link)
    wanted = value if isinstance(value, list) else [value]
    if isinstance(column, WordsField):
        return reduce(or_, [column.contains(f"、{word}、") for word in wanted])
    return column.in_(wanted) if len(wanted) > 1 else column == wanted[0]


def check(code: str, register: Register, where: Filter) -> None:
    """Refuse a filter on a field or a word the register does not have, naming all three."""
    for name, value in where.items():
        worked_out = derived(register, name)
        if worked_out is not None:
            for word in value if isinstance(value, list) else [value]:
                if word not in worked_out.words:
                    refuse(code, register, name, f"没有“{word}”这个选项")
            continue
        link, _, inner = name.partition("__")
        spec = register.fields.get(link)
        if spec is None:
            refuse(code, register, link, "登记里没有这个字段")
        if inner:
            if spec.target is None:
                refuse(code, register, link, "不是指向另一登记的字段，不能写 __")
            check(code, register_of(spec.target), {inner: value})
            continue
        _check_value(code, register, link, value)


def _check_value(code: str, register: Register, name: str, value: Any) -> None:
    declared = register.fields[name].field
    for wanted in value if isinstance(value, list) else [value]:
        if isinstance(wanted, bool):
            continue
        if isinstance(declared, WordField | WordsField):
            if wanted not in declared.words:
                refuse(code, register, name, f"没有“{wanted}”这个选项")
        elif isinstance(declared, IntegerField) != isinstance(wanted, int):
            refuse(code, register, name, f"值“{wanted}”的类型不对")


def refuse(code: str, register: Register, name: str, why: str) -> NoReturn:
    """Stop the start, naming the duty, the register and the field."""
    raise BadDeclaration(
        f"任务 {code} 引用的登记“{register.title}”（{register.slug}）的 {name}：{why}"
    )
