"""`python app.py point`: the week's workbook of a village point, handed out or taken in."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import Any

from admin.commands.tables import clerk, read_file
from admin.frame import settings
from exports.tables.point_book import workbook
from models.core.clock import Clock
from models.core.errors import BadValue, NotFound
from models.core.files import write_whole
from models.core.gates import rows
from models.core.register import register_of
from models.intake import point_week
from models.kept.staff import VillagePoint


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("point", help="校点每周的工作簿：发出去，收回来")
    parser.add_argument("--point", metavar="校点", help="哪个校点，写名称")
    parser.add_argument("--week", metavar="日期", help="那一周的任何一天，不写是本周")
    parser.add_argument("--out", type=Path, metavar="文件", help="发出去：存成 .xlsx")
    parser.add_argument("--take", type=Path, metavar="文件", help="收回来：校点交回的工作簿")
    parser.add_argument("--dry-run", action="store_true", help="只核对，不写入")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write a point's workbook, or take one in; 0 when nothing was refused."""
    if (arguments.out is None) == (arguments.take is None):
        raise BadValue("请写 --point 校点 和 --out 文件，或者 --take 文件")
    with settings.opened(settings.from_environment()):
        if arguments.out is not None:
            return _hand_out(arguments)
        return _take_in(arguments)


def _hand_out(arguments: argparse.Namespace) -> int:
    actor = clerk(Clock())
    found = rows(actor, register_of(VillagePoint)).where(VillagePoint.name == arguments.point)
    point = found.first()
    if point is None:
        raise NotFound(f"没有叫“{arguments.point or ''}”的校点")
    try:
        day = date.fromisoformat(arguments.week) if arguments.week else actor.today
    except ValueError as error:
        raise BadValue("--week 请写成 2026-09-07 的样子") from error
    slip = point_week.slip_for(actor, point, day)
    write_whole(arguments.out, workbook(actor, slip))
    print(f"{slip.name} {slip.first} 至 {slip.last} 的工作簿写在 {arguments.out.name}")
    return 0


def _take_in(arguments: argparse.Namespace) -> int:
    actor = clerk(Clock())
    act = point_week.looked_at if arguments.dry_run else point_week.taken_in
    slip, found = act(actor, read_file(arguments.take))
    print(f"{slip.name} {slip.first} 至 {slip.last}")
    refused = 0
    for one in found:
        refused += one.wrong
        written = "要写入" if arguments.dry_run else "写入"
        print(f"{one.register.title}：{written} {one.new} 条，不能导入 {one.wrong} 行")
    return 1 if refused else 0
