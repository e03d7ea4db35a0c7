"""The kinds of findings as written in `data/findings.toml`, checked against the registers."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from compliance.ordered.declaration import ClauseId
from models.core import toml
from models.core.errors import BadDeclaration
from models.core.register import find
from models.core.toml import Declared, Slug, Text, Whole

FILE = Path(__file__).parent.parent / "data" / "findings.toml"

ERROR, WARNING, HINT = "error", "warning", "hint"
# The levels as the pages say them, gravest first.
LEVELS = {ERROR: "错误", WARNING: "提醒", HINT: "建议"}


class Kind(Declared, frozen=True, eq=False):
    """One kind of finding: what is wrong, how grave, what to do, and in which register.

    `settings` are the numbers it is found by; a school may set others. An empty `register` means
    that the record found wrong is itself the place to correct it; with `list` the subject's rows
    in the register are opened, not an empty form. `by_the_minute` says that it is found by the
    hour or by what no write tells of, not by the records and the day alone.
    """

    id: Annotated[str, Meta(pattern=r"^F\d{3,4}$", description="体检项代码，如 F101")]
    level: Literal["error", "warning", "hint"]
    box: Text
    title: Text
    what_to_do: Text
    register: Slug | Literal[""] = ""
    list: bool = False
    clauses: tuple[ClauseId, ...] = ()
    by_the_minute: bool = False
    settings: dict[Text, Whole] = {}


class FindingFile(Declared, frozen=True):
    """The file of findings."""

    finding: tuple[Kind, ...]


@cache
def kinds() -> tuple[Kind, ...]:
    """Return all kinds in the order of the file; BadDeclaration names the one that is wrong."""
    found = toml.read(FILE, FindingFile).finding
    ids = [kind.id for kind in found]
    for kind in found:
        if ids.count(kind.id) > 1:
            raise BadDeclaration(f"{FILE.name}：{kind.id} 写了两次，代码不能重复使用")
        if kind.register and find(kind.register) is None:
            raise BadDeclaration(f"{FILE.name}：{kind.id} 的 register 没有登记 {kind.register}")
    return found
