"""`python app.py import|export|template`: a school carried in and out by workbooks, as the clerk.

The command line acts as the first clerk; without one (before set-up) nothing is done.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from admin.frame import settings
from exports.tables.template import blank_workbook
from exports.tables.writing import write_table
from models.core import audit, calendar
from models.core.actor import Actor
from models.core.clock import Clock
from models.core.errors import BadFile, Denied, NotFound
from models.core.files import aside
from models.core.register import REGISTERS, Register, find
from models.core.rights import may
from models.core.semester_records import semester_in_parts
from models.intake import RosterAnswers, read_roster
from models.intake.import_roster import import_roster, plan_roster
from models.intake.imports import import_table, plan_table, usual_choices
from models.intake.report import ALIKE_CHOICES, ASK, CHOICES, SKIP, Choices, ImportReport
from models.intake.table import read_table
from models.school import accounts

ORIGIN = "命令行"
ROSTER = "roster"
# Answers to "are these pupils left behind?" when the roster has no such column.
LEFT_BEHIND = {"all": "9", "none": "0"}


def add(subparsers: Any) -> None:
    """Declare the commands."""
    _add_import(subparsers)
    _add_export(subparsers)
    template = subparsers.add_parser("template", help="生成一项登记的空白导入表")
    template.add_argument("what", metavar="登记", help="登记的英文名")
    template.add_argument("--out", type=Path, required=True, metavar="文件", help="存成 .xlsx")
    template.set_defaults(run=run_template)


def _add_import(subparsers: Any) -> None:
    parser = subparsers.add_parser("import", help="从 Excel 导入花名册或任一登记")
    parser.add_argument("what", metavar="登记", help="roster 为学生花名册，其余写登记的英文名")
    parser.add_argument("file", type=Path, metavar="文件", help=".xlsx 或 .xls")
    parser.add_argument("--dry-run", action="store_true", help="只检查，不写入")
    parser.add_argument(
        "--existing",
        choices=CHOICES,
        help="已有的记录怎么办；不写时，本系统导出的表按更新，其他表按跳过",
    )
    parser.add_argument("--wrong", choices=("skip", "stop"), default=SKIP, help="有错的行怎么办")
    parser.add_argument(
        "--alike",
        choices=ALIKE_CHOICES,
        default=ASK,
        help="没有写几点、内容与另一条相同的：ask 先不导入，one 是同一件事，two 是另一件事",
    )
    parser.add_argument(
        "--left-behind",
        choices=LEFT_BEHIND,
        help="花名册没有“是否留守儿童”一列时：all 都是，none 都不是",
    )
    parser.add_argument("--json", action="store_true", help="只输出 JSON")
    parser.set_defaults(run=run_import)


def _add_export(subparsers: Any) -> None:
    parser = subparsers.add_parser("export", help="把一项登记导出成 Excel")
    parser.add_argument("what", metavar="登记", help="登记的英文名")
    parser.add_argument("--semester", metavar="学期", help="只要这一学期的，如 2025-2026-1")
    parser.add_argument("--out", type=Path, required=True, metavar="文件", help="存成 .xlsx")
    parser.set_defaults(run=run_export)


def clerk(clock: Clock) -> Actor:
    """Return the first clerk as actor at the command line; NotFound before set-up."""
    user = accounts.first_clerk()
    if user is None:
        raise NotFound("学校还没有设置，请先启动程序，在浏览器里完成设置")
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
    with settings.opened(settings.from_environment()):
        actor = clerk(Clock())
        if arguments.what == ROSTER:
            report = _import_roster(actor, arguments, data)
        else:
            report = _import_register(actor, arguments, data)
    if arguments.json:
        print(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        print(told(report, arguments.dry_run))
    return 0 if report.accepted or not report.rows else 1


def _import_roster(actor: Actor, arguments: argparse.Namespace, data: bytes) -> ImportReport:
    choices = Choices(existing=arguments.existing or SKIP, wrong=arguments.wrong)
    answer = LEFT_BEHIND.get(arguments.left_behind) if arguments.left_behind else None
    roster = read_roster(data, RosterAnswers(left_behind=answer))
    if roster.asks_left_behind and answer is None:
        raise BadFile(
            "花名册没有“是否留守儿童”一列，请加上 --left-behind all（都是）或 none（都不是）"
        )
    if arguments.dry_run:
        return plan_roster(actor, roster, choices)
    return import_roster(actor, roster, choices, f"花名册 {arguments.file.name}")


def _import_register(actor: Actor, arguments: argparse.Namespace, data: bytes) -> ImportReport:
    register = register_called(arguments.what)
    table = read_table(data, register)
    existing = arguments.existing or usual_choices(table).existing
    choices = Choices(existing=existing, wrong=arguments.wrong, alike=arguments.alike)
    if arguments.dry_run:
        return plan_table(actor, table, choices)
    return import_table(actor, table, choices, f"{register.title} {arguments.file.name}")


def register_called(slug: str) -> Register:
    """Return the register with the English name `slug`; NotFound names what there is."""
    register = find(slug)
    if register is None:
        known = "、".join(sorted(REGISTERS))
        raise NotFound(f"没有叫“{slug}”的登记，可用的有：{known}")
    return register


def run_template(arguments: argparse.Namespace) -> int:
    """Write a register's blank workbook."""
    register = register_called(arguments.what)
    with settings.opened(settings.from_environment()):
        actor = clerk(Clock())
        _demand(actor, "import", register)
        data = blank_workbook(actor, register, actor.now)
    with written(arguments.out) as part:
        part.write(data)
    print(f"已生成 {arguments.out.name}")
    return 0


def run_export(arguments: argparse.Namespace) -> int:
    """Write a register's records, all or one semester's, as the clerk may see them."""
    register = register_called(arguments.what)
    with settings.opened(settings.from_environment()):
        actor = clerk(Clock())
        _demand(actor, "export", register)
        semester = calendar.semester_called(arguments.semester) if arguments.semester else None
        with written(arguments.out) as part:
            parts = semester_in_parts(actor, register, semester)
            count = write_table(part, actor, register, parts, actor.now)
        audit.log_access(actor, "export", register.slug, detail=f"{count} 条，{arguments.out.name}")
    print(f"已导出 {register.title} {count} 条")
    return 0


def _demand(actor: Actor, verb: str, register: Register) -> None:
    decision = may(actor, verb, register)
    if not decision:
        raise Denied(f"{decision.reason}，不能导入导出")


@contextmanager
def written(path: Path) -> Iterator[Any]:
    """Hold a file open beside `path` and put it in its place once it is whole."""
    try:
        with aside(path) as part, part.open("wb") as file:
            yield file
    except OSError as error:
        raise BadFile(f"文件写不进去：{path.name}，请换个位置") from error


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
