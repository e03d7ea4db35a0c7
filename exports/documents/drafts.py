"""Drafts (起草): what a summary can say of the records by itself, in plain sentences with numbers.

A draft is put into the form of a new summary, edited there and kept as its text. Refreshed later,
only the numbers of sentences that still stand as drafted change; what was written by hand stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from compliance.judged.verdict import WORDS
from compliance.told.clause_state import clause_states
from exports.documents.paper import Asked
from exports.documents.statistics import BOTH, GROUPS, statistics
from exports.documents.systems import most_open, told
from exports.pdf.imprint import chinese_date
from models.core.actor import Actor
from models.core.gates import rows
from models.core.register import REGISTERS, Register
from models.core.rights import may
from models.core.school_calendar import SemesterSpan
from models.core.semester_records import in_semester
from models.core.spans import between, holds_on

_BRACED = re.compile(r"(.*)\{([a-z-]+)\}(.*)")
_DIGITS = re.compile(r"\d+")
# What stands on a day, and what happened in a span: a heading, and what is counted under it.
PAIRED = ("有效结对{pairing}对", "登记志愿者{volunteer}名")
ACTS = (
    (
        "结对帮扶",
        "教师谈心{talk}次",
        "家访{home-visit}次",
        "写结对工作日记{care-diary}篇",
        "志愿者服务{volunteer-service}次",
    ),
    (
        "亲情沟通",
        "亲情通话{family-call}次",
        "家校联系{parent-contact}次",
        "往来书信{letter}封",
    ),
    (
        "活动育人",
        "开展活动{activity}次",
        "讲座{lecture}次",
        "校外学习小组活动{group-session}次",
        "借阅图书报刊{loan}册次",
    ),
    ("会议和表彰", "召开会议{meeting}次", "表彰{award}项", "报送信息{news-item}条"),
    (
        "安全和督查",
        "安全卫生检查{safety-check}次",
        "督查{supervision}次",
        "处置突发事件{incident}起",
    ),
)
NONE_YET = "还没有登记"
STATISTICS, REPORT = "statistics-table", "compliance-report"
# What told says of the regulations, whatever its numbers.
_STANDS = (
    r"本校现行各项制度共\d+条，采用\d+条(?:，不采用\d+条)?。按系统中的记录自查："
    rf"(?:(?:{'|'.join(map(re.escape, WORDS.values()))})\d+条[，。])+"
    r"(?:可计数的工作应做\d+项次，已做\d+项次，完成\d+%。)?"
)
_LACKS = r"还有条款没有做到、没有做完或没有记录，较多的是(?:[^（，。\n]+（\d+条）、?)+。"


@dataclass(frozen=True)
class Part:
    """A piece of a sentence: words, or a number and where it is looked up.

    That is the list of a register, or a document of the semester.
    """

    text: str
    register: str = ""
    document: str = ""


@dataclass(frozen=True)
class Sentence:
    """A line of a draft. `known` is what it looked like whenever it was drafted, a pattern.

    A heading, and what asks to be written by hand, is never known again.
    """

    parts: tuple[Part, ...]
    known: str = ""

    @property
    def text(self) -> str:
        """The line as it is kept."""
        return "".join(part.text for part in self.parts)


Where = Callable[[Register], Any]


def _plain(text: str) -> Sentence:
    return Sentence((Part(text),))


def _numbered(text: str) -> str:
    """The pattern of a text whose numbers may be others."""
    return r"\d+".join(map(re.escape, _DIGITS.split(text)))


def _counted(
    actor: Actor, lead: str, pieces: Iterable[str], where: Where, period: str = ""
) -> Sentence | None:
    """Return a sentence of what the actor may count; None when nothing of it is open to them.

    What there is none of is not said; that there is none of all is, in so many words.
    """
    known: list[str] = []
    parts: list[Part] = []
    for piece in pieces:
        said = _BRACED.match(piece)
        assert said is not None, piece
        before, slug, after = said.groups()
        register = REGISTERS[slug]
        if not may(actor, "read", register):
            continue
        known.append(rf"{re.escape(before)}\d+{re.escape(after)}")
        if number := rows(actor, register).where(where(register)).count():
            parts += [Part("，")] if parts else []
            parts += [Part(before), Part(str(number), slug), Part(after)]
    if not known:
        return None
    either = "|".join(known)
    pattern = rf"{_numbered(lead)}(?:(?:{either})(?:，(?:{either}))*|[^，。\n]{{0,3}}{NONE_YET})。"
    shown = parts or [Part(f"{period}{NONE_YET}")]
    return Sentence((Part(lead), *shown, Part("。")), pattern)


def _standing_on(day: date) -> Where:
    return lambda register: holds_on(register.model, day) if any(register.span) else True


def _children(actor: Actor, semester: SemesterSpan) -> Sentence:
    """How many children there are, and of which kinds, as the statistics table counts them."""
    asked = Asked(actor, "", semester, Path(), Path())
    total = statistics(asked)[-1]
    by = {group.title: counter for group, counter in zip(GROUPS, total.counted, strict=True)}
    parts = [Part(f"截至{chinese_date(min(actor.today, semester.last))}，本校在册留守儿童")]
    parts += [Part(str(total.total), document=STATISTICS), Part("名")]
    kinds = (
        ("男生", by["性别"]["男"]),
        ("女生", by["性别"]["女"]),
        ("住校", by["就读方式"]["住校"]),
        ("双亲外出", by["外出类型"][BOTH]),
    )
    for place, (word, count) in enumerate((word, count) for word, count in kinds if count):
        parts += [Part(f"{'，' if place else '，其中'}{word}")]
        parts += [Part(str(count), document=STATISTICS), Part("名")]
    parts.append(Part("。"))
    either = "|".join(rf"{word}\d+名" for word, _count in kinds)
    pattern = (
        r"截至\d+年\d+月\d+日，本校在册留守儿童\d+名"
        rf"(?:，其中(?:{either})(?:，(?:{either}))*)?。"
    )
    return Sentence(tuple(parts), pattern)


def semester_draft(actor: Actor, semester: SemesterSpan) -> list[Sentence]:
    """Return the draft of a semester's summary: situation, work, what is open, what comes."""
    day = min(actor.today, semester.last)
    inside: Where = lambda register: in_semester(register, semester, actor.today)  # noqa: E731
    states = clause_states(actor, semester)
    stands, *counted, lacks = (line.replace(" ", "") for line in told(states))
    worst = "、".join(f"“{one}”" for one in most_open(states)[:3])
    done = [
        _counted(actor, f"（{number}）{title}。", pieces, inside, "本学期")
        for number, (title, *pieces) in zip("一二三四五", ACTS, strict=True)
    ]
    regulations = (Part(f"（六）制度落实。{stands}{''.join(counted)}", document=REPORT),)
    return [
        _plain("一、基本情况"),
        _children(actor, semester),
        *_known(_counted(actor, "结对和志愿服务：", PAIRED, _standing_on(day))),
        _plain("二、主要做法与成效"),
        *_known(*done),
        Sentence(regulations, rf"（六）制度落实。{_STANDS}"),
        _plain("三、存在问题"),
        Sentence((Part(lacks.removeprefix("存在问题："), document=REPORT),), _LACKS),
        _plain("四、下一步打算"),
        _plain(
            f"对照制度落实自查报告，{f'先补做{worst}的条款，' if worst else ''}"
            "逐条明确责任人和完成时间；（请补写下学期的重点）"
        ),
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

    lead = f"{month.month}月份，"
    children = _counted(
        actor,
        f"{lead}本校",
        ("在册留守儿童{child}名", *PAIRED),
        _standing_on(min(actor.today, last)),
    )
    done = [_counted(actor, f"{title}：", pieces, inside, "本月") for title, *pieces in ACTS]
    return [*_known(children, *done), _plain("（请补写做法、体会和下月打算）")]


def _known(*found: Sentence | None) -> Iterator[Sentence]:
    yield from (one for one in found if one is not None)


def text_of(draft: list[Sentence]) -> str:
    """Return the draft as the text it is kept as, a sentence to a line."""
    return "\n".join(sentence.text for sentence in draft)


def refreshed(kept: str, draft: list[Sentence]) -> str:
    """Return a kept text with today's numbers where its sentences still stand as drafted.

    A sentence that was changed by hand, but for its digits, is left.
    """
    for sentence in draft:
        if sentence.known:
            kept = re.sub(sentence.known, lambda _found, now=sentence.text: now, kept)  # type: ignore[misc]
    return kept
