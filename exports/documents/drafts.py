"""Drafts (起草): what a summary can say of the records by itself, in plain sentences with numbers.

A draft is put into the form of a new summary, edited there and kept as its text. Refreshed later,
only the numbers of sentences that still stand as drafted change; what was written by hand stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from compliance.told.clause_state import clause_states
from exports.documents.systems import told
from models.core.actor import Actor
from models.core.gates import rows
from models.core.register import REGISTERS, Register
from models.core.rights import may
from models.core.school_calendar import SemesterSpan
from models.core.semester_records import in_semester
from models.core.spans import between, holds_on

_BRACED = re.compile(r"\{([a-z-]+)\}")
_DIGITS = re.compile(r"\d+")
# What stands on a day, what happened in a span: sentences with the registers they count.
STANDING = "本校在册留守儿童{child}名，有效结对{pairing}对，登记志愿者{volunteer}名。"
ACTS = (
    "教师谈心{talk}次，家访{home-visit}次，亲情通话{family-call}次，家校联系{parent-contact}次。",
    "开展活动{activity}次、讲座{lecture}次，校外学习小组活动{group-session}次。",
    "召开会议{meeting}次，表彰{award}项，报送信息{news-item}条。",
    "督查{supervision}次，安全检查{safety-check}次。",
)


@dataclass(frozen=True)
class Part:
    """A piece of a sentence: words, or the number of a register's records."""

    text: str
    register: str = ""


Sentence = tuple[Part, ...]
Where = Callable[[Register], Any]


def _sentence(actor: Actor, written: str, where: Where) -> Sentence | None:
    """Fill a sentence with what the actor may count; None when a register is not open to them."""
    parts: list[Part] = []
    for place, piece in enumerate(_BRACED.split(written)):
        if place % 2 == 0:
            parts.append(Part(piece))
            continue
        register = REGISTERS[piece]
        if not may(actor, "read", register):
            return None
        parts.append(Part(str(rows(actor, register).where(where(register)).count()), piece))
    return tuple(parts)


def _standing_on(day: date) -> Where:
    return lambda register: holds_on(register.model, day) if any(register.span) else True


def semester_draft(actor: Actor, semester: SemesterSpan) -> list[Sentence]:
    """Return the draft of a semester's summary: situation, work, what is open, what comes."""
    day = min(actor.today, semester.last)
    return [
        (Part("一、基本情况"),),
        *_known(actor, (STANDING,), _standing_on(day)),
        (Part("二、主要做法与成效"),),
        *_known(actor, ACTS, lambda register: in_semester(register, semester, actor.today)),
        (Part("三、存在问题"),),
        *((Part(line),) for line in list(told(clause_states(actor, semester)))[1:]),
        (Part("四、下一步打算"),),
        (Part("对照制度落实报告逐条补做，明确责任人和完成时间；（请补写下学期的重点）"),),
    ]


def month_span(month: date) -> tuple[date, date]:
    """Return the first and the last day of the month a day lies in."""
    first = month.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def month_draft(actor: Actor, month: date) -> list[Sentence]:
    """Return the draft of a month's summary or news: what was done between its first and last."""
    first, last = month_span(month)

    def inside(register: Register) -> Any:
        assert register.happened is not None
        return between(getattr(register.model, register.happened), first, last)

    return [
        *_known(actor, (STANDING,), _standing_on(min(actor.today, last))),
        *_known(actor, ACTS, inside),
        (Part("（请补写做法、体会和下月打算）"),),
    ]


def _known(actor: Actor, written: tuple[str, ...], where: Where) -> Iterator[Sentence]:
    for one in written:
        filled = _sentence(actor, one, where)
        if filled is not None:
            yield filled


def text_of(draft: list[Sentence]) -> str:
    """Return the draft as the text it is kept as, a sentence to a line."""
    return "\n".join("".join(part.text for part in sentence) for sentence in draft)


def refreshed(kept: str, draft: list[Sentence]) -> str:
    """Return a kept text with today's numbers where its sentences still stand as drafted.

    A sentence that was changed by hand, or in which a number was, but for its digits, is left.
    """
    for sentence in draft:
        if not any(part.register for part in sentence):
            continue
        known = "".join(
            _DIGITS.pattern if part.register else re.escape(part.text) for part in sentence
        )
        now = "".join(part.text for part in sentence)
        kept = re.sub(known, lambda _found, now=now: now, kept)  # type: ignore[misc]
    return kept
