"""What the same person wrote lately into the short texts of a form, offered as chips to press."""

from __future__ import annotations

from collections import Counter
from typing import Any

from peewee import CharField

from models.core.actor import Actor
from models.core.display import Page
from models.core.fields import Secrecy
from models.core.gates import rows
from models.core.register import Register

# The records looked at, the chips of one field, and how long a text may be to be one.
LOOKED_AT = 40
CHIPS = 6
LONGEST = 16
CHIPPED = (Secrecy.OPEN, Secrecy.UNJUDGED)


def lately(actor: Actor, register: Register) -> dict[str, list[str]]:
    """Return per short text of the short form what the actor entered lately, most often first.

    Only the actor's own entries, read as the form shows them; names, numbers and long texts, which
    belong to one child, are no chips.
    """
    names = [
        spec.name
        for spec in register.ordered("short")
        if type(spec.field) is CharField and spec.secret in CHIPPED
    ]
    if not names or register.sealed or actor.user_id is None:
        return {}
    model = register.model
    query = rows(actor, register).where(model.entered_by == actor.user_id)
    records: list[Any] = list(query.order_by(model.id.desc()).limit(LOOKED_AT))
    shown = Page(actor, register, records, "form")
    found = {}
    for name in names:
        if shown.surface.get(name) is None:
            continue
        said = Counter(
            text for record in records if 0 < len(text := shown.text(record, name)) <= LONGEST
        )
        if said:
            found[name] = [text for text, _ in said.most_common(CHIPS)]
    return found
