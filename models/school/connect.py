"""Where phones sign in, and which address was last given out on paper.

An address of the school's network changes when the router gives another one; every slip and notice
handed out before then leads nowhere. What was printed stands in the access log, as every print.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from models.core import audit
from models.core.actor import Actor
from models.core.errors import Denied
from models.core.register import register_of
from models.core.rights import may
from models.kept.users import User

_SLUG, _PRINT, _WORD = "user", "print", "登录地址 "


class Printed(NamedTuple):
    """An address given out on paper, and when."""

    address: str
    at: datetime


def demand(actor: Actor) -> None:
    """Raise Denied for anybody who does not manage accounts."""
    if not may(actor, "create", register_of(User)):
        raise Denied("账号由文员管理")


def note_printed(actor: Actor, address: str) -> None:
    """Note that slips or a notice with this address were shown to be printed."""
    audit.log_access(actor, _PRINT, _SLUG, None, f"{_WORD}{address}")


def last_printed(actor: Actor) -> Printed | None:
    """Return the address given out last, None when there was none."""
    demand(actor)
    log = audit.AccessLog
    found = (
        log.select(log.detail, log.at)
        .where(log.action == _PRINT, log.register == _SLUG, log.detail.startswith(_WORD))
        .order_by(log.id.desc())
        .first()
    )
    return None if found is None else Printed(found.detail.removeprefix(_WORD), found.at)
