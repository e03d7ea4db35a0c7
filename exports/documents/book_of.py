"""The register book and the blank form of any register, made from its declaration.

The book prints what the reader may see: records come from `rows`, texts from `Page`, masked where
they must be. Every field has a column of its own. Where they are too many for the paper, those that
belong together share one (`books.toml`), or each record has a sheet laid out as the register's
paper form. Nothing is left out either way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta
from peewee import CharField, TextField

from exports.documents.forms import Facts, form_for, sheets_of_records
from exports.documents.labels import IN_WORDS
from exports.documents.paper import Printing
from exports.pdf.blocks import FORM, Block, Index, Text, Title, Turn
from exports.pdf.book import BookColumn, Cover, write_book
from exports.pdf.columns import Align
from exports.pdf.imprint import Imprint
from exports.pdf.laid_out import write_blocks
from models.core import toml
from models.core.actor import Actor
from models.core.converters import converter_of
from models.core.display import HIDDEN, Page
from models.core.errors import BadDeclaration
from models.core.fields import FieldSpec, WordsField
from models.core.gates import rows, surface
from models.core.register import Register, line_registers
from models.core.toml import Declared, Slug
from models.core.toml import Text as Words
from models.kept.archive import ArchiveItem

# Yields the records of a book some hundred at a time; called anew for each pass.
Chunks = Callable[[], Iterable[list[Any]]]

# More than this do not fit across the paper, nor do more long texts than these.
MOST_COLUMNS, MOST_LONG = 12, 2
NUMBER = "序号"
# Millimetres of a column for a long text, so that it stays readable.
LONG_WIDTH = 62.0


FILE = Path(__file__).parent / "books.toml"
_COLUMN = re.compile(r"^(?P<label>[^@=]+?)(@(?P<width>\d+))?\s*=\s*(?P<fields>.+)$")


class Book(Declared, frozen=True):
    """A book whose fields share columns, as written in the file."""

    register: Slug
    columns: Annotated[tuple[Words, ...], Meta(min_length=2)]


class BookFile(Declared, frozen=True):
    """The file of such books."""

    book: tuple[Book, ...]


@dataclass(frozen=True)
class Shared:
    """A column of several fields; those among `named` print their label before their text."""

    label: str
    width: float | None
    names: tuple[str, ...]
    named: frozenset[str] = frozenset()


@cache
def shared_books() -> Mapping[str, tuple[Shared, ...]]:
    """Return the columns of each book whose fields share some, by register."""
    found = toml.read(FILE, BookFile).book
    return {book.register: tuple(map(_shared, book.columns)) for book in found}


def _shared(written: str) -> Shared:
    said = _COLUMN.match(written)
    if said is None:
        raise BadDeclaration(
            f"books.toml：看不懂“{written}”，写法如 事由@34 = matter_kind + matter"
        )
    names = [name.strip() for name in said["fields"].split("+")]
    return Shared(
        said["label"].strip(),
        float(said["width"]) if said["width"] else None,
        tuple(name.removeprefix("!") for name in names),
        frozenset(name.removeprefix("!") for name in names if name.startswith("!")),
    )


@dataclass(frozen=True)
class BookLayout:
    """The fields in the order of the book, its registers of lines, and which are numbers or long.

    `shared` are its columns where fields share some. With `sheets` they are too many for columns:
    each record has a sheet of its own.
    """

    columns: tuple[tuple[str, str], ...]
    lines: tuple[Register, ...]
    numbers: frozenset[str]
    long: frozenset[str]
    shared: tuple[Shared, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)

    @property
    def sheets(self) -> bool:
        """Whether each record has a sheet."""
        count = len(self.columns) + len(self.lines)
        return not self.shared and (count > MOST_COLUMNS or len(self.long) > MOST_LONG)


def layout_of(actor: Actor, register: Register) -> BookLayout:
    """Return how the book of a register looks for the actor."""
    shown = surface(actor, register, "pdf")
    placed = {name: place for place, name in enumerate(_own_columns(register))}
    labels = {one.name: one.spec.label for one in shown.fields if not _is_internal(one.spec)}
    labels |= {derived.name: derived.label for derived in register.derived}
    ordered = sorted(labels, key=lambda name: placed.get(name, len(placed)))
    return BookLayout(
        columns=tuple((name, labels[name]) for name in ordered),
        lines=tuple(line_registers(register)),
        numbers=frozenset(one.name for one in shown.fields if converter_of(one.spec.field).number),
        long=frozenset(name for name in labels if _is_long(register, name)),
        shared=_seen(register, labels),
        units={one.name: one.spec.unit for one in shown.fields if one.spec.unit},
    )


def _seen(register: Register, labels: Mapping[str, str]) -> tuple[Shared, ...]:
    """Return the shared columns of a book, without the fields the reader may not know of."""
    columns = [
        replace(book, names=tuple(name for name in book.names if name in labels))
        for book in shared_books().get(register.slug, ())
    ]
    return tuple(column for column in columns if column.names)


def _own_columns(register: Register) -> list[str]:
    """Return the names of list and short fields, in that order, long texts left out."""
    listed = [(float(spec.list), spec.name) for spec in register.ordered("list")]
    listed += [(derived.list - 0.5, derived.name) for derived in register.derived if derived.list]
    short = [spec.name for spec in register.ordered("short") if not _is_free_text(spec)]
    names = [name for _place, name in sorted(listed)] + short
    return [name for name in dict.fromkeys(names) if not _is_long(register, name)]


def _is_long(register: Register, name: str) -> bool:
    spec = register.fields.get(name)
    return (
        spec is not None
        and isinstance(spec.field, TextField)
        and not isinstance(spec.field, WordsField)
    )


def _is_free_text(spec: FieldSpec) -> bool:
    """Free words of a short form would each need a wide column; they share the last one."""
    return type(spec.field) in (CharField, TextField)


def _is_internal(spec: FieldSpec) -> bool:
    """Hashes and other read-only workings of the product say nothing on paper."""
    return spec.readonly and spec.computed is None


def columns_of(layout: BookLayout) -> list[BookColumn]:
    """Return the book's columns: number, fields, lines."""
    columns = [BookColumn(NUMBER, 11, "right")]
    for one in layout.shared or _alone(layout):
        align: Align = "right" if one.names[0] in layout.numbers else "left"
        columns.append(BookColumn(one.label, one.width, align))
    return [*columns, *(BookColumn(line.title) for line in layout.lines)]


