"""What became of a post, kept with the write itself: the same post sent again is one write.

A page that can be sent twice carries a token. Its receipt is written in the transaction of the
work, so that either both are there or neither; who sends the token again, because the answer was
lost, the process died, or the button was pressed thrice, is told what the first sending made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from peewee import AutoField, CharField, DateTimeField, IntegerField, TextField

from models.core.actor import Actor
from models.core.database import Base
from models.core.errors import AlreadyDone


class Receipt(Base):
    """One post that was done; `key` is unique, `outcome` is JSON."""

    id = AutoField()
    key = CharField(max_length=64, unique=True)
    at = DateTimeField()
    user_id = IntegerField(null=True)
    outcome = TextField(default="{}")

    class Meta:
        table_name = "receipt"


def outcome_of(actor: Actor, token: str) -> dict[str, Any] | None:
    """Return what the actor's post with this token made, None when it was never done."""
    found = Receipt.get_or_none(Receipt.key == _key(actor, token)) if token else None
    return None if found is None else dict(json.loads(found.outcome))


def demand_first(actor: Actor, token: str) -> None:
    """Raise AlreadyDone when the post with this token was done; call inside the transaction."""
    outcome = outcome_of(actor, token)
    if outcome is not None:
        raise AlreadyDone(outcome)


def keep(actor: Actor, token: str, outcome: Mapping[str, Any]) -> None:
    """Write down what the post made, inside its transaction; no token, no receipt."""
    if token:
        text = json.dumps(outcome, ensure_ascii=False)
        Receipt.create(key=_key(actor, token), at=actor.now, user_id=actor.user_id, outcome=text)


def _key(actor: Actor, token: str) -> str:
    # Bound to the person: nobody learns from a token what somebody else's post made.
    return hashlib.sha256(f"{actor.user_id}/{token}".encode()).hexdigest()
