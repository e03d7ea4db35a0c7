"""`python app.py evaluate --year 2025-2026 --json`: every teacher's year in figures."""

from __future__ import annotations

import argparse
import json
from typing import Any

from admin.commands.as_of import add_as_of, end_of
from admin.frame import settings
from compliance.evaluated.report import report
from compliance.evaluated.year import running_year, year_called
from models.core.errors import NotFound


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("evaluate", help="教师考核：事实、得分和办到哪一步")
    parser.add_argument("--year", default="", metavar="YEAR", help="年度，如 2025-2026 或 2026")
    parser.add_argument("--teacher", type=int, metavar="ID", help="只看这一位教职工（编号）")
    parser.add_argument("--json", action="store_true", help="只输出 JSON")
    add_as_of(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the figures of a year; without `--year` of the one the day lies in."""
    with settings.opened(settings.from_environment()):
        day = end_of(arguments.as_of).today
        year = year_called(arguments.year) if arguments.year else running_year(day)
        if year is None:
            raise NotFound("年度要写成 2025-2026 或 2026 的样子")
        told = report(year, day, arguments.teacher)
    print(json.dumps(told, ensure_ascii=False) if arguments.json else _plain(told))
    return 0


def _plain(told: dict[str, Any]) -> str:
    opened = f"{told['opened_on']} 开始" if told["opened_on"] else "未开始"
    lines = [f"{told['year_title']}  {opened}"]
    for one in told["teachers"]:
        score = "无数据" if one["score"] is None else one["score"]
        share = "" if one["share"] is None else f"  折 {one['share']} 分（满分 {told['of']}）"
        lines.append(
            f"{one['staff']:>5}  {one['name']}  {score}{share}  {one['outcome'] or one['step']}"
        )
    return "\n".join(lines)
