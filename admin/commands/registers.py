"""`python app.py registers`: every register as the declarations say it, as text, JSON or a page."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from compliance.ordered.catalogue import systems_of_registers
from models.core.described import registers_data
from models.core.described_text import registers_text
from models.kept import REGISTERS

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "registers.md"


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("registers", help="列出所有登记和字段")
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--json", action="store_true", help="只输出 JSON")
    chosen.add_argument("--docs", action="store_true", help="重写 docs/registers.md")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write what was asked for; 0 always, because nothing is looked up."""
    if arguments.json:
        print(json.dumps(registers_data(systems_of_registers()), ensure_ascii=False, indent=1))
    elif arguments.docs:
        PAGE.write_text(registers_text(systems_of_registers()), "utf-8")
        print(f"已写好 {len(REGISTERS)} 项登记的说明")
    else:
        for data in registers_data(systems_of_registers()):
            print(f"{data['box']:<3} {data['slug']:<22} {data['title']}")
    return 0
