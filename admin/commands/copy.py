"""`python app.py copy --to URL`: moves the school into another, empty database, and proves it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from admin.frame import settings
from admin.frame.tables import all_tables, make_tables
from models.core import copying
from models.core.database import connected, open_database

SQLITE = "sqlite"


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("copy", help="把全部记录复制到另一个空的数据库，并逐表核对")
    parser.add_argument(
        "--to",
        required=True,
        metavar="URL",
        help="postgresql://…；写 sqlite 就是数据文件夹里的 records.db",
    )
    parser.add_argument("--json", action="store_true", help="只输出 JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Copy, compare counts and digests of every table, and return 0 only when all agree."""
    said = settings.from_environment()
    target = None if arguments.to == SQLITE else arguments.to
    if target == said.database_url:
        raise copying.NotCopied("目标就是现在用的数据库，没有复制")
    here, there = copy_school(said.data_dir, said.database_url, target)
    wrong = copying.differing(here, there)
    rows = sum(facts.count for facts in there.values())
    if arguments.json:
        print(json.dumps({"tables": len(there), "rows": rows, "differing": wrong}))
    elif wrong:
        print(f"有 {len(wrong)} 张表两边不一样，请不要使用这个副本：{'、'.join(wrong)}")
    else:
        print(f"已复制 {len(there)} 张表、{rows} 行，两边的条数和校验值都一样。")
        print("照片等文件仍在数据文件夹里。请用新的 DATABASE_URL 启动。")
    return 1 if wrong else 0


def copy_school(
    folder: Path, source: str | None, target: str | None
) -> tuple[dict[str, copying.TableFacts], dict[str, copying.TableFacts]]:
    """Copy all tables; return the facts of both sides, each read back from its database.

    Without a URL a side is the records.db of the folder. The server must be stopped: what is
    written meanwhile is told as a difference.
    """
    models = all_tables()
    open_database(folder, source)
    with connected():
        make_tables()
        rows = copying.read_all(models)
    open_database(folder, target)
    with connected():
        make_tables()
        copying.write_all(models, rows)
        there = copying.facts_of_all(models)
    open_database(folder, source)
    with connected():
        return copying.facts_of_all(models), there
