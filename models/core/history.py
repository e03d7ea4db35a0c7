"""Old → new: what a change did to a record, with secrets masked before they are written down."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from models.core.fields import Secrecy
from models.core.register import Register
from models.core.values import mask_id_number

# Why a record was entered late: typed like a field, and kept beside the declared ones.
LATE_REASON = "late_reason"


def snapshot(register: Register, record: Any) -> dict[str, Any]:
    """Return the record's declared values, late reason and id as plain data (a link is an id).

    Sealed values are left out: a snapshot may be written down.
    """
    values = {
        name: record.__data__.get(name)
        for name, spec in register.fields.items()
        if spec.secret is not Secrecy.SEALED
    }
    return {**values, LATE_REASON: record.late_reason, "id": record.id}


def written_changes(
    register: Register, before: dict[str, Any], record: Any
) -> dict[str, list[Any]]:
    """Return {field: [old, new]} for all that differs of a snapshot, as plain JSON data."""
    changes = {}
    reasons = [before.get(LATE_REASON), record.late_reason]
    if reasons[0] != reasons[1]:
        changes[LATE_REASON] = reasons
    for name, spec in register.fields.items():
        old, new = before.get(name), record.__data__.get(name)
        if old == new or (old in (None, "") and new in (None, "")):
            continue
        if spec.secret is Secrecy.SEALED:
            continue
        hidden = spec.secret in (Secrecy.IDENTITY, Secrecy.INTERNAL)
        changes[name] = [_plain(old, hidden), _plain(new, hidden)]
    return changes


def _plain(value: Any, hidden: bool) -> Any:
    if value is None:
        return None
    if hidden:
        return mask_id_number(str(value))
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return value
