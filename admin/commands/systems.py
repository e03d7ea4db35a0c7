"""`python app.py systems --json`: every system, its clauses, what checks them, the state."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from admin.commands.as_of import end_of
from admin.frame import settings
from compliance.told import clause_state, described
from exports.documents.forms import declare_forms
from models.core.clock import Clock
from models.core.errors import NotFound

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "duties.md"


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("systems", help="各项制度逐条落实到哪一步")
    parser.add_argument("--semester", metavar="ID", default="", help="学期，如 2025-2026-1")
    parser.add_argument("--json", action="store_true", help="只输出 JSON")
    parser.add_argument("--docs", action="store_true", help="重写 docs/duties.md")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the state of every clause as of today, or write the reference page."""
    if arguments.docs:
        declare_forms()
        PAGE.write_text(described.duties_text(), "utf-8")
        print(f"已写入 {PAGE.name}")
        return 0
    today = Clock().today()
    with settings.opened(settings.from_environment()):
        semester = clause_state.school_semester(arguments.semester, today)
        if semester is None:
            raise NotFound("没有这个学期，请先登记学期")
        actor = end_of(today)
        told = clause_state.report(actor, semester)
    print(json.dumps(told, ensure_ascii=False) if arguments.json else _plain(told))
    return 0


def _plain(told: dict[str, Any]) -> str:
    lines = []
    for one in told["systems"]:
        lines.append(f"{one['id']}  {one['title']}")
        for clause in one["clauses"]:
            share = f"{clause['met']}/{clause['asked']}" if clause["asked"] else "—"
            checks = "、".join(check["code"] for check in clause["checks"])
            lines.append(f"  {clause['id']}  {clause['state_word']}  {share}  {checks}")
    return "\n".join(lines)
