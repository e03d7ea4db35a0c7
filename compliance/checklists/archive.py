"""档案清单: the 18 archive items of S03, each from its records, duties, documents and photos.

An item is complete when every source has its records of the semester with all that they need,
every duty is met, and the registers under `photos` hold pictures. The last item is the inspection
bundle (`package`): its state is that of the eight parts, which the bundle itself counts.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, field

from compliance.ordered import conditions, needs
from compliance.ordered.declaration import Filter, Need
from compliance.ordered.papers import documents_asked_by
from models.core import toml
from models.core.boxes import LEADERSHIP, TEACHER
from models.core.errors import BadDeclaration
from models.core.register import Register, find
from models.core.toml import Declared, Positive, Slug, Text

FILE = Path(__file__).parent.parent / "data" / "archive.toml"

MONTH, SCHOOL_YEAR = "month", "school-year"
# The school's setting that lifts a source: it keeps no chat records (docs/rules.md).
CHAT_RECORDS = "chat-records"


class Source(Declared, frozen=True):
    """Records an item consists of: so many of a register, each with what it needs."""

    slug: Slug = field(name="register")
    at_least: Positive
    where: Filter = {}
    needs: tuple[Need, ...] = ()
    per: Literal["month", "school-year", ""] = ""
    waived: Literal["chat-records", ""] = ""

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
        return writers_of(self.register)


def writers_of(register: Register) -> str:
    """Return in words who can supply what a register lacks."""
    writers = {LEADERSHIP: "领导小组", TEACHER: "教师"}
    return "、".join(["文员", *(writers[r] for r in register.creates if r in writers)])


def _words(value: Any) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    return [one for one in listed if isinstance(one, str)]


class Item(Declared, frozen=True):
    """One archive item as declared."""

    id: Annotated[str, Meta(pattern=r"^S03-\d{1,2}$", description="条款编号，如 S03-4")]
    number: Positive
    title: Text
    boxes: tuple[Annotated[str, Meta(pattern=r"^\d\d$", description="盒号，如 04")], ...] = ()
    sources: tuple[Source, ...] = ()
    duties: tuple[Slug, ...] = ()
    photos: tuple[Slug, ...] = ()
    package: bool = False

    @property
    def documents(self) -> tuple[str, ...]:
        """The codes of the documents that serve the clause the item stands for."""
        return documents_asked_by(self.id)


class ArchiveFile(Declared, frozen=True):
    """The file of the archive list."""

    item: tuple[Item, ...]


@cache
def items() -> tuple[Item, ...]:
    """Return the 18 items; BadDeclaration names the item and the key that is wrong."""
    found = toml.read(FILE, ArchiveFile).item
    if [item.number for item in found] != list(range(1, 19)):
        raise BadDeclaration("档案清单要有从 1 到 18 的十八项")
    for item in found:
        for slug in item.photos:
            declared = find(slug)
            if declared is None or "photo" not in declared.evidence:
                raise BadDeclaration(f"档案清单 {item.id} 的 photos：登记 {slug} 不附照片")
        for source in item.sources:
            _check(item, source)
    return found


def _check(item: Item, source: Source) -> None:
    """Refuse what the register does not have."""
    declared = find(source.slug)
    if declared is None:
        raise BadDeclaration(f"档案清单 {item.id} 的 sources：没有登记 {source.slug}")
    conditions.check(f"档案清单 {item.id}", declared, source.where)
    for need in source.needs:
        needs.check(f"档案清单 {item.id}", declared, need.split("|"))
