"""`python app.py inspect`: what an inspector would find today, as text or JSON."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from datetime import date
from typing import Any

from admin.commands.as_of import add_as_of, end_of
from admin.frame import settings
from compliance.findings.catalogue import Finding, examine
from compliance.findings.kinds import LEVELS


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("inspect", help="迎检体检：查出的问题")
    add_as_of(parser)
    parser.add_argument(
        "--level", choices=tuple(LEVELS), help="只看错误 error、提醒 warning 或建议 hint"
    )
    parser.add_argument("--json", action="store_true", help="只输出 JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Look at the school and print what was found; nothing is stored."""
    as_of = arguments.as_of
    with settings.opened(settings.from_environment()):
        actor = end_of(as_of)
        looked = examine(actor, (arguments.level,) if arguments.level else ())
    found = [finding for finding in looked if finding.silence is None]
    if arguments.json:
        print(json.dumps(_data(as_of, looked), ensure_ascii=False))
    else:
        print(_plain(found))
    return 0


def _data(as_of: date, found: list[Finding]) -> dict[str, Any]:
    told = [one for one in found if one.silence is None]
    counted: Counter[str] = Counter(finding.kind.level for finding in told)
    return {
        "as_of": as_of.isoformat(),
        "counts": {level: counted[level] for level in LEVELS},
        "findings": [_finding(one) for one in told],
        "silenced": [
            _finding(one) | {"reason": one.silence.reason, "until": _text(one.silence.until)}
            for one in found
            if one.silence is not None
        ],
    }


def _text(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None


def _finding(one: Finding) -> dict[str, Any]:
    return {
        "id": one.kind.id,
        "level": one.kind.level,
        "level_word": LEVELS[one.kind.level],
        "title": one.kind.title,
        "subject": one.subject,
        "message": one.message,
        "what_to_do": one.kind.what_to_do,
        "clauses": list(one.kind.clauses),
        "register": one.at,
        "record": one.record_id,
    }


def _plain(found: list[Finding]) -> str:
    lines = [
        f"{LEVELS[finding.kind.level]}  {finding.kind.id:<6} {finding.subject}  {finding.message}"
        for finding in found
    ]
    counted: Counter[str] = Counter(finding.kind.level for finding in found)
    told = "、".join(f"{word} {counted[level]} 处" for level, word in LEVELS.items())
    return "\n".join([*lines, told])
