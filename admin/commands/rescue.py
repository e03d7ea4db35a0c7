"""`python app.py rescue NAME`: shows, on the host, a one-time code for the only clerk or leader."""

from __future__ import annotations

import argparse
from typing import Any

from admin.frame import settings
from models.school import rescue


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("rescue", help="唯一的文员或领导忘了密码，或确认第一位领导")
    parser.add_argument("username", metavar="登录名", help="要重设或确认的账号")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Make the code and say what to do with it."""
    said = settings.from_environment()
    with settings.opened(said):
        made = rescue.begin(settings.clock_in(said.data_dir).now(), arguments.username)
    print(f"{made.user.role}“{made.user.name}”的一次性口令：{made.code}，{made.until:%H:%M} 前有效")
    print("请打开登录页下面的“用主机口令”，填登录名、口令和新密码。这一步会记录，并告知所有人。")
    return 0
