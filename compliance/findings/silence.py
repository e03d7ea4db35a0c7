"""Findings told no more: which are silent today, silencing one with a reason, telling it again.

A decision is a row that is never altered; the newest of a finding counts. It lapses by itself when
a record it is about was changed since, or after the day it was given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from compliance.findings.look import Hit
from compliance.ordered.reading import tuples
from models.core import service
from models.core.actor import Actor
from models.core.boxes import OFFICE
from models.core.errors import Denied, Invalid
from models.core.gates import every_row
from models.core.register import REGISTERS, register_of
from models.core.spans import is_valid
from models.kept.supervision import FindingSilence

# A finding by its code, the record hit, and where there is none the words that tell it apart.
Key = tuple[str, str, int | None, str]
CHUNK = 500


class Silence(NamedTuple):
    """Why a finding is told no more, since and until when."""

    reason: str
    since: date | None
    until: date | None


def key_of(code: str, hit: Hit) -> Key:
    """Return what a finding is known by from one look to the next."""
    return code, hit.at, hit.id, "" if hit.id is not None else hit.note


def silences(found: Iterable[tuple[str, Hit]], today: date) -> dict[Key, Silence]:
    """Return which of the findings are silent on a day; a few queries for any number."""
    decided = _newest()
    wanted = {key_of(code, hit): hit for code, hit in found}
    kept = {key: decided[key] for key in wanted if key in decided and decided[key].silent}
    versions = versions_of(wanted[key] for key in kept)
    return {
        key: Silence(row.reason, row.decided_on, row.until)
        for key, row in kept.items()
        if is_valid(None, row.until, today) and (row.mark or "") == mark(wanted[key], versions)
    }


def _newest() -> dict[Key, Any]:
    rows = every_row(register_of(FindingSilence)).order_by(FindingSilence.id)
    return {(row.finding, row.at, row.record_number, _told_apart(row)): row for row in rows}


def _told_apart(row: Any) -> str:
    return "" if row.record_number is not None else row.note or ""


def versions_of(hits: Iterable[Hit]) -> dict[tuple[str, int], int]:
    """Return the versions of the records that some findings are about."""
    asked: dict[str, set[int]] = {}
    for hit in hits:
        for slug, one in _records(hit):
            asked.setdefault(slug, set()).add(one)
    found: dict[tuple[str, int], int] = {}
    for slug, numbers in asked.items():
        model, ordered = REGISTERS[slug].model, sorted(numbers)
        query = every_row(REGISTERS[slug]).select(model.id, model.version)
        for start in range(0, len(ordered), CHUNK):
            part = query.where(model.id.in_(ordered[start : start + CHUNK]))
            found |= {(slug, one): version for one, version in tuples(part)}
    return found


def _records(hit: Hit) -> list[tuple[str, int]]:
    own = [] if hit.id is None else [(hit.at, hit.id)]
    return sorted({*own, *hit.about})


def mark(hit: Hit, versions: Mapping[tuple[str, int], int]) -> str:
    """Return the versions of the records a finding is about, as one short text."""
    return " ".join(f"{slug}.{one}.{versions.get((slug, one), 0)}" for slug, one in _records(hit))


def decide(
    actor: Actor,
    code: str,
    hit: Hit,
    *,
    subject: str,
    reason: str,
    until: str = "",
    silent: bool = True,
) -> Any:
    """Tell a finding no more, or again; returns the decision.

    Raises Denied for anybody but clerk and leadership, and Invalid without a reason.
    """
    if actor.role not in OFFICE:
        raise Denied("体检提示由文员和领导小组决定要不要再提示")
    if not reason.strip():
        raise Invalid({"reason": "请写明理由"})
    raw = {
        "finding": code,
        "subject": subject[:160],
        "at": hit.at,
        "record_number": hit.id,
        "note": hit.note[:160],
        "silent": silent,
        "reason": reason.strip(),
        "until": until,
        "decided_on": actor.today,
    }
    given = {"mark": mark(hit, versions_of([hit]))[:200]}
    return service.create(actor, register_of(FindingSilence), raw, given=given)
