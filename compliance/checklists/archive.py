"""档案清单: the 18 archive items of S03, each from its records, duties, documents and photos.

An item is complete when every source has its records of the semester with all that they need,
every duty is met, and the registers under `photos` hold pictures. The last item is the inspection
bundle with its eight parts; whoever shows the list asks the bundle itself about them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from compliance.ordered import conditions, needs
from compliance.ordered.declaration import Filter, Table
from models.core.boxes import LEADERSHIP, TEACHER
from models.core.errors import BadDeclaration
from models.core.register import Register, find, line_registers

FILE = Path(__file__).parent.parent / "data" / "archive.toml"

MONTH, SCHOOL_YEAR = "month", "school-year"
# The school's setting that lifts a source: it keeps no chat records (docs/rules.md).
CHAT_RECORDS = "chat-records"

_ID = re.compile(r"S03-\d{1,2}")
_SLUG = re.compile(r"[a-z][a-z0-9-]*")
_NEED = re.compile(r"[a-z][a-z_-]*(\|[a-z][a-z_-]*)*")
_BOX = re.compile(r"\d\d")


@dataclass(frozen=True)
class Source:
    """Records an item consists of: so many of a register, each with what it needs."""

    slug: str
    where: Filter
    at_least: int
    needs: tuple[str, ...]
    per: str
    waived: str

    @property
    def register(self) -> Register:
        """The register it reads."""
        found = find(self.slug)
        assert found is not None
        return found

    @property
    def title(self) -> str:
        """What it is called: the register and the words asked for."""
        words = [w for value in self.where.values() for w in _words(value)]
        return f"{self.register.title}（{'、'.join(words)}）" if words else self.register.title

    @property
    def supplier(self) -> str:
        """Who can supply what is missing: whoever writes the register."""
        writers = {LEADERSHIP: "领导小组", TEACHER: "教师"}
        return "、".join(["文员", *(writers[r] for r in self.register.creates if r in writers)])


def _words(value: Any) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    return [one for one in listed if isinstance(one, str)]


@dataclass(frozen=True)
class Item:
    """One archive item as declared."""

    id: str
    number: int
    title: str
    boxes: tuple[str, ...]
    sources: tuple[Source, ...]
    duties: tuple[str, ...]
    documents: tuple[str, ...]
    photos: tuple[str, ...]


@cache
def items() -> tuple[Item, ...]:
    """Return the 18 items; BadDeclaration names the item and the key that is wrong."""
    content = tomllib.loads(FILE.read_text(encoding="utf-8"))
    found = tuple(_item(raw) for raw in content.get("item", ()))
    if [item.number for item in found] != list(range(1, 19)):
        raise BadDeclaration("档案清单要有从 1 到 18 的十八项")
    return found


def _item(raw: Mapping[str, Any]) -> Item:
    table = Table(str(raw.get("id", "")), raw, noun="档案清单")
    item = Item(
        id=table.text("id", _ID),
        number=table.number("number", least=1),
        title=table.text("title"),
        boxes=table.texts("boxes", _BOX, optional=True),
        sources=tuple(_source(one) for one in table.tables("sources")),
        duties=table.texts("duties", _SLUG, optional=True),
        documents=table.texts("documents", _SLUG, optional=True),
        photos=table.texts("photos", _SLUG, optional=True),
    )
    table.finish()
    for slug in item.photos:
        declared = find(slug)
        if declared is None or "photo" not in declared.evidence:
            table.refuse("photos", f"登记 {slug} 不附照片")
    return item


def _source(table: Table) -> Source:
    slug = table.text("register", _SLUG)
    source = Source(
        slug=slug,
        where=table.filter("where"),
        at_least=table.number("at_least", least=1),
        needs=table.texts("needs", _NEED, optional=True),
        per=table.choice("per", frozenset({MONTH, SCHOOL_YEAR})) if table.has("per") else "",
        waived=table.choice("waived", frozenset({CHAT_RECORDS})) if table.has("waived") else "",
    )
    table.finish()
    declared = find(slug)
    if declared is None:
        table.refuse("register", f"没有登记 {slug}")
    conditions.check(slug, declared, source.where)
    lines = {line.slug for line in line_registers(declared)}
    for need in source.needs:
        for name in need.split("|"):
            if name not in lines:
                needs.check(slug, declared, (name,))
    return source
