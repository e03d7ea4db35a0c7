"""Own notices: what was sent to the person or to one of the person's roles, read one by one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from models.core import service
from models.core.actor import Actor
from models.core.database import within
from models.core.errors import NotFound
from models.core.gates import rows
from models.core.register import register_of
from models.kept.archive import Notice, NoticeRead, own_notices

NOTICES = register_of(Notice)
# What nobody has read for so long is no news any more; the register keeps it.
FRESH = timedelta(days=60)


def own(actor: Actor) -> Any:
    """Return the query of what was lately sent to the actor, newest first."""
    since = actor.now - FRESH
    query = rows(actor, NOTICES).where(own_notices(actor, NOTICES), Notice.sent_at >= since)
    return query.where(Notice.sent_at <= actor.now).order_by(
        Notice.sent_at.desc(), Notice.id.desc()
    )


def waiting(actor: Actor) -> Any:
    """Return the query of the actor's unread notices, newest first."""
    read = NoticeRead.select(NoticeRead.notice_id).where(NoticeRead.user_id == actor.user_id)
    return own(actor).where(~within(Notice.id, read))


def unread(actor: Actor) -> int:
    """Return how many own notices the actor has not read; one query."""
    return int(waiting(actor).count()) if actor.user_id is not None else 0


def mark_read(actor: Actor, notice_id: Any) -> None:
    """Put an own notice away: for the person alone, its other readers keep theirs.

    On one sent to a single person the record itself says when it was read.
    """
    notice = own(actor).where(Notice.id == notice_id).first()
    if notice is None or actor.user_id is None:
        raise NotFound("没有找到这条通知")
    given = {"notice_id": notice.id, "user_id": actor.user_id, "read_at": actor.now}
    NoticeRead.insert(given).on_conflict_ignore().execute()
    if notice.recipient_id == actor.user_id and notice.read_at is None:
        said = {"read_at": actor.now}
        service.update(actor.as_product, NOTICES, notice.id, said, notice.version)
