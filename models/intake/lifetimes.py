"""Rows that tell of something before their pupil was born: refused, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from models.core.actor import Actor
from models.core.converters import clean
from models.core.errors import BadValue
from models.core.fields import FieldSpec
from models.core.gates import rows
from models.core.register import Register, register_of
from models.intake.columns import pupil_link
from models.intake.rows import Problem
from models.intake.values import RowValues

_CHUNK = 400


def before_birth(
    actor: Actor, register: Register, values: Sequence[RowValues]
) -> dict[RowValues, Problem]:
    """Return the rows of which something happened before the pupil it is about was born."""
    pupil, happened = pupil_link(register), register.happened
    if pupil is None or not happened or pupil.name not in register.fields:
        return {}
    target = register_of(pupil.target)
    if "born_on" not in target.fields:
        return {}
    wanted = sorted({n for row in values if isinstance(n := row.values.get(pupil.name), int)})
    born: dict[int, date] = {}
    for start in range(0, len(wanted), _CHUNK):
        part = wanted[start : start + _CHUNK]
        born |= {r.id: r.born_on for r in rows(actor, target).where(target.model.id.in_(part))}
    spec = register.fields[happened]
    told = Problem(happened, "before-birth", f"{spec.label}：这一天这名学生还没有出生，请核对")
    return {
        row: told
        for row in values
        if _is_before(row, spec, born.get(row.values.get(pupil.name, 0)))
    }


def _is_before(row: RowValues, spec: FieldSpec, born: date | None) -> bool:
    try:
        day = clean(spec.field, row.values.get(spec.name))
    except BadValue:
        return False
    return (
        day is not None
        and born is not None
        and (day.date() if isinstance(day, datetime) else day) < born
    )
