"""What a bundle consists of, read from `compliance/data/bundle.toml` and checked at the start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, field
from msgspec.structs import replace

from compliance.ordered.declaration import Filter, Need
from compliance.ordered.papers import document_signed_in
from exports.bundle.names import folder_of
from exports.bundle.reach import Reach
from models.core import toml
from models.core.errors import BadDeclaration
from models.core.register import Register, find, line_registers
from models.core.school_calendar import SemesterSpan
from models.core.toml import Declared, Positive, Slug, Text, Whole

FILE = Path(__file__).resolve().parents[2] / "compliance" / "data" / "bundle.toml"
Make = Literal["book", "sheets", "meetings", "photos", "signed"]
BOOK: Final = "book"
SHEETS: Final = "sheets"
MEETINGS: Final = "meetings"
PHOTOS: Final = "photos"
SIGNED: Final = "signed"
EVERY_MONTH, SCHOOL_YEAR = "month", "school-year"


class Source(Declared, frozen=True, kw_only=True):
    """What one line of a part reads, makes and asks for (see the head of the TOML file)."""

    title: Text
    make: Make
    register: Slug | Annotated[tuple[Slug, ...], Meta(min_length=1)]
    where: Filter = {}
    at_least: Positive
    per: Literal["month", "school-year", ""] = ""
    needs: tuple[Need, ...] = ()
    during: bool = False
    each_semester: bool = False
    supplier: Text

    @property
    def folder(self) -> str:
        """The folder of its files within that of its part, "" for none."""
        return ""

    def within(self, reach: Reach) -> Reach:
        """Return what of a bundle's reach it is about."""
        return reach

    @property
    def slugs(self) -> tuple[str, ...]:
        """The slugs of the registers it reads: several for photos, else one."""
        return (self.register,) if isinstance(self.register, str) else self.register

    @property
    def registers(self) -> list[Register]:
        """The registers it reads that are kept already."""
        return [declared for slug in self.slugs if (declared := find(slug)) is not None]

    @property
    def slug(self) -> str:
        """The one register a document source reads."""
        return self.slugs[0]


class OfSemester(Source, frozen=True, kw_only=True):
    """What a bundle of a school year asks of one of its semesters."""

    term: SemesterSpan

    @property
    def folder(self) -> str:
        """Each semester has a folder of its own."""
        return self.term.place

    def within(self, reach: Reach) -> Reach:
        """Return the semester alone."""
        return Reach((self.term,))


class Part(Declared, frozen=True):
    """One of the eight parts."""

    number: Whole
    clause: Text
    title: Text
    sources: Annotated[tuple[Source, ...], Meta(min_length=1)] = field(name="source")

    @property
    def place(self) -> str:
        """How lists name it."""
        return f"第{self.number}部分"

    @property
    def folder(self) -> str:
        """The folder of its files in the package."""
        return folder_of(self.number, self.title)


class BundleDeclaration(Declared, frozen=True):
    """All parts in order, and the registers that derived columns are worked out from."""

    parts: tuple[Part, ...] = field(name="part")
    also_reads: tuple[Slug, ...] = ()

    def over(self, reach: Reach) -> BundleDeclaration:
        """Return what a bundle of that reach asks for: of a school year some of each semester."""
        if not reach.is_year:
            return self
        parts = (replace(part, sources=tuple(_split(part, reach))) for part in self.parts)
        return replace(self, parts=tuple(parts))


def _split(part: Part, reach: Reach) -> Iterator[Source]:
    for source in part.sources:
        for term in reach.terms if source.each_semester else ():
            said = {name: getattr(source, name) for name in source.__struct_fields__}
            yield OfSemester(**said | {"title": f"{source.title}（{term.place}）", "term": term})
        if not source.each_semester:
            yield source


@lru_cache(maxsize=1)
def declaration() -> BundleDeclaration:
    """Return what the product's own bundle consists of."""
    return read_declaration(toml.content(FILE))


def read_declaration(raw: Mapping[str, Any]) -> BundleDeclaration:
    """Read and check a declaration; BadDeclaration names the part and the key that is wrong."""
    found = toml.made(raw, BundleDeclaration, FILE.name)
    parts = found.parts
    if [part.number for part in parts] != list(range(1, len(parts) + 1)) or not parts:
        raise BadDeclaration(f"{FILE.name}：各部分的 number 要从 1 起连续编号")
    for part in parts:
        for source in part.sources:
            for key, why in _disagreements(source):
                raise BadDeclaration(f"{FILE.name}：{source.title} 的 {key} {why}")
    return found


def _disagreements(source: Source) -> Iterator[tuple[str, str]]:
    """Tell names the registers do not have; a register not kept yet cannot be checked."""
    if isinstance(source.register, str) == (source.make == PHOTOS):
        yield "register", "照片写列表，其他的只写一个登记"
    if source.make == SIGNED and document_signed_in(source.slug) is None:
        yield "make", "不能写 signed：没有文书在这项登记里签署"
    if source.during and not all(any(declared.span) for declared in source.registers):
        yield "during", "不能写：登记没有起止日期"
    for declared in source.registers:
        if declared.sealed:
            yield "register", f"里的密封登记“{declared.title}”不放进上报材料"
        for name in sorted(source.where.keys() - declared.fields.keys()):
            yield name, f"在登记“{declared.title}”里没有这个字段"
        if source.make == PHOTOS and "photo" not in declared.evidence:
            yield "register", f"里的“{declared.title}”不附照片"
        lines = {line.slug for line in line_registers(declared)}
        known = {*declared.evidence, *declared.fields, *lines}
        for name in (name for need in source.needs for name in need.split("|")):
            if name not in known:
                yield "needs", f"里的 {name} 在登记“{declared.title}”里没有"
