"""What the page of findings shows: by level and kind, each with the way to the form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import url_for

from admin.frame.paging import page_of
from admin.registers.list import link
from compliance.findings.catalogue import Finding, examine
from compliance.findings.kinds import ERROR, HINT, LEVELS, WARNING, Kind, kinds
from compliance.findings.silence import key_of
from models.core.actor import Actor
from models.core.boxes import CLERK, OFFICE
from models.core.errors import NotFound
from models.core.gates import surface
from models.core.register import REGISTERS, Register
from models.core.rights import may

# So many of one kind stand on the page of all; the page of one kind shows so many at a time.
FIRST, PER_PAGE = 5, 50
# The shape of the states' marks that a level is drawn with.
SHAPES = {ERROR: "missed", WARNING: "due", HINT: "excused"}
TONES = {ERROR: "unmet", WARNING: "partly", HINT: ""}


def page(actor: Actor, args: Mapping[str, str]) -> dict[str, Any]:
    """Return the page: counts, the levels with their kinds, or one kind with all its findings."""
    looked = examine(actor)
    found = [one for one in looked if one.silence is None]
    silent = [one for one in looked if one.silence is not None]
    level = args.get("level", "") if args.get("level") in LEVELS else ""
    by_kind: dict[Kind, list[Finding]] = {}
    for finding in found:
        by_kind.setdefault(finding.kind, []).append(finding)
    chosen = next((kind for kind in by_kind if kind.id == args.get("kind")), None)
    counts = {name: sum(f.kind.level == name for f in found) for name in LEVELS}
    number, pages = page_of(args, len(by_kind[chosen]) if chosen else 0, PER_PAGE)
    return {
        "page_title": heading(counts) if chosen is None else chosen.title,
        "tiles": _tiles(counts),
        "tabs": _tabs(counts, level) if chosen is None else [],
        "levels": [
            {
                "name": LEVELS[name],
                "tone": TONES[name],
                "count": counts[name],
                "kinds": [
                    _kind(actor, kind, hits, number if kind is chosen else 0)
                    for kind, hits in by_kind.items()
                    if kind.level == name and chosen in (None, kind)
                ],
            }
            for name in LEVELS
            if level in ("", name)
        ],
        "paging": _paging(chosen, number, pages, by_kind) if chosen else None,
        "all_url": url_for("inspection.index") if chosen else "",
        "silenced": [_silent_line(actor, one) for one in silent] if chosen is None else [],
    }


def heading(counts: Mapping[str, int]) -> str:
    """Return the page's title, which is its answer."""
    told = [f"{counts[name]} 处{LEVELS[name]}" for name in LEVELS if counts[name]]
    return f"查出 {'、'.join(told)}" if told else "没有查出问题"


