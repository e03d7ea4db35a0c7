"""`python app.py import|export|template`: a school carried in and out by workbooks, as the clerk.

The command line acts as the first clerk; without one (before set-up) nothing is done.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from admin import settings
from models import accounts
from models.actor import Actor
from models.clock import Clock
from models.errors import BadFile, NotFound
from models.import_report import CHOICES, SKIP, Choices, ImportReport
from models.import_roster import import_roster, plan_roster
from models.intake import RosterAnswers, read_roster

ORIGIN = "命令行"
# Answers to "are these pupils left behind?" when the roster has no such column.
LEFT_BEHIND = {"all": "9", "none": "0"}


def add(subparsers: Any) -> None:
    """Declare the commands."""
    _add_import(subparsers)


def _add_import(subparsers: Any) -> None:
    parser = subparsers.add_parser("import", help="从 Excel 导入花名册或任一登记")
    parser.add_argument("what", metavar="登记", help="roster 为学生花名册，其余写登记的英文名")
    parser.add_argument("file", type=Path, metavar="文件", help=".xlsx 或 .xls")
    parser.add_argument("--dry-run", action="store_true", help="只检查，不写入")
    parser.add_argument("--existing", choices=CHOICES, default=SKIP, help="已有的记录怎么办")
    parser.add_argument("--wrong", choices=("skip", "stop"), default=SKIP, help="有错的行怎么办")
    parser.add_argument(
        "--left-behind",
        choices=LEFT_BEHIND,
        help="花名册没有“是否留守儿童”一列时：all 都是，none 都不是",
    )
    parser.add_argument("--json", action="store_true", help="只输出 JSON")
    parser.set_defaults(run=run_import)


def clerk(clock: Clock) -> Actor:
    """Return the first clerk as actor at the command line; NotFound before set-up."""
    user = accounts.first_clerk()
    if user is None:
        raise NotFound("学校还没有设置，请先运行 python app.py 完成设置")
    return accounts.actor_of(user, clock.now(), ORIGIN)


def read_file(path: Path) -> bytes:
    """Return a file's bytes; BadFile when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadFile(f"文件打不开：{path.name}，请核对文件名和位置") from error


def run_import(arguments: argparse.Namespace) -> int:
    """Check and, unless only asked to check, write a workbook; 0 when a row was accepted."""
    data = read_file(arguments.file)
    choices = Choices(existing=arguments.existing, wrong=arguments.wrong)
    with settings.opened(settings.from_environment()):
        actor = clerk(Clock())
        report = _import_roster(actor, arguments, data, choices)
    if arguments.json:
        print(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        print(told(report, arguments.dry_run))
    return 0 if report.accepted else 1


def _import_roster(
    actor: Actor, arguments: argparse.Namespace, data: bytes, choices: Choices
) -> ImportReport:
    answer = LEFT_BEHIND.get(arguments.left_behind) if arguments.left_behind else None
    roster = read_roster(data, RosterAnswers(left_behind=answer))
    if roster.asks_left_behind and answer is None:
        raise BadFile(
            "花名册没有“是否留守儿童”一列，请加上 --left-behind all（都是）或 none（都不是）"
        )
    if arguments.dry_run:
        return plan_roster(actor, roster, choices)
    return import_roster(actor, roster, choices, f"花名册 {arguments.file.name}")


def told(report: ImportReport, dry_run: bool) -> str:
    """Return the outcome as a few lines for a person."""
    head = "检查完毕，没有写入：" if dry_run else "导入完毕："
    lines = [f"{head}{len(report.rows)} 行，可导入 {report.accepted} 行"]
    if report.left_behind is not None:
        lines[0] += f"，其中留守儿童 {report.left_behind} 名"
    lines += [f"{title} {count} 条" for title, count in report.written.items()]
    lines += [f"提醒：{text}" for text in report.warnings]
    lines += [
        f"没有导入：{sheet} 第 {number} 行　{reason}"
        for (sheet, number), reason in report.reasons().items()
    ]
    return "\n".join(lines)