def _alone(layout: BookLayout) -> Iterator[Shared]:
    """Yield a column for each field, where none share one."""
    for name, label in layout.columns:
        unit = layout.units.get(name)
        headed = f"{label}（{unit}）" if unit else label
        yield Shared(headed, LONG_WIDTH if name in layout.long else None, (name,))


def cells_of(
    actor: Actor, register: Register, layout: BookLayout, chunks: Chunks
) -> Iterator[list[str]]:
    """Yield the texts of each record as the actor reads them, a chunk's names asked for once."""
    number, labels = 0, dict(layout.columns)
    columns = layout.shared or tuple(_alone(layout))
    coded = IN_WORDS if register.model is ArchiveItem else {}
    for records in chunks():
        page = Page(actor, register, records, "pdf")
        lines = _lines_of(actor, layout, records)
        for record in records:
            number += 1
            texts = {name: page.text(record, name) for name in labels}
            texts |= {name: words.get(texts[name], texts[name]) for name, words in coded.items()}
            said = set(texts.values()) if layout.shared else set()
            cells = [str(number), *(_cell(texts, column, labels, said) for column in columns)]
            cells += ["、".join(lines.get((line.slug, record.id), ())) for line in layout.lines]
            yield cells


def _cell(
    texts: Mapping[str, str], column: Shared, labels: Mapping[str, str], said: set[str]
) -> str:
    """What stands in a column, a field to a line; what other fields say word by word is not said
    again, as the name and number of a book that was lent.
    """
    if len(column.names) == 1 and not column.named:
        return texts[column.names[0]]
    parts = {
        f"{labels[name]}：{text}" if name in column.named else text: None
        for name in column.names
        if (text := texts[name]) and text != HIDDEN and not _repeats(text, said)
    }
    return "\n".join(parts)


def _repeats(text: str, said: set[str]) -> bool:
    """Whether every word of a text of several is a text of its own."""
    words = text.split(" ")
    return len(words) > 1 and all(word in said for word in words)


def beside_of(
    actor: Actor, register: Register, layout: BookLayout, chunks: Chunks
) -> Iterator[list[str]]:
    """Yield what stands on the sheets of other records: a child's parents, who is paired."""
    form = form_for(register) if layout.sheets else None
    if form is not None and form.family:
        for records in chunks():
            facts = Facts(actor, register, records)
            for family in form.family:
                yield from (
                    cells for record in records for cells in facts.family_texts(family, record)
                )


def _lines_of(
    actor: Actor, layout: BookLayout, records: Sequence[Any]
) -> dict[tuple[str, int], list[str]]:
    """Return per (line register, record) how its lines are called."""
    found: dict[tuple[str, int], list[str]] = {}
    ids = [record.id for record in records]
    for one in layout.lines:
        column = getattr(one.model, one.parent)
        lines = list(rows(actor, one).where(column.in_(ids)).order_by(one.model.id))
        page = Page(actor, one, lines, "pdf")
        for line in lines:
            key = (one.slug, line.__data__[one.parent])
            found.setdefault(key, []).append(page.label(line))
    return found


def write_register_book(
    target: Path,
    actor: Actor,
    register: Register,
    chunks: Chunks,
    imprint: Imprint,
    *,
    cover: Cover | None = None,
    blank_rows: int = 0,
    folders: tuple[Path, Path] | None = None,
    term: str = "",
) -> None:
    """Write the book of `chunks` to `target`, in time linear in the records and flat memory.

    `folders` are where originals and copies of photos lie; without them sheets have none. `term` is
    the semester on the sheets of records that belong to none.
    """
    layout = layout_of(actor, register)
    if not layout.sheets:
        write_book(
            target,
            columns=columns_of(layout),
            rows=cells_of(actor, register, layout, chunks),
            imprint=imprint,
            cover=cover,
            blank_rows=blank_rows,
        )
        return
    printing = Printing(actor, imprint.school, term, *(folders or ()))
    blocks = sheets_of_records(printing, register, form_for(register), chunks())
    write_blocks(target, _or_none(_indexed(blocks), imprint.title), FORM, imprint, cover=cover)


def _indexed(blocks: Iterator[Block]) -> Iterator[Block]:
    """Yield the sheets, and behind them what each is called and on which page it begins."""
    empty = True
    for block in blocks:
        empty = False
        yield block
    if not empty:
        yield from (Turn(), Index("目录（按页码）"))


def _or_none(blocks: Iterator[Block], title: str) -> Iterator[Block]:
    """Yield the blocks, or for a book without records that it has none."""
    empty = True
    for block in blocks:
        empty = False
        yield block
    if empty:
        yield from (Title(title), Text("本册暂无记录", align="centre"))
