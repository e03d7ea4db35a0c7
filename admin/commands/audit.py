"""`python app.py audit verify`: checks that nobody has changed the record of changes."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from admin.frame import settings
from models.core import audit


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("audit", help="核对操作记录")
    steps = parser.add_subparsers(dest="step", required=True, metavar="步骤")
    verify = steps.add_parser("verify", help="核对整条记录链")
    verify.add_argument("--anchor", metavar="HASH", help="以前打印在资料上的链头，应当在链中")
    verify.add_argument("--json", action="store_true", help="只输出 JSON")
    verify.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Walk the chain, say what was found, and return 0 only when it is intact."""
    with settings.opened(settings.from_environment()):
        report = audit.verify(arguments.anchor.strip().lower() if arguments.anchor else None)
    if arguments.json:
        print(json.dumps({**asdict(report), "intact": report.intact}, ensure_ascii=False))
    else:
        print(told(report))
    return 0 if report.intact else 1


def told(report: audit.ChainReport) -> str:
    """Return the finding as a sentence."""
    if report.broken_at is not None:
        return f"操作记录从第 {report.broken_at} 条起对不上，请保留现场并报告学校领导"
    if report.anchor_found is False:
        return f"共 {report.entries} 条，前后相连，但没有找到给出的链头：记录可能被整体替换过"
    return f"共 {report.entries} 条，完整无误。链头：{report.hash}"
