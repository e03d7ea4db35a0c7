"""Going back to an earlier version: the form filled with what a record said then."""

from __future__ import annotations

import json
from typing import Any

from admin.frame.form_fields import initial_of
from models.core import audit
from models.core.actor import Actor
from models.core.errors import NotFound
from models.core.fields import Secrecy
from models.core.gates import surface
from models.core.register import Register

# Their old values are masked in the audit, so what stands now stays in the form.
NOT_KEPT = (Secrecy.IDENTITY, Secrecy.INTERNAL, Secrecy.SEALED)


def version_values(actor: Actor, register: Register, record: Any, entry_id: str) -> dict[str, Any]:
    """Return the inputs that differ from today's as the record stood after audit entry `entry_id`.

    Only fields on the actor's form are given; lines and photos are not part of a version. Raises
    NotFound when the record has no such entry.
    """
    old: dict[str, Any] = {}
    for entry in audit.entries_of(register.slug, record.id):
        if str(entry.id) == entry_id:
            return _as_inputs(actor, register, old)
        changes = json.loads(entry.payload or "{}").get("changes", {})
        old.update({name: pair[0] for name, pair in changes.items()})
    raise NotFound("没有找到这一版")


def _as_inputs(actor: Actor, register: Register, old: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for field in surface(actor, register, "form").fields:
        if field.name in old and field.writable and field.spec.secret not in NOT_KEPT:
            stored = old[field.name]
            value = field.spec.field.python_value(stored) if stored is not None else None
            found[field.name] = initial_of(field.spec, value)
    return found
