"""`python app.py duties --as-of DATE`: what became of every duty, worked out for that day."""

from __future__ import annotations

import argparse
import json
from datetime import date
from typing import Any

from admin.commands.as_of import add_as_of, end_of
from admin.frame import settings
from compliance.ordered.catalogue import as_set, duties, duty_called
from compliance.told import report
from models.core import calendar
from models.core.errors import NotFound
from models.core.school_calendar import SemesterSpan


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("duties", help="各项任务办到哪一步")
    add_as_of(parser)
    parser.add_argument("--semester", metavar="ID", help="学期，如 2025-2026-1；不写就是那天所在的")
    parser.add_argument("--duty", metavar="CODE", help="只看一项任务，如 talk-weekly")
    parser.add_argument("--json", action="store_true", help="只输出 JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Work the duties out for a day and print them; nothing is stored."""
    as_of = arguments.as_of
    with settings.opened(settings.from_environment()):
        semester = _semester(arguments.semester, as_of)
        if arguments.duty and duty_called(arguments.duty) is None:
            raise NotFound(f"没有任务 {arguments.duty}，请核对代码")
        chosen = [
            as_set(duty, semester.code) for duty in duties() if arguments.duty in (None, duty.code)
        ]
        actor = end_of(as_of)
        told = report.report(actor, semester, as_of, chosen)
    print(json.dumps(told, ensure_ascii=False) if arguments.json else _plain(told))
    return 0


def _semester(code: str | None, as_of: date) -> SemesterSpan:
    """The semester named, else the one of the day."""
    if code is None:
        current = calendar.current_semester(as_of)
        code = current.code if current is not None else ""
    return calendar.semester_called(code)


def _plain(told: dict[str, Any]) -> str:
    lines = [f"{told['semester_title']}，截至 {told['as_of']}"]
    for one in told["duties"]:
        share = "—" if one["share"] is None else f"{one['share']:.1%}"
        lines.append(f"{one['state_word']}  {share:>6}  {one['code']}  {one['title']}")
    return "\n".join(lines)
