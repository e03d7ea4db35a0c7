"""`python app.py setup FILE.toml`: sets the school up without a browser.

The file says what the set-up page asks for; the clerk's password is read from standard input.

    adopted = ["四新中学"]

    [school]
    name = "云岭中学"

    [[semesters]]
    first_day = 2025-09-01
    last_day = 2026-01-23

    [clerk]
    name = "陈文员"
    username = "chen"
"""

from __future__ import annotations

import argparse
import getpass
import json
import sys
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from admin.frame import settings
from models.core.clock import Clock
from models.core.errors import BadFile, Invalid
from models.school.setup import SchoolPlan, SemesterPlan, SetUp, set_up

SCHOOL_KEYS = ("name", "home_name", "address", "phone", "away_months")
SEMESTER_KEYS = ("code", "title", "first_day", "last_day")
CLERK_KEYS = ("name", "username")


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
    """Read the file into a plan; BadFile or Invalid name the key that is wrong."""
    said = _read_toml(path)
    errors: dict[str, str] = {}
    _only(said, ("school", "semesters", "adopted", "clerk"), "", errors)
    school = _table(said, "school", SCHOOL_KEYS, ("name",), errors)
    clerk = _table(said, "clerk", CLERK_KEYS, CLERK_KEYS, errors)
    semesters = _semesters(said.get("semesters"), errors)
    adopted = said.get("adopted", [])
    if not isinstance(adopted, list) or not all(isinstance(name, str) for name in adopted):
        errors["adopted"] = '要写成 ["四新中学"] 的样子'
    if errors:
        raise Invalid(errors)
    return SchoolPlan(
        school=school,
        semesters=semesters,
        adopted=tuple(adopted),
        clerk_name=str(clerk["name"]),
        username=str(clerk["username"]),
        password=password,
    )


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise BadFile(f"打不开文件 {path}，请核对文件名") from error
    except UnicodeDecodeError as error:
        raise BadFile(f"{path} 不是 UTF-8 编码，请用记事本另存为 UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise BadFile(f"{path} 的写法有误：{error}") from error


def _only(
    said: Mapping[str, Any], known: tuple[str, ...], prefix: str, errors: dict[str, str]
) -> None:
    for key in said:
        if key not in known:
            errors[f"{prefix}{key}"] = f"不认识这一项，可写：{'、'.join(known)}"


def _table(
    said: Mapping[str, Any],
    name: str,
    known: tuple[str, ...],
    needed: tuple[str, ...],
    errors: dict[str, str],
) -> dict[str, Any]:
    found = said.get(name, {})
    if not isinstance(found, dict):
        errors[name] = f"要写成一节 [{name}]"
        return {}
    _only(found, known, f"{name}.", errors)
    for key in needed:
        if not str(found.get(key, "")).strip():
            errors[f"{name}.{key}"] = "缺少这一项"
    return found


def _semesters(said: Any, errors: dict[str, str]) -> tuple[SemesterPlan, ...]:
    if not isinstance(said, list) or not said or not all(isinstance(s, dict) for s in said):
        errors["semesters"] = "至少要有一节 [[semesters]]，写明 first_day 和 last_day"
        return ()
    plans = []
    for number, one in enumerate(said, start=1):
        prefix = f"semesters.{number}."
        _only(one, SEMESTER_KEYS, prefix, errors)
        days = [_day(one, key, prefix, errors) for key in ("first_day", "last_day")]
        if None not in days:
            first, last = days
            assert first is not None
            assert last is not None
            code, title = str(one.get("code", "")), str(one.get("title", ""))
            plans.append(SemesterPlan(first, last, code, title))
    return tuple(plans)


def _day(said: Mapping[str, Any], key: str, prefix: str, errors: dict[str, str]) -> date | None:
    value = said.get(key)
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            value = None
    if isinstance(value, datetime):
        value = value.date()
    if not isinstance(value, date):
        errors[f"{prefix}{key}"] = "要写成日期，如 2025-09-01"
        return None
    return value
