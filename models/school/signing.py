"""Signing a counted document (签署): a leader's own act, kept version by version and never altered.

The caller has asked for the leader's own password again. What is kept is the text of the document
with its SHA-256, so that whatever becomes of the records later, the signed numbers stay readable.
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

from models.core import audit, calendar, service
from models.core.actor import Actor
from models.core.errors import BadFile, Invalid
from models.core.gates import rows
from models.core.register import Register
from models.core.school_calendar import SemesterSpan
from models.sealed import leaders


def digest(content: str) -> str:
    """Return the SHA-256 of a signed text."""
    return hashlib.sha256(content.encode()).hexdigest()


def versions(actor: Actor, register: Register, semester: SemesterSpan) -> list[Any]:
    """Return the signed versions of a semester within the actor's rows, the newest first."""
    model = register.model
    query = rows(actor, register).where(model.semester == _semester_id(semester))
    return list(query.order_by(model.edition.desc()))


def sign(
    actor: Actor, register: Register, semester: SemesterSpan, content: str, counted_on: date
) -> Any:
    """Keep `content` as the semester's next signed version and return the record.

    Raises Denied for anybody but a leader whose approval counts, Invalid before the semester.
    """
    leaders.demand(actor)
    if actor.today < semester.first:
        raise Invalid({"": f"{semester.title}还没有开始，开学以后再签署"})
    with service.work(actor.as_product) as current:
        signed = versions(actor.as_product, register, semester)
        raw = {
            "semester": _semester_id(semester),
            "edition": signed[0].edition + 1 if signed else 1,
            "counted_on": counted_on,
            "content": content,
            "sha256": digest(content),
            "signed_by": actor.name,
            "signed_at": actor.now,
            "head": audit.head()[1],
        }
        return service.create(current.actor, register, raw, current=current)


def content_of(signed: Any) -> str:
    """Return the text of a signed version; BadFile when it is not what was signed."""
    content = str(signed.content)
    if digest(content) != signed.sha256:
        raise BadFile("签署的内容和校验值不符，请用 audit verify 核对，并从备份恢复")
    return content


def _semester_id(semester: SemesterSpan) -> int:
    return next(int(one.id) for one in calendar.semesters() if one.code == semester.code)
