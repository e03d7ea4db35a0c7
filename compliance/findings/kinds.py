"""The kinds of findings as written in `data/findings.toml`, checked against the registers."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from compliance.ordered.declaration import Table
from models.core.errors import BadDeclaration
from models.core.register import find

FILE = Path(__file__).parent.parent / "data" / "findings.toml"

ERROR, WARNING, HINT = "error", "warning", "hint"
# The levels as the pages say them, gravest first.
LEVELS = {ERROR: "错误", WARNING: "提醒", HINT: "建议"}

_ID = re.compile(r"F\d{3,4}")
_SLUG = re.compile(r"[a-z][a-z-]*")
_CLAUSE = re.compile(r"[SGQHZ]\d{2}-.+")


@dataclass(frozen=True, eq=False)
class Kind:
    """One kind of finding: what is wrong, how grave, what to do, and in which register.

    `settings` are the numbers it is found by; a school may set others. An empty `register` means
    that the record found wrong is itself the place to correct it; with `list` the subject's rows
    in the register are opened, not an empty form.
    """

    id: str
    level: str
    box: str
    title: str
    what_to_do: str
    register: str = ""
    list: bool = False
    clauses: tuple[str, ...] = ()
    settings: Mapping[str, int] = field(default_factory=dict)


@cache
def kinds() -> tuple[Kind, ...]:
    """Return all kinds in the order of the file; BadDeclaration names the one that is wrong."""
    content = tomllib.loads(FILE.read_text(encoding="utf-8"))
    found = tuple(_kind(raw) for raw in content.get("finding", ()))
    ids = [kind.id for kind in found]
    for one in ids:
        if ids.count(one) > 1:
            raise BadDeclaration(f"体检项 {one} 写了两次，代码不能重复使用")
    return found


def _kind(raw: Mapping[str, Any]) -> Kind:
    table = Table(str(raw.get("id", "")), raw, noun="体检项")
    kind = Kind(
        id=table.text("id", _ID),
        level=table.choice("level", frozenset(LEVELS)),
        box=table.text("box"),
        title=table.text("title"),
        what_to_do=table.text("what_to_do"),
        register=table.text("register", _SLUG) if table.has("register") else "",
        list=table.flag("list"),
        clauses=table.texts("clauses", _CLAUSE, optional=True),
        settings=dict(table.filter("settings")),
    )
    table.finish()
    if kind.register and find(kind.register) is None:
        table.refuse("register", f"没有登记 {kind.register}")
    return kind
