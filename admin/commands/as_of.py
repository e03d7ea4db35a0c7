"""The day a command looks at: `--as-of DATE`, and the product's own look at the end of that day."""

from __future__ import annotations

import argparse
from datetime import date, datetime, time

from models.core.actor import Actor, system
from models.core.clock import Clock


def add_as_of(parser: argparse.ArgumentParser) -> None:
    """Declare `--as-of`; without it the command looks at today."""
    parser.add_argument(
        "--as-of",
        type=day_said,
        default=Clock().today(),
        metavar="DATE",
        help="看哪一天的情况，如 2025-11-30；不写就是今天",
    )


def end_of(day: date) -> Actor:
    """Return the product itself, when the day is over: all that happened on it counts."""
    return system(datetime.combine(day, time(23, 59, 59)), "命令行")


def day_said(said: str) -> date:
    """Return the day a command was told; argparse shows what is wrong with it."""
    try:
        return date.fromisoformat(said)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"日期要写成 2025-11-30 的样子，现在是“{said}”") from error
