"""`python app.py work`: does the long work in the background; `serve` starts it by itself."""

from __future__ import annotations

import argparse
from typing import Any

from admin.frame import log_file, settings
from admin.frame.context import Runtime
from admin.work import wake, worker


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("work", help="后台做排队的工作（启动时会自动带起）")
    parser.add_argument("--once", action="store_true", help="做完已排队的就结束")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Do waiting jobs until stopped, or once, and return the exit status."""
    said = settings.from_environment()
    log_file.write_to(said.data_dir, "work")
    clock = settings.clock_in(said.data_dir)
    with settings.opened(said):
        if arguments.once:
            worker.run_waiting(said.data_dir, clock)
    if not arguments.once:
        wake.consume(Runtime(said.data_dir, clock, redis=said.redis))
    return 0
