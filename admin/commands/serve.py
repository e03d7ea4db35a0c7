"""`python app.py serve`, also without a word: serves the school with cheroot."""

from __future__ import annotations

import argparse
from typing import Any


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("serve", help="启动（不写命令也是启动）")
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    """Serve until stopped and return the exit status."""
    raise NotImplementedError
