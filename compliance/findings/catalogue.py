"""All checks in the order of their ids, and running them for a reader."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache

from peewee import TextField

from compliance.findings import (
    activities,
    children,
    families,
    organisation,
    oversight,
    paperwork,
    visits,
)
from compliance.findings.kinds import Kind, kinds
from compliance.findings.look import About, Check, Hit, Look
from compliance.findings.silence import Silence, key_of, silences
from compliance.ordered.numbers import FINDINGS, own_numbers
from compliance.ordered.reading import tuples
from models.core import calendar
from models.core.actor import Actor
from models.core.boxes import INSPECTOR, TEACHER, TEACHING
from models.core.errors import BadDeclaration
from models.core.gates import rows
from models.core.labels import labels
from models.core.register import REGISTERS, Register, parent_register
from models.core.scopes import everyone, own_acts
from models.core.until_written import until_written
from models.kept.left_behind import classes_on

MODULES = (organisation, children, families, visits, activities, oversight, paperwork)
CHECKS: dict[str, Check] = {code: check for module in MODULES for code, check in module.CHECKS}
# A label's moment is told to the minute.
SECONDS = re.compile(r"(\d\d:\d\d):\d\d\b")
THE_SCHOOL = "全校"
# So many ids are asked for at a time.
CHUNK = 500


@dataclass(frozen=True)
class Finding:
    """One finding as a reader meets it: what is wrong, with whom, and where to put it right."""

    kind: Kind
    subject: str
    note: str
    at: str
    record_id: int | None
    hit: Hit
    silence: Silence | None = None

    @property
    def message(self) -> str:
        """What is wrong, in one line."""
        return f"{self.kind.title}：{self.note}" if self.note else self.kind.title


@cache
def catalogue() -> tuple[tuple[Kind, Check], ...]:
    """Return every kind with its check; BadDeclaration when one side is missing."""
    written = {kind.id for kind in kinds()}
    odd = sorted(written ^ set(CHECKS))
    if odd:
        raise BadDeclaration(f"体检项 {'、'.join(odd)} 只有说明没有检查，或只有检查没有说明")
    return tuple((kind, CHECKS[kind.id]) for kind in kinds())


def look_of(actor: Actor, code: str) -> Look:
    """Return one look at the school now for a kind of finding, by the school's own numbers."""
    semester = calendar.current_span(actor.today)
    kind = next(one for one in kinds() if one.id == code)
    return Look(actor.now, kind, semester, own_numbers(FINDINGS))


def inspect(actor: Actor, levels: Collection[str] = ()) -> list[Finding]:
    """Return what an inspector would find today, as far as the actor may see it.

    A teacher sees what concerns own children, own class and own acts; only the office and the
    inspector read what concerns the school as a whole. What the office wants told no more is left
    out.
    """
    return [finding for finding in examine(actor, levels) if finding.silence is None]


def examine(actor: Actor, levels: Collection[str] = ()) -> list[Finding]:
    """Return what `inspect` does and what is told no more, marked with its `silence`."""
    semester = calendar.current_span(actor.today)
    numbers = own_numbers(FINDINGS)
    kept = until_written("findings", actor.today, semester)
    hits: list[tuple[Kind, Hit]] = []
    for kind, check in catalogue():
        if not levels or kind.level in levels:
            look = Look(actor.now, kind, semester, numbers)
            hits += [(kind, hit) for hit in _hits(check, look, kept)]
    seen = _seen(actor, [hit for _kind, hit in hits])
    mine = [
        (kind, hit)
        for kind, hit in hits
        if (hit.id is None and actor.role not in TEACHING) or (hit.at, hit.id) in seen
    ]
    return _named(actor, mine)


def _hits(check: Check, look: Look, kept: dict[str, tuple[Hit, ...]]) -> Iterable[Hit]:
    """Return what the check finds; what is kept is the school's, and asked anew for each reader."""
    if look.kind.by_the_minute:
        return check(look)
    if look.kind.id not in kept:
        kept[look.kind.id] = tuple(check(look))
    return kept[look.kind.id]


def _seen(actor: Actor, hits: Iterable[Hit]) -> set[tuple[str, int]]:
    """Return which of the records hit the actor may be told of, a few queries per register."""
    wanted: dict[str, set[int]] = {}
    for hit in hits:
        if hit.id is not None:
            wanted.setdefault(hit.at, set()).add(hit.id)
    found: set[tuple[str, int]] = set()
    for slug, asked in wanted.items():
        register = REGISTERS[slug]
        model = register.model
        query = rows(actor, register).select(model.id)
        home = parent_register(register) or register
        if actor.role in TEACHING and home.scope.get(TEACHER) is everyone:
            # What everybody may read is put right by whose act it is.
            column = getattr(model, register.parent) if register.parent else model.id
            mine = rows(actor, home).select(home.model.id).where(own_acts(actor, home))
            query = query.where(column.in_(mine))
        for part in _parts(sorted(asked)):
            found |= {(slug, one) for (one,) in tuples(query.where(model.id.in_(part)))}
    return found


def _parts(ids: list[int]) -> Iterable[list[int]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


def _named(actor: Actor, found: list[tuple[Kind, Hit]]) -> list[Finding]:
    """Name the subjects: a child with its class, others by their labels; three queries."""
    wanted: dict[Register, set[int]] = {}
    for _kind, hit in found:
        for slug, one in _about(hit):
            wanted.setdefault(REGISTERS[slug], set()).add(one)
    called: dict[tuple[str, int], str] = {}
    for register, asked in wanted.items():
        if not _may_name(actor, register):
            called |= {(register.slug, one): register.title for one in asked}
            continue
        for part in _parts(sorted(asked)):
            called |= labels(actor, {register: part})
    pupils = sorted({one for _k, hit in found for slug, one in hit.about if slug == "child"})
    placed: dict[int, str] = {}
    for part in _parts(pupils):
        placed |= {child: name for child, (_, name) in classes_on(part, actor.today).items()}
    silent = silences([(kind.id, hit) for kind, hit in found], actor.today)
    return [
        Finding(
            kind,
            _subject(hit, called, placed),
            hit.note,
            hit.at,
            hit.id,
            hit,
            silent.get(key_of(kind.id, hit)),
        )
        for kind, hit in found
    ]


def _may_name(actor: Actor, register: Register) -> bool:
    """Whether a record's label may be read: one that is free text could name somebody."""
    texts = (register.fields[name].field for name in register.label)
    return actor.role != INSPECTOR or not any(isinstance(text, TextField) for text in texts)


def _about(hit: Hit) -> tuple[About, ...]:
    if hit.about or hit.id is None:
        return hit.about
    return ((hit.at, hit.id),)


def _subject(hit: Hit, called: dict[tuple[str, int], str], placed: dict[int, str]) -> str:
    words = []
    for slug, one in _about(hit):
        words.append(called.get((slug, one), ""))
        if slug == "child":
            words.append(placed.get(one, ""))
    return SECONDS.sub(r"\1", " ".join(filter(None, words))) or THE_SCHOOL
