"""`python app.py demo`: makes the invented school in a folder of its own, and serves it."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from datetime import date
from typing import Any

from admin.commands.serve import serve
from admin.frame import settings
from admin.frame.settings import Settings
from demo import school
from models.core.clock import Clock
from models.core.errors import BadValue
from models.core.files import write_whole

DEFAULT_FOLDER = "instance-demo"
DEFAULT_SIZE = 300
SMALLEST = 10


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("demo", help="建一所虚构的示例学校并启动")
    parser.add_argument(
        "--size", type=int, metavar="N", help=f"留守儿童人数；不写就是 {DEFAULT_SIZE}"
    )
    parser.add_argument("--today", type=date.fromisoformat, help="把今天定在某一天，如 2026-01-15")
    parser.add_argument("--no-serve", action="store_true", help="只建数据，不启动")
    parser.add_argument("--again", action="store_true", help="删掉旧的示例学校，重新建")
    parser.add_argument("--json", action="store_true", help="只输出 JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Make the demo school when its folder is empty, then serve it."""
    if arguments.size is not None and arguments.size < SMALLEST:
        raise BadValue(f"示例学校至少要 {SMALLEST} 名儿童，请把 --size 调大")
    said = settings.from_environment(DEFAULT_FOLDER)
    clock = Clock(fixed_day=arguments.today)
    notes = said.data_dir / settings.DEMO_NOTES
    if arguments.again and notes.exists():
        shutil.rmtree(said.data_dir)
    kept = notes.exists()
    made = json.loads(notes.read_text("utf-8")) if kept else _made(said, clock, arguments)
    made["fixed_day"] = arguments.today.isoformat() if arguments.today else None
    write_whole(notes, json.dumps(made, ensure_ascii=False).encode())
    if arguments.json:
        print(json.dumps({**made, "kept": kept}, ensure_ascii=False))
    else:
        _show(made)
    if kept:
        print(_why_kept(made, arguments.size), file=sys.stderr, flush=True)
    if arguments.no_serve:
        return 0
    app = arguments.create_app(
        said.data_dir,
        database_url=said.database_url,
        tls=said.tls,
        hosts=said.hosts,
        clock=clock,
        demo=True,
    )
    return serve(app, said, with_worker="work" in arguments.known)


def _made(said: Settings, clock: Clock, arguments: argparse.Namespace) -> dict[str, Any]:
    unfinished = said.data_dir / "demo-unfinished"
    if unfinished.exists():
        shutil.rmtree(said.data_dir)
    if (said.data_dir / "records.db").exists():
        raise BadValue(f"{said.data_dir.name} 里已有一所学校，示例学校要用空的数据文件夹")
    said.data_dir.mkdir(parents=True, exist_ok=True)
    # Somebody who stops the making half-way gets a whole school the next time.
    unfinished.touch()
    told = _Progress(quiet=arguments.json)
    with settings.opened(said):
        made = school.make(
            clock.today(),
            arguments.size or DEFAULT_SIZE,
            progress=told,
            photos_in=said.data_dir / "files",
        )
    told.end()
    summary = {
        "size": arguments.size or DEFAULT_SIZE,
        "children": len(made.roll.children),
        "staff": len(made.roll.staff),
        "classes": len(made.roll.classes),
        "photos": made.photos,
        "today": clock.today().isoformat(),
        "accounts": made.accounts,
        "password": made.password,
        "passphrase": made.passphrase,
    }
    notes = said.data_dir / settings.DEMO_NOTES
    write_whole(notes, json.dumps(summary, ensure_ascii=False).encode())
    unfinished.unlink()
    return summary


def _why_kept(made: dict[str, Any], size: int | None) -> str:
    """Say that no new school was made, and how to get one."""
    told = "这所示例学校以前已经建好，原样保留"
    if size not in (None, made.get("size")):
        told += f"，仍有 {made['children']} 名留守儿童，--size {size} 没有用上"
    return f"{told}。要删掉它重新建，请加 --again"


def _show(made: dict[str, Any]) -> None:
    print(f"示例学校：{made['children']} 名留守儿童，{made['staff']} 名教职工，均为虚构")
    for username, role in made["accounts"].items():
        print(f"  {role}：{username}")
    print(f"  密码都是：{made['password']}", flush=True)
    if "passphrase" in made:  # A school made by an earlier version keeps nothing sealed.
        print(f"  心理辅导教师打开密封的口令：{made['passphrase']}", flush=True)


class _Progress:
    """Tells each new step once, on standard error, so that JSON stays alone on standard output."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._last = ""

    def __call__(self, text: str) -> None:
        if text != self._last and not self._quiet:
            print(f"\r正在建示例学校：{text}        ", end="", file=sys.stderr, flush=True)
        self._last = text

    def end(self) -> None:
        """Finish the line."""
        if not self._quiet:
            print(file=sys.stderr)
