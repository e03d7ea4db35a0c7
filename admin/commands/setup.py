"""`python app.py setup FILE.toml`: sets the school up without a browser.

The file says what the set-up page asks for (docs/setup.md); the clerk's password is read from
standard input.
"""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, structs

from admin.frame import settings
from models.core import toml
from models.core.clock import Clock
from models.core.errors import BadFile, Invalid
from models.core.toml import Declared, Positive, Text
from models.school.setup import SchoolPlan, SemesterPlan, SetUp, set_up

Day = Annotated[date, Meta(description="日期，如 2025-09-01")]


class SchoolPart(Declared, frozen=True):
    """`[school]`: fields of the School register; what is not written keeps its default."""

    name: Text
    home_name: Text | None = None
    address: Text | None = None
    phone: Text | None = None
    away_months: Positive | None = None


class SemesterPart(Declared, frozen=True):
    """One `[[semesters]]`."""

    first_day: Day
    last_day: Day
    code: str = ""
    title: str = ""


class ClerkPart(Declared, frozen=True):
    """`[clerk]`: the person who keeps the records."""

    name: Text
    username: Text


class SetupFile(Declared, frozen=True):
    """The whole file."""

    school: SchoolPart
    semesters: Annotated[tuple[SemesterPart, ...], Meta(min_length=1)]
    adopted: tuple[Text, ...]
    clerk: ClerkPart


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("setup", help="不用浏览器建立学校")
    parser.add_argument("file", type=Path, metavar="FILE.toml", help="学校、学期、制度、文员")
    parser.add_argument("--json", action="store_true", help="只输出 JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Set up and return the exit status."""
    try:
        plan = read_plan(arguments.file, _password())
        with settings.opened(settings.from_environment()):
            made = set_up(Clock().now(), "命令行", plan)
    except Invalid as error:
        # Every error on its own line, each with the key of the file it is about.
        raise BadFile("\n".join(_told(key, text) for key, text in error.errors.items())) from error
    _report(plan, made, as_json=arguments.json)
    return 0


def _told(key: str, text: str) -> str:
    return f"{key}：{text}" if key else text


def _report(plan: SchoolPlan, made: SetUp, *, as_json: bool) -> None:
    told = {
        "school": plan.school["name"],
        "semesters": list(made.semesters),
        "adopted": list(plan.adopted),
        "holidays": made.holidays,
        "years_without_holidays": list(made.years_without_data),
        "clerk": plan.username,
    }
    if as_json:
        print(json.dumps(told, ensure_ascii=False))
        return
    semesters = "、".join(made.semesters)
    print(f"{plan.school['name']}已建立：学期 {semesters}，节假日 {made.holidays} 天")
    for year in made.years_without_data:
        print(f"{year} 年的放假安排还没有公布，先按周一至周五上课计算")
    print(f"现在可以用“{plan.username}”登录")


def _password() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("文员的密码：")
    return sys.stdin.readline().rstrip("\r\n")


def read_plan(path: Path, password: str) -> SchoolPlan:
    """Read the file into a plan; BadDeclaration names the key that is wrong."""
    file = toml.read(path, SetupFile)
    said = structs.asdict(file.school)
    return SchoolPlan(
        school={key: value for key, value in said.items() if value is not None},
        semesters=tuple(SemesterPlan(**structs.asdict(semester)) for semester in file.semesters),
        adopted=file.adopted,
        clerk_name=file.clerk.name,
        username=file.clerk.username,
        password=password,
    )
