"""`python app.py doctor`: whether the installation is sound, and what to do where it is not."""

from __future__ import annotations

import argparse
import json
from typing import Any

from admin.frame import settings
from admin.work.health import Finding, examine
from compliance.findings.kinds import ERROR, LEVELS

SOUND = "好"


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("doctor", help="检查数据、备份、磁盘、时钟、字体和证书")
    parser.add_argument("--json", action="store_true", help="只输出 JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print how everything stands; 1 when something is wrong, 0 also with hints."""
    said = settings.from_environment()
    found = examine(said, settings.clock_in(said.data_dir).now())
    if arguments.json:
        print(json.dumps({"checks": [_told(finding) for finding in found]}, ensure_ascii=False))
    else:
        print(
            "\n".join(
                f"{LEVELS.get(finding.level, SOUND)}  {finding.name}  {finding.text}"
                for finding in found
            )
        )
    return int(any(finding.level == ERROR for finding in found))


def _told(one: Finding) -> dict[str, str | None]:
    level = one.level or None
    return {
        "name": one.name,
        "level": level,
        "level_word": LEVELS[level] if level else None,
        "text": one.text,
    }
