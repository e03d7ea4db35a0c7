"""What a bundle consists of, read from `compliance/data/bundle.toml` and checked at the start."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from compliance.ordered.declaration import FIELD, Table
from models.core.errors import BadDeclaration
from models.core.register import Register, find, line_registers

FILE = Path(__file__).resolve().parents[2] / "compliance" / "data" / "bundle.toml"
BOOK, SHEETS, MEETINGS, PHOTOS = "book", "sheets", "meetings", "photos"
MAKES = frozenset({BOOK, SHEETS, MEETINGS, PHOTOS})
EVERY_MONTH = "month"

_SLUG = re.compile(r"[a-z][a-z-]*")
_NEED = re.compile(r"[a-z][a-z_-]*(\|[a-z][a-z_-]*)*")


@dataclass(frozen=True)
class Source:
    """What one line of a part reads, makes and asks for (see the head of the TOML file)."""

    title: str
    make: str
    slugs: tuple[str, ...]
    where: Mapping[str, Any]
    at_least: int
    per: str
    needs: tuple[str, ...]
    during: tuple[str, ...]
    supplier: str

    @property
    def registers(self) -> list[Register]:
        """The registers it reads that are kept already."""
        return [declared for slug in self.slugs if (declared := find(slug)) is not None]

    @property
    def slug(self) -> str:
        """The one register a document source reads."""
        return self.slugs[0]


@dataclass(frozen=True)
class Part:
    """One of the eight parts."""

    number: int
    clause: str
    title: str
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class BundleDeclaration:
    """All parts in order, and the registers that derived columns are worked out from."""

    parts: tuple[Part, ...]
    also_reads: tuple[str, ...]


@lru_cache(maxsize=1)
def declaration() -> BundleDeclaration:
    """Return what the product's own bundle consists of."""
    return read_declaration(tomllib.loads(FILE.read_text(encoding="utf-8")))


def read_declaration(raw: Mapping[str, Any]) -> BundleDeclaration:
    """Read and check a declaration; BadDeclaration names the part and the key that is wrong."""
    top = Table("bundle", raw)
    also_reads = top.texts("also_reads", _SLUG, optional=True)
    parts = tuple(_part(table) for table in top.tables("part"))
    top.finish()
    if [part.number for part in parts] != list(range(1, len(parts) + 1)) or not parts:
        raise BadDeclaration("上报材料的部分要从 1 起连续编号")
    return BundleDeclaration(parts, also_reads)


def _part(table: Table) -> Part:
    part = Part(
        number=table.number("number"),
        clause=table.text("clause"),
        title=table.text("title"),
        sources=tuple(_source(one) for one in table.tables("source")),
    )
    table.finish()
    if not part.sources:
        table.refuse("source", "一个来源也没有")
    return part


def _source(table: Table) -> Source:
    make = table.choice("make", MAKES)
    several = make == PHOTOS
    source = Source(
        title=table.text("title"),
        make=make,
        slugs=table.texts("register", _SLUG) if several else (table.text("register", _SLUG),),
        where=table.filter("where"),
        at_least=table.number("at_least", least=1),
        per=table.choice("per", frozenset({EVERY_MONTH})) if table.has("per") else "",
        needs=table.texts("needs", _NEED, optional=True),
        during=table.texts("during", FIELD, optional=True),
        supplier=table.text("supplier"),
    )
    table.finish()
    _check(table, source)
    return source


def _check(table: Table, source: Source) -> None:
    """Refuse names the registers do not have; a register not kept yet cannot be checked."""
    if source.during and len(source.during) != 2:
        table.refuse("during", "要写起止两个日期字段")
    for declared in source.registers:
        if declared.sealed:
            table.refuse("register", f"密封登记“{declared.title}”不放进上报材料")
        for name in (*source.where, *source.during):
            if name not in declared.fields:
                table.refuse(name, f"登记“{declared.title}”没有这个字段")
        if source.make == PHOTOS and "photo" not in declared.evidence:
            table.refuse("register", f"登记“{declared.title}”不附照片")
        lines = {line.slug for line in line_registers(declared)}
        known = {*declared.evidence, *declared.fields, *lines}
        for need in source.needs:
            for name in need.split("|"):
                if name not in known:
                    table.refuse("needs", f"登记“{declared.title}”没有 {name}")
