"""What was worked out from the records, kept in memory until somebody writes.

Every write makes an entry of the audit in its own transaction, so the newest entry's number says
whether anything moved; looking at secret fields makes one too, and throws away too soon at worst.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from peewee import fn

from models.core.audit import AuditEntry
from models.core.database import database
from models.core.remembered import remember


def until_written(name: str, *of: Hashable) -> dict[Any, Any]:
    """Return the dict in which `name` keeps what it worked out, an empty one after any write.

    `of` says what else it depends on: the day, the semester; one such dict is kept per name. What
    depends on the reader may not be kept. Inside a transaction nothing is: it may be rolled back,
    and the numbers of its entries given again.
    """
    if database.in_transaction():
        return {}
    slot: dict[Any, dict[Any, Any]] = remember(f"{name} until written", dict)
    key = (AuditEntry.select(fn.MAX(AuditEntry.id)).scalar(), *of)
    if key not in slot:
        slot.clear()
        slot[key] = {}
    # Another thread may have cleared it meanwhile: then this one's is its own.
    return slot.get(key, {})