def _tiles(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    notes = {ERROR: "马上要办的", WARNING: "检查时会问到的", HINT: "有空时核对的"}
    return [
        {
            "title": LEVELS[name],
            "figure": counts[name],
            "of": "处",
            "note": notes[name],
            "url": url_for("inspection.index", level=name) if counts[name] else "",
        }
        for name in LEVELS
    ]


def _tabs(counts: Mapping[str, int], level: str) -> list[dict[str, Any]]:
    here = url_for("inspection.index")
    tabs: list[dict[str, Any]] = [{"title": "全部", "url": here, "active": not level}]
    for name, word in LEVELS.items():
        url = url_for("inspection.index", level=name)
        tabs.append({"title": word, "url": url, "active": level == name, "count": counts[name]})
    return tabs


def _kind(actor: Actor, kind: Kind, hits: list[Finding], number: int) -> dict[str, Any]:
    """Return one kind with its first findings, or with those of a page of its own."""
    shown = hits[(number - 1) * PER_PAGE : number * PER_PAGE] if number else hits[:FIRST]
    whole = url_for("inspection.index", kind=kind.id)
    return {
        "id": kind.id,
        "title": kind.title,
        "state": SHAPES[kind.level],
        "state_text": LEVELS[kind.level],
        "what_to_do": kind.what_to_do,
        "clauses": "、".join(kind.clauses),
        "count": len(hits),
        "url": whole if not number and len(hits) > FIRST else "",
        "items": [_line(actor, one) for one in shown],
    }


def _line(actor: Actor, finding: Finding) -> dict[str, Any]:
    url, word = way(actor, finding)
    return {
        "state": SHAPES[finding.kind.level],
        "state_text": LEVELS[finding.kind.level],
        "text": finding.subject,
        "note": finding.note,
        "action_url": url,
        "action_word": word,
        "key": _key(finding) if actor.role in OFFICE else {},
    }


def _silent_line(actor: Actor, finding: Finding) -> dict[str, Any]:
    """Return a finding told no more; the reason may name somebody, so the office alone reads it."""
    silence = finding.silence
    assert silence is not None
    until = f"到 {silence.until}" if silence.until else "到内容有变动"
    reason = f"理由：{silence.reason}" if actor.role in OFFICE else ""
    told = (finding.note, f"{silence.since} 起不再提示，{until}为止", reason)
    return _line(actor, finding) | {
        "text": f"{finding.subject}：{finding.kind.title}",
        "note": " · ".join(filter(None, told)),
        "state": "excused",
        "state_text": "不再提示",
    }


def _key(finding: Finding) -> dict[str, str]:
    """Return what a form sends back to name a finding."""
    code, at, number, note = key_of(finding.kind.id, finding.hit)
    return {"code": code, "at": at, "number": str(number or ""), "note": note}


def named(actor: Actor, said: Mapping[str, str]) -> Finding:
    """Return the finding a form names, as the actor sees it today; NotFound when it is gone."""
    level = next((kind.level for kind in kinds() if kind.id == said.get("code")), "")
    asked = {name: said.get(name, "") for name in ("code", "at", "number", "note")}
    for finding in examine(actor, (level,)) if level else ():
        if _key(finding) == asked:
            return finding
    raise NotFound("这一条已经不在体检清单里，可能刚刚补好了")


def way(actor: Actor, finding: Finding) -> tuple[str, str]:
    """Return where a finding is put right, as far as the actor may, and the word on the button."""
    if finding.kind.id == "F1403":
        return url_for("inspection.hardware"), "看清单"
    at = REGISTERS[finding.at]
    form = REGISTERS[finding.kind.register] if finding.kind.register else at
    if at.sealed:
        return (link("sealed.index"), "去办") if actor.sealed_key else ("", "")
    if finding.record_id is None:
        return _new(actor, form, {})
    joint = next((spec.name for spec in form.links if spec.target is at.model), "")
    if form is at or form.parent or not joint:
        return _record(actor, at, finding.record_id)
    if finding.kind.list and joint in surface(actor, form, "filter"):
        filtered: dict[str, Any] = {f"f.{joint}": finding.record_id}
        return url_for(f"{form.slug}.index_view", **filtered), "查看"
    if may(actor, "create", form):
        return _new(actor, form, {joint: finding.record_id})
    return _record(actor, at, finding.record_id)


def _record(actor: Actor, register: Register, record_id: int) -> tuple[str, str]:
    """Lead the clerk to the form; others to the record, which says what they may do."""
    if actor.role == CLERK and not register.parent:
        return url_for(f"{register.slug}.edit", rid=record_id), "去改"
    return url_for(f"{register.slug}.detail", rid=record_id), "查看"


def _new(actor: Actor, register: Register, values: dict[str, Any]) -> tuple[str, str]:
    if may(actor, "create", register) and not register.parent:
        return url_for(f"{register.slug}.new", **values), "去登记"
    return url_for(f"{register.slug}.index_view"), "查看"


def _paging(
    kind: Kind, number: int, pages: int, by_kind: Mapping[Kind, list[Finding]]
) -> dict[str, Any]:
    def url(page: int) -> str:
        inside = 1 <= page <= pages
        return url_for("inspection.index", kind=kind.id, page=page) if inside else ""

    return {
        "number": number,
        "pages": pages,
        "total": len(by_kind[kind]),
        "total_word": f"{len(by_kind[kind])} 处",
        "prev_url": url(number - 1),
        "next_url": url(number + 1),
    }
